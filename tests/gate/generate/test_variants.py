"""Variants tell a service that knows all it was given from one that knows one thing alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.generate.notes import INTENT, Notes
from tests.gate.generate.running import Local, Picky, ran

from sigil.effects import random_stream
from sigil.gate.generate.drafting import draft
from sigil.gate.generate.stubs import mistaken
from sigil.gate.generate.validating import Candidate, Examiner, validate
from sigil.gate.generate.variants import STRANGERS
from sigil.gate.intent import read_intent
from sigil.gate.lua import run_scenario
from sigil.gate.model import Scenario, Status


class Handing(Notes):
    """Hands out what it was given in an order of its own, whatever id is asked for.

    Args:
        last: whether the last one comes first.
    """

    def __init__(self, *, last: bool):
        super().__init__()
        self.last, self.waiting = last, []

    def _notes(self, method: str, path: str, token: str, sent: Any) -> tuple[int, Any]:
        if method == "POST":
            self.waiting.append(sent["title"])
        if method == "GET" and path.startswith("/notes/") and self.waiting:
            return 200, {"title": self.waiting.pop(-1 if self.last else 0)}
        return super()._notes(method, path, token, sent)


WRONG = {
    "the latest of all": lambda: Picky(-1, of_all=True),
    "the first of all": lambda: Picky(0, of_all=True),
    "the latest of the caller": lambda: Picky(-1, of_all=False),
    "the first of the caller": lambda: Picky(0, of_all=False),
    "in the order in which they came": lambda: Handing(last=False),
    "in the other order": lambda: Handing(last=True),
}


def exam(secret: int) -> list[Candidate]:
    intent = read_intent(INTENT.encode(), "docs/specs/notes.md")
    drafted = draft(intent, ratio=0.4, seed=1, secret=secret)
    return [one for one in drafted.candidates if "criterion-4" in one.clauses]


def ended(text: str, notes: Notes) -> Status:
    return run_scenario(Scenario("x", "holdout", text, "x.lua"), Local(notes), seed=3).result.status


@pytest.mark.parametrize("wrong", list(WRONG))
@pytest.mark.parametrize("secret", range(12))
def test_whatever_the_secret_is_the_sealed_half_fails_a_service_that_mixes_things_up(wrong, secret):
    visible, holdout = exam(secret)
    assert ended(holdout.text, Notes()) is Status.PASS
    assert ended(holdout.text, WRONG[wrong]()) is Status.FAIL
    assert ended(visible.text, WRONG[wrong]()) is Status.PASS  # which is why it takes another


@pytest.mark.parametrize(
    "wrong",
    [
        "the latest of all",
        "the first of all",
        "in the order in which they came",
        "in the other order",
    ],
)
@pytest.mark.parametrize("secret", range(12))
def test_so_does_the_plainer_one_unless_callers_are_told_apart(wrong, secret):
    _, holdout = exam(secret)
    (plainer,) = holdout.plainer
    assert ended(plainer, Notes()) is Status.PASS
    assert ended(plainer, WRONG[wrong]()) is Status.FAIL


@given(st.integers(0, 2**64), st.integers(2, 6))
def test_in_every_round_some_are_asked_in_the_order_of_the_one_before_and_some_not(seed, count):
    orders = STRANGERS.orders(count, random_stream(seed, "orders"))
    for before, after in pairwise(orders):
        assert sorted(before) == sorted(after) == [0, 1, 2]
        assert after not in {before, before[::-1]}


# --- wrong services of the third stage ------------------------------------------------------


def test_a_scenario_about_two_things_is_tried_on_services_that_know_one():
    visible, holdout = exam(1)
    names = [one.name for one in mistaken(ran(holdout.text, Notes()).answered, {})]
    assert names == [
        "the latest one, whatever id is asked for",
        "the first one, whatever id is asked for",
    ]
    assert not list(mistaken(ran(visible.text, Notes()).answered, {}))


def test_and_notices_them():
    _, holdout = exam(1)
    observed = ran(holdout.text, Notes())
    for service in mistaken(observed.answered, {}):
        run = run_scenario(Scenario("x", "holdout", holdout.text, "x.lua"), service, seed=3)
        assert run.result.status is Status.FAIL


def test_what_was_answered_is_passed_again_so_a_wrong_service_is_noticed_for_what_is_wrong():
    """A scenario that compares an answer with what it drew is not failed by drawing anew."""
    text = (
        'return { policy = { capabilities = { "http" } }, run = function()\n'
        "local title = sigil.gen.string(8)\n"
        'local r = sigil.post("/signup", { email = title, password = "x" })\n'
        "expect(r.status ~= 500 and title == title)\nend }\n"
    )
    examiner = Examiner(lambda one: ran(one.text, Notes()), {}, {}, "docs/specs/x.md")
    (found,) = validate([Candidate("x", "visible", ("criterion-1",), text)], examiner)
    assert found.noticed < found.tried


# --- what falls back to what ----------------------------------------------------------------


class OneEach(Notes):
    """Allows one note to each account."""

    def _notes(self, method: str, path: str, token: str, sent: Any) -> tuple[int, Any]:
        if method == "POST" and any(owner == token for owner, _ in self.notes):
            return 409, {"error": "one is enough"}
        return super()._notes(method, path, token, sent)


def examiner(notes: type[Notes] | None, **more: Any) -> Examiner:
    run = None if notes is None else lambda one: ran(one.text, notes())
    return Examiner(run, {}, {}, "docs/specs/notes.md", **more)


def test_a_service_that_minds_two_things_is_asked_for_one_of_each_stranger():
    _, holdout = exam(1)
    (strict,) = validate([holdout], examiner(Notes))
    assert (strict.candidate.text, strict.baseline) == (holdout.text, Status.PASS)
    (found,) = validate([holdout], examiner(OneEach))
    assert (found.candidate.text, found.baseline) == (holdout.plainer[-1], Status.PASS)


def test_without_a_baseline_nothing_is_supposed_that_the_intent_does_not_say():
    _, holdout = exam(1)
    (found,) = validate([holdout], examiner(None))
    assert found.candidate.text == holdout.plainer[-1]


def test_what_is_sealed_already_stays_whatever_the_baseline_does():
    _, holdout = exam(1)
    (found,) = validate([holdout], examiner(OneEach, standing=frozenset({holdout.text})))
    assert (found.candidate.text, found.refused) == (holdout.text, "")
    assert found.kept.startswith("it fails on the baseline")
