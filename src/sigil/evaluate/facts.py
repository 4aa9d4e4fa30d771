"""What measuring the unchanged code taught, and everything later relies on.

Plain data: measured once in a run, by one lane, and handed to all others.

Not here: how it is measured (`sigil.evaluate.baseline`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sigil.evaluate.cases import GivenCase
from sigil.evaluate.result import Evaluation
from sigil.evaluate.scoring import Result


@dataclass(frozen=True, slots=True)
class Inputs:
    """One set of inputs, visible or held out, and what the baseline does with it.

    Args:
        cases: of call metrics.
        expected: (n,) what the baseline did with each case, by function.
        layers: folders of what the generator wrote.
        commands: whether commands have inputs of this set, too.
        values: of held-out inputs, the baseline's value of each exact metric.
        matches: in how many places the output of a metric's command offers a value.
        exits: exit codes of each command; a number counts only beside one of these, or 0.
    """

    cases: tuple[GivenCase, ...] = ()
    expected: Mapping[str, tuple[Result, ...]] = field(
        default_factory=dict[str, tuple[Result, ...]]
    )
    layers: tuple[Path, ...] = ()
    commands: bool = True
    values: Mapping[str, float | bool] = field(default_factory=dict[str, float | bool])
    matches: Mapping[str, int] = field(default_factory=dict[str, int])
    exits: Mapping[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])


@dataclass(frozen=True, slots=True)
class Facts:
    """The baseline.

    Args:
        evaluation: its values. Values of candidates are ratios times these.
        visible: the inputs that candidates are measured on.
        held_out: the inputs that they meet at the end; None if there are none.
        noisy: ids of the metrics that are measured in blocks.
        best_of: how many runs make one timed sample at most, by function or command.
        layers: what the build of the unchanged code wrote.
        writes: the files in them.
        longest: nanoseconds that a batch of its calls took at most, by function.
        stages: the baseline at each stage of the eval, in order: values, inputs, noise.
    """

    evaluation: Evaluation
    visible: Inputs
    held_out: Inputs | None = None
    noisy: frozenset[str] = frozenset()
    best_of: Mapping[str, int] = field(default_factory=dict[str, int])
    layers: tuple[Path, ...] = ()
    writes: frozenset[str] = frozenset()
    longest: Mapping[str, int] = field(default_factory=dict[str, int])
    stages: tuple[Facts, ...] = ()

    def passes(self, metric: str) -> bool:
        """Return whether the unchanged code passes this check."""
        found = self.evaluation.metrics.get(metric)
        return found is not None and found.value is True

    def rebased(self, recorded: Evaluation) -> Facts:
        """Return the facts with the values of a baseline that was measured before.

        A run that is resumed keeps the yardstick that it began with: values of candidates
        are ratios times the baseline's, so those of both sessions compare.

        Args:
            recorded: the baseline's evaluation in the record.
        """
        kept = {
            name: recorded.metrics.get(name, value) if name in self.noisy else value
            for name, value in self.evaluation.metrics.items()
        }
        same = kept == dict(self.evaluation.metrics)
        return self if same else replace(self, evaluation=replace(recorded, metrics=kept))
