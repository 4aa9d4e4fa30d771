"""What the ledger's entries say of each other."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from msgspec import convert

from sigil.gate.feedback import Disclosure
from sigil.gate.record import events
from sigil.gate.record.events import Complete, Hundredths, Provenance

ONE = Complete(
    eval="eval_1",
    ref="change",
    commit="0" * 40,
    provenance=Provenance("sha256:a", "sha256:b", "sha256:exam", "0x0", "sha256:c", "sigil@0"),
    overall=Hundredths(100, 100),
    visible=Hundredths(100, 100),
    holdout=Hundredths(50, 100),
    scenarios={"visible": 2, "holdout": 2},
    complete=True,
    disclosed=Disclosure.STEPS,
    holdouts=["sha256:1", "sha256:2"],
)
OLD = replace(ONE, holdouts=None)


def of_another_exam(one: Complete, **changed: object) -> Complete:
    about = replace(one.provenance, scenarios="sha256:another")
    return replace(one, provenance=about, **changed)


def test_an_exam_that_shares_a_holdout_spends_the_same_budget():
    other = of_another_exam(ONE, holdouts=["sha256:2", "sha256:3"])
    assert events.taken([ONE], other) == [ONE]


def test_an_exam_of_new_holdouts_has_a_budget_of_its_own():
    assert events.taken([ONE], of_another_exam(ONE, holdouts=["sha256:3"])) == []


def test_an_entry_that_does_not_say_its_holdouts_counts_for_its_own_exam_alone():
    assert events.taken([OLD], ONE) == [OLD]
    assert events.taken([OLD], of_another_exam(ONE)) == []


def test_exams_without_holdouts_share_none():
    empty = replace(ONE, holdouts=[])
    assert events.taken([empty], of_another_exam(empty)) == []


def test_other_answers_to_the_same_holdouts_contradict_whatever_else_was_asked():
    other = of_another_exam(ONE, visible=Hundredths(90, 90), overall=Hundredths(80, 90))
    assert not events.contradicts([ONE], other)
    assert events.contradicts([ONE], replace(other, holdout=Hundredths(100, 100)))


def scored(name: str, change: int, baseline: int = 100) -> Complete:
    both = Hundredths(change, baseline)
    return replace(ONE, eval=name, overall=both, visible=both, holdout=both)


LOW, HIGH = scored("low", 50), scored("high", 100)


def test_what_came_before_a_vouched_evaluation_of_the_same_change_contradicts_nothing():
    later = scored("later", 100)
    assert events.contradicts([LOW, HIGH], later)
    assert not events.contradicts([LOW, HIGH], later, {"high"})
    assert events.contradicts([LOW, HIGH], later, {"low"})
    assert events.contradicts([HIGH, LOW], later, {"high"})


def test_a_vouched_evaluation_of_another_change_changes_nothing():
    another = replace(HIGH, provenance=replace(HIGH.provenance, artifact="sha256:other"))
    assert events.contradicts([LOW, another], scored("later", 100), {"high"})
    unlike = of_another_exam(HIGH, holdouts=["sha256:9"])
    assert events.contradicts([LOW, unlike], scored("later", 100), {"high"})


def test_a_baseline_is_measured_since_a_vouched_evaluation_that_was_compared_with_it():
    known = [scored("first", 100, 100), scored("second", 100, 60)]
    assert events.earlier(known, "sha256:b", "sha256:exam") == 1
    assert events.earlier(known, "sha256:b", "sha256:exam", {"second"}) == Fraction(60, 100)
    of_another = replace(known[1], provenance=replace(ONE.provenance, baseline="sha256:x"))
    assert events.earlier([known[0], of_another], "sha256:b", "sha256:exam", {"second"}) == 1


def test_other_holdouts_contradict_nothing():
    other = of_another_exam(ONE, holdout=Hundredths(100, 100), holdouts=["sha256:1"])
    assert not events.contradicts([ONE], other)


def test_an_entry_of_before_reads_still():
    body = events.complete_body(ONE)
    assert convert(body, Complete) == ONE
    del body["holdouts"]
    assert convert(body, Complete) == OLD
