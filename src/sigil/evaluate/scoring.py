"""What the results of a batch of calls are worth, compared with what was expected.

Pure. Not here: calling (`sigil.evaluate.calls`), when two values agree
(`sigil.evaluate.agreement`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sigil.evaluate.agreement import ordered_alike
from sigil.evaluate.cases import EXACT, MISSING, GivenCase, Incomparable, Tolerance, agrees
from sigil.evaluate.failure import Failed
from sigil.evaluate.schema import Metric
from sigil.printable import printable, shorten
from sigil.sandbox.model import Case, Raised, Returned

Result = Returned | Raised

_SHARED = ("", "part", "whole")
"""What a value may have in common with the arguments, the least first."""

SHOWN = 60
"""Characters of a value in a message."""


def differing(
    given: Sequence[GivenCase],
    results: Sequence[Result],
    expected: Sequence[Result],
    tolerance: Tolerance = EXACT,
) -> list[int]:
    """Return the indices of the cases whose result is not the expected one.

    Args:
        given: (n,) cases; one without an expected value expects what the baseline did.
        results: (n,) what the candidate did.
        expected: (n,) what the baseline did.
        tolerance: for numbers.

    What a call leaves in its arguments counts like what it returns, and so do the order of keys
    and whether the value is, or holds, a list, dict or set of the arguments where the baseline
    makes a new one: unless the baseline's own answer to the case is wrong. Raising is right only
    where the case says so.
    """
    rows = zip(given, results, expected, strict=True)
    return [i for i, row in enumerate(rows) if not _agrees(*row, tolerance)]


def compared(metric: Metric, differ: Sequence[int], given: Sequence[GivenCase]) -> float | bool:
    """Return the value of a metric that compares answers.

    Args:
        metric: which; its measure is one of `sigil.evaluate.consistency.COMPARING`.
        differ: indices of the cases whose result is not the expected one.
        given: (n,) all cases.

    Raises:
        Failed: it is about cases that say what is expected, and there are none.
    """
    if metric.measure == "matches":
        return not differ
    if metric.measure == "agreement":
        return 1 - len(differ) / len(given)
    if metric.measure == "changed":
        return float(sum(given[i].asks_baseline for i in differ))
    stated = sum(not case.asks_baseline for case in given)
    if not stated:
        raise Failed(metric.id, "check", "no case says what is expected", key="measure")
    return 1 - sum(not given[i].asks_baseline for i in differ) / stated


def new_errors(
    given: Sequence[GivenCase], results: Sequence[Result], expected: Sequence[Result]
) -> list[int]:
    """Return the indices of the cases that raised although they should not, nor did before."""
    rows = zip(given, results, expected, strict=True)
    return [
        i
        for i, (case, result, wanted) in enumerate(rows)
        if isinstance(result, Raised)
        and isinstance(wanted, Returned)
        and result.error != case.raises
    ]


def mean_error(
    metric: str, given: Sequence[GivenCase], results: Sequence[Result], expected: Sequence[Result]
) -> float:
    """Return the mean over cases of the mean absolute difference.

    Raises:
        Failed: a case raised, or its value has no distance from the expected one. An
            error is never a score, so one such case leaves no number at all.
    """
    gaps: list[float] = []
    for i, (case, result, wanted) in enumerate(zip(given, results, expected, strict=True)):
        if isinstance(result, Raised):
            raise Failed(metric, "raised", f"case {i + 1}: {_shown_error(result)}")
        reference = wanted.value if isinstance(wanted, Returned) else MISSING
        try:
            gaps.append(case.distance(result.value, baseline=reference))
        except Incomparable as problem:
            detail = f"case {i + 1}: {shown(result.value)}: {problem}"
            raise Failed(metric, "check", detail) from problem
    return _finite_mean(metric, gaps)


def scorer_cases(metric: str, given: Sequence[GivenCase], results: Sequence[Result]) -> list[Case]:
    """Return the calls of a scorer ``(case, value)``: one for each result.

    ``case`` is a mapping with ``args``, ``kwargs`` and, if the case says it, ``expected``.

    Raises:
        Failed: a case raised; there is no value to score.
    """
    calls: list[Case] = []
    for i, (case, result) in enumerate(zip(given, results, strict=True)):
        if isinstance(result, Raised):
            raise Failed(metric, "raised", f"case {i + 1}: {_shown_error(result)}")
        told = {"args": list(case.case.args), "kwargs": dict(case.case.kwargs)}
        extra = {} if case.expected is MISSING else {"expected": case.expected}
        calls.append(Case((told | extra, result.value)))
    return calls


def mean_score(metric: str, scores: Sequence[Result]) -> float:
    """Return the mean of what a scorer returned.

    Raises:
        Failed: it raised, or returned something that is not a finite number.
    """
    numbers: list[float] = []
    for i, score in enumerate(scores):
        if isinstance(score, Raised):
            raise Failed(metric, "raised", f"the scorer, case {i + 1}: {_shown_error(score)}")
        value = score.value
        if type(value) not in (int, float):
            raise Failed(metric, "number", f"the scorer gave {shown(value)} for case {i + 1}")
        numbers.append(float(value))  # type: ignore[arg-type]  # its exact type was just checked
    return _finite_mean(metric, numbers)


def disagreement(
    given: Sequence[GivenCase],
    results: Sequence[Result],
    expected: Sequence[Result],
    at: int,
    tolerance: Tolerance = EXACT,
) -> str:
    """Return one line that shows a case, what came of it and what was expected."""
    case, result, wanted = given[at], results[at], expected[at]
    shown_case = f"case {at + 1} {_shown_call(case.case)}"
    if isinstance(result, Returned) and _value_agrees(case, result, wanted, tolerance):
        return f"{shown_case} {_beside_its_value(case, result, wanted, tolerance)}"
    got = _shown_error(result) if isinstance(result, Raised) else f"gave {shown(result.value)}"
    if case.raises is not None:
        target = f"raised {case.raises}"
    elif case.expected is not MISSING:
        target = shown(case.expected)
    else:
        target = _shown_error(wanted) if isinstance(wanted, Raised) else shown(wanted.value)
    return f"{shown_case} {got}, expected {target}"


def _beside_its_value(
    case: GivenCase, result: Returned, wanted: Result, tolerance: Tolerance
) -> str:
    """Return what differs where the value is the expected one."""
    assert isinstance(wanted, Returned)  # else nothing but the value counts
    if not _leaves_alike(case, result, wanted, tolerance):
        left, other = _left(case, result), _left(case, wanted)
        return f"left its arguments as {shown(left)}, expected {shown(other)}"
    if not ordered_alike(result.value, wanted.value):
        return f"gave {shown(result.value)}, with its keys in the order of {shown(wanted.value)}"
    if result.shared == wanted.shared:
        return "gave one list, dict or set at two places of its result, expected a new one at each"
    what = "an argument itself" if result.shared == "whole" else "a part of an argument"
    return f"gave {what}, expected a copy"


def shown(value: object, cap: int = SHOWN) -> str:
    """Return a value for a person: printable, escaped and short. It is plain data."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of too many digits, or too deep
        text = f"a {type(value).__name__} too large to show"
    return shorten(text, cap)  # repr escapes as `printable` does


