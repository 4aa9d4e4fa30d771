"""The proposer `rewrite`: known ways to make the pinned Python faster. No model, no key.

From every parent it first proposes all rewrites at once, then every one on its own, those
that promise most first, then all but one. What is kept becomes a parent, from which it goes
on: so rewrites compose.

A rule says what it needs to be equal; where it cannot know, it says when the result may
differ, and the eval's correctness check and held-out inputs decide.

Not here: the rules (`catalogue`), how one is carried out (`applying`).
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sigil.canonical import digest_value
from sigil.errors import SigilError
from sigil.search.model import Outcome, Parent, Proposal, View
from sigil.search.patch import diff
from sigil.search.pins import Pin, language_of, locate
from sigil.search.rewrite.applying import Found, alone, matches, source
from sigil.search.rewrite.catalogue import RULES
from sigil.search.rewrite.facts import Definition
from sigil.search.rewrite.rule import Gain, Rule
from sigil.search.rewrite.texts import Around, NotRewritable, Text

_PARENTS = 128
_NEW_PARENTS = 2
"""How many parents that were never looked at one ask looks at: that is what costs time."""
_BARREN, _MOST_SELDOM = 8, 64
"""After so many asks in vain it looks at new parents ever more rarely, at last once in so many."""
_MOST_STEPS = 24
_MOST_OF_A_RULE = 8
_BEST_CHANCE = 0.7
_LONGEST_NOTE, _LONGEST_NAMES = 320, 120
Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """Files after some rewrites, and what was done to get there."""

    files: Files
    done: tuple[tuple[Rule, int], ...] = ()

    @property
    def rules(self) -> list[str]:
        return list(dict.fromkeys(rule.name for rule, _ in self.done))


@dataclass(slots=True)
class _Ideas:
    """What is left to propose from one parent."""

    files: Files
    waiting: Iterator[_Rewritten] = field(default_factory=lambda: iter(()))


class Rewrite:
    """Proposes rewrites of Python in the pinned regions. Implements `Proposer`."""

    name = "rewrite"

    def __init__(self, rules: Sequence[Rule] = RULES) -> None:
        self._rules = tuple(sorted(rules, key=lambda rule: -rule.gain))
        self._ideas: OrderedDict[str, _Ideas] = OrderedDict()
        self._barren: set[str] = set()
        self._seen: set[str] = set()
        self._tries: Counter[str] = Counter()
        self._elites: Counter[str] = Counter()
        self._in_vain = 0

    def __getstate__(self) -> dict[str, object]:
        """Return all but the ideas that wait, which are found anew where it is loaded.

        Parents that had none left are remembered.
        """
        return {**self.__dict__, "_ideas": OrderedDict[str, _Ideas]()}

    def ask(self, view: View, count: int) -> list[Proposal]:
        """Return up to ``count`` rewrites of the parents in ``view``.

        Fewer, or none, when everything that the rules find in them was proposed.
        """
        proposals: list[Proposal] = []
        while len(proposals) < count:
            proposal = self._propose(view)
            if proposal is None:
                break
            proposals.append(proposal)
        return proposals

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Learn which rules pay off here, and never propose the same again."""
        self._seen.add(str(proposal.data.get("result", "")))
        for name in str(proposal.data.get("rules", "")).split():
            self._tries[name] += 1
            self._elites[name] += outcome.elite

    def _propose(self, view: View) -> Proposal | None:
        parents = list(view.parents)
        first = 0 if view.random.random() < _BEST_CHANCE else view.random.randrange(len(parents))
        rests = self._in_vain > _BARREN and self._in_vain % _period(self._in_vain)
        self._in_vain += 1
        room = 0 if rests else _NEW_PARENTS
        for parent in [parents[first], *parents[:first], *parents[first + 1 :]]:
            new = parent.id not in self._ideas
            if parent.id in self._barren or (new and not room):
                continue
            room -= new
            for found in self._ideas_for(parent, view.pins).waiting:
                result = digest_value(dict(found.files))
                if found.done and result not in self._seen:
                    self._seen.add(result)
                    self._in_vain = 0
                    return _proposal(parent, found, result, view.seed)
            self._barren.add(parent.id)
            del self._ideas[parent.id]
        return None

    def _ideas_for(self, parent: Parent, pins: Sequence[Pin]) -> _Ideas:
        known = self._ideas.get(parent.id)
        if known is None or known.files != parent.files:
            known = _Ideas(parent.files, self._all_ideas(parent.files, pins))
            self._ideas[parent.id] = known
        self._ideas.move_to_end(parent.id)
        while len(self._ideas) > _PARENTS:
            self._ideas.popitem(last=False)
        return known

    def _all_ideas(self, files: Files, pins: Sequence[Pin]) -> Iterator[_Rewritten]:
        """Yield what the rules make of ``files``: all at once, one by one, all but one."""
        everything = _exhausted(self._rules, files, pins)
        if not everything.done:
            return  # so no single rule finds anything either
        yield everything
        yield _exhausted([rule for rule in self._rules if rule.safe], files, pins)
        yield _exhausted([rule for rule in self._rules if rule.gain > Gain.SMALL], files, pins)
        yield from sorted(_singles(self._rules, files, pins), key=self._promise, reverse=True)
        for name in everything.rules:
            rest = [rule for rule in self._rules if rule.name != name]
            yield _exhausted(rest, files, pins)

    def _promise(self, found: _Rewritten) -> float:
        """Return how much to expect of a single rewrite, from its rule and its record here."""
        rule, _ = found.done[0]
        return rule.gain * (self._elites[rule.name] + 1.0) / (self._tries[rule.name] + 2.0)


