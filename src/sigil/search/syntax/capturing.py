"""The lines that a query captures, and the signature that has to stay there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sigil.search.syntax.definitions import around, definitions, interface, require_own_lines
from sigil.search.syntax.query import captured


@dataclass(frozen=True, slots=True)
class Captured:
    """The lines of one captured node.

    Args:
        first: 1-based.
        last: inclusive.
        definition: the dotted name of the definition that the node is; None if it is none.
        last_of_definition: the line where that ends.
        signature: its interface.
    """

    first: int
    last: int
    definition: str | None = None
    last_of_definition: int = 0
    signature: str | None = None


@lru_cache(maxsize=256)
def capture(text: str, query: str, grammar: str) -> tuple[Captured, ...]:
    """Return what ``query`` captures in ``text``.

    Raises:
        NotSure: a captured node shares its lines with other code.
        BadQuery: see `sigil.search.syntax.query.captured`.
        DependencyMissing, Unparsable: see `sigil.search.syntax.grammars.parse`.
    """
    found: list[Captured] = []
    for node in captured(text, query, grammar):
        span = node.start_byte, node.end_byte
        require_own_lines(text, span, grammar)
        end = node.end_point
        first, last = node.start_point.row + 1, end.row + (end.column > 0)
        one = around(text, span, grammar)
        if one is None:
            found.append(Captured(first, last))
            continue
        kept = interface(one, definitions(text, grammar))
        found.append(Captured(first, last, one.name, one.last, kept))
    return tuple(found)
