"""One run is one directory whose identity is a function of its frozen inputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil import canonical
from sigil.errors import (
    AlreadyExists,
    Corrupt,
    DiskFull,
    InvalidValue,
    NotFound,
    NotYet,
    WorkspaceBusy,
)
from sigil.store import files, manifests
from sigil.store.records import RunRecord
from sigil.store.verify import verify
from sigil.testing.clocks import FixedClock

SNAPSHOTS = {"brief": b'{\n  "a": 1\n}\n', "context": b"[]\n"}
HASH = canonical.snapshots_hash(SNAPSHOTS)
NAME = canonical.run_name("2025-09-13T17-03-12Z", "simple", HASH)
GOLDEN = """{
  "artifacts": {
    "outputs/a.txt": {
      "bytes": 2,
      "sha256": "sha256:87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"
    }
  },
  "error": null,
  "input_snapshots": {
    "brief": {
      "bytes": 13,
      "path": "inputs/brief.resolved.json",
      "sha256": "sha256:5e36b6560513586ced65eca0e8b025fe88edbcab82ba2cb67a5fcb2d7b202383"
    }
  },
  "inputs_hash": "sha256:2a01261bb1b4bfcf842aea2224aaeed1fea7fc62a6dc8077d7824a18ba8030d7",
  "job_id": "job-1",
  "job_type": "copy",
  "meta": {
    "seed": 7
  },
  "run_id": "2a01261bb1b4bfcf842aea2224aaeed1",
  "schema_version": "1.2.0",
  "status": "succeeded"
}
"""


def listed(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def create(tmp_path, snapshots=SNAPSHOTS, **rest):
    name = canonical.run_name("2025-09-13T17-03-12Z", "simple", canonical.snapshots_hash(snapshots))
    return RunRecord.create(tmp_path / "runs" / name, "optimize", snapshots, **rest)


def stored(record):
    return json.loads((record.directory / "manifest.json").read_bytes())


def tree(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


# --- making -----------------------------------------------------------------------------


def test_a_new_record_has_its_inputs_and_says_running(tmp_path):
    record = create(tmp_path)
    assert record.directory.name == NAME
    assert (record.directory / "inputs" / "brief.resolved.json").read_bytes() == SNAPSHOTS["brief"]
    assert stored(record)["status"] == "running"
    assert stored(record)["inputs_hash"] == HASH
    assert stored(record)["run_id"] == NAME
    assert listed(tmp_path / "runs") == [NAME]


def test_the_bytes_of_a_manifest_are_pinned(tmp_path):
    record = RunRecord.claim(
        tmp_path, "copy", {"brief": SNAPSHOTS["brief"]}, meta={"seed": 7}, extra={"job_id": "job-1"}
    )
    record.write("outputs/a.txt", b"a\n")
    record = record.finish("succeeded", ["outputs"])
    assert (record.directory / "manifest.json").read_text() == GOLDEN


def test_snapshots_stand_where_the_existing_system_has_them(tmp_path):
    names = ["brief", "context", "doctrine", "model_config", "prior_artifact"]
    record = RunRecord.claim(tmp_path, "copy", dict.fromkeys(names, b"{}\n"))
    assert sorted(listed(record.directory / "inputs")) == [
        "brief.resolved.json", "context.resolved.json", "doctrine.resolved.json",
        "model_config.json", "prior_artifact.resolved.json",
    ]  # fmt: skip


def test_other_snapshots_stand_under_their_own_name_or_a_given_one(tmp_path):
    record = create(
        tmp_path,
        {"spec.yaml": b"s", "evals/a.eval.yaml": b"e", "tree": b"t"},
        paths={"tree": "tree.json"},
    )
    assert {"inputs/spec.yaml", "inputs/evals/a.eval.yaml", "inputs/tree.json"} < set(
        tree(record.directory)
    )


def test_no_time_is_in_the_manifest(tmp_path):
    clock = FixedClock()
    one = create(tmp_path / "one", clock=clock).finish("succeeded")
    clock.advance(1000)
    other = create(tmp_path / "other", clock=clock).finish("succeeded")
    manifests_of = [(r.directory / "manifest.json").read_bytes() for r in (one, other)]
    assert manifests_of[0] == manifests_of[1]
    times = json.loads((one.directory / "times.json").read_bytes())
    assert times["created_at"] == times["finished_at"] == "2025-09-13T17:03:12+00:00"


def test_a_name_that_does_not_fit_the_inputs_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="does not end in"):
        RunRecord.create(tmp_path / "2025_simple_00000000", "optimize", SNAPSHOTS)
    assert listed(tmp_path) == []


def test_a_taken_name_is_refused(tmp_path):
    create(tmp_path)
    with pytest.raises(AlreadyExists):
        create(tmp_path)
    assert listed(tmp_path / "runs") == [NAME]


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", ""])
def test_a_snapshot_never_stands_outside(tmp_path, name):
    with pytest.raises(InvalidValue):
        create(tmp_path, {name: b"x"})
    with pytest.raises(InvalidValue):
        create(tmp_path, {"x": b"x"}, paths={"x": f"{name}/.."})


def test_two_snapshots_of_one_path_are_refused(tmp_path):
    with pytest.raises(InvalidValue, match="one path"):
        create(tmp_path, {"a": b"x", "b": b"y"}, paths={"a": "same", "b": "same"})


def test_a_key_that_the_manifest_has_itself_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="run_id"):
        create(tmp_path, extra={"run_id": "mine"})
    assert listed(tmp_path / "runs") == []


def test_a_full_disk_leaves_no_record(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(DiskFull):
        create(tmp_path)
    assert listed(tmp_path / "runs") == []


# --- identity ---------------------------------------------------------------------------


@settings(deadline=None, max_examples=15)  # each example waits for the disk some ten times
@given(
    snapshots=st.dictionaries(
        st.text("abc", min_size=1), st.binary(max_size=50), min_size=1, max_size=3
    )
)
def test_identity_depends_on_snapshot_bytes_alone(tmp_path_factory, snapshots):
    places = [tmp_path_factory.mktemp("parent") for _ in range(2)]
    backwards = dict(reversed(snapshots.items()))
    one = RunRecord.claim(places[0], "copy", snapshots)
    other = RunRecord.claim(places[1], "score", backwards, paths={n: f"x/{n}" for n in snapshots})
    assert one.directory.name == other.directory.name


def test_an_alias_of_the_directory_is_the_same_run(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    one = RunRecord.claim(tmp_path / "real", "copy", SNAPSHOTS)
    other = RunRecord.claim(tmp_path / "alias", "copy", SNAPSHOTS)
    assert one.directory.samefile(other.directory)


def test_the_same_inputs_are_the_same_run_with_the_status_it_was_left_with(tmp_path):
    first = RunRecord.claim(tmp_path, "copy", SNAPSHOTS)
    assert first.directory.name == canonical.run_id(HASH)
    first.finish("failed", error="no model")
    again = RunRecord.claim(tmp_path, "copy", SNAPSHOTS)
    assert (again.directory, again.status) == (first.directory, "failed")


def test_a_real_collision_gets_a_number(tmp_path):
    taken = tmp_path / canonical.run_id(HASH)
    taken.mkdir()
    other = manifests.Manifest(taken.name, "sha256:" + "0" * 64, "copy", "failed", {})
    (taken / "manifest.json").write_bytes(manifests.render(other))
    record = RunRecord.claim(tmp_path, "copy", SNAPSHOTS)
    assert record.directory.name == f"{taken.name}-2"
    assert record.manifest.run_id == f"{taken.name}-2"
    assert RunRecord.claim(tmp_path, "copy", SNAPSHOTS).directory == record.directory
    record.finish("succeeded")
    assert verify(record.directory).findings == []


def test_a_directory_in_the_way_is_not_taken_for_a_run(tmp_path):
    way = tmp_path / canonical.run_id(HASH)
    (way / "inputs").mkdir(parents=True)
    with pytest.raises(Corrupt, match="no manifest"):
        RunRecord.claim(tmp_path, "copy", SNAPSHOTS)


def test_many_claims_at_once_are_one_run(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        records = list(pool.map(lambda _: RunRecord.claim(tmp_path, "copy", SNAPSHOTS), range(16)))
    assert {record.directory.name for record in records} == {canonical.run_id(HASH)}
    assert listed(tmp_path) == [canonical.run_id(HASH)]


# --- working and finishing --------------------------------------------------------------


def test_a_finished_run_vouches_for_its_outputs(tmp_path):
    record = create(tmp_path)
    record.write("outputs/deep/a.json", b"1\n")
    record.write("outputs/b.json", b"2\n")
    record.write("index.json", b"3\n")
    record = record.finish("succeeded", ["outputs", "index.json"], meta={"n": 2})
    assert stored(record)["artifacts"] == {
        path: {"bytes": 2, "sha256": canonical.digest(data)}
        for path, data in {
            "outputs/deep/a.json": b"1\n", "outputs/b.json": b"2\n", "index.json": b"3\n",
        }.items()
    }  # fmt: skip
    assert stored(record)["meta"] == {"n": 2}
    assert RunRecord.open(record.directory).manifest == record.manifest
    assert verify(tmp_path).findings == []


def test_hashes_are_of_the_bytes_on_the_disk(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data).replace(b"1", b"2")))
    with pytest.raises(InvalidValue, match="does not end in"):
        create(tmp_path, {"brief": b"1"})


def test_a_failed_run_says_why(tmp_path):
    record = create(tmp_path).finish("failed", error="the model is gone")
    assert stored(record)["error"] == "the model is gone"
    assert stored(record)["status"] == "failed"


def test_a_run_ends_once(tmp_path):
    record = create(tmp_path).finish("succeeded")
    with pytest.raises(InvalidValue, match="reopen it first"):
        record.finish("failed")


def test_a_reopened_run_vouches_for_nothing_but_its_inputs(tmp_path):
    record = create(tmp_path)
    record.write("outputs/a", b"1")
    record = record.finish("succeeded", ["outputs"]).reopen()
    assert stored(record)["status"] == "running"
    assert stored(record)["artifacts"] == {}
    assert (record.directory / "outputs" / "a").exists()


def test_a_restarted_run_has_no_outputs_of_the_former_attempt(tmp_path):
    record = create(tmp_path)
    record.write("outputs/a", b"1")
    record = record.finish("failed", ["outputs"], error="x").restart()
    assert sorted(tree(record.directory)) == [
        "inputs/brief.resolved.json", "inputs/context.resolved.json", "manifest.json", "times.json",
    ]  # fmt: skip
    record.write("outputs/b", b"2")
    record.finish("succeeded", ["outputs"])
    assert verify(tmp_path).findings == []


def test_a_missing_output_is_not_found_and_the_run_still_runs(tmp_path):
    record = create(tmp_path)
    with pytest.raises(NotFound):
        record.finish("succeeded", ["outputs/a"])
    assert stored(record)["status"] == "running"


def test_an_output_that_is_a_link_is_refused(tmp_path):
    record = create(tmp_path)
    (record.directory / "outputs").mkdir()
    (record.directory / "outputs" / "a").symlink_to("/etc/hostname")
    (record.directory / "linked").symlink_to("/etc")
    for output in ("outputs", "outputs/a", "linked/hostname"):
        with pytest.raises(Corrupt, match="symbolic link"):
            record.finish("succeeded", [output])


@pytest.mark.parametrize("path", ["../x", "/tmp/x", "outputs/../../x"])
def test_an_output_never_stands_outside(tmp_path, path):
    record = create(tmp_path)
    with pytest.raises(InvalidValue):
        record.write(path, b"")
    with pytest.raises(InvalidValue):
        record.finish("succeeded", [path])


def test_an_input_is_read_back_verified(tmp_path):
    record = create(tmp_path)
    assert record.snapshot("brief") == SNAPSHOTS["brief"]
    (record.directory / "inputs" / "brief.resolved.json").write_bytes(b"other")
    with pytest.raises(Corrupt):
        record.snapshot("brief")
    with pytest.raises(NotFound, match="it has: brief, context"):
        record.snapshot("doctrine")


def test_one_process_works_on_a_run_at_a_time(tmp_path):
    script = """
