"""Whoever is killed while an exam is written leaves the exam before, or the one after."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pyrage
import pytest
from tests.gate.generate.notes import INTENT

from sigil.errors import SealBroken, UsageError, WorkspaceBusy
from sigil.gate.bundle.read import read_bundle
from sigil.gate.bundle.updating import writing_bundle
from sigil.gate.generate.drafting import draft
from sigil.gate.generate.validating import Validation
from sigil.gate.generate.writing import Held, Publication, Published, publish, set_hash_of
from sigil.gate.intent import read_intent
from sigil.gate.trees import FolderTree

SPEC = "docs/specs/notes.md"
FOLDER = Path(".sigil/scenarios/api")
RECIPIENT = str(pyrage.x25519.Identity.generate().to_public())
FIRST = INTENT[: INTENT.index("3. `POST /notes`")]
SECOND = FIRST.replace("refused with 409", "answered with 410")


class Killed(BaseException):
    """What nothing catches."""


def published(
    root: Path, source: str, *, prune: bool = False, read: str | None = None
) -> Published:
    """Publish what an intent comes to, as if all of it had passed.

    Args:
        root: the repository.
        source: of the intent.
        prune: whether scenarios may be lost.
        read: hash of the exam whose holdouts were looked at; the present one if it is not said.
    """
    intent = read_intent(source.encode(), SPEC)
    drafted = draft(intent, ratio=0.4, seed=1, secret=2)
    ids = ()
    if set_hash_of(root, "api"):
        ids = tuple(one.id for one in read_bundle(FolderTree(root), "api").manifest.holdouts)
    wanted = Publication(
        intent,
        source.encode(),
        (RECIPIENT,),
        tuple(Validation(one) for one in drafted.candidates),
        drafted.uncompiled,
        Held({}, ids, read or set_hash_of(root, "api")),
        1,
        0.4,
    )
    return publish(root, "api", wanted, prune=prune)


def state(root: Path) -> tuple[str, bytes, list[str]]:
    """Return what an exam consists of; it is whole, or reading it fails."""
    bundle = read_bundle(FolderTree(root), "api")
    table = (root / FOLDER / "traceability.json").read_bytes()
    return "".join(one.text for one in bundle.visible), table, [s.path for s in bundle.sealed]


@pytest.mark.parametrize("name", ["write", "fsync", "mkdir", "unlink", "rename", "replace"])
def test_whoever_is_killed_leaves_one_exam_or_the_other(tmp_path, monkeypatch, name):
    after = None
    for call in itertools.count(1):
        root = tmp_path / str(call)
        root.mkdir()
        published(root, FIRST)
        before = state(root)
        with monkeypatch.context() as patched:
            kill_at(patched, name, call)
            try:
                published(root, SECOND)
            except Killed:
                died = True
            else:
                died = False
        with writing_bundle(root, "api"):
            pass
        found = state(root)
        if not died:
            after = found
            break
        assert found[0] == before[0] or "410" in found[0]
        assert ("410" in found[0]) == (found[2] != before[2] or found[1] != before[1])
    assert after is not None
    assert "410" in after[0]
    assert call > 1


def kill_at(patched: pytest.MonkeyPatch, name: str, call: int) -> None:
    """Let the ``call``-th call of a function of the system be the last thing that happens."""
    calls = itertools.count(1)
    real = getattr(os, name)

    def killed(*arguments: object, **more: object) -> object:
        if next(calls) >= call:
            raise Killed
        return real(*arguments, **more)

    patched.setattr(os, name, killed)


def test_an_update_in_the_middle_is_refused_by_whoever_reads(tmp_path, monkeypatch):
    published(tmp_path, FIRST)
    with monkeypatch.context() as patched:
        kill_at(patched, "replace", 1)
        with pytest.raises(Killed):
            published(tmp_path, SECOND)
    assert (tmp_path / FOLDER / ".sealing").is_dir()
    with pytest.raises(SealBroken, match="cut short"):
        read_bundle(FolderTree(tmp_path), "api")


def test_what_somebody_else_changed_meanwhile_is_not_written_over(tmp_path):
    published(tmp_path, FIRST)
    read = set_hash_of(tmp_path, "api")
    published(tmp_path, SECOND)
    before = state(tmp_path)
    with pytest.raises(WorkspaceBusy, match="generate again"):
        published(tmp_path, FIRST, read=read)
    assert state(tmp_path) == before


def test_nothing_is_lost_unless_that_is_said(tmp_path):
    published(tmp_path, FIRST)
    shorter = FIRST[: FIRST.index("2. Again")]
    with pytest.raises(UsageError, match="would be lost: notes/criterion-2"):
        published(tmp_path, shorter)
    assert "criterion-2" in state(tmp_path)[0]
    published(tmp_path, shorter, prune=True)
    assert "criterion-2" not in state(tmp_path)[0]
