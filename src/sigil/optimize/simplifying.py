"""What of a winner brings nothing? The winner without one of its changes, and when that will do.

A search keeps what came along with an improvement: a guard that returns early where no
measured input ever gets, a condition that always holds, an edit that noise once flattered. Each is
a risk and no gain. So the winner is measured without one change at a time, and of two that are as
good the one with fewer changes is chosen.

Pure. Not here: what does nothing by its text alone (`sigil.optimize.idle_code`), the measuring
(`sigil.optimize.last_word`), who is chosen (`sigil.optimize.history`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import isfinite
from operator import le

from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.optimize.conditions import operands, tests, unconditional, without_operand
from sigil.optimize.idle_code import without_idle
from sigil.optimize.token_changes import small_changes, without
from sigil.printable import shorten
from sigil.search.diffing import Stretch, changed_stretches
from sigil.search.hunks import split_lines
from sigil.search.mutate.source import Edit, Source

SIMPLIFY = "simplify"
"""Who proposes these candidates; their parent is what they simplify."""
AT_MOST = 8
"""Measurements that are spent on one winner."""

_TERMS = 3
"""Terms of arithmetic that are left out: most belong to the gain, and fail the check at once."""
_SHOWN = 80
"""Characters of a term that are told."""
_TOLD = 3
"""Of what does nothing, so many are named."""
_ENDS = (ast.Continue, ast.Return, ast.Break, ast.Raise)
_Asking = ast.If | ast.While
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

    First without all that does nothing, then without all that are small, then without a term of
    arithmetic, a guard, a stretch of lines, a condition, a small one.

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
    stretches = changed_stretches(split_lines(before), split_lines(after))
    python = path.endswith(".py")
    if not python:
        yield from _without_lines(before, after, stretches)
        return
    new = {line + 1 for _, _, first, last in stretches for line in range(first, last)}
    less, gone = without_idle(before, after, new)
    if gone:
        more = f" and {len(gone) - _TOLD} more" if len(gone) > _TOLD else ""
        yield f"without: idle {', '.join(gone[:_TOLD])}{more}", less
    changes = small_changes(before, after)
    single = [(one, text) for one in changes if (text := without(after, [one])) is not None]
    plain = [one for one, _ in single if not one.names]
    if len(plain) > 1 and (text := without(after, plain)) is not None:
        yield f"without: {len(plain)} small changes", text
    yield from _without_terms(before, after, new)
    yield from _without_lines(before, after, stretches, _guards(after, stretches))
    yield from _without_conditions(before, after, new)
    yield from ((f"without: {one}", text) for one, text in single)


def _without_lines(
    before: str, after: str, stretches: Sequence[Stretch], guards: Iterable[_Cut] = ()
) -> Iterator[tuple[str, str]]:
    old, new = split_lines(before), split_lines(after)
    for first, last, instead in [*guards, *((k, m, old[i:j]) for i, j, k, m in stretches)]:
        note = f"without: {_shown(new[first:last], instead)}"
        yield note, "".join([*new[:first], *instead, *new[last:]])


def _without_conditions(
    before: str, after: str, new: AbstractSet[int]
) -> Iterator[tuple[str, str]]:
    """Yield what a file says without a condition that is new, of an ``if`` or within one.

    What stood below so many conditions stays below as many: one in another form is no new one.
    """
    try:
        source, old = Source(after), ast.parse(before)
        asked, known = (Counter(map(ast.unparse, tests(one))) for one in (source.tree, old))
        least = {_below(node): count for node, count in _asking(old)}
        above = dict(_asking(source.tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for holder, test, edit in _conditions(source, above):
        said = ast.unparse(test)
        fresh = all(line in new for line in range(test.lineno, (test.end_lineno or 0) + 1))
        left = above[holder] - _parts(test) if holder else 0
        added = holder is None or left >= least.get(_below(holder), 0)
        if fresh and added and asked[said] > known[said]:
            text = f"{after[: edit.start]}{edit.text}{after[edit.end :]}"
            yield f"without: the condition {said}", text


def _without_terms(before: str, after: str, new: AbstractSet[int]) -> Iterator[tuple[str, str]]:
    """Yield what a file says without a term that arithmetic has got, the likeliest first.

    A search takes terms from what is there: a literal, or what stands elsewhere, above all the
    other side itself.
    """
    try:
        source = Source(after)
        known = Counter(map(ast.unparse, _sums(ast.parse(before))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    sums = list(_sums(source.tree))
    asked = Counter(map(ast.unparse, sums))
    said = Counter(ast.unparse(one) for one in ast.walk(source.tree) if isinstance(one, ast.expr))
    found: dict[str, tuple[bool, int, str]] = {}
    for whole in sums:
        text = ast.unparse(whole)
        if asked[text] <= known[text] or whole.lineno not in new:
            continue
        start, end = source.outer_span(whole)
        for kept, term in ((whole.left, whole.right), (whole.right, whole.left)):
            shown, rest = ast.unparse(term), source.segment(kept)
            if isinstance(term, ast.Constant) or said[shown] > 1:
                twice = shown == ast.unparse(kept)
                note = f"without: the term {shorten(shown, _SHOWN)} in {shorten(text, _SHOWN)}"
                found[f"{after[:start]}{rest}{after[end:]}"] = (not twice, len(text), note)
    likely = sorted(found, key=lambda text: found[text])[:_TERMS]
    yield from ((found[text][2], text) for text in likely)


def _sums(tree: ast.AST) -> Iterator[ast.BinOp]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.BinOp))


def _conditions(
    source: Source, asking: Iterable[_Asking]
) -> Iterator[tuple[_Asking | None, ast.expr, Edit]]:
    """Yield conditions, with the statement that asks for them, and what leaves them out.

    Those of a guard, and with ``else``, never.
    """
    holders = {id(part): one for one in asking for part in ast.walk(one.test)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If) and not node.orelse and not isinstance(node.body[-1], _ENDS):
            edit = unconditional(source, node)
            if edit is not None:
                yield node, node.test, edit
    for whole, operand in operands(source.tree):
        yield holders.get(id(whole)), operand, without_operand(source, whole, operand)


def _asking(tree: ast.AST, above: int = 0) -> Iterator[tuple[_Asking, int]]:
    """Yield statements with a condition, and how many conditions stand above what they do."""
    for node in ast.iter_child_nodes(tree):
        count = above
        if isinstance(node, ast.If | ast.While):
            count += _parts(node.test)
            yield node, count
        yield from _asking(node, count)


def _parts(test: ast.expr) -> int:
    """Return of how many conditions a test consists."""
    return sum(map(_parts, test.values)) if isinstance(test, ast.BoolOp) else 1


def _below(node: _Asking) -> str:
    """Return what is done only under a condition."""
    return "\n".join(map(ast.unparse, node.body))


def is_as_good(found: Evaluation, winner: Evaluation) -> bool:
    """Return whether a fresh measurement is as good as that of a winner, within its interval."""
    if all(map(le, found.costs, winner.costs)) and all(map(le, found.ties, winner.ties)):
        return bool(found.costs)
    return all(
        name in found.metrics and _agrees(value, found.metrics[name])
        for name, value in winner.metrics.items()
    )


def _guards(text: str, stretches: Sequence[Stretch]) -> Iterator[_Cut]:
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
