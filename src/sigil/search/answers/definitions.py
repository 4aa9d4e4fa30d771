"""Answers that give pinned definitions, or files, whole.

A definition takes the place of the one of its name, a file that of the file that is named
before it. What stands beside a definition in its block, such as an import, has to be in the
file already: an answer of which a part would be lost is refused.
"""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sigil.errors import (
    MalformedPatch,
    PatchBreaksInterface,
    PatchDoesNotApply,
    PatchOutsidePins,
    SigilError,
    Where,
)
from sigil.search.answers.fences import Block, path_in
from sigil.search.answers.placing import MAX_CHANGES, SOURCE, Edit, spliced
from sigil.search.definitions import Definition, NotPython, outline
from sigil.search.hunks import split_lines
from sigil.search.patch import check, diff
from sigil.search.pins import Pin, Region, language_of, locate, selects

_LEFT_OUT = re.compile(r"\s*(?:#|//|/\*|--)\s*(?:\.{3}|…)")
_ASIDES = frozenset("bash console output plaintext sh shell text txt".split())
MAX_BLOCKS = 100
_REMEDY = "give the pinned definition alone, complete"


class NothingPinned(PatchDoesNotApply):
    """A block of code that no pin has a place for."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a definition of a block goes.

    Args:
        path: of the file.
        name: of the definition there, dotted.
        first: 1-based line in the file.
        last: inclusive.
    """

    path: str
    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Given:
    """A definition in a block: its name there, dotted, and its lines, 0-based, end excluded."""

    name: str
    start: int
    stop: int


def read_blocks(
    blocks: Sequence[Block], files: Mapping[str, str], pins: Sequence[Pin]
) -> dict[str, str]:
    """Return the files after every block that is code for a pin.

    A block that is for no pin, such as an example of use, is passed over beside one that is.

    Raises:
        PatchDoesNotApply: no block is, or two give the same code.
        SigilError: why a block cannot be used.
    """
    if len(blocks) > MAX_BLOCKS:
        raise MalformedPatch(
            f"{len(blocks)} fenced blocks; at most {MAX_BLOCKS} are read",
            remedy="give the changed definitions alone",
        )
    known = frozenset(line.strip() for text in files.values() for line in text.split("\n"))
    reader = _Reader(files, pins, locate(pins, files), known)
    edits: defaultdict[str, dict[Edit, None]] = defaultdict(dict)  # in order, each once
    strangers: list[NothingPinned] = []
    for block in [block for block in blocks if block.word not in _ASIDES] or blocks:
        try:
            for path, edit in reader.edits(block):
                edits[path].setdefault(edit)
        except NothingPinned as error:
            strangers.append(error)
    if not edits:
        raise strangers[0]
    after = dict(files)
    for path, own in edits.items():
        after[path] = spliced(files.get(path, ""), list(own))
    return after


