"""A search in which a model proposes: the official client, a server on loopback, the sandbox."""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from tests.optimize.asking import chance, configure, function, lineage, multiples
from tests.optimize.conftest import search

from sigil import errors
from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.evaluate.lanes import Lanes
from sigil.evaluate.result import Evaluation
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import candidate_folder, load_history, open_workspace
from sigil.testing.model_server import Fault, ModelServer, Script

pytest.importorskip("openai")


def searched(repository: Path, script: Script, **flags: object) -> tuple[Summary, ModelServer]:
    with ModelServer(script) as server:
        configure(repository, server)
        return search(repository, **flags), server


def test_what_a_model_proposes_is_measured_and_accepted(repository: Path) -> None:
    def right(request: Mapping[str, Any], number: int) -> str:
        return function("x * x" if number == 5 else f"x * {number}")

    summary, _ = searched(repository, right, budget_evals=8)
    winner = summary.history.chosen(None)
    assert "return x * x" in winner.patch
    assert summary.history.measured() == 8
    assert summary.spent is not None
    assert summary.spent.exchanges == 8


def test_the_prompt_of_a_winner_stands_beside_its_patch(repository: Path) -> None:
    summary, _ = searched(repository, lambda request, number: function("x * x"), budget_evals=1)
    winner = summary.history.chosen(None)
    prompt = json.loads((candidate_folder(summary.run, winner.id) / "prompt.json").read_text())
    assert "def square" in prompt["request"]["messages"][-1]["content"]
    assert "x * x" in prompt["reply"]["text"]


def test_neither_lanes_nor_requests_in_flight_nor_delays_change_a_lineage(
    repository: Path,
) -> None:
    one, _ = searched(repository, multiples, budget_evals=24, lanes=1, in_flight=1, workspace="a")
    many, _ = searched(repository, multiples, budget_evals=24, lanes=4, in_flight=8, workspace="b")
    assert lineage(one) == lineage(many)
    assert one.history.measured() == 24


def test_what_has_arrived_is_measured_while_the_first_answer_is_waited_for(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = threading.Semaphore(0)
    seen: list[bool] = []
    submit = Lanes.submit

    def counted(self: Lanes, *candidate: Any) -> Future[Evaluation]:
        measured.release()
        return submit(self, *candidate)

    def silent_first(request: Mapping[str, Any], number: int) -> str:
        if number == 0:
            seen.extend(measured.acquire(timeout=20) for _ in range(3))
        return function(f"x * {number}")

    monkeypatch.setattr(Lanes, "submit", counted)
    summary, _ = searched(repository, silent_first, budget_evals=4, lanes=1)
    assert seen == [True, True, True]
    assert summary.history.measured() == 4


def test_recorded_answers_give_the_same_lineage_without_a_network(repository: Path) -> None:
    asked, _ = searched(repository, multiples, budget_evals=12)
    (repository / ".sigil" / "sigil.yaml").unlink()
    exchanges = str(asked.run / "exchanges.jsonl")
    flags = {"provider": "replay", "exchanges": exchanges, "budget_evals": 12}
    replayed = search(repository, "again", **flags)
    assert lineage(replayed) == lineage(asked)


def test_a_resumed_run_asks_nothing_twice(repository: Path) -> None:
    with ModelServer(multiples) as server:
        configure(repository, server)
        first = search(repository, budget_evals=10)
        before = len(server.asked)
        second = search(repository, resume=True, budget_evals=20)
        assert list(second.history.candidates)[:10] == list(first.history.candidates)
        assert second.history.measured() == 20
        assert len(server.asked) - before == second.spent.exchanges - first.spent.exchanges


def test_a_resumed_run_comes_out_as_one_that_was_never_interrupted(repository: Path) -> None:
    with ModelServer(multiples) as server:
        configure(repository, server)
        search(repository, workspace="parts", budget_evals=9)
        parts = search(repository, workspace="parts", resume=True, budget_evals=20)
        whole = search(repository, workspace="whole", budget_evals=20)
    assert list(parts.history.candidates) == list(whole.history.candidates)


def test_a_refusal_ends_a_run_that_can_be_gone_on_with(repository: Path) -> None:
    refuses = [True]

    def script(request: Mapping[str, Any], number: int) -> str | Fault:
        late = number >= 5 and refuses[0]
        return Fault("wrong key", status=401) if late else multiples(request, number)

    with ModelServer(script) as server:
        configure(repository, server)
        with pytest.raises(errors.ProviderRefused):
            search(repository, budget_evals=12, in_flight=1)
        refuses[0] = False
        summary = search(repository, resume=True, budget_evals=12)
    assert summary.history.measured() == 12


def test_a_budget_of_money_ends_a_run(repository: Path) -> None:
    with ModelServer(multiples) as server:
        configure(repository, server, price_input_usd=100.0, price_output_usd=100.0, max_tokens=100)
        summary = search(repository, budget_evals=500, budget_usd=1.0)
    assert summary.reason == "the budget of $1.00 is spent"
    assert summary.spent is not None
    assert 0.3 < summary.spent.cost_usd <= 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "I would rather not.",
        "",
        "x" * 10_000_000,
        Fault(b"\xff\xfe\x00 not text"),
        "```diff\n--- a/other.py\n+++ b/other.py\n@@ -1 +1 @@\n-a\n+b\n```",
        Fault(status=500),
        Fault("half", dropped=True),
    ],
    ids=["prose", "nothing", "10 MB", "no UTF-8", "outside", "500", "dropped"],
)
def test_an_answer_of_no_use_costs_one_question(repository: Path, answer: str | Fault) -> None:
    def script(request: Mapping[str, Any], number: int) -> str | Fault:
        return answer if number == 1 else multiples(request, number)

    summary, _ = searched(repository, script, budget_evals=6)
    assert summary.history.measured() == 6


