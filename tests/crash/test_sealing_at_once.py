"""Several processes seal into one exam at once: none loses a holdout or sees a half-made exam."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.gate.exams import an_exam

pytestmark = pytest.mark.crash
COUNT = 4
SEALER = """
import sys
from pathlib import Path
from sigil.errors import WorkspaceBusy
from sigil.gate.bundle.changing import Draft, Edit, plan
from sigil.gate.trees import FolderTree
from sigil.gate.bundle.updating import apply_update, writing_bundle
root, me, recipient = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
done = 0
while done < 3:
    try:
        with writing_bundle(root, "api"):
            edit = Edit((recipient,), [Draft(f"return '{me}-{done}'")])
            apply_update(root, plan(FolderTree(root), "api", edit))
        done += 1
    except WorkspaceBusy as busy:
        assert "in use by" in str(busy)
"""


def test_all_holdouts_of_several_writers_are_there(tmp_path: Path) -> None:
    exam = an_exam(tmp_path)
    processes = [
        subprocess.Popen([sys.executable, "-c", SEALER, str(tmp_path), str(n), exam.recipient])
        for n in range(COUNT)
    ]
    assert [process.wait(timeout=100) for process in processes] == [0] * COUNT
    sealed = set(exam.titles().values())
    assert sealed >= {f"return '{n}-{done}'" for n in range(COUNT) for done in range(3)}
    assert len(exam.titles()) == 2 + 3 * COUNT
