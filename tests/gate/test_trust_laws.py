"""Laws of the trust ladder from every rung: nothing rises unearned, and what has to fall, falls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.ladders import DAY, START, Service, advisory, auto

from sigil.gate.trust import (
    Enrolled,
    Evaluated,
    Incident,
    Judged,
    Ladder,
    Overridden,
    Tier,
    Transition,
    TrustEvent,
    cohens_kappa,
    trust,
)

ORDER = tuple(Tier)
LADDER = Ladder()
RUNGS: dict[Tier, Callable[[], Service]] = {
    Tier.SHADOW: lambda: Service().evaluated(3),
    Tier.ADVISORY: advisory,
    Tier.AUTO: auto,
}
WORDS = st.sampled_from(["ALLOW", "REVIEW", "BLOCK"])
TAGS = st.sampled_from(["safety", "eval.regression"])
NAMES = st.sampled_from(["eval_1", "eval_9", "eval_101", "eval_499"])
STEPS = st.one_of(
    st.tuples(st.just("evaluate"), st.integers(1, 120), st.booleans(), st.booleans()),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("incident"), TAGS, st.one_of(st.just(""), NAMES)),
    st.tuples(st.just("override"), NAMES, WORDS, WORDS),
    st.tuples(st.just("judge"), NAMES, WORDS),
    st.tuples(st.just("enrol")),
)


@cache
def past(tier: Tier) -> tuple[tuple[TrustEvent, ...], datetime]:
    """Return the shortest past that leads to a rung, and when it ends."""
    service = RUNGS[tier]()
    assert service.tier is tier
    return tuple(service.events), service.now


def lived(tier: Tier, steps) -> Service:
    """Return a service that stood on a rung, and went through these steps; no two at once."""
    service = Service()
    service.events, service.now = list(past(tier)[0]), past(tier)[1]
    for what, *how in steps:
        service.after(timedelta(minutes=7))
        match what:
            case "evaluate":
                count, agreed, complete = how
                service.evaluated(count, agreed=agreed, complete=complete)
            case "wait":
                service.after(how[0] * DAY)
            case "incident":
                service.happened(Incident(service.now, *how))
            case "override":
                service.happened(Overridden(service.now, *how))
            case "judge":
                service.happened(Judged(service.now, *how))
            case _:
                service.happened(Enrolled(service.now))
    return service


def is_rise(step: Transition) -> bool:
    return ORDER.index(step.after) > ORDER.index(step.before)


def known(service: Service, step: Transition, history: tuple[Transition, ...]) -> list[TrustEvent]:
    """Return what counts at a step: what happened since the last fall, and before the step."""
    falls = [one.ts for one in history if not is_rise(one) and one.ts < step.ts]
    since = max(falls, default=START)
    return [one for one in service.events if since <= one.ts <= step.ts]


@pytest.mark.parametrize("tier", RUNGS)
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=10))
def test_no_rung_is_reached_without_as_many_changes_as_it_asks(tier, steps):
    service = lived(tier, steps)
    history = service.trust.history
    needed = {Tier.ADVISORY: LADDER.shadow_evals, Tier.AUTO: LADDER.advisory_evals}
    for step in filter(is_rise, history):
        events = known(service, step, history)
        changes = {one.artifact for one in events if isinstance(one, Evaluated)}
        assert len(changes) >= needed.get(step.after, 0)


@pytest.mark.parametrize("tier", RUNGS)
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=10))
def test_advisory_is_not_reached_without_verdicts_of_humans(tier, steps):
    service = lived(tier, steps)
    history = service.trust.history
    for step in history:
        if (step.before, step.after) == (Tier.SHADOW, Tier.ADVISORY):
            events = known(service, step, history)
            said = [one for one in events if isinstance(one, Judged | Overridden)]
            assert len({one.eval for one in said}) >= LADDER.verdicts


@pytest.mark.parametrize("tier", RUNGS)
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=10))
def test_auto_is_not_reached_within_fourteen_days_of_an_incident(tier, steps):
    service = lived(tier, steps)
    incidents = [one.ts for one in service.events if isinstance(one, Incident)]
    for step in service.trust.history:
        if step.after is Tier.AUTO:
            assert not [ts for ts in incidents if timedelta() < step.ts - ts < LADDER.quiet]


@pytest.mark.parametrize("tier", RUNGS)
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=10))
def test_a_rise_is_by_one_rung_and_a_day_after_the_last_step(tier, steps):
    history = lived(tier, steps).trust.history
    for last, step in pairwise(history):
        assert last.after is step.before
        if is_rise(step) and step.before is not Tier.NONE:
            assert ORDER.index(step.after) == ORDER.index(step.before) + 1
            assert step.ts - last.ts >= LADDER.cooldown


@pytest.mark.parametrize("tag", ["safety", "eval.regression", "anything"])
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=6))
def test_auto_falls_at_once_on_any_incident(tag, steps):
    service = lived(Tier.AUTO, steps)
    if service.tier is Tier.AUTO:
        service.happened(Incident(service.now, tag))
        assert ORDER.index(service.tier) < ORDER.index(Tier.AUTO)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=6))
def test_two_incidents_in_thirty_days_leave_auto_no_more_than_shadow(steps):
    service = lived(Tier.AUTO, steps)
    if service.tier is Tier.AUTO:
        service.happened(Incident(service.now, "safety")).after(timedelta(hours=3))
        service.happened(Incident(service.now, "safety"))
        assert ORDER.index(service.tier) <= ORDER.index(Tier.SHADOW)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=6))
def test_advisory_falls_at_once_on_a_regression(steps):
    service = lived(Tier.ADVISORY, steps)
    if service.tier is Tier.ADVISORY:
        service.happened(Incident(service.now, "eval.regression"))
        assert ORDER.index(service.tier) <= ORDER.index(Tier.SHADOW)


@pytest.mark.parametrize("tier", RUNGS)
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=6), tag=TAGS, name=st.one_of(st.just(""), NAMES))
def test_an_incident_never_raises_any_rung(tier, steps, tag, name):
    service = lived(tier, steps)
    before = service.tier
    after = trust([*service.events, Incident(service.now, tag, name)], service.now).tier
    assert ORDER.index(after) <= ORDER.index(before)


@pytest.mark.parametrize("tier", RUNGS)
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=6), decided=WORDS, to=WORDS)
def test_an_override_never_raises_any_rung(tier, steps, decided, to):
    service = lived(tier, steps)
    before = service.tier
    event = Overridden(service.now, "eval_9", decided, to)
    assert ORDER.index(trust([*service.events, event], service.now).tier) <= ORDER.index(before)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=8))
def test_after_a_fall_what_was_earned_before_lifts_nobody_again(steps):
    """A rung that was lost is not had again by waiting alone."""
    service = lived(Tier.AUTO, steps)
    if service.tier is Tier.AUTO:
        service.happened(Incident(service.now, "safety")).after(400 * DAY)
        assert service.tier is Tier.ADVISORY


# --- which evaluation stands for a change -------------------------------------------------

CHANGES = ("a", "b", "c")
CHANCES = st.sampled_from([("ALLOW", False), ("REVIEW", False), ("REVIEW", True), ("BLOCK", False)])
EVALUATIONS = st.lists(st.tuples(st.sampled_from(CHANGES), CHANCES), max_size=12)
VERDICTS = st.fixed_dictionaries(dict.fromkeys(CHANGES, WORDS))


def evaluations(drawn, verdicts=None) -> list[TrustEvent]:
    """Return evaluations of three changes within a minute, and what a human said of each."""
    found: list[TrustEvent] = [Enrolled(START)]
    for number, (change, (word, circumstantial)) in enumerate(drawn):
        ts = START + timedelta(seconds=number + 1)
        one = Evaluated(ts, f"{change}_{number}", change, word, is_circumstantial=circumstantial)
        found.append(one)
    named = {one.artifact: one.eval for one in found if isinstance(one, Evaluated)}
    end = START + timedelta(minutes=1)
    return found + [Judged(end, named[one], verdicts[one]) for one in named if verdicts]


def kappa(events):
    conditions = trust(events, START + timedelta(minutes=2)).conditions
    return next(one.value for one in conditions if one.name == "agreement κ")


@given(drawn=EVALUATIONS, verdicts=VERDICTS)
def test_verdicts_are_compared_with_the_first_evaluation_that_rests_on_the_exam(drawn, verdicts):
    pairs = []
    for change in {change for change, _ in drawn}:
        mine = [chance for name, chance in drawn if name == change]
        settled = [word for word, circumstantial in mine if not circumstantial]
        pairs.append(((settled or ["REVIEW"])[0], verdicts[change]))
    expected = cohens_kappa(pairs)
    found = kappa(evaluations(drawn, verdicts))
    assert found == (None if expected is None else round(float(expected), 6))


@given(drawn=EVALUATIONS, verdicts=VERDICTS, later=EVALUATIONS)
def test_no_later_evaluation_replaces_one_that_rests_on_the_exam(drawn, verdicts, later):
    settled = {change for change, (_, circumstantial) in drawn if not circumstantial}
    again = [one for one in later if one[0] in settled]
    end = START + timedelta(minutes=2)
    before = evaluations(drawn, verdicts)
    after = [
        Evaluated(end, f"later_{number}", change, word, is_circumstantial=circumstantial)
        for number, (change, (word, circumstantial)) in enumerate(again)
    ]
    assert trust([*before, *after], end) == trust(before, end)


@given(drawn=EVALUATIONS, verdicts=VERDICTS)
def test_a_circumstance_leaves_no_trace_once_the_exam_has_spoken(drawn, verdicts):
    settled = {change for change, (_, circumstantial) in drawn if not circumstantial}
    kept = [one for one in drawn if one[0] not in settled or not one[1][1]]
    end = START + timedelta(minutes=2)
    assert trust(evaluations(drawn, verdicts), end) == trust(evaluations(kept, verdicts), end)


@given(word=st.sampled_from(["ALLOW", "BLOCK"]), later=WORDS, verdict=WORDS)
def test_whatever_is_said_of_it_an_allow_or_a_block_is_never_provisional(word, later, verdict):
    found = [
        Enrolled(START),
        Evaluated(START, "one", "a", word, is_circumstantial=True),
        Evaluated(START, "two", "a", later),
        Judged(START, "one", verdict),
        Evaluated(START, "three", "b", "REVIEW"),
        Judged(START, "three", "REVIEW"),
    ]
    expected = cohens_kappa([(word, verdict), ("REVIEW", "REVIEW")])
    assert kappa(found) == (None if expected is None else round(float(expected), 6))


def test_repeating_an_incomplete_evaluation_does_not_tidy_the_scorecard():
    service = advisory()
    before = service.events
    spoilt = Evaluated(service.now, "x", "x", "REVIEW", False, is_circumstantial=True)
    mended = Evaluated(service.now, "y", "x", "ALLOW", True)

    def scorecard(*events):
        conditions = trust([*before, *events], service.now).conditions
        return next(one.value for one in conditions if one.name == "scorecard")

    assert scorecard(spoilt, mended) == scorecard(spoilt) < scorecard(mended)
