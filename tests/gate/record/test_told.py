"""What the ledger tells of decisions, to the ladder of trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.building import answers
from tests.gate.deciding import GOOD, facts

from sigil.gate.decision import Code, Facts, Stage, Verdict, decide
from sigil.gate.record import events
from sigil.gate.record.events import Decided, Provenance, Signers
from sigil.gate.record.told import trust_events
from sigil.gate.trust import Evaluated, Overridden, Tier

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
SIGNERS = Signers(frozenset({"us"}))


@dataclass(frozen=True)
class Entry:
    """An entry of the ledger."""

    body: Mapping[str, Any]
    kind: str = events.DECISION
    ts: datetime = MOMENT
    service: str = "api"
    key: str = "us"


def told(recommended: Verdict, reasons: list[dict[str, Any]]) -> Evaluated:
    known = Decided(
        eval="eval_1",
        verdict=Verdict.REVIEW,
        recommended=recommended,
        reasons=reasons,
        tier=Tier.SHADOW,
        provenance=Provenance("a", "b", "c", "0x0", "d", "sigil@0"),
        commit="1" * 40,
        base="2" * 40,
        size=0,
        nonce="n",
        expires=MOMENT,
    )
    [found] = trust_events([Entry(events.decision_body(known))], "api", SIGNERS)
    assert isinstance(found, Evaluated)
    return found


def decided(found: Facts) -> Evaluated:
    decision = decide(found)
    return told(decision.recommended, events.reasons(decision))


NOT_ALL_RUN = (*GOOD, answers("ppp", baseline="", name="late", half="holdout", priority="P1"))
CIRCUMSTANCES = {
    "a stale ledger": {"ledger_age_s": 61.0},
    "a ledger that nobody could ask": {"ledger_age_s": None},
    "an evaluator that nobody named": {"is_evaluator_known": False},
    "a seed that was chosen": {"is_seed_secret": False},
    "a run that failed": {"failed": frozenset({Stage.RUN})},
    "a baseline that did not come up": {"failed": frozenset({Stage.DEPLOY_BASELINE})},
    "a fact that is missing": {"unvouched": None},
}
OF_THE_CHANGE = {
    "other scores": {"differs": True},
    "a change that did not come up": {"failed": frozenset({Stage.DEPLOY_PR})},
    "paths that nobody vouches for": {"unvouched": ("a",)},
    "commits that nothing ties to it": {"is_bound": False},
    "time that it used up by being slow": {"answers": NOT_ALL_RUN},
}


@pytest.mark.parametrize("case", CIRCUMSTANCES)
@pytest.mark.parametrize("tier", Tier)
def test_what_lies_with_whoever_evaluates_is_provisional(case, tier):
    assert decided(facts(tier=tier, **CIRCUMSTANCES[case])).is_provisional


@given(st.sets(st.sampled_from(sorted(CIRCUMSTANCES))), st.sampled_from(sorted(OF_THE_CHANGE)))
def test_one_reason_of_the_change_is_enough_to_rest_on_it(circumstances, case):
    changed = {name: value for one in circumstances for name, value in CIRCUMSTANCES[one].items()}
    assert not decided(facts(**{**changed, **OF_THE_CHANGE[case]})).is_provisional


@pytest.mark.parametrize("case", OF_THE_CHANGE)
def test_what_may_be_the_changes_doing_counts(case):
    found = decided(facts(**OF_THE_CHANGE[case]))
    assert found.recommended == "REVIEW"
    assert not found.is_provisional


@pytest.mark.parametrize("tier", Tier)
def test_the_tier_alone_is_no_circumstance(tier):
    assert not decided(facts(tier=tier)).is_provisional


@given(
    st.sampled_from([Verdict.ALLOW, Verdict.BLOCK]),
    st.lists(st.sampled_from(list(Code)).map(lambda code: code.value)),
)
def test_an_allow_or_a_block_is_never_provisional(recommended, codes):
    reasons = [{"code": code, "verdict": "REVIEW", "about": ""} for code in codes]
    assert not told(recommended, reasons).is_provisional


def test_a_reason_of_a_later_version_rests_on_the_change():
    reasons = [{"code": "unheard_of", "verdict": "REVIEW", "about": ""}]
    assert not told(Verdict.REVIEW, reasons).is_provisional


OVERRIDE = {"eval": "eval_1", "decided": "REVIEW", "verdict": "ALLOW"}


@pytest.mark.parametrize(
    ("key", "reviewers", "counts"),
    [
        ("us", (), False),
        ("anybody", (), True),
        ("anybody", ("she",), False),
        ("she", ("she",), True),
    ],
)
def test_an_override_counts_as_a_verdict_where_a_verdict_of_that_key_does(key, reviewers, counts):
    signers = Signers(frozenset({"us"}), frozenset(reviewers))
    entry = Entry(OVERRIDE, kind=events.OVERRIDE, key=key)
    assert trust_events([entry], "api", signers) == [
        Overridden(MOMENT, "eval_1", "REVIEW", "ALLOW", is_verdict=counts)
    ]
