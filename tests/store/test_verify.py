"""The one verifier finds whatever is not what was written, and calls nothing else corrupt."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from sigil import canonical
from sigil.errors import Corrupt, NotFound
from sigil.store.blobs import Blobs
from sigil.store.files import remove_tree
from sigil.store.journal import Journal
from sigil.store.records import RunRecord
from sigil.store.verify import verify

SNAPSHOTS = {"brief": b"{}\n", "context": b"[1]\n"}


@pytest.fixture
def run(tmp_path):
    """A finished run with a journal, below ``tmp_path/artifacts/job``."""
    record = RunRecord.claim(tmp_path / "artifacts" / "job", "copy", SNAPSHOTS)
    record.write("outputs/a.json", b"1\n")
    record.write("outputs/deep/b.json", b"2\n")
    with Journal.open(record.journal_path) as journal:
        for number in range(5):
            journal.append("fact", {"n": number})
    return record.finish("succeeded", ["outputs", "run.journal"]).directory


def problems(path: Path) -> list[tuple[str, str]]:
    """Return ``(kind, place)`` of every finding, with places relative to ``path``."""
    return [
        (finding.kind, finding.path.removeprefix(f"{path}/")) for finding in verify(path).findings
    ]


def edit(run: Path, **changes: object) -> None:
    manifest = json.loads((run / "manifest.json").read_bytes())
    (run / "manifest.json").write_bytes(canonical.snapshot_json({**manifest, **changes}))


def test_an_intact_run_has_no_findings(run):
    report = verify(run)
    assert report.findings == []
    assert report.intact
    # Two inputs, three outputs, and the journal once more for its frames.
    assert (report.runs, report.files, report.frames) == (1, 6, 5)


@pytest.mark.parametrize("path", [".", "..", "../..", "inputs/.."])
def test_a_run_is_found_by_any_spelling_of_its_path(run, monkeypatch, path):
    monkeypatch.chdir(run)
    report = verify(Path(path))
    assert report.findings == []
    assert report.runs == 1


def test_a_run_is_found_through_a_link_and_by_its_manifest(run, tmp_path):
    (tmp_path / "selected").symlink_to(run)
    assert verify(tmp_path / "selected").runs == 1
    assert verify(tmp_path / "selected").intact
    assert verify(run / "manifest.json").runs == 1


def test_a_tree_is_searched_without_following_links(run, tmp_path):
    (tmp_path / "selected").symlink_to(run)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert verify(tmp_path).runs == 1


@pytest.mark.parametrize(
    "path",
    ["inputs/brief.resolved.json", "inputs/context.resolved.json", "outputs/a.json",
     "outputs/deep/b.json"],
)  # fmt: skip
def test_any_changed_byte_is_corrupt_and_the_file_is_named(run, path):
    data = bytearray((run / path).read_bytes())
    data[0] ^= 1
    (run / path).write_bytes(data)
    assert problems(run) == [("corrupt", path)]


@pytest.mark.parametrize("path", ["inputs/brief.resolved.json", "outputs/a.json"])
def test_a_missing_file_is_corrupt(run, path):
    (run / path).unlink()
    assert problems(run) == [("corrupt", path)]


@pytest.mark.parametrize("path", ["inputs/brief.resolved.json", "outputs/a.json"])
def test_a_link_in_place_of_a_file_is_corrupt_even_with_the_same_bytes(run, tmp_path, path):
    shutil.move(run / path, tmp_path / "moved")
    (run / path).symlink_to(tmp_path / "moved")
    assert problems(run) == [("corrupt", path)]


def test_a_link_in_place_of_a_directory_is_corrupt(run, tmp_path):
    shutil.move(run / "outputs", tmp_path / "moved")
    (run / "outputs").symlink_to(tmp_path / "moved")
    kinds = {kind for kind, place in problems(run) if place.startswith("outputs/")}
    assert kinds == {"corrupt"}


def test_an_inputs_hash_that_is_not_that_of_the_snapshots_is_corrupt(run):
    edit(run, inputs_hash="sha256:" + "0" * 64)
    assert ("corrupt", "manifest.json") in problems(run)


def test_a_digest_that_was_changed_with_its_file_is_found_by_the_inputs_hash(run):
    (run / "inputs/brief.resolved.json").write_bytes(b"[]\n")
    manifest = json.loads((run / "manifest.json").read_bytes())
    snapshots = manifest["input_snapshots"]
    snapshots["brief"]["sha256"] = canonical.digest(b"[]\n")
    edit(run, input_snapshots=snapshots)
    assert problems(run) == [("corrupt", "manifest.json")]


def test_a_run_of_another_name_is_corrupt(run):
    moved = run.rename(run.with_name("0" * 32))
    assert problems(moved) == [("corrupt", "manifest.json")]
    edit(moved, run_id="0" * 32)
    assert problems(moved) == [("corrupt", "manifest.json")]


def test_a_number_without_a_collision_is_corrupt(run):
    copy = run.with_name(f"{run.name}-2")
    shutil.copytree(run, copy)
    edit(copy, run_id=copy.name)
    assert [finding.problem for finding in verify(run.parent).findings] == [
        f"{run.name} has the same inputs"
    ]


def test_a_length_that_is_not_that_of_the_file_is_corrupt(run):
    manifest = json.loads((run / "manifest.json").read_bytes())
    manifest["artifacts"]["outputs/a.json"]["bytes"] = 7
    edit(run, artifacts=manifest["artifacts"])
    assert problems(run) == [("corrupt", "outputs/a.json")]


def test_a_file_that_no_manifest_vouches_for_is_said_to_be_so(run):
    (run / "outputs" / "extra").write_bytes(b"")
    (run / "inputs" / "extra").write_bytes(b"")
    assert problems(run) == [("unrecorded", "inputs/extra"), ("unrecorded", "outputs/extra")]
    assert verify(run).intact


@pytest.fixture
def searched(tmp_path):
    """A finished run that sealed a candidate, and something of a directory of its own."""
    record = RunRecord.claim(tmp_path / "runs", "optimize", SNAPSHOTS)
    record.write("candidates/7f/b1/7fb1/patch.diff", b"+\n")
    record.write("baseline/metrics.json", b"{}\n")
    return record.finish("succeeded", ["candidates", "baseline"]).directory


def test_sealed_candidates_have_no_findings(searched):
    assert verify(searched).findings == []
    assert verify(searched).files == 4


@pytest.mark.parametrize(
    "path",
    ["candidates/7f/b1/7fb1/extra", "candidates/aa/bb/aabb/patch.diff", "candidates/lone",
     "baseline/deep/extra"],
)  # fmt: skip
def test_a_file_planted_among_sealed_ones_is_unrecorded_and_not_corrupt(searched, path):
    (searched / path).parent.mkdir(parents=True, exist_ok=True)
    (searched / path).write_bytes(b"planted")
    assert problems(searched) == [("unrecorded", path)]
    assert verify(searched.parent).intact


def test_a_changed_file_of_a_sealed_candidate_is_corrupt(searched):
    (searched / "candidates/7f/b1/7fb1/patch.diff").write_bytes(b"-\n")
    assert problems(searched) == [("corrupt", "candidates/7f/b1/7fb1/patch.diff")]


def test_candidates_that_came_after_a_run_without_any_are_unrecorded(run, tmp_path):
    (run / "candidates" / "aa").mkdir(parents=True)
    (run / "candidates" / "aa" / "patch.diff").write_bytes(b"")
    assert problems(run) == [("unrecorded", "candidates/aa/patch.diff")]
    shutil.move(run / "candidates", tmp_path / "moved")
    (run / "candidates").symlink_to(tmp_path / "moved")
    assert problems(run) == [("unrecorded", "candidates")]


def test_a_record_planted_among_candidates_does_not_vouch_for_itself(searched, run):
    shutil.copytree(run, searched / "candidates" / run.name)
    assert {kind for kind, _ in problems(searched)} == {"unrecorded"}


def test_a_copy_of_a_candidate_that_select_wrote_is_told_from_a_planted_output(run):
    for path in ("candidates/copy", "outputs/extra"):
        (run / path).parent.mkdir(exist_ok=True)
        (run / path).write_bytes(b"")
    copy, planted = verify(run).findings
    assert "the journal tells" in copy.remedy
    assert planted.remedy == "do not rely on it"


def test_a_tree_too_deep_for_any_path_does_not_end_the_search(run):
    above = Path.cwd()
    os.chdir(run / "outputs")
    for name in ["a"] * 1100 + ["b" * 200] * 15:
        Path(name).mkdir()
        os.chdir(name)
    Path("planted").write_bytes(b"")
    os.chdir(above)
    ((kind, path),) = problems(run)
    assert kind == "unrecorded"
    assert path.startswith("outputs/a/a/a")
    remove_tree(run / "outputs")  # pytest could not


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\0" * 100])
def test_a_torn_manifest_is_corrupt(run, data):
    (run / "manifest.json").write_bytes(data)
    assert ("corrupt", "manifest.json") in problems(run)


def test_a_run_that_has_not_ended_is_unfinished_and_not_corrupt(tmp_path):
    record = RunRecord.claim(tmp_path, "copy", SNAPSHOTS)
    record.write("outputs/half.json", b"1")
    report = verify(tmp_path)
    assert [finding.kind for finding in report.findings] == ["unfinished"]
    assert report.intact


def test_inputs_of_an_unfinished_run_are_checked_all_the_same(tmp_path):
    record = RunRecord.claim(tmp_path, "copy", SNAPSHOTS)
    (record.directory / "inputs" / "brief.resolved.json").write_bytes(b"other")
    assert {kind for kind, _ in problems(tmp_path)} == {"corrupt", "unfinished"}


@pytest.mark.parametrize("name", ["2026-11-21T22-01-31Z_simple_87ba4754", f"{'b' * 32}-2"])
def test_a_run_whose_manifest_is_gone_is_never_intact(run, name):
    moved = run.rename(run.with_name(name))
    (moved / "manifest.json").unlink()
    assert ("unfinished", name) in problems(moved.parent)


def test_inputs_without_a_manifest_are_unfinished(tmp_path):
    (tmp_path / ("a" * 32) / "inputs").mkdir(parents=True)
    assert problems(tmp_path) == [("unfinished", "a" * 32)]


def test_a_torn_journal_is_unfinished(tmp_path):
    with Journal.open(tmp_path / "run.journal") as journal:
        journal.append("fact", {})
    with (tmp_path / "run.journal").open("ab") as file:
        file.write(b"12345678 {")
    assert problems(tmp_path) == [("unfinished", "run.journal")]


def test_a_damaged_journal_is_corrupt_and_the_line_is_named(run):
    journal = run / "run.journal"
    journal.write_bytes(journal.read_bytes().replace(b'"n":2', b'"n":9'))
    assert problems(run) == [("corrupt", "run.journal"), ("corrupt", "run.journal:3")]


def test_a_journal_is_verified_by_its_own_name(run):
    assert verify(run / "run.journal").frames == 5


def test_blobs_are_verified_by_their_names(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    kept, damaged = blobs.put(b"kept"), blobs.put(b"damaged")
    assert verify(tmp_path).findings == []
    assert verify(tmp_path).files == 2
    blobs.path(damaged).write_bytes(b"other")
    assert problems(tmp_path) == [("corrupt", str(blobs.path(damaged).relative_to(tmp_path)))]
    assert verify(blobs.path(kept)).intact


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20 + 7])
def test_files_of_any_size_are_hashed_whole(tmp_path, size):
    data = bytes(range(251)) * (size // 251 + 1)
    record = RunRecord.claim(tmp_path, "copy", {"brief": data[:size]})
    assert record.manifest.snapshots["brief"].bytes == size
    assert record.manifest.snapshots["brief"].sha256 == canonical.digest(data[:size])
    record.finish("succeeded")
    assert verify(tmp_path).findings == []
    assert verify(tmp_path).bytes == size


def test_an_old_manifest_verifies(tmp_path):
    digests = {name: canonical.digest(data) for name, data in SNAPSHOTS.items()}
    name = canonical.run_id(canonical.inputs_hash(digests))
    run = tmp_path / name
    (run / "inputs").mkdir(parents=True)
    for snapshot, data in SNAPSHOTS.items():
        (run / "inputs" / f"{snapshot}.resolved.json").write_bytes(data)
    (run / "outputs").mkdir()
    (run / "outputs" / "x.json").write_bytes(b"1")
    manifest = {
        "schema_version": "1.1.0",
        "run_id": name,
        "status": "succeeded",
        "inputs_hash": canonical.inputs_hash(digests),
        "input_snapshots": {
            n: {"path": f"inputs/{n}.resolved.json", "sha256": d} for n, d in digests.items()
        },
        "artifacts": {"x": {"path": "outputs/x.json", "sha256": canonical.digest(b"1")[7:]}},
    }
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert verify(tmp_path).findings == []


def test_a_manifest_without_an_inputs_hash_is_unverifiable(run):
    edit(run, inputs_hash=None)
    assert problems(run) == [("unverifiable", "manifest.json")]


def test_a_manifest_of_the_future_is_unverifiable(run):
    edit(run, schema_version="9.0.0")
    assert [kind for kind, _ in problems(run)] == ["unverifiable"]


def test_nothing_to_verify_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        verify(tmp_path / "no")


def test_a_report_raises_for_its_first_corruption(run):
    verify(run).raise_if_corrupt()
    (run / "outputs" / "a.json").write_bytes(b"x")
    with pytest.raises(Corrupt, match=r"outputs/a\.json: has digest"):
        verify(run).raise_if_corrupt()


def test_a_finding_is_one_line_with_a_remedy(run):
    (run / "outputs" / "a.json").unlink()
    line = str(verify(run).findings[0])
    assert line == (f"{run}/outputs/a.json: corrupt: there is no such file; check the path")


def test_verifying_writes_nothing(run, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    run.chmod(0o555)
    verify(tmp_path)
    run.chmod(0o755)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
