"""Who is measured anew next, as a function of what was found so far."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sigil.evaluate.result import Evaluation, Failure
from sigil.optimize.confirming import FAILED_AT_MOST, hopeful, next_hopeful, trusted
from sigil.optimize.history import Candidate, History
from sigil.search.model import BASELINE

HELD_OUT = Evaluation("failed", failure=Failure("right", "holdout", "1 of 9 held-out cases differ"))
LATE = Evaluation("timeout", failure=Failure("latency", "cpu", "it takes too long"))


def candidate(name: str, cost: float, parent: str = BASELINE) -> Candidate:
    found = Evaluation("measured", costs=(cost,))
    return Candidate(name, parent, "", "mutate", evaluation=found)


def passed(cost: float, accepted: bool = True) -> Evaluation:
    return Evaluation("measured", costs=(cost,), accepted=accepted)


def history(*candidates: Candidate, baseline: float = 10.0) -> History:
    found = Evaluation("measured", costs=(baseline,))
    return History(found, candidates={c.id: c for c in candidates})


def chain(length: int, best: float = 1.0) -> list[Candidate]:
    """Return a line of descent ``c0``, ``c1`` …, each better than its parent."""
    names = [BASELINE, *(f"c{i}" for i in range(length))]
    return [candidate(name, best + length - 1 - i, names[i]) for i, name in enumerate(names[1:])]


def order(found: History, culprit: str, most: int = 20) -> list[str]:
    """Return who is measured anew, one after the other, if one step makes all others fail."""
    asked: list[str] = []
    while len(asked) < most and (one := next_hopeful(found)) is not None:
        asked.append(one.id)
        is_bad = culprit in {step.id for step in found.lineage(one)}
        cost = one.evaluation.costs[0] if one.evaluation else 0.0
        confirmed = HELD_OUT if is_bad else passed(cost)
        found.candidates[one.id] = replace(one, confirmed=confirmed)
    return asked


def test_only_what_beats_the_baseline_is_measured_anew() -> None:
    found = hopeful(history(candidate("aa", 9.0), candidate("bb", 11.0)))
    assert [c.id for c in found] == ["aa"]


def test_what_was_measured_anew_is_not_measured_again() -> None:
    done = replace(candidate("aa", 1.0), confirmed=Evaluation("measured", costs=(2.0,)))
    found = hopeful(history(done, candidate("bb", 3.0), candidate("cc", 4.0)))
    assert [c.id for c in found] == ["bb", "cc"]


def test_a_baseline_without_costs_is_beaten_by_any_score() -> None:
    found = hopeful(History(Evaluation("failed"), candidates={"aa": candidate("aa", 99.0)}))
    assert [c.id for c in found] == ["aa"]


def test_an_equal_cost_is_measured_anew_only_for_a_better_tie_breaker() -> None:
    equal = Evaluation("measured", costs=(10.0,), ties=(1.0,))
    better = replace(candidate("aa", 10.0), evaluation=replace(equal, ties=(0.5,)))
    same = replace(candidate("bb", 10.0), evaluation=equal)
    found = hopeful(History(equal, candidates={"aa": better, "bb": same}))
    assert [c.id for c in found] == ["aa"]


def test_the_best_comes_first_and_nobody_after_a_better_acceptance() -> None:
    found = history(candidate("aa", 3.0), candidate("bb", 2.0), candidate("cc", 4.0))
    assert order(found, culprit="nobody") == ["bb"]


def test_an_acceptance_that_came_out_worse_leaves_room_for_the_next() -> None:
    lucky = replace(candidate("aa", 1.0), confirmed=passed(5.0))
    assert order(history(lucky, candidate("bb", 3.0)), culprit="nobody") == ["bb"]


def test_what_descends_from_a_failure_is_never_measured() -> None:
    failing = replace(candidate("aa", 3.0), confirmed=HELD_OUT)
    found = history(failing, candidate("bb", 1.0, "aa"), candidate("cc", 9.0))
    assert order(found, culprit="aa") == ["cc"]


@pytest.mark.parametrize("culprit", range(16))
def test_the_step_to_blame_is_found_by_halves_and_the_best_before_it_accepted(
    culprit: int,
) -> None:
    found = history(*chain(16), baseline=100.0)
    asked = order(found, culprit=f"c{culprit}")
    best = found.best_accepted()
    assert (best.id if best else None) == (f"c{culprit - 1}" if culprit else None)
    assert len(asked) <= 7


def test_a_whole_family_that_fails_makes_room_for_another_one() -> None:
    mistaken = [candidate(f"d{i}", 1.0 + i / 100, "c0") for i in range(50)]
    found = history(candidate("c0", 2.0), *mistaken, candidate("honest", 6.0))
    assert order(found, culprit="c0", most=3) == ["d0", "d1", "honest"]
    best = found.best_accepted()
    assert best is not None
    assert best.id == "honest"


def test_what_ends_for_another_reason_clears_nobody() -> None:
    failing = replace(candidate("bb", 2.0, "aa"), confirmed=HELD_OUT)
    slow = replace(candidate("cc", 3.0, "aa"), confirmed=LATE)
    found = history(candidate("aa", 5.0), failing, slow, candidate("dd", 4.0))
    assert order(found, culprit="aa")[0] == "dd"


def test_nobody_is_left_where_all_descend_from_what_fails() -> None:
    failing = replace(candidate("aa", 3.0), confirmed=HELD_OUT)
    assert next_hopeful(history(failing, candidate("bb", 1.0, "aa"))) is None


def test_a_failure_that_a_later_step_mends_speaks_against_nobody() -> None:
    mended = replace(candidate("bb", 2.0, "aa"), confirmed=passed(2.0, accepted=False))
    failing = replace(candidate("aa", 3.0), confirmed=HELD_OUT)
    found = history(failing, mended, candidate("cc", 1.0, "bb"))
    assert order(found, culprit="nobody") == ["cc"]


def test_who_descends_from_what_mends_a_failure_is_trusted_and_its_siblings_are_not() -> None:
    failing = replace(candidate("aa", 5.0), confirmed=HELD_OUT)
    mending = replace(candidate("mm", 4.0, "aa"), confirmed=passed(4.0))
    siblings = [candidate(f"s{i}", 1.0 + i / 100, "aa") for i in range(20)]
    found = history(failing, mending, *siblings, candidate("cc", 2.0, "mm"))
    one = next_hopeful(found)
    assert one is not None
    assert one.id == "cc"
    assert trusted(found, siblings) == []


def test_an_equal_cost_is_beaten_only_by_as_good_a_tie_breaker() -> None:
    found = Evaluation("measured", costs=(1.0,), ties=(5.0,))
    accepted = replace(
        candidate("aa", 1.0), evaluation=found, confirmed=replace(found, accepted=True)
    )
    same = replace(candidate("bb", 1.0), evaluation=found)
    assert next_hopeful(history(accepted, same)) is None
    better = replace(same, evaluation=replace(found, ties=(3.0,)))
    assert next_hopeful(history(accepted, better)) == better


def test_held_out_inputs_that_refused_many_are_asked_no_more() -> None:
    failing = [
        replace(candidate(f"f{i}", 2.0), confirmed=HELD_OUT) for i in range(FAILED_AT_MOST - 1)
    ]
    found = history(*failing, candidate("aa", 1.0), candidate("bb", 3.0))
    assert order(found, culprit="aa") == ["aa"]
