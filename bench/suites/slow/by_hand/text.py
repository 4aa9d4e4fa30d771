"""Cleaning up text, as fast as it goes by hand."""

import re
from collections import Counter


def strip_stopwords(text, stopwords):
    strip = re.compile(r"[^\w'-]+").sub
    stop = {stopword.lower() for stopword in stopwords}
    words = (strip("", token) for token in text.lower().split())
    return " ".join([word for word in words if word and word not in stop])


def collapse_whitespace(text):
    squeeze = re.compile(" {2,}").sub
    lines = squeeze(" ", text.replace("\t", " ")).split("\n")
    cleaned = []
    blank = False
    for line in lines:
        line = line.strip()
        if line or not blank:
            cleaned.append(line)
        blank = not line
    return "\n".join([*cleaned, ""])


def top_words(text, limit):
    words = (word.strip(".,;:!?\"'()") for word in text.lower().split())
    counts = Counter(word for word in words if word)
    return [list(p) for p in sorted(counts.items(), key=lambda p: (-p[1], p[0]))[0:limit]]


def redact_terms(messages, terms):
    patterns = [
        (re.compile(r"\b" + re.escape(term) + r"\b", re.IGNORECASE), "*" * len(term))
        for term in sorted(terms, key=lambda t: (-len(t), t))
        if term.strip()
    ]
    redacted = []
    for message in messages:
        for pattern, stars in patterns:
            message = pattern.sub(stars, message)
        redacted.append(message)
    return redacted


def slugify_titles(titles):
    used, following = {}, {}
    for title in titles:
        kept = re.sub(r"[^a-z0-9 \-_/.]+", "", title.strip().lower())
        slug = re.sub(r"[ \-_/.]+", "-", kept).strip("-") or "untitled"
        candidate, number = slug, following.get(slug, 2)
        while candidate in used:
            candidate = f"{slug}-{number}"
            number += 1
        following[slug] = number
        used[candidate] = None
    return list(used)


def longest_shared_passage(left, right):
    best = ""
    for start in range(len(left)):
        while start + len(best) < len(left):
            passage = left[start : start + len(best) + 1]
            if passage not in right:
                break
            best = passage
    return best