def test_every_useless_answer_is_on_record_once(repository: Path) -> None:
    def script(request: Mapping[str, Any], number: int) -> str:
        return "No idea." if chance(request) % 2 else function(f"x * {chance(request) % 1000}")

    with ModelServer(script) as server:
        configure(repository, server)
        search(repository, budget_evals=4)
        whole = search(repository, resume=True, budget_evals=12)
    answered = sum(one.told for one in whole.history.rounds)
    assert answered == len(whole.history.rounds)
    assert whole.history.refused.total() == len(whole.history.rounds) - 12


def test_what_was_measured_before_a_refusal_is_confirmed(repository: Path) -> None:
    def script(request: Mapping[str, Any], number: int) -> str | Fault:
        return Fault("no credit", status=403) if number >= 4 else function("x * x")

    with ModelServer(script) as server:
        configure(repository, server)
        with pytest.raises(errors.ProviderRefused):
            search(repository, budget_evals=12, in_flight=1)
    run = open_workspace(load_spec(repository, "square"), "w").find_run()
    assert load_history(run).winner is not None


def test_a_model_that_repeats_itself_is_asked_four_times_for_each_evaluation(
    repository: Path,
) -> None:
    summary, _ = searched(repository, lambda request, number: function("x * 2"), budget_evals=3)
    assert summary.reason == "12 questions brought only 1 evaluation"
    assert summary.spent is not None
    assert summary.spent.exchanges == 12
    told = {reason for _, reason in summary.history.refused}
    assert told == {"the same program as before", "the answer changes nothing"}
    assert summary.history.refused.total() == 11


def test_a_model_that_nobody_can_reach_is_told_of_and_ends_a_run(repository: Path) -> None:
    class Watching(Silent):
        def __init__(self) -> None:
            self.warnings: list[str] = []

        def warning(self, problem: str) -> None:
            self.warnings.append(problem)

    with ModelServer(lambda request, number: Fault("gone", status=500)) as server:
        configure(repository, server, retries=0)
    report = Watching()
    spec = load_spec(repository, "square")
    plan = make_plan(spec, None, {"num": 4})
    with pytest.raises(errors.ProviderFailed, match="no model answered: ") as raised:
        run(plan, open_workspace(spec, "w"), report)
    assert raised.value.exit_code == 53
    assert [line.split(":")[0] for line in report.warnings] == ["a model did not answer"]
    assert load_history(open_workspace(spec, "w").find_run()).ended is not None


def test_a_model_that_was_not_reached_in_time_is_an_error(repository: Path) -> None:
    with ModelServer(lambda request, number: Fault("busy", status=503)) as server:
        configure(repository, server, retries=9)
        with pytest.raises(errors.ProviderFailed, match=r"no model answered: .*busy") as raised:
            search(repository, budget_time=3.0)
    assert raised.value.exit_code == 53


def test_a_budget_that_no_question_fits_is_an_error(repository: Path) -> None:
    with ModelServer(multiples) as server:
        configure(repository, server)
        with pytest.raises(errors.BudgetSpent, match="is too small for one question") as raised:
            search(repository, budget_tokens=3000)
        assert (raised.value.exit_code, server.asked) == (55, [])


def test_useless_answers_end_a_run_when_patience_does(repository: Path) -> None:
    summary, _ = searched(repository, lambda request, number: "No idea.", patience=10)
    assert summary.reason == "no progress in 10 evaluations and answers"
    assert summary.history.measured() == 0
