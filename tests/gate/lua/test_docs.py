"""What the reference shows is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.gate.lua.worlds import World, response

from sigil.gate.lua import lint, run_scenario
from sigil.gate.lua.names import LIBRARIES
from sigil.gate.model import Scenario, Status
from sigil.gate.view.frames import failure_frame

PAGE = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```lua\n(.*?)```", PAGE, re.DOTALL)
PATH = ".sigil/scenarios/api/visible/orders/cancel.lua"


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_has_no_findings(text):
    assert lint(Scenario("a", "visible", text, "a.lua")) == []


def test_the_picture_is_that_of_the_first_example():
    def shop(request: dict[str, object]) -> dict[str, object]:
        if request["path"] == "/api/orders":
            return response({"id": 17}, 201)
        return {"status": 200, "headers": {}, "body": "", "elapsed_ms": 2}

    scenario = Scenario("orders/cancel", "visible", EXAMPLES[0], PATH)
    done = run_scenario(scenario, World(http=shop), seed=1)
    assert done.result.status is Status.FAIL
    frame = failure_frame(scenario, done.evidence)
    shown = PAGE.split("```text\n")[1].split("```")[0]
    assert shown.rstrip() in frame


def test_every_name_of_the_language_is_in_the_reference():
    for library, names in LIBRARIES.items():
        for name in names:
            assert re.search(rf"\b{name}\b", PAGE), f"{library}.{name}"


def test_every_rule_of_lint_is_in_the_reference():
    source = (Path(__file__).parents[3] / "src/sigil/gate/lua/lint.py").read_text(encoding="utf-8")
    rules = set(re.findall(r'"([a-z-]+)", "(?:error|warning)"', source))
    assert len(rules) > 5
    assert all(f"`{rule}`" in PAGE for rule in rules)
