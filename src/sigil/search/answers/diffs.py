"""Answers that are unified diffs.

Line numbers and counts are not believed: a hunk goes where its lines stand. Messages name
the line of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sigil.errors import MalformedPatch, PatchDoesNotApply, Where
from sigil.search.answers.fences import Answer, Block
from sigil.search.answers.placing import MAX_CHANGES, SOURCE, Edit, place, spliced, without_end
from sigil.search.hunks import FileChange, parse, recount
from sigil.search.patch import check
from sigil.search.pins import Pin, Region, locate

_NAMES = frozenset({"diff", "patch", "udiff"})


def diff_in(answer: Answer) -> str | None:
    """Return the diff in an answer, every line at its place; None where there is none.

    The blocks that are called diff or patch, else those that hold one, else everything from
    the first header on. All other lines come out empty.
    """
    blocks = [block for block in answer.blocks if block.word in _NAMES]
    blocks = blocks or [block for block in answer.blocks if _begins(block.lines) is not None]
    if blocks:
        return _masked(answer, [(block.first - 1, len(block.lines)) for block in blocks])
    begin = _begins(answer.lines)
    if begin is None or any(_inside(begin, block) for block in answer.blocks):
        return None
    return _masked(answer, [(begin, len(answer.lines) - begin)])


def read_diff(text: str, files: Mapping[str, str], pins: Sequence[Pin]) -> dict[str, str]:
    """Return the files that a diff leaves, exactly or with white space at line ends mended.

    Raises:
        SigilError: see `sigil.search.patch.check`.
    """
    if text.count("\n@@") > MAX_CHANGES:
        raise MalformedPatch(
            f"more than {MAX_CHANGES} hunks", where=Where(SOURCE), remedy="change less at once"
        )
    text = recount(text)
    try:
        return check(text, files, pins, source=SOURCE)
    except PatchDoesNotApply:
        patch = parse(text, SOURCE)
        if any(one.kind != "change" or one.path not in files for one in patch.changes):
            raise
    regions = locate(pins, files)
    after = dict(files)
    for change in patch.changes:
        after[change.path] = _applied(change, files[change.path], regions)
    return after


def _applied(change: FileChange, text: str, regions: Sequence[Region]) -> str:
    own = [region for region in regions if region.path == change.path]
    edits: list[Edit] = []
    for hunk in change.hunks:
        old, new = list(map(without_end, hunk.old)), list(map(without_end, hunk.new))
        what = f"hunk {hunk.number} of {change.path} does not apply"
        if not old:
            raise MalformedPatch(
                f"{what}: it quotes no line of the file",
                where=Where(SOURCE, hunk.at),
                remedy="add unchanged lines before and after the change",
            )
        try:
            edits.append(place(text, old, new, own, what))
        except PatchDoesNotApply as error:
            where = Where(SOURCE, hunk.at)
            raise PatchDoesNotApply(error.problem, where=where, remedy=error.remedy) from error
    return spliced(text, edits)


def _begins(lines: Sequence[str]) -> int | None:
    """Return the index of the first header of a diff."""
    for at, line in enumerate(lines):
        if line.startswith("diff --git "):
            return at
        if line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ "):
            return at
    return None


def _inside(index: int, block: Block) -> bool:
    return block.first - 1 <= index < block.first - 1 + len(block.lines)


def _masked(answer: Answer, spans: Sequence[tuple[int, int]]) -> str:
    lines = [""] * len(answer.lines)
    for start, length in spans:
        lines[start : start + length] = answer.lines[start : start + length]
    return "\n".join(lines)
