"""Open what is sealed. The one place from which a holdout leaves its seal.

Only this module imports `sigil.gate.unseal`; whoever needs an opened holdout, or holdouts sealed
anew, calls a function of this one.

Promises: what is opened is what was recorded, down to its salted digest; nothing of it is in a
representation, a message or a file.

Not here: reading the bundle (`sigil.gate.bundle.read`), writing it (`sigil.gate.bundle.updating`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from sigil.canonical import SALT_BYTES, salted_digest
from sigil.effects import random_bytes
from sigil.errors import MalformedScenario, NotFound, SealBroken, Where
from sigil.gate.bundle.changing import Entropy, Update, compose, entry_of
from sigil.gate.bundle.envelope import Envelope
from sigil.gate.bundle.keys import Identities
from sigil.gate.bundle.manifest import REMEDY_SEALED
from sigil.gate.bundle.read import (
    Bundle,
    Sealed,
    folder_of,
    lua_text,
    read_manifest,
    read_sealed,
)
from sigil.gate.bundle.sealing import parse_recipients, seal
from sigil.gate.model import Scenario
from sigil.gate.names import holdout_id
from sigil.gate.trees import Tree
from sigil.gate.unseal import unseal, unseal_bytes


@dataclass(frozen=True, slots=True)
class OpenBundle:
    """An exam with its holdouts opened.

    Args:
        bundle: as it was read.
        holdouts: the sealed half, ascending by id; in no representation.
    """

    bundle: Bundle
    holdouts: tuple[Scenario, ...] = field(repr=False)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Both halves, the visible one first."""
        return (*self.bundle.visible, *self.holdouts)


def open_bundle(bundle: Bundle, identities: Identities) -> OpenBundle:
    """Open the sealed half of ``bundle``.

    Args:
        bundle: read and verified.
        identities: private keys of a recipient.

    Raises:
        SealBroken: no key fits, or what is inside is not what was recorded.
        MalformedScenario: what is inside cannot be a scenario.
        DependencyMissing: pyrage is not installed.
    """
    opened = [(sealed, _open(bundle, sealed, identities)) for sealed in bundle.sealed]
    holdouts = tuple(_scenario(bundle, sealed, envelope) for sealed, envelope in opened)
    return OpenBundle(bundle, holdouts)


def _scenario(bundle: Bundle, sealed: Sealed, envelope: Envelope) -> Scenario:
    """Return the scenario inside; a path that says no more than its id."""
    entry = sealed.entry
    path = f"{folder_of(bundle.manifest.service)}/holdout/{entry.id}.lua"
    try:
        text = lua_text(envelope.text.encode(), Where(sealed.path))
    except MalformedScenario as refused:  # by line, which is no part of the public's business
        raise MalformedScenario(
            "what is sealed here is no scenario", where=refused.where, remedy="seal it again"
        ) from None
    return Scenario(
        id=entry.id,
        half="holdout",
        text=text,
        path=path,
        spec=entry.spec,
        library=bundle.library,
        salt=envelope.salt,
    )


def _open(bundle: Bundle, sealed: Sealed, identities: Identities) -> Envelope:
    where = Where(sealed.path)
    if not set(identities.recipients) & set(bundle.manifest.recipients):
        raise SealBroken(
            "is sealed for other keys than this one",
            where=where,
            remedy="use the key of a recipient; see sigil scenario list --json",
        )
    envelope = unseal(sealed.ciphertext, identities, where)
    expected = (bundle.manifest.service, sealed.entry.id, sealed.entry.digest)
    if (envelope.service, envelope.id, envelope.digest) != expected:
        raise SealBroken(
            "holds another question than was recorded", where=where, remedy=REMEDY_SEALED
        )
    return envelope


def sealed_already(
    tree: Tree, service: str, identities: Identities, texts: Collection[str]
) -> dict[str, str]:
    """Return which of these texts are holdouts already, each with the id of one.

    Args:
        tree: that holds the exam; its visible half may be under way.
        service: whose exam.
        identities: private keys of a recipient: without one nobody can know.
        texts: to look for.

    Raises:
        NotFound: the service has no exam.
        SealBroken: see `open_bundle`.
        DependencyMissing: pyrage is not installed.
    """
    manifest = read_manifest(tree, service)
    closed = Bundle(manifest, (), read_sealed(tree, manifest), {})
    found: dict[str, str] = {}
    for sealed in closed.sealed:
        text = _open(closed, sealed, identities).text
        if text in texts:
            found.setdefault(text, sealed.entry.id)
    return found


def open_observations(ciphertext: bytes, identities: Identities, where: Where) -> bytes:
    """Return what was sealed of an evaluation; see `sigil.gate.record.dossier`.

    Raises:
        SealBroken: no key fits, or bytes were changed.
        DependencyMissing: pyrage is not installed.
    """
    return unseal_bytes(ciphertext, identities, where)


# --- sealing anew -----------------------------------------------------------------------


def reseal(
    bundle: Bundle,
    identities: Identities,
    recipients: Sequence[str],
    *,
    retired: Collection[str] = (),
    seed: int | None = None,
    entropy: Entropy = random_bytes,
) -> Update:
    """Return an update after which the holdouts have other seals, salts, ids and readers.

    The new order is decided by ``seed`` and the new salts. The salts are inside the seals, so
    nobody without a key can tell which of the new ids was which of the old.

    Args:
        bundle: read and verified.
        identities: private keys of a present recipient.
        recipients: public keys of those who may open them from now on.
        retired: ids of holdouts to drop, for instance because somebody has seen them.
        seed: to record; None keeps the present one.
        entropy: of the salts.

    Raises:
        NotFound: an id to be retired is none of the bundle's.
        SealBroken: see `open_bundle`.
        InvalidValue: a recipient that is no key, or nobody.
        DependencyMissing: pyrage is not installed.
    """
    unknown = sorted(set(retired) - {sealed.entry.id for sealed in bundle.sealed})
    if unknown:
        raise NotFound(
            f"there is no holdout {', '.join(unknown)}",
            where=Where(folder_of(bundle.manifest.service)),
            remedy="see sigil scenario list",
        )
    if bundle.sealed:
        parse_recipients(recipients)
    before = bundle.manifest
    chosen = before.seed if seed is None else seed
    kept = [
        (replace(_open(bundle, sealed, identities), salt=entropy(SALT_BYTES)), sealed.entry)
        for sealed in bundle.sealed
        if sealed.entry.id not in retired
    ]
    kept.sort(key=lambda pair: salted_digest(pair[0].salt, str(chosen).encode()))
    ordered = sorted(set(recipients))
    numbered = [
        (replace(envelope, id=holdout_id(number)), entry)
        for number, (envelope, entry) in enumerate(kept, 1)
    ]
    ciphertexts = {envelope.id: seal(envelope, ordered) for envelope, _ in numbered}
    holdouts = [
        entry_of(envelope, entry.spec, ciphertexts[envelope.id]) for envelope, entry in numbered
    ]
    manifest = replace(
        before,
        seed=chosen,
        recipients=tuple(ordered),
        entries=(*before.visible, *holdouts),
    )
    left = {entry.id for entry in before.holdouts} - set(ciphertexts)
    renamed: dict[str, str | None] = dict.fromkeys(retired)
    renamed |= {entry.id: envelope.id for envelope, entry in numbered}
    return Update(
        before,
        compose(manifest, before),
        ciphertexts,
        tuple(f"holdout/{id_}.lua.age" for id_ in sorted(left)),
        renamed,
    )
