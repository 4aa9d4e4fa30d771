"""Write a changed exam into the working tree, whole or not at all.

An update is first written beside the bundle under a name that nobody takes for finished; it is
decided the moment that folder is renamed to ``.sealing``. From then on it is carried out: each
file replaced, the superseded removed, ``bundle.json`` last. Whoever is killed before the renaming
has changed nothing. After it, every reader refuses the bundle by name, and the next
`sigil scenario seal` finishes it; no sealed text is lost in between.

Promises: nothing but ciphertext, ids and digests is written; no file outside of the service's
folder is touched, and nothing through a link; two writers exclude each other.

Not here: what to write (`sigil.gate.bundle.changing`, `sigil.gate.evaluator`).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, cast

from sigil.canonical import digest, snapshot_json
from sigil.errors import Corrupt, NotFound, SealBroken, Where
from sigil.gate.bundle.changing import Update
from sigil.gate.bundle.manifest import MAX_BYTES, Manifest, manifest_bytes, parse_manifest
from sigil.gate.bundle.read import (
    MANIFEST,
    MAX_SEALED,
    MAX_TEXT,
    PENDING,
    folder_of,
)
from sigil.gate.names import check_service, is_holdout_id, is_visible_id
from sigil.gate.trees import FolderTree, first_link
from sigil.store import files

TRACEABILITY = "traceability.json"
_REMOVED = "removed.json"
_CACHE = ".sigil/cache"


@contextlib.contextmanager
def writing_bundle(root: Path, service: str) -> Generator[None]:
    """Exclude other writers of this bundle for the block; finish what one left undone before.

    Raises:
        WorkspaceBusy: another process is writing.
        SealBroken: an update that was cut short is damaged.
        Unwritable, DiskFull: the disk refuses.
    """
    cache = root / _CACHE
    files.make_directory(cache)
    if not (cache / ".gitignore").is_file():
        files.write_atomic(cache / ".gitignore", b"*\n")
    with files.lock(cache / f"seal-{check_service(service)}.lock"):
        _finish(root, service)
        yield


def is_pending(root: Path, service: str) -> bool:
    """Say whether an update was decided and cut short; the next `writing_bundle` finishes it."""
    return (root / folder_of(service) / PENDING).is_dir()


def apply_update(
    root: Path,
    update: Update,
    *,
    visible: Mapping[str, bytes] | None = None,
    table: bytes | None = None,
) -> None:
    """Carry out ``update``; inside of `writing_bundle`.

    Args:
        root: the repository.
        update: what becomes of the exam.
        visible: text of visible scenarios that are new or changed, by id, as the update has them.
        table: of traceability; None for the present one, with the ids that holdouts have then.

    Raises:
        SealBroken: a link stands where a folder of the bundle belongs.
        Unwritable, DiskFull: the disk refuses; the exam is as it was, or is refused until
            the update is finished.
    """
    folder = unlinked(root, folder_of(update.manifest.service))
    files.make_directory(folder)
    with files.temporary_directory(folder) as stage:
        _write_stage(root, stage, update, visible or {}, table)
        with files.writing(folder / PENDING):
            stage.rename(folder / PENDING)
            files.settle_new(folder / PENDING)
    _finish(root, update.manifest.service)


def _write_stage(
    root: Path, stage: Path, update: Update, visible: Mapping[str, bytes], table: bytes | None
) -> None:
    files.write_new(stage / MANIFEST, manifest_bytes(update.manifest))
    files.write_new(stage / _REMOVED, snapshot_json(sorted(update.removed)))
    traced = _traceability(root, update) if table is None else table
    if traced is not None:
        files.write_new(stage / TRACEABILITY, traced)
    paths = {stage / "visible" / f"{id_}.lua": text for id_, text in sorted(visible.items())}
    for path, text in paths.items():
        files.make_directory(path.parent)
        files.write_new(path, text)
    with files.writing(stage):
        (stage / "holdout").mkdir()
    for id_, ciphertext in sorted(update.sealed.items()):
        files.write_new(stage / "holdout" / f"{id_}.lua.age", ciphertext)
    for made in (*sorted({path.parent for path in paths}), stage / "holdout", stage):
        with files.writing(made):
            files.sync_directory(made)


def unlinked(root: Path, path: str) -> Path:
    """Return a path below the repository.

    Args:
        root: the repository.
        path: relative to it; none of it has to exist.

    Raises:
        SealBroken: a part of it is a link.
    """
    link = first_link(root, path)
    if link is not None:
        raise SealBroken(
            "a symbolic link stands in the bundle",
            where=Where(link),
            remedy="put the folder itself here",
        )
    return root / path


# --- carrying out what was decided ------------------------------------------------------


def _finish(root: Path, service: str) -> None:
    """Sweep what the dead left, and carry out the update that was decided, if there is one.

    Any part of it may be done already.
    """
    folder = unlinked(root, folder_of(service))
    pending = unlinked(root, f"{folder_of(service)}/{PENDING}")
    for part in ("", "holdout", "visible"):
        files.sweep(unlinked(root, f"{folder_of(service)}/{part}"))
    if not pending.is_dir():
        return
    _carry_out(root, service, folder)
    with files.writing(pending):
        done = files.temporary_path(folder)
        pending.rename(done)  # at once: a part of an update would be taken for a damaged one
        files.sync_directory(folder)
        files.remove_tree(done)


def _carry_out(root: Path, service: str, folder: Path) -> None:
    """Read the whole update before any of it is done, and do it, the manifest last."""
    tree = FolderTree(root)
    shown = f"{folder_of(service)}/{PENDING}"
    manifest = _read_pending(tree, shown, service)
    removed = _read_removed(tree, shown)
    staged = _read_staged(tree, shown, manifest)
    seen = _read_visible(tree, shown, manifest)
    if staged:
        files.make_directory(folder / "holdout")
    for id_, ciphertext in sorted(staged.items()):
        files.write_atomic(folder / "holdout" / f"{id_}.lua.age", ciphertext)
    for id_, text in sorted(seen.items()):
        path = unlinked(root, f"{folder_of(service)}/visible/{id_}.lua")
        files.make_directory(path.parent)
        files.sweep(path.parent)
        files.write_atomic(path, text)
    for path in removed:
        _remove(root, f"{folder_of(service)}/{path}")
    with contextlib.suppress(NotFound):
        traced = tree.read(f"{shown}/{TRACEABILITY}", MAX_BYTES)
        files.write_atomic(folder / TRACEABILITY, traced)
    files.write_atomic(folder / MANIFEST, manifest_bytes(manifest))


def _read_pending(tree: FolderTree, shown: str, service: str) -> Manifest:
    path = f"{shown}/{MANIFEST}"
    try:
        return parse_manifest(tree.read(path, MAX_BYTES), service, Where(path))
    except (NotFound, Corrupt) as missing:
        raise _damaged(path) from missing


def _read_removed(tree: FolderTree, shown: str) -> list[str]:
    """Return the files to remove; each is one that a bundle can hold."""
    path = f"{shown}/{_REMOVED}"
    try:
        listed: Any = json.loads(tree.read(path, MAX_BYTES))
    except (NotFound, Corrupt, ValueError, RecursionError) as unreadable:
        raise _damaged(path) from unreadable
    if not isinstance(listed, list):
        raise _damaged(path)
    removed = [str(name) for name in cast("list[object]", listed)]
    if not all(_is_of_a_bundle(name) for name in removed):
        raise _damaged(path)
    return removed


def _is_of_a_bundle(path: str) -> bool:
    half, _, name = path.partition("/")
    if half == "visible":
        return name.endswith(".lua") and is_visible_id(name.removesuffix(".lua"))
    return half == "holdout" and is_holdout_id(name.removesuffix(".lua.age"))


def _read_staged(tree: FolderTree, shown: str, manifest: Manifest) -> dict[str, bytes]:
    """Return the ciphertexts of the update, each as the new manifest has it."""
    staged: dict[str, bytes] = {}
    for entry in manifest.holdouts:
        path = f"{shown}/holdout/{entry.id}.lua.age"
        with contextlib.suppress(NotFound):  # it keeps the one that it has
            staged[entry.id] = tree.read(path, MAX_SEALED)
            if digest(staged[entry.id]) != entry.sealed:
                raise _damaged(path)
    return staged


def _read_visible(tree: FolderTree, shown: str, manifest: Manifest) -> dict[str, bytes]:
    """Return the visible scenarios of the update, each as the new manifest has it."""
    staged: dict[str, bytes] = {}
    for question in manifest.visible:
        path = f"{shown}/visible/{question.id}.lua"
        with contextlib.suppress(NotFound):  # it stands as it was
            staged[question.id] = tree.read(path, MAX_TEXT)
            if digest(staged[question.id]) != question.digest:
                raise _damaged(path)
    return staged


def _remove(root: Path, path: str) -> None:
    """Remove a file and the folders that it leaves empty."""
    target = unlinked(root, path)
    with files.writing(target):
        target.unlink(missing_ok=True)
    for folder in target.parents:
        if folder.name in {"visible", "holdout"}:
            return
        try:
            folder.rmdir()
        except OSError:
            return  # something else is in it


def _damaged(path: str) -> SealBroken:
    return SealBroken(
        "the update that was cut short is damaged",
        where=Where(path),
        remedy="remove the folder .sealing, restore the bundle from git, and seal again",
    )


# --- traceability -----------------------------------------------------------------------


def _traceability(root: Path, update: Update) -> bytes | None:
    """Return the table of criteria with the ids that holdouts have after ``update``."""
    if not update.renamed:
        return None
    path = f"{folder_of(update.manifest.service)}/{TRACEABILITY}"
    try:
        table: Any = json.loads(FolderTree(root).read(path, MAX_BYTES))
    except NotFound:
        return None
    except (ValueError, RecursionError):
        raise SealBroken(
            "is no JSON", where=Where(path), remedy="restore it from git, or remove it"
        ) from None
    return snapshot_json(_with_ids(table, update.renamed))


def _with_ids(value: Any, renamed: Mapping[str, str | None]) -> Any:
    """Return ``value`` with each id replaced; what is retired leaves its list."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {key: _with_ids(inner, renamed) for key, inner in entries.items()}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        kept = [item for item in items if renamed.get(str(item), "") is not None]
        return [_with_ids(item, renamed) for item in kept]
    return renamed.get(value, value) if isinstance(value, str) else value
