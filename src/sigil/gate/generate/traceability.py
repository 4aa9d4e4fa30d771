"""The table of traceability: which scenarios hold a service to which clause of which intent.

It is public, so it says of a holdout its id and its clause, as ``bundle.json`` says its intent.

Not here: writing it (`sigil.gate.generate.writing`), new ids after a rotation
(`sigil.gate.bundle.updating`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from sigil.canonical import digest_value, snapshot_json
from sigil.errors import Corrupt, InvalidValue, NotFound, SealBroken, Where
from sigil.gate.bundle.manifest import MAX_BYTES
from sigil.gate.bundle.read import MAX_TEXT, folder_of
from sigil.gate.bundle.updating import TRACEABILITY
from sigil.gate.generate.marks import is_generated
from sigil.gate.generate.validating import Candidate
from sigil.gate.intent import Intent
from sigil.gate.names import is_holdout_id, is_visible_id
from sigil.gate.trees import FolderTree

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Covered:
    """What holds the service to one clause.

    Args:
        clause: its id.
        visible: ids of scenarios.
        holdout: the same of the sealed half.
        says: a digest of what it says; empty where none is on record.
    """

    clause: str
    visible: tuple[str, ...]
    holdout: tuple[str, ...]
    says: str = ""


def read_table(root: Path, service: str) -> dict[str, Any]:
    """Return the table of all intents of a service; an empty one where there is none.

    Raises:
        SealBroken: what stands there is no such table.
    """
    path = f"{folder_of(service)}/{TRACEABILITY}"
    try:
        table: Any = json.loads(FolderTree(root).read(path, MAX_BYTES))
        snapshot_json(table)  # what it holds besides is written back
    except NotFound:
        table = {"format": FORMAT, "service": service, "intents": {}}
    except (Corrupt, InvalidValue, ValueError, RecursionError):
        table = None
    if not _is_table(table):
        raise SealBroken(
            "is no table of traceability",
            where=Where(path),
            remedy="restore it from git, or remove it",
        )
    return cast("dict[str, Any]", table)


def _is_table(table: Any) -> bool:
    intents: Any = cast("dict[str, Any]", table).get("intents") if isinstance(table, dict) else None
    if not isinstance(intents, dict):
        return False
    return all(isinstance(entry, dict) for entry in cast("dict[str, Any]", intents).values())


def covered(table: Mapping[str, Any], spec: str) -> list[Covered]:
    """Return what an intent's clauses were held to by, in order; what is malformed is left out."""
    entries: Any = table["intents"].get(spec, {}).get("clauses", [])
    found = [_clause(entry) for entry in cast("list[Any]", entries if _is_list(entries) else [])]
    return [one for one in found if one is not None]


def _clause(entry: Any) -> Covered | None:
    fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
    visible, holdout = fields.get("visible"), fields.get("holdout")
    if not (_is_list(visible) and _is_list(holdout)):
        return None
    return Covered(
        str(fields.get("id")),
        tuple(map(str, cast("list[Any]", visible))),
        tuple(map(str, cast("list[Any]", holdout))),
        str(fields.get("says") or ""),
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def present(table: Mapping[str, Any], spec: str, ids: Collection[str]) -> list[Covered]:
    """Return the same with those of ``ids`` alone."""
    return [
        replace(
            one,
            visible=tuple(id_ for id_ in one.visible if id_ in ids),
            holdout=tuple(id_ for id_ in one.holdout if id_ in ids),
        )
        for one in covered(table, spec)
    ]


def generated_files(root: Path, service: str, spec: str) -> dict[str, str]:
    """Return the visible scenarios of an intent that were generated and are there: text by id."""
    tree = FolderTree(root)
    texts: dict[str, str] = {}
    table = read_table(root, service)
    for name in sorted({name for clause in covered(table, spec) for name in clause.visible}):
        if not is_visible_id(name):
            continue
        try:
            data = tree.read(f"{folder_of(service)}/visible/{name}.lua", MAX_TEXT)
        except (NotFound, Corrupt, InvalidValue):
            continue
        text = data.decode("utf-8", "replace")
        if is_generated(text):
            texts[name] = text
    return texts


def holdouts_listed(table: Mapping[str, Any], spec: str) -> set[str]:
    """Return the holdouts of an intent that were generated."""
    listed = {id_ for clause in covered(table, spec) for id_ in clause.holdout}
    return {id_ for id_ in listed if is_holdout_id(id_)}


def clauses_of(table: Mapping[str, Any], spec: str, id_: str) -> tuple[str, ...]:
    """Return the clauses that a scenario of an intent held the service to, in order."""
    clauses = covered(table, spec)
    return tuple(one.clause for one in clauses if id_ in (*one.visible, *one.holdout))


def changed(table: Mapping[str, Any], intent: Intent) -> set[str]:
    """Return the ids under which an intent said something else when its scenarios were made.

    A clause of which that is not on record is none of them.
    """
    now = _says(intent)
    return {
        one.clause
        for one in covered(table, intent.path)
        if one.says and now.get(one.clause, one.says) != one.says
    }


def with_entry(table: Mapping[str, Any], spec: str, entry: Mapping[str, Any]) -> bytes:
    """Return the bytes of a table in which an intent has this entry."""
    return snapshot_json({**table, "intents": {**table["intents"], spec: entry}})


def lines_of(intent: Intent) -> dict[str, int]:
    """Return the line of each clause, table and row by its id."""
    lines = {clause.id: clause.line for clause in intent.clauses}
    lines |= {table.id: table.line for table in intent.tables}
    return lines | {row.id: row.line for table in intent.tables for row in table.rows}


def _says(intent: Intent) -> dict[str, str]:
    """Return a digest of what each clause, table and row says, by its id."""
    said: dict[str, Any] = {clause.id: clause.text for clause in intent.clauses}
    for table in intent.tables:
        about = [table.before, *table.heads]
        rows = {row.id: [about, [cell.text for cell in row.cells]] for row in table.rows}
        said |= rows | {table.id: [about, rows]}
    return {name: digest_value(text) for name, text in said.items()}


def traced(
    intent: Intent, candidates: Sequence[Candidate], ids: Sequence[str]
) -> list[dict[str, Any]]:
    """Return every clause and row of an intent with the scenarios that hold the service to it."""
    pairs = list(zip(candidates, ids, strict=True))
    says = _says(intent)
    return [
        {
            "id": name,
            "line": line,
            "says": says[name],
            "visible": sorted(i for c, i in pairs if name in c.clauses and c.half == "visible"),
            "holdout": sorted(i for c, i in pairs if name in c.clauses and c.half == "holdout"),
        }
        for name, line in sorted(lines_of(intent).items(), key=lambda place: place[1])
    ]
