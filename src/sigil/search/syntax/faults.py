"""What the parser could not read: where, and is there more of it after a change?

Real code has such places before any change, macros of C above all. So a change is measured
against its parent, and only a fault that is new counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from sigil.search.syntax.grammars import Unparsable, parse
from sigil.search.syntax.walking import preorder

Marked = tuple[str, tuple[tuple[int, int], ...]]
"""A text and the first and last line of each of its regions."""
_SHOWN = 40
_MOST = 2_000
_BRACES = (b"{", b"}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One place that the parser skipped, or where it had to make up a token.

    Args:
        line: 1-based.
        last: line of its end.
        kind: ``ERROR``, or the token that is missing.
        text: how it begins.
        braces: whether it may hide where a block ends.
    """

    line: int
    last: int
    kind: str
    text: str
    braces: bool

    def __str__(self) -> str:
        """Say what is wrong, as a clause."""
        return f"{self.kind!r} is missing" if self.kind != "ERROR" else f"at {self.text!r}"


@lru_cache(maxsize=64)
def faults(text: str, grammar: str) -> tuple[Fault, ...]:
    """Return the faults of ``text``, in order.

    Raises:
        DependencyMissing, Unparsable: see `sigil.search.syntax.grammars.parse`; the latter
            also where there are thousands of them.
    """
    data = text.encode("utf-8", "replace")
    found: list[Fault] = []
    for node in preorder(parse(text, grammar).root_node, lambda n: n.has_error):
        if not (node.is_error or node.is_missing):
            continue
        if len(found) == _MOST:
            raise Unparsable(f"more than {_MOST} places that the parser cannot read")
        kind = "ERROR" if node.is_error else node.type
        start, end = node.start_byte, node.end_byte
        shown = data[start : min(end, start + _SHOWN)].decode("utf-8", "replace").split("\n")[0]
        hides = kind in {"{", "}"} or any(data.find(sign, start, end) >= 0 for sign in _BRACES)
        first, last = node.start_point.row + 1, node.end_point.row + 1
        found.append(Fault(first, last, kind, shown.strip(), hides))
    return tuple(found)


def new_fault(before: Marked, after: Marked, grammar: str) -> Fault | None:
    """Return a fault that a change brought, or None.

    Args:
        before: the parent.
        after: the candidate.
        grammar: of both.
    """
    old, new = faults(before[0], grammar), faults(after[0], grammar)
    inside_old = [fault for fault in old if _inside(fault, before[1])]
    inside_new = [fault for fault in new if _inside(fault, after[1])]
    if len(new) <= len(old) and len(inside_new) <= len(inside_old):
        return None
    known = Counter((fault.kind, fault.text) for fault in old)
    for fault in (*inside_new, *new):
        known[fault.kind, fault.text] -= 1
        if known[fault.kind, fault.text] < 0:
            return fault
    return (inside_new or list(new))[-1]


def _inside(fault: Fault, spans: tuple[tuple[int, int], ...]) -> bool:
    return any(fault.line <= last and fault.last >= first for first, last in spans)
