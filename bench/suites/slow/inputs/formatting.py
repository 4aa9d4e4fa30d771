"""Inputs for building and formatting strings."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs
from bench.suites.slow.inputs.words import sentence, vocabulary, word


def _cells(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 80)
    rows = [
        [i, stream.choice(words), sentence(stream, words, 8), None, stream.randint(0, 99) / 4]
        for i in range(size)
    ]
    return [rows, ","]


def _awkward_cells(stream: Random, size: int) -> Call:
    parts = ('"', "a;b", "x\ny", "", None, True, "; ;", "plain")
    return [[[stream.choice(parts) for _ in range(5)] for _ in range(size)], ";"]


def _table(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 50)
    return [
        [
            [stream.choice(words), stream.randint(0, 10**6), stream.choice(words), n / 8]
            for n in range(size)
        ]
    ]


def _ragged_table(stream: Random, size: int) -> Call:
    cells = ("", "é", -5, 1.25, True, None)
    return [[stream.choices(cells, k=stream.randint(0, 5)) for _ in range(size)]]


def _letters(stream: Random, size: int) -> Call:
    keys = vocabulary(stream, 12)
    words = vocabulary(stream, 60)
    template = " ".join(
        sentence(stream, words, 6) + stream.choice((" {{%s}}", " {{ %s }}")) % stream.choice(keys)
        for _ in range(40)
    )
    return [template, [{key: word(stream, 4) for key in keys} for _ in range(size)]]


def _braces(stream: Random, size: int) -> Call:
    parts = ("{{a}}", "{{ a}}", "{{{a}}}", "{{b}}", "{{ c }}", "{", "}}", " ")
    values: tuple[object, ...] = ("{{b}}", "{", "", 7, None)
    template = "".join(stream.choices(parts, k=30))
    return [template, [{key: stream.choice(values) for key in "ab"} for _ in range(size)]]


def _entries(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 60)
    entries = [
        {
            "version": f"1.{n}",
            "date": f"2026-{n % 12 + 1:02}-01",
            "changes": [sentence(stream, words, 7) for _ in range(12)],
        }
        for n in range(size)
    ]
    return [entries]


def _empty_entries(stream: Random, size: int) -> Call:
    changes: tuple[list[str], ...] = ([], ["..."], [" a ", ""])
    return [[{"version": n, "date": None, "changes": stream.choice(changes)} for n in range(size)]]


def _runs(stream: Random, size: int) -> Call:
    return ["".join(stream.choice("abcdef ") * stream.randint(1, 6) for _ in range(size))]


def _long_run(stream: Random, size: int) -> Call:
    return ["é" * (5 * size) + stream.choice("12") * size + "\n"]


def _prose(stream: Random, size: int) -> Call:
    text = sentence(stream, vocabulary(stream, 30), size)[:size]
    middle = size // 3
    return [text[:middle] + text[middle - 9 : middle][::-1] + text[middle:]]


def _letters_ab(stream: Random, size: int) -> Call:
    return ["".join(stream.choices("ab", k=size))]


INPUTS = {
    "to_csv": Inputs(
        _cells, (650, 320), (160, 431, 1100),
        [[[], ","], [[["a"]], ","], [[[]], ";"]], [[[["\r", '"']], "\t"], [[[None, None]], ","]],
        _awkward_cells,
    ),
    "format_table": Inputs(
        _table, (100, 52), (29, 47, 160),
        [[[]], [[["a", 1]]], [[[], []]]], [[[["a"], ["bbb", 2]]], [[[" ", -1.5], ["x", True]]]],
        _ragged_table,
    ),
    "fill_templates": Inputs(
        _letters, (62, 31), (21, 43, 100),
        [["", []], ["a", [{}]], ["{{a}}", [{"a": 1}]]],
        [["{{b}}{{a}}", [{"a": "{{b}}", "b": 2}]], ["{{}}", [{"": "x"}]]], _braces,
    ),
    "changelog": Inputs(
        _entries, (360, 180), (89, 181, 560),
        [[[]], [[{"version": "1", "date": "x", "changes": []}]]],
        [[[{"version": 1, "date": 2, "changes": ["a..", " "]}] * 2]], _empty_entries,
    ),
    "run_lengths": Inputs(
        _runs, (4500, 2100), (690, 1001, 6200),
        [[""], ["a"], ["aab"]], [["11"], ["abab"], ["\n\n "]], _long_run,
    ),
    "longest_palindrome": Inputs(
        _prose, (280, 130), (95, 111, 380),
        [[""], ["a"], ["abba"]], [["ab"], ["aaaa"], ["abacab"]], _letters_ab,
    ),
}  # fmt: skip
