r"""What a unified diff says: files, hunks, lines. Reading, nothing of meaning.

A line ends at a line feed and nowhere else, as git has it: carriage returns, form feeds
and Unicode separators are part of the line. A text that does not end with a line feed is
marked by ``\ No newline at end of file``.

Not here: writing one (`sigil.search.diffing`), applying one (`sigil.search.applying`), and
whether it stays inside the pins (`sigil.search.patch`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from sigil.errors import MalformedPatch, Where

MAX_PATCH_BYTES = 2**20
NO_NEWLINE = "\\ No newline at end of file"
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
DRIVE = re.compile(r"[A-Za-z]:")
UNSAFE_PATH = re.compile(r'[\x00-\x1f\x7f"\\]|^\s|\s$')
_REFUSED = {
    "rename ": "a renamed file",
    "copy ": "a copied file",
    "similarity ": "a renamed or copied file",
    "dissimilarity ": "a rewritten file",
    "old mode ": "a changed mode",
    "new mode ": "a changed mode",
    "GIT binary ": "a binary file",
    "Binary files ": "a binary file",
}
MODES = ("new file mode ", "deleted file mode ")
_EXTENDED = ("diff -", "Index: ", "=====", "index ", *MODES, *_REFUSED)


@dataclass(frozen=True, slots=True)
class Hunk:
    """One ``@@`` part of a file's change.

    Args:
        at: 1-based line of its header in the patch.
        number: 1-based, within its file.
        old_start: line in the old file that it claims to begin at; 0 before the first.
        lines: (sign, line) with the sign one of `` ``, ``-``, ``+``; each line carries its
            line feed unless it ends a text that has none.
    """

    at: int
    number: int
    old_start: int
    lines: tuple[tuple[str, str], ...]

    @property
    def old(self) -> list[str]:
        """Return the lines that it expects."""
        return [line for sign, line in self.lines if sign != "+"]

    @property
    def new(self) -> list[str]:
        """Return the lines that it leaves."""
        return [line for sign, line in self.lines if sign != "-"]


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a patch does to one file.

    Args:
        at: 1-based line of its first header in the patch.
        path: relative to the root.
        kind: ``change``, ``create`` or ``delete``.
        hunks: in order; none for an empty file that comes or goes.
    """

    at: int
    path: str
    kind: str
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class Patch:
    """A parsed unified diff.

    Args:
        name: of the patch file, for messages.
        changes: at most one per path.
    """

    name: str
    changes: tuple[FileChange, ...]


def split_lines(text: str) -> list[str]:
    """Return the lines of ``text``, each with its line feed if it has one."""
    lines = text.split("\n")
    last = lines.pop()
    kept = [f"{line}\n" for line in lines]
    return [*kept, last] if last else kept


def parse(text: str, name: str = "patch") -> Patch:
    """Return what a unified diff says.

    Args:
        text: as ``diff -u`` or ``git diff`` write it. What stands before the first
            ``diff --git`` line, such as the head of a mail, is ignored.
        name: of the patch file, for messages.

    Raises:
        MalformedPatch: not a unified diff; a count that is wrong; a rename, a copy, a mode
            or a binary file; a path that leaves the root; larger than 1 MiB.
    """
    if len(text) > MAX_PATCH_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_PATCH_BYTES:
        raise MalformedPatch(
            "larger than 1 MiB", where=Where(name), remedy="propose a smaller change"
        )
    return _Reader(text, name).read()


def recount(text: str) -> str:
    """Return ``text`` with the line counts of every hunk header as its body has them.

    For diffs that a model wrote, which get numbers wrong more often than lines. Old line
    numbers that are missing become 1; `sigil.search.patch.apply` finds the true place if
    the context stands there once.
    """
    lines = text.split("\n")
    header = re.compile(r"@@(?: -(\d{1,9})(?:,\d+)? \+(\d{1,9})(?:,\d+)?)?[^@]*@@(.*)")
    starts = [at for at, line in enumerate(lines) if header.match(line)]
    for at in starts:
        old = new = 0
        for line in lines[at + 1 : _end_of_hunk(lines, at + 1)]:
            old += line[:1] in {" ", "-", ""}
            new += line[:1] in {" ", "+", ""}
        found = header.match(lines[at])
        a, b, rest = found.groups() if found else (None, None, "")
        lines[at] = f"@@ -{a or 1},{old} +{b or 1},{new} @@{rest}"
    return "\n".join(lines)


