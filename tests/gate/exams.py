"""A repository with an exam, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyrage

from sigil.gate.bundle.changing import Draft, Edit, plan
from sigil.gate.bundle.keys import Identities
from sigil.gate.bundle.read import Bundle, folder_of, read_bundle
from sigil.gate.bundle.updating import apply_update, writing_bundle
from sigil.gate.evaluator import open_bundle, reseal
from sigil.gate.trees import FolderTree

UPGRADE = 'return { title = "Upgrade", priority = "P0", run = function() end }\n'
MONEY = "return { cents = function(euros) return euros * 100 end }\n"


def counted() -> Callable[[int], bytes]:
    """Bytes that are the same in every test, and other ones at each call."""
    numbers = itertools.count()
    return lambda count: next(numbers).to_bytes(count, "big")


@dataclass
class Exam:
    """The working tree of a service ``api``, and a key that opens its holdouts."""

    root: Path
    key: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)
    service: str = "api"

    @property
    def folder(self) -> Path:
        return self.root / folder_of(self.service)

    @property
    def recipient(self) -> str:
        return str(self.key.to_public())

    @property
    def identities(self) -> Identities:
        return Identities((self.key,))

    def write(self, path: str, text: str | bytes) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return target

    def seal(self, *texts: str, **edit: object) -> None:
        """Seal drafts, and record what stands in the other half."""
        drafts = [Draft(text, "docs/specs/billing.md", f"was/{n}") for n, text in enumerate(texts)]
        with writing_bundle(self.root, self.service):
            asked = Edit((self.recipient,), drafts, **edit)
            apply_update(self.root, plan(FolderTree(self.root), self.service, asked))

    def rotate(self, *recipients: str, **wanted: object) -> None:
        """Seal the holdouts anew, by default for the same recipient."""
        with writing_bundle(self.root, self.service):
            readers = recipients or (self.recipient,)
            apply_update(self.root, reseal(self.read(), self.identities, readers, **wanted))

    def titles(self) -> dict[str, str]:
        """Return the text of each holdout by its id."""
        return {s.id: s.text for s in open_bundle(self.read(), self.identities).holdouts}

    def read(self) -> Bundle:
        return read_bundle(FolderTree(self.root), self.service)


def an_exam(root: Path) -> Exam:
    """Return an exam of one visible scenario, one helper and two holdouts."""
    exam = Exam(root)
    exam.write("visible/billing/upgrade.lua", UPGRADE)
    exam.write("lib/money.lua", MONEY)
    exam.seal("return { title = 'first' }\n", "return { title = 'second' }\n")
    return exam
