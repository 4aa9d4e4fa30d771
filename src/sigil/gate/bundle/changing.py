"""Change what belongs to an exam: record what stands there, seal drafts, number them.

Public keys are enough for all of this. Works on what was read and returns what to write; the text
of a draft is in memory, and leaves it sealed.

Not here: writing (`sigil.gate.bundle.updating`), sealing anew what is sealed
(`sigil.gate.evaluator`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sigil.canonical import SALT_BYTES, digest
from sigil.effects import random_bytes
from sigil.errors import InvalidValue, MalformedScenario, NotFound, SealBroken, Where
from sigil.gate.bundle.envelope import Envelope
from sigil.gate.bundle.manifest import (
    Manifest,
    ManifestEntry,
    first_version,
    next_version,
)
from sigil.gate.bundle.read import (
    MAX_TEXT,
    folder_of,
    library_files,
    lua_text,
    read_manifest,
    read_sealed,
    visible_files,
)
from sigil.gate.bundle.sealing import parse_recipients, seal
from sigil.gate.names import holdout_id
from sigil.gate.trees import Tree, place

Entropy = Callable[[int], bytes]
"""Returns so many bytes that nobody can predict."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario that is to be sealed. Its representation shows nothing of it.

    Args:
        text: Lua source.
        spec: the intent that it stems from; not secret; empty for that of the visible scenario
            ``name``, if there is one.
        name: id of the visible scenario that it was; sealed with it, for operators alone.
    """

    text: str = field(repr=False)
    spec: str = ""
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Update:
    """What to write, so that an exam becomes another one.

    Args:
        before: what was recorded; None for a first exam.
        manifest: what will be.
        sealed: ciphertext of each holdout that is new or sealed anew, by id.
        removed: files to remove, by path below the bundle.
        renamed: new id of each holdout of before, None if it was retired; empty but for a
            rotation. It tells which was which, so it is not printed.
    """

    before: Manifest | None
    manifest: Manifest
    sealed: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str | None] = field(default_factory=dict[str, str | None], repr=False)

    @property
    def changes(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.before != self.manifest or self.sealed or self.removed)


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change.

    Args:
        recipients: public keys of all who may open the holdouts.
        drafts: to seal.
        removed: ids of visible scenarios that leave the visible half.
        retired: ids of holdouts that leave the sealed half; no key is needed to drop one.
        spec: the intent of visible scenarios that are recorded for the first time.
        specs: the same by id, for those that differ.
        seed: by which the exam was split; None keeps what is recorded.
    """

    recipients: Sequence[str]
    drafts: Sequence[Draft] = ()
    removed: Sequence[str] = ()
    retired: Sequence[str] = ()
    spec: str = ""
    specs: Mapping[str, str] = field(default_factory=dict[str, str])
    seed: int | None = None


def plan(tree: Tree, service: str, edit: Edit, entropy: Entropy = random_bytes) -> Update:
    """Return what to write for ``edit``, over what stands in ``tree``.

    Args:
        tree: the working tree.
        service: whose exam.
        edit: what to change.
        entropy: of the salts.

    Raises:
        SealBroken: what is recorded of the sealed half is not what is there.
        MalformedScenario: a file or a draft that cannot be a scenario.
        InvalidValue: a key that is none, or holdouts that are sealed for others.
    """
    before = _recorded(tree, service)
    recipients = tuple(sorted(set(edit.recipients)))
    if recipients or edit.drafts:
        parse_recipients(recipients)
    held = before.holdouts if before else ()
    kept = tuple(entry for entry in held if entry.id not in edit.retired)
    if before and kept and before.recipients != recipients:
        raise InvalidValue(
            "the holdouts are sealed for other recipients than these",
            where=place(tree, folder_of(service)),
            remedy=f"seal them anew, with the key: sigil scenario rotate --service {service}",
        )
    texts = {
        id_: data for id_, data in visible_files(tree, service).items() if id_ not in edit.removed
    }
    first = _next_number(held)
    envelopes = [
        Envelope(
            service,
            holdout_id(first + n),
            checked(d.text.encode("utf-8", "surrogatepass")),
            entropy(SALT_BYTES),
            d.name,
        )
        for n, d in enumerate(edit.drafts)
    ]
    sealed = {envelope.id: seal(envelope, recipients) for envelope in envelopes}
    known = {q.id: q.spec for q in before.visible} if before else {}
    new = [
        entry_of(envelope, draft.spec or known.get(draft.name, ""), sealed[envelope.id])
        for envelope, draft in zip(envelopes, edit.drafts, strict=True)
    ]
    manifest = compose(
        Manifest(
            service=service,
            version=before.version if before else first_version(service),
            seed=_seed(edit, before),
            recipients=recipients,
            library=_library(tree, service),
            entries=(*kept, *new, *_visible(tree, service, texts, edit, before)),
        ),
        before,
    )
    gone = [f"holdout/{entry.id}.lua.age" for entry in held if entry not in kept]
    removed = (*(f"visible/{id_}.lua" for id_ in edit.removed), *gone)
    return Update(before, manifest, sealed, removed)


