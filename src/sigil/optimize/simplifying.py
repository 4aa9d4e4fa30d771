"""What of a winner brings nothing? The winner without one of its changes, and when that will do.

A search keeps what came along with an improvement: a guard that returns early where no
measured input ever gets, an edit that noise once flattered. Each is a risk and no gain. So the
winner is measured without one change at a time, and of two that are as good the one
with fewer changes is chosen.

Pure. Not here: the measuring (`sigil.optimize.searching`), who is chosen
(`sigil.optimize.history`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import isfinite
from operator import le

from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.optimize.token_changes import small_changes, without
from sigil.search.diffing import changed_stretches
from sigil.search.hunks import split_lines

SIMPLIFY = "simplify"
"""Who proposes these candidates; their parent is what they simplify."""
AT_MOST = 6
"""Measurements that are spent on one winner."""

_ENDS = (ast.Continue, ast.Return, ast.Break, ast.Raise)
_Cut = tuple[int, int, Sequence[str]]
"""Lines from one index to another, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Simpler:
    """A winner without one of its changes.

    Args:
        note: which, such as ``without: if not word:``.
        files: text of every pinned file.
    """

    note: str
    files: Mapping[str, str]


def simpler(
    baseline: Mapping[str, str], winner: Mapping[str, str], tried: AbstractSet[str]
) -> Iterator[Simpler]:
    """Yield the winner without each of its changes.

    First without all that are small, then without a guard, a stretch of lines, a small one.

    Args:
        baseline: the unchanged files, by path.
        winner: the same files as the winner has them.
        tried: notes of what need not come again.
    """
    for path in sorted(baseline):  # a new file is whole or not at all
        for note, text in _without(path, baseline[path], winner[path]):
            files = {**winner, path: text}
            if note not in tried and any(files[name] != baseline.get(name) for name in files):
                yield Simpler(note, files)


def _without(path: str, before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield notes with what a file says without some of its changes, the most likely first."""
    python = path.endswith(".py")
    changes = small_changes(before, after) if python else []
    single = [(one, text) for one in changes if (text := without(after, [one])) is not None]
    plain = [one for one, _ in single if not one.names]
    if len(plain) > 1 and (text := without(after, plain)) is not None:
        yield f"without: {len(plain)} small changes", text
    yield from _without_lines(before, after, guards=python)
    yield from ((f"without: {one}", text) for one, text in single)


def _without_lines(before: str, after: str, *, guards: bool) -> Iterator[tuple[str, str]]:
    old, new = split_lines(before), split_lines(after)
    stretches = changed_stretches(old, new)
    cuts = [*_guards(after, stretches)] if guards else []
    cuts += [(k, m, old[i:j]) for i, j, k, m in stretches]
    for first, last, instead in cuts:
        note = f"without: {_shown(new[first:last], instead)}"
        yield note, "".join([*new[:first], *instead, *new[last:]])


def is_as_good(found: Evaluation, winner: Evaluation) -> bool:
    """Return whether a fresh measurement is as good as that of a winner, within its interval."""
    if all(map(le, found.costs, winner.costs)) and all(map(le, found.ties, winner.ties)):
        return bool(found.costs)
    return all(
        name in found.metrics and _agrees(value, found.metrics[name])
        for name, value in winner.metrics.items()
    )


def _guards(text: str, stretches: Sequence[tuple[int, int, int, int]]) -> Iterator[_Cut]:
    """Yield each new ``if`` that only ends something early, where more than it is new."""
    new = {line for _, _, first, last in stretches for line in range(first, last)}
    whole = {(first, last) for i, j, first, last in stretches if i == j}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.If) or node.orelse or not isinstance(node.body[-1], _ENDS):
            continue
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        if new.issuperset(range(first, last)) and (first, last) not in whole:
            yield first, last, ()


def _shown(lines: Sequence[str], instead: Sequence[str]) -> str:
    """Return the first line of a change that says something."""
    added = [line.strip() for line in lines if line.strip()]
    removed = [line.strip() for line in instead if line.strip()]
    if added:
        return added[0]
    return f"the removal of {removed[0]}" if removed else "an empty line"


def _agrees(winner: MetricValue, found: MetricValue) -> bool:
    """Return whether each of two values lies in the interval of the other, if they have any.

    That intervals meet would not be enough: a wide one meets everything.
    """
    if winner.ratio_interval is not None and found.ratio_interval is not None:
        return _within(winner.ratio, found.ratio_interval) and _within(
            found.ratio, winner.ratio_interval
        )
    if winner.interval is not None and found.interval is not None:
        return _within(winner.value, found.interval) and _within(found.value, winner.interval)
    return winner.value == found.value


def _within(value: float | None, interval: Interval) -> bool:
    finite = isfinite(interval.low) and isfinite(interval.high)
    return value is not None and finite and interval.low <= value <= interval.high
