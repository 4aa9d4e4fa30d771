"""Changes of a bundle, for processes that are killed while they make them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyrage
from tests.gate.exams import Exam

START = "start"
KEY = "key"
Acknowledge = Callable[[object], None]


def exam_in(root: Path, folder: Path) -> Exam:
    """Return the exam in ``folder`` with the key that ``root`` keeps."""
    return Exam(folder, pyrage.x25519.Identity.from_str((root / KEY).read_text()))


def _begin(directory: Path) -> Exam:
    shutil.copytree(directory.parent / START, directory, dirs_exist_ok=True)
    return exam_in(directory.parent, directory)


def seals(directory: Path, acknowledge: Acknowledge) -> None:
    """Seal a draft, and move a visible scenario into the sealed half."""
    exam = _begin(directory)
    acknowledge("begun")
    exam.seal("return 'third'", "return 'fourth'", removed=("billing/upgrade",))
    acknowledge("done")


def rotates(directory: Path, acknowledge: Acknowledge) -> None:
    """Seal all anew, and drop one."""
    exam = _begin(directory)
    acknowledge("begun")
    exam.rotate(retired=("holdout_001",))
    acknowledge("done")
