"""The index is a cache: whatever happens to it, the files say the same."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from sigil.errors import DiskFull, NotFound
from sigil.store import index
from sigil.store.records import RunRecord


def listed(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def claim(root, number, kind="copy"):
    parent = root / "artifacts" / f"job{number % 3}"
    return RunRecord.claim(parent, kind, {"brief": b"%d" % number}, extra={"job_id": f"j{number}"})


@pytest.fixture
def root(tmp_path):
    """Five runs: three succeeded, one failed, one running."""
    records = [claim(tmp_path, number) for number in range(5)]
    for record in records[:3]:
        record.finish("succeeded")
    records[3].finish("failed", error="x")
    return tmp_path


def database(root):
    return root / index.FILE_NAME


def test_every_run_is_indexed_with_its_facts(root):
    index.reindex(root)
    record = claim(root, 1)
    [found] = index.runs(root, run_id=record.directory.name)
    assert found == index.IndexedRun(
        path=f"artifacts/job1/{record.directory.name}",
        run_id=record.directory.name,
        job_type="copy",
        job_id="j1",
        status="succeeded",
        inputs_hash=record.manifest.inputs_hash,
        schema_version="1.2.0",
    )


def test_runs_are_found_by_any_fact(root):
    assert len(index.runs(root)) == 5
    assert len(index.runs(root, status="succeeded")) == 3
    assert len(index.runs(root, status="succeeded", job_type="score")) == 0
    assert len(index.runs(root, inputs_hash=claim(root, 4).manifest.inputs_hash)) == 1


def test_a_second_build_reads_only_what_has_changed(root):
    assert index.reindex(root) == index.Summary(5, 5, 0, ())
    assert index.reindex(root) == index.Summary(5, 0, 0, ())
    claim(root, 4).finish("succeeded")
    claim(root, 5)
    assert index.reindex(root) == index.Summary(6, 2, 0, ())
    assert len(index.runs(root, status="succeeded")) == 4


def test_an_unchanged_index_is_not_written_again(root):
    index.reindex(root)
    before = database(root).stat().st_ino
    index.reindex(root)
    assert database(root).stat().st_ino == before


def test_a_run_that_is_gone_is_gone_from_the_index(root):
    index.reindex(root)
    claim(root, 4).directory.rename(root.parent / "moved away")
    assert index.reindex(root) == index.Summary(4, 0, 1, ())
    assert len(index.runs(root)) == 4


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_index_is_built_anew(root, damage):
    index.reindex(root)
    database(root).write_bytes(damage)
    assert len(index.runs(root)) == 5


def test_an_index_torn_in_the_middle_is_built_anew(root):
    index.reindex(root)
    whole = bytearray(database(root).read_bytes())
    whole[4096:] = b"\xff" * (len(whole) - 4096)
    database(root).write_bytes(whole)
    assert len(index.runs(root)) == 5


def test_an_index_of_another_layout_is_built_anew(root):
    index.reindex(root)
    connection = sqlite3.connect(database(root))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert len(index.runs(root)) == 5
    assert index.reindex(root).read == 0


def test_deleting_the_index_loses_nothing(root):
    before = index.runs(root)
    database(root).unlink()
    assert index.runs(root) == before


def test_a_damaged_manifest_is_left_out_and_named(root):
    directory = claim(root, 0).directory
    (directory / "manifest.json").write_bytes(b"{")
    summary = index.reindex(root)
    assert summary.runs == 4
    assert len(summary.refused) == 1
    assert f"{directory}/manifest.json" in summary.refused[0]


def test_links_and_leftovers_are_not_indexed(root):
    (root / "alias").symlink_to(root / "artifacts")
    (root / ".sigil-1-1.tmp").mkdir()
    (root / ".sigil-1-1.tmp" / "manifest.json").write_bytes(b"{}")
    assert index.reindex(root).runs == 5
    assert ".sigil-1-1.tmp" not in listed(root)


def test_the_index_may_stand_elsewhere_and_have_any_name(root, tmp_path_factory):
    place = tmp_path_factory.mktemp("a b?c#d%20") / "in dex.sqlite"
    index.reindex(root, place)
    assert len(index.runs(root, database=place)) == 5
    assert not database(root).exists()


def test_an_empty_root_has_an_empty_index(tmp_path):
    assert index.reindex(tmp_path) == index.Summary(0, 0, 0, ())
    assert index.runs(tmp_path) == []


def test_a_root_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        index.reindex(tmp_path / "no")


def test_a_full_disk_leaves_the_former_index(root, monkeypatch):
    index.reindex(root)
    before = database(root).read_bytes()
    claim(root, 9)

    def refuse(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DiskFull):
        index.reindex(root)
    assert database(root).read_bytes() == before
    assert [name for name in listed(root) if name.startswith(".")] == []


def test_sqlalchemy_is_not_imported_before_it_is_needed():
    import subprocess
    import sys

    script = "import sys, sigil.store.index as i; sys.exit('sqlalchemy' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
