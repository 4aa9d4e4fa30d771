"""An update touches its bundle alone, follows no link, and ends what another began."""

from __future__ import annotations

import errno
import itertools
import json
import os

import pytest
from tests.gate.exams import UPGRADE, Exam, an_exam

from sigil.canonical import snapshot_json
from sigil.errors import DiskFull, SealBroken, Unreadable, Unwritable, WorkspaceBusy
from sigil.gate.bundle.updating import writing_bundle
from sigil.gate.evaluator import open_bundle


@pytest.fixture
def exam(tmp_path) -> Exam:
    return an_exam(tmp_path)


def everything(exam: Exam) -> dict[str, bytes]:
    found = sorted(path for path in exam.root.rglob("*") if path.is_file())
    return {str(p.relative_to(exam.root)): p.read_bytes() for p in found if "cache" not in p.parts}


def decided(exam: Exam, *texts: str) -> None:
    """Leave an update that was decided, and of which nothing was carried out."""
    before = everything(exam)
    exam.seal(*texts)
    after = everything(exam)
    staged = {path: data for path, data in after.items() if before.get(path) != data}
    for path in after:
        (exam.root / path).unlink()
    for path, data in before.items():
        (exam.root / path).write_bytes(data)
    folder = ".sigil/scenarios/api/"
    for path, data in staged.items():
        exam.write(f".sealing/{path.removeprefix(folder)}", data)
    exam.write(".sealing/removed.json", b"[]\n")


def test_a_scenario_that_was_sealed_leaves_the_visible_half(exam):
    exam.seal(UPGRADE, removed=("billing/upgrade",))
    assert not (exam.folder / "visible" / "billing").exists()
    assert exam.read().visible == ()


def test_nothing_is_left_over(exam):
    names = {path.name for path in exam.folder.iterdir()}
    assert names == {"bundle.json", "holdout", "lib", "visible"}


def test_an_update_that_was_decided_is_refused_by_readers_and_finished_by_writers(exam):
    decided(exam, "return { title = 'third' }\n")
    with pytest.raises(SealBroken, match=r"cut short.*sigil scenario seal --service api"):
        exam.read()
    with writing_bundle(exam.root, "api"):
        pass
    opened = open_bundle(exam.read(), exam.identities)
    assert [s.text for s in opened.holdouts][2] == "return { title = 'third' }\n"


@pytest.mark.parametrize(
    "listed",
    ["../../../../victim", "/etc/passwd", "visible/../../../../victim.lua", "bundle.json",
     "holdout/../bundle.json", "lib/money.lua", "visible/.git/x.lua", "holdout/x.lua.age", 7],
)  # fmt: skip
def test_an_update_removes_nothing_but_scenarios(exam, listed):
    (exam.root / "victim").write_text("untouched")
    decided(exam, "return {}")
    exam.write(".sealing/removed.json", snapshot_json([listed]))
    before = everything(exam)
    with pytest.raises(SealBroken, match="damaged"):
        exam.seal()
    assert everything(exam) == before


@pytest.mark.parametrize("path", ["bundle.json", "removed.json", "holdout/holdout_003.lua.age"])
def test_a_decided_update_that_was_changed_is_not_carried_out(exam, path):
    decided(exam, "return {}")
    target = exam.folder / ".sealing" / path
    target.write_bytes(b"x" + target.read_bytes()[1:])
    before = everything(exam)
    with pytest.raises(SealBroken, match=r"\.sealing"):
        exam.seal()
    assert everything(exam) == before


@pytest.mark.parametrize("name", ["holdout", "visible", ".sealing"])
def test_a_link_where_a_folder_belongs_is_not_followed(exam, tmp_path, name):
    decided(exam, "return {}")
    (exam.folder / name).rename(exam.root / "elsewhere")
    (exam.folder / name).symlink_to(exam.root / "elsewhere")
    before = everything(exam)
    with pytest.raises(SealBroken, match="symbolic link"):
        exam.seal()
    assert everything(exam) == before


def test_a_bundle_that_is_a_link_is_not_written_through(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".sigil" / "scenarios").mkdir(parents=True)
    (tmp_path / ".sigil" / "scenarios" / "api").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SealBroken, match="symbolic link"):
        Exam(tmp_path).seal("return {}")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_two_writers_exclude_each_other(exam):
    with (
        writing_bundle(exam.root, "api"),
        pytest.raises(WorkspaceBusy, match="in use by process"),
        writing_bundle(exam.root, "api"),
    ):
        raise AssertionError("both write")


def test_services_do_not_wait_for_each_other(exam):
    with writing_bundle(exam.root, "api"):
        Exam(exam.root, service="web").seal("return {}")
    assert (exam.root / ".sigil/scenarios/web/bundle.json").is_file()


@pytest.mark.parametrize("name", ["write", "fsync", "open", "mkdir", "unlink", "rename", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_leaves_an_exam_that_is_whole_or_refused(
    memory, monkeypatch, name, number
):
    refused = 0
    for call in itertools.count(1):
        exam = an_exam(memory / str(call))
        with monkeypatch.context() as patched:
            fails_from(patched, name, call, number)
            try:
                exam.seal("return { title = 'third' }\n", removed=("billing/upgrade",))
            except (DiskFull, Unwritable, Unreadable):
                refused += 1
            else:
                break
        with writing_bundle(exam.root, "api"):
            pass
        assert {"return { title = 'first' }\n", "return { title = 'second' }\n"} <= set(
            exam.titles().values()
        )
        assert len(exam.titles()) + len(exam.read().visible) == 3  # it moved, or it did not
    assert len(exam.titles()) == 3
    assert refused > 0


def fails_from(patched: pytest.MonkeyPatch, name: str, call: int, number: int) -> None:
    """Let a function of the system fail from its ``call``-th call on."""
    calls = itertools.count(1)
    real = getattr(os, name)

    def refuse(*arguments: object, **more: object) -> object:
        if next(calls) >= call:
            raise OSError(number, os.strerror(number), str(arguments[0]))
        return real(*arguments, **more)

    patched.setattr(os, name, refuse)


def test_a_table_of_criteria_that_is_no_json_stops_a_rotation(exam):
    exam.write("traceability.json", "{")
    before = everything(exam)
    with pytest.raises(SealBroken, match=r"traceability\.json: is no JSON"):
        exam.rotate()
    assert everything(exam) == before


def test_ids_in_the_table_of_criteria_follow_a_rotation(exam):
    table = {"criteria": {"1": ["billing/upgrade", "holdout_001"], "2": ["holdout_002"]}}
    exam.write("traceability.json", json.dumps(table))
    titles = exam.titles()
    exam.rotate()
    found = json.loads((exam.folder / "traceability.json").read_text())["criteria"]
    assert found["1"][0] == "billing/upgrade"
    assert [exam.titles()[found["1"][1]], exam.titles()[found["2"][0]]] == list(titles.values())


def test_a_retired_holdout_leaves_the_table_of_criteria(exam):
    exam.write("traceability.json", json.dumps({"1": ["holdout_001"], "2": ["holdout_002"]}))
    exam.rotate(retired=("holdout_001",))
    found = json.loads((exam.folder / "traceability.json").read_text())
    assert found == {"1": [], "2": ["holdout_001"]}
