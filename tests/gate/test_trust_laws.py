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