def compose(manifest: Manifest, before: Manifest | None) -> Manifest:
    """Return ``manifest`` in order, with the next version if the exam is another one."""
    entries = tuple(sorted(manifest.entries))
    ordered = Manifest(
        service=manifest.service,
        version=manifest.version,
        seed=manifest.seed,
        recipients=manifest.recipients,
        library=tuple(sorted(manifest.library)),
        entries=entries,
    )
    if before is None or before.set_hash == ordered.set_hash:
        return ordered
    return Manifest(
        service=ordered.service,
        version=next_version(before.version),
        seed=ordered.seed,
        recipients=ordered.recipients,
        library=ordered.library,
        entries=entries,
    )


def entry_of(envelope: Envelope, spec: str, ciphertext: bytes) -> ManifestEntry:
    """Return what is recorded of a holdout."""
    return ManifestEntry("holdout", envelope.id, spec, envelope.digest, digest(ciphertext))


def checked(data: bytes) -> str:
    """Return the text of a draft from its bytes, if it can be sealed.

    Raises:
        MalformedScenario: too long, not text, or empty; the message holds nothing of it.
    """
    if len(data) > MAX_TEXT:
        raise MalformedScenario(
            f"the scenario is larger than {MAX_TEXT:,} bytes", remedy="split it"
        )
    return lua_text(data, Where("the scenario"))


def _recorded(tree: Tree, service: str) -> Manifest | None:
    """Return what is recorded, with the sealed half verified; None if nothing is."""
    try:
        manifest = read_manifest(tree, service)
    except NotFound:
        manifest = None
    expected = {f"{q.id}.lua.age" for q in manifest.holdouts} if manifest else set[str]()
    folder = f"{folder_of(service)}/holdout"
    for entry in tree.entries(folder):
        if entry.kind != "file" or entry.path.removeprefix(f"{folder}/") not in expected:
            raise SealBroken(
                "is in no bundle",
                where=place(tree, entry.path),
                remedy="remove it, or restore the bundle.json that lists it from git",
            )
    if manifest:
        read_sealed(tree, manifest)
    return manifest


def _next_number(kept: Sequence[ManifestEntry]) -> int:
    return 1 + max((int(q.id.removeprefix("holdout_")) for q in kept), default=0)


def _seed(edit: Edit, before: Manifest | None) -> int:
    if edit.seed is not None:
        return edit.seed
    return before.seed if before else 0


def _library(tree: Tree, service: str) -> tuple[tuple[str, str], ...]:
    files = library_files(tree, service)
    for path, data in files.items():
        lua_text(data, place(tree, f"{folder_of(service)}/{path}"))
    return tuple((path, digest(data)) for path, data in files.items())


def _visible(
    tree: Tree,
    service: str,
    texts: Mapping[str, bytes],
    edit: Edit,
    before: Manifest | None,
) -> list[ManifestEntry]:
    known = {q.id: q.spec for q in before.visible} if before else {}
    for id_, data in texts.items():
        lua_text(data, place(tree, f"{folder_of(service)}/visible/{id_}.lua"))
    return [
        ManifestEntry(
            "visible",
            id_,
            edit.specs.get(id_, known.get(id_) or edit.spec),
            digest(data),
        )
        for id_, data in texts.items()
    ]
