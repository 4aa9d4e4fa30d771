"""May this unified diff change that tree, and what comes out?

The rules: everything that changes lies inside the pinned regions of the parent; the text
outside is the same byte for byte; a pinned signature stays; the result parses. A hunk whose
line numbers are off is moved if its lines stand in the file exactly once, and that is
reported; nothing else is guessed.

Pure. Not here: the syntax of diffs (`sigil.search.hunks`, `sigil.search.diffing`), applying
them (`sigil.search.applying`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from sigil.errors import (
    PatchBreaksInterface,
    PatchOutsidePins,
    PinAmbiguous,
    PinNotFound,
    SigilError,
    Where,
)
from sigil.search.applying import Applied, apply, apply_reporting
from sigil.search.definitions import NotPython, keeps_interface, outline_of_change
from sigil.search.diffing import diff
from sigil.search.hunks import MAX_PATCH_BYTES, FileChange, Hunk, Patch, parse, recount, split_lines
from sigil.search.pins import Pin, Region, language_of, locate, selects
from sigil.search.recent import Recent
from sigil.search.skeleton import keeps_its_place, skeleton
from sigil.search.syntax.faults import Marked, new_fault
from sigil.search.syntax.grammars import Unparsable, available, grammar_of
from sigil.search.syntax.places import surroundings

Files = tuple[tuple[str, str], ...]

__all__ = [
    "MAX_PATCH_BYTES",
    "Applied",
    "Patch",
    "apply",
    "apply_reporting",
    "check",
    "check_reporting",
    "diff",
    "parse",
    "recount",
]


def check(
    text: str,
    files: Mapping[str, str],
    pins: Sequence[Pin],
    *,
    exists: Callable[[str], bool] = lambda _: False,
    source: str = "patch",
) -> dict[str, str]:
    """Return the files after the diff ``text``, which may change what ``pins`` allow only.

    Args:
        text: a unified diff relative to ``files``; empty changes nothing.
        files: the whole text of every file that a pin touches, by path.
        pins: what may change.
        exists: whether a path that is not in ``files`` is there in the tree.
        source: the patch file, for messages.

    Returns:
        All of ``files``, with the changes; new files of glob pins added.

    Raises:
        MalformedPatch: see `parse`.
        PatchDoesNotApply: see `apply`.
        PatchOutsidePins: it changes what no pin allows, or deletes a file.
        PatchBreaksInterface: the result does not parse, or a pinned signature differs.
        PinNotFound, PinAmbiguous, InvalidValue, NotYet: ``pins`` do not fit ``files``.
    """
    return check_reporting(text, files, pins, exists=exists, source=source).files


def check_reporting(
    text: str,
    files: Mapping[str, str],
    pins: Sequence[Pin],
    *,
    exists: Callable[[str], bool] = lambda _: False,
    source: str = "patch",
) -> Applied:
    """Return `check`'s files together with the repairs that were made."""
    key = text, tuple(files.items()), tuple(pins)
    known = _allowed.get(key)
    if known is not None:
        return Applied(dict(known), ())
    patch = parse(text, source)
    applied = _checked(patch, files, pins, exists)
    if not applied.repairs and all(change.path in files for change in patch.changes):
        _allowed.keep(key, dict(applied.files))
    return applied


_allowed: Recent[tuple[str, Files, tuple[Pin, ...]], dict[str, str]] = Recent(32)
"""Trees after patches that passed, whatever there is beside them and whoever wrote them: that of a
model is checked when its answer is read, and again when it is its turn."""


def _checked(
    patch: Patch, files: Mapping[str, str], pins: Sequence[Pin], exists: Callable[[str], bool]
) -> Applied:
    before = locate(pins, files)
    whole = {region.pin_id for region in before if region.whole}
    growing = [pin for pin in pins if pin.id in whole]
    for change in patch.changes:
        known = change.path in files or exists(change.path)
        if change.kind == "create" and not known:
            _refuse_new_file(patch, change, growing)
        elif known:
            _refuse_unpinned_file(patch, change, before)
    applied = apply_reporting(patch, files)
    changed = [change for change in patch.changes if _differs(files, applied.files, change.path)]
    if not changed:
        return applied
    for change in changed:
        texts = files.get(change.path, ""), applied.files.get(change.path, "")
        _refuse_unparsable(patch, change, pins, *texts)
    after = _locate_after(patch, changed, pins, applied.files)
    for change in changed:
        _Comparison(patch, change, pins, files, applied.files, before, after).hold()
    return applied


def _differs(before: Mapping[str, str], after: Mapping[str, str], path: str) -> bool:
    return before.get(path) != after.get(path)


def _refuse_new_file(patch: Patch, change: FileChange, growing: Sequence[Pin]) -> None:
    if not any(selects(pin, change.path) for pin in growing):
        raise PatchOutsidePins(
            f"{change.path} would be a new file",
            where=Where(patch.name, change.at),
            remedy="change pinned code only",
        )


