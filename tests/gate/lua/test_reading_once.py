"""A scenario that runs again and again is read once, and every run is told as its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.gate.lua.worlds import scenario, serving

from sigil.errors import MalformedScenario
from sigil.gate.lua import run, run_scenario
from sigil.gate.model import Status


def test_a_scenario_is_parsed_once_however_many_services_it_meets(monkeypatch):
    parsed = []

    def parse(text: str, path: str):
        parsed.append(path)
        return original(text, path)

    original = run.parse
    monkeypatch.setattr(run, "parse", parse)
    read = scenario("-- met by many services\nexpect(sigil.get('/').status == 200)")
    statuses = [
        run_scenario(read, serving({}, status), seed=7).result.status for status in (200, 500, 200)
    ]
    assert (statuses, len(parsed)) == ([Status.PASS, Status.FAIL, Status.PASS], 1)


def test_a_text_that_is_refused_is_refused_each_time_by_the_name_that_it_has_then():
    refused = scenario("local sigil = 1")
    for path in ("one.lua", "one.lua", "other.lua"):
        with pytest.raises(MalformedScenario, match=f"^{path}:3: sigil is taken"):
            run_scenario(replace(refused, path=path), serving({}), seed=7)
