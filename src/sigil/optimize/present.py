"""How findings read: numbers, intervals and gains as a person would say them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.llm.budget import Spent
from sigil.llm.settings import ModelSettings
from sigil.optimize.history import Candidate, History
from sigil.printable import printable_once, shorten

_MANY = 1000
_STEPS, _STEP = 3, 60
"""How many steps before the last one of a candidate are told, in how many characters each."""
SHORT = 12
"""Hex digits of an id that are shown; commands take any unique beginning."""


def number(value: float | bool) -> str:
    """Return a value with four significant digits; yes or no for a check."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}"


def counted(count: int, noun: str) -> str:
    """Return such as ``1 question`` or ``12 questions``."""
    return f"{count} {noun}{'s' * (count != 1)}"


def measured(value: MetricValue) -> str:
    """Return a value with its unit and interval: ``1.52 ms [1.50, 1.55]``.

    A noisy value with too few samples for an interval is marked by ``~``.
    """
    unit = f" {value.unit}" if value.unit else ""
    if value.interval is not None and not _is_finite(value.interval):
        return f"~{number(value.value)}{unit}"
    return f"{number(value.value)}{unit}{_range(value.interval)}"


def gain(value: MetricValue) -> str:
    """Return how a value stands against the baseline: ``10.3× faster [9.9, 10.6]``.

    The interval is that of the paired ratio. Where that holds both faster and slower, the ratio
    is not known, or the metric is exact and unchanged, the answer says so.
    """
    ratio = value.ratio
    if ratio is None:
        return ""
    if value.unit and ratio > 0:
        return _speed(ratio, value.ratio_interval)
    if ratio == 1 and value.ratio_interval is None:
        return "unchanged"
    return f"{100 * (ratio - 1):+.1f} %{_percent_range(value.ratio_interval)}"


def gains_clearly(candidate: Candidate, objectives: Iterable[str]) -> bool:
    """Return whether some objective differs from the baseline by more than its interval."""
    verdict = candidate.verdict
    if verdict is None:
        return False
    found = verdict.metrics
    return any(name in found and differs(found[name]) for name in objectives)


def differs(value: MetricValue) -> bool:
    """Return whether a value differs from the baseline by more than its interval."""
    if value.ratio is None or value.ratio_interval is None:
        return value.ratio != 1
    return not value.ratio_interval.low <= 1 <= value.ratio_interval.high


def model(entry: ModelSettings) -> str:
    """Return which model an entry names, such as ``default_llm: gpt-x by openai``."""
    name = f"{entry.model} by {entry.provider}" if entry.model else entry.provider
    return name if entry.name == entry.provider else f"{entry.name}: {name}"


def spent(models: Spent) -> str:
    """Return what models took, such as ``$0.0124, 5.1k tokens``; ``≥`` if a price is unknown."""
    cost = f"{'≥ ' if models.unpriced else ''}{money(models.cost_usd)}"
    if models.unpriced and models.unpriced == models.exchanges:
        cost = "price not known"
    return f"{cost}, {tokens(models.input_tokens + models.output_tokens)}"


def money(usd: float) -> str:
    """Return US dollars, such as ``$0.0124``."""
    return f"${usd:.4f}"


def tokens(count: int) -> str:
    """Return such as ``1 token``, ``812 tokens`` or ``5.1k tokens``."""
    return counted(count, "token") if count < _MANY else f"{count / _MANY:.1f}k tokens"


def confidence(evaluation: Evaluation) -> str:
    """Return what the intervals of an evaluation are worth, or that it has none."""
    levels = {v.interval.confidence for v in evaluation.metrics.values() if v.interval}
    return f"intervals at {100 * min(levels):g} % confidence" if levels else "exact, no noise"


UNCHECKED = (
    "no answers are held out: nothing but those that the search itself was shown was checked"
)
"""What has to be said of a change that no input judged which it was not fitted to."""


