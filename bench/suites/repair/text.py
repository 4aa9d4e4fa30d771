"""Parsers and text."""

# ruff: noqa: PERF401, PLW2901 - code as people write it

from __future__ import annotations

import random

from bench.suites.repair.bug import Arguments, Bug


def parse_settings(text):
    """Read ``key = value`` lines; ``#`` begins a comment, sections prefix their keys."""
    settings = {}
    section = ""
    for line in text.split("\n"):
        line = line.split("#")[0].strip()
        if not line:
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().lower()
            continue
        if "=" not in line:
            continue
        key, value = line.split("=", 1)
        key = key.strip().lower()
        value = value.strip()
        if section:
            key = section + "." + key
        if value.isdigit():
            settings[key] = int(value)
        else:
            settings[key] = value
    return settings


def settings_text(stream: random.Random) -> Arguments:
    lines = []
    for _ in range(stream.randint(0, 7)):
        key = stream.choice(["Host", "port", " Retry", "path ", "MODE"])
        value = stream.choice(["8080", "a=b", "/tmp/x", " yes ", "12 # twelve", "Upper"])
        lines.append(
            stream.choice(
                [f"{key}={value}", f"{key} = {value}", f"[{key}]", "# note", "", "broken"]
            )
        )
    return ["\n".join(lines)]


def wrap_words(text, width):
    """Break text into lines of at most ``width`` characters; longer words stand alone."""
    lines = []
    current = []
    used = 0
    for word in text.split():
        needed = len(word)
        if current:
            needed += 1
        if current and used + needed > width:
            lines.append(" ".join(current))
            current = []
            used = 0
            needed = len(word)
        current.append(word)
        used += needed
    if current:
        lines.append(" ".join(current))
    return lines


def words_and_width(stream: random.Random) -> Arguments:
    words = [
        "".join(stream.choice("abc") for _ in range(stream.randint(1, 7)))
        for _ in range(stream.randint(0, 12))
    ]
    return [" ".join(words), stream.randint(3, 15)]


def split_fields(line, separator):
    """Split a line of separated values in which quotes protect separators."""
    fields = []
    field = ""
    quoted = False
    position = 0
    while position < len(line):
        character = line[position]
        if quoted:
            if character == '"':
                if position + 1 < len(line) and line[position + 1] == '"':
                    field += '"'
                    position += 1
                else:
                    quoted = False
            else:
                field += character
        elif character == '"':
            quoted = True
        elif character == separator:
            fields.append(field)
            field = ""
        else:
            field += character
        position += 1
    fields.append(field)
    return fields


def csv_line(stream: random.Random) -> Arguments:
    pieces = ["a", "b c", '"x,y"', '""', '"he said ""hi"""', "12", "", '"q;r"']
    separator = stream.choice(",;")
    return [separator.join(stream.choice(pieces) for _ in range(stream.randint(1, 5))), separator]


def common_prefix(names):
    """Return the longest path prefix, in whole segments, that all names share."""
    if not names:
        return ""
    split = [name.split("/") for name in names]
    shortest = min(len(parts) for parts in split)
    shared = []
    for index in range(shortest):
        part = split[0][index]
        for other in split[1:]:
            if other[index] != part:
                break
        else:
            shared.append(part)
            continue
        break
    return "/".join(shared)


def paths(stream: random.Random) -> Arguments:
    start = ["usr", stream.choice(["lib", "share"])]
    found = []
    for _ in range(stream.randint(0, 4)):
        more = [stream.choice(["a", "b"]) for _ in range(stream.randint(0, 3))]
        found.append("/".join(start[: stream.randint(1, 2)] + more))
    return [found]


def word_counts(text, stop_words):
    """Count words without regard to case; most frequent first, then by alphabet."""
    counts = {}
    for raw in text.split():
        word = raw.strip(".,;!?").lower()
        if not word or word in stop_words:
            continue
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    ranked = []
    for word in sorted(counts):
        ranked.append([word, counts[word]])
    ranked.sort(key=lambda pair: -pair[1])
    return ranked


def prose(stream: random.Random) -> Arguments:
    words = ["The", "the", "cat.", "Cat", "sat,", "on", "mat!", "A", "...", "dog", "Dog?"]
    text = " ".join(stream.choice(words) for _ in range(stream.randint(0, 14)))
    return [text, stream.sample(["the", "a", "on"], stream.randint(0, 3))]


BUGS = (
    Bug(
        "missing call of a method",
        parse_settings,
        (("section = line[1:-1].strip().lower()", "section = line[1:-1].strip()"),),
        settings_text,
    ),
    Bug(
        "inverted condition",
        parse_settings,
        (('if "=" not in line:', 'if "=" in line:'),),
        settings_text,
    ),
    Bug(
        "wrong limit of a split",
        parse_settings,
        (('split("=", 1)', 'split("=", 2)[:2]'),),
        settings_text,
    ),
    Bug("slice bounds", parse_settings, (("line[1:-1]", "line[1:]"),), settings_text),
    Bug(
        "wrong comparison",
        wrap_words,
        (("used + needed > width", "used + needed >= width"),),
        words_and_width,
    ),
    Bug("state that is not reset", wrap_words, (("            used = 0\n", ""),), words_and_width),
    Bug(
        "two mistakes",
        wrap_words,
        (("needed += 1", "needed += 2"), ("needed > width", "needed >= width")),
        words_and_width,
    ),
    Bug(
        "missing statement",
        split_fields,
        (
            (
                "                    field += '\"'\n                    position += 1\n",
                "                    position += 1\n",
            ),
        ),
        csv_line,
    ),
    Bug(
        "what is left at the end is lost",
        split_fields,
        (("    fields.append(field)\n    return", "    return"),),
        csv_line,
    ),
    Bug(
        "wrong variable",
        split_fields,
        (("elif character == separator", "elif character == field"),),
        csv_line,
    ),
    Bug("missing guard", common_prefix, (('    if not names:\n        return ""\n', ""),), paths),
    Bug("max for min", common_prefix, (("min(len(parts)", "max(len(parts)"),), paths),
    Bug("wrong initial value", word_counts, (("counts[word] = 1", "counts[word] = 0"),), prose),
    Bug("and for or", word_counts, (("not word or word in", "not word and word in"),), prose),
    Bug("sign of a sort key", word_counts, (("-pair[1]", "pair[1]"),), prose),
)
