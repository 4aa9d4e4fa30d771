"""The fenced blocks of an answer, with their places in it.

As CommonMark has them, at the start of a line only: an indented fence may be a line of code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_OPENING = re.compile(r"(`{3,}|~{3,})[ \t]*([^`]*)")
_MARKS = ("```", "~~~")
_DECORATION = re.compile(
    r"^[#*>\s-]*(?:file(?:name)?|path)?\s*:?\s*[*`\"']*|[*`\"':\s]*$", re.IGNORECASE
)
_PATH = re.compile(r"[\w.@+-]+(?:/[\w.@+-]+)*\.\w+")

_LONGEST_PATH = 300


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block.

    Args:
        info: what stands after its opening fence.
        first: 1-based line of the answer that its first line is.
        lines: without line ends.
        before: the last line before it that is not empty.
    """

    info: str
    first: int
    lines: tuple[str, ...]
    before: str

    @property
    def word(self) -> str:
        """Return the first word of its info, in lower case."""
        return (self.info.split() or [""])[0].lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in its parts.

    Args:
        lines: all of it, without line ends.
        blocks: fenced, in order.
        unclosed: the line of a fence that never ends; None where there is none.
    """

    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    unclosed: int | None


def take_apart(text: str) -> Answer:
    """Return the parts of an answer whose lines end with line feeds."""
    lines = text.split("\n")
    blocks: list[Block] = []
    at, before = 0, ""
    while at < len(lines):
        line = lines[at]
        opening = _OPENING.fullmatch(line) if line.startswith(_MARKS) else None
        if opening is None:
            before = line if line.strip() else before
            at += 1
            continue
        end = _closing(lines, at + 1, opening[1])
        if end is None:
            return Answer(tuple(lines), tuple(blocks), at + 1)
        blocks.append(Block(opening[2].strip(), at + 2, tuple(lines[at + 1 : end]), before))
        at, before = end + 1, ""
    return Answer(tuple(lines), tuple(blocks), None)


def path_in(line: str) -> str | None:
    """Return the path that a line names and nothing else, as in ``### `a/b.py`:``."""
    if len(line) > _LONGEST_PATH:
        return None
    bare = _DECORATION.sub("", line)
    return bare if _PATH.fullmatch(bare) else None


def is_fence(line: str) -> bool:
    """Return whether a line may open or close a block."""
    return _OPENING.fullmatch(line) is not None


def _closing(lines: Sequence[str], at: int, opening: str) -> int | None:
    for index in range(at, len(lines)):
        line = lines[index]
        if line.startswith(opening) and not line.rstrip().strip(opening[0]):
            return index
    return None
