"""A mutation as edits of text and a line for a person; how one expression replaces another.

Not here: which changes there are (`repairs`, `growth`, `statements`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sigil.search.mutate.fragments import Fragment, fits
from sigil.search.mutate.sites import Site
from sigil.search.mutate.source import Edit
from sigil.search.mutate.subject import Subject

_SHOWN = 60
_LONGEST_EXPONENT = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A mutation of a subject.

    Args:
        operator: which kind of mutation.
        edits: of the whole file's text.
        note: one readable line.
        names_may_move: whether statements moved, so that uses of names must be checked.
    """

    operator: str
    edits: tuple[Edit, ...]
    note: str
    names_may_move: bool = False


Operator = Callable[[Subject, Site], Iterator[Change]]
Numeric = ("int", "number")


def numeric(site: Site) -> bool:
    """Return whether a site may hold a number, as far as is known."""
    return fits(site.want, "number") and fits(site.kind, "number")


def replaced(subject: Subject, site: Site, new: Fragment, operator: str) -> Iterator[Change]:
    """Yield the change of a whole site into ``new``, unless nothing would change."""
    text = subject.source.text
    old = text[site.start : site.end]
    fresh = f"({new.text})" if isinstance(site.node, ast.GeneratorExp) else new.at(site.need)
    if old == fresh or not _allowed(site, new):
        return
    edit = placed(text, (site.start, site.end), fresh)
    note = describe(site, one_line(old), fresh)
    yield Change(operator, (edit,), note)


def describe(site: Site, old: str, new: str) -> str:
    """Return ``old → new at line N``, with ``return`` where the site is all of it."""
    lead = "return " if isinstance(site.parent, ast.Return) else ""
    return f"{lead}{short(old)} → {short(new)} at line {site.node.lineno}"


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space as one space."""
    return " ".join(text.split())


def short(text: str, length: int = _SHOWN) -> str:
    """Return ``text``, cut in the middle if it is longer than ``length``."""
    half = length // 2
    return text if len(text) <= length else f"{text[:half]} … {text[-half:]}"


def _allowed(site: Site, new: Fragment) -> bool:
    """Refuse what is legal but never wanted: endless loops, huge powers, literal receivers."""
    literal = new.size == 1 and not new.text.isidentifier()
    if site.role == "loop_test":
        return new.text not in ("True", "1") and not literal
    if site.role == "exponent":
        return literal and len(new.text) <= _LONGEST_EXPONENT
    if site.role in ("receiver", "iterated"):
        return new.text.isidentifier() or new.kind in ("seq", "str", "map", "unknown")
    return not (isinstance(site.parent, ast.Compare) and _identity(site.parent) and literal)


def _identity(node: ast.Compare) -> bool:
    return any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops)


def placed(text: str, span: tuple[int, int], fresh: str) -> Edit:
    """Return the edit that puts ``fresh`` there, as a word of its own."""
    start, end = span
    return Edit(start, end, spaced(text[start - 1 : start], fresh, text[end : end + 1]))


def spaced(before: str, text: str, after: str) -> str:
    """Return ``text`` with blanks that keep words apart: `return(x)` must not become `returnx`."""
    lead = " " if _wordy(before) and _wordy(text[:1]) else ""
    tail = " " if _wordy(after) and _wordy(text[-1:]) else ""
    return f"{lead}{text}{tail}"


def _wordy(character: str) -> bool:
    return character.isalnum() or (character != "" and character in "_\"'.")


def is_local(value: Fragment, site: Site) -> bool:
    """Return whether ``value`` is a local name where ``site`` is."""
    return value.text in site.scope.local
