"""Several processes on one store: none loses its own, none harms another's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sigil import canonical
from sigil.store import files, journal
from sigil.store.blobs import Blobs
from sigil.store.verify import verify

pytestmark = pytest.mark.crash

APPENDER = """
import sys
from pathlib import Path
from sigil.errors import WorkspaceBusy
from sigil.store.journal import Journal
me = int(sys.argv[2])
done = 0
while done < 5:
    try:
        with Journal.open(Path(sys.argv[1]) / "run.journal") as opened:
            opened.append("fact", {"by": me, "n": done})
        done += 1
    except WorkspaceBusy as error:
        assert "process" in str(error)
"""
CLAIMER = """
import json, sys
from pathlib import Path
from sigil.errors import InvalidValue, WorkspaceBusy
from sigil.store.records import RunRecord
executed = 0
while True:
    record = RunRecord.claim(Path(sys.argv[1]), "copy", {"brief": b"same", "context": b"too"})
    if record.status == "succeeded":
        break
    try:
        with record.lock():
            record = RunRecord.open(record.directory)
            if record.status == "running":
                executed += 1
                record.write("outputs/by", sys.argv[2].encode())
                record.finish("succeeded", ["outputs"])
    except WorkspaceBusy:
        pass
print(json.dumps([record.directory.name, executed]))
"""
PUTTER = """
import sys
from pathlib import Path
from sigil.store.blobs import Blobs
blobs = Blobs(Path(sys.argv[1]))
for number in range(20):
    blobs.put(b"%d" % number * 1000)
"""
REPLACER = """
import sys
from pathlib import Path
from sigil.store import files
for _ in range(20):
    files.write_atomic(Path(sys.argv[1]) / "file", sys.argv[2].encode() * 100_000)
    files.sweep(Path(sys.argv[1]))
"""


def all_at_once(script: str, directory: Path, count: int) -> list[str]:
    """Run a script in several processes; return what each printed."""
    command = [sys.executable, "-c", script, str(directory)]
    processes = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(count)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * count
    return outputs


def test_appenders_take_turns_and_no_frame_is_lost(memory):
    all_at_once(APPENDER, memory, 3)
    found = [(frame.body["by"], frame.body["n"]) for frame in journal.read(memory / "run.journal")]
    assert sorted(found) == [(by, n) for by in range(3) for n in range(5)]
    assert verify(memory).findings == []


def test_of_identical_runs_at_once_one_executes_and_the_others_replay(memory):
    outputs = [json.loads(text) for text in all_at_once(CLAIMER, memory, 4)]
    name = canonical.run_id(canonical.snapshots_hash({"brief": b"same", "context": b"too"}))
    assert {found for found, _ in outputs} == {name}
    assert sum(executed for _, executed in outputs) == 1
    assert {path.name for path in memory.iterdir()} == {name}
    assert verify(memory).findings == []


def test_writers_of_the_same_blobs_do_not_disturb_each_other(memory):
    all_at_once(PUTTER, memory, 4)
    assert len(list(Blobs(memory))) == 20
    report = verify(memory)
    assert (report.findings, report.files) == ([], 20)
    assert len([path for path in memory.rglob("*") if path.is_file()]) == 20


def test_a_sweeper_leaves_what_others_are_writing(memory):
    all_at_once(REPLACER, memory, 4)
    assert files.read_file(memory / "file") in [b"%d" % number * 100_000 for number in range(4)]
    assert [path.name for path in memory.iterdir()] == ["file"]
