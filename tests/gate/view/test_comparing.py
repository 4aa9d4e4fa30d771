"""What changed between two evaluations, and no word more of holdouts than was told."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.gate.summaries import FAILED, PASSED, PROVENANCE, SUMMARY, holdout, told, visible

from sigil.gate.feedback import Disclosure
from sigil.gate.model import Status
from sigil.gate.record.summary import Figures
from sigil.gate.view.comparing import FIELDS, difference


def test_an_evaluation_does_not_differ_from_itself():
    both = (SUMMARY, told(visible("a"), holdout(1, FAILED), specs=["docs/specs/a.md"]))
    found = difference(both, both)
    assert found.same == FIELDS
    assert (found.turned, found.gone, found.new) == ((), (), ())
    assert (found.holdouts.met, found.holdouts.missed) == ((), ())
    assert found.scores["visible"].delta == "+0.00"


def test_a_scenario_that_turned_is_named_with_both_ends():
    found = difference((SUMMARY, told(visible("a", FAILED))), (SUMMARY, told(visible("a"))))
    [one] = found.turned
    assert (one.scenario, one.before, one.after) == ("a", Status.FAIL, Status.PASS)


def test_a_scenario_that_is_new_in_the_exam_has_no_before():
    found = difference((SUMMARY, told()), (SUMMARY, told(visible("a"))))
    assert (found.turned[0].before, found.turned[0].after) == (None, Status.PASS)


def test_scores_are_those_of_the_change():
    better = replace(SUMMARY, scores={"visible": Figures("0.75", "1.00", "−0.25")})
    found = difference((SUMMARY, told()), (better, told())).scores
    assert (found["visible"].before, found["visible"].after) == ("0.50", "0.75")
    assert found["visible"].delta == "+0.25"
    assert found["holdout"].delta is None


def test_reasons_that_came_and_went_are_told_apart():
    other = replace(SUMMARY, lines=["the service is at SHADOW", "the exam has no holdout"])
    found = difference((SUMMARY, told()), (other, told()))
    assert found.gone == ("1 scenario of P0 failed",)
    assert found.new == ("the exam has no holdout",)


def test_what_else_differs_is_named():
    other = replace(SUMMARY, provenance=replace(PROVENANCE, seed="0x2"))
    assert set(FIELDS) - set(difference((SUMMARY, told()), (other, told())).same) == {"seed"}


def test_holdouts_are_counted_where_their_steps_were_told():
    one, other = told(holdout(1, FAILED), holdout(2)), told(holdout(1), holdout(2))
    assert difference((SUMMARY, one), (SUMMARY, other)).holdouts.failed == (1, 0)


def test_intents_that_are_met_now_are_named():
    one = told(disclosed=Disclosure.SPECS, specs=["docs/specs/a.md"])
    found = difference((SUMMARY, one), (SUMMARY, told(disclosed=Disclosure.SPECS))).holdouts
    assert found.met == ("docs/specs/a.md",)
    assert found.failed == (None, None)


def test_where_nothing_was_told_nothing_is_inferred():
    one = told(disclosed=Disclosure.SPECS, specs=["docs/specs/a.md"])
    found = difference((SUMMARY, one), (SUMMARY, told(disclosed=Disclosure.NOTHING))).holdouts
    assert not found.is_known
    assert (found.met, found.missed) == ((), ())


@given(st.lists(st.booleans(), max_size=6), st.lists(st.booleans(), max_size=6))
def test_a_holdout_is_never_named(before, after):
    sides = [
        told(*(holdout(n, FAILED if fails else PASSED) for n, fails in enumerate(side)))
        for side in (before, after)
    ]
    found = difference((SUMMARY, sides[0]), (SUMMARY, sides[1]))
    assert "holdout_0" not in repr(found)
