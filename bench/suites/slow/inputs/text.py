"""Inputs for cleaning up text."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs
from bench.suites.slow.inputs.words import sentence, vocabulary


def _stopwords(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 300)
    return [sentence(stream, words, size), [one.capitalize() for one in words[:25]]]


def _no_stopwords(stream: Random, size: int) -> Call:
    return ["\t".join(sentence(stream, vocabulary(stream, 20), size).split()), ["zzz", "  "]]


def _messy(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 100)
    lines = []
    for _ in range(size):
        gaps = " " * stream.choice((1, 1, 2, 5, 30))
        lines.append(gaps.join(stream.choice(words) for _ in range(stream.randint(0, 9))))
        lines += [stream.choice(("\t", "", "  "))] * stream.choice((0, 0, 1, 3))
    return ["\n".join(lines)]


def _tabbed(stream: Random, size: int) -> Call:
    return ["\r\n".join("\t" * stream.randint(0, 12) + "x \t y " for _ in range(size))]


def _counted(stream: Random, size: int) -> Call:
    return [sentence(stream, vocabulary(stream, size // 4 + 1), size), 10]


def _all_different(stream: Random, size: int) -> Call:
    return [" ".join(vocabulary(stream, size)), size // 2]


def _messages(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 200)
    messages = [sentence(stream, words, stream.randint(3, 20)) for _ in range(size)]
    return [messages, [words[i] for i in (0, 3, 8, 40, 199)] + [" ".join(words[:2]), " "]]


def _overlapping_terms(stream: Random, size: int) -> Call:
    words = ["a", "ab", "a b", "b a", "A+", "(c)"]
    return [[" ".join(stream.choices(words, k=6)) for _ in range(size)], words]


def _titles(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 12)
    return [[sentence(stream, words, stream.randint(1, 2)) for _ in range(size)]]


def _odd_titles(stream: Random, size: int) -> Call:
    parts = ("Ärger", "a-2", "A", "C++", "_x_", "a--b", "", "№ 5", "b/c.d")
    return [[" ".join(stream.choices(parts, k=stream.randint(0, 3))) for _ in range(size)]]


def _passages(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 30)
    shared = sentence(stream, words, size // 30)
    left, right = (sentence(stream, words, size // 9) for _ in range(2))
    return [left[: size // 2] + shared + left[size // 2 :], right + shared]


def _two_letters(stream: Random, size: int) -> Call:
    return ["".join(stream.choices("ab", k=size)) for _ in range(2)]


INPUTS = {
    "strip_stopwords": Inputs(
        _stopwords, (1300, 560), (280, 171, 1700),
        [["", []], ["One", ["one"]], ["a a  b", ["A"]]],
        [["...", ["..."]], ["don't (stop)", ["DON'T"]], ["x", []]], _no_stopwords,
    ),
    "collapse_whitespace": Inputs(
        _messy, (1200, 620), (410, 1001, 1800),
        [[""], ["a"], ["\n\n\n"]], [[" \t "], ["a\n\n \nb\n"], ["a\u00a0  b"]], _tabbed,
    ),
    "top_words": Inputs(
        _counted, (680, 320), (160, 241, 980),
        [["", 3], ["a", 1], ["b a b", 5]], [["...", 2], ["B b, a!", 0], ["a b c", -1]],
        _all_different,
    ),
    "redact_terms": Inputs(
        _messages, (330, 180), (89, 181, 600),
        [[[], ["a"]], [["abc"], []], [["a A a"], ["a", "a"]]],
        [[["x.y xay"], ["x.y"]], [["** b"], ["*", "b"]]], _overlapping_terms,
    ),
    "slugify_titles": Inputs(
        _titles, (350, 180), (110, 141, 610),
        [[[]], [[" A b "]], [["a", "a", "a-2"]]], [[["", "!", "untitled"]], [["É", "_"]]],
        _odd_titles,
    ),
    "longest_shared_passage": Inputs(
        _passages, (180, 100), (86, 131, 280),
        [["", ""], ["a", "a"], ["abc", "xyz"]], [["aaaa", "aa"], ["abab", "baba"], ["x", ""]],
        _two_letters,
    ),
}  # fmt: skip
