"""What can be decided of a rubric without a model, and what cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.canonical import digest
from sigil.gate.effects import Answered, Call
from sigil.gate.judge import rubrics
from sigil.gate.judge.rubrics import check
from sigil.gate.model import Half, Scenario

RECEIPT = "Subject: Your receipt\n\nPlan: Pro\nPrice: $99.00\nThe billing team"

TRUE = [
    'It names "Pro" and "$99.00".',
    'It names "Pro", "Price" and "billing".',
    'The receipt mentions "Your receipt".',
    "The copy contains `Plan: Pro`!",
    'It does not mention "Lorem ipsum".',
    'It never contains "TODO".',
    'It starts with "Subject:".',
    'The text ends with "team".',
    "It has at most 20 words.",
    "It is at least 3 lines long.",
    "It is not empty.",
]
FALSE = [
    'It names "Pro" and "$12.00".',
    'It does not mention "pro".',
    'It starts with "Plan".',
    "It has at most 3 words.",
    "It is valid JSON.",
    "It is empty.",
]
UNKNOWN = [
    "It is free of typos.",
    "The receipt email copy is clear and professional.",
    "It names the correct plan.",
    'It names "Pro" and is free of typos.',
    'It names "Pro" in the first line.',
    'It starts with "a" and "b".',
    'Unless it is empty, it names "Pro".',
]


@pytest.mark.parametrize("sentence", TRUE)
def test_it_holds(sentence):
    [claim] = check(sentence, RECEIPT).claims
    assert claim.holds is True


@pytest.mark.parametrize("sentence", FALSE)
def test_it_does_not_hold(sentence):
    [claim] = check(sentence, RECEIPT).claims
    assert claim.holds is False


@pytest.mark.parametrize("sentence", UNKNOWN)
def test_it_needs_a_judge(sentence):
    [claim] = check(sentence, RECEIPT).claims
    assert claim.holds is None


def test_a_price_does_not_end_a_sentence():
    claims = check('It names "$99.00". It is empty.', RECEIPT).claims
    assert [claim.holds for claim in claims] == [True, False]


@pytest.mark.parametrize(
    ("subject", "holds"),
    [({"a": 1}, True), ("[1]", True), ("NaN", False), ("{", False), ("[" * 100_000, False)],
)  # fmt: skip
def test_json_is_what_parses(subject, holds):
    [claim] = check("It is valid JSON.", subject).claims
    assert claim.holds is holds


def test_what_is_known_bounds_the_score():
    found = check('It names "Pro". It names "Free". It is kind. It is short.', RECEIPT)
    assert (found.least, found.most) == (0.25, 0.75)


@given(st.text(max_size=300), st.text(max_size=300))
def test_the_bounds_are_bounds_whatever_is_written(rubric, subject):
    found = check(rubric, subject)
    assert 0 <= found.least <= found.most <= 1


# --- on record ------------------------------------------------------------------------------


def asked(*rubrics: str) -> list[Answered]:
    return [Answered(Call("judge", {"rubric": one, "subject": "x"}), None) for one in rubrics]


def scenario(half: Half, salt: bytes = b"") -> Scenario:
    return Scenario("one", half, "", "one.lua", salt=salt)


def test_every_rubric_is_on_record_once():
    sat = [
        (scenario("visible"), asked("It is kind.", "It is short.")),
        (scenario("visible"), asked("It is kind.")),
    ]
    assert rubrics.digests(sat) == sorted({digest(b"It is kind."), digest(b"It is short.")})


def test_calls_of_another_kind_are_no_rubric():
    assert (
        rubrics.digests([(scenario("visible"), [Answered(Call("env", {"name": "X"}), "y")])]) == []
    )


def test_nobody_can_try_a_guess_at_the_rubric_of_a_holdout():
    salts = (bytes(32), bytes([1] * 32))
    one, other = (
        rubrics.digests([(scenario("holdout", salt), asked("It is kind."))]) for salt in salts
    )
    assert digest(b"It is kind.") not in one
    assert one != other
