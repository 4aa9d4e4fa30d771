"""When a candidate is given up, on simulated machines whose truth is known."""

from __future__ import annotations

import random

import pytest

from sigil.evaluate.definition import Eval, eval_of
from sigil.evaluate.facts import Facts, Inputs
from sigil.evaluate.findings import Findings
from sigil.evaluate.intervals import least_count
from sigil.evaluate.measure import Block, Outcome, Plan, measure
from sigil.evaluate.result import Evaluation, MetricValue
from sigil.store.documents import parse_document

TEXT = b"""\
version: 0.1
name: x
inputs: {cases: [1]}
metrics: [{id: t, kind: call, measure: time, function: "f.py:f"}]
aggregate: {objective: min(t)}
accept: {rule: t <= 0.9 * baseline.t}
"""
PLAN = Plan(most=200, precision=0.1, sure=least_count(0.99))
SEEDS = range(60)


@pytest.fixture(scope="module")
def definition() -> Eval:
    return eval_of(parse_document(TEXT, "x.eval.yaml"), lambda _: b"")


def noisy(stream: random.Random) -> float:
    """A shared machine: 8 % of jitter, and every tenth sample is interrupted."""
    return abs(stream.gauss(1, 0.08)) + (stream.expovariate(1) if stream.random() < 0.1 else 0)


def confirmed(definition: Eval, speed: float, seed: int, *, giving_up: bool = True) -> Outcome:
    """Measure a candidate that takes ``speed`` times what the baseline takes, 1 ms."""
    before = Evaluation("measured", metrics={"t": MetricValue(1.0, 9, unit="ms")}, costs=(1.0,))
    findings = Findings(definition, Facts(before, Inputs(), noisy=frozenset({"t"})))
    stream = random.Random(seed)
    return measure(
        lambda *, candidate_first: Block({"t": speed * noisy(stream)}, {"t": noisy(stream)}),
        PLAN,
        decide=findings.decide,
        hopeless=findings.hopeless if giving_up else lambda _: False,
        order=random.Random(0),
        is_late=lambda: False,
    )


def blocks(outcome: Outcome) -> int:
    return len(outcome.series.blocks)


def test_a_candidate_that_is_no_faster_is_given_up_long_before_its_budget_is_spent(definition):
    outcomes = [confirmed(definition, 1.0, seed) for seed in SEEDS]
    assert all(outcome.verdict is not True for outcome in outcomes)
    assert max(map(blocks, outcomes)) < PLAN.most / 2


def test_giving_up_saves_blocks_where_the_rule_is_not_refuted_yet(definition):
    patient = [confirmed(definition, 1.0, seed, giving_up=False) for seed in SEEDS]
    assert sum(map(blocks, patient)) > 1.3 * sum(
        blocks(confirmed(definition, 1.0, seed)) for seed in SEEDS
    )


@pytest.mark.parametrize("speed", [0.8, 0.9])
def test_what_fulfils_the_rule_is_hardly_ever_given_up(definition, speed: float):
    outcomes = [confirmed(definition, speed, seed) for seed in SEEDS]
    assert sum(outcome.stop == "worse" for outcome in outcomes) <= 0.05 * len(SEEDS)


def test_nothing_is_given_up_before_so_many_blocks_that_they_could_decide(definition):
    slowest = [confirmed(definition, 3.0, seed) for seed in SEEDS]
    assert min(map(blocks, slowest)) == least_count(0.99)
