"""Intents and judges: what is asked, and that what comes back is what was declared."""

from __future__ import annotations

from typing import Any

import pytest
from tests.gate.lua.worlds import World, run

from sigil.gate.model import Status

CAPTURE = (
    '{ n = "number: how many", s = "string: which", b = "boolean: whether", i = "integer: i" }'
)
GOOD = {"n": 1.5, "s": "x", "b": False, "i": 3}


def intending(captured: Any, *, completed: bool = True) -> World:
    return World(intent=lambda _: {
        "completed": completed, "summary": "done", "steps": 2, "captured": captured,
    })  # fmt: skip


def intent(world: World, capture: str = CAPTURE, then: str = "expect(r.completed)") -> Any:
    return run(
        f"--- Do it.\n---   Well.\nlocal r = sigil.intent({{ capture = {capture} }})\n{then}", world
    )


def test_an_intent_is_asked_with_its_objective_and_types():
    world = intending(GOOD)
    intent(world)
    assert world.calls[0].request == {
        "objective": "Do it.\n  Well.",
        "capabilities": ["browser", "http"],
        "context": None,
        "capture": {
            "b": {"type": "boolean", "description": "whether"},
            "i": {"type": "integer", "description": "i"},
            "n": {"type": "number", "description": "how many"},
            "s": {"type": "string", "description": "which"},
        },
        "max_steps": 20,
    }


def test_what_it_captured_is_in_the_result():
    then = 'expect(r.n == 1.5 and r.s == "x" and r.b == false and r.i == 3 and r.steps == 2)'
    assert intent(intending(GOOD), then=then).result.status is Status.PASS


@pytest.mark.parametrize(
    "wrong", [{"n": "1"}, {"s": 1}, {"b": 1}, {"i": 1.5}, {"i": True}, {"n": None}]
)
def test_a_value_of_another_type_is_an_error(wrong):
    assert intent(intending({**GOOD, **wrong})).result.status is Status.ERROR


def test_an_intent_that_gave_up_has_no_values():
    then = "expect(r.n == nil and not r.completed)"
    assert intent(intending(None, completed=False), then=then).result.status is Status.PASS


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sigil.intent({})", "no --- block above it"),
        ("--- a\nsigil.intent({ max_step = 1 })", "there is no field max_step"),
        ("--- a\nsigil.intent({ max_steps = 0 })", "max_steps is a whole number"),
        (
            '--- a\nsigil.intent({ capabilities = { "exec" } })',
            "does not declare the capability exec",
        ),
        ('--- a\nsigil.intent({ capture = { a = "text: b" } })', "capture.a is a text such as"),
        ('--- a\nsigil.intent({ capture = { summary = "string: b" } })', "choose another name"),
        ("sigil.judge(1)", "no --- block above it"),
        ("--- a\nsigil.judge(1, { min_score = 2 })", "a number from 0 to 1"),
        ("--- a\nsigil.judge(1, { least = 2 })", "there is no field least"),
        ("--- a\nsigil.judge(pcall)", "no form in JSON"),
    ],
)
def test_a_request_that_is_not_as_it_should_be_says_so(body, said):
    done = run(body, intending({}), capabilities=("intent", "judge", "http", "browser"))
    assert done.result.status is Status.ERROR
    assert said in done.evidence.message


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {},
        {"score": "1", "rationale": ""},
        {"score": 2, "rationale": ""},
        {"score": True, "rationale": ""},
        {"score": 1},
    ],
)
def test_a_reply_that_is_no_judgement_is_an_error(reply):
    done = run("--- a\nsigil.judge(1)", World(judge=lambda _: reply))
    assert done.result.status is Status.ERROR


def test_a_judge_says_its_score():
    world = World(judge=lambda _: {"score": 0.9, "rationale": "good"})
    body = '--- a\nlocal j = sigil.judge({ 1 }) expect(j.score == 0.9 and j.rationale == "good")'
    done = run(body, world)
    assert (done.result.status, done.result.judged) == (Status.PASS, 0.9)


def test_the_lowest_score_counts():
    scores = iter([0.9, 0.85, 0.95])
    world = World(judge=lambda _: {"score": next(scores), "rationale": ""})
    done = run("--- a\nsigil.judge(1)\n--- b\nsigil.judge(2)\n--- c\nsigil.judge(3)", world)
    assert done.result.judged == 0.85


def test_a_low_score_fails_with_its_rubric():
    world = World(judge=lambda _: {"score": 0.1, "rationale": "typos"})
    evidence = run("--- Free of\n--- typos.\nsigil.judge(1)", world).evidence
    assert evidence.message == "the judge gave 0.10, below 0.80: typos"
    assert (evidence.rubric.purpose, evidence.rubric.text) == (
        "sigil.judge rubric",
        "Free of\ntypos.",
    )


def test_a_line_of_more_dashes_is_no_rubric():
    done = run("----------\nsigil.judge(1)", World(judge=lambda _: {"score": 1, "rationale": ""}))
    assert done.result.status is Status.ERROR
