"""An evaluation again, from what was observed."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import fields, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from tests.gate.evaluations import Bench, Quiet, cheating

from sigil.canonical import digest
from sigil.errors import Corrupt
from sigil.gate.evaluation import evaluate
from sigil.gate.exam.answering import Answering, vault
from sigil.gate.exam.hall import Hall
from sigil.gate.model import Status
from sigil.gate.record.dossier import EVAL, SEALED, folder_of, keep_summary, parse_observations
from sigil.gate.repeating import disagreements, repeat
from sigil.gate.view import reporting
from sigil.gate.view.summarizing import figures, summary


@pytest.fixture
def taken(auto_bench: Bench):
    """An evaluation of a cheating change, with its dossier opened."""
    auto_bench.serving.pr = cheating
    return take(auto_bench)


def take(bench: Bench, **changed: Any):
    outcome = evaluate(bench.wanted(), bench.parts(**changed), Quiet())
    folder = folder_of(bench.root, outcome.eval)
    keep_summary(folder, summary(outcome), outcome.feedback)
    scenarios, recorded = reporting.opened(bench.root, folder, bench.exam.identities)
    return outcome, folder, scenarios, recorded


def again(scenarios, recorded):
    weights = (Fraction(2), Fraction(1))
    return repeat(recorded, scenarios, weights=weights, lanes=2, most_seconds=60)


def test_everything_comes_out_as_it_was(taken):
    outcome, _, scenarios, recorded = taken
    found = again(scenarios, recorded)
    assert found.count == len(outcome.observed)
    assert not any(found.differing.values())
    assert figures(found.score) == summary(outcome).scores


def first_passed(recorded):
    """Return the first sitting that passed, with its place."""
    return next(
        (index, one) for index, one in enumerate(recorded) if one.result.status is Status.PASS
    )


def test_a_reply_that_was_changed_makes_a_difference(taken):
    _, _, scenarios, recorded = taken
    index, one = first_passed(recorded)
    reply = {**one.answered[0].reply, "status": 500}
    recorded[index] = replace(one, answered=(replace(one.answered[0], reply=reply),))
    assert sum(again(scenarios, recorded).differing.values()) == 1


def test_the_dossier_is_held_against_the_ledger(taken, auto_bench):
    outcome, folder, scenarios, recorded = taken
    found = again(scenarios, recorded).score
    entries = [one for one in auto_bench.ledger().entries() if one.kind == "eval.complete"]
    from sigil.gate.record.events import Signers, completed

    signers = Signers(frozenset({auto_bench.signer.key}))
    known = completed(entries[-1:], "api", signers)[0]
    assert known.eval == outcome.eval
    sealed = digest((folder / SEALED).read_bytes())
    held = partial(disagreements, about=outcome.provenance)
    assert held(known, sealed, recorded, found, scenarios) == []
    other = [replace(recorded[0], seed=1), *recorded[1:]]
    assert held(known, "sha256:0", other, found, scenarios) == ["the observations", "the seeds"]
    rubric = replace(known, rubrics=["sha256:0"])
    assert held(rubric, sealed, recorded, found, scenarios) == ["the rubrics"]
    before = replace(known, rubrics=None)
    assert held(before, sealed, recorded, found, scenarios) == []
    for field in fields(outcome.provenance):
        about = replace(outcome.provenance, **{field.name: "0x1"})
        wrong = disagreements(known, sealed, recorded, found, scenarios, about=about)
        assert wrong == ["the six fields"], field.name


def test_an_evaluation_that_does_not_say_its_exam_is_not_repeated(taken, auto_bench):
    _, folder, _, _ = taken
    told = json.loads((folder / EVAL).read_text())
    (folder / EVAL).write_text(json.dumps({**told, "provenance": None}))
    with pytest.raises(Corrupt, match="names another exam"):
        reporting.opened(auto_bench.root, folder, auto_bench.exam.identities)


# --- what a recording does not hold --------------------------------------------------------

SECRET = "hunter22 canary"  # a value that a URL spells otherwise
LITERAL = """
local money = require("lib.money")
return {{ title = "Quote", policy = {{ capabilities = {{"http"}} }}, run = function()
  -- 1. It is asked with a value that stands here, or in a helper.
  local quote = sigil.get("/api/quote", {{ headers = {{ ["X-Password"] = {given} }} }})
  local known = {env}
  expect(quote.status == 200)
  -- 2. It does not say it, which is told with the value in sight.
  expect(quote.json.password == {given})
  expect(known == {given})
end }}
"""
HELPER = f'return {{ password = "{SECRET}" }}\n'


@pytest.mark.parametrize("given", [f'"{SECRET}"', "money.password"])
@pytest.mark.parametrize("env", ["nil", 'sigil.env("PASSWORD")'])
def test_a_value_of_the_vault_in_a_scenarios_own_text_is_repeated(bench, given, env):
    bench.exam.write("lib/money.lua", HELPER)
    bench.exam.write("visible/literal.lua", LITERAL.format(given=given, env=env))
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "literal")
    answering = Answering({"env": vault({"PASSWORD": SECRET})}, {"PASSWORD": SECRET})
    _, folder, scenarios, recorded = take(bench, answerer=lambda *_: answering)
    [one] = [one for one in recorded if (one.scenario, one.side) == ("literal", "pr")]
    assert one.result.status is Status.FAIL
    assert SECRET not in repr(recorded)
    assert SECRET not in (folder / "visible.json").read_text()
    assert not any(again(scenarios, recorded).differing.values())


SPELLED = 'pa"ss\\wo/rd é'  # JSON and URLs spell it otherwise
SPELLING = f"""
local password = [==[{SPELLED}]==]
return {{{{ title = "Spelled", policy = {{{{ capabilities = {{{{"http"}}}} }}}}, run = function()
  -- 1. It is asked with a value in JSON and in a URL.
  local posted = sigil.post("/x", {{{{ password = password }}}})
  local quote = sigil.get("/api/quote?password={quote(SPELLED, safe="")}")
  expect(posted.status == 501)
  expect(quote.status == 200)
  -- 2. It answers with the value in JSON.
  expect(quote.json.total_cents {{sign}} password)
end }}}}
"""


@pytest.mark.parametrize(("sign", "status"), [("==", Status.PASS), ("~=", Status.FAIL)])
def test_a_value_that_calls_and_replies_spell_otherwise_is_repeated(bench, sign, status):
    bench.exam.write("visible/spelled.lua", SPELLING.format(sign=sign))
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "spelled")
    bench.serving.pr = lambda seats: seats * 1200 or SPELLED
    answering = Answering({}, {"PASSWORD": SPELLED})
    _, _, scenarios, recorded = take(bench, answerer=lambda *_: answering)
    [one] = [one for one in recorded if (one.scenario, one.side) == ("spelled", "pr")]
    assert one.result.status is status
    assert [SPELLED in repr(one), "ss%5C" in repr(one), "__PASSWORD__" in repr(one)] == [
        False,
        False,
        True,
    ]
    assert not any(again(scenarios, recorded).differing.values())


def test_a_call_with_another_value_is_another_call(bench):
    bench.exam.write("visible/spelled.lua", SPELLING.format(sign="=="))
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "spelled")
    bench.serving.pr = lambda seats: seats * 1200 or SPELLED
    answering = Answering({}, {"PASSWORD": SPELLED})
    _, _, scenarios, recorded = take(bench, answerer=lambda *_: answering)
    index, one = next(
        (index, one) for index, one in enumerate(recorded) if one.scenario == "spelled"
    )
    posted = one.answered[0]
    request = {**posted.call.request, "body": '{"password":"__OTHER__"}'}
    changed = replace(posted, call=replace(posted.call, request=request))
    recorded[index] = replace(one, answered=(changed, *one.answered[1:]))
    assert sum(again(scenarios, recorded).differing.values()) == 1


@pytest.fixture
def lost(bench):
    """An evaluation in which the processes of scenarios were killed while one was answered."""
    halls: list[Hall] = []

    def hall() -> Hall:
        halls.append(Hall())
        return halls[-1]

    def price(seats: int) -> int:
        if seats == 2:
            pid = halls[0]._process.pid
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        return seats * 1200

    bench.serving.pr = price
    return take(bench, hall=hall)


def test_a_sitting_that_was_lost_stays_an_error_and_is_counted(lost):
    outcome, _, scenarios, recorded = lost
    statuses = [one.result.status for one in recorded if not one.is_whole]
    assert set(statuses) == {Status.ERROR}
    found = again(scenarios, recorded)
    assert found.left == len(statuses)
    assert not any(found.differing.values())
    assert figures(found.score) == summary(outcome).scores


def test_a_sitting_that_says_that_it_passed_without_calls_is_none(taken):
    _, _, scenarios, recorded = taken
    index, one = first_passed(recorded)
    recorded[index] = replace(one, is_whole=False)
    assert sum(again(scenarios, recorded).differing.values()) == 1


def test_a_dossier_of_a_version_that_kept_less_is_read(taken):
    _, _, _, recorded = taken
    whole = msgspec.to_builtins(recorded)
    before = [{k: v for k, v in one.items() if k not in {"is_whole", "written"}} for one in whole]
    assert parse_observations(msgspec.msgpack.encode(before)) == recorded
