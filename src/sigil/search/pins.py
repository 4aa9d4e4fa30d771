"""Which lines may change: pins, located in the text of the tree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pin:
    """One place that may change.

    Args:
        id: its identity, stable across revisions.
        language: such as ``python``; decides whether signature and syntax can be checked.
        files: globs relative to the root.
        symbol: a function, method or class by dotted name; None pins by the rest.
        start: regex of the line after which the pinned text begins; None without delimiters.
        end: regex of the line before which it ends.
    """

    id: str
    language: str | None
    files: tuple[str, ...]
    symbol: str | None = None
    start: str | None = None
    end: str | None = None
