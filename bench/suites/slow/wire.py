"""Calls as JSON: plain data as it is, and bytes (which JSON has not) as ``{"hex": …}``.

Standard library alone: `bench.suites.slow.judge` imports it in an interpreter of its own.
"""

from __future__ import annotations

from collections.abc import Sequence


def needs_decoding(calls: Sequence[Sequence[object]]) -> bool:
    """Return whether any argument is bytes."""
    return any(isinstance(argument, bytes) for call in calls for argument in call)


def encoded(call: Sequence[object]) -> list[object]:
    """Return the arguments of a call for `json.dumps`."""
    return [{"hex": a.hex()} if isinstance(a, bytes) else a for a in call]


def decoded(call: Sequence[object]) -> list[object]:
    """Return what `encoded` was given."""
    return [bytes.fromhex(a["hex"]) if _is_hex(a) else a for a in call]  # type: ignore[index]


def _is_hex(argument: object) -> bool:
    return isinstance(argument, dict) and argument.keys() == {"hex"}
