"""A full disk is said to be one; what was durable stays, and work goes on once there is space."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import pytest

from sigil.errors import DiskFull
from sigil.store import files, index, journal
from sigil.store.blobs import Blobs
from sigil.store.journal import Journal
from sigil.store.records import RunRecord
from sigil.store.verify import verify

pytestmark = pytest.mark.crash


def fill(place):
    """Leave no free block."""
    with (place / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 4096)


def append_without_end(opened):
    while True:
        opened.append("fact", {"text": "x" * 1000})


def test_a_journal_on_a_full_disk_keeps_what_was_durable_and_goes_on(small):
    fill(small)
    os.truncate(small / "ballast", 4096 * 20)
    with Journal.open(small / "run.journal") as opened:
        with pytest.raises(DiskFull, match="free some space"):
            append_without_end(opened)
        last = opened.last
        assert opened.sync() == last
        assert sum(1 for _ in journal.read(small / "run.journal")) == last
        (small / "ballast").unlink()
        assert opened.append("fact", {}) == last + 1
    assert sum(1 for _ in journal.read(small / "run.journal")) == last + 1
    assert verify(small).findings == []


def test_a_record_on_a_full_disk_is_not_there_or_still_running(small):
    inputs = {"brief": b"x" * 20_000}
    record = RunRecord.claim(small / "job", "copy", {"brief": b"first"})
    fill(small)
    with pytest.raises(DiskFull):
        RunRecord.claim(small / "job", "copy", inputs)
    with pytest.raises(DiskFull):
        record.write("outputs/a", b"x" * 20_000)
    assert {path.name for path in (small / "job").iterdir()} == {record.directory.name}
    assert RunRecord.open(record.directory).status == "running"
    assert verify(small).intact
    (small / "ballast").unlink()
    record.write("outputs/a", b"x" * 20_000)
    record.finish("succeeded", ["outputs"])
    RunRecord.claim(small / "job", "copy", inputs).finish("succeeded")
    assert verify(small).findings == []


def test_a_blob_on_a_full_disk_is_not_there(small):
    blobs = Blobs(small / "blobs")
    kept = blobs.put(b"kept")
    fill(small)
    with pytest.raises(DiskFull):
        blobs.put(b"x" * 10_000)
    assert list(blobs) == [kept]
    assert verify(small).findings == []


def test_a_lock_on_a_full_disk_is_a_lock(small):
    (small / "lock").touch()
    fill(small)
    with files.lock(small / "lock"):
        assert (small / "lock").exists()


def test_an_index_on_a_full_disk_stays_what_it_was(small):
    RunRecord.claim(small, "copy", {"brief": b"first"})
    index.reindex(small)
    before = (small / index.FILE_NAME).read_bytes()
    RunRecord.claim(small, "copy", {"brief": b"second"})
    fill(small)
    with pytest.raises(DiskFull):
        index.reindex(small)
    assert (small / index.FILE_NAME).read_bytes() == before
    (small / "ballast").unlink()
    assert len(index.runs(small)) == 1
    assert index.reindex(small).runs == 2


LIMITED = """
import resource, sys
from pathlib import Path
from sigil.errors import DiskFull
from sigil.store import files
from sigil.store.journal import Journal
place = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
with Journal.open(place / "run.journal") as opened:
    try:
        while True:
            opened.append("fact", {"text": "x" * 900})
    except DiskFull:
        print(opened.sync())
try:
    files.write_atomic(place / "file", b"x" * 20_000)
except DiskFull:
    print("full")
"""


def test_a_limit_on_the_size_of_files_is_a_full_disk(memory):
    command = [sys.executable, "-c", LIMITED, str(memory)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["10", "full"]
    assert sum(1 for _ in journal.read(memory / "run.journal")) == 10
    assert verify(memory).findings == []
    assert {path.name for path in memory.iterdir()} == {"run.journal", ".run.journal.lock"}
