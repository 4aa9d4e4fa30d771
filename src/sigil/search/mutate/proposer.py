"""The proposer `mutate`: typed mutation of Python in the pinned regions. No model, no key.

From every parent it first walks through the single edits, each once and in a good order,
so that a small problem is solved at once; then it mixes them with random and compound
edits, drawn more often the more often their kind gave an elite.

A proposal always parses, differs from its parent and from everything proposed before,
touches no signature, and reads no name that has no value.

Source: gplearn and PySR for which variations find expressions; GenProg and "plastic
surgery" (Barr et al. 2014) for repairs made from the program's own parts.
"""

from __future__ import annotations

import ast
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, pairwise

from sigil.canonical import digest_value
from sigil.errors import SigilError
from sigil.search.definitions import NotPython, parse_python
from sigil.search.model import BASELINE, Outcome, Parent, Proposal, View
from sigil.search.mutate.assigned import Flow, doubtful_uses
from sigil.search.mutate.chance import WAYS, Draw
from sigil.search.mutate.change import Change, replaced, short
from sigil.search.mutate.doubts import doubt
from sigil.search.mutate.formulas import Formula, Formulas, formula_of
from sigil.search.mutate.source import Edit, Source, apply_edits
from sigil.search.mutate.subject import Subject
from sigil.search.mutate.walk import neighbours
from sigil.search.patch import diff
from sigil.search.pins import Pin, language_of, locate

_PARSED_PARENTS = 48
_DONORS = 8
_ATTEMPTS = 300
_WALK_FIRST, _WALK_PER_SITE, _MOST_WALKED_FIRST = 40, 5, 500
_FRESH, _FRESH_WALK_CHANCE, _WALK_CHANCE = 60, 0.75, 0.45
_BEST_CHANCE = 0.3
_LONGEST_NOTE, _LEAST_SAID = 195, 60
_GROWTH, _ROOM = 2, 80  # in characters: how long the regions may become
_COMPOUND = (1, 1, 1, 2, 2, 3)
_IMAGINED_CHANCE, _IMAGINED_LATER, _PATIENCE = 0.75, 0.3, 100


@dataclass(slots=True)
class _Parsed:
    """A parent taken apart, and those of its single edits that the walk has still before it."""

    files: Mapping[str, str]
    subjects: dict[str, Subject]
    walk: Iterator[tuple[Subject, Change]]
    formula: Formula | None


@dataclass(slots=True)
class _Learned:
    """How often each way to change was tried and gave an elite."""

    tries: Counter[str] = field(default_factory=Counter[str])
    elites: Counter[str] = field(default_factory=Counter[str])

    def weights(self, names: Iterable[str]) -> list[float]:
        """Return how often to draw each of ``names``, relative to the others."""
        overall = (self.elites.total() + 1.0) / (self.tries.total() + 20.0)
        rates = ((name, (self.elites[name] + 1.0) / (self.tries[name] + 20.0)) for name in names)
        return [WAYS[name][1] * min(max(rate / overall, 0.3), 3.0) for name, rate in rates]


