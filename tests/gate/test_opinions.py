"""How far judges agree: of the same subjects, and of nothing that one is silent about."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sigil.gate.effects import Answered, Call
from sigil.gate.model import Result, Status
from sigil.gate.opinions import Judged, Pair, Subject, by_rules, disputed, pairs, recorded
from sigil.gate.record.dossier import Kept


def asked(subject: str, score: float | None, *, least: float = 0.8, rubric: str = "It is kind."):
    request = {"rubric": rubric, "subject": subject, "min_score": least, "provider": None}
    return Answered(Call("judge", request), {"score": score, "rationale": "", "votes": []})


def sat(*calls: Answered, side="pr") -> Kept:
    result = Result("a", Status.PASS, ())
    return Kept("a", side, 0, 7, None, result, None, 1, answered=calls)


def of(*subjects: str) -> list[Subject]:
    return recorded("x", [sat(*(asked(one, 1.0) for one in subjects))])[0]


def judged(name: str, subjects: list[Subject], *scores: float | None) -> Judged:
    return Judged(name, dict(zip((one.key for one in subjects), scores, strict=True)))


def test_a_subject_that_both_sides_put_is_one_and_is_named_by_where_it_came_first():
    http = Answered(Call("http", {}), {})
    found, _ = recorded("x", [sat(http, asked("b", 1.0), asked("a", 1.0)), sat(asked("a", 1.0))])
    assert [one.name for one in found] == [("a", 1), ("a", 2)]


@pytest.mark.parametrize(
    ("scores", "settled"),
    [((0.9, 0.85), 0.85), ((0.9, 0.1), None), ((0.9, None), None), ((0.2, 0.1), 0.1)],
)
def test_a_judge_that_does_not_agree_with_itself_says_nothing(scores, settled):
    [subject], said = recorded("x", [sat(*(asked("a", score) for score in scores))])
    assert said.scores == {subject.key: settled}


def test_the_same_text_under_another_rubric_or_bound_is_another_subject():
    calls = asked("a", 1.0), asked("a", 1.0, least=0.5), asked("a", 1.0, rubric="It is short.")
    assert len(recorded("x", [sat(*calls)])[0]) == len(calls)


def test_a_call_that_nobody_answered_is_no_subject():
    failed = Answered(Call("judge", asked("a", 1.0).call.request), None, "no model")
    assert recorded("x", [sat(failed)])[0] == []


def test_agreement_is_counted_where_both_say_something():
    subjects = of("a", "b", "c", "d", "e")
    one = judged("one", subjects, 0.9, 0.9, 0.1, 0.1, 0.9)
    other = judged("other", subjects, 0.8, 0.1, 0.1, 0.2, None)
    assert pairs(subjects, [one, other]) == [Pair(("one", "other"), 4, 3, Fraction(1, 2))]


def test_where_all_say_the_same_kappa_is_undefined():
    subjects = of("a", "b")
    [pair] = pairs(subjects, [judged(name, subjects, 0.9, 0.9) for name in ("one", "other")])
    assert (pair.same, pair.kappa) == (2, None)


def test_each_two_of_several_judges_are_a_pair():
    subjects = of("a")
    found = pairs(subjects, [judged(name, subjects, 1.0) for name in "xyz"])
    assert [one.judges for one in found] == [("x", "y"), ("x", "z"), ("y", "z")]


def test_what_passes_by_one_and_fails_by_another_is_disputed_and_silence_is_not():
    subjects = of("a", "b", "c")
    one = judged("one", subjects, 0.9, 0.9, 0.9)
    other = judged("other", subjects, 0.1, None, 0.9)
    assert disputed(subjects, [one, other]) == subjects[:1]


def test_rules_say_what_can_be_decided_and_nothing_else():
    calls = [
        asked("the Pro plan", None, rubric='It names "Pro".'),
        asked("the Pro plan", None, rubric='It names "Free".'),
        asked("the Pro plan", None),
    ]
    subjects, _ = recorded("x", [sat(*calls)])
    assert [by_rules(subjects).says(one) for one in subjects] == [True, False, None]


def test_the_text_of_a_subject_is_in_no_representation():
    assert "canary" not in repr(of("canary"))
