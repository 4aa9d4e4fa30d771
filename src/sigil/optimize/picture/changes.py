"""A change against the unchanged code, line by line, with the colours of its language.

Pure. What stands here is what would be applied, but for what `Facts.code` hides.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from itertools import accumulate

from sigil.optimize.history import Candidate
from sigil.optimize.picture.colours import Lines, Piece, coloured
from sigil.optimize.picture.facts import Facts
from sigil.optimize.picture.markup import Markup, element, join
from sigil.optimize.workspace import candidate_files
from sigil.search.hunks import FileChange, Hunk, parse
from sigil.search.patch import diff

MOST_LINES = 1500
_ALIKE = 0.5
"""How alike a removed and an added line have to be for their differences to be marked."""

_LONGEST_COMPARED = 400
_WORD = re.compile(r"[\w.]+|\s+|.")


def change(facts: Facts, candidate: Candidate) -> Markup:
    """Return all that ``candidate`` changes, as tables, one for each file."""
    files = facts.recorded.files
    changed = candidate_files(facts.history, candidate, files)
    patch = parse(diff(files, changed))
    if not patch.changes:
        return element("p", "It changes nothing.", class_="quiet")
    left = MOST_LINES
    parts: list[Markup] = []
    for part in patch.changes:
        lines = sum(len(hunk.lines) for hunk in part.hunks)
        if lines > left:
            told = f"{part.path}: {lines} further lines are left out; sigil inspect shows them"
            parts.append(element("p", facts.prose(told), class_="quiet"))
            continue
        left -= lines
        sides = (files.get(part.path, ""), changed.get(part.path, ""))
        parts.append(_file(facts, part, sides))
    return join(parts)


def _file(facts: Facts, part: FileChange, sides: tuple[str, str]) -> Markup:
    """Return a file's hunks; each side is coloured as a whole, for a hunk may begin in a string."""
    old, new = (coloured(part.path, facts.code(text)) for text in sides)
    rows: list[Markup] = []
    moved = 0
    for hunk in part.hunks:
        if rows:
            rows.append(element("tr", element("td", "⋯", colspan=4), class_="gap"))
        rows += _hunk(facts, part.path, hunk, moved, (old, new))
        moved += sum((sign == "+") - (sign == "-") for sign, _ in hunk.lines)
    verb = {"create": " (new)", "delete": " (deleted)"}.get(part.kind, "")
    caption = element("figcaption", f"{facts.prose(part.path)}{verb}")
    table = element("div", element("table", element("tbody", *rows)), class_="scroll")
    return element("figure", caption, table, class_="diff")


def _hunk(
    facts: Facts, path: str, hunk: Hunk, moved: int, sides: tuple[Lines, Lines]
) -> list[Markup]:
    """Return the rows of one hunk."""
    told = [(sign, facts.code(line.removesuffix("\n"))) for sign, line in hunk.lines]
    old, new = hunk.old_start, max(hunk.old_start, 1) + moved
    before = iter(_shown(path, sides[0], old, [line for sign, line in told if sign != "+"]))
    after = iter(_shown(path, sides[1], new, [line for sign, line in told if sign != "-"]))
    marks = _marks(told)
    rows: list[Markup] = []
    for (sign, _), marked in zip(told, marks, strict=True):
        pieces = next(before) if sign != "+" else next(after)
        if sign == " ":
            next(after)
        rows.append(
            element(
                "tr",
                element("td", str(old) if sign != "+" else "", class_="at"),
                element("td", str(new) if sign != "-" else "", class_="at"),
                element("td", {"-": "−"}.get(sign, sign), class_="sign"),
                element("td", _code(pieces, marked), class_="code"),
                class_={"+": "added", "-": "removed"}.get(sign),
            )
        )
        old += sign != "+"
        new += sign != "-"
    return rows


def _shown(path: str, whole: Lines, first: int, lines: Sequence[str]) -> Lines:
    """Return lines of a file in colour; by themselves where they do not stand there as they are."""
    found = whole[max(first, 1) - 1 :][: len(lines)]
    if ["".join(text for _, text in line) for line in found] == lines:
        return found
    return coloured(path, "\n".join(lines))


def _code(pieces: Sequence[Piece], marked: Sequence[tuple[int, int]]) -> Markup:
    """Return a line's pieces, with the ranges in ``marked`` set off."""
    cuts = sorted({end for span in marked for end in span})
    drawn: list[Markup | str] = []
    at = 0
    for kind, text in pieces:
        inside = [cut - at for cut in cuts if at < cut < at + len(text)]
        for start, end in zip([0, *inside], [*inside, len(text)], strict=True):
            piece: Markup | str = text[start:end]
            if kind:
                piece = element("span", piece, class_=kind)
            if any(low <= at + start < high for low, high in marked):
                piece = element("mark", piece)
            drawn.append(piece)
        at += len(text)
    return join(drawn)


def _marks(lines: Sequence[tuple[str, str]]) -> list[list[tuple[int, int]]]:
    """Return, for each line, the ranges that differ from the line that it replaces."""
    marks: list[list[tuple[int, int]]] = [[] for _ in lines]
    at = 0
    while at < len(lines):
        removed = _run(lines, at, "-")
        added = _run(lines, at + removed, "+")
        if removed == added:
            for offset in range(removed):
                old, new = at + offset, at + removed + offset
                marks[old], marks[new] = _differences(lines[old][1], lines[new][1])
        at += max(removed + added, 1)
    return marks


def _run(lines: Sequence[tuple[str, str]], at: int, sign: str) -> int:
    end = at
    while end < len(lines) and lines[end][0] == sign:
        end += 1
    return end - at


def _differences(old: str, new: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the ranges of characters in which two lines differ, word by word."""
    if max(len(old), len(new)) > _LONGEST_COMPARED:
        return [], []
    before, after = _WORD.findall(old), _WORD.findall(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [], []
    ends = [list(accumulate(map(len, words), initial=0)) for words in (before, after)]
    found = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return (
        [(ends[0][low], ends[0][high]) for _, low, high, _, _ in found if low < high],
        [(ends[1][low], ends[1][high]) for _, _, _, low, high in found if low < high],
    )
