"""Apply a parsed diff to a tree, exactly.

A hunk applies where it says, or else at the only place where its lines stand, which is
reported as a repair. Nothing is guessed: no fuzz, no white space ignored.

Not here: whether a change is allowed (`sigil.search.patch`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from sigil.errors import PatchDoesNotApply, Where
from sigil.search.hunks import FileChange, Hunk, Patch, parse, split_lines


@dataclass(frozen=True, slots=True)
class Applied:
    """A tree after a patch.

    Args:
        files: text by path: all of the parent's files, with the patch's changes.
        repairs: one line for each hunk that was moved to where its lines stand.
    """

    files: dict[str, str]
    repairs: tuple[str, ...]


def apply(patch: Patch | str, files: Mapping[str, str]) -> dict[str, str]:
    """Return ``files`` with ``patch`` applied, whatever the pins are.

    Args:
        patch: parsed, or the text of a unified diff.
        files: text by path.

    Raises:
        MalformedPatch: a text that is not a unified diff.
        PatchDoesNotApply: a hunk's lines are not where it says, and not exactly once
            anywhere else; a file is missing, or exists already.
    """
    return apply_reporting(parse(patch) if isinstance(patch, str) else patch, files).files


def apply_reporting(patch: Patch, files: Mapping[str, str]) -> Applied:
    """Return `apply`'s files together with the repairs that were made."""
    after = dict(files)
    repairs: list[str] = []
    for change in patch.changes:
        text = files.get(change.path)
        if (text is None) != (change.kind == "create"):
            problem = "exists already" if text is not None else "is not there"
            raise PatchDoesNotApply(
                f"{change.path} {problem}",
                where=Where(patch.name, change.at),
                remedy="write the patch against the current files",
            )
        result = _apply_hunks(patch, change, text or "", repairs)
        if change.kind == "delete":
            if result:
                _refuse_hunk(
                    patch, change, change.hunks[-1] if change.hunks else None, "text remains"
                )
            del after[change.path]
        else:
            after[change.path] = result
    return Applied(after, tuple(repairs))


def _apply_hunks(patch: Patch, change: FileChange, text: str, repairs: list[str]) -> str:
    lines = split_lines(text)
    parts: list[str] = []
    done = 0
    for hunk in change.hunks:
        old = hunk.old
        claimed = hunk.old_start - bool(old)
        start, problem = _place(lines, old, hunk.old_start - bool(old), done)
        if problem:
            _refuse_hunk(patch, change, hunk, problem)
        if start != claimed:
            repairs.append(
                f"{patch.name}:{hunk.at}: hunk {hunk.number} of {change.path} moved "
                f"from line {claimed + 1} to {start + 1}"
            )
        parts += lines[done:start]
        parts += hunk.new
        done = start + len(old)
    parts += lines[done:]
    for index, part in enumerate(parts[:-1]):
        if not part.endswith("\n"):
            last = change.hunks[-1]
            _refuse_hunk(
                patch, change, last, f"a line without line feed in the middle ({index + 1})"
            )
    return "".join(parts)


def _place(lines: list[str], old: list[str], claimed: int, done: int) -> tuple[int, str | None]:
    """Return the index in ``lines`` where ``old`` stands, not before ``done``, or a problem."""
    if done <= claimed <= len(lines) - len(old) and lines[claimed : claimed + len(old)] == old:
        return claimed, None
    found = _occurrences(lines, old, done) if old else []
    if len(found) > 1:
        shown = ", ".join(str(index + 1) for index in found[:5])
        return claimed, f"its lines stand {len(found)} times: lines {shown}"
    return (found[0], None) if found else (claimed, _mismatch(lines, old, claimed, done))


def _occurrences(lines: list[str], old: list[str], done: int) -> list[int]:
    first = old[0]
    return [
        index
        for index in range(done, len(lines) - len(old) + 1)
        if lines[index] == first and lines[index : index + len(old)] == old
    ]


def _mismatch(lines: list[str], old: list[str], start: int, done: int) -> str:
    if start < done:
        return "it overlaps the hunk before it"
    for offset, expected in enumerate(old):
        index = start + offset
        stands = repr(lines[index]) if index < len(lines) else "the end of the file"
        if index >= len(lines) or lines[index] != expected:
            hint = (
                " (line endings differ: CRLF and LF)"
                if _same_but_ending(lines, index, expected)
                else ""
            )
            return f"line {index + 1} should be {expected!r}, there stands {stands}{hint}"
    return f"the file has {len(lines)} lines"


def _same_but_ending(lines: list[str], index: int, expected: str) -> bool:
    return index < len(lines) and lines[index].rstrip("\r\n") == expected.rstrip("\r\n")


def _refuse_hunk(patch: Patch, change: FileChange, hunk: Hunk | None, problem: str) -> NoReturn:
    raise PatchDoesNotApply(
        f"hunk {hunk.number if hunk else 0} of {change.path} does not apply: {problem}",
        where=Where(patch.name, hunk.at if hunk else change.at),
        remedy="write the patch against the current files",
    )
