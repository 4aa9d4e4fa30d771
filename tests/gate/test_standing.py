"""What a recorded decision is worth later: never more than when it was made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.gate.decision import Code, Verdict
from sigil.gate.record.events import Decided, Provenance
from sigil.gate.standing import Now, standing
from sigil.gate.trust import Tier

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ALLOWED = Decided(
    eval="eval_1",
    verdict=Verdict.ALLOW,
    recommended=Verdict.ALLOW,
    reasons=[],
    tier=Tier.AUTO,
    provenance=Provenance("sha256:a", "sha256:b", "sha256:c", "0x0", "sha256:b", "sigil@1"),
    commit="1" * 40,
    base="2" * 40,
    size=5,
    nonce="n",
    expires=MOMENT + timedelta(seconds=60),
)
NOW = Now(
    moment=MOMENT,
    commit="1" * 40,
    artifact="sha256:a",
    baseline="sha256:b",
    base="2" * 40,
    control="sha256:b",
    tier=Tier.AUTO,
    ledger_age_s=1.0,
    freshness_s=60.0,
    used=frozenset(),
    is_evaluator_known=True,
)
SPOILT = {
    "another commit": ({"commit": "3" * 40}, Code.MOVED),
    "another artifact": ({"artifact": "sha256:x"}, Code.MOVED),
    "another baseline": ({"baseline": "sha256:x"}, Code.MOVED),
    "another base": ({"base": "3" * 40}, Code.MOVED),
    "another exam or policy": ({"control": "sha256:x"}, Code.MOVED),
    "too late": ({"moment": MOMENT + timedelta(seconds=61)}, Code.EXPIRED),
    "a clock behind the one that it was decided by": (
        {"moment": MOMENT - timedelta(seconds=1)},
        Code.OF_THE_FUTURE,
    ),
    "used": ({"used": frozenset({"m", "n"})}, Code.USED),
    "NONE": ({"tier": Tier.NONE}, Code.TIER),
    "SHADOW": ({"tier": Tier.SHADOW}, Code.TIER),
    "an unknown evaluator": ({"is_evaluator_known": False}, Code.EVALUATOR_UNKNOWN),
    "an unknown ledger": ({"ledger_age_s": None}, Code.LEDGER_UNKNOWN),
    "a stale ledger": ({"ledger_age_s": 60.001}, Code.STALE_LEDGER),
    "a ledger of the future": ({"ledger_age_s": -0.001}, Code.STALE_LEDGER),
    "other scores": ({"contradicted": True}, Code.CONTRADICTED),
    "no number": ({"ledger_age_s": float("nan")}, Code.STALE_LEDGER),
}


def test_an_allow_stands_while_everything_is_as_it_was():
    worth = standing(ALLOWED, NOW)
    assert (worth.verdict, worth.reasons) == (Verdict.ALLOW, ())


@pytest.mark.parametrize("case", SPOILT)
def test_one_thing_that_does_not_hold_ends_an_allow(case):
    changed, code = SPOILT[case]
    worth = standing(ALLOWED, replace(NOW, **changed))
    assert worth.verdict is Verdict.REVIEW
    assert [reason.code for reason in worth.reasons] == [code]


@pytest.mark.parametrize("tier", [Tier.ADVISORY, Tier.AUTO])
def test_the_upper_two_tiers_may_allow(tier):
    assert standing(ALLOWED, replace(NOW, tier=tier)).verdict is Verdict.ALLOW


@given(st.sampled_from([Verdict.REVIEW, Verdict.BLOCK]), st.sets(st.sampled_from(sorted(SPOILT))))
def test_nothing_becomes_better_with_time(verdict, cases):
    changed = {name: value for case in cases for name, value in SPOILT[case][0].items()}
    worth = standing(replace(ALLOWED, verdict=verdict), replace(NOW, **changed))
    assert worth.verdict is verdict


@given(st.sets(st.sampled_from(sorted(SPOILT)), min_size=1))
def test_whatever_does_not_hold_together_is_never_an_allow(cases):
    changed = {name: value for case in cases for name, value in SPOILT[case][0].items()}
    assert standing(ALLOWED, replace(NOW, **changed)).verdict is Verdict.REVIEW
