"""A search in process, with the real sandbox, on a function that is quickly improved."""

import gc
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.optimize.conftest import search

from sigil import errors
from sigil.canonical import inputs_hash
from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent, summary_json
from sigil.effects import utc_stamp
from sigil.evaluate.result import Evaluation, MetricValue
from sigil.optimize.plan import Plan
from sigil.optimize.report import Progress, Summary, baseline_notes
from sigil.optimize.run import run
from sigil.optimize.simplifying import SIMPLIFY
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import (
    candidate_files,
    candidate_folder,
    load_history,
    open_workspace,
)
from sigil.search.model import BASELINE
from sigil.search.rounds import Rounds
from sigil.store.records import RunRecord
from sigil.store.verify import verify
from sigil.testing.clocks import FixedClock


def plan_for(repository: Path, **flags: object) -> Plan:
    return make_plan(load_spec(repository, "square"), None, {"num": 4, **flags})


def without_goal(repository: Path) -> None:
    path = repository / ".sigil" / "points.eval.yaml"
    path.write_text(path.read_text().replace("    goal: 1\n", ""))


def test_the_square_is_found_and_accepted(repository: Path) -> None:
    summary = search(repository)
    assert summary.reason == "the goal is reached"
    winner = summary.history.chosen(None)
    assert winner.verdict is not None
    assert winner.verdict.accepted is True
    assert winner.verdict.holdout["agreement"].value == 1