@dataclass(frozen=True, slots=True)
class _Reader:
    files: Mapping[str, str]
    pins: Sequence[Pin]
    regions: Sequence[Region]
    known: frozenset[str]
    """Every line of the files, without the blanks around it."""

    def edits(self, block: Block) -> list[tuple[str, Edit]]:
        """Return what a block changes: the file that it names, else definitions, else a region."""
        self._refuse_gaps(block)
        path = _named(block)
        if path is not None and self._takes(path, block):
            return [self._whole(path, block)]
        paths = sorted({region.path for region in self.regions})
        if path is not None and path in self.files:
            paths = [path]
        found = [edit for one in paths for edit in self._by_name(one, block)]
        if found:
            return found
        own = [region for region in self.regions if region.path in paths]
        if len(own) == 1 and own[0].whole:
            return [self._whole(own[0].path, block)]
        if len(own) == 1 and own[0].signature is None:
            return [(own[0].path, Edit(own[0].first - 1, own[0].last, self._inner(own[0], block)))]
        raise NothingPinned(
            "the block defines nothing that is pinned",
            where=Where(SOURCE, block.first),
            remedy=_REMEDY,
        )

    def _takes(self, path: str, block: Block) -> bool:
        """Return whether a block can stand for the whole of the file that it names."""
        if path not in self.files:
            return any(selects(pin, path) for pin in self.pins)
        if any(region.whole and region.path == path for region in self.regions):
            return True
        if len(block.lines) < self._fixed_lines(path):
            return False
        after = {**self.files, path: spliced(self.files[path], [self._whole(path, block)[1]])}
        try:
            check(diff(self.files, after), self.files, self.pins)
        except SigilError:
            return False
        return True

    def _fixed_lines(self, path: str) -> int:
        """Return how many lines of a file no pin holds, at least: each has to stay."""
        own = [region.last - region.first + 1 for region in self.regions if region.path == path]
        return self.files[path].count("\n") - sum(own)

    def _whole(self, path: str, block: Block) -> tuple[str, Edit]:
        return path, Edit(0, len(split_lines(self.files.get(path, ""))), block.lines)

    def _inner(self, region: Region, block: Block) -> tuple[str, ...]:
        """Return the lines of a block for a region between marks, without the marks."""
        pin = next(pin for pin in self.pins if pin.id == region.pin_id)
        own = replace(pin, files=(region.path,))
        try:
            found = locate([own], {region.path: "\n".join(block.lines) + "\n"})
        except SigilError:
            return block.lines
        if found[0].whole:
            return block.lines
        return block.lines[found[0].first - 1 : found[0].last]

    def _refuse_gaps(self, block: Block) -> None:
        for offset, line in enumerate(block.lines):
            if _LEFT_OUT.match(line) and line.strip() not in self.known:
                raise MalformedPatch(
                    f"code is left out: {line.strip()!r}",
                    where=Where(SOURCE, block.first + offset),
                    remedy="write all of it",
                )

    # --- definitions ---

    def _by_name(self, path: str, block: Block) -> list[tuple[str, Edit]]:
        """Return an edit for each definition of a block that has its place in a pin."""
        text = self.files[path]
        place_of = _by_last_name(self._places(path))
        taken: list[tuple[_Given, _Place]] = []
        done = 0
        for given in self._given(path, block):
            place = place_of.get(given.name) if given.start >= done else None
            if place is not None:
                taken.append((given, place))
                done = given.stop  # what is within one that is taken whole comes with it
        if not taken:
            return []
        if len(taken) > MAX_CHANGES:
            raise MalformedPatch(
                f"the block gives {len(taken)} pinned definitions; at most {MAX_CHANGES} are read",
                where=Where(SOURCE, block.first),
                remedy="give each changed definition once",
            )
        self._refuse_rest(text, block, [given for given, _ in taken])
        lines = split_lines(text)
        return [
            (
                path,
                Edit(place.first - 1, place.last, _indented(block, given, lines[place.first - 1])),
            )
            for given, place in taken
        ]

    def _places(self, path: str) -> list[_Place]:
        """Return the definitions of a file that may be replaced whole."""
        places: list[_Place] = []
        for region in self.regions:
            if region.path != path:
                continue
            pin = next(pin for pin in self.pins if pin.id == region.pin_id)
            if pin.symbol is not None:
                places.append(_Place(path, pin.symbol, region.first, region.last))
            elif language_of(pin, path) == "python":
                places += [
                    _Place(path, one.name, one.first, one.last)
                    for one in _outline(self.files[path])
                    if region.first <= one.first and one.last <= region.last
                ]
        return places

    def _given(self, path: str, block: Block) -> list[_Given]:
        """Return what a block defines, outer before inner."""
        pins = [pin for pin in self.pins if selects(pin, path)]
        if any(language_of(pin, path) == "python" for pin in pins):
            return [_Given(one.name, one.first - 1, one.last) for one in _parsed(block)]
        found = [
            given
            for pin in pins
            if pin.symbol is not None
            for given in self._given_elsewhere(pin, path, block)
        ]
        return sorted(found, key=lambda given: (given.start, -given.stop))

    def _given_elsewhere(self, pin: Pin, path: str, block: Block) -> list[_Given]:
        """Return the pinned definition of a block in another language."""
        try:
            (found,) = locate([replace(pin, files=(path,))], {path: "\n".join(block.lines) + "\n"})
        except SigilError:
            return []
        return [_Given(pin.symbol or "", found.first - 1, found.last)]

    def _refuse_rest(self, text: str, block: Block, taken: Sequence[_Given]) -> None:
        """Raise if a block holds code beside ``taken`` that its file does not have."""
        known = {line.strip() for line in text.split("\n")}
        inside = {offset for given in taken for offset in range(given.start, given.stop)}
        for offset, line in enumerate(block.lines):
            if offset not in inside and line.strip() and line.strip() not in known:
                raise PatchOutsidePins(
                    f"{line.strip()!r} is beside the pinned code",
                    where=Where(SOURCE, block.first + offset),
                    remedy=_REMEDY,
                )


def _named(block: Block) -> str | None:
    for word in (*block.info.replace(":", " ").replace("=", " ").split(), block.before):
        path = path_in(word)
        if path is not None:
            return path
    return None


def _by_last_name(places: Sequence[_Place]) -> dict[str, _Place]:
    """Return places by name, and by what follows the last dot where only one ends so.

    A name that stands at several places stands for none of them.
    """
    exact: defaultdict[str, list[_Place]] = defaultdict(list)
    last: defaultdict[str, list[_Place]] = defaultdict(list)
    for place in places:
        exact[place.name].append(place)
        last[re.split(r"\.|::", place.name)[-1]].append(place)
    return {name: found[0] for name, found in {**last, **exact}.items() if len(found) == 1}


def _indented(block: Block, given: _Given, old: str) -> tuple[str, ...]:
    """Return the lines of a definition, as far to the right as the one it replaces."""
    lines = block.lines[given.start : given.stop]
    was, now = _indent(lines[0]), _indent(old)
    if was == now:
        return lines
    return tuple(
        now + line[len(was) :] if line.startswith(was) and line.strip() else line for line in lines
    )


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _outline(text: str) -> tuple[Definition, ...]:
    try:
        return outline(text)
    except NotPython:
        return ()  # a pinned file that does not parse offers no names


def _parsed(block: Block) -> tuple[Definition, ...]:
    try:
        return outline(textwrap.dedent("\n".join(block.lines)) + "\n")
    except NotPython as error:
        line = (error.line or 1) - 1
        shown = repr(block.lines[line].strip()) if line < len(block.lines) else "at its end"
        raise PatchBreaksInterface(
            f"the block does not parse: {error.problem}: {shown}",
            where=Where(SOURCE, block.first + line),
            remedy="write valid Python",
        ) from error
