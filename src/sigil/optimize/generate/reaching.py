"""Inputs that take the unchanged function where no others do, and what is not reached at all.

Inputs with the function's own constants are kept if they go where no shown one, or no held-out
one, goes yet: so what is shown and what is held out both hold a change to that. An input on which
the function raises is kept like any other, unless the error looks like a mishap.

Not here: how it is known where a call goes (`tracing`), which constants there are (`constants`),
where they are put (`from_constants`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from typing import cast

from sigil.optimize.generate.adapting import can_be_imported
from sigil.optimize.generate.attributes import Objects
from sigil.optimize.generate.choosing import Chosen
from sigil.optimize.generate.constants import Constants, constants_of
from sigil.optimize.generate.fitting import quick
from sigil.optimize.generate.from_constants import Planted, planted
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.locating import Function
from sigil.optimize.generate.reasons import SEALED
from sigil.optimize.generate.tracing import SLOWER, Steps, Tracer, is_small, tracing
from sigil.optimize.generate.trying import Checked, Outcome, Trial
from sigil.optimize.generate.workshop import Workshop
from sigil.sandbox.model import Case, Raised, Returned

ROUNDS = 2
"""So often constants are planted; the second time in what the first brought."""
MOST_TRIED, MOST_SETTLED = 800, 240
SHOWN_AT_MOST, HELD_AT_MOST = 40, 24
_BASES, _FEWEST = 8, 40
_SEARCHING_S = 2.0
"""How long all calls with planted constants may take, as far as that is known beforehand; and how
long one may, which may loop for ever."""
_OF_A_PLACE, _WITNESSES = 4, 2
"""How many inputs that go to one place are looked at, and how many of them are shown."""
_MISHAPS = frozenset(
    "TypeError AttributeError NameError UnboundLocalError RecursionError MemoryError "
    "SystemError SystemExit KeyboardInterrupt NotJson".split()
)
"""Errors that say that an input was not meant, unless the function raises them itself."""
_NOWHERE: Steps = frozenset()


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of it.

    Args:
        chosen: the inputs, those included that were added.
        unreached: lines of the file that none of them reaches, ascending; None if that is not
            known, because a traced call did not come back, or cannot be made: no statement
            imports ``my-script.py``.
    """

    chosen: Chosen
    unreached: tuple[int, ...] | None


def reach(
    workshop: Workshop, adapter: str | None, trial: Trial, chosen: Chosen, objects: Objects
) -> Reached:
    """Return inputs that reach more of a function, and what they do not reach.

    Args:
        workshop: of the function.
        adapter: through which the eval calls it, if any.
        trial: the unchanged function, as the eval calls it.
        chosen: its inputs.
        objects: what is known of the objects of a method.
    """
    function = workshop.request.function
    if not can_be_imported(function):
        return Reached(chosen, None)
    with tracing(workshop, adapter) as traced:
        tracer = Tracer(traced)
        constants = constants_of(function.text, function.qualname)
        added = _Widening(tracer, trial, chosen, function, objects).added(constants)
        widened = _with(trial, chosen, *added)
        cases = [one.case for one in (*widened.shown, *widened.held_out)]
        return Reached(widened, tracer.unreached(function, cases, trial))


def unreached(
    workshop: Workshop, adapter: str | None, cases: Sequence[Case]
) -> tuple[int, ...] | None:
    """Return the lines of a function that none of the cases reaches; see `Reached`."""
    if not can_be_imported(workshop.request.function):
        return None
    with workshop.trial(adapter) as trial, tracing(workshop, adapter) as traced:
        return Tracer(traced).unreached(workshop.request.function, cases, trial)


# --- inputs that go elsewhere -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Special:
    """An input, where it goes, by which constant it goes where none did, and which it holds."""

    checked: Checked
    steps: Steps
    special: Steps
    holding: Steps


