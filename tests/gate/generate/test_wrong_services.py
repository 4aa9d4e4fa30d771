"""Wrong services: what tells nothing is refused, and what tells something is noticed."""

from __future__ import annotations

from sigil.gate.effects import Answered, Call
from sigil.gate.generate.validating import Candidate, Examiner, Ran, validate
from sigil.gate.model import Status

HEAD = 'return { policy = { capabilities = { "http" } }, run = function()\n'


def verdict(body: str, run=None, **more):
    text = f"{HEAD}{body}\nend }}\n"
    examiner = Examiner(run, {}, {}, "docs/specs/x.md", **more)
    return validate([Candidate("x", "visible", ("criterion-1",), text)], examiner)[0]


def answers(body: str):
    """A baseline that passes, having answered one request so."""
    reply = {"status": 200, "headers": {}, "body": body, "encoding": "utf-8", "elapsed_ms": 1}
    return lambda scenario: Ran(
        Status.PASS, (Answered(Call("http", {"method": "GET", "path": "/x"}), reply),)
    )


def test_a_scenario_that_every_service_passes_is_refused():
    found = verdict('local r = sigil.get("/x")\nexpect(r.status < 1000)')
    assert (found.noticed, found.refused) == (0, "no wrong service fails it, so it tells nothing")


def test_a_value_that_is_looked_at_is_noticed_when_it_changes():
    looks = 'local r = sigil.get("/x")\nexpect(r.json.n == 3)'
    ignores = 'local r = sigil.get("/x")\nexpect(r.status == 200)'
    run = answers('{"n": 3}')
    assert verdict(looks, run).noticed > verdict(ignores, run).noticed > 0


def test_a_scenario_that_does_not_parse_never_runs():
    found = verdict("local", run=None)
    assert (found.stage, found.refused) == (1, "line 3: malformed")


def test_an_error_on_the_baseline_refuses_even_where_failing_is_expected():
    def run(scenario):
        return Ran(Status.ERROR, ())

    found = verdict('expect(sigil.get("/x").status == 200)', run, expect_failing=True)
    assert (found.stage, found.refused) == (2, "it ends in an error on the baseline")


def test_a_scenario_that_a_wrong_service_keeps_for_ever_is_refused(monkeypatch):
    monkeypatch.setattr("sigil.gate.generate.validating.DISCRIMINATING_S", 0.5)
    endless = 'string.find(("a"):rep(40), ("a*"):rep(40) .. "b")'
    found = verdict(f'if sigil.get("/x").status ~= 200 then {endless} end\nexpect(true)')
    assert found.refused == "against wrong services it does not end within 0.5 s"
