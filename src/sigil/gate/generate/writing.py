"""Make compiled scenarios part of an exam: visible files, seals, and the table of what covers what.

Promises: the text of a holdout is in memory alone until it is sealed; a visible file that a person
wrote is not written over; what has not changed is not written again, so that the same intent under
the same seed gives the same files.

Not here: what is sealed how (`sigil.gate.changing`), validation (`validating`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from sigil.canonical import digest, snapshot_json
from sigil.errors import AlreadyExists, Corrupt, NotFound, SealBroken, Where
from sigil.gate.bundle import MAX_TEXT, folder_of
from sigil.gate.bundle_manifest import MAX_BYTES, Manifest
from sigil.gate.changing import Draft, Edit, Update, plan
from sigil.gate.generate.lua import MARK
from sigil.gate.generate.model import Uncompiled
from sigil.gate.generate.validating import Candidate
from sigil.gate.intent import Intent
from sigil.gate.trees import FolderTree
from sigil.gate.updating import TRACEABILITY, apply_update, writing_bundle
from sigil.store import files

FORMAT = 1
SECRET_BYTES = 16
_SECRET = re.compile(rf"^-- Variant ([0-9a-f]{{{2 * SECRET_BYTES}}})\.$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Held:
    """The holdouts of an intent that are there already.

    Args:
        texts: of each, by its id; empty where no key opened them.
        ids: of all.
    """

    texts: Mapping[str, str] = field(repr=False)
    ids: tuple[str, ...]

    @property
    def secret(self) -> int | None:
        """What they were made from; None if they do not agree, or were never opened."""
        found = {secret_in(text) for text in self.texts.values()}
        return found.pop() if len(found) == 1 else None


def secret_note(secret: int) -> str:
    """Return the line of a holdout that its secret is read back from."""
    return f"Variant {secret:0{2 * SECRET_BYTES}x}."


def secret_in(text: str) -> int | None:
    """Return the secret that a holdout was made from; None if it does not say."""
    match = _SECRET.search(text)
    return None if match is None else int(match[1], 16)


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to become part of an exam.

    Args:
        intent: where it comes from.
        source: bytes of the intent.
        recipients: public keys of those who may open holdouts.
        visible: candidates that passed.
        holdout: the same, in the order in which they are numbered.
        uncompiled: what no scenario covers, and why.
        held: holdouts of this intent that are there.
        seed: of the split.
        ratio: of the split.
    """

    intent: Intent
    source: bytes = field(repr=False)
    recipients: tuple[str, ...]
    visible: tuple[Candidate, ...]
    holdout: tuple[Candidate, ...]
    uncompiled: tuple[Uncompiled, ...]
    held: Held
    seed: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Published:
    """What was written, or would be.

    Args:
        update: of the bundle; None where nothing was planned.
        ids: of each candidate that is part of the exam now, by its place: first visible, then
            holdouts.
        written: visible files that are new or changed.
    """

    update: Update | None
    ids: tuple[str, ...]
    written: tuple[str, ...]


def publish(root: Path, service: str, wanted: Publication) -> Published:
    """Write what belongs to the exam of ``service``, and return what was written.

    Raises:
        AlreadyExists: a visible file that a person wrote stands in the way.
        SealBroken, InvalidValue, Unwritable, DiskFull: as `sigil.gate.changing.plan` and
            `sigil.gate.updating.apply_update`.
    """
    with writing_bundle(root, service):
        table = _read_table(root, service)
        texts = {one.name: one.text.encode() for one in wanted.visible}
        written = _changed(root, service, texts)
        for name in written:
            path = _visible(root, service, name)
            files.make_directory(path.parent)
            files.write_atomic(path, texts[name])
        kept, drafts, retired = _compared(wanted)
        stale = [name for name in _listed(table, wanted.intent.path) if name not in texts]
        update = plan(
            FolderTree(root),
            service,
            Edit(
                wanted.recipients,
                [Draft(one.text, wanted.intent.path, one.name) for one in drafts],
                removed=[name for name in stale if _visible(root, service, name).is_file()],
                retired=retired,
                specs=dict.fromkeys(texts, wanted.intent.path),
                seed=wanted.seed,
            ),
        )
        if update.changes:
            apply_update(root, update)
        ids = _ids(wanted, kept, drafts, update.manifest)
        _write_table(root, service, table, wanted, ids)
    return Published(update, ids, tuple(written))


