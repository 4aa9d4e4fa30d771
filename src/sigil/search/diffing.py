"""Write the unified diff between two trees.

Git's style, three lines of context; `sigil.search.hunks` reads it back and
`sigil.search.applying` gets the second tree from the first again, for any text.
"""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from sigil.errors import InvalidValue
from sigil.search.hunks import MODES, NO_NEWLINE, UNSAFE_PATH, split_lines

CONTEXT = 3
_MOST_PAIRS = 100_000
"""Pairs of equal lines that difflib walks at once, in a tenth of a second; beyond, the texts are
taken apart at lines that both have once. Where that does not help, a replacement is written."""
_MOST_PAIRS_IN_ALL = 1_000_000


def diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the unified diff from ``before`` to ``after``, in order of paths.

    Args:
        before: text by path; a path that is only here is deleted.
        after: text by path; a path that is only here is new.

    Returns:
        A git-style diff with three lines of context; empty where nothing differs.

    Raises:
        InvalidValue: a changed path that a diff header cannot carry unquoted.
    """
    paths = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    # An empty file that comes or goes has a `diff --git` head alone, so that the next file
    # needs one too, to be told from it.
    headed = any((path in before) != (path in after) for path in paths)
    return "".join(_diff_file(p, before.get(p), after.get(p), headed=headed) for p in paths)


def _diff_file(path: str, old: str | None, new: str | None, *, headed: bool) -> str:
    if UNSAFE_PATH.search(path):
        raise InvalidValue(f"the path {path!r} cannot stand in a diff", remedy="rename the file")
    parts: list[str] = []
    if headed:
        parts.append(f"diff --git a/{path} b/{path}\n")
    if old is None or new is None:
        parts.append(f"{MODES[0] if old is None else MODES[1]}100644\n")
    if old or new:
        tab = "\t" if " " in path else ""
        parts.append("--- /dev/null\n" if old is None else f"--- a/{path}{tab}\n")
        parts.append("+++ /dev/null\n" if new is None else f"+++ b/{path}{tab}\n")
        a, b = split_lines(old or ""), split_lines(new or "")
        parts += [_hunk(a, b, group) for group in _groups(changed_stretches(a, b))]
    return "".join(parts)


Stretch = tuple[int, int, int, int]
"""Lines ``a[i:j]`` become ``b[k:m]``."""


def changed_stretches(a: Sequence[str], b: Sequence[str]) -> list[Stretch]:
    """Return where ``a`` and ``b`` differ, in order. What both ends share is skipped first."""
    shorter = min(len(a), len(b))
    pairs = enumerate(zip(a, b, strict=False))
    head = next((i for i, (one, other) in pairs if one != other), shorter)
    pairs = enumerate(zip(reversed(a), reversed(b), strict=False))
    tail = next((i for i, (one, other) in pairs if one != other), shorter)
    tail = min(tail, shorter - head)
    x, y = a[head : len(a) - tail], b[head : len(b) - tail]
    return [(head + i, head + j, head + k, head + m) for i, j, k, m in _within(x, y)]


def _within(x: Sequence[str], y: Sequence[str]) -> list[Stretch]:
    """Return where ``x`` and ``y`` differ, which share neither their first nor their last line."""
    pairs = _pairs(x, y)
    if not pairs:
        return _replaced(x, y)
    if pairs <= _MOST_PAIRS:
        return _matched(x, y)
    found: list[Stretch] = []
    left = _MOST_PAIRS_IN_ALL
    at_x = at_y = 0
    for i, k in [*_anchors(x, y), (len(x), len(y))]:
        part_x, part_y = x[at_x:i], y[at_y:k]
        pairs = _pairs(part_x, part_y)
        left -= pairs
        near = pairs <= _MOST_PAIRS and left >= 0
        parts = _matched(part_x, part_y) if near else _replaced(part_x, part_y)
        found += [(at_x + f, at_x + g, at_y + m, at_y + n) for f, g, m, n in parts]
        at_x, at_y = i + 1, k + 1
    return found


def _pairs(x: Sequence[str], y: Sequence[str]) -> int:
    times = Counter(y)
    return sum(times[line] for line in x)


def _replaced(x: Sequence[str], y: Sequence[str]) -> list[Stretch]:
    return [(0, len(x), 0, len(y))] if x or y else []


def _matched(x: Sequence[str], y: Sequence[str]) -> list[Stretch]:
    if not x or not y:
        return _replaced(x, y)
    matcher = difflib.SequenceMatcher(None, x, y, autojunk=False)
    return [(i, j, k, m) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"]


def _anchors(x: Sequence[str], y: Sequence[str]) -> list[tuple[int, int]]:
    """Return the most lines that both have once and in the same order, by their indices.

    Source: patience diff, Bram Cohen; the longest increasing subsequence by Schensted 1961.
    """
    once_x = {line for line, times in Counter(x).items() if times == 1}
    once_y = {line for line, times in Counter(y).items() if times == 1}
    place = {line: k for k, line in enumerate(y) if line in once_y}
    shared = [(i, place[line]) for i, line in enumerate(x) if line in once_x and line in place]
    ends: list[int] = []  # the least last index in y of a chain of each length
    chains: list[int] = []  # which pair that is
    before: list[int] = []
    for number, (_, k) in enumerate(shared):
        length = bisect_left(ends, k)
        before.append(chains[length - 1] if length else -1)
        ends[length : length + 1] = [k]
        chains[length : length + 1] = [number]
    kept: list[tuple[int, int]] = []
    at = chains[-1] if chains else -1
    while at >= 0:
        kept.append(shared[at])
        at = before[at]
    return kept[::-1]


def _groups(opcodes: list[Stretch]) -> list[list[Stretch]]:
    """Return stretches that share context together, so that no hunk touches another."""
    groups: list[list[Stretch]] = []
    for opcode in opcodes:
        if groups and opcode[0] - groups[-1][-1][1] <= 2 * CONTEXT:
            groups[-1].append(opcode)
        else:
            groups.append([opcode])
    return groups


def _hunk(a: Sequence[str], b: Sequence[str], group: list[Stretch]) -> str:
    first, last = group[0], group[-1]
    lead = min(CONTEXT, first[0])
    trail = min(CONTEXT, len(a) - last[1])
    i, j, k, m = first[0] - lead, last[1] + trail, first[2] - lead, last[3] + trail
    parts = [f"@@ -{_span(i, j)} +{_span(k, m)} @@\n"]
    at = i
    for old_from, old_to, new_from, new_to in group:
        parts += [_signed(" ", line) for line in a[at:old_from]]
        parts += [_signed("-", line) for line in a[old_from:old_to]]
        parts += [_signed("+", line) for line in b[new_from:new_to]]
        at = old_to
    parts += [_signed(" ", line) for line in a[at:j]]
    return "".join(parts)


def _span(start: int, stop: int) -> str:
    count = stop - start
    return f"{start + 1 if count else start},{count}"


def _signed(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n{NO_NEWLINE}\n"
