"""A process that is killed at any write of an update leaves an exam that is whole or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.crash.sealing import KEY, START, exam_in
from tests.gate.exams import an_exam

from sigil.errors import SealBroken
from sigil.gate.bundle.updating import writing_bundle
from sigil.testing.crash import Death, deaths

pytestmark = pytest.mark.crash
FILE = Path(__file__).with_name("sealing.py")
BEFORE = {"return { title = 'first' }\n", "return { title = 'second' }\n"}
AFTER = {
    "seals": BEFORE | {"return 'third'", "return 'fourth'"},
    "rotates": {"return { title = 'second' }\n"},
}


def held(root: Path, death: Death) -> set[str] | None:
    """Return the questions that the dead left, or None if every reader is told to wait."""
    try:
        return set(exam_in(root, death.directory).titles().values())
    except SealBroken as refused:
        if "cut short" in str(refused):
            return None
        raise


@pytest.mark.parametrize("change", AFTER)
def test_a_killed_update_is_undone_or_finished_and_loses_no_question(memory, change):
    exam = an_exam(memory / START)
    (memory / KEY).write_text(str(exam.key))
    seen: list[str] = []
    for death in deaths(FILE, change, memory):
        if "begun" not in death.acknowledged:
            continue  # it was still copying
        found = held(memory, death)
        with writing_bundle(death.directory, "api"):
            pass
        assert held(memory, death) == (found or AFTER[change])
        assert found in (BEFORE, None, AFTER[change])
        assert found == AFTER[change] or "done" not in death.acknowledged
        seen.append({True: "after", False: "before"}[found == AFTER[change]] if found else "none")
    assert list(dict.fromkeys(seen)) == ["before", "none", "after"]


def test_leftovers_of_the_dead_are_swept_by_the_next_update(memory):
    exam = an_exam(memory / START)
    (memory / KEY).write_text(str(exam.key))
    for death in deaths(FILE, "seals", memory):
        if "begun" not in death.acknowledged:
            continue
        survivor = exam_in(memory, death.directory)
        survivor.seal("return 'last'")
        names = {path.name for path in survivor.folder.iterdir()}
        assert names <= {"bundle.json", "holdout", "lib", "visible"}
