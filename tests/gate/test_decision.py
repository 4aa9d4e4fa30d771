"""ALLOW, REVIEW or BLOCK."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.building import answers
from tests.gate.deciding import GOOD, facts

from sigil.gate.decision import Code, Decision, Facts, Stage, Verdict, decide
from sigil.gate.scoring import score
from sigil.gate.trust import Tier


def codes(decision) -> set[Code]:
    return {reason.code for reason in decision.reasons}


def test_a_change_that_satisfies_everything_is_allowed():
    decision = decide(facts())
    assert decision.verdict is Verdict.ALLOW
    assert decision.reasons == ()


def test_no_facts_are_no_allow():
    assert decide(Facts()).verdict is Verdict.REVIEW


MISSING = {
    "answers": (),
    "score": None,
    "tier": None,
    "has_provenance": False,
    "ledger_age_s": None,
    "is_evaluator_known": False,
    "is_seed_secret": False,
    "is_bound": False,
    "unvouched": ("a/__pycache__/b.pyc",),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_fact_that_is_missing_is_a_review(name):
    decision = decide(facts(**{name: MISSING[name]}))
    assert decision.verdict is Verdict.REVIEW
    assert decision.reasons


def test_every_fact_without_a_default_that_is_neutral_is_among_the_missing():
    neutral = {"freshness_s", "earlier", "differs", "failed", "thresholds"}
    assert {field.name for field in fields(Facts)} == neutral | set(MISSING)


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_that_failed_is_a_review(stage):
    decision = decide(facts(failed=frozenset({stage})))
    assert decision.verdict is Verdict.REVIEW
    assert decision.reasons[0].about == stage.value


@pytest.mark.parametrize("stage", Stage)
def test_where_a_stage_failed_nothing_is_said_of_what_it_would_have_found_out(stage):
    [reason] = decide(Facts(failed=frozenset({stage}))).reasons
    assert (reason.code, reason.about) == (Code.STAGE_FAILED, stage.value)


def test_what_is_known_and_bad_stands_behind_a_stage_that_failed():
    known = Facts(failed=frozenset({Stage.DEPLOY_PR}), is_seed_secret=False, tier=Tier.NONE)
    found = [reason.code for reason in decide(known).reasons]
    assert found == [Code.STAGE_FAILED, Code.SEED_KNOWN, Code.TIER]


@pytest.mark.parametrize(
    "name", ["is_evaluator_known", "is_seed_secret", "is_bound", "unvouched", "tier"]
)
def test_what_is_not_known_is_not_called_bad(name):
    assert codes(decide(facts(**{name: None}))) == {Code.NOT_KNOWN}


def test_a_p0_scenario_that_fails_blocks():
    decision = decide(facts(answers("ppf", name="a", priority="P0"), GOOD[1]))
    assert decision.verdict is Verdict.BLOCK
    assert Code.P0_FAILED in codes(decision)


def test_a_p0_scenario_that_passes_once_and_fails_once_is_a_humans():
    exam = (answers("ppp ppf", "ppp ppp", name="a", priority="P0"), GOOD[1])
    exam += tuple(answers("p", name=str(n)) for n in range(20))
    decision = decide(facts(*exam))
    assert decision.verdict is Verdict.REVIEW
    assert Code.FLICKERS in codes(decision)


PASSED = tuple(answers("p", name=f"passed {n}") for n in range(99))


def erring(pr: str, baseline: str, priority: str = "P0") -> Decision:
    """Decide on one scenario among many that pass."""
    return decide(facts(*GOOD, *PASSED, answers(pr, baseline, name="a", priority=priority)))


def test_a_p0_scenario_in_error_on_the_change_alone_blocks():
    decision = erring("ppe", "ppp")
    assert decision.verdict is Verdict.BLOCK
    assert {Code.P0_FAILED, Code.ERRORED} <= codes(decision)


def test_one_in_error_in_every_repeat_blocks_as_well():
    assert erring("pe ee pe", "pp pp pp").verdict is Verdict.BLOCK


@pytest.mark.parametrize(
    ("pr", "baseline"),
    [
        ("pe", "pe"),  # it may be the machine
        ("pe", "pf"),  # nobody knows how far the baseline came
        ("pe", "pi"),
        ("pe", ""),
        ("pe pe", "pp pe"),  # the baseline has it now and then
        ("pe pp", "pp pp"),  # so has the change
        ("po", "pp"),  # a model does not answer
        ("pe po", "pp pp"),
        ("pe pi", "pp pp"),
    ],
)
def test_a_p0_error_that_may_be_somebody_elses_is_a_humans(pr, baseline):
    assert erring(pr, baseline).verdict is Verdict.REVIEW


def test_an_error_of_a_lesser_scenario_blocks_nothing_by_itself():
    assert erring("pe", "pp", "P1").verdict is Verdict.REVIEW


def test_errors_beside_failures_are_no_way_out_of_a_block():
    assert erring("pf pe po", "pp pp pp").verdict is Verdict.BLOCK


def test_satisfaction_below_the_threshold_of_the_strictest_priority_is_a_review():
    visible = [answers("p" * 9 + "f", "p" * 9 + "f", name=str(n)) for n in range(10)]
    decision = decide(facts(GOOD[0], GOOD[1], *visible))
    assert decision.verdict is Verdict.REVIEW
    assert codes(decision) == {Code.BELOW_THRESHOLD}


def test_satisfaction_below_the_floor_blocks():
    exam = [answers("ff", "ff", name="a"), answers("ff", "ff", name="h", half="holdout")]
    decision = decide(facts(*exam))
    assert decision.verdict is Verdict.BLOCK
    assert Code.BELOW_FLOOR in codes(decision)


@pytest.mark.parametrize("half", ["visible", "holdout"])
def test_a_regression_is_a_review_that_names_the_half_and_nothing_else(half):
    many = tuple(answers("p", name=f"{n}", half=half) for n in range(99))
    worse = answers("p" * 9 + "f", "p" * 10, name="worse", half=half)
    decision = decide(facts(*GOOD, *many, worse))
    assert decision.verdict is Verdict.REVIEW
    [reason] = decision.reasons
    assert (reason.code, reason.about) == (Code.REGRESSION, half)
    assert dict(reason.figures) == {"scenarios": 1}


@pytest.mark.parametrize("left_out", [0, 1])
def test_an_exam_with_only_one_half_is_never_allowed(left_out):
    decision = decide(facts(GOOD[1 - left_out]))
    assert decision.verdict is Verdict.REVIEW


def test_a_judge_that_would_not_say_is_a_review():
    many = tuple(answers("p" * 10, name=str(n)) for n in range(99))
    decision = decide(facts(*GOOD, *many, answers("pi", "pi", name="judged")))
    assert decision.verdict is Verdict.REVIEW
    assert codes(decision) == {Code.INCONCLUSIVE}


@pytest.mark.parametrize("age", [60.5, -1.0, float("inf"), float("nan")])
def test_a_ledger_outside_its_window_is_a_review(age):
    assert codes(decide(facts(ledger_age_s=age))) == {Code.STALE_LEDGER}


def test_a_baseline_that_did_better_before_is_a_review():
    decision = decide(facts(earlier=Fraction(103, 100)))
    assert codes(decision) == {Code.BASELINE_SANK}


def test_a_change_that_came_to_other_scores_before_is_a_review():
    assert codes(decide(facts(differs=True))) == {Code.CONTRADICTED}


@pytest.mark.parametrize(
    ("pr", "baseline"),
    [
        ("oo", "pp"),
        ("ee", "ee"),
        ("", "pp"),
    ],
)
def test_a_floor_that_only_what_may_be_nobodys_fault_leads_to_is_a_humans(pr, baseline):
    sealed = answers("pp", "pp", name="h", half="holdout")
    decision = decide(facts(answers(pr, baseline, name="a"), sealed))
    assert decision.verdict is Verdict.REVIEW
    assert Code.BELOW_FLOOR in codes(decision)


@pytest.mark.parametrize("repeats", ["ee", "ee ee"])
def test_a_floor_that_errors_of_the_change_lead_to_blocks(repeats):
    exam = [answers(repeats, "pp pp", name="a"), answers("ee", "pp", name="h", half="holdout")]
    decision = decide(facts(*exam))
    assert decision.verdict is Verdict.BLOCK
    assert codes(decision) == {Code.BELOW_FLOOR, Code.ERRORED, Code.REGRESSION}


def test_one_error_that_is_nobodys_fault_does_not_soften_a_floor_that_failures_lead_to():
    passed = answers("pp", "pp", name="p", half="holdout")
    exam = [answers("ff", "pp", name=f"{n}") for n in range(9)]
    decision = decide(facts(*exam, passed, answers("oo", "pp", name="e")))
    assert decision.verdict is Verdict.BLOCK


def test_shadow_recommends_and_does_not_allow():
    decision = decide(facts(tier=Tier.SHADOW))
    assert (decision.verdict, decision.recommended) == (Verdict.REVIEW, Verdict.ALLOW)


def test_shadow_blocks():
    exam = (answers("ppf", name="a", priority="P0"), GOOD[1])
    assert decide(facts(*exam, tier=Tier.SHADOW)).verdict is Verdict.BLOCK


def test_a_service_that_is_not_enrolled_is_always_reviewed_and_the_recommendation_is_kept():
    exam = (answers("ppf", name="a", priority="P0"), GOOD[1])
    decision = decide(facts(*exam, tier=Tier.NONE))
    assert (decision.verdict, decision.recommended) == (Verdict.REVIEW, Verdict.BLOCK)


def test_the_worst_reason_stands_first():
    exam = (answers("ppf", name="a", priority="P0"), GOOD[1])
    decision = decide(facts(*exam, ledger_age_s=None))
    assert decision.reasons[0].verdict is Verdict.BLOCK


def test_exit_codes_are_not_those_of_errors():
    assert [verdict.exit_code for verdict in Verdict] == [0, 3, 4]


SPOILED = [
    {"failed": frozenset({Stage.RUN})},
    {"ledger_age_s": 1e9},
    *({name: value} for name, value in MISSING.items() if name != "tier"),
]


@pytest.mark.parametrize("first", range(len(SPOILED)))
@pytest.mark.parametrize("second", range(len(SPOILED)))
def test_a_second_thing_that_is_missing_never_helps(first, second):
    order = list(Verdict)
    one = decide(facts(**SPOILED[first]))
    both = decide(facts(**(SPOILED[first] | SPOILED[second])))
    assert order.index(both.verdict) >= order.index(one.verdict)


@given(
    st.lists(st.tuples(st.text("pfsei", min_size=1, max_size=4), st.booleans()), max_size=6),
    st.sampled_from([None, *Tier]),
    st.sets(st.sampled_from(list(Stage))),
    st.one_of(st.none(), st.floats()),
    st.booleans(),
    st.booleans(),
)
def test_errors_never_allow(exam, tier, failed, age, provenance, known):
    """Whatever is wrong, an ALLOW needs every fact and an exam of passes alone."""
    asked = tuple(
        answers(steps, "pp", name=str(n), half="holdout" if sealed else "visible")
        for n, (steps, sealed) in enumerate(exam)
    )
    found = decide(
        Facts(
            answers=asked,
            score=score(asked) if asked else None,
            tier=tier,
            failed=frozenset(failed),
            ledger_age_s=age,
            has_provenance=provenance,
            is_evaluator_known=known,
            is_seed_secret=True,
            is_bound=True,
            unvouched=(),
        )
    )
    if found.verdict is Verdict.ALLOW:
        assert not failed
        assert tier in {Tier.ADVISORY, Tier.AUTO}
        assert age is not None
        assert 0 <= age <= 60
        assert provenance
        assert known
        assert {sealed for _, sealed in exam} == {False, True}
        assert not any(letter in steps for steps, _ in exam for letter in "ei")


def test_of_several_paths_that_nobody_vouches_for_one_is_named_and_the_others_counted():
    [reason] = decide(facts(unvouched=("a", "b", "c"))).reasons
    assert reason.about == "a and 2 more"
