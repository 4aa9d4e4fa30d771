"""When is a condition over measured samples true?

Pure. Three answers. A comparison over noisy samples becomes the sign of the median of
``left - right`` over blocks: True if its confidence interval lies on the one side, False if
on the other, undecided in between. ``and``, ``or`` and ``not`` follow Kleene 1938: unknown
stays unknown unless the rest settles it. What has no number, a division by zero or a
NaN, is undecided and never True.

A condition that does not hold is found True with probability at most 1 - confidence over
all looks together: where several noisy comparisons could each make it True (an ``or``),
they share it. The other error, a condition that holds and is found False, is bounded per
comparison.

Not here: the interval itself (`sigil.evaluate.intervals`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sigil.evaluate.intervals import MedianSequence
from sigil.evaluate.result import Interval
from sigil.evaluate.tree import (
    Arithmetic,
    Boolean,
    Comparison,
    Every,
    Metric,
    Negative,
    Node,
    Not,
    Number,
    Order,
    Some,
    metrics_of,
)

Truth = bool | None
"""True, False, or None for undecided."""


class Undefined(ArithmeticError):
    """An expression that has no number for these values; the text says why."""


@dataclass(frozen=True, slots=True)
class Exact:
    """A metric without noise: one value each, such as a check's answer."""

    candidate: float | bool
    baseline: float | bool


@dataclass(frozen=True, slots=True)
class Paired:
    """A noisy metric: one value of each per block.

    Args:
        candidate: (n,) samples.
        baseline: (n,) samples of the same blocks. Block i of one metric is block i of
            every other; where metrics have unequal n, the blocks that all have count.
    """

    candidate: Sequence[float | bool]
    baseline: Sequence[float | bool]

    @property
    def n(self) -> int:
        """Return how many blocks are complete."""
        return min(len(self.candidate), len(self.baseline))


