"""Stages as they are written: each way to be wrong, in one line with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidExpression, InvalidValue, SigilError
from sigil.evaluate.definition import Eval, eval_of
from sigil.store.documents import parse_document

TEXT = """\
version: 0.1
name: x
inputs: {cases: [[1], [2], [3]]}
metrics:
- {id: error, kind: call, measure: error, function: "f.py:f"}
- {id: size, kind: numeric, command: ./size, parse: "(.*)"}
aggregate: {objective: min(error)}
accept: {rule: error <= 1}
stages:
"""


def defined(*stages: str) -> Eval:
    text = TEXT + "".join(f"- {stage}\n" for stage in stages)
    return eval_of(parse_document(text.encode(), "x.eval.yaml"), lambda _: b"")


@pytest.mark.parametrize(
    ("stage", "field", "problem"),
    [
        ("{id: a b, promote: error <= 1}", "id", "'a b' is no identifier"),
        ("{id: error, promote: error <= 1}", "id", "the id 'error' is taken"),
        ("{id: build, promote: error <= 1}", "id", "the id 'build' is taken"),
        ("{id: few, promote: 'true'}", "promote", "it asks nothing of any metric"),
        ("{id: few, cases: 0, promote: error <= 1}", "cases", "0 cases"),
        ("{id: few, cases: 4, promote: error <= 1}", "cases", "4 cases of 3"),
        ("{id: few, cases: 0 %, promote: error <= 1}", "cases", "'0 %' is no share"),
        ("{id: few, cases: 101 %, promote: error <= 1}", "cases", "'101 %' is no share"),
        ("{id: few, cases: some, promote: error <= 1}", "cases", "'some' is no share"),
        ("{id: few, metrics: [size], promote: error <= 1}", "promote", "error is not measured"),
        ("{id: few, metrics: [eror], promote: error <= 1}", "metrics", "no metric 'eror'"),
        ("{id: few, metrics: [error, error], promote: error <= 1}", "metrics", "stands twice"),
        ("{id: few, promote: size <= 1}", "promote", "this stage names no cheaper one"),
        (
            "{id: few, cases: 2, commands: {size: ./s}, promote: size <= 1}",
            "cases",
            "no metric of this stage is called with cases",
        ),
        (
            "{id: few, commands: {error: ./s}, promote: error <= 1}",
            "commands.error",
            "no metric 'error' of this stage runs a command",
        ),
        (
            "{id: few, commands: {size: './s | wc'}, promote: size <= 1}",
            "commands.size",
            "'|' is for a shell",
        ),
    ],
)
def test_a_stage_that_makes_no_sense_is_named(stage: str, field: str, problem: str):
    with pytest.raises(InvalidValue) as raised:
        defined(stage)
    assert str(raised.value).startswith(f"x.eval.yaml:10: stages[0].{field}: ")
    assert problem in str(raised.value)


def test_two_stages_of_one_name_are_refused():
    with pytest.raises(InvalidValue, match=r"x.eval.yaml:11: stages\[1\].id: the id 'few'"):
        defined(*["{id: few, promote: error <= 1}"] * 2)


def test_a_misspelt_metric_in_a_rule_shows_its_column():
    with pytest.raises(InvalidExpression, match=r"stages\[0\].promote"):
        defined("{id: few, promote: eror <= 1}")


def test_an_unknown_key_of_a_stage_is_an_error():
    with pytest.raises(SigilError, match="promotes"):
        defined("{id: few, promotes: error <= 1}")


def test_an_eval_without_stages_has_none():
    assert (
        eval_of(parse_document(TEXT.replace("stages:\n", "").encode(), "x"), lambda _: b"").stages
        == ()
    )


@given(st.integers(1, 100), st.integers(1, 10_000))
def test_a_share_is_at_least_one_case_and_at_most_all(percent: int, available: int):
    (few,) = defined(f"{{id: few, cases: {percent} %, promote: error <= 1}}").stages
    count = few.count(available)
    assert 1 <= count <= available
    assert (count - 1) * 100 < percent * available <= count * 100
