"""Inputs for reading formats."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs
from bench.suites.slow.inputs.words import sentence, vocabulary, word

_LEVELS = ("DEBUG", "DEBUG", "INFO", "INFO", "INFO", "WARNING", "error", "CRITICAL", "TRACE")


def _query(stream: Random, size: int) -> Call:
    keys = vocabulary(stream, size // 5 + 1)
    encoded = ("+", "%20", "%2F", "%26", "%3d", "")
    return [
        "&".join(
            f"{stream.choice(keys)}={word(stream)}{stream.choice(encoded)}{word(stream, 4)}"
            for _ in range(size)
        )
    ]


def _one_key(stream: Random, size: int) -> Call:
    return ["&".join(f"k={stream.choice(('%zz', '%4', '', 'a=b', '%41'))}" for _ in range(size))]


def _csv(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 60)
    lines = []
    for _ in range(size):
        quoted = '"' + sentence(stream, words, 5).replace(".", '""') + '"'
        fields = [stream.choice(words), str(stream.randint(0, 9999)), quoted, ""]
        lines.append(",".join(stream.sample(fields, len(fields))))
    return ["\n".join(lines) + "\n"]


def _wide_csv(stream: Random, size: int) -> Call:
    return ["\n".join('""' + "," * (8 * size) + '"a,b' for _ in range(stream.randint(1, 3)))]


def _log(stream: Random, size: int) -> Call:
    words = vocabulary(stream, 80)
    lines = []
    for i in range(size):
        time = f"{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}"
        level = stream.choice(_LEVELS)
        module = ".".join(stream.sample(words, 2))
        lines.append(f"{time}  [{level}] {module}: {sentence(stream, words, 8)}")
        if stream.random() < 0.1:
            lines.append("    continued " + stream.choice(words))
    return [lines, "warning"]


def _all_levels(stream: Random, size: int) -> Call:
    lines = [f" 0{n % 10}:00:61 [{stream.choice(_LEVELS)}] m:" for n in range(size)]
    return [lines, "DEBUG"]


def _expression(stream: Random, size: int) -> Call:
    parts = [word(stream) for _ in range(9)]
    parts += ["12", "3.75", "(", ")", "[", "]", ",", "+", "*", "==", "<="]
    return [" ".join(stream.choice(parts) for _ in range(size))]


def _packed(stream: Random, size: int) -> Call:
    text = "".join(stream.choices(("a1", "_", "<=", "1.", "2.5", "\n\t", "(", "=="), k=size))
    return [text + stream.choice(("", "?", "."))]


def _ini(stream: Random, size: int) -> Call:
    lines = []
    for _ in range(size // 8):
        lines += [f"[{word(stream).title()}]", "# " + word(stream), ""]
        lines += [f"{word(stream)} = {word(stream)}={stream.randint(1, 99)}" for _ in range(5)]
    return ["\n".join(lines)]


def _flat_ini(stream: Random, size: int) -> Call:
    return ["\r\n".join(f" {stream.choice('ABC')} ={n}" for n in range(size)) + "\n[ ]\nx\n=1"]


def _nested(stream: Random, size: int) -> Call:
    text, depth = [], []
    for _ in range(size):
        if depth and stream.random() < 0.48:
            text.append(depth.pop())
        else:
            opening, closing = stream.choice(("()", "[]", "{}"))
            text.append(opening + stream.choice(("", "x", "ab")))
            depth.append(closing)
    return ["".join(text)]


def _crossed(stream: Random, size: int) -> Call:
    return ["".join(stream.choices("()[]{}x", k=size))]


INPUTS = {
    "parse_query": Inputs(
        _query, (1600, 820), (460, 911, 2700),
        [[""], ["a=1"], ["a=1&a=2&&b"]],
        [["="], ["a=%"], ["%41=%C3%A4+b"], ["a=%4g&=x"], ["a&&b=1"]],
        _one_key,
    ),
    "parse_csv": Inputs(
        _csv, (520, 240), (120, 161, 810),
        [[""], ["a"], ["a,b\n\nc"]], [['"'], ['""""'], ["a,\n,b"], ['a"b"c,"d""e"']], _wide_csv,
    ),
    "parse_log": Inputs(
        _log, (2900, 1200), (620, 831, 3700),
        [[[], "INFO"], [["nonsense"], "INFO"], [["00:00:01 [INFO] a: b"], "info"]],
        [[["1:00:01 [INFO] a: b"], "info"], [["23:59:59 [critical] a.b:"], "Critical"]],
        _all_levels,
    ),
    "tokenize": Inputs(
        _expression, (710, 360), (190, 251, 1100),
        [[""], ["a"], ["1+2"]], [["  "], ["a$b"], ["1..2"], ["<>="]], _packed,
    ),
    "parse_ini": Inputs(
        _ini, (290, 150), (98, 151, 490),
        [[""], ["a=1"], ["[x]\na=1\n[x]\na=2"]],
        [["[]"], ["\u2028a=1"], ["[a]\n; b=1\nc"], ["[a]\nx=1\n[b\n[A ]\ny=2"]],
        _flat_ini,
    ),
    "matching_brackets": Inputs(
        _nested, (990, 490), (200, 301, 1500),
        [[""], ["()"], ["([)]"]], [[")("], ["((("], ["x"], ["{[}]"]], _crossed,
    ),
}  # fmt: skip
