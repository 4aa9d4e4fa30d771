"""A receipt of what a seal has in hand, until whoever asked for it has been told.

Without a key nobody can say whether a text is sealed already: salt and text are inside the seal.
So a seal that was cut short and is repeated would seal the same text twice. Before an update is
decided a receipt is written, and it is removed once the ids were printed. One that is found by
the next seal names the texts that are in the bundle since, and those are not sealed again.

Promises: a receipt holds no text, and a digest that is salted and slow to try guesses against; it
is a file of its owner alone in the cache, which git ignores; it counts for nothing unless
``bundle.json`` lists the very ciphertext that it names.

Not here: the update itself (`sigil.gate.bundle.updating`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from sigil.canonical import SALT_BYTES, slow_digest, snapshot_json
from sigil.effects import random_bytes
from sigil.errors import Corrupt, NotFound, Unreadable
from sigil.gate.bundle.changing import Update
from sigil.gate.bundle.manifest import MAX_BYTES
from sigil.gate.bundle.read import read_manifest
from sigil.gate.names import check_service
from sigil.gate.trees import FolderTree
from sigil.store import files
from sigil.store.disk_errors import writing

_CACHE = ".sigil/cache"
_OWNER_ALONE = 0o600


def give_receipt(root: Path, update: Update, texts: Sequence[str]) -> None:
    """Note which texts are about to be sealed, beside those that nobody was told of yet.

    Inside of `writing_bundle`.

    Args:
        root: the repository.
        update: that is about to be applied.
        texts: of its new holdouts, in the order of ``update.sealed``.

    Raises:
        Unwritable, DiskFull: the disk refuses; what was noted before stands.
    """
    service = update.manifest.service
    salt, untold = _untold(root, service)
    salt = salt or random_bytes(SALT_BYTES)
    recorded = {entry.id: entry.sealed for entry in update.manifest.holdouts}
    fresh = [
        {"id": id_, "sealed": recorded[id_], "text": slow_digest(salt, text.encode())}
        for text, id_ in zip(texts, update.sealed, strict=True)
    ]
    _write(_path(root, service), salt, [*untold, *fresh])


def _write(path: Path, salt: bytes, listed: Sequence[Mapping[str, str]]) -> None:
    with files.temporary_directory(path.parent) as stage:
        made = stage / path.name
        with writing(path):
            os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE))
            made.write_bytes(snapshot_json({"salt": salt.hex(), "sealed": listed}))
        files.sync_file(made)
        with writing(path):
            made.replace(path)
            files.sync_directory(path.parent)


def sealed_before(root: Path, service: str, texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of each text that seals nobody was told of have put into the bundle.

    Args:
        root: the repository.
        service: whose bundle.
        texts: that are to be sealed.
    """
    if not texts:
        return {}
    salt, untold = _untold(root, service)
    if not untold:
        return {}
    found: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        digest = slow_digest(salt, text.encode())
        ids = [one["id"] for one in untold if one["text"] == digest]
        if ids:
            found[text] = ids
    return found


def _untold(root: Path, service: str) -> tuple[bytes, list[dict[str, str]]]:
    """Return salt and entries of the receipt, as far as the bundle bears them out."""
    try:
        noted: Any = json.loads(FolderTree(root).read(_shown(service), MAX_BYTES))
        manifest = read_manifest(FolderTree(root), service)
        salt = bytes.fromhex(noted["salt"])
        listed = cast("list[dict[str, str]]", noted["sealed"])
        there = {(entry.id, entry.sealed) for entry in manifest.holdouts}
        known = [
            {"id": one["id"], "sealed": one["sealed"], "text": one["text"]}
            for one in listed
            if (one["id"], one["sealed"]) in there
        ]
    except (NotFound, Corrupt, Unreadable, ValueError, TypeError, KeyError, RecursionError):
        return b"", []  # none, or none that was whole: it vouches for nothing
    return (salt, known) if known and len(salt) == SALT_BYTES else (b"", [])


def take_back(root: Path, service: str, told: Collection[str]) -> None:
    """Drop what somebody has been told of, and the receipt with the last of it.

    Inside of `writing_bundle`: another seal may have noted its own meanwhile.

    Args:
        root: the repository.
        service: whose bundle.
        told: ids that were printed.

    Raises:
        Unwritable, DiskFull: the disk refuses.
    """
    path = _path(root, service)
    salt, untold = _untold(root, service)
    left = [one for one in untold if one["id"] not in told]
    if left:
        _write(path, salt, left)
        return
    with writing(path):
        path.unlink(missing_ok=True)


def _shown(service: str) -> str:
    return f"{_CACHE}/seal-{check_service(service)}.json"


def _path(root: Path, service: str) -> Path:
    return root / _shown(service)
