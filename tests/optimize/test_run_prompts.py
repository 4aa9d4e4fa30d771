"""What a model is asked in a run: how a change is judged, and no held-out input."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.optimize.asking import configure, function, multiples
from tests.optimize.conftest import SOURCE, SPEC, search

from sigil.testing.model_server import ModelServer

pytest.importorskip("openai")

JUDGED = """\
version: "0.1"
name: points
description: Squares of whole numbers.
inputs:
  cases:
    - {args: [31337], expected: 982007569}
    - {args: [-31337], expected: 982007569}
holdout:
  cases:
    - {args: [71077], expected: 5051939929}
metrics:
  - {id: error, kind: call, measure: error}
  - {id: right, kind: call, measure: agreement}
  - {id: words, kind: numeric, command: python3 count.py 90210}
aggregate: {objective: min(error) subject_to words <= 99, tie_breakers: [-mean(right)]}
accept: {rule: error <= 0.5 * baseline.error}
replay: {seed: 1}
"""
PINNED, LOW = "the pinned function", "lower is better"
DIFFERENCE = f"difference of what {PINNED} returns from what is expected"
BESIDES = "Besides: right 0 (no objective), words {} (no objective)."
COUNT = "print(len(open('square.py').read().split()))\n"


def users(server: ModelServer) -> list[str]:
    """Return what the user says in each request, in order of arrival."""
    return [asked.body["messages"][-1]["content"] for asked in server.asked]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the prompts of a run whose eval has several metrics and inputs of a kind."""
    root = tmp_path_factory.mktemp("judged")
    home = root / ".sigil"
    home.mkdir()
    (home / "square.sigil.yaml").write_text(f"{SPEC}description: Make it square.\n")
    (root / "square.py").write_text(SOURCE)
    (root / "count.py").write_text(COUNT)
    (home / "points.eval.yaml").write_text(JUDGED)
    with ModelServer(lambda request, number: function(f"x * {number + 2}")) as server:
        configure(root, server)
        search(root, budget_evals=6, in_flight=1, lanes=1, num=2)
        return users(server)


@pytest.mark.parametrize(
    "line",
    [
        "Make it square.",
        "Squares of whole numbers.",
        "objective: min(error) subject_to words <= 99",
        "accepted if: error <= 0.5 * baseline.error",
        f"error: the mean absolute {DIFFERENCE}; {LOW}",
        f"right: the share of the calls of {PINNED} that give what is expected, 0 to 1",
        "words: a number that the command python3 count.py … prints; a condition",
        "of equals the better one by: mean(right), higher is better",
        f"BASELINE, the unchanged code. Measured: error 9.82008e+08 ({LOW}). {BESIDES.format(4)}",
    ],
)
def test_every_prompt_tells_how_a_change_is_judged(judged: list[str], line: str) -> None:
    assert all(line in prompt.split("\n") for prompt in judged)


def test_a_parent_and_its_relatives_are_told_with_all_their_metrics(judged: list[str]) -> None:
    measured = rf"Measured: error [\d.e+]+ \({LOW}\)\. {re.escape(BESIDES.format(6))}"
    assert re.search(f"(?m)^This code is [0-9a-f]+. {measured}$", "\n".join(judged))
    assert re.search(f"(?m)^Another candidate, [0-9a-f]+. {measured}$", "\n".join(judged))


def test_no_prompt_holds_an_input_or_what_may_be_one(judged: list[str]) -> None:
    for shown in ("31337", "982007569", "71077", "5051939929", "90210"):
        assert shown not in "".join(judged)


def test_what_only_held_out_inputs_refuse_is_told_to_no_model(repository: Path) -> None:
    def by_heart(request: Mapping[str, Any], number: int) -> str:
        return function("982007569" if number == 0 else f"x * {number}")

    (repository / "count.py").write_text(COUNT)
    path = repository / ".sigil" / "points.eval.yaml"
    path.write_text(JUDGED.replace("measure: error", "measure: error, goal: 0"))
    with ModelServer(by_heart) as server:
        configure(repository, server)
        summary = search(repository, budget_evals=4, in_flight=1, num=1)
    learned = next(iter(summary.history.candidates.values()))
    assert learned.accepted is False
    assert summary.history.measured() == 4
    assert "error 0 (lower is better)" in users(server)[-1]
    for kept in ("71077", "5051939929", "4.06993e+09", "held-out"):
        assert kept not in "".join(users(server))


def test_a_template_of_the_repository_is_sent_and_kept_when_a_run_is_gone_on_with(
    repository: Path,
) -> None:
    own = repository / ".sigil" / "prompts" / "user.txt"
    own.parent.mkdir()
    own.write_text("As it was begun.\n\n$code\n")
    with ModelServer(multiples) as server:
        configure(repository, server)
        search(repository, budget_evals=3)
        before = len(server.asked)
        own.write_text("As it was changed.\n\n$code\n")
        search(repository, resume=True, budget_evals=6)
    assert 0 < before < len(server.asked)
    assert {prompt.partition("\n")[0] for prompt in users(server)} == {"As it was begun."}
