"""What is kept of an evaluation: all of it, sealed where it has to be, and no secret."""

from __future__ import annotations

import json

import pytest
from tests.gate.evaluations import Bench, Quiet

from sigil.errors import Corrupt, InvalidValue, NotFound, Unwritable, Where
from sigil.gate.bundle.sealing import seal_bytes
from sigil.gate.evaluation import evaluate
from sigil.gate.evaluator import open_observations
from sigil.gate.exam.answering import Answering, vault
from sigil.gate.record import dossier
from sigil.gate.view.summarizing import summary
from sigil.store.files import read_file

SECRET = 'canary-pässwörd "quoted"'
VAULT = {"SIGNUP_PASSWORD": SECRET}
ASKS = """
return {
  policy = { capabilities = {"http"} },
  run = function()
    -- 1. It signs up.
    local secret = sigil.env("SIGNUP_PASSWORD")
    expect(sigil.post("/signup", { password = secret }).status == 299)
  end,
}
"""


@pytest.fixture
def bench(auto_bench) -> Bench:
    bench = auto_bench
    bench.exam.write("visible/signup.lua", ASKS)
    bench.exam.seal(ASKS)
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "a secret is asked for")
    bench.git("checkout", "-q", "change")
    bench.git("rebase", "-q", "main")
    bench.git("checkout", "-q", "main")
    return bench


def kept(bench: Bench):
    def answerer(service, sides):
        return Answering({"env": vault(VAULT)}, VAULT)

    outcome = evaluate(bench.wanted(), bench.parts(answerer=answerer), Quiet())
    folder = dossier.folder_of(bench.root, outcome.eval)
    dossier.keep_summary(folder, summary(outcome), outcome.feedback)
    return outcome, folder


def observations(bench: Bench, folder):
    path = folder / dossier.SEALED
    return open_observations(read_file(path), bench.exam.identities, Where(str(path)))


def spellings(text: str) -> list[bytes]:
    """Return the ways in which a file may hold a text."""
    escaped = json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]
    return [one.encode() for one in (text, *escaped)]


def test_no_value_of_the_vault_is_in_any_file(bench):
    _, folder = kept(bench)
    written = [path.read_bytes() for path in folder.iterdir()] + [observations(bench, folder)]
    assert written
    for data in written:
        assert [one for one in spellings(SECRET) if one in data] == []
    assert b"__SIGNUP_PASSWORD__" in observations(bench, folder)


def test_what_was_kept_is_read_back(bench):
    outcome, folder = kept(bench)
    assert dossier.read_summary(folder) == summary(outcome)
    assert dossier.read_feedback(folder) == outcome.feedback
    everything = dossier.parse_observations(observations(bench, folder))
    assert everything == [dossier.kept(one) for one in outcome.observed]


def test_the_visible_half_is_open_and_without_its_calls(bench):
    _, folder = kept(bench)
    shown = dossier.read_visible(folder)
    assert {one.scenario for one in shown} == {"quote_1", "quote_2", "signup"}
    assert all(one.answered == () for one in shown)


def test_the_latest_evaluation_is_found_without_its_name(bench):
    kept(bench)
    outcome, folder = kept(bench)
    assert dossier.find(bench.root, None) == folder
    assert dossier.names(bench.root)[-1] == outcome.eval


@pytest.mark.parametrize("name", ["eval_0", "..", "", "../../etc"])
def test_a_name_that_is_none_leads_nowhere(tmp_path, name):
    with pytest.raises(NotFound):
        dossier.find(tmp_path, name)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"{", b"\xff", b'{"eval": 1}', b"[" * 9000])
def test_a_file_that_was_changed_is_said(tmp_path, data):
    (tmp_path / dossier.EVAL).write_bytes(data)
    with pytest.raises(Corrupt, match="eval"):
        dossier.read_summary(tmp_path)


def test_observations_of_another_shape_are_said():
    with pytest.raises(Corrupt):
        dossier.parse_observations(b"\x01")


# --- before there is anything to keep -----------------------------------------------------


def test_trying_to_write_leaves_nothing_behind(tmp_path):
    dossier.refuse_unwritable(tmp_path, bytes)
    assert list((tmp_path / dossier.FOLDER).iterdir()) == []
    assert dossier.names(tmp_path) == []


def test_where_nothing_can_be_written_that_is_known_beforehand(tmp_path):
    (tmp_path / ".sigil").write_text("no folder")
    with pytest.raises(Unwritable):
        dossier.refuse_unwritable(tmp_path, bytes)


def test_where_nothing_can_be_sealed_that_is_known_beforehand(tmp_path):
    with pytest.raises(InvalidValue):
        dossier.refuse_unwritable(tmp_path, lambda data: seal_bytes(data, ["age1nobody"]))