class _Widening:
    """Finds inputs that go where those that are known do not."""

    def __init__(
        self, tracer: Tracer, trial: Trial, chosen: Chosen, function: Function, objects: Objects
    ):
        self._tracer = tracer
        self._trial = trial
        self._function = function
        self._objects = objects
        self._shown = [one.case for one in chosen.shown if is_small(one.case)]
        self._held = [one.case for one in chosen.held_out if is_small(one.case)]
        self._texts = {case_text(one.case) for one in (*chosen.shown, *chosen.held_out)}
        self._by_shown: Counter[int | str] = Counter()
        self._by_held: Counter[int | str] = Counter()

    def added(self, constants: Constants) -> tuple[list[Checked], list[Checked]]:
        """Return inputs to be shown, and others to be held out."""
        shown: list[Checked] = []
        held: list[Checked] = []
        both = [*self._shown, *self._held]
        if not constants or not self._shown or not self._tracer.is_quick(both, self._trial):
            return shown, held
        self._count(self._shown, self._by_shown)
        self._count(self._held, self._by_held)
        bases = self._bases()
        for _ in range(ROUNDS):
            made = self._planted(bases, constants)
            found = self._settled(self._elsewhere(made))
            for one in found:
                self._share(one.checked, one.steps, shown, held)
            for one in found:
                self._share(one.checked, one.special, shown, held)
            for one in found:
                if one.checked.raises is None:
                    self._share(one.checked, one.holding, shown, held)
            bases = [one.checked.case for one in found][:_BASES]
        return shown, held

    def _planted(self, bases: Sequence[Case], constants: Constants) -> list[Planted]:
        """Return variations of cases that hold a constant more, or one less."""
        opened = [*map(self._objects.opened, bases)]
        made = planted(opened, constants, self._affordable(bases), self._objects.fixed)
        mended = self._objects.mended([one.case for one in made], opened)
        return [
            replace(one, case=self._objects.closed(case))
            for one, case in zip(made, mended, strict=True)
            if case is not None
        ]

    def _count(self, cases: Sequence[Case], counts: Counter[int | str]) -> None:
        for steps in self._tracer.steps(cases):
            counts.update(steps or ())

    def _bases(self) -> list[Case]:
        """Return shown cases that go to different places, then others, their kinds in turn."""
        met: set[int | str] = set()
        first: list[Case] = []
        others: list[Case] = []
        for case, steps in zip(self._shown, self._tracer.steps(self._shown), strict=True):
            (first if steps and not steps <= met else others).append(case)
            met |= steps or set()
        before = Counter[str]()
        turns: list[tuple[int, Case]] = []
        for case in others:
            kind = _kind(case)
            turns.append((before[kind], case))
            before[kind] += 1
        in_turn = [case for _, case in sorted(turns, key=itemgetter(0))]
        return [*first, *in_turn][:_BASES]

    def _affordable(self, bases: Sequence[Case]) -> int:
        """Return how many calls can be traced in the time that this may take."""
        time_ns = self._trial.about_ns(bases) if bases else None
        if time_ns is None:
            return 0
        each_ns = max(time_ns / len(bases), 1_000) * SLOWER
        return min(MOST_TRIED, max(_FEWEST, int(_SEARCHING_S * 1e9 / each_ns)))

    def _elsewhere(self, made: Sequence[Planted]) -> Iterator[_Special]:
        """Yield inputs that go where too few do, a few of each place.

        An input that goes where no other one did is special by its constant too: of three names
        that are refused, each has to be refused.
        """
        fresh = [one for one in made if case_text(one.case) not in self._texts]
        steps_of_each = self._tracer.steps([one.case for one in fresh], _SEARCHING_S)
        known = {*self._by_shown, *self._by_held}
        taken: Counter[int | str] = Counter()
        for one, steps in zip(fresh, steps_of_each, strict=True):
            own: Steps = steps or _NOWHERE
            special: Steps = frozenset(f"{place} by {one.constant}" for place in own - known)
            holding: Steps = frozenset([f"with {one.constant}"])
            there: Steps = own | special | (holding if steps else _NOWHERE)
            wanted = [p for p in there if self._is_wanted(p) and taken[p] < _OF_A_PLACE]
            if wanted:
                taken.update(wanted)
                yield _Special(Checked(one.case), own, special, holding)

    def _is_wanted(self, place: int | str) -> bool:
        return self._by_shown[place] < _WITNESSES or not self._by_held[place]

    def _settled(self, found: Iterator[_Special]) -> list[_Special]:
        """Return those that are always answered alike, in a way that is meant."""
        some = list(islice(found, MOST_SETTLED))
        outcomes = self._trial.settled([one.checked.case for one in some])
        pairs = zip(some, outcomes, strict=True)
        checked = [(one, self._checked(one.checked.case, outcome)) for one, outcome in pairs]
        return [replace(one, checked=found) for one, found in checked if found is not None]

    def _checked(self, case: Case, outcome: Outcome | None) -> Checked | None:
        if isinstance(outcome, Returned):
            return Checked(case)
        if not isinstance(outcome, Raised) or outcome.error in SEALED:
            return None
        is_said = re.search(rf"\braise\s+{re.escape(outcome.error)}\b", self._function.source)
        # An object that the method falls over may be one that never is.
        is_meant = outcome.error not in _MISHAPS and not self._objects.count([case])
        return Checked(case, outcome.error) if is_said or is_meant else None

    def _share(self, one: Checked, steps: Steps, shown: list[Checked], held: list[Checked]) -> None:
        """Put an input where no other goes where it goes, if that is so anywhere."""
        if case_text(one.case) in self._texts:
            return
        for least, counts, into, most in (
            (1, self._by_shown, shown, SHOWN_AT_MOST),
            (1, self._by_held, held, HELD_AT_MOST),
            (_WITNESSES, self._by_shown, shown, SHOWN_AT_MOST),
        ):
            if len(into) < most and any(counts[place] < least for place in steps):
                into.append(one)
                counts.update(steps)
                self._texts.add(case_text(one.case))
                return


def _kind(case: Case) -> str:
    """Return of which types the arguments of a case are, and what is first in each."""
    kinds: list[str] = []
    for one in (*case.args, *case.kwargs.values()):
        kinds.append(type(one).__name__)
        if isinstance(one, list | tuple | dict):
            kinds.append(type(next(iter(cast("Iterable[object]", one)), None)).__name__)
    return " ".join(kinds)


def _with(trial: Trial, chosen: Chosen, shown: list[Checked], held: list[Checked]) -> Chosen:
    """Return inputs with further ones, as far as those do not make a batch much longer."""
    quick_shown, quick_held = quick(trial, shown), quick(trial, held)
    if not (quick_shown or quick_held):
        return chosen
    parts = ((*chosen.shown, *quick_shown), (*chosen.held_out, *quick_held))
    times = [trial.time_ns([one.case for one in some]) for some in parts if some]
    found = [time for time in times if time is not None]
    if len(found) < len(times):
        return chosen
    return replace(chosen, shown=parts[0], held_out=parts[1], batch_ns=max(found))
