"""Make scenarios of an intent part of an exam: visible files, seals, the table of traceability.

Promises: the text of a holdout is in memory alone until it is sealed; what a person wrote is not
written over, nor removed; what has not changed is not written again, so that the same intent under
the same seed gives the same files; no scenario is lost unless that was asked for; whoever is
killed has changed nothing, or leaves an update that the next command finishes.

Not here: what is sealed how (`sigil.gate.bundle.changing`), how an update is carried out
(`sigil.gate.bundle.updating`), validation (`validating`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sigil.canonical import digest
from sigil.errors import AlreadyExists, NotFound, UsageError, Where, WorkspaceBusy
from sigil.gate.bundle.changing import Draft, Edit, Update, plan
from sigil.gate.bundle.manifest import Manifest
from sigil.gate.bundle.read import MAX_TEXT, folder_of, read_manifest
from sigil.gate.bundle.updating import TRACEABILITY, apply_update, unlinked, writing_bundle
from sigil.gate.generate import formerly
from sigil.gate.generate.losses import Loss, losses, reasons_of
from sigil.gate.generate.marks import is_generated, secret_in
from sigil.gate.generate.model import Uncompiled
from sigil.gate.generate.replacing import Renewal, Replaced
from sigil.gate.generate.traceability import (
    generated_files,
    holdouts_listed,
    present,
    read_table,
    traced,
    with_entry,
)
from sigil.gate.generate.validating import Candidate, Validation
from sigil.gate.intent import Intent
from sigil.gate.model import Half
from sigil.gate.trees import Entry, FolderTree
from sigil.store import files

_MOST_NAMED = 5
"""Scenarios that a refusal names; all of them are in a dry run."""
_REMEDY: Final = (
    "mend the intent where it says something else than was meant; --expect-failing keeps what "
    "fails on the baseline, --prune removes what is named here, and --dry-run shows all of it"
)


@dataclass(frozen=True, slots=True)
class Held:
    """The holdouts of an intent that are there already.

    Args:
        texts: of each, by its id; empty where no key opened them.
        ids: of all.
        set_hash: of the exam that they are part of; None where there is none.
    """

    texts: Mapping[str, str] = field(repr=False)
    ids: tuple[str, ...]
    set_hash: str | None = None

    @property
    def secret(self) -> int | None:
        """What they were made from; None if they do not agree, or were never opened."""
        found = {secret_in(text) for text in self.texts.values() if is_generated(text)}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to become part of an exam.

    Args:
        intent: where it comes from.
        source: bytes of the intent.
        recipients: public keys of those who may open holdouts.
        validations: on all candidates, the visible ones first; those that passed become part of it.
        uncompiled: what no scenario covers, and why.
        held: holdouts of this intent that are there.
        seed: of the split.
        ratio: of the split.
    """

    intent: Intent
    source: bytes = field(repr=False)
    recipients: tuple[str, ...]
    validations: tuple[Validation, ...]
    uncompiled: tuple[Uncompiled, ...]
    held: Held
    seed: int
    ratio: float

    @property
    def passed(self) -> tuple[Candidate, ...]:
        """All candidates that are to be part of the exam: first visible, then holdouts."""
        return tuple(one.candidate for one in self.validations if not one.refused)

    @property
    def visible(self) -> dict[str, bytes]:
        """Text of each visible one by its id."""
        return {one.name: one.text.encode() for one in self.passed if one.half == "visible"}

    @property
    def holdout(self) -> tuple[Candidate, ...]:
        """The others, in the order in which they are numbered."""
        return tuple(one for one in self.passed if one.half == "holdout")


@dataclass(frozen=True, slots=True)
class Change:
    """What a publication comes to.

    Args:
        written: visible scenarios that are new or changed.
        sealed: candidates that are to be sealed.
        kept: id of each text that is sealed already.
        stale: visible scenarios that are to go.
        retired: holdouts that are to go.
        losses: those among them that nothing takes the place of.
        replaced: each that is to go and is not lost, by its id.
        staying: ids of those that stay as they are, visible ones first.
    """

    written: tuple[str, ...]
    sealed: tuple[Candidate, ...]
    kept: Mapping[str, str] = field(repr=False)
    stale: tuple[str, ...]
    retired: tuple[str, ...]
    losses: tuple[Loss, ...]
    replaced: Mapping[str, Replaced]
    staying: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """What was written.

    Args:
        change: what it came to.
        update: of the bundle.
        ids: of each candidate that is part of the exam now, by its place in what passed.
    """

    change: Change
    update: Update
    ids: tuple[str, ...]