def _refuse_unpinned_file(patch: Patch, change: FileChange, regions: Iterable[Region]) -> None:
    own = any(region.path == change.path for region in regions)
    if own and change.kind != "delete":
        return
    what = "would be deleted" if own else "is not pinned"
    raise PatchOutsidePins(
        f"{change.path} {what}",
        where=Where(patch.name, change.at),
        remedy=f"change {_places(regions)} only",
    )


def _places(regions: Iterable[Region]) -> str:
    places = [f"{region.path}:{region.first}-{region.last}" for region in regions]
    return ", ".join(places[:3]) + (" …" if len(places) > 3 else "")  # noqa: PLR2004 - a short line


def _refuse_unparsable(
    patch: Patch, change: FileChange, pins: Sequence[Pin], before: str, after: str
) -> None:
    pin = next((pin for pin in pins if selects(pin, change.path)), None)
    if pin is not None and language_of(pin, change.path) == "python":
        _refuse_what_is_not_python(patch, change, before, after)
    if grammar := _trusted_grammar(pins, change.path):
        _refuse_fault(patch, change, (before, ()), (after, ()), grammar)


def _refuse_what_is_not_python(patch: Patch, change: FileChange, before: str, after: str) -> None:
    try:
        outline_of_change(before, after)
    except NotPython as error:
        hunk = _hunk_at(change, error.line)
        raise PatchBreaksInterface(
            f"hunk {hunk.number if hunk else 0}: {change.path}:{error.line or '?'} "
            f"does not parse after it: {error.problem}: {_source_line(after, error.line)}",
            where=Where(patch.name, _patch_line(change, hunk, error.line)),
            remedy="write valid Python",
        ) from error


def _trusted_grammar(pins: Sequence[Pin], path: str) -> str | None:
    """Return the grammar that decides whether ``path`` parses, or None if none does.

    Only where a pin was found by the tree: of code that a person marked by hand, macros of
    C say, the parser may understand less than the compiler.
    """
    by_tree = (p for p in pins if (p.symbol or p.ast_query) and selects(p, path))
    pin = next(by_tree, None)
    grammar = grammar_of(language_of(pin, path), path) if pin is not None else None
    return grammar if grammar != "python" and available(grammar) else None


def _refuse_fault(
    patch: Patch, change: FileChange, before: Marked, after: Marked, grammar: str
) -> None:
    """Raise where a change brought something that the parser cannot read."""
    try:
        fault = new_fault(before, after, grammar)
        problem, line = (str(fault), fault.line) if fault else ("", None)
    except Unparsable as error:
        problem, line = error.problem, error.line
    if problem:
        hunk = _hunk_at(change, line)
        raise PatchBreaksInterface(
            f"hunk {hunk.number if hunk else 0}: {change.path}:{line or '?'} "
            f"does not parse after it: {problem}: {_source_line(after[0], line)}",
            where=Where(patch.name, _patch_line(change, hunk, line)),
            remedy=f"write valid {'typescript' if grammar == 'tsx' else grammar}",
        )


def _source_line(text: str, line: int | None) -> str:
    lines = text.split("\n")
    return repr(lines[line - 1].strip()) if line and line <= len(lines) else "at the end"


