"""What is no longer as it was when a run began? Which input, and which files or settings of it.

Not here: what a run is a function of (`sigil.optimize.session`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from sigil.sandbox.base import Base, changed_since

_NAMED_AT_MOST = 3


def said(name: str, then: bytes, now: bytes, base: Base) -> str:
    """Return what differs, as a subject with its verb, such as ``the pinned file a.py differs``.

    Args:
        name: of the input, as `sigil.optimize.session.frozen_inputs` has it.
        then: its snapshot in the record.
        now: its snapshot now; another one.
        base: the frozen tree of now.
    """
    if name in {"spec", "eval"}:
        return f"the {name} differs"
    if name == "prompts":
        return "the text of the prompts differs"
    before, after = _fields(then), _fields(now)
    if name == "tree":
        # None where its frozen copy has left the cache: nobody knows which they are.
        return _files("file", changed_since(base, str(before.get("digest"))) or [])
    keys = _keys(before, after)
    if name == "search":
        return f"how it searches ({_listed(keys)}) differs"
    return _files("pinned file" if name == "pinned" else "input file", keys)


def _fields(data: bytes) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(data))


def _keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the keys, in order, whose values are not the same."""
    gone = object()
    return sorted(key for key in {*before, *after} if before.get(key, gone) != after.get(key, gone))


def _files(noun: str, paths: list[str]) -> str:
    if not paths:
        return "the tree differs"
    many = len(paths) > 1
    return f"the {noun}{'s' * many} {_listed(paths)} {'differ' if many else 'differs'}"


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
