"""A search in which a model proposes: the official client, a server on loopback, the sandbox."""

import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from tests.optimize.conftest import SOURCE, SPEC

from sigil import errors
from sigil.canonical import digest
from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.evaluate.lanes import Lanes
from sigil.evaluate.result import Evaluation
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import candidate_folder, load_history, open_workspace
from sigil.search.optimizers import built_in_names
from sigil.testing.model_server import Fault, ModelServer, Script

pytest.importorskip("openai")


def chance(request: Mapping[str, Any]) -> int:
    """Return a number that depends on what is asked alone."""
    return int(digest(json.dumps(request["messages"]).encode())[-8:], 16)


def function(body: str) -> str:
    return f"Try {body}.\n\n```python\ndef square(x):\n    return {body}\n```\n"


def multiples(request: Mapping[str, Any], number: int) -> str | Fault:
    """Answer with some multiple of x, and now and then late."""
    drawn = chance(request)
    text = function(f"x * {drawn % 1000}")
    return Fault(text, delay_s=0.05) if drawn % 5 == 0 else text


def configure(repository: Path, server: ModelServer, **more: object) -> None:
    entry = {"provider": "openai-compatible", "model": "any", "base_url": server.openai_url}
    entry |= {"price_input_usd": 1.0, "price_output_usd": 1.0, **more}
    models = {"optimizer_params": {"simple": {"models": {"default_llm": entry}}}}
    (repository / ".sigil" / "sigil.yaml").write_text(json.dumps(models))
    path = repository / ".sigil" / "points.eval.yaml"
    path.write_text(path.read_text().replace("measure: agreement\n    goal: 1", "measure: error"))
    path.write_text(path.read_text().replace("max(agreement)", "min(agreement)"))
    path.write_text(path.read_text().replace("agreement >= 1", "agreement <= 0.01"))


def search(
    repository: Path, workspace: str = "w", resume: bool = False, **flags: object
) -> Summary:
    spec = load_spec(repository, "square")
    place = open_workspace(spec, workspace)
    existing = place.find_run() if resume else None
    plan = make_plan(spec, None, {"num": 4, **flags}, recorded=existing)
    return run(plan, place, Silent(), existing=existing)


def searched(repository: Path, script: Script, **flags: object) -> tuple[Summary, ModelServer]:
    with ModelServer(script) as server:
        configure(repository, server)
        return search(repository, **flags), server


def lineage(summary: Summary) -> bytes:
    return (summary.run / "index.json").read_bytes()


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


# --- what a server is asked -------------------------------------------------------------

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


# --- several models ---------------------------------------------------------------------


def ensemble(
    repository: Path, server: ModelServer, optimizer: str, weights: Mapping[str, float]
) -> None:
    """Configure a model for each weight, all of them at one server."""
    configure(repository, server)
    path = repository / ".sigil" / "sigil.yaml"
    entry = json.loads(path.read_text())["optimizer_params"]["simple"]["models"]["default_llm"]
    models = {name: {**entry, "model": name, "weight": weights[name]} for name in weights}
    path.write_text(json.dumps({"optimizer_params": {optimizer: {"models": models}}}))


def unlike(request: Mapping[str, Any], number: int) -> str | Fault:
    """Answer with some multiple of x; one model is slower than the other, and says others."""
    multiple = f"x * {chance(request) % 1000}"
    if request["model"] == "slow":
        return Fault(function(f"{multiple} + x"), delay_s=0.02)
    return function(multiple)


def models_asked(server: ModelServer) -> Counter[str]:
    return Counter(asked.body["model"] for asked in server.asked)


@pytest.mark.parametrize("optimizer", built_in_names())
def test_with_two_models_neither_four_lanes_nor_a_pause_change_a_lineage(
    repository: Path, optimizer: str
) -> None:
    settings = {"optimizer": optimizer, "budget_evals": 12}
    with ModelServer(unlike) as server:
        ensemble(repository, server, optimizer, {"quick": 1.0, "slow": 2.0})
        whole = search(repository, "whole", lanes=1, in_flight=1, **settings)
        assert set(models_asked(server)) == {"quick", "slow"}
        settings |= {"lanes": 4, "in_flight": 8}
        search(repository, "parts", **settings | {"budget_evals": 5})
        parts = search(repository, "parts", resume=True, **settings)
    assert whole.history.measured() == 12
    assert lineage(whole) == lineage(parts)


@pytest.mark.parametrize("favourite", ["one", "other"])
def test_of_two_models_the_one_of_more_weight_is_asked_first_and_most(
    repository: Path, favourite: str
) -> None:
    with ModelServer(unlike) as server:
        ensemble(repository, server, "simple", {"one": 1.0, "other": 1.0, favourite: 99.0})
        search(repository, budget_evals=6, in_flight=1)
    assert server.asked[0].body["model"] == favourite
    assert models_asked(server)[favourite] > len(server.asked) / 2
