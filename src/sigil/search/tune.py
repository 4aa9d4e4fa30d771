"""The proposer `tune`: better values for the literals in the pinned regions. No model, no key.

It begins with what it knows: the values that stand there, with their costs, and their
neighbours; then it searches by an estimator (`sigil.search.literal_search`).

One search per structure: parents that differ in these literals alone share what was
learned; a parent whose code differs has its literals found anew. With several objectives
it minimises the mean ratio of each cost to that of the parent that the search began with;
this steers proposals and decides nothing.

Not here: which literals may change and how they are written (`sigil.search.literals`).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, cast

from sigil.canonical import digest_value
from sigil.errors import SigilError
from sigil.search import numerals
from sigil.search.literal_search import Search, Values
from sigil.search.literals import Literal, find
from sigil.search.model import Outcome, Parent, Proposal, View
from sigil.search.mutate.source import Source, apply_edits
from sigil.search.patch import diff
from sigil.search.pins import Pin, Region, language_of, locate
from sigil.search.written import Value

_STUDIES = 16
_MOST_LITERALS = 48
_BEST_CHANCE = 0.7
_MOST_NOTES, _LONGEST_NOTE = 4, 280


@dataclass(frozen=True, slots=True)
class _Site:
    """A parent's literals, and what of its text is not a literal."""

    literals: tuple[Literal, ...]
    structure: str

    @property
    def values(self) -> Values:
        return tuple(literal.value for literal in self.literals)


class Tune:
    """Proposes values of literals in the pinned regions. Implements `Proposer`."""

    name = "tune"

    def __init__(self) -> None:
        self._searches: OrderedDict[str, Search] = OrderedDict()
        self._early: deque[tuple[Proposal, Outcome]] = deque(maxlen=1000)
        self._sites: OrderedDict[str, tuple[Mapping[str, str], _Site]] = OrderedDict()

    def ask(self, view: View, count: int) -> list[Proposal]:
        """Return up to ``count`` settings of the literals of one or several parents.

        None if no parent has literals that may be tuned, fewer when all have been tried.
        """
        tunable = [
            (parent, site) for parent in view.parents
            if (site := self._site(parent, view.pins)).literals
        ]  # fmt: skip
        if not tunable or count <= 0:
            return []
        for parent, site in tunable:
            if site.structure in self._searches:
                self._searches[site.structure].know(site.values, parent.costs)
        proposals: list[Proposal] = []
        for _ in range(count):
            proposal = self._propose(tunable, view)
            if proposal is None:
                break
            proposals.append(proposal)
        return proposals

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Learn what a setting costs, or that it failed."""
        search = self._searches.get(str(proposal.data.get("structure", "")))
        if search is None:
            self._early.append((proposal, outcome))
        else:
            search.tell(_values_in(proposal), outcome)

    def _propose(self, tunable: Sequence[tuple[Parent, _Site]], view: View) -> Proposal | None:
        first = 0 if view.random.random() < _BEST_CHANCE else view.random.randrange(len(tunable))
        order = [*tunable[first:], *tunable[:first]]
        for parent, site in order:
            search = self._search(site)
            search.know(site.values, parent.costs)
            values = search.ask(view.random, site.values)
            if values is not None:
                return _proposal(parent, site, values, search.active(values), view.seed)
        return None

    def _search(self, site: _Site) -> Search:
        search = self._searches.get(site.structure)
        if search is None:
            search = Search(site.literals)
            self._searches[site.structure] = search
            for proposal, outcome in self._early:
                if proposal.data.get("structure") == site.structure:
                    search.tell(_values_in(proposal), outcome)
            while len(self._searches) > _STUDIES:
                self._searches.popitem(last=False)
        self._searches.move_to_end(site.structure)
        return search

    def _site(self, parent: Parent, pins: Sequence[Pin]) -> _Site:
        known = self._sites.get(parent.id)
        if known is not None and known[0] == parent.files:
            self._sites.move_to_end(parent.id)
            return known[1]
        site = _find(parent.files, pins)
        self._sites[parent.id] = (parent.files, site)
        while len(self._sites) > 4 * _STUDIES:
            self._sites.popitem(last=False)
        return site


# --- text --------------------------------------------------------------------------------


def _find(files: Mapping[str, str], pins: Sequence[Pin]) -> _Site:
    """Return the literals of all pinned regions, and the digest of the text between them."""
    try:
        regions = locate(pins, files)
    except SigilError:
        return _Site((), "")
    languages = {pin.id: pin for pin in pins}
    literals: list[Literal] = []
    between: list[str] = []
    for region in regions:
        text = files[region.path]
        language = language_of(languages[region.pin_id], region.path)
        own = _literals_in(text, language, region)[: _MOST_LITERALS - len(literals)]
        starts = _line_starts(text)
        done = starts[region.first - 1]
        for literal in own:
            between += [text[done : literal.start], f"<{type(literal.value).__name__}>"]
            done = literal.end
        between += [text[done : starts[region.last]], region.path]
        literals += own
    return _Site(tuple(literals), digest_value(between))


def _literals_in(text: str, language: str | None, region: Region) -> list[Literal]:
    if language != "python":
        return numerals.find(text, language or "", region.path, region.first, region.last)
    try:
        return find(Source(text), region.path, region.first, region.last)
    except (SyntaxError, ValueError, RecursionError):
        return []


def _line_starts(text: str) -> list[int]:
    """Return where each line begins, counting line feeds, and the end."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))]


def _proposal(
    parent: Parent, site: _Site, values: Values, active: frozenset[int], seed: int
) -> Proposal:
    """Return the proposal that writes the values of the literals that are read under them."""
    edits: dict[str, list[Any]] = {}
    notes: list[str] = []
    for position, (literal, value) in enumerate(zip(site.literals, values, strict=True)):
        same = value == literal.value and type(value) is type(literal.value)
        if same or position not in active:
            continue
        before = parent.files[literal.path][literal.start - 1 : literal.start]
        edit = literal.edit(value, before)
        edits.setdefault(literal.path, []).append(edit)
        notes.append(f"{literal.text} → {edit.text.strip()} at line {literal.line}")
    after = {path: apply_edits(parent.files[path], own) or "" for path, own in edits.items()}
    patch = diff({path: parent.files[path] for path in after}, after)
    shown = notes[:_MOST_NOTES]
    if len(notes) > _MOST_NOTES:
        shown.append(f"and {len(notes) - _MOST_NOTES} more")
    data = {"structure": site.structure, "values": list(values)}
    return Proposal(parent.id, patch, Tune.name, "; ".join(shown)[:_LONGEST_NOTE], seed, data)


def _values_in(proposal: Proposal) -> Values:
    return tuple(cast("Sequence[Value]", proposal.data.get("values", ())))
