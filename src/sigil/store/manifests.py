"""Read and write ``manifest.json``: what went into a run, what came out, and its identity.

Promises: every manifest from schema 1.0.0 on is read, both shapes of ``artifacts`` included
(``{"outputs/x": {sha256, bytes}}`` and ``{name: {path, sha256}}``); only the first is
written. Keys that this version does not know survive reading and writing. No path in a
manifest leads out of its directory. The bytes hold no time.

Pure. Not here: whether any of it is true (`sigil.store.verify`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import msgspec

from sigil import canonical
from sigil.errors import Corrupt, InvalidValue, NotYet, Where
from sigil.store.files import is_confined

FILE_NAME = "manifest.json"
SCHEMA_VERSION = "1.2.0"
Status = Literal["running", "succeeded", "failed"]
STATUSES: tuple[str, ...] = get_args(Status)
_OWN_KEYS = {
    "artifacts", "error", "input_snapshots", "inputs_hash", "job_type", "meta", "run_id",
    "schema_version", "status",
}  # fmt: skip
_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a record, as the manifest has it.

    Args:
        path: relative to the record's directory.
        sha256: ``sha256:<64 hex>`` of its bytes.
        bytes: its length; None in old manifests that do not say.
    """

    path: str
    sha256: str
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``manifest.json`` says.

    Args:
        run_id: the name of the record's directory.
        inputs_hash: see `canonical.inputs_hash`; empty in manifests from before it existed.
        job_type: which feature ran.
        status: ``running`` until it is finished; so is a run whose process died.
        snapshots: frozen inputs by name.
        artifacts: outputs by path.
        error: one line, or None; old manifests may hold more.
        meta: facts of the feature; never a time.
        schema_version: of the manifest, such as ``1.2.0``.
        extra: all other top-level keys, such as ``job_id`` and ``chain_metadata``.
    """

    run_id: str
    inputs_hash: str
    job_type: str
    status: Status
    snapshots: Mapping[str, Stored]
    artifacts: Mapping[str, Stored] = field(default_factory=dict[str, Stored])
    error: object = None
    meta: Mapping[str, object] = field(default_factory=dict[str, object])
    schema_version: str = SCHEMA_VERSION
    extra: Mapping[str, object] = field(default_factory=dict[str, object])


def render(manifest: Manifest) -> bytes:
    """Return the bytes of ``manifest.json``: a function of the manifest alone.

    Raises:
        InvalidValue: ``extra`` has a key that the format has a field for.
        ValueError: NaN, infinity or a lone surrogate in ``meta`` or ``extra``.
        TypeError: something in them that JSON has no form for.
    """
    clash = sorted(_OWN_KEYS & manifest.extra.keys())
    if clash:
        raise InvalidValue("the manifest has a field of this name", where=Where(field=clash[0]))
    return canonical.snapshot_json(
        {
            **manifest.extra,
            "artifacts": {
                item.path: {"bytes": item.bytes, "sha256": item.sha256}
                for item in manifest.artifacts.values()
            },
            "error": manifest.error,
            "input_snapshots": {
                name: {"bytes": item.bytes, "path": item.path, "sha256": item.sha256}
                for name, item in manifest.snapshots.items()
            },
            "inputs_hash": manifest.inputs_hash,
            "job_type": manifest.job_type,
            "meta": dict(manifest.meta),
            "run_id": manifest.run_id,
            "schema_version": manifest.schema_version,
            "status": manifest.status,
        }
    )


def parse(data: bytes, name: str = FILE_NAME) -> Manifest:
    """Return the manifest that ``data`` is.

    Args:
        data: the bytes of the file.
        name: the file, as it should be shown.

    Raises:
        Corrupt: not JSON, or a field of the wrong form; the field is named.
        NotYet: a schema version of the future.
    """
    values = parse_object(data, name)
    version = _text(values, "schema_version", name, "1.0.0")
    if not version.startswith("1."):
        raise NotYet(
            f"schema version {version}",
            where=Where(name, field="schema_version"),
            remedy="read it with the Sigil that wrote it, or a later one",
        )
    status = _text(values, "status", name)
    if status not in STATUSES:
        raise _corrupt(f"{status!r} is not one of {', '.join(STATUSES)}", name, "status")
    return Manifest(
        run_id=_text(values, "run_id", name),
        inputs_hash=_text(values, "inputs_hash", name, ""),
        job_type=_text(values, "job_type", name, ""),
        status=cast("Status", status),
        snapshots=_snapshots(_mapping(values, "input_snapshots", name), name),
        artifacts=_artifacts(_mapping(values, "artifacts", name), name),
        error=values.get("error"),
        meta=_mapping(values, "meta", name),
        schema_version=version,
        extra={key: value for key, value in values.items() if key not in _OWN_KEYS},
    )


def parse_object(data: bytes, name: str) -> dict[str, Any]:
    """Return the JSON object that ``data`` is.

    Raises:
        Corrupt: not JSON, or not an object.
    """
    try:
        values = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _corrupt(f"not JSON ({error})", name) from error
    if not isinstance(values, dict):
        raise _corrupt("the top level is not an object", name)
    return cast("dict[str, Any]", values)


def _snapshots(entries: Mapping[str, Any], name: str) -> dict[str, Stored]:
    return {
        key: _stored(entry, None, name, f"input_snapshots.{key}") for key, entry in entries.items()
    }


def _artifacts(entries: Mapping[str, Any], name: str) -> dict[str, Stored]:
    found = (_stored(entry, key, name, f"artifacts.{key}") for key, entry in entries.items())
    return {item.path: item for item in found}


def _stored(entry: Any, key: str | None, name: str, place: str) -> Stored:
    """Read one file entry; ``key`` is its path where it has no ``path`` of its own."""
    if not isinstance(entry, dict):
        raise _corrupt("not an object", name, place)
    values = cast("dict[str, Any]", entry)
    path, digest, size = values.get("path", key), values.get("sha256"), values.get("bytes")
    match = _HEX.fullmatch(digest) if isinstance(digest, str) else None
    if match is None:
        raise _corrupt("not a SHA-256", name, f"{place}.sha256")
    if not (size is None or (isinstance(size, int) and size >= 0)):
        raise _corrupt("not a number of bytes", name, f"{place}.bytes")
    if not (isinstance(path, str) and is_confined(path)):
        raise _corrupt(f"{path!r} is not a path inside the record", name, f"{place}.path")
    return Stored(path, canonical.DIGEST_PREFIX + match[1], size)


def _text(values: Mapping[str, Any], key: str, name: str, default: str | None = None) -> str:
    value = values.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise _corrupt("not a text", name, key)
    return value


def _mapping(values: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
    value = values.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _corrupt("not an object", name, key)
    return cast("dict[str, Any]", value)


def _corrupt(problem: str, name: str, place: str | None = None) -> Corrupt:
    return Corrupt(
        problem,
        where=Where(name, field=place),
        remedy="restore the manifest from a copy, or run it again",
    )
