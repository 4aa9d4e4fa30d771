"""What the ledger's entries say of each other."""

from __future__ import annotations

from dataclasses import replace

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


def test_other_holdouts_contradict_nothing():
    other = of_another_exam(ONE, holdout=Hundredths(100, 100), holdouts=["sha256:1"])
    assert not events.contradicts([ONE], other)


def test_an_entry_of_before_reads_still():
    body = events.complete_body(ONE)
    assert convert(body, Complete) == ONE
    del body["holdouts"]
    assert convert(body, Complete) == OLD
