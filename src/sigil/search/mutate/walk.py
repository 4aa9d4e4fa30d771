"""Every single-edit neighbour of a subject once, best guess first.

Operators of a tier take turns, so that a function with fifty literals does not hide its
one wrong comparison behind a hundred changed literals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sigil.search.mutate import listed, mending, statements
from sigil.search.mutate.catalogue import TIERS
from sigil.search.mutate.change import Change, Operator
from sigil.search.mutate.repairs import assignment_operators
from sigil.search.mutate.subject import Subject

_Found = tuple[Subject, Change]


OF_TABLES = (listed.exchanged, listed.peered, listed.mistyped)
MENDING_FIRST = (mending.accumulations, mending.jumps)
MENDING = (mending.loop_guards, mending.guarded_statements, mending.moves, mending.copies)
STATEMENT_OPERATORS = (statements.deletions, statements.guards, statements.exchanges)


def neighbours(subjects: Iterable[Subject]) -> Iterator[_Found]:
    """Yield every single edit of ``subjects``, tier by tier, operators taking turns."""
    subjects = list(subjects)
    for position, tier in enumerate(TIERS):
        lines = [_everywhere(operator, subjects) for operator in tier]
        if position == 0:
            lines.insert(3, _of_all(assignment_operators, subjects))
            lines += [_of_all(source, subjects) for source in MENDING_FIRST]
            # One line, for of a long table there are many.
            lines.append(_in_turn(_everywhere(operator, subjects) for operator in OF_TABLES))
        if position == 1:
            lines += [_of_all(source, subjects) for source in MENDING]
        if position == len(TIERS) - 2:
            lines.append(_everywhere(listed.respelled, subjects))
            lines += [_of_all(source, subjects) for source in STATEMENT_OPERATORS]
        yield from _in_turn(lines)


def _everywhere(operator: Operator, subjects: Iterable[Subject]) -> Iterator[_Found]:
    """Yield the first change of every site, then the second of every site, and so on."""
    lines = (
        ((subject, change) for change in operator(subject, site))
        for subject in subjects for site in subject.sites
    )  # fmt: skip
    return _in_turn(lines)


def _of_all(
    source: Callable[[Subject], Iterator[Change]], subjects: Iterable[Subject]
) -> Iterator[_Found]:
    return ((subject, change) for subject in subjects for change in source(subject))


def _in_turn(lines: Iterable[Iterator[_Found]]) -> Iterator[_Found]:
    """Yield the first of every line, then the second of every line, until all are empty."""
    waiting = list(lines)
    while waiting:
        going: list[Iterator[_Found]] = []
        for line in waiting:
            item = next(line, None)
            if item is not None:
                yield item
                going.append(line)
        waiting = going