def change_of(root: Path, service: str, wanted: Publication) -> Change:
    """Return what would be written and removed; nothing is.

    Raises:
        AlreadyExists: a visible file that a person wrote stands in the way.
        SealBroken: a link stands in the bundle, or a table that is none.
    """
    spec = wanted.intent.path
    table = formerly.with_rows_by_name(
        read_table(root, service), wanted.intent, digest(wanted.source)
    )
    there = generated_files(root, service, spec)
    kept: dict[str, str] = {}
    for id_, text in wanted.held.texts.items():
        kept.setdefault(text, id_)
    needed = {kept[one.text] for one in wanted.holdout if one.text in kept}
    ours = {id_ for id_, text in wanted.held.texts.items() if is_generated(text)}
    ours |= holdouts_listed(table, spec) - set(wanted.held.texts)
    retired = tuple(id_ for id_ in wanted.held.ids if id_ in ours and id_ not in needed)
    lost = losses(
        present(table, spec, {*there, *ours.intersection(wanted.held.ids)}),
        wanted.passed,
        {*wanted.visible, *needed},
        reasons_of(wanted.validations, wanted.uncompiled),
        wanted.intent,
        retired=retired,
    )
    sealed = tuple(one for one in wanted.holdout if one.text not in kept)
    written = tuple(_changed(root, service, wanted.visible))
    stale = tuple(name for name in there if name not in wanted.visible)
    unchanged = (name for name in wanted.visible if name not in written)
    new = [*sealed, *(c for c in wanted.passed if c.half == "visible" and c.name in written)]
    gone = {one.id for one in lost}
    renewal = Renewal(
        table=table,
        intent=wanted.intent,
        digest=digest(wanted.source),
        seed=wanted.seed,
        ratio=wanted.ratio,
        texts=wanted.held.texts,
        is_one_secret=wanted.held.secret is not None,
        after=wanted.passed,
        new=new,
    )
    going: dict[str, Half] = {name: "visible" for name in stale if name not in gone}
    going |= {id_: "holdout" for id_ in retired if id_ not in gone}
    return Change(
        written=written,
        sealed=sealed,
        kept=kept,
        stale=stale,
        retired=retired,
        losses=lost,
        replaced=renewal.replaced(going),
        staying=(*unchanged, *sorted(needed)),
    )


def publish(root: Path, service: str, wanted: Publication, *, prune: bool = False) -> Published:
    """Write what belongs to the exam of ``service``, and return what was written.

    Args:
        root: the repository.
        service: whose exam.
        wanted: what is to become part of it.
        prune: whether scenarios may be lost.

    Raises:
        UsageError: scenarios would be lost, and they may not.
        AlreadyExists: a visible file that a person wrote stands in the way.
        WorkspaceBusy: somebody else has changed the exam since its holdouts were read.
        SealBroken, InvalidValue, Unwritable, DiskFull: as `sigil.gate.bundle.changing.plan` and
            `sigil.gate.bundle.updating.apply_update`.
    """
    with writing_bundle(root, service):
        if set_hash_of(root, service) != wanted.held.set_hash:
            raise WorkspaceBusy("the exam has changed meanwhile", remedy="generate again")
        change = change_of(root, service, wanted)
        if change.losses and not prune:
            raise _would_be_lost(wanted.intent, change.losses)
        texts = wanted.visible
        update = plan(
            _Overlaid(FolderTree(root), f"{folder_of(service)}/visible", texts),
            service,
            Edit(
                wanted.recipients,
                [Draft(one.text, wanted.intent.path, one.name) for one in change.sealed],
                removed=change.stale,
                retired=change.retired,
                specs=dict.fromkeys(texts, wanted.intent.path),
                seed=wanted.seed,
            ),
        )
        ids = _ids(wanted, change, update.manifest)
        table = _table(root, service, wanted, ids)
        if update.changes or change.written:
            written = {name: texts[name] for name in change.written}
            apply_update(root, update, visible=written, table=table)
        else:
            path = root / folder_of(service) / TRACEABILITY
            if not path.is_file() or path.read_bytes() != table:
                files.write_atomic(path, table)
    return Published(change, update, ids)