def _locate_after(
    patch: Patch, changed: list[FileChange], pins: Sequence[Pin], after: Mapping[str, str]
) -> tuple[Region, ...]:
    try:
        return locate(pins, after)
    except SigilError as error:
        kind = (
            PatchBreaksInterface
            if isinstance(error, (PinNotFound, PinAmbiguous))
            else PatchOutsidePins
        )
        first = changed[0]
        hunk = first.hunks[0] if first.hunks else None
        raise kind(
            f"hunk {hunk.number if hunk else 0} of {first.path}: after it {error.problem}",
            where=Where(patch.name, hunk.at if hunk else first.at),
            remedy="keep names and markers of pinned code as they are",
        ) from error


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One changed file, before and after."""

    patch: Patch
    change: FileChange
    pins: Sequence[Pin]
    files: Mapping[str, str]
    new_files: Mapping[str, str]
    before: tuple[Region, ...]
    after: tuple[Region, ...]

    def hold(self) -> None:
        """Raise unless only pinned text differs and every signature stays."""
        path = self.change.path
        old = sorted((r for r in self.before if r.path == path), key=_by_line)
        new = sorted((r for r in self.after if r.path == path), key=_by_line)
        if path not in self.files or path not in self.new_files:
            return  # a whole file of a glob pin came or went
        if [r.pin_id for r in old] != [r.pin_id for r in new]:
            self._refuse(self.change.hunks[0], None, "the pins are no longer where they were")
        outside_before = _outside(self.files[path], old)
        outside_after = _outside(self.new_files[path], new)
        if outside_before != outside_after:
            self._refuse(*self._first_outside(old))
        self._same_skeleton(old, new)
        for was, now in zip(old, new, strict=True):
            self._same_interface(was, now)
        if grammar := _trusted_grammar(self.pins, path):
            before, after = (
                (self.files[path], _spans(old)),
                (self.new_files[path], _spans(new)),
            )
            _refuse_fault(self.patch, self.change, before, after, grammar)

    def _first_outside(self, regions: list[Region]) -> tuple[Hunk, int | None, str]:
        """Return the hunk, its line in the patch, and what it touches, for the message."""
        for hunk in self.change.hunks:
            line = hunk.old_start + (not hunk.old)
            for offset, (sign, content) in enumerate(hunk.lines, 1):
                slack = sign == "+"
                if sign != " " and not any(r.first <= line <= r.last + slack for r in regions):
                    return (
                        hunk,
                        hunk.at + offset,
                        f"line {line} is outside the pins: {content.strip()!r}",
                    )
                line += sign != "+"
        return self.change.hunks[0], None, "it adds code beside the pinned code"

    def _refuse(self, hunk: Hunk, line: int | None, problem: str) -> NoReturn:
        path = self.change.path
        own = [region for region in self.before if region.path == path]
        raise PatchOutsidePins(
            f"hunk {hunk.number} of {path}: {problem}",
            where=Where(self.patch.name, line or hunk.at),
            remedy=f"change {_places(own)} only",
        )

    def _same_interface(self, was: Region, now: Region) -> None:
        if was.signature is None or keeps_interface(was.signature, now.signature or ""):
            return
        line = now.first
        hunk = _hunk_at(self.change, line) or self.change.hunks[0]
        lost = set(was.signature.split("\n")) - set((now.signature or "").split("\n"))
        raise PatchBreaksInterface(
            f"hunk {hunk.number} of {now.path}: the interface of pin {was.pin_id} changes: "
            f"{' | '.join(sorted(lost))!r} is now {(now.signature or '').split(chr(10))[0]!r}",
            where=Where(self.patch.name, hunk.at),
            remedy="keep name, parameters and annotations as they are",
        )

    def _same_skeleton(self, old: list[Region], new: list[Region]) -> None:
        """Raise where a region takes over code that stands after it."""
        path = self.change.path
        pin = next((p for p in self.pins if p.id == old[0].pin_id), None)
        named = all(region.whole or region.signature is not None for region in old)
        if named or pin is None:
            return  # a definition ends where it ends
        if grammar := _trusted_grammar(self.pins, path):
            self._same_surroundings(old, new, grammar)
        if language_of(pin, path) != "python":
            return
        texts, spans = (self.files[path], self.new_files[path]), (_spans(old), _spans(new))
        if all(
            keeps_its_place((texts[0], was), (texts[1], now))
            for was, now in zip(*spans, strict=True)
        ):
            return
        if skeleton(texts[0], spans[0]) != skeleton(texts[1], spans[1]):
            self._refuse(self.change.hunks[0], None, "it takes over code after the pinned lines")

    def _same_surroundings(self, old: list[Region], new: list[Region], grammar: str) -> None:
        path = self.change.path
        before = surroundings(self.files[path], grammar, _spans(old))
        if before != surroundings(self.new_files[path], grammar, _spans(new)):
            self._refuse(self.change.hunks[0], None, "it takes over code beside the pinned lines")


def _spans(regions: list[Region]) -> tuple[tuple[int, int], ...]:
    return tuple((region.first, region.last) for region in regions)


def _by_line(region: Region) -> tuple[int, int]:
    return region.first, region.last


def _outside(text: str, regions: list[Region]) -> list[list[str]]:
    """Return the stretches of lines around and between ``regions``."""
    lines = split_lines(text)
    stretches: list[list[str]] = []
    done = 0
    for region in regions:
        stretches.append(lines[done : region.first - 1])
        done = max(region.last, region.first - 1)
    return [*stretches, lines[done:]]


def _hunk_at(change: FileChange, line: int | None) -> Hunk | None:
    """Return the hunk that wrote line ``line`` of the new file, or the first one."""
    shift = 0
    for hunk in change.hunks:
        old, new = len(hunk.old), len(hunk.new)
        start = hunk.old_start + shift
        if line is not None and line < start + new + 1:
            return hunk
        shift += new - old
    return change.hunks[-1] if change.hunks else None


def _patch_line(change: FileChange, hunk: Hunk | None, line: int | None) -> int:
    """Return the line of the patch that wrote line ``line`` of the new file, if one did."""
    if hunk is None or line is None:
        return change.at
    before = [other for other in change.hunks if other.number < hunk.number]
    now = hunk.old_start + sum(len(other.new) - len(other.old) for other in before)
    for offset, (sign, _) in enumerate(hunk.lines, 1):
        if sign != "-":
            if now == line:
                return hunk.at + offset
            now += 1
    return hunk.at
