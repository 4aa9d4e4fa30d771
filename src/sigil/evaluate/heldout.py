"""Inputs that no candidate and no proposer has met: does what was found still hold there?

Nobody learns more of them than how many cases differ: a failure shows no case, and what
commands print while they are there is not kept.

Not here: which inputs they are (`sigil.evaluate.baseline`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sigil.evaluate.blocks import probes, run_command
from sigil.evaluate.commands import Tree
from sigil.evaluate.definition import Metric
from sigil.evaluate.expressions import Exact
from sigil.evaluate.facts import Facts, Inputs
from sigil.evaluate.failure import Failed
from sigil.evaluate.findings import Findings
from sigil.evaluate.instruments import Instruments, Side, Value


def readings(
    instruments: Instruments, metrics: list[Metric], side: Side, inputs: Inputs, facts: Facts
) -> Iterator[tuple[Metric, Value, str]]:
    """Yield each exact metric, its value on held-out inputs, and what may be said of it.

    Args:
        instruments: what reads.
        metrics: of the eval; noisy ones are left out.
        side: the candidate or the baseline.
        inputs: the held-out ones.
        facts: of the baseline, as far as they are known.

    Raises:
        Failed: something has no value.
    """
    instruments.log.hidden = True
    tree = Tree(side.tree.files, (*side.tree.layers, *inputs.layers))
    there = replace(side, tree=tree)
    exact = [metric for metric in metrics if metric.id not in facts.noisy]
    usable = [metric for metric in exact if metric.kind == "call" or inputs.commands]
    for probe in probes(instruments, usable):
        if probe.first.kind == "call":
            results = instruments.batch(probe.first.id, side, inputs).results
            for metric in probe.metrics:
                count, _ = instruments.first_difference(metric, results, inputs)
                said = f"{count} of {len(inputs.cases)} held-out cases differ"
                yield metric, instruments.scored(metric, results, inputs), said
            continue
        result = run_command(instruments, probe.first, there, facts.exits)
        for metric in probe.metrics:
            allowed = facts.matches.get(metric.id)
            parsed = instruments.parsed(metric.id, result, allowed=allowed)
            yield metric, parsed.value, "the check says no on held-out inputs"


def check_held_out(
    instruments: Instruments,
    side: Side,
    findings: Findings,
    facts: Facts,
    *,
    gates: Callable[[Metric], bool],
) -> None:
    """Measure a candidate on held-out inputs and compare with the accept rule.

    Args:
        instruments: what reads.
        side: the candidate.
        findings: what is known of it; takes the held-out values.
        facts: of the baseline; without held-out inputs there is nothing to do.
        gates: whether a candidate that fails this check is done for.

    Raises:
        Failed: kind ``holdout``.
    """
    inputs = facts.held_out
    if inputs is None:
        return
    try:
        found = list(readings(instruments, findings.metrics, side, inputs, facts))
    except Failed as failed:
        # What a candidate raises, or how it ends, could tell of the inputs that it met.
        detail = f"it has no value on held-out inputs ({failed.kind})"
        raise Failed(failed.metric, "holdout", detail) from failed
    findings.held_out = {metric.id: value for metric, value, _ in found}
    for metric, value, said in found:
        if value is False and gates(metric):
            raise Failed(metric.id, "holdout", said)
    if findings.decide() is False:
        return  # refused already, for what everybody may see
    samples = dict(findings.samples())
    for name, value in findings.held_out.items():
        samples[name] = Exact(value, inputs.values.get(name, value))
    if findings.verdict(samples) is False:
        raise Failed("objective", "holdout", "on held-out inputs the accept rule does not hold")