def test_garbage_is_looked_for_seldom_while_a_search_goes_on(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = gc.get_threshold()
    seen: list[int] = []
    asked = Rounds.ask
    monkeypatch.setattr(
        Rounds, "ask", lambda *given: (seen.append(gc.get_threshold()[0]), asked(*given))[1]
    )
    search(repository, budget_evals=8)
    assert seen
    assert min(seen) > before[0]
    assert gc.get_threshold() == before


def test_a_budget_of_evaluations_is_kept_exactly(repository: Path) -> None:
    without_goal(repository)
    summary = search(repository, budget_evals=10)
    assert summary.history.measured() == 10
    assert summary.reason == "the budget of 10 evaluations is spent"


def test_a_budget_of_time_ends_a_run(repository: Path) -> None:
    without_goal(repository)
    summary = search(repository, budget_time=0.05)
    assert summary.reason == (
        "out of time (a budget of 0.05 s, of which 0.0125 s are kept for measuring the best anew)"
    )


def test_a_run_that_time_keeps_from_measuring_what_was_asked_for_says_so(repository: Path) -> None:
    without_goal(repository)
    slow = "import time\n\n\ndef square(x):\n    time.sleep(0.1)\n    return x\n"
    (repository / "square.py").write_text(slow)
    summary = search(repository, num=16, budget_evals=16, budget_time=1.5, lanes=1)
    assert summary.history.measured() < 16
    assert summary.reason.startswith("out of time (a budget of 1.5 s, ")


def test_a_goal_that_the_unchanged_code_reaches_already_ends_as_any_search(
    repository: Path,
) -> None:
    path = repository / ".sigil" / "points.eval.yaml"
    path.write_text(path.read_text().replace("goal: 1", "goal: 0"))
    summary = search(repository, budget_evals=12, budget_time=60)
    assert not summary.reason.startswith("out of time")


def test_patience_ends_a_run(repository: Path) -> None:
    without_goal(repository)
    summary = search(repository, patience=20)
    assert summary.reason == "no progress in 20 evaluations"


def test_the_record_is_whole_and_its_name_ends_in_its_identity(repository: Path) -> None:
    summary = search(repository)
    assert verify(summary.run).intact
    manifest = RunRecord.open(summary.run).manifest
    digests = {name: stored.sha256 for name, stored in manifest.snapshots.items()}
    assert inputs_hash(digests) == manifest.inputs_hash
    assert summary.run.name.endswith(f"_simple_{manifest.inputs_hash[7:15]}")


def test_the_layout_of_the_seed_is_there(repository: Path) -> None:
    summary = search(repository)
    winner = summary.history.chosen(None)
    folder = candidate_folder(summary.run, winner.id)
    assert (folder / "patch.diff").read_text() == winner.patch
    assert (folder / "parent").read_text() == f"{winner.parent}\n"
    assert {path.name for path in (summary.run / "baseline").iterdir()} == {
        "patch.diff",
        "metrics.json",
        "env.lock",
    }


def test_the_number_of_lanes_changes_nothing_that_is_tried(repository: Path) -> None:
    without_goal(repository)
    one = search(repository, "one", lanes=1, budget_evals=24)
    two = search(repository, "two", lanes=2, budget_evals=24)
    assert list(one.history.candidates) == list(two.history.candidates)
    assert one.run.name[-8:] == two.run.name[-8:]


def test_another_seed_is_another_run(repository: Path) -> None:
    one, two = search(repository, seed=1), search(repository, seed=2)
    assert one.run.name[-8:] != two.run.name[-8:]


def searched(summary: Summary) -> list[str]:
    """Return what was searched, without the winners of a session that were made simpler."""
    candidates = summary.history.candidates.values()
    return [one.id for one in candidates if one.proposer != SIMPLIFY]


def test_a_resumed_run_goes_on_as_if_it_had_never_stopped(repository: Path) -> None:
    without_goal(repository)
    whole = search(repository, "whole", budget_evals=24)
    search(repository, "parts", budget_evals=8)
    resumed = search(repository, "parts", resume=True, budget_evals=24)
    assert searched(resumed) == searched(whole)
    assert verify(resumed.run).intact


def test_a_run_that_was_killed_while_it_wrote_is_resumed(repository: Path) -> None:
    without_goal(repository)
    summary = search(repository, budget_evals=8)
    RunRecord.open(summary.run).reopen()  # as a killed run stands: not sealed
    journal = summary.run / "run.journal"
    journal.write_bytes(journal.read_bytes()[:-40])
    resumed = search(repository, resume=True, budget_evals=12)
    assert resumed.history.measured() == 12


def test_an_edited_journal_is_not_resumed(repository: Path) -> None:
    summary = search(repository)
    journal = summary.run / "run.journal"
    journal.write_bytes(journal.read_bytes().replace(b"mutate", b"mutant"))
    with pytest.raises(errors.Corrupt, match=r"run\.journal"):
        search(repository, resume=True)


def test_a_rule_that_the_unchanged_code_fulfils_is_warned_of(repository: Path) -> None:
    path = repository / ".sigil" / "points.eval.yaml"
    path.write_text(
        path.read_text().replace("agreement >= 1}", "agreement >= 0.5 * baseline.agreement}")
    )
    plan = plan_for(repository)
    measured = Evaluation("measured", metrics={"agreement": MetricValue(0.25, 1)})
    assert "holds for the unchanged code" in baseline_notes(plan, measured)[0]


def test_a_run_is_not_resumed_under_another_eval(repository: Path) -> None:
    search(repository)
    without_goal(repository)
    with pytest.raises(errors.InvalidValue, match="the eval differs"):
        search(repository, resume=True)


def test_two_runs_in_one_second_have_two_names(repository: Path) -> None:
    plan = plan_for(repository)
    workspace = open_workspace(plan.spec, "w")
    clock = FixedClock()
    names = {run(plan, workspace, Silent(), clock=clock).run.name for _ in range(2)}
    assert len(names) == 2


def test_progress_is_reported_and_never_runs_ahead_of_the_journal(repository: Path) -> None:
    without_goal(repository)
    plan = plan_for(repository, budget_evals=12)
    workspace = open_workspace(plan.spec, "w")

    class Watching(Silent):
        folder: Path

        def started(self, run: Path, *, resumed: bool, warnings: Sequence[str]) -> None:
            self.folder = run

        def progress(self, progress: Progress) -> None:
            assert load_history(self.folder).measured() >= progress.evaluated

    assert run(plan, workspace, Watching()).history.measured() == 12


def test_a_resumed_run_shows_what_an_earlier_session_accepted_as_its_best(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the search holds the baseline for better, as after screenings with bad luck."""

    class Listening(Silent):
        def __init__(self) -> None:
            self.told = list[str | None]()

        def progress(self, progress: Progress) -> None:
            self.told.append(progress.best.id if progress.best else None)

    without_goal(repository)
    winner = search(repository, budget_evals=24).history.winner
    monkeypatch.setattr(Rounds, "best", property(lambda _: BASELINE))
    place = open_workspace(load_spec(repository, "square"), "w")
    existing = place.find_run()
    plan = make_plan(load_spec(repository, "square"), None, {"budget_evals": 28}, recorded=existing)
    report = Listening()
    run(plan, place, report, existing=existing)
    assert set(report.told) == {winner}


def test_a_search_that_looks_on_after_its_goal_tells_so_and_no_other_does(repository: Path) -> None:
    class Listening(Silent):
        def __init__(self) -> None:
            self.told = set[bool]()

        def progress(self, progress: Progress) -> None:
            self.told.add(progress.looking_on)

    path = repository / ".sigil" / "points.eval.yaml"
    plain = path.read_text()
    tied = plain.replace("max(agreement)}", "max(agreement), tie_breakers: [max(agreement)]}")
    for text, told in ((plain, {False}), (tied, {False, True})):
        path.write_text(text)
        plan, report = plan_for(repository, budget_evals=60), Listening()
        run(plan, open_workspace(plan.spec, "w"), report)
        assert report.told == told


def test_the_json_of_a_summary_names_the_record(repository: Path) -> None:
    plan = plan_for(repository)
    workspace = open_workspace(plan.spec, "w")
    facts = summary_json(plan, run(plan, workspace, Silent()))
    assert Path(str(facts["record"])).is_dir()


def test_a_candidate_is_rebuilt_from_its_chain_of_diffs(repository: Path) -> None:
    summary = search(repository)
    winner = summary.history.chosen(None)
    source = (repository / "square.py").read_text()
    rebuilt = candidate_files(summary.history, winner, {"square.py": source})
    assert rebuilt["square.py"] != source


# --- who is measured anew ---------------------------------------------------------------


def test_the_clock_of_a_run_is_the_one_it_was_given(repository: Path) -> None:
    plan = plan_for(repository)
    clock = FixedClock()
    summary = run(plan, open_workspace(plan.spec, "w"), Silent(), clock=clock)
    assert summary.run.name.startswith(utc_stamp(clock.now())[:10])


def test_what_a_model_said_is_recorded_and_not_asked_again(repository: Path) -> None:
    first = search(repository, provider="stub")
    assert len(first.history.exchanges) > 0
    again = search(repository, resume=True)
    assert again.history.exchanges == first.history.exchanges


def test_a_held_out_case_that_changed_is_another_run(repository: Path) -> None:
    path = repository / ".sigil" / "points.eval.yaml"
    text = path.read_text()
    path.write_text(
        text.replace(
            "holdout:\n  cases:\n    - {args: [7], expected: 49}\n", "holdout: {cases: held.json}\n"
        )
    )
    (repository / "held.json").write_text('[{"args": [7], "expected": 49}]')
    one = search(repository)
    (repository / "held.json").write_text('[{"args": [7], "expected": 50}]')
    two = search(repository, "other")
    assert one.run.name[-8:] != two.run.name[-8:]
    record = b"".join(p.read_bytes() for p in one.run.rglob("*") if p.is_file())
    assert b'"expected": 49' not in record


def test_each_round_records_the_best_cost_that_it_knew_of(repository: Path) -> None:
    without_goal(repository)
    found = search(repository, budget_evals=60).history
    bars = [round_.bar for round_ in found.rounds]
    assert bars[0] == ()
    assert bars[-1]
    kept = [bar for bar in bars if bar]
    assert kept == sorted(kept, reverse=True)


def test_the_bars_of_rounds_do_not_depend_on_the_number_of_lanes(repository: Path) -> None:
    without_goal(repository)
    bars = [
        [one.bar for one in search(repository, name, budget_evals=40, lanes=lanes).history.rounds]
        for name, lanes in (("one", 1), ("two", 2))
    ]
    assert bars[0] == bars[1]