def held_out(candidate: Candidate) -> str:
    """Return what a candidate does on held-out inputs; empty if it did not meet them yet."""
    found = candidate.confirmed
    if found is None or (found.failure is not None and not found.holdout):
        return ""
    if not found.holdout:
        return UNCHECKED
    return "on held-out inputs: " + ", ".join(
        f"{name} {measured(value)}" for name, value in found.holdout.items()
    )


def exchanges(models: Spent) -> str:
    """Return the line on what models took in a run."""
    return f"models took {spent(models)} in {counted(models.exchanges, 'exchange')}"


def verdict(candidate: Candidate) -> str:
    """Return one word for where a candidate stands."""
    found = candidate.verdict
    if found is None:
        return "proposed"
    if found.failure is not None:
        return found.failure.kind
    if candidate.confirmed is None:
        return "cut short" if found.cut else "screened"
    return {True: "accepted", False: "not accepted", None: "undecided"}[candidate.accepted]


def why(candidate: Candidate, chain: Sequence[Candidate] = ()) -> str:
    """Return what a candidate tried, or why it failed, in one line.

    Args:
        candidate: which.
        chain: the steps that it is made of, if they are to be told too; see `steps`.
    """
    found = candidate.verdict
    if found is not None and found.failure is not None:
        return printable_once(f"{found.failure.metric}: {found.failure.detail}")
    return steps(chain or [candidate])


def steps(chain: Sequence[Candidate]) -> str:
    """Return what a candidate is made of: the steps before its own in short, and its own.

    Args:
        chain: from the first change of the baseline down to the candidate, as of
            `History.lineage`.
    """
    *before, last = chain
    told = [shorten(printable_once(step.note) or step.proposer, _STEP) for step in before]
    if len(told) > _STEPS:
        told = [told[0], f"{counted(len(told) - _STEPS + 1, 'step')} more", *told[2 - _STEPS :]]
    return ", then ".join([*told, printable_once(last.note)])


def diff_text(text: str) -> str:
    """Return a diff with nothing in it that a terminal obeys, line by line.

    What a terminal shows has to be what would be applied, so a tab stays a tab and all
    other control characters are shown as escapes.
    """
    return "".join(
        character
        if character.isprintable() or character in "\n\t"
        else character.encode("unicode_escape", "backslashreplace").decode("ascii")
        for character in text
    )


def refusals(history: History, at_most: int) -> Iterable[str]:
    """Yield why proposals were not worth measuring, most frequent first."""
    for (proposer, reason), count in history.refused.most_common(at_most):
        yield f"{count:>5}  {printable_once(f'{proposer}: {reason}')}"


def metric_rows(
    evaluation: Evaluation, baseline: Evaluation | None
) -> Iterable[tuple[str, str, str, str]]:
    """Yield ``(metric, baseline, now, gain)`` for each metric of an evaluation."""
    for name, value in evaluation.metrics.items():
        before = baseline.metrics.get(name) if baseline else None
        yield name, measured(before) if before else "", measured(value), gain(value)


def _speed(ratio: float, interval: Interval | None) -> str:
    if interval is not None and _is_finite(interval) and interval.low <= 1 <= interval.high:
        return f"no clear difference: {interval.low:.3g}× to {interval.high:.3g}× the time"
    word = "faster" if ratio <= 1 else "slower"
    factor = 1 / ratio if ratio <= 1 else ratio
    if interval is None or interval.low <= 0 or not _is_finite(interval):
        return f"{factor:.3g}× {word}"
    ends = sorted(
        (1 / interval.low, 1 / interval.high) if ratio <= 1 else (interval.low, interval.high)
    )
    return f"{factor:.3g}× {word} [{ends[0]:.3g}, {ends[1]:.3g}]"


def _range(interval: Interval | None) -> str:
    return f" [{number(interval.low)}, {number(interval.high)}]" if interval else ""


def _is_finite(interval: Interval) -> bool:
    return math.isfinite(interval.low) and math.isfinite(interval.high)


def _percent_range(interval: Interval | None) -> str:
    if interval is None or not _is_finite(interval):
        return ""
    return f" [{100 * (interval.low - 1):+.1f}, {100 * (interval.high - 1):+.1f}]"