import sys
from pathlib import Path
from sigil.store.records import RunRecord
with RunRecord.open(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""
    record = create(tmp_path)
    command = [sys.executable, "-c", script, str(record.directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(WorkspaceBusy, match=str(process.pid)):
            record.lock().__enter__()
        process.kill()
    with record.lock():
        record.finish("succeeded")
    assert verify(tmp_path).findings == []


# --- old manifests ----------------------------------------------------------------------


DIGEST = "sha256:" + "a" * 64
OLD = {
    "schema_version": "1.0.0",
    "run_id": "x",
    "job_type": "instagram_copy",
    "status": "succeeded",
    "inputs_hash": DIGEST,
    "input_snapshots": {"brief": {"path": "inputs/brief.resolved.json", "sha256": "a" * 64}},
    "artifacts": {"captions": {"path": "outputs/captions.json", "sha256": DIGEST}},
    "started_at": "2024-01-01T00:00:00",
    "chain_metadata": {"is_chainable_stage": False, "prior_stages": []},
}


def test_an_old_manifest_is_read_with_either_shape_of_artifacts():
    both = {"captions": {"path": "outputs/a", "sha256": DIGEST}, "outputs/b": {"sha256": "a" * 64}}
    manifest = manifests.parse(json.dumps({**OLD, "artifacts": both}).encode())
    assert {path: item.sha256 for path, item in manifest.artifacts.items()} == {
        "outputs/a": DIGEST, "outputs/b": DIGEST,
    }  # fmt: skip


def test_only_the_first_shape_is_written_and_unknown_keys_survive():
    manifest = manifests.parse(json.dumps(OLD).encode())
    written = json.loads(manifests.render(manifest))
    assert written["artifacts"] == {"outputs/captions.json": {"bytes": None, "sha256": DIGEST}}
    assert written["chain_metadata"] == OLD["chain_metadata"]
    assert manifests.parse(manifests.render(manifest)) == manifest


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "done"}, "status"),
        ({"run_id": 7}, "run_id"),
        ({"artifacts": []}, "artifacts"),
        ({"artifacts": {"x": 1}}, "artifacts.x"),
        ({"artifacts": {"../x": {"sha256": DIGEST}}}, "artifacts.../x.path"),
        ({"artifacts": {"x": {"sha256": "short"}}}, "artifacts.x.sha256"),
        ({"input_snapshots": {"b": {"sha256": DIGEST}}}, "input_snapshots.b.path"),
        ({"input_snapshots": {"b": {"path": "/x", "sha256": DIGEST}}}, "input_snapshots.b.path"),
        ({"artifacts": {"x": {"sha256": DIGEST, "bytes": "1"}}}, "artifacts.x.bytes"),
    ],
)
def test_a_damaged_manifest_is_corrupt_and_the_field_is_named(change, field):
    with pytest.raises(Corrupt) as caught:
        manifests.parse(json.dumps({**OLD, **change}).encode())
    assert caught.value.where is not None
    assert caught.value.where.field == field


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"null"])
def test_what_is_no_object_is_no_manifest(data):
    with pytest.raises(Corrupt):
        manifests.parse(data)


def test_a_manifest_of_the_future_is_not_guessed_at():
    with pytest.raises(NotYet, match="schema version 2"):
        manifests.parse(json.dumps({**OLD, "schema_version": "2.0.0"}).encode())


def test_leftovers_of_a_killed_creation_are_swept_by_the_next(tmp_path):
    (files.temporary_path(tmp_path) / "inputs").mkdir(parents=True)
    record = RunRecord.claim(tmp_path, "copy", SNAPSHOTS)
    assert listed(tmp_path) == [record.directory.name]