def _agrees(case: GivenCase, result: Result, wanted: Result, tolerance: Tolerance) -> bool:
    if isinstance(result, Raised):
        return result.error == case.raises
    if not _value_agrees(case, result, wanted, tolerance):
        return False
    if not isinstance(wanted, Returned) or not _value_agrees(case, wanted, wanted, tolerance):
        return True  # the baseline is no model of what this case does
    return (
        _leaves_alike(case, result, wanted, tolerance)
        and _SHARED.index(result.shared) <= _SHARED.index(wanted.shared)
        and result.twice <= wanted.twice
        and ordered_alike(result.value, wanted.value)
    )


def _value_agrees(case: GivenCase, result: Returned, wanted: Result, tolerance: Tolerance) -> bool:
    if case.raises is not None:
        return False
    reference = wanted.value if isinstance(wanted, Returned) else MISSING
    return case.accepts(result.value, tolerance, baseline=reference)


def _leaves_alike(
    case: GivenCase, result: Returned, wanted: Returned, tolerance: Tolerance
) -> bool:
    """Return whether two calls made the same of their arguments."""
    if result.changed_args is None and wanted.changed_args is None:
        return True
    return agrees(_left(case, result), _left(case, wanted), tolerance)


def _left(case: GivenCase, result: Result) -> object:
    """Return ``(args, kwargs)`` as they are after the call."""
    if isinstance(result, Raised) or result.changed_args is None:
        return case.case.args, dict(case.case.kwargs)
    return result.changed_args


def _finite_mean(metric: str, numbers: Sequence[float]) -> float:
    try:
        mean = math.fsum(numbers) / len(numbers)
    except (OverflowError, ValueError):  # inf - inf
        mean = math.inf
    if not math.isfinite(mean):
        raise Failed(metric, "number", "the mean over the cases is not a finite number")
    return mean


def _shown_call(case: Case) -> str:
    arguments = [shown(value, SHOWN // 2) for value in case.args]
    arguments += [
        f"{printable(name, SHOWN)}={shown(value, SHOWN // 2)}"
        for name, value in case.kwargs.items()
    ]
    return shorten(f"({', '.join(arguments)})", 2 * SHOWN)


def _shown_error(raised: Raised) -> str:
    message = f": {raised.message}" if raised.message else ""
    return f"raised {shorten(raised.error + message, 2 * SHOWN)}"
