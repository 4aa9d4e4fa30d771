"""Inputs for bytes, encodings and bits."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs
from bench.suites.slow.inputs.words import sentence, vocabulary


def _bytes(stream: Random, size: int) -> Call:
    return [stream.randbytes(size)]


def _same_bytes(stream: Random, size: int) -> Call:
    return [bytes([stream.choice((0, 127, 255))]) * size]


def _blocks(stream: Random, size: int) -> Call:
    return [stream.randbytes(size), 64]


def _large_blocks(stream: Random, size: int) -> Call:
    return [bytes([stream.choice((0, 254, 255))]) * size, size // 2 + 1]


def _masked(stream: Random, size: int) -> Call:
    return [stream.randbytes(size), stream.randbytes(16)]


def _long_key(stream: Random, size: int) -> Call:
    return [stream.randbytes(size), stream.randbytes(2 * size)]


def _prose(stream: Random, size: int) -> Call:
    return [sentence(stream, vocabulary(stream, 25), size).encode()[:size], 128]


def _periodic(stream: Random, size: int) -> Call:
    return [stream.randbytes(3) * (size // 3) + b"a" * 20, 4]


INPUTS = {
    "hex_dump": Inputs(
        _bytes, (9400, 4700), (1600, 3101, 14000),
        [[b""], [b"a"], [b"0123456789abcdef"]], [[b"\x7f\x1f"], [bytes(17)]], _same_bytes,
    ),
    "fletcher_blocks": Inputs(
        _blocks, (3700, 1700), (640, 861, 4900),
        [[b"", 4], [b"a", 4], [b"abcd", 2]], [[b"abc", 2], [b"\xff\xff", 1]], _large_blocks,
    ),
    "to_base64": Inputs(
        _bytes, (5400, 2700), (940, 1201, 8100),
        [[b""], [b"a"], [b"ab"]], [[b"abc"], [b"\xff\xff\xff\xff"]], _same_bytes,
    ),
    "unpack_samples": Inputs(
        _bytes, (5200, 2600), (880, 1401, 7000),
        [[b""], [b"a"], [b"\x00\x80"]], [[b"\xff\x7f\x01"], [b"\xff\xff"]], _same_bytes,
    ),
    "xor_mask": Inputs(
        _masked, (17000, 8600), (2400, 2201, 22000),
        [[b"", b"k"], [b"a", b""], [b"abc", b"k"]],
        [[b"ab", b"key"], [b"", b""], [b"ab", b""]], _long_key,
    ),
    "back_references": Inputs(
        _prose, (1500, 740), (370, 491, 2200),
        [[b"", 4], [b"a", 4], [b"aaaaa", 9]], [[b"abcabcab", 3], [b"abcabc", 0], [b"xxx", 1]],
        _periodic,
    ),
}  # fmt: skip
