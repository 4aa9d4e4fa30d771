"""A process killed at any call that writes loses nothing that it had reported as done."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from sigil.testing.crash import deaths

FILE = Path(__file__).with_name("scenarios.py")
SCENARIOS = runpy.run_path(str(FILE))["SCENARIOS"]
pytestmark = pytest.mark.crash


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_kill_at_any_write_loses_nothing_that_was_reported(scenario, memory):
    check = SCENARIOS[scenario]
    found = []
    for death in deaths(FILE, scenario, memory):
        try:
            check(death.directory, death.acknowledged)
        except Exception as error:
            raise AssertionError(
                f"killed {death.moment} {death.name} (call {death.call}), "
                f"having reported {death.acknowledged}"
            ) from error
        found.append(death)
    assert found[-1].name == "", "the last child runs through"
    assert found[-1].acknowledged, "and reports something"
    assert len(found) > 5
