"""`sigil compare` on an evaluation with judges: who says what, what it costs, and the wall."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from click.testing import CliRunner, Result
from tests.gate.evaluations import Bench, Quiet, make_bench, served

from sigil.cli.sigil import sigil
from sigil.errors import KeyMissing, NotFound, ProviderRefused, SealBroken, UsageError
from sigil.gate.bundle.sealing import seal_bytes
from sigil.gate.evaluation import evaluate
from sigil.gate.exam.answerers import Answerers
from sigil.gate.record.dossier import folder_of, keep_exchanges, keep_summary
from sigil.gate.view.summarizing import summary
from sigil.llm.model import Message, Request
from sigil.testing.exam_models import ScriptedJudge
from sigil.testing.model_server import ModelServer

JUDGED = """
return {{
  policy = {{ capabilities = {{"http", "judge"}} }},
  run = function()
    expect(sigil.get("/api/quote?seats=5").status == 200)
    --- It names "{word}".
    sigil.judge("the {half} text, canary-{half}", {{ min_score = 0.8 }})
    --- It is kind.
    sigil.judge("the {half} text", {{ min_score = 0.8 }})
  end,
}}
"""


@dataclass(frozen=True)
class Done:
    """An evaluation whose judge was content with everything."""

    bench: Bench
    folder: Path
    keys: Path

    def typed(self, *words: str, keys: str = "") -> Result:
        runner = CliRunner(env={"SIGIL_KEYS": keys or str(self.keys), "MODEL_KEY": "k-123"})
        return runner.invoke(sigil, ["compare", *words, "--repo-root", str(self.bench.root)])


def answering(body: Mapping[str, Any], number: int) -> str:
    """A judge that is content with nothing."""
    messages = tuple(Message(one["role"], one["content"]) for one in body["messages"])
    return ScriptedJudge(0.1).complete(Request(messages)).text


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer(answering) as running:
        yield running


@pytest.fixture(scope="module")
def done(tmp_path_factory, past, signer, server) -> Iterator[Done]:
    above = tmp_path_factory.mktemp("judged")
    keys = above / "keys"
    keys.mkdir(mode=0o700)
    with served() as serving:
        bench = make_bench(above / "repository", serving, past, signer)
        file = keys / "api.agekey"
        file.touch(mode=0o600)
        file.write_text(f"{bench.exam.key}\n")
        bench.exam.write("visible/judged.lua", JUDGED.format(word="missing", half="visible"))
        bench.exam.seal(JUDGED.format(word="text", half="sealed"))
        policy = json.loads((bench.root / ".sigil/gate.yaml").read_text())
        strict = {
            "provider": "openai-compatible",
            "model": "m-1",
            "base_url": server.openai_url,
            "key_variable": "MODEL_KEY",
        }
        policy["services"]["api"]["models"] = {
            "judge": {"provider": "stub"},
            "strict": strict,
            "keyless": {**strict, "key_variable": "NO_SUCH_KEY"},
        }
        (bench.root / ".sigil/gate.yaml").write_text(json.dumps(policy))
        bench.git("add", "-A")
        bench.git("commit", "-q", "-m", "judged")
        folder = evaluated(bench)
        yield Done(bench, folder, keys)


def evaluated(bench: Bench) -> Path:
    with Answerers({"MODEL_KEY": "k-123"}, providers={"judge": ScriptedJudge(0.9)}) as answerers:
        outcome = evaluate(bench.wanted(), bench.parts(answerer=answerers.make), Quiet())
        folder = folder_of(bench.root, outcome.eval)
        keep_exchanges(
            folder, answerers.exchanges, lambda data: seal_bytes(data, [bench.exam.recipient])
        )
    keep_summary(folder, summary(outcome), outcome.feedback)
    return folder


def test_what_was_said_is_held_against_the_rules_and_nobody_is_asked(done, server):
    before = len(server.asked)
    found = json.loads(done.typed("--json").stdout)
    assert [one["scores"] for one in found["subjects"]] == [
        {"recorded": 0.9, "rules": 0.0},
        {"recorded": 0.9, "rules": None},
    ]
    assert found["pairs"] == [{"judges": ["recorded", "rules"], "both": 1, "same": 0, "kappa": 0.0}]
    assert len(server.asked) == before


def test_a_disputed_subject_is_named_by_its_scenario_and_place(done):
    said = done.typed().stdout
    assert "disputed: judged, judgement 1, from 0.8: recorded 0.90 · rules 0.00" in said
    assert "cost: recorded (scripted): " in said


def test_a_judge_that_is_named_is_asked_and_what_it_says_is_kept_sealed(done, server):
    found = json.loads(done.typed("--judge", "strict", "--json").stdout)
    assert [one["scores"]["strict"] for one in found["subjects"]] == [0.1, 0.1]
    assert len(found["pairs"]) == 3
    assert found["costs"][-1].startswith("strict: 6 answers")
    [kept] = done.folder.glob("compared_*.age")
    opened = pyrage.decrypt(kept.read_bytes(), [done.bench.exam.key])
    assert b"canary-visible" in opened
    assert b"canary-sealed" not in opened
    assert not any("sealed" in json.dumps(one.body) for one in server.asked)


def test_what_holdouts_had_judged_is_for_a_terminal_alone(done):
    for words in (["--holdouts"], ["--holdouts", "--json"]):
        assert isinstance(done.typed(*words).exception, UsageError)
    assert "sealed" not in done.typed("--json").stdout


def test_it_needs_the_key_of_the_exam(done, tmp_path):
    assert isinstance(done.typed(keys=str(tmp_path)).exception, KeyMissing)


def test_a_judge_that_the_base_branch_does_not_name_is_not_asked(done):
    error = done.typed("--judge", "nobody").exception
    assert isinstance(error, NotFound)
    assert "there are: judge, strict" in str(error)


def test_a_judge_is_named_once(done):
    for words in (["--judge", "strict", "--judge", "strict"], ["--judge", "rules"]):
        assert isinstance(done.typed(*words).exception, UsageError)


def test_a_judge_that_cannot_be_asked_ends_with_why_after_all_that_was_found(done):
    result = done.typed("--judge", "keyless")
    assert isinstance(result.exception, ProviderRefused)
    assert "keyless: 6 of 6 questions have no answer: " in str(result.exception)
    assert "cost: keyless: no answer" in result.stdout
    assert "recorded and rules: 0 alike of 1" in result.stdout


def test_a_judge_that_cannot_be_asked_is_in_the_document_too(done):
    result = done.typed("--judge", "keyless", "--json")
    assert result.exit_code != 0
    [failure] = json.loads(result.stdout)["failures"]
    assert failure.startswith("keyless: 6 of 6 questions have no answer: ")


@pytest.fixture
def exchanges(done) -> Iterator[Path]:
    path = done.folder / "exchanges.age"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


@pytest.mark.parametrize("text", [b"[]", b"5", b'{"request":1}', b"notjson", b"\xff"])
def test_what_is_sealed_and_no_exchange_is_refused_in_one_line(done, exchanges, text):
    exchanges.write_bytes(seal_bytes(text, [done.bench.exam.recipient]))
    error = done.typed().exception
    assert isinstance(error, SealBroken)
    assert str(error).startswith(f"{exchanges}: under its seal is something else")
