"""Cleaning up text."""

import re


def strip_stopwords(text, stopwords):
    """Return the text without stopwords, lower case, single spaces."""
    result = ""
    for token in text.split():
        word = re.compile(r"[^\w'-]+").sub("", token.lower())
        if not word:
            continue
        if word in [stopword.lower() for stopword in stopwords]:
            continue
        if result != "":
            result = result + " "
        result = result + word
    return result


def collapse_whitespace(text):
    """Squeeze runs of blanks inside lines and drop repeated empty lines."""
    cleaned = ""
    blank = False
    for line in text.split("\n"):
        line = line.replace("\t", " ")
        while "  " in line:
            line = line.replace("  ", " ", 1)
        line = line.strip()
        if line == "":
            if blank:
                continue
            blank = True
        else:
            blank = False
        cleaned += line + "\n"
    return cleaned


def top_words(text, limit):
    """Return the most frequent words with how often they occur, ties in alphabetical order."""
    words = []
    for word in text.lower().split():
        word = word.strip(".,;:!?\"'()")
        if len(word) > 0:
            words.append(word)
    counted = []
    for word in words:
        pair = [word, words.count(word)]
        if pair not in counted:
            counted.append(pair)
    counted.sort(key=lambda pair: (-pair[1], pair[0]))
    return counted[0:limit]


def redact_terms(messages, terms):
    """Replace every term in every message by asterisks of its length, ignoring case."""
    redacted = []
    for message in messages:
        for term in sorted(terms, key=lambda t: (-len(t), t)):
            if term.strip() == "":
                continue
            pattern = re.compile(r"\b" + re.escape(term) + r"\b", re.IGNORECASE)
            if pattern.search(message) is not None:
                message = pattern.sub("*" * len(term), message)
        redacted.append(message)
    return redacted


def slugify_titles(titles):
    """Turn titles into slugs for URLs; a slug that is taken gets a number."""
    used = []
    for title in titles:
        slug = ""
        for char in title.strip().lower():
            if char in "abcdefghijklmnopqrstuvwxyz0123456789":
                slug += char
            elif char in " -_/.":
                if not slug.endswith("-"):
                    slug += "-"
        slug = slug.strip("-")
        if not slug:
            slug = "untitled"
        candidate = slug
        number = 2
        while candidate in used:
            candidate = slug + "-" + str(number)
            number += 1
        used.append(candidate)
    return used


def longest_shared_passage(left, right):
    """Return the longest passage that stands in both texts, the first in ``left`` of those."""
    best = ""
    for start in range(len(left)):
        for end in range(start + 1, len(left) + 1):
            passage = left[start:end]
            if passage in right and len(passage) > len(best):
                best = passage
    return best
