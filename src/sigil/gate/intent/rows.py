"""What the rows of a table are called: by what they say, wherever they stand.

A row is known by what it asks: its cells in the columns that are sent, or its first cell where no
column is; a number by its value, however it is written. Its name can be read: ``seats-5`` where one
column tells, ``pro.5`` where several do. Where that does not say all of it, because of letters and
marks that a name cannot have or because it is long, a digest of what is asked follows.

Promises: a row has the same name in whatever order rows stand; two rows of one table that ask for
different things have different names; rows that ask for the same and answer differently are told
apart by a digest of all they say, and rows that say the same by their number; a name is of lower
case letters, digits, hyphens and dots, and never a number alone.

Pure. Not here: which columns are sent (`heads`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from sigil.canonical import digest_value
from sigil.gate.intent.cells import plain
from sigil.gate.intent.heads import asked_by
from sigil.gate.intent.model import Cell

_EXACT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OTHER = re.compile(r"[^a-z0-9]+")
_DIGESTED = re.compile(r"-[0-9a-f]{8}$")
_MOST = 48
_DIGITS = 8


def names_of_rows(
    heads: Sequence[str], before: str, rows: Sequence[Sequence[Cell]]
) -> tuple[str, ...]:
    """Return the name of each row of a table, all of them different.

    Args:
        heads: Markdown of each column's head.
        before: the paragraph or item right above the table.
        rows: their cells, as many as there are heads.
    """
    both = both_names_of_rows(heads, before, rows)
    said: dict[str, set[str]] = {}
    for alone, beside in both:
        said.setdefault(alone, set()).add(beside)
    told = [alone if len(said[alone]) == 1 else beside for alone, beside in both]
    seen: Counter[str] = Counter()
    made: list[str] = []
    for name in told:
        seen[name] += 1
        made.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return tuple(made)


def both_names_of_rows(
    heads: Sequence[str], before: str, rows: Sequence[Sequence[Cell]]
) -> list[tuple[str, str]]:
    """Return what each row is called alone, and beside one that asks the same and says another."""
    keys = _keys(heads, before)
    alone = [_name(keys, cells) for cells in rows]
    said = [_digest([cell.text for cell in cells]) for cells in rows]
    return [(name, f"{name}-{all_of_it}") for name, all_of_it in zip(alone, said, strict=True)]


def _keys(heads: Sequence[str], before: str) -> list[tuple[int, str]]:
    """Return the place and the name of each column that tells what a row asks."""
    asked = asked_by(heads, before)
    sent = enumerate(asked.sent if asked is not None else ())
    return [(place, name) for place, name in sent if name] or [(0, plain(heads[0]))]


def _name(keys: Sequence[tuple[int, str]], cells: Sequence[Cell]) -> str:
    asked = [_value(cells[place]) for place, _ in keys]
    heads = [_slug(head) or "column" for _, head in keys]
    slugs = list(map(_slug, asked))
    if len(keys) == 1:
        name = "-".join(filter(None, (*heads, *slugs)))
    else:
        name = ".".join(slug or head for head, slug in zip(heads, slugs, strict=True))
    if len(name) <= _MOST and all(map(_EXACT.fullmatch, asked)) and not _DIGESTED.search(name):
        return name
    return f"{name[:_MOST].rstrip('-.')}-{_digest(asked)}"


def _value(cell: Cell) -> str:
    """Return what a cell asks, which is the same for ``1000``, ``1,000`` and ``1000.0``."""
    if cell.empty:
        return ""
    if cell.number is None or cell.unit:
        return cell.text
    return f"{Decimal(cell.number.numerator) / Decimal(cell.number.denominator):f}"


def _slug(text: str) -> str:
    """Return what a name can have of a text."""
    plain_letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _OTHER.sub("-", plain_letters.lower()).strip("-")


def _digest(texts: Sequence[str]) -> str:
    return digest_value(texts).rpartition(":")[2][:_DIGITS]
