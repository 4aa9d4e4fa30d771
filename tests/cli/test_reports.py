"""What a run shows of itself while it goes on: plain lines, or one line that is redrawn."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live
from tests.e2e.asking import make_repository

from sigil.cli import reports
from sigil.cli.planning import make_plan
from sigil.cli.reports import Plain, Redrawn
from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.llm.budget import Budget, Spent
from sigil.llm.settings import ModelSettings
from sigil.optimize.history import Candidate
from sigil.optimize.plan import Limits, Plan
from sigil.optimize.report import CONFIRM, SEARCH, Progress
from sigil.optimize.spec import load_spec
from sigil.search.model import BASELINE
from sigil.testing.clocks import FixedClock

LIMITS = Limits(20, 60.0, 300)
SPENT = Spent(exchanges=4, input_tokens=4000, output_tokens=1100, cost_usd=0.0124)
BEGUN = Progress(evaluated=0, elapsed_s=5.0, rate=0.0, best=None, stale=0, phase=SEARCH)
GOING = replace(BEGUN, evaluated=12, rate=3.2, stale=7)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    root = make_repository(tmp_path_factory.mktemp("shown") / "repository")
    return replace(make_plan(load_spec(root, "square"), None, {}), limits=LIMITS)


def drawn_on(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, width=200, force_terminal=terminal), stream


def line(plan: Plan, progress: Progress) -> str:
    return Plain(plan, drawn_on()[0]).line(progress)


# --- one line ---------------------------------------------------------------------------


def test_a_line_says_where_the_run_stands(plan: Plan) -> None:
    assert line(plan, GOING) == (
        "search · 12 evaluated · 3/s · best: the baseline · "
        "left: 55 s, 8 evaluations, 293 until convergence"
    )


def test_before_anything_is_measured_there_is_no_rate(plan: Plan) -> None:
    assert line(plan, BEGUN).startswith("search · 0 evaluated · best: the baseline · left: 55 s")


def test_a_slow_search_has_a_rate_in_minutes(plan: Plan) -> None:
    assert " · 12 evaluated · 24/min · " in line(plan, replace(GOING, rate=0.4))


def test_a_search_that_looks_on_says_that_its_goal_is_reached(plan: Plan) -> None:
    shown = line(plan, replace(GOING, looking_on=True))
    assert shown.startswith("search · goal reached, looking on for a simpler one · 12 evaluated")


def test_one_evaluation_is_one(plan: Plan) -> None:
    assert ", 1 evaluation, " in line(plan, replace(GOING, evaluated=19))


def test_nothing_left_is_never_less_than_nothing(plan: Plan) -> None:
    over = replace(GOING, evaluated=21, elapsed_s=61.0, stale=301)
    assert line(plan, over).endswith("left: 0 s, 0 evaluations, 0 until convergence")


def test_without_a_budget_of_evaluations_none_are_left(plan: Plan) -> None:
    endless = replace(plan, limits=replace(LIMITS, evals=None))
    assert line(endless, GOING).endswith("left: 55 s, 293 until convergence")


def test_the_best_is_shown_by_its_objective_alone(plan: Plan) -> None:
    values = {"error": MetricValue(2.5, 1), "size": MetricValue(9.0, 1)}
    found = Evaluation("measured", values, costs=(2.5,))
    best = Candidate("c" * 64, BASELINE, "", "model", evaluation=found)
    assert " · best error 2.5 · " in line(plan, replace(GOING, best=best))


def test_while_the_best_is_measured_anew_that_is_what_is_shown(plan: Plan) -> None:
    late = replace(GOING, phase=CONFIRM, confirming=2, spent=SPENT)
    assert line(plan, late) == (
        "confirm · 12 evaluated · best: the baseline · measuring the best anew, 2 so far · "
        "$0.0124, 5.1k tokens"
    )


def roughly(value: float) -> Evaluation:
    everywhere = Interval(float("-inf"), float("inf"), 0.99)
    return Evaluation("measured", {"error": MetricValue(value, 3, everywhere)}, costs=(value,))


def test_what_was_measured_anew_is_said_to_be(plan: Plan) -> None:
    sure = Evaluation("measured", {"error": MetricValue(2.5, 9)}, costs=(2.5,))
    best = Candidate("c" * 64, BASELINE, "", "model", evaluation=roughly(2.0), confirmed=sure)
    assert " · best error 2.5 (measured anew) · " in line(plan, replace(GOING, best=best))


def test_the_mark_of_too_few_samples_is_explained_once(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PLAIN_EVERY_NS", 0)
    console, stream = drawn_on()
    report = Plain(plan, console)
    for value in (3.0, 2.0):
        best = Candidate("c" * 64, BASELINE, "", "model", evaluation=roughly(value))
        report.progress(replace(GOING, best=best, stale=int(value)))
    lines = stream.getvalue().splitlines()
    assert [line.startswith("~: from too few samples") for line in lines] == [False, True, False]
    assert all("best error ~" in line for line in (lines[0], lines[2]))


# --- what models take -------------------------------------------------------------------


def test_what_models_are_asked_and_took_ends_the_line(plan: Plan) -> None:
    shown = line(plan, replace(GOING, asking=3, spent=SPENT))
    assert shown.endswith(" until convergence · 3 questions open · $0.0124, 5.1k tokens")


def test_without_a_model_there_is_no_money_on_the_line(plan: Plan) -> None:
    limited = replace(plan, limits=replace(LIMITS, budget=Budget(0.5, 9000)))
    shown = line(limited, GOING)
    assert "$" not in shown
    assert "token" not in shown


@pytest.mark.parametrize(
    ("spent", "words"),
    [
        (Spent(), "$0.0000, 0 tokens"),
        (Spent(1, 0, 1, 0.5), "$0.5000, 1 token"),
        (Spent(1, 600, 399, 12.5), "$12.5000, 999 tokens"),
        (replace(SPENT, unpriced=1), "≥ $0.0124, 5.1k tokens"),
        (replace(SPENT, cost_usd=0.0, unpriced=4), "price not known, 5.1k tokens"),
    ],
)
def test_money_that_is_not_known_is_not_shown_as_nothing(
    plan: Plan, spent: Spent, words: str
) -> None:
    assert line(plan, replace(GOING, spent=spent)).endswith(f" · {words}")


@pytest.mark.parametrize(
    ("budget", "left"),
    [
        (Budget(0.5, None), "$0.4876"),
        (Budget(None, 9000), "3.9k tokens"),
        (Budget(0.5, 5200), "$0.4876, 100 tokens"),
        (Budget(0.01, 1000), "$0.0000, 0 tokens"),
    ],
)
def test_what_is_left_of_a_budget_for_models_is_shown(
    plan: Plan, budget: Budget, left: str
) -> None:
    limited = replace(plan, limits=replace(LIMITS, budget=budget))
    shown = line(limited, replace(GOING, spent=SPENT))
    assert f"left: 55 s, 8 evaluations, {left}, 293 until convergence" in shown


# --- plain lines ------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    clock = FixedClock()
    clock.advance(1000)
    monkeypatch.setattr(reports, "SYSTEM_CLOCK", clock)
    return clock


def shown_by(plan: Plan, clock: FixedClock, *steps: tuple[float, Progress]) -> list[str]:
    """Return how many were evaluated by each line that is printed; steps begin with a pause."""
    console, stream = drawn_on()
    report = Plain(plan, console)
    for pause_s, progress in steps:
        clock.advance(pause_s)
        report.progress(progress)
    return [line.split(" · ")[1] for line in stream.getvalue().splitlines()]


def test_what_changes_is_printed_every_few_seconds(plan: Plan, clock: FixedClock) -> None:
    steps = [(0.5, replace(BEGUN, evaluated=number)) for number in range(10)]
    assert shown_by(plan, clock, *steps) == ["0 evaluated", "4 evaluated", "8 evaluated"]


def test_while_only_time_goes_by_little_is_printed(plan: Plan, clock: FixedClock) -> None:
    waiting = [(1.0, replace(GOING, elapsed_s=float(s), rate=1 / (s + 1))) for s in range(120)]
    assert len(shown_by(plan, clock, *waiting)) == 2


def test_an_answer_is_a_change(plan: Plan, clock: FixedClock) -> None:
    paid = replace(GOING, spent=SPENT)
    assert len(shown_by(plan, clock, (0, replace(GOING, spent=Spent())), (2.1, paid))) == 2


def begun(plan: Plan, run: Path, *warnings: str, resumed: bool = False) -> list[str]:
    console, stream = drawn_on()
    Plain(plan, console).started(run, resumed=resumed, warnings=warnings)
    return stream.getvalue().splitlines()


def test_a_run_begins_with_its_name_and_its_warnings(plan: Plan, tmp_path: Path) -> None:
    lines = begun(plan, tmp_path / "r1", "warning: [bold]no price[/bold]")
    assert lines == [f"run {tmp_path / 'r1'}", "warning: [bold]no price[/bold]"]
    assert begun(plan, tmp_path / "r1", resumed=True) == [f"resumed {tmp_path / 'r1'}"]


@pytest.mark.parametrize(("path", "where"), [("", "r1/inbox"), ("mine", "mine")])
def test_whoever_has_to_answer_is_told_where(
    plan: Plan, tmp_path: Path, path: str, where: str
) -> None:
    own = str(tmp_path / path) if path else ""
    asked = replace(plan, models=(ModelSettings("i", "inbox", path=own),))
    assert begun(asked, tmp_path / "r1")[1:] == [
        f"requests come into {tmp_path / where}; write each reply beside it"
    ]


def test_the_baseline_is_printed_with_what_is_odd_about_it(plan: Plan) -> None:
    console, stream = drawn_on()
    values = {"same": MetricValue(True, 1), "latency_ms": MetricValue(1.5, 3, unit="ms")}
    Plain(plan, console).baseline(Evaluation("measured", values), notes=["it is\x1b odd"])
    assert stream.getvalue() == ("baseline: same yes, latency_ms 1.5 ms\nwarning: it is\\x1b odd\n")


# --- a line that is redrawn -------------------------------------------------------------


def test_on_a_terminal_one_line_shows_what_is_done_now(plan: Plan) -> None:
    console, stream = drawn_on(terminal=True)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        report = Redrawn(plan, console, live)
        live.refresh()
        assert "measuring the baseline" in stream.getvalue()
        report.baseline(Evaluation("measured", {"error": MetricValue(5.0, 1)}), notes=[])
        live.refresh()
        assert "baseline: error 5" in stream.getvalue()
        assert "beginning the search" in stream.getvalue()
        for evaluated in (1, 2, 3):  # at once: nothing is left out here
            report.progress(replace(GOING, evaluated=evaluated, asking=2, spent=SPENT))
            live.refresh()
            assert f"{evaluated} evaluated" in stream.getvalue()
        assert "2 questions open · $0.0124, 5.1k tokens" in stream.getvalue()
