"""Answers that are blocks of search and replacement.

    a.py
    <<<<<<< SEARCH
    lines as they stand in the file
    =======
    the lines that replace them
    >>>>>>> REPLACE

All blocks are about the parent's text: none sees what another one did. A path may be left
out where the searched lines stand in one pinned file only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from sigil.errors import MalformedPatch, PatchDoesNotApply, PatchOutsidePins, SigilError, Where
from sigil.search.answers.fences import is_fence, path_in
from sigil.search.answers.placing import MAX_CHANGES, SOURCE, Edit, SeveralPlaces, place, spliced
from sigil.search.pins import Pin, Region, locate

_BEGIN = re.compile(r"<{7} ?SEARCH\s*")
_MIDDLE = re.compile(r"={7}\s*")
_END = re.compile(r">{7} ?REPLACE\s*")


@dataclass(frozen=True, slots=True)
class Replacement:
    """One block.

    Args:
        number: 1-based, in the answer.
        at: 1-based line of its first marker in the answer.
        path: that the line before it names; None if that is no path.
        search: lines, without line ends.
        replace: lines, without line ends.
    """

    number: int
    at: int
    path: str | None
    search: tuple[str, ...]
    replace: tuple[str, ...]


def replacements_in(lines: Sequence[str]) -> list[Replacement]:
    """Return the blocks of an answer, in order.

    Raises:
        MalformedPatch: a block that is not complete.
    """
    found: list[Replacement] = []
    at = 0
    while at < len(lines):
        if not _BEGIN.fullmatch(lines[at]):
            at += 1
            continue
        number = len(found) + 1
        middle = _next(lines, at + 1, _MIDDLE)
        end = _next(lines, at + 1, _END)
        if end is None or middle is None or end < middle:
            _malformed(number, at + 1, "has no `=======` and `>>>>>>> REPLACE` after it")
        again = [i for i in range(middle + 1, end) if _MIDDLE.fullmatch(lines[i])]
        inner = [i for i in range(at + 1, end) if _BEGIN.fullmatch(lines[i])]
        if again or inner:
            _malformed(number, (again or inner)[0] + 1, "holds a marker of its own in its lines")
        search, replace = tuple(lines[at + 1 : middle]), tuple(lines[middle + 1 : end])
        found.append(Replacement(number, at + 1, _path_before(lines, at), search, replace))
        at = end + 1
    return found


def read_replacements(
    found: Sequence[Replacement], files: Mapping[str, str], pins: Sequence[Pin]
) -> dict[str, str]:
    """Return the files after all of ``found``.

    Raises:
        PatchDoesNotApply: searched lines stand nowhere or at several places, or overlap.
        PatchOutsidePins: a path that is not pinned.
        MalformedPatch: nothing is searched for in a file that has text; too many blocks.
    """
    if len(found) > MAX_CHANGES:
        _malformed(MAX_CHANGES + 1, found[MAX_CHANGES].at, "is one too many")
    regions = locate(pins, files)
    edits: defaultdict[str, list[Edit]] = defaultdict(list)
    after = dict(files)
    for one in found:
        if any(line.strip() for line in one.search):
            path, edit = _placed(one, files, regions)
            edits[path].append(edit)
        else:
            path, text = _fresh(one, files)
            if after.get(path, "").strip():
                _malformed(one.number, one.at, f"writes {path} a second time")
            after[path] = text
    for path, own in edits.items():
        after[path] = spliced(files[path], own)
    return after


def _next(lines: Sequence[str], at: int, marker: re.Pattern[str]) -> int | None:
    return next((i for i in range(at, len(lines)) if marker.fullmatch(lines[i])), None)


def _path_before(lines: Sequence[str], at: int) -> str | None:
    """Return the path on the last line before a marker that is neither empty nor a fence."""
    near = reversed(lines[max(at - 4, 0) : at])
    line = next((line for line in near if line.strip() and not is_fence(line)), "")
    return path_in(line)


def _placed(
    one: Replacement, files: Mapping[str, str], regions: Sequence[Region]
) -> tuple[str, Edit]:
    if one.path is not None and one.path not in files:
        raise PatchOutsidePins(
            f"block {one.number}: {one.path} is not pinned",
            where=Where(SOURCE, one.at),
            remedy=f"change {', '.join(sorted(files)[:3])} only",
        )
    paths = [one.path] if one.path is not None else sorted({r.path for r in regions})
    found: list[tuple[str, Edit]] = []
    problems: list[SigilError] = []
    for path in paths:
        own = [region for region in regions if region.path == path]
        what = f"the search of block {one.number} does not fit {path}"
        try:
            found.append((path, place(files[path], one.search, one.replace, own, what)))
        except PatchDoesNotApply as error:
            problems.append(error)
    if len(found) == 1 and not any(isinstance(error, SeveralPlaces) for error in problems):
        return found[0]
    if found:
        listed = ", ".join(path for path, _ in found)
        raise _unfit(one, f"block {one.number} does not say which file it is about: {listed}")
    raise _unfit(one, problems[0].problem, problems[0].remedy)


def _fresh(one: Replacement, files: Mapping[str, str]) -> tuple[str, str]:
    if one.path is None or files.get(one.path, "").strip():
        _malformed(one.number, one.at, "searches for nothing")
    return one.path, "".join(f"{line}\n" for line in one.replace)


def _unfit(one: Replacement, problem: str, remedy: str | None = None) -> PatchDoesNotApply:
    remedy = remedy or "put the path on a line of its own before `<<<<<<< SEARCH`"
    return PatchDoesNotApply(problem, where=Where(SOURCE, one.at), remedy=remedy)


def _malformed(number: int, line: int, problem: str) -> NoReturn:
    raise MalformedPatch(
        f"block {number} {problem}",
        where=Where(SOURCE, line),
        remedy="write `<<<<<<< SEARCH`, lines, `=======`, lines, `>>>>>>> REPLACE`",
    )