def _period(in_vain: int) -> int:
    """Return how many asks are from one look at new parents to the next: a quarter of the time."""
    return min(1 << in_vain.bit_length() - 2, _MOST_SELDOM)


def _singles(rules: Sequence[Rule], files: Files, pins: Sequence[Pin]) -> Iterator[_Rewritten]:
    for path, text, definition, begins in _definitions(files, pins):
        for found in matches(rules, alone(definition, text.around), text.around):
            done = ((found.rule, begins + found.line - 1),)
            yield _Rewritten({**files, path: text.with_(definition, found.result)}, done)


def _exhausted(rules: Sequence[Rule], files: Files, pins: Sequence[Pin]) -> _Rewritten:
    """Return ``files`` after rewriting by ``rules`` until none of them finds anything."""
    after = dict(files)
    done: list[tuple[Rule, int]] = []
    # From the last to the first, so that those still to come stay where they are.
    for position in reversed(range(len(list(_definitions(files, pins))))):
        path, text, definition, begins = list(_definitions(after, pins))[position]
        current = alone(definition, text.around)
        for found in _steps(rules, current, text.around):
            current = found.result
            done.append((found.rule, begins + found.line - 1))
        after[path] = text.with_(definition, current)
    return _Rewritten(after, tuple(done))


def _steps(rules: Sequence[Rule], definition: Definition, around: Around) -> Iterator[Found]:
    """Yield one rewrite after the other, each of what the one before gave."""
    used: Counter[str] = Counter()
    seen = {source(definition)}
    for _ in range(_MOST_STEPS):
        allowed = [rule for rule in rules if used[rule.name] < _MOST_OF_A_RULE]
        for found in matches(allowed, definition, around):
            text = source(found.result)
            if text not in seen:
                seen.add(text)
                used[found.rule.name] += 1
                definition = found.result
                yield found
                break
        else:
            return


def _definitions(files: Files, pins: Sequence[Pin]) -> Iterator[tuple[str, Text, Definition, int]]:
    """Yield what may be rewritten: path, module, definition and the line it begins on."""
    try:
        regions = locate(pins, files)
    except SigilError:
        return
    languages = {pin.id: pin for pin in pins}
    for region in regions:
        if language_of(languages[region.pin_id], region.path) != "python":
            continue
        try:
            text = Text(files[region.path])
        except NotRewritable:
            continue
        for definition, begins in text.definitions(region.first, region.last):
            yield region.path, text, definition, begins


def _proposal(parent: Parent, found: _Rewritten, result: str, seed: int) -> Proposal:
    paths = [path for path in found.files if found.files[path] != parent.files.get(path)]
    patch = diff({p: parent.files[p] for p in paths}, {p: found.files[p] for p in paths})
    data = {"rules": " ".join(found.rules), "result": result}
    return Proposal(parent.id, patch, Rewrite.name, _note(found), seed, data)


def _note(found: _Rewritten) -> str:
    """Return what was done, one rewrite in words, several by name; and when it may differ."""
    if len(found.done) == 1:
        rule, line = found.done[0]
        said, rules = f"{rule.name} at line {line}: {rule.says}", [rule]
    else:
        times = Counter(rule.name for rule, _ in found.done)
        named = [f"{name} ×{n}" if n > 1 else name for name, n in times.items()]
        names = _fitting(named, ", ", _LONGEST_NAMES, "and {} more")
        said, rules = f"{len(found.done)} rewrites: {names}", [rule for rule, _ in found.done]
    doubts = list(dict.fromkeys(rule.unless for rule in rules if rule.unless))
    if not doubts:
        return said
    room = _LONGEST_NOTE - len(said) - len("; may differ ")
    return f"{said}; may differ {_fitting(doubts, ', or ', room, 'in {} more cases')}"


def _fitting(parts: Sequence[str], separator: str, room: int, rest: str) -> str:
    """Return the first of ``parts`` in ``room`` characters, and how many more there are."""
    for count in range(len(parts), 0, -1):
        left = [rest.format(len(parts) - count)] if count < len(parts) else []
        text = separator.join([*parts[:count], *left])
        if len(text) <= room:
            return text
    return parts[0] if len(parts) == 1 else rest.format(len(parts))
