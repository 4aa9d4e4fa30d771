"""``bundle.json``: what belongs to the exam of a service, and what vouches for it.

    {"format": 1, "service": "api", "version": "billing.v7", "seed": 3735928559,
     "recipients": ["age1…"], "set": "sha256:…",
     "library": [{"path": "lib/money.lua", "digest": "sha256:…"}],
     "scenarios": [{"id": "billing/upgrade", "half": "visible", "spec": "docs/specs/b.md",
                    "digest": "sha256:…"},
                   {"id": "holdout_001", "half": "holdout", "spec": "docs/specs/b.md",
                    "digest": "sha256:…", "sealed": "sha256:…"}]}

``digest`` is that of a visible file; of a holdout it is salted, with the salt inside the seal, so
that nobody can try guesses against it. ``sealed`` is the digest of the ciphertext, which anybody
can verify. ``set`` is the identity of the whole exam: everything that can change a result, not
who may open it.

Pure. Not here: the files (`sigil.gate.bundle.read`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sigil.canonical import scenario_set_hash, snapshot_json
from sigil.errors import SealBroken, Where
from sigil.gate.bundle.sealing import RECIPIENT
from sigil.gate.names import SERVICE, VISIBLE_ID, is_holdout_id, is_visible_id
from sigil.printable import printable
from sigil.store.misfits import first_problem
from sigil.store.shapes import Misfit, Shape, held

FORMAT = 1
MAX_ENTRIES = 10_000
MAX_BYTES = 8 * 2**20
REMEDY = "restore it from git, or run `sigil scenario seal` to record what is there now"
REMEDY_SEALED = "restore it from git; nothing else holds its question"
REMEDY_ITSELF = (
    "restore it from git; if there is no copy, remove it and the folder holdout beside it, whose "
    "questions are lost then, and seal anew: sigil scenario seal"
)
"""Of the document: what vouches for holdouts cannot be made of them; their salts are sealed."""
_DIGEST = r"sha256:[0-9a-f]{64}"
_SEEDS = 2**64
_VERSION = rf"{SERVICE.pattern}\.v[1-9][0-9]{{0,8}}"


@dataclass(frozen=True, slots=True, order=True)
class ManifestEntry:
    """A scenario of the exam, without its text.

    Args:
        half: visible or holdout; sorted, holdouts come first.
        id: see `sigil.gate.model.Scenario`.
        spec: the intent that it stems from, relative to the repository; empty if unknown.
        digest: of its text; of a holdout, salted.
        sealed: digest of its ciphertext; empty for a visible one.
    """

    half: Literal["visible", "holdout"]
    id: str
    spec: str
    digest: str
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that ``bundle.json`` says.

    Args:
        service: whose exam it is.
        version: ``<name>.v<number>``; the number grows whenever the set changes.
        seed: by which it was split and numbered.
        recipients: public keys of those who may open the holdouts, ascending.
        library: digest of each helper by its path below the bundle, ``lib/money.lua``.
        entries: ascending, no id twice.
    """

    service: str
    version: str
    seed: int
    recipients: tuple[str, ...]
    library: tuple[tuple[str, str], ...]
    entries: tuple[ManifestEntry, ...]

    @property
    def set_hash(self) -> str:
        """The identity of the exam; the scenario set of the six-field tuple."""
        asked = [
            {"id": one.id, "half": one.half, "spec": one.spec, "digest": one.digest}
            for one in self.entries
        ]
        return scenario_set_hash(
            {"service": self.service, "library": dict(self.library), "scenarios": asked}
        )

    @property
    def holdouts(self) -> tuple[ManifestEntry, ...]:
        """The sealed half."""
        return tuple(one for one in self.entries if one.half == "holdout")

    @property
    def visible(self) -> tuple[ManifestEntry, ...]:
        """The half that everybody reads."""
        return tuple(one for one in self.entries if one.half == "visible")


def next_version(version: str) -> str:
    """Return the version after ``billing.v7``: ``billing.v8``."""
    name, _, number = version.rpartition(".v")
    return f"{name}.v{int(number) + 1}"


def first_version(service: str) -> str:
    """Return the version of a service's first exam."""
    return f"{service}.v1"