def set_hash_of(root: Path, service: str) -> str | None:
    """Return the hash of the exam that is recorded; None where there is none."""
    try:
        return read_manifest(FolderTree(root), service).set_hash
    except NotFound:
        return None


def _would_be_lost(intent: Intent, lost: Sequence[Loss]) -> UsageError:
    named = "; ".join(
        f"{one.id} ({f'{one.where}: ' if one.where else ''}{one.reason})"
        for one in lost[:_MOST_NAMED]
    )
    more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
    count = f"{len(lost)} scenario{'s' * (len(lost) != 1)}"
    by_place = [formerly.is_by_place(one.clause or "") for one in lost]
    remedies = [formerly.REMEDY] * any(by_place) + [_REMEDY] * (not all(by_place))
    return UsageError(
        f"{count} of the exam would be lost: {named}{more}",
        where=Where(intent.path),
        remedy="; ".join(remedies),
    )


def _ids(wanted: Publication, change: Change, manifest: Manifest) -> tuple[str, ...]:
    """Return the id of each candidate that passed."""
    fresh = sorted((one.id for one in manifest.holdouts), key=lambda id_: (len(id_), id_))
    new = fresh[len(fresh) - len(change.sealed) :]
    sealed = dict(zip((one.text for one in change.sealed), new, strict=True))
    return tuple(
        one.name if one.half == "visible" else change.kept.get(one.text) or sealed[one.text]
        for one in wanted.passed
    )


def _table(root: Path, service: str, wanted: Publication, ids: Sequence[str]) -> bytes:
    entry = {
        "digest": digest(wanted.source),
        "seed": wanted.seed,
        "ratio": wanted.ratio,
        "clauses": traced(wanted.intent, wanted.passed, ids),
        "uncompiled": [
            {"id": one.clause, "line": one.line, "reason": one.reason} for one in wanted.uncompiled
        ],
    }
    return with_entry(read_table(root, service), wanted.intent.path, entry)


# --- visible files ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Overlaid:
    """A tree as it will be once some files of one folder are written.

    Args:
        tree: as it is.
        folder: of the files.
        texts: of scenarios below it, by id.
    """

    tree: FolderTree
    folder: str
    texts: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """Return the tree's own."""
        return self.tree.name

    def _paths(self) -> dict[str, bytes]:
        return {f"{self.folder}/{name}.lua": text for name, text in self.texts.items()}

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield what stands below ``folder``; see `sigil.gate.trees.Tree`."""
        ours = {path for path in self._paths() if path.startswith(f"{folder}/")}
        yield from (entry for entry in self.tree.entries(folder) if entry.path not in ours)
        yield from (Entry(path, "file") for path in sorted(ours))

    def read(self, path: str, most: int) -> bytes:
        """Return the bytes of a file; see `sigil.gate.trees.Tree`."""
        text = self._paths().get(path)
        return self.tree.read(path, most) if text is None else text


def _changed(root: Path, service: str, texts: Mapping[str, bytes]) -> list[str]:
    """Return the scenarios whose files are missing or differ.

    Raises:
        AlreadyExists: a file was not generated.
        SealBroken: a link stands where a part of the bundle belongs.
    """
    found: list[str] = []
    tree = FolderTree(root)
    for name, text in texts.items():
        shown = f"{folder_of(service)}/visible/{name}.lua"
        unlinked(root, shown)
        try:
            present = tree.read(shown, MAX_TEXT)
        except NotFound:
            present = b""
        if present and not is_generated(present.decode("utf-8", "replace")):
            raise AlreadyExists(
                "a scenario that was not generated has this name",
                where=Where(shown),
                remedy="rename it",
            )
        if present != text:
            found.append(name)
    return found
