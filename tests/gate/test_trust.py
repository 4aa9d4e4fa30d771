"""The trust ladder."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.ladders import DAY, HOUR, START, Service, advisory, auto

from sigil.gate.trust import (
    Enrolled,
    Evaluated,
    Incident,
    Judged,
    Overridden,
    Tier,
    cohens_kappa,
    trust,
)


@pytest.fixture
def service():
    return Service()


def test_a_service_that_nobody_enrolled_has_no_trust():
    assert trust([], START).tier is Tier.NONE


def test_evaluations_alone_enrol_nobody():
    events = [Evaluated(START, str(n), str(n), "ALLOW") for n in range(300)]
    assert trust(events, START + 99 * DAY).tier is Tier.NONE


def test_enrolment_leads_to_shadow(service):
    assert service.tier is Tier.SHADOW


def test_fifty_evaluations_that_humans_agree_with_lead_to_advisory():
    assert Service().evaluated(49).tier is Tier.SHADOW
    assert Service().evaluated(50).tier is Tier.ADVISORY


def test_evaluations_that_humans_disagree_with_lead_nowhere(service):
    assert service.evaluated(300, agreed=False).tier is Tier.SHADOW


def test_agreement_that_is_undefined_is_not_met(service):
    for n in range(60):
        service.after(HOUR)
        service.happened(Evaluated(service.now, str(n), str(n), "ALLOW"))
        service.happened(Judged(service.now, str(n), "ALLOW"))
    assert service.tier is Tier.SHADOW
    kappa = next(one for one in service.trust.conditions if "κ" in one.name)
    assert kappa.value is None
    assert not kappa.is_met


def test_one_change_evaluated_often_counts_once(service):
    for n in range(60):
        service.after(HOUR)
        service.happened(Evaluated(service.now, str(n), "the same", "ALLOW"))
    assert service.trust.conditions[0].value == 1


def test_a_promotion_waits_a_day_after_the_last_transition(service):
    for n in range(60):
        word = "ALLOW" if n % 2 else "BLOCK"
        service.happened(Evaluated(service.now, str(n), str(n), word))
        service.happened(Judged(service.now, str(n), word))
    assert service.tier is Tier.SHADOW
    assert service.after(DAY).tier is Tier.ADVISORY


def test_two_hundred_quiet_evaluations_lead_to_auto():
    assert advisory().evaluated(149).after(15 * DAY).tier is Tier.ADVISORY
    assert advisory().evaluated(150).after(15 * DAY).tier is Tier.AUTO


def test_auto_waits_for_fourteen_days_without_an_incident():
    service = advisory().evaluated(200)
    service.happened(Incident(service.now, "safety"))
    assert service.after(13 * DAY).tier is Tier.ADVISORY
    assert service.after(2 * DAY).tier is Tier.AUTO


def test_incomplete_evaluations_spoil_the_scorecard():
    service = advisory().evaluated(150).evaluated(10, complete=False).after(15 * DAY)
    assert service.tier is Tier.ADVISORY


def test_a_block_that_is_overridden_in_shadow_ends_the_enrolment(service):
    service.evaluated(3).happened(Overridden(service.now, "eval_1", "BLOCK", "ALLOW"))
    assert service.tier is Tier.NONE


def test_a_review_that_is_decided_by_a_human_is_no_contradiction(service):
    service.evaluated(3).happened(Overridden(service.now, "eval_1", "REVIEW", "ALLOW"))
    assert service.tier is Tier.SHADOW


def test_an_override_by_whoever_may_not_judge_is_no_agreement(service):
    service.evaluated(1)
    for number in range(30):
        name = f"own_{number}"
        service.happened(Evaluated(service.now, name, name, "ALLOW"))
        service.happened(Overridden(service.now, name, "REVIEW", "ALLOW", is_verdict=False))
    [verdicts] = [one for one in service.trust.conditions if one.name == "human verdicts"]
    assert verdicts.value == 1


def test_an_override_by_whoever_may_not_judge_costs_a_rung_all_the_same():
    service = auto()
    service.happened(Overridden(service.now, "eval_9", "ALLOW", "BLOCK", is_verdict=False))
    assert service.tier is Tier.ADVISORY


def test_an_override_costs_advisory_and_auto_a_rung():
    for service, below in ((advisory(), Tier.SHADOW), (auto(), Tier.ADVISORY)):
        service.happened(Overridden(service.now, "eval_9", "ALLOW", "BLOCK"))
        assert service.tier is below


def test_an_incident_of_another_kind_leaves_advisory():
    service = advisory()
    assert service.happened(Incident(service.now, "safety")).tier is Tier.ADVISORY


def test_an_incident_tagged_regression_costs_advisory_a_rung():
    service = advisory()
    assert service.happened(Incident(service.now, "eval.regression")).tier is Tier.SHADOW


def test_one_incident_costs_auto_a_rung():
    service = auto()
    assert service.tier is Tier.AUTO
    assert service.happened(Incident(service.now, "safety")).tier is Tier.ADVISORY


def test_two_incidents_in_thirty_days_cost_auto_two_rungs():
    service = auto().happened(Incident(auto().now, "safety")).after(20 * DAY)
    assert service.happened(Incident(service.now, "safety")).tier is Tier.SHADOW


def test_what_was_counted_before_a_fall_does_not_count_after_it():
    service = auto()
    service.happened(Incident(service.now, "eval.regression"))
    service.happened(Incident(service.now, "eval.regression")).after(40 * DAY)
    assert service.tier is Tier.SHADOW
    assert service.trust.conditions[0].value == 0
    assert service.evaluated(50).tier is Tier.ADVISORY


def test_every_transition_is_kept_with_its_reason():
    service = auto()
    service.happened(Incident(service.now, "safety"))
    steps = [(one.before, one.after, one.reason) for one in service.trust.history]
    assert steps == [
        (Tier.NONE, Tier.SHADOW, "enrolled"),
        (Tier.SHADOW, Tier.ADVISORY, "earned"),
        (Tier.ADVISORY, Tier.AUTO, "earned"),
        (Tier.AUTO, Tier.ADVISORY, "an incident"),
    ]


WORDS = st.sampled_from(["ALLOW", "REVIEW", "BLOCK"])
NAMES = st.sampled_from(["a", "b", "c"])
EVENTS = st.one_of(
    st.builds(Enrolled, st.just(START)),
    st.builds(Evaluated, st.just(START), NAMES, NAMES, WORDS),
    st.builds(Judged, st.just(START), NAMES, WORDS),
    st.builds(Overridden, st.just(START), NAMES, WORDS, WORDS),
    st.builds(Incident, st.just(START), st.sampled_from(["safety", "eval.regression"])),
)


@given(st.lists(EVENTS, max_size=40))
def test_no_history_of_three_changes_earns_a_promotion(events):
    assert trust(events, START + 99 * DAY).tier in {Tier.NONE, Tier.SHADOW}


@given(st.lists(EVENTS, max_size=40))
def test_an_incident_never_raises_the_tier(events):
    order = list(Tier)
    before = trust(events, START)
    after = trust([*events, Incident(START, "safety")], START)
    assert order.index(after.tier) <= order.index(before.tier)


def test_kappa_agrees_with_a_published_example():
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.4, as in textbooks."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohens_kappa(pairs) == Fraction(2, 5)


def test_kappa_of_nothing_and_of_one_category_is_undefined():
    assert cohens_kappa([]) is None
    assert cohens_kappa([("y", "y")] * 9) is None


@given(st.lists(st.tuples(WORDS, WORDS), max_size=30))
def test_kappa_is_symmetric_and_at_most_1(pairs):
    kappa = cohens_kappa(pairs)
    assert kappa == cohens_kappa([(b, a) for a, b in pairs])
    assert kappa is None or -1 <= kappa <= 1
