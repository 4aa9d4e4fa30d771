"""Inputs that no candidate and no proposer has met: does what was found still hold there?

Nobody learns more of them than how many cases differ: a failure shows no case, and what
commands print while they are there is not kept.

Not here: which inputs they are (`sigil.evaluate.baseline`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sigil.evaluate.blocks import probes
from sigil.evaluate.commands import Tree
from sigil.evaluate.definition import Metric
from sigil.evaluate.expressions import Exact
from sigil.evaluate.facts import Facts, Inputs
from sigil.evaluate.failure import Failed
from sigil.evaluate.findings import Findings
from sigil.evaluate.instruments import Instruments, Side, Value


@dataclass(frozen=True, slots=True)
class Reading:
    """One exact metric on held-out inputs.

    Args:
        metric: which.
        value: of it.
        said: what may be said if it is a check that says no.
        matches: in how many places a command's output offered the value.
        exit_code: of the command.
    """

    metric: Metric
    value: Value
    said: str = "the check says no on held-out inputs"
    matches: int = 1
    exit_code: int = 0


def readings(
    instruments: Instruments, metrics: Iterable[Metric], side: Side, inputs: Inputs
) -> Iterator[Reading]:
    """Read metrics on held-out inputs; those of commands only if they have any.

    Raises:
        Failed: something has no value.
    """
    instruments.log.hidden = True
    tree = Tree(side.tree.files, (*side.tree.layers, *inputs.layers))
    there = replace(side, tree=tree)
    usable = [metric for metric in metrics if metric.kind == "call" or inputs.commands]
    for probe in probes(instruments, usable):
        if probe.first.kind == "call":
            results = instruments.batch(probe.first.id, side, inputs).results
            for metric in probe.metrics:
                count, _ = instruments.first_difference(metric, results, inputs)
                said = f"{count} of {len(inputs.cases)} held-out cases differ"
                yield Reading(metric, instruments.scored(metric, results, inputs), said)
            continue
        result = instruments.command(probe.first, there)
        for metric in probe.metrics:
            parsed = instruments.parsed(metric, result, inputs)
            yield Reading(
                metric, parsed.value, matches=parsed.matches, exit_code=result.exit_code or 0
            )


def learned(inputs: Inputs, found: Sequence[Reading]) -> Inputs:
    """Return held-out inputs with what the baseline made of them."""
    return replace(
        inputs,
        values={reading.metric.id: reading.value for reading in found},
        matches={reading.metric.id: reading.matches for reading in found},
        exits={
            reading.metric.command: frozenset({reading.exit_code})
            for reading in found
            if reading.metric.command
        },
    )


def read_held_out(
    instruments: Instruments,
    side: Side,
    findings: Findings,
    facts: Facts,
    *,
    gates: Callable[[Metric], bool],
) -> None:
    """Measure a candidate's exact metrics on held-out inputs, before anything is timed.

    What it prints from now on is not kept.

    Args:
        instruments: what reads.
        side: the candidate.
        findings: takes the held-out values.
        facts: of the baseline; without held-out inputs there is nothing to do.
        gates: whether a candidate that fails this check is done for.

    Raises:
        Failed: kind ``holdout``.
    """
    inputs = facts.held_out
    if inputs is None:
        return
    try:
        exact = [metric for metric in findings.metrics if metric.id not in facts.noisy]
        found = list(readings(instruments, exact, side, inputs))
    except Failed as failed:
        # What a candidate raises, or how it ends, could tell of the inputs that it met.
        detail = f"it has no value on held-out inputs ({failed.kind})"
        raise Failed(failed.metric, "holdout", detail) from failed
    findings.held_out = {reading.metric.id: reading.value for reading in found}
    for reading in found:
        if reading.value is False and gates(reading.metric):
            raise Failed(reading.metric.id, "holdout", reading.said)


def judge_held_out(findings: Findings, facts: Facts) -> None:
    """Compare the held-out values, and what was measured on visible inputs, with the accept rule.

    Args:
        findings: with all that is known of a candidate; takes the verdict.
        facts: of the baseline; without held-out inputs there is nothing to do.

    Raises:
        Failed: kind ``holdout``.
    """
    inputs = facts.held_out
    if inputs is None or findings.decide() is False:
        return  # refused already, for what everybody may see
    samples = dict(findings.samples())
    for name, value in findings.held_out.items():
        samples[name] = Exact(value, inputs.values.get(name, value))
    findings.held_out_verdict = findings.verdict(samples)
    if findings.held_out_verdict is False:
        raise Failed("objective", "holdout", "on held-out inputs the accept rule does not hold")
