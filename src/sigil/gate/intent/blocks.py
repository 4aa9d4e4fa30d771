"""Markdown as blocks: headings, paragraphs, items, tables. As much of it as intents need.

A block is Markdown on one line; lines that continue it are joined by a blank. Fences and comments
say nothing to a compiler, and are left out.

Pure. Not here: which block means what (`sigil.gate.intent.read`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_NUMBERED = re.compile(r"([ \t]*)[0-9]{1,9}[.)][ \t]+(.*)")
_BULLET = re.compile(r"([ \t]*)[-*+][ \t]+(.*)")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,}).*")
_RULE = re.compile(r"[ \t]*([-*_])[ \t]*(?:\1[ \t]*){2,}")
_DIVIDER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_COMMENT_END = "-->"
_BAR = re.compile(r"(?<!\\)\|")

BlockKind = Literal["heading", "paragraph", "numbered", "bullet", "table"]


class Unclosed(Exception):
    """A fence or a comment that never ends.

    Args:
        line: where it begins.
        what: which.
    """

    def __init__(self, line: int, what: str):
        super().__init__(what)
        self.line, self.what = line, what


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document.

    Args:
        kind: see `BlockKind`.
        line: 1-based, where it begins.
        text: without the marks of its kind; of a table, empty.
        level: of a heading, 1 to 6; else the columns that it is indented by.
        rows: of a table, the cells of each line but the divider, with the line.
    """

    kind: BlockKind
    line: int
    text: str
    level: int = 0
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()


def blocks(lines: Sequence[tuple[int, str]]) -> Iterator[Block]:
    """Yield the blocks of a document.

    Args:
        lines: each with its number.

    Raises:
        Unclosed: a fence or a comment that never ends.
    """
    readable = list(_readable(lines))
    at = 0
    while at < len(readable):
        number, text = readable[at]
        if not text.strip() or _RULE.fullmatch(text):
            at += 1
        elif heading := _HEADING.fullmatch(text):
            yield Block("heading", number, heading[2], len(heading[1]))
            at += 1
        elif _begins_table(readable, at):
            end = _end_of_table(readable, at)
            rows = [readable[at], *readable[at + 2 : end]]
            yield Block("table", number, "", rows=tuple((n, cells_of(row)) for n, row in rows))
            at = end
        else:
            end = _end_of_paragraph(readable, at)
            yield _paragraph(number, [row for _, row in readable[at:end]])
            at = end


def cells_of(row: str) -> tuple[str, ...]:
    r"""Return the cells of one line of a table; ``\|`` is a bar inside of one."""
    inner = row.strip()
    inner = inner.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return tuple(cell.replace("\\|", "|").strip() for cell in _BAR.split(inner))


def _readable(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither in a fence nor in a comment; a gap for each of those."""
    ends, begun = "", 0  # what ends the fence or the comment that we are in
    for number, text in lines:
        if ends:
            ends = "" if _closes(text, ends) else ends
            yield number, ""
            continue
        ends, begun = _opens(text), number
        hidden = ends or text.lstrip().startswith("<!--")
        yield number, "" if hidden else text.expandtabs(4)
    if ends:
        raise Unclosed(begun, "comment" if ends == _COMMENT_END else "fence")


def _opens(text: str) -> str:
    """Return what ends the fence or the comment that a line begins; empty if it begins none."""
    mark = _FENCE.fullmatch(text)
    if mark is not None:
        return mark[1]
    if text.lstrip().startswith("<!--") and _COMMENT_END not in text:
        return _COMMENT_END
    return ""


def _closes(text: str, ends: str) -> bool:
    if ends == _COMMENT_END:
        return _COMMENT_END in text
    closing = text.strip()
    return closing.startswith(ends) and not closing.strip(ends[0])


def _begins_table(lines: Sequence[tuple[int, str]], at: int) -> bool:
    return (
        "|" in lines[at][1]
        and at + 1 < len(lines)
        and "-" in lines[at + 1][1]
        and _DIVIDER.fullmatch(lines[at + 1][1]) is not None
        and ("|" in lines[at + 1][1])
    )


def _end_of_table(lines: Sequence[tuple[int, str]], at: int) -> int:
    end = at + 2
    while end < len(lines) and "|" in lines[end][1]:
        end += 1
    return end


def _end_of_paragraph(lines: Sequence[tuple[int, str]], at: int) -> int:
    end = at + 1
    while end < len(lines):
        text = lines[end][1]
        if not text.strip() or _HEADING.fullmatch(text) or _begins_table(lines, end):
            break
        if _NUMBERED.fullmatch(text) or _BULLET.fullmatch(text):
            break
        end += 1
    return end


def _paragraph(number: int, rows: Sequence[str]) -> Block:
    kind: BlockKind = "paragraph"
    first = rows[0]
    level = len(first) - len(first.lstrip())
    for name, pattern in (("numbered", _NUMBERED), ("bullet", _BULLET)):
        item = pattern.fullmatch(first)
        if item is not None:
            kind = "numbered" if name == "numbered" else "bullet"
            level, first = len(item[1]), item[2]
            break
    text = " ".join(part.strip() for part in (first, *rows[1:]))
    return Block(kind, number, " ".join(text.split()), level)