Samples = Mapping[str, Exact | Paired]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a condition.

    Args:
        value: True, False, or None for undecided.
        reason: one clause naming the comparison that made it so.
    """

    value: Truth
    reason: str


def judge(node: Node, samples: Samples, confidence: float) -> Verdict:
    """Return whether a condition holds, and why.

    Args:
        node: a condition; a metric in it without samples leaves it undecided.
        samples: by metric id.
        confidence: between 0 and 1; that True is right, however often one has looked.
    """
    ways, _ = _ways(node, samples)
    return _judge(node, samples, 1 - (1 - confidence) / max(1, ways))


def column(node: Node, samples: Samples) -> list[float]:
    """Return the value of arithmetic in every block; one value if nothing in it is noisy.

    Raises:
        Undefined: a metric has no samples, or a block has no finite number.
    """
    blocks = _blocks(node, samples)
    try:
        values = _values(node, samples, 1 if blocks is None else blocks)
    except ZeroDivisionError as error:
        raise Undefined(f"{node}: division by zero") from error
    except OverflowError as error:
        raise Undefined(f"{node}: too large for a number") from error
    if not all(map(math.isfinite, values)):
        raise Undefined(f"{node}: not a finite number")
    return values


# --- numbers ----------------------------------------------------------------------------

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


def _values(node: Node, samples: Samples, count: int) -> list[float]:
    match node:
        case Number(value):
            return [value] * count
        case Metric():
            return _of_metric(node, samples, count)
        case Negative(operand):
            return [-value for value in _values(operand, samples, count)]
        case Arithmetic(sign, left, right):
            lefts, rights = _values(left, samples, count), _values(right, samples, count)
            return list(map(_ARITHMETIC[sign], lefts, rights))
        case _:
            raise Undefined(f"{node}: true or false, not a number")


def _of_metric(metric: Metric, samples: Samples, count: int) -> list[float]:
    found = _sample(metric, samples)
    if isinstance(found, Exact):
        return [float(found.baseline if metric.baseline else found.candidate)] * count
    return [float(value) for value in _side(metric, found)[:count]]


def _side(metric: Metric, found: Paired) -> Sequence[float | bool]:
    return found.baseline if metric.baseline else found.candidate


def _sample(metric: Metric, samples: Samples) -> Exact | Paired:
    found = samples.get(metric.id)
    if found is None or (isinstance(found, Paired) and found.n == 0):
        raise Undefined(f"{metric.id}: not measured")
    return found


def _blocks(node: Node, samples: Samples) -> int | None:
    """Return how many blocks all noisy metrics of a tree have, None if none is noisy."""
    found = [_sample(metric, samples) for metric in metrics_of(node)]
    return min((entry.n for entry in found if isinstance(entry, Paired)), default=None)


# --- truth ------------------------------------------------------------------------------


def _judge(node: Node, samples: Samples, confidence: float) -> Verdict:
    match node:
        case Every(operands):
            return _joined(operands, samples, confidence, settles=False)
        case Some(operands):
            return _joined(operands, samples, confidence, settles=True)
        case Not(operand):
            found = _judge(operand, samples, confidence)
            return Verdict(None if found.value is None else not found.value, found.reason)
        case Boolean(value):
            return Verdict(value, str(node))
        case Comparison():
            return _guarded(_compare, node, samples, confidence)
        case _:
            return _guarded(_answer, node, samples, confidence)


def _guarded(
    judge_one: Callable[[Node, Samples, float], Verdict],
    node: Node,
    samples: Samples,
    confidence: float,
) -> Verdict:
    try:
        return judge_one(node, samples, confidence)
    except Undefined as problem:
        return Verdict(None, str(problem))


def _joined(
    operands: Sequence[Node], samples: Samples, confidence: float, *, settles: bool
) -> Verdict:
    """Join truths: one that equals ``settles`` decides, else an unknown one leaves it open."""
    found = [_judge(operand, samples, confidence) for operand in operands]
    for wanted in (settles, None):
        for verdict in found:
            if verdict.value is wanted:
                return verdict
    return Verdict(not settles, "; ".join(verdict.reason for verdict in found))


def _answer(node: Node, samples: Samples, confidence: float) -> Verdict:
    """Judge a bare metric: the answer of a check."""
    del confidence  # an answer is exact
    if not isinstance(node, Metric):
        raise Undefined(f"{node}: a number, not true or false")
    found = _sample(node, samples)
    if isinstance(found, Exact):
        answers = {found.baseline if node.baseline else found.candidate}
    else:
        answers = set(_side(node, found))
    if any(type(answer) is not bool for answer in answers):
        raise Undefined(f"{node}: a number, not true or false")
    if len(answers) > 1:
        raise Undefined(f"{node}: different answers for the same code")
    return Verdict(bool(answers.pop()), str(node))


def _compare(node: Node, samples: Samples, confidence: float) -> Verdict:
    if not isinstance(node, Comparison):
        raise TypeError(f"{node} is not a comparison")
    truths = {_is_truth(node.left, samples), _is_truth(node.right, samples)}
    if len(truths) > 1:
        raise Undefined(f"{node}: a number is compared with true or false")
    if True in truths:
        return _compare_truths(node, samples, confidence)
    if _blocks(node, samples) is None:
        left, right = column(node.left, samples)[0], column(node.right, samples)[0]
        return Verdict(_EXACT[node.operator](left, right), f"{node}: {left:.6g} and {right:.6g}")
    return _compare_noisy(node, samples, confidence)


def _compare_noisy(node: Comparison, samples: Samples, confidence: float) -> Verdict:
    gaps = MedianSequence(column(Arithmetic("-", node.left, node.right), samples))
    interval = gaps.interval(confidence)
    if interval is None:
        return Verdict(None, f"{node}: {gaps.n} blocks are too few")
    shown = f"{node}: difference {gaps.median:.4g} in [{interval.low:.4g}, {interval.high:.4g}]"
    return Verdict(_sign(node.operator, interval), shown)


def _compare_truths(node: Comparison, samples: Samples, confidence: float) -> Verdict:
    left = _judge(node.left, samples, confidence)
    right = _judge(node.right, samples, confidence)
    for verdict in (left, right):
        if verdict.value is None:
            return verdict
    same = left.value is right.value
    if node.operator not in {"==", "!="}:
        raise Undefined(f"{node}: true and false have no order")
    return Verdict(same if node.operator == "==" else not same, str(node))


_EXACT: Mapping[Order, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def _sign(order: Order, interval: Interval) -> Truth:
    """Return whether ``median order 0`` for every median in the interval, or for none."""
    if order in {"==", "!="}:
        return _equality(interval, wanted=order == "==")
    holds, opposite = _EXACT[order], _EXACT[_OPPOSITE[order]]
    ends = (interval.low, interval.high)
    if all(holds(end, 0.0) for end in ends):
        return True
    return False if all(opposite(end, 0.0) for end in ends) else None


_OPPOSITE: Mapping[Order, Order] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _equality(interval: Interval, *, wanted: bool) -> Truth:
    if interval.low > 0 or interval.high < 0:
        return not wanted
    return wanted if interval.low == interval.high else None


def _is_truth(node: Node, samples: Samples) -> bool:
    if not isinstance(node, Metric):
        return isinstance(node, Boolean | Comparison | Not | Every | Some)
    found = _sample(node, samples)
    value = found.candidate if isinstance(found, Exact) else found.candidate[0]
    return isinstance(value, bool)


def _ways(node: Node, samples: Samples) -> tuple[int, int]:
    """Return how many noisy comparisons could each make a tree wrongly True, wrongly False.

    An ``and`` that does not hold has a part that does not, and is found True only if that
    part is: the worst part counts. An ``or`` is found True by any: they add up.
    """
    match node:
        case Not(operand):
            true, false = _ways(operand, samples)
            return false, true
        case Every(operands):
            found = [_ways(operand, samples) for operand in operands]
            return max(true for true, _ in found), sum(false for _, false in found)
        case Some(operands):
            found = [_ways(operand, samples) for operand in operands]
            return sum(true for true, _ in found), max(false for _, false in found)
        case Comparison(_, left, right) if _truths(left, right):
            both = sum((*_ways(left, samples), *_ways(right, samples)))
            return both, both
        case _:
            noisy = any(isinstance(samples.get(m.id), Paired) for m in metrics_of(node))
            return (1, 1) if noisy else (0, 0)


def _truths(left: Node, right: Node) -> bool:
    return any(isinstance(side, Comparison | Not | Every | Some) for side in (left, right))