class Mutate:
    """Proposes mutations of Python in the pinned regions. Implements `Proposer`."""

    name = "mutate"

    def __init__(self) -> None:
        self._parsed: OrderedDict[str, _Parsed] = OrderedDict()
        self._seen: set[str] = set()
        self._tried: Counter[str] = Counter()
        self._walked: Counter[str] = Counter()
        self._walked_out: set[str] = set()
        self._learned = _Learned()
        self._baseline_size: int | None = None
        self._formulas: Formulas | None = None
        self._idle = 0

    def ask(self, view: View, count: int) -> list[Proposal]:
        """Return up to ``count`` mutations of the parents in ``view``.

        Fewer if it finds none that was not proposed before; none if no pinned region is
        Python that parses.
        """
        proposals: list[Proposal] = []
        for _ in range(count):
            proposal = self._propose(view)
            if proposal is None:
                break
            proposals.append(proposal)
        return proposals

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Learn which ways to change pay off, and never propose the same again."""
        self._remember(proposal.parent, str(proposal.data.get("result", "")))
        formula = proposal.data.get("formula")
        if self._formulas is not None and isinstance(formula, str):
            self._formulas.tell(ast.parse(formula, mode="eval").body, outcome.costs)
            if proposal.data.get("ways") == "formula":
                self._idle = 0 if outcome.elite else self._idle + 1
        for name in str(proposal.data.get("ways", "")).split():
            if name in WAYS:
                self._learned.tries[name] += 1
                self._learned.elites[name] += outcome.elite

    def __getstate__(self) -> dict[str, object]:
        """Return all but the parents taken apart, which are where it is loaded when needed."""
        return {**self.__dict__, "_parsed": OrderedDict[str, _Parsed]()}

    # --- one proposal --------------------------------------------------------------------

    def _propose(self, view: View) -> Proposal | None:
        for _ in range(_ATTEMPTS):
            parent = self._choose(view)
            parsed = self._take_apart(parent, view.pins)
            if not parsed.subjects:
                continue
            drawn = self._imagined(parent, parsed, view) or self._draw(parent, parsed, view)
            if drawn is None:
                continue
            ways, changes = drawn
            proposal = self._realise(parent, parsed, changes, ways, view.seed)
            if proposal is not None:
                return proposal
        return None

    def _choose(self, view: View) -> Parent:
        """Return the baseline until its first edits are done, then the best or a good one.

        Of two good ones the shorter is taken: what grows without getting better gets fewer
        offspring. Source: Luke and Panait 2006, section 3.2, double tournament.
        """
        stream = view.random
        baseline = next((parent for parent in view.parents if parent.id == BASELINE), None)
        if baseline is not None and self._walks_first(baseline, view.pins):
            return baseline
        if len(view.parents) == 1 or stream.random() < _BEST_CHANCE:
            return view.parents[0]
        drawn = (min(int(stream.expovariate(0.3)), len(view.parents) - 1) for _ in range(2))
        one, other = (view.parents[position] for position in drawn)
        return min(one, other, key=_length)

    def _walks_first(self, baseline: Parent, pins: Sequence[Pin]) -> bool:
        """Return whether single edits of the baseline still come before anything else."""
        parsed = self._take_apart(baseline, pins)
        sites = sum(len(subject.sites) for subject in parsed.subjects.values())
        wanted = min(_WALK_FIRST + _WALK_PER_SITE * sites, _MOST_WALKED_FIRST)
        return BASELINE not in self._walked_out and self._tried[BASELINE] < wanted

    def _imagined(
        self, parent: Parent, parsed: _Parsed, view: View
    ) -> tuple[list[str], list[tuple[Subject, Change]]] | None:
        """Return the formula that promises most, where the code is one and costs are known."""
        formulas, formula = self._formulas, parsed.formula
        if formulas is None or formula is None or not formulas.ready:
            return None
        first = parent.id == BASELINE and self._walks_first(parent, view.pins)
        # What brings nothing makes ever more room, but never all of it.
        chance = _IMAGINED_CHANCE
        if self._idle >= _PATIENCE:
            chance = _IMAGINED_LATER * (_PATIENCE / self._idle) ** 4
        if first or view.random.random() >= chance:
            return None
        term = formulas.imagine(view.random)
        if term is None:
            return None
        (subject,) = parsed.subjects.values()
        change = next(replaced(subject, formula.site, term.fragment(), "formula"), None)
        return (["formula"], [(subject, change)]) if change else None

    def _draw(
        self, parent: Parent, parsed: _Parsed, view: View
    ) -> tuple[list[str], list[tuple[Subject, Change]]] | None:
        first = parent.id == BASELINE and self._walks_first(parent, view.pins)
        fresh = self._tried[parent.id] < _FRESH
        chance = _FRESH_WALK_CHANCE if fresh else _WALK_CHANCE
        if parent.id not in self._walked_out and (first or view.random.random() < chance):
            found = next(parsed.walk, None)
            if found is not None:
                self._walked[parent.id] += 1
                return ["walk"], [found]
            self._walked_out.add(parent.id)
        names = list(WAYS)
        weights = self._learned.weights(names)
        ways: list[str] = []
        changes: list[tuple[Subject, Change]] = []
        for _ in range(view.random.choice(_COMPOUND)):
            subject = view.random.choice(list(parsed.subjects.values()))
            way = view.random.choices(names, weights)[0]
            donor = partial(self._donor, subject, view)
            change = WAYS[way][0](Draw(subject, donor, view.random)) if subject.sites else None
            if change is not None:
                ways.append(way)
                changes.append((subject, change))
        return (ways, changes) if changes else None

    def _donor(self, subject: Subject, view: View) -> Subject:
        """Return a region of one of the best parents; only that one is taken apart for it."""
        parent = view.random.choice(view.parents[:_DONORS])
        regions = list(self._take_apart(parent, view.pins).subjects.values())
        return view.random.choice(regions or [subject])

    def _realise(
        self,
        parent: Parent,
        parsed: _Parsed,
        changes: Sequence[tuple[Subject, Change]],
        ways: Sequence[str],
        seed: int,
    ) -> Proposal | None:
        """Return the proposal that makes ``changes``, if it is whole, safe and new."""
        edits: dict[str, list[Edit]] = {}
        changed: list[tuple[Subject, list[Change]]] = []
        for key, subject in parsed.subjects.items():
            own = [change for one, change in changes if one is subject]
            if own:
                edits[key] = [edit for change in own for edit in change.edits]
                changed.append((subject, own))
        # What is known is seen before anything is parsed: late in a search that is most.
        result = None if self._too_long(parsed, edits) else _identity(parsed.subjects, edits)
        if result is None or result in self._seen:
            return None
        if any(_entangled(own) or not _sound(subject, own) for subject, own in changed):
            return None
        self._remember(parent.id, result)
        after = _edited(parsed, edits)
        patch = diff({path: parent.files[path] for path in after}, after)
        note = _note(changes)
        data = {"ways": " ".join(ways), "result": result}
        if parsed.formula is not None:
            data |= _formula_after(parsed, [edit for own in edits.values() for edit in own])
        return Proposal(parent.id, patch, self.name, note, seed, data) if patch else None

    def _too_long(self, parsed: _Parsed, edits: Mapping[str, Sequence[Edit]]) -> bool:
        """Return whether ``edits`` lengthen code that has grown enough already."""
        more = sum(len(e.text) - (e.end - e.start) for own in edits.values() for e in own)
        room = _GROWTH * (self._baseline_size or 0) + _ROOM
        return more > 0 and _size(parsed.subjects) + more > room

    def _remember(self, parent: str, result: str) -> None:
        """Note that ``result`` was proposed from ``parent``."""
        if result not in self._seen:
            self._seen.add(result)
            self._tried[parent] += 1

    # --- parents -------------------------------------------------------------------------

    def _take_apart(self, parent: Parent, pins: Sequence[Pin]) -> _Parsed:
        parsed = self._parsed.get(parent.id)
        if parsed is not None and parsed.files == parent.files:
            self._parsed.move_to_end(parent.id)
            return parsed
        subjects = _subjects(parent.files, pins)
        size = _size(subjects)
        if self._baseline_size is None or parent.id == BASELINE:
            self._baseline_size = size
        formula = formula_of(*subjects.values()) if len(subjects) == 1 else None
        walk = islice(neighbours(subjects.values()), self._walked[parent.id], None)
        parsed = _Parsed(parent.files, subjects, walk, formula)
        self._parsed[parent.id] = parsed
        if formula is not None and self._formulas is None:
            self._formulas = Formulas(formula)
            self._formulas.tell(formula.site.node, parent.costs)
        known = _identity(subjects, {})
        if known is not None:
            self._seen.add(known)
        while len(self._parsed) > _PARSED_PARENTS:
            self._parsed.popitem(last=False)
        return parsed


def _subjects(files: Mapping[str, str], pins: Sequence[Pin]) -> dict[str, Subject]:
    """Return the regions that are Python and parse, by pin and place."""
    try:
        regions = locate(pins, files)
    except SigilError:
        return {}
    languages = {pin.id: pin for pin in pins}
    pinned = [(pin.symbol or "").rpartition(".")[2] for pin in pins]
    subjects: dict[str, Subject] = {}
    sources: dict[str, Source] = {}
    for region in regions:
        if language_of(languages[region.pin_id], region.path) != "python":
            continue
        try:
            if region.path not in sources:
                sources[region.path] = Source(files[region.path])
        except (SyntaxError, ValueError, RecursionError):
            continue
        subject = Subject(sources[region.path], region.first, region.last, pinned)
        if subject.sites or subject.blocks:
            subjects[f"{region.path}:{region.first}"] = subject
    return subjects


def _length(parent: Parent) -> int:
    return sum(map(len, parent.files.values()))


def _size(subjects: Mapping[str, Subject]) -> int:
    return sum(subject.end - subject.start for subject in subjects.values())


def _identity(subjects: Mapping[str, Subject], edits: Mapping[str, Sequence[Edit]]) -> str | None:
    """Return the digest of what the regions say after ``edits``, or None if these overlap."""
    texts: list[str] = []
    for key, subject in subjects.items():
        text = apply_edits(subject.text, edits.get(key, ()), subject.start)
        if text is None:
            return None
        texts += [key.rpartition(":")[0], text]
    return digest_value(texts)


def _edited(parsed: _Parsed, edits: Mapping[str, Sequence[Edit]]) -> dict[str, str]:
    """Return the whole text of every file that ``edits`` change."""
    by_path: dict[str, list[Edit]] = {}
    for key, own in edits.items():
        by_path.setdefault(key.rpartition(":")[0], []).extend(own)
    after = {path: apply_edits(parsed.files[path], own) for path, own in by_path.items()}
    return {path: text for path, text in after.items() if text is not None}


def _formula_after(parsed: _Parsed, edits: Sequence[Edit]) -> dict[str, str]:
    """Return what the formula says after ``edits``, if these touch nothing else."""
    assert parsed.formula is not None
    (subject,), site = parsed.subjects.values(), parsed.formula.site
    if any(edit.start < site.start or edit.end > site.end for edit in edits):
        return {}
    text = apply_edits(subject.source.text[site.start : site.end], edits, site.start)
    return {} if text is None else {"formula": text.strip()}


def _note(changes: Sequence[tuple[Subject, Change]]) -> str:
    """Return what was done, and when the result may differ."""
    said = "; ".join(change.note for _, change in changes)
    texts = [
        (subject.source.text[edit.start : edit.end], edit.text)
        for subject, change in changes
        for edit in change.edits
    ]
    unsure = doubt(texts, [change.operator for _, change in changes])
    if not unsure:
        return short(said, _LONGEST_NOTE)
    return f"{short(said, max(_LONGEST_NOTE - len(unsure), _LEAST_SAID))}; {unsure}"


def _entangled(changes: Sequence[Change]) -> bool:
    """Return whether one change reaches into another, so that their notes would not be true."""
    reaches = sorted(
        (min(edit.start for edit in change.edits), max(edit.end for edit in change.edits))
        for change in changes
    )
    return any(next_[0] <= last[1] for last, next_ in pairwise(reaches))


def _sound(subject: Subject, changes: Sequence[Change]) -> bool:
    """Return whether the edited statements parse and read no name that has no value."""
    source = subject.source
    start = source.line_start(subject.chunk_first)
    chunk = source.text[start : source.line_start(subject.chunk_last + 1)]
    text = apply_edits(chunk, [edit for change in changes for edit in change.edits], start)
    if text is None:
        return False
    try:
        tree = parse_python(text)
    except NotPython:
        return False
    if not any(change.names_may_move for change in changes):
        return True
    return not doubtful_uses(tree, Flow(tree)) - subject.doubtful