def _compared(wanted: Publication) -> tuple[dict[str, str], list[Candidate], list[str]]:
    """Return the ids of texts that are sealed already, what is to be sealed, and what to drop."""
    kept: dict[str, str] = {}
    for id_, text in wanted.held.texts.items():
        kept.setdefault(text, id_)
    drafts = [one for one in wanted.holdout if one.text not in kept]
    needed = {kept[one.text] for one in wanted.holdout if one.text in kept}
    return kept, drafts, [id_ for id_ in wanted.held.ids if id_ not in needed]


def _ids(
    wanted: Publication,
    kept: Mapping[str, str],
    drafts: Sequence[Candidate],
    manifest: Manifest,
) -> tuple[str, ...]:
    """Return the id of each candidate."""
    fresh = sorted((entry.id for entry in manifest.holdouts), key=lambda id_: (len(id_), id_))[
        -len(drafts) :
    ]
    sealed = dict(zip((one.text for one in drafts), fresh, strict=True)) if drafts else {}
    holdouts = [kept.get(one.text) or sealed[one.text] for one in wanted.holdout]
    return (*(one.name for one in wanted.visible), *holdouts)


# --- visible files ----------------------------------------------------------------------


def _visible(root: Path, service: str, name: str) -> Path:
    """Return the path of a visible scenario, no part of which is a link."""
    path = root
    for part in Path(f"{folder_of(service)}/visible/{name}.lua").parts:
        path /= part
        if path.is_symlink():
            raise SealBroken(
                "a symbolic link stands in the bundle",
                where=Where(str(path.relative_to(root))),
                remedy="put the folder itself here",
            )
    return path


def _changed(root: Path, service: str, texts: Mapping[str, bytes]) -> list[str]:
    """Return the scenarios whose files are missing or differ.

    Raises:
        AlreadyExists: a file was not generated.
    """
    found: list[str] = []
    tree = FolderTree(root)
    for name, text in texts.items():
        shown = str(_visible(root, service, name).relative_to(root))
        try:
            present = tree.read(shown, MAX_TEXT)
        except NotFound:
            present = b""
        if present and not present.startswith(MARK.encode()):
            raise AlreadyExists(
                "a scenario that was not generated has this name",
                where=Where(shown),
                remedy="rename it",
            )
        if present != text:
            found.append(name)
    return found


# --- traceability -----------------------------------------------------------------------


def _read_table(root: Path, service: str) -> dict[str, Any]:
    """Return the table of all intents of a service."""
    path = f"{folder_of(service)}/{TRACEABILITY}"
    try:
        table: Any = json.loads(FolderTree(root).read(path, MAX_BYTES))
    except NotFound:
        table = {"format": FORMAT, "service": service, "intents": {}}
    except (Corrupt, ValueError, RecursionError):
        table = None
    if not isinstance(table, dict) or not isinstance(
        cast("dict[str, Any]", table).get("intents"), dict
    ):
        raise SealBroken(
            "is no table of traceability",
            where=Where(path),
            remedy="restore it from git, or remove it",
        )
    return cast("dict[str, Any]", table)


def _listed(table: Mapping[str, Any], spec: str) -> list[str]:
    """Return the visible scenarios that an intent had."""
    clauses = table["intents"].get(spec, {}).get("clauses", [])
    return [str(name) for clause in clauses for name in clause.get("visible", [])]


def _write_table(
    root: Path, service: str, table: dict[str, Any], wanted: Publication, ids: Sequence[str]
) -> None:
    entry = {
        "digest": digest(wanted.source),
        "seed": wanted.seed,
        "ratio": wanted.ratio,
        "clauses": traced(wanted.intent, (*wanted.visible, *wanted.holdout), ids),
        "uncompiled": [
            {"id": one.clause, "line": one.line, "reason": one.reason} for one in wanted.uncompiled
        ],
    }
    table["intents"][wanted.intent.path] = entry
    path = root / folder_of(service) / TRACEABILITY
    data = snapshot_json(table)
    if not path.is_file() or path.read_bytes() != data:
        files.write_atomic(path, data)


def traced(
    intent: Intent, candidates: Sequence[Candidate], ids: Sequence[str]
) -> list[dict[str, Any]]:
    """Return every clause and row of an intent with the scenarios that hold the service to it."""
    places = [(clause.id, clause.line) for clause in intent.clauses]
    places += [(table.id, table.line) for table in intent.tables]
    places += [(row.id, row.line) for table in intent.tables for row in table.rows]
    pairs = list(zip(candidates, ids, strict=True))
    return [
        {
            "id": name,
            "line": line,
            "visible": sorted(i for c, i in pairs if name in c.clauses and c.half == "visible"),
            "holdout": sorted(i for c, i in pairs if name in c.clauses and c.half == "holdout"),
        }
        for name, line in sorted(places, key=lambda place: place[1])
    ]