# --- writing ----------------------------------------------------------------------------


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the bytes of ``bundle.json``."""
    return snapshot_json(
        {
            "format": FORMAT,
            "service": manifest.service,
            "version": manifest.version,
            "seed": manifest.seed,
            "recipients": list(manifest.recipients),
            "set": manifest.set_hash,
            "library": [{"path": path, "digest": digest} for path, digest in manifest.library],
            "scenarios": [entry_facts(entry) for entry in manifest.entries],
        }
    )


def entry_facts(entry: ManifestEntry) -> dict[str, str]:
    """Return an entry as it stands in ``scenarios``."""
    facts = {
        "id": entry.id,
        "half": entry.half,
        "spec": entry.spec,
        "digest": entry.digest,
    }
    return {**facts, "sealed": entry.sealed} if entry.sealed else facts


# --- reading ----------------------------------------------------------------------------


Digest = Annotated[str, Meta(pattern=rf"\A{_DIGEST}\Z", description="a digest, sha256:…")]


class _Helper(Shape, frozen=True, kw_only=True):
    path: Annotated[
        str,
        Meta(
            pattern=rf"\Alib/(?:{VISIBLE_ID.pattern})\.lua\Z",
            max_length=210,
            description="the path of a helper, lib/….lua",
        ),
    ]
    digest: Digest


class _Entry(Shape, frozen=True, kw_only=True):
    id: str
    half: Literal["visible", "holdout"]
    spec: Annotated[str, Meta(max_length=300)]
    digest: Digest
    sealed: Annotated[
        str, Meta(pattern=rf"\A(?:{_DIGEST})?\Z", description="a digest, sha256:…")
    ] = ""

    def __post_init__(self) -> None:
        fits = is_visible_id(self.id) if self.half == "visible" else is_holdout_id(self.id)
        if not fits:
            raise Misfit(f"not an id of the {self.half} half")
        if bool(self.sealed) != (self.half == "holdout"):
            raise Misfit("the digest of a seal belongs to holdouts, and to each of them")


class _Document(Shape, frozen=True, kw_only=True):
    format: Literal[1]
    service: Annotated[
        str, Meta(pattern=rf"\A(?:{SERVICE.pattern})\Z", description="the name of a service")
    ]
    version: Annotated[
        str, Meta(pattern=rf"\A(?:{_VERSION})\Z", description="a version, such as billing.v7")
    ]
    seed: Annotated[int, Meta(ge=0)]
    recipients: Annotated[list[str], Meta(max_length=1000)]
    set: Digest
    library: Annotated[list[_Helper], Meta(max_length=MAX_ENTRIES)]
    scenarios: Annotated[list[_Entry], Meta(max_length=MAX_ENTRIES)]

    def __post_init__(self) -> None:
        held(self, seed=_seed)


def _seed(number: int) -> int:
    if number >= _SEEDS:
        raise ValueError("should be less than 2**64")
    return number


def parse_manifest(data: bytes, service: str, where: Where) -> Manifest:
    """Return what the bytes of a ``bundle.json`` say.

    Args:
        data: the bytes.
        service: whose bundle it has to be.
        where: the file, for the message.

    Raises:
        SealBroken: not such a document, of another service, or changed since it was written.
    """
    document = _document(data, where)
    manifest = Manifest(
        service=document.service,
        version=document.version,
        seed=document.seed,
        recipients=tuple(document.recipients),
        library=tuple((helper.path, helper.digest) for helper in document.library),
        entries=tuple(
            ManifestEntry(entry.half, entry.id, entry.spec, entry.digest, entry.sealed)
            for entry in document.scenarios
        ),
    )
    _check(manifest, service, where)
    if manifest.set_hash != document.set:
        raise _broken("was changed after it was written", where, "set")
    return manifest


def _check(manifest: Manifest, service: str, where: Where) -> None:
    if manifest.service != service:
        raise _broken(f"is the bundle of {manifest.service}, not of {service}", where, "service")
    if not all(RECIPIENT.fullmatch(key) for key in manifest.recipients):
        raise _broken("holds what is no public key of age", where, "recipients")
    for field, ordered in (
        ("recipients", manifest.recipients),
        ("library", [path for path, _ in manifest.library]),
        ("scenarios", [(entry.half, entry.id) for entry in manifest.entries]),
    ):
        if list(ordered) != sorted(set(ordered)):
            raise _broken("is not in ascending order, or holds one twice", where, field)


def _document(data: bytes, where: Where) -> _Document:
    try:
        value: Any = json.loads(data, object_pairs_hook=_unique, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()  # fails where half a character is escaped
    except (ValueError, RecursionError):
        raise _broken("is not strict JSON", where) from None
    try:
        return msgspec.convert(value, _Document, strict=True)
    except msgspec.ValidationError as failure:
        problem = first_problem(value, _Document, failure)
        field = printable(problem.field, 100)
        raise _broken(f"is not as bundles are: {problem.said}", where, field) from None


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    listed = list(pairs)
    mapping = dict(listed)
    if len(mapping) != len(listed):
        raise ValueError("a key stands twice")
    return mapping


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _broken(problem: str, where: Where, field: str | None = None) -> SealBroken:
    place = Where(where.file, where.line, field or where.field)
    return SealBroken(problem, where=place, remedy=REMEDY_ITSELF)
