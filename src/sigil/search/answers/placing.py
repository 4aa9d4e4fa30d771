"""Where lines that a model quotes stand in a file, and what comes in their place.

Models lose white space at line ends and know nothing of carriage returns. Lines are the same
if they are so but for their line ends, or else but for all white space at their ends; what
stays keeps the file's own bytes, and what is new gets the line end that most lines have.
Nothing else is forgiven.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sigil.errors import PatchDoesNotApply, Where
from sigil.search.diffing import changed_stretches
from sigil.search.hunks import split_lines
from sigil.search.pins import Region

SOURCE = "answer"
"""What an answer is called in messages."""
MAX_CHANGES = 500
"""The most hunks or blocks of an answer that are looked for."""
_BLANK = " \t\r\n"
_LONGEST_SHOWN = 120
_MOST_PLACES = 100


class SeveralPlaces(PatchDoesNotApply):
    """Lines of which it is not clear where they are meant."""


def without_end(line: str) -> str:
    """Return ``line`` without its line feed and the carriage return before it."""
    return line.removesuffix("\n").removesuffix("\r")


def without_tail(line: str) -> str:
    """Return ``line`` without white space at its end."""
    return line.rstrip(_BLANK)


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines ``start`` to ``stop`` of a file (0-based, end excluded) become others.

    Args:
        start: the first line that goes.
        stop: the line after the last one that goes.
        new: what comes, without line ends.
        alike: what two lines have in common that count as the same.
    """

    start: int
    stop: int
    new: tuple[str, ...]
    alike: Callable[[str], str] = without_end


def place(
    text: str, wanted: Sequence[str], new: Sequence[str], regions: Sequence[Region], what: str
) -> Edit:
    """Return the edit that puts ``new`` where ``wanted`` stands.

    Args:
        text: of the file.
        wanted: lines, at least one.
        new: lines.
        regions: of the file; where ``wanted`` stands more than once, those places count
            that touch one.
        what: is being placed, for messages.

    Raises:
        SeveralPlaces: it stands more than once.
        PatchDoesNotApply: it stands nowhere.
    """
    for alike in (without_end, without_tail):
        found = _occurrences(_searched(text, alike), [alike(line) for line in wanted])
        if len(found) > 1:
            found = [at for at in found if _touches(at, at + len(wanted), regions)] or found
        if len(found) > 1:
            shown = ", ".join(str(at + 1) for at in found[:5])
            raise SeveralPlaces(
                f"{what}: its lines stand more than once: at lines {shown}",
                remedy="quote more lines around the change",
            )
        if found:
            return Edit(found[0], found[0] + len(wanted), tuple(new), alike)
    raise PatchDoesNotApply(
        f"{what}: {_mismatch(split_lines(text), wanted)}",
        remedy="quote the lines as they stand in the file",
    )


def spliced(text: str, edits: Sequence[Edit]) -> str:
    """Return ``text`` after ``edits``, which do not overlap. Whether it ends in a line feed stays.

    Raises:
        PatchDoesNotApply: they overlap.
    """
    lines = split_lines(text)
    ends_crlf = sum(line.endswith("\r\n") for line in lines)
    ending = "\r\n" if 2 * ends_crlf > len(lines) else "\n"
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.stop)):
        if edit.start < done:
            raise PatchDoesNotApply(
                f"two changes touch line {edit.start + 1}",
                where=Where(SOURCE),
                remedy="put them into one",
            )
        parts += lines[done : edit.start]
        parts += _fitted(lines[edit.start : edit.stop], edit, ending)
        done = edit.stop
    parts += lines[done:]
    whole = [part if part.endswith("\n") else part + ending for part in parts]
    if whole and text and not text.endswith("\n"):
        whole[-1] = without_end(whole[-1])
    return "".join(whole)


def _fitted(old: Sequence[str], edit: Edit, ending: str) -> list[str]:
    """Return the new lines with line ends; those that were there before stay as they were."""
    before, after = [edit.alike(line) for line in old], [edit.alike(line) for line in edit.new]
    parts: list[str] = []
    done = 0
    for old_from, old_to, new_from, new_to in changed_stretches(before, after):
        parts += old[done:old_from]
        parts += [without_end(line) + ending for line in edit.new[new_from:new_to]]
        done = old_to
    return [*parts, *old[done:]]


def _touches(start: int, stop: int, regions: Sequence[Region]) -> bool:
    return any(region.first - 1 < stop and start < region.last for region in regions)


@lru_cache(maxsize=16)
def _searched(text: str, alike: Callable[[str], str]) -> str:
    """Return the lines of a file as they are compared, each between two line feeds.

    Kept, since hundreds of hunks are about one file.
    """
    return "\n".join(["", *(alike(line) for line in split_lines(text)), ""])


def _occurrences(text: str, wanted: Sequence[str]) -> list[int]:
    """Return where ``wanted`` stands among the lines of ``text``, the first 100 places.

    By one search in one text, which is linear: files and answers may be a line repeated.
    """
    piece = "\n".join(["", *wanted, ""])
    found: list[int] = []
    line, counted = 0, 0
    at = text.find(piece)
    while at >= 0 and len(found) < _MOST_PLACES:
        line += text.count("\n", counted, at)
        found.append(line)
        counted = at
        at = text.find(piece, at + 1)
    return found


def _mismatch(lines: Sequence[str], wanted: Sequence[str]) -> str:
    """Return in words the first line that is wrong where the most lines before it are right."""
    there = [without_tail(line) for line in lines]
    should = [without_tail(line) for line in wanted]
    begins = [at for at, line in enumerate(there) if line == should[0]][:_MOST_PLACES]
    if not begins:
        return f"the file has no line {_shown(should[0])}"
    right = [_run(there[at : at + len(should)], should) for at in begins]
    length = max(right)
    line = begins[right.index(length)] + length
    stands = _shown(there[line]) if line < len(there) else "the end of the file"
    return f"line {line + 1} should be {_shown(should[length])}, there stands {stands}"


def _run(there: Sequence[str], should: Sequence[str]) -> int:
    pairs = enumerate(zip(there, should, strict=False))
    return next((i for i, (one, other) in pairs if one != other), len(there))


def _shown(line: str) -> str:
    return repr(line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…")
