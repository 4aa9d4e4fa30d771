"""The keys of an eval document, with their types, units, ranges and defaults.

Strict: ``"60"`` is no number, and an unknown key is an error. What no single key can say
(a call metric needs cases, an id stands twice) is checked in `sigil.evaluate.consistency`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from sigil.store.shapes import LARGEST, OrNothing, Shape, nothing_is_empty

MetricKind = Literal["timer", "checker", "numeric", "call"]
Unit = Literal["ns", "us", "ms", "s"]

Text = Annotated[str, Meta(min_length=1)]
Texts = OrNothing[list[Text]]
Share = Annotated[float, Meta(gt=0, lt=1)]
Megabytes = Annotated[int, Meta(ge=1, le=2**20)]


class Inputs(Shape, frozen=True, kw_only=True):
    """Where inputs come from: at most one of the two.

    Args:
        generator: a command, run once in the checkout before anything is measured. It may
            write files for command metrics, and prints the cases of call metrics.
        cases: path of a JSON or JSON-lines file relative to the root, or the list itself.
    """

    generator: Text | None = None
    cases: Text | list[Any] | None = None


class Holdout(Shape, frozen=True, kw_only=True):
    """Inputs that no proposer and no candidate sees before the end.

    Args:
        generator: as in `Inputs`.
        cases: as in `Inputs`; the file is left out of every checkout.
        seed: of the generator; alone it means the generator of ``inputs`` under this seed.
    """

    generator: Text | None = None
    cases: Text | list[Any] | None = None
    seed: int | None = None


class ToleranceModel(Shape, frozen=True, kw_only=True):
    """How far apart two numbers may be; the larger allowance counts."""

    relative: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    absolute: Annotated[float, Meta(ge=0, le=LARGEST)] = 0.0


class Metric(Shape, frozen=True, kw_only=True):
    """One thing to measure.

    Args:
        id: its name in the expressions.
        kind: ``timer`` (a time, in ms or as parsed), ``checker`` (an answer), ``numeric``
            (a number), ``call`` (a function of the target, called in a sealed worker).
        command: of the first three; run in the checkout, without a shell.
        parse: of the first three; see `sigil.evaluate.parsing`.
        function: of a call, ``path.py:qualname``; by default the spec's only pinned symbol.
        measure: of a call: ``matches`` (does every case give what is expected), ``agreement``
            (the share that does), ``stated`` (that share of the cases that say what is
            expected), ``changed`` (how many of the others are not answered as by the unchanged
            code), ``error`` (mean absolute difference), ``time`` (of the calls), or
            ``path.py:scorer``, a function ``(case, value) -> number`` whose mean over the cases
            counts.
        tolerance: of ``matches``, ``agreement``, ``stated`` and ``changed``.
        unit: of ``time``; ms by default.
        goal: a value at which the search may stop.
    """

    id: Text
    kind: MetricKind
    command: Text | None = None
    parse: str | None = None
    function: Text | None = None
    measure: Text | None = None
    tolerance: ToleranceModel | None = None
    unit: Unit | None = None
    goal: Annotated[float, Meta(ge=-LARGEST, le=LARGEST)] | None = None

    @property
    def time_unit(self) -> Unit:
        """Return the unit of a call's time."""
        return self.unit or "ms"

    @property
    def is_time(self) -> bool:
        """Return whether it is a time, so that less of it is never noise."""
        return self.kind == "timer" or self.measure == "time"


class Aggregate(Shape, frozen=True, kw_only=True):
    """What a search aims at."""

    objective: Text
    tie_breakers: Texts = field(default_factory=list[str])

    def __post_init__(self) -> None:
        nothing_is_empty(self, "tie_breakers")


class Accept(Shape, frozen=True, kw_only=True):
    """When a candidate may replace the baseline."""

    rule: Text


class StageModel(Shape, frozen=True, kw_only=True):
    """What a candidate meets before the full evaluation; see `sigil.evaluate.promotion`.

    Args:
        id: its name, which failures carry.
        cases: how many of the visible cases, the first ones, or a share such as ``10 %``.
        metrics: ids of what is measured; by default what ``promote`` names.
        commands: cheaper commands of its command metrics, by metric id.
        promote: the rule, over the stage's own values.
    """

    id: Text
    cases: int | Text | None = None
    metrics: Annotated[list[Text], Meta(min_length=1)] | None = None
    commands: dict[Text, Text] = field(default_factory=dict[str, str])
    promote: Text


Stages = OrNothing[Annotated[list[StageModel], Meta(max_length=20)]]


class Budgets(Shape, frozen=True, kw_only=True):
    """What measuring may take.

    Args:
        candidate_timeout_s: one command, one load or one batch of calls.
        total_wall_clock_h: a whole run.
        max_blocks: pairs of samples for one candidate.
        confidence: of every interval, and so of acceptance.
        precision: half the width of the ratio's interval, relative, at which sampling ends.
        memory_mb: address space beyond what a fresh interpreter maps.
        output_mb: what a command may print, or one reply may weigh.
    """

    candidate_timeout_s: Annotated[float, Meta(gt=0, le=7 * 86_400)] = 60.0
    total_wall_clock_h: Annotated[float, Meta(gt=0, le=10_000)] = 1.0
    max_blocks: Annotated[int, Meta(ge=1, le=100_000)] = 200
    confidence: Annotated[float, Meta(ge=0.5, le=0.999999)] = 0.99
    precision: Share = 0.02
    memory_mb: Megabytes | None = None
    output_mb: Annotated[float, Meta(gt=0, le=1024)] | None = None


class Replay(Shape, frozen=True, kw_only=True):
    """What makes a run repeatable."""

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0


class Unreached(Shape, frozen=True, kw_only=True):
    """Lines of a function that no input reaches, visible or held out.

    Args:
        function: ``path.py:name``.
        lines: such as ``6, 9-12``, counted from its first line, which is 1.
        of: a digest of the function's text and of the files of inputs; nothing is said of others.
    """

    function: Text
    lines: Text
    of: Text


class EvalModel(Shape, frozen=True, kw_only=True):
    """The whole document.

    Args:
        version: of the format, text or a number.
        name: of the eval.
        description: for people.
        inputs: see `Inputs`.
        holdout: see `Holdout`.
        metrics: in order of measuring within a stage; checks come before times.
        aggregate: see `Aggregate`.
        accept: see `Accept`.
        stages: in order; none by default.
        budgets: see `Budgets`.
        replay: see `Replay`.
        build: commands, run in this order in each candidate's checkout before any metric.
        python: the interpreter of the target; by default the repository's own.
        preload: modules that calls may import although nothing in the target names them.
        network: what commands may reach: nothing, or this machine.
        warm: start ``python script.py`` from a prepared interpreter.
        unreached: see `Unreached`; written by whoever made the eval.
    """

    version: str | int | float
    name: Text
    description: str = ""
    inputs: Inputs = Inputs()
    holdout: Holdout | None = None
    metrics: Annotated[list[Metric], Meta(min_length=1, max_length=100)]
    aggregate: Aggregate
    accept: Accept
    stages: Stages = field(default_factory=list[StageModel])
    budgets: Budgets = Budgets()
    replay: Replay = Replay()
    build: Texts = field(default_factory=list[str])
    python: Text | None = None
    preload: Texts = field(default_factory=list[str])
    network: Literal["none", "loopback"] = "none"
    warm: bool = True
    unreached: Unreached | None = None

    def __post_init__(self) -> None:
        nothing_is_empty(self, "stages", "build", "preload")