def _end_of_hunk(lines: Sequence[str], at: int) -> int:
    """Return the index after the last line of the hunk whose body starts at ``at``."""
    end = at
    while end < len(lines):
        line = lines[end]
        new_file = (
            line.startswith("--- ") and lines[end + 1 : end + 2] and lines[end + 1][:4] == "+++ "
        )
        if (
            new_file
            or line.startswith(("@@", "diff --git "))
            or line[:1] not in {" ", "+", "-", "\\", ""}
        ):
            break
        end += 1
    while end > at and lines[end - 1] == "":
        end -= 1
    return end


class _Reader:
    """Reads one patch, line by line."""

    def __init__(self, text: str, name: str):
        self.lines = text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.name = name
        self.at = 0

    def read(self) -> Patch:
        changes: dict[str, FileChange] = {}
        self._skip_preamble()
        while self._skip_blank():
            change = self._change()
            if change.path in changes:
                self._fail(
                    f"{change.path} is changed twice", change.at, "put all its hunks together"
                )
            changes[change.path] = change
        return Patch(self.name, tuple(changes.values()))

    def _skip_preamble(self) -> None:
        for at, line in enumerate(self.lines):
            if line.startswith(("diff --git ", "--- ")) and self._is_header(at):
                self.at = at if line.startswith("diff --git ") else 0
                return

    def _is_header(self, at: int) -> bool:
        following = self.lines[at + 1 : at + 2]
        return self.lines[at].startswith("diff") or bool(following and following[0][:4] == "+++ ")

    def _skip_blank(self) -> bool:
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1
        if self.lines[self.at : self.at + 1] in (["-- "], ["--"]):  # the signature of a mail
            self.at = len(self.lines)
        return self.at < len(self.lines)

    def _change(self) -> FileChange:
        begin = self.at + 1
        kind, named = self._extended()
        line = self._peek()
        if not line.startswith("--- "):
            if kind == "change" or named is None:
                problem = f"expected `--- a/…`, found {_shown(line)}"
                self._fail(
                    problem, self.at + 1, "write a unified diff, as `diff -u` or `git diff` do"
                )
            return FileChange(begin, self._safe(named, begin), kind, ())
        old = self._header("--- ")
        if not self._peek().startswith("+++ "):
            problem = f"expected `+++ b/…`, found {_shown(self._peek())}"
            self._fail(problem, self.at + 1, "put it right after the `---` line")
        new = self._header("+++ ")
        path, kind = self._agree(old, new, kind)
        hunks = self._hunks()
        if not hunks:
            self._fail("no hunk after the file's header", self.at + 1, "add `@@ -l,n +l,n @@`")
        return FileChange(begin, self._safe(path, begin), kind, hunks)

    def _extended(self) -> tuple[str, str | None]:
        """Read git's extended headers; return the kind of change and the path they name."""
        kind, named = "change", None
        while self._peek().startswith(_EXTENDED):
            line = self._peek().rstrip("\r")
            refused = next(
                (what for start, what in _REFUSED.items() if line.startswith(start)), None
            )
            if refused:
                self._fail(
                    f"{refused} is not allowed", self.at + 1, "change the text of files only"
                )
            if line.startswith(MODES):
                kind = "create" if line.startswith(MODES[0]) else "delete"
                if line.rpartition(" ")[2] not in {"100644", "100664"}:
                    self._fail(
                        f"{line!r}: only plain files are allowed", self.at + 1, "use mode 100644"
                    )
            if line.startswith("diff --git "):
                if named is not None or kind != "change":
                    break
                both = re.fullmatch(r"diff --git a/(.+) b/\1", line)
                named = both[1] if both else None
            self.at += 1
        return kind, named

    def _header(self, start: str) -> str:
        shown = self.lines[self.at][len(start) :].rstrip("\r").partition("\t")[0]
        self.at += 1
        return shown.rstrip(" ")

    def _agree(self, old: str, new: str, kind: str) -> tuple[str, str]:
        if old == "/dev/null" or new == "/dev/null":
            created = old == "/dev/null"
            path = (new if created else old).removeprefix("b/" if created else "a/")
            kind = "create" if created else "delete"
            return path, kind
        if old.startswith("a/") and new.startswith("b/"):
            old, new = old[2:], new[2:]
        if old != new:
            self._fail(f"{old} becomes {new}: a rename", self.at, "keep the file's name")
        if kind != "change":
            self._fail(
                f"{old} is called {kind}d, but both sides are named", self.at, "use /dev/null"
            )
        return old, kind

    def _safe(self, path: str, at: int) -> str:
        parts = path.split("/")
        tricky = (
            not path
            or bool(UNSAFE_PATH.search(path))
            or path.startswith("/")
            or bool({"", ".", "..", ".git", ".sigil"} & {part.lower() for part in parts})
            or bool(DRIVE.match(path))
        )
        if tricky:
            remedy = "name a file below the root, by its plain relative path"
            self._fail(f"the path {_shown(path)} is not allowed", at, remedy)
        return path

    def _hunks(self) -> tuple[Hunk, ...]:
        hunks: list[Hunk] = []
        while self._peek().startswith("@@"):
            hunks.append(self._hunk(len(hunks) + 1))
        return tuple(hunks)

    def _hunk(self, number: int) -> Hunk:
        at = self.at + 1
        found = _HUNK.match(self._peek())
        if not found:
            self._fail(
                f"hunk {number}: not a hunk header: {_shown(self._peek())}", at, _HEADER_FORM
            )
        self.at += 1
        start, old, _, new = (int(part) if part else 1 for part in found.groups())
        lines: list[tuple[str, str]] = []
        while old > 0 or new > 0:
            sign, line = self._line(number)
            old -= sign != "+"
            new -= sign != "-"
            lines.append((sign, line))
        if old < 0 or new < 0:
            self._fail(f"hunk {number}: more lines than its header counts", at, _HEADER_FORM)
        following = self._peek()
        if following[:1] in {" ", "+"} or (following[:1] == "-" and not self._ends_here(following)):
            problem = f"hunk {number}: a line beyond what its header counts: {_shown(following)}"
            self._fail(problem, self.at + 1, _HEADER_FORM)
        return Hunk(at, number, start, tuple(lines))

    def _ends_here(self, following: str) -> bool:
        return self._is_header(self.at) or following in {"-- ", "--"}

    def _line(self, number: int) -> tuple[str, str]:
        if self.at >= len(self.lines):
            self._fail(f"hunk {number} ends too early", self.at, _HEADER_FORM)
        shown = self.lines[self.at]
        sign, line = (shown[0], shown[1:]) if shown else (" ", "")
        if sign not in {" ", "+", "-"}:
            problem = f"hunk {number}: neither context, `+` nor `-`: {_shown(shown)}"
            self._fail(problem, self.at + 1, _HEADER_FORM)
        self.at += 1
        if self._peek().startswith("\\ "):
            self.at += 1
            return sign, line
        return sign, f"{line}\n"

    def _peek(self) -> str:
        return self.lines[self.at] if self.at < len(self.lines) else ""

    def _fail(self, problem: str, line: int, remedy: str) -> NoReturn:
        raise MalformedPatch(problem, where=Where(self.name, line), remedy=remedy)


_HEADER_FORM = "a header is `@@ -line,count +line,count @@` and counts the lines below it"
_LONGEST_SHOWN = 80


def _shown(line: str) -> str:
    return repr(line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…")
