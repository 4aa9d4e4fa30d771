"""`sigil verify` and `sigil reindex`: what they print and how they end."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sigil.cli.reindex import reindex
from sigil.cli.verify import verify
from sigil.errors import Corrupt, NotFound
from sigil.store.records import RunRecord


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A finished run below ``.sigil`` of the current directory."""
    monkeypatch.chdir(tmp_path)
    record = RunRecord.claim(tmp_path / ".sigil" / "job", "copy", {"brief": b"{}\n"})
    record.write("outputs/a", b"1")
    return record.finish("succeeded", ["outputs"]).directory


def test_an_intact_tree_ends_well(run):
    result = CliRunner().invoke(verify)
    assert (result.exit_code, result.output) == (
        0,
        ".sigil: 1 runs, 2 files, 4 bytes, 0 frames: intact\n",
    )


def test_what_is_not_looked_at_is_named_with_the_command_that_does(run):
    for name in ("ledger", "scenarios"):
        (run.parents[1] / name).mkdir()
    whole = CliRunner().invoke(verify).stdout.splitlines()
    assert whole[1:] == [
        "not verified here: .sigil/ledger (sigil ledger verify)",
        "not verified here: .sigil/scenarios (sigil scenario list)",
    ]
    from_above = json.loads(CliRunner().invoke(verify, [".", "--json"]).stdout)
    assert list(from_above["not_verified"]) == [".sigil/ledger", ".sigil/scenarios"]
    alone = CliRunner().invoke(verify, [".sigil/ledger"]).stdout
    assert "not verified here: .sigil/ledger (sigil ledger verify)" in alone


def test_a_corrupt_file_is_named_and_ends_with_the_code_of_corrupt(run):
    (run / "outputs" / "a").write_bytes(b"2")
    result = CliRunner().invoke(verify, [str(run)])
    assert result.exit_code == Corrupt.exit_code == 43
    assert f"{run}/outputs/a: corrupt: has digest" in result.output
    assert result.output.endswith("CORRUPT\n")


def test_json_holds_every_finding(run):
    (run / "outputs" / "a").unlink()
    result = CliRunner().invoke(verify, ["--json"])
    report = json.loads(result.output)
    assert result.exit_code == 43
    assert report["intact"] is False
    assert [finding["kind"] for finding in report["findings"]] == ["corrupt"]


def test_a_path_that_is_not_there_is_our_error(run):
    result = CliRunner().invoke(verify, ["no"])
    assert isinstance(result.exception, NotFound)


def test_an_index_is_built_from_the_files(run):
    first, second = (CliRunner().invoke(reindex) for _ in range(2))
    assert first.output == ".sigil: 1 runs indexed, 1 read, 0 removed\n"
    assert second.output == ".sigil: 1 runs indexed, 0 read, 0 removed\n"


def test_a_manifest_that_cannot_be_read_is_left_out_and_said_to_be(run):
    (run / "manifest.json").write_bytes(b"{")
    result = CliRunner().invoke(reindex, ["--json"])
    summary = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (summary["runs"], len(summary["refused"])) == (0, 1)
