"""What is done to the store, and what must hold afterwards, however it was cut short.

Each scenario reports what it would report to a user; each ``check_…`` is given what is
left of the directory and those reports. Both kinds of crash use the same pairs.
"""

from __future__ import annotations

import os

import sqlalchemy.dialects.sqlite  # noqa: F401  here once, and not anew by every child

from sigil import canonical
from sigil.errors import NotFound
from sigil.store import files, index, journal
from sigil.store.blobs import Blobs
from sigil.store.journal import Journal
from sigil.store.records import RunRecord
from sigil.store.verify import verify
from sigil.testing.clocks import FixedClock

# --- directories ------------------------------------------------------------------------


def makes(directory, acknowledge):
    for path in ("a", "a/b/c", "a/d"):
        files.make_directory(directory / path)
        acknowledge(path)


def check_makes(directory, acknowledged):
    for path in acknowledged:
        assert (directory / path).is_dir()
    makes(directory, lambda path: None)
    assert {str(path.relative_to(directory)) for path in directory.rglob("*")} == {
        "a", "a/b", "a/b/c", "a/d",
    }  # fmt: skip


# --- one file ---------------------------------------------------------------------------

VERSIONS = [b"", b"one" * 100, b"two" * 50]


def inside(directory):
    """Return a directory that is made unless somebody has made it, as a careless caller does."""
    place = directory / "inside"
    if not place.exists():
        files.make_directory(place)
    return place


def replaces(directory, acknowledge):
    for number, data in enumerate(VERSIONS):
        files.write_atomic(inside(directory) / "file", data)
        acknowledge(number)


def replaces_again(directory, acknowledge):
    files.write_atomic(inside(directory) / "file", VERSIONS[-1])
    acknowledge(len(VERSIONS) - 1)


def check_replaces(directory, acknowledged):
    path = directory / "inside" / "file"
    if not path.exists():
        assert not acknowledged
    else:
        assert VERSIONS.index(path.read_bytes()) >= max(acknowledged, default=0)
    files.sweep(path.parent)
    assert {str(path.relative_to(directory)) for path in directory.rglob("*")} <= {
        "inside", "inside/file",
    }  # fmt: skip


# --- journals ---------------------------------------------------------------------------


def appends(directory, acknowledge):
    path = inside(directory) / "run.journal"
    with Journal.open(path) as opened:
        for number in range(3):
            opened.append("fact", {"n": number})
            opened.sync()
            acknowledge(number)
        for number in range(3, 6):
            opened.append("fact", {"n": number, "text": "x" * 300})
        opened.sync()
        acknowledge(5)
        opened.append("fact", {"n": 6})
    acknowledge(6)
    with Journal.open(path) as opened:
        opened.append("fact", {"n": 7})
        opened.sync()
        acknowledge(7)


def check_appends(directory, acknowledged):
    path = inside(directory) / "run.journal"
    assert verify(directory).intact
    expected = max(acknowledged, default=-1) + 1
    if not path.exists():
        assert expected == 0
        return
    found = [frame.body["n"] for frame in journal.read(path)]
    assert found == list(range(len(found)))
    assert len(found) >= expected
    continues(directory, lambda _: None)
    assert [frame.body["n"] for frame in journal.read(path)] == list(range(len(found) + 1))
    assert verify(directory).findings == []


def continues(directory, acknowledge):
    """Do what a second process does: whatever it finds in the journal, it may rely on."""
    with Journal.open(inside(directory) / "run.journal") as opened:
        if opened.durable:
            acknowledge(opened.durable - 1)
        opened.append("fact", {"n": opened.durable})
        acknowledge(opened.sync() - 1)


# --- records ----------------------------------------------------------------------------

INPUTS = {"brief": b'{"a": 1}\n', "evals/x.eval.yaml": b"x" * 5000}
NAME = canonical.run_id(canonical.snapshots_hash(INPUTS))


def claim(directory):
    return RunRecord.claim(directory / "artifacts" / "job", "copy", INPUTS, clock=FixedClock())


def runs(directory, acknowledge):
    record = claim(directory)
    acknowledge("created")
    record.write("outputs/a.json", b"1\n")
    record = record.finish("failed", ["outputs"], error="no model")
    acknowledge("failed")
    record = claim(directory).restart()
    record.write("outputs/deep/b.json", b"2\n" * 3000)
    write_like_a_program(record.directory / "outputs" / "own")
    record.finish("succeeded", ["outputs"])
    acknowledge("succeeded")


def write_like_a_program(path):
    """Write as code that knows nothing of us does: no temporary file, and no sync."""
    path.mkdir()
    descriptor = os.open(path / "c.txt", os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, b"3\n" * 3000)
    os.close(descriptor)


def check_runs(directory, acknowledged):
    report = verify(directory)
    assert report.intact, report.findings
    parent = directory / "artifacts" / "job"
    try:
        status = RunRecord.open(parent / NAME).status
    except NotFound:
        status = None
    if "created" in acknowledged:
        assert status is not None
        assert RunRecord.open(parent / NAME).snapshot("brief") == INPUTS["brief"]
    if acknowledged[-1:] == ["succeeded"]:
        assert status == "succeeded"
    assert (status == "running") == bool(report.of_kind("unfinished"))
    finishes(directory, lambda _: None)


def finishes(directory, acknowledge):
    """Do what a second process does: claim the run, and execute it unless it succeeded."""
    record = claim(directory)
    assert record.directory.name == NAME
    acknowledge("created")
    if record.status != "succeeded":
        record = record.restart()
        record.write("outputs/deep/b.json", b"2\n" * 3000)
        record.finish("succeeded", ["outputs"])
    report = verify(directory)
    assert report.findings == []
    assert report.runs == 1
    assert claim(directory).status == "succeeded"
    acknowledge("succeeded")


# --- blobs ------------------------------------------------------------------------------

CONTENTS = [b"", b"one", b"two" * 3000, b"one"]


def puts(directory, acknowledge):
    blobs = Blobs(directory / "blobs")
    for data in CONTENTS:
        acknowledge(blobs.put(data))


def check_puts(directory, acknowledged):
    blobs = Blobs(directory / "blobs")
    for digest in acknowledged:
        assert canonical.digest(blobs.get(digest)) == digest
    assert verify(directory).findings == []
    for data in CONTENTS:
        assert blobs.get(blobs.put(data)) == data
    blobs.sweep()
    assert len([path for path in directory.rglob("*") if path.is_file()]) == 3


# --- the index --------------------------------------------------------------------------


def indexes(directory, acknowledge):
    claim(directory)
    index.reindex(directory)
    acknowledge("indexed")
    RunRecord.open(directory / "artifacts" / "job" / NAME).finish("succeeded")
    index.reindex(directory)
    acknowledge("indexed again")


def check_indexes(directory, acknowledged):
    index.reindex(directory)
    found = index.runs(directory)
    record = directory / "artifacts" / "job" / NAME
    present = (record / "manifest.json").exists()
    assert [run.status for run in found] == ([RunRecord.open(record).status] if present else [])
    assert present or not acknowledged


SCENARIOS = {
    "makes": check_makes,
    "replaces": check_replaces,
    "appends": check_appends,
    "runs": check_runs,
    "puts": check_puts,
    "indexes": check_indexes,
}
"""What is done, and what must hold afterwards."""
SECOND = {
    "makes": makes,
    "replaces": replaces_again,
    "appends": continues,
    "runs": finishes,
    "puts": puts,
}
"""What the process does that comes after one that was killed."""
