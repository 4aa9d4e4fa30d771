"""Exams of a time when a row was known by its place: ``table-1.row-3`` was the third one.

Where the intent is still the one that such an exam was made of, a place says which row is meant,
and everything goes on under the name that the row has now. Where it is another by now, a place
says nothing, and nobody guesses: the scenarios of such rows are lost unless somebody says so.

Pure. Not here: what rows are called (`sigil.gate.intent.rows`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from sigil.gate.intent import Intent

_BY_PLACE = re.compile(r"table-[0-9]+\.row-[0-9]+")
REASON: Final = "a row was known by its place then"
REMEDY: Final = (
    "generate once from the intent as it was then, which names its rows by what they say, and "
    "then from the intent as it is now; or let --prune remove what is named here, and --dry-run "
    "show all of it"
)


def is_by_place(clause: str) -> bool:
    """Say whether an id is that of a row that is known by its place."""
    return _BY_PLACE.fullmatch(clause) is not None


def with_rows_by_name(table: Mapping[str, Any], intent: Intent, digest: str) -> Mapping[str, Any]:
    """Return a table of traceability in which the rows of an intent have the names of today.

    Args:
        table: of all intents of a service.
        intent: as it is now.
        digest: of its bytes. If the table was made of others, it is returned as it is.
    """
    entry = table["intents"].get(intent.path, {})
    clauses: Any = entry.get("clauses")
    if entry.get("digest") != digest or not isinstance(clauses, list):
        return table
    names = {
        f"{one.id}.row-{place}": row.id
        for one in intent.tables
        for place, row in enumerate(one.rows, 1)
    }
    renamed = [_renamed(clause, names) for clause in cast("list[Any]", clauses)]
    ours = {**entry, "clauses": renamed}
    return {**table, "intents": {**table["intents"], intent.path: ours}}


def _renamed(clause: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(clause, dict):
        return clause
    fields = cast("dict[str, Any]", clause)
    return {**fields, "id": names.get(str(fields.get("id")), fields.get("id"))}
