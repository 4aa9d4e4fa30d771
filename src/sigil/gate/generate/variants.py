"""Other scenarios of the same claim, for whoever only learnt the first one by heart.

Nothing is asked that the intent does not say. Where values are drawn, three strangers do the same
in rounds: each does the first step before anyone does the second. Some of them are asked in the
order of the round before and some the other way round, so a service that only knows the latest,
or the first, or hands out what it has in order, gives somebody what is not hers. Where a step makes
a thing that a later one asks for by its id, two strangers make two things each. Requests that
change nothing are asked again, among other such requests of the intent, in another order.

Pure: a function of its arguments. Not here: further rows of a table (`rules`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Final

from sigil.gate.generate.lua import is_token
from sigil.gate.generate.model import Exchange, Property, Request, Sketch, Step
from sigil.gate.generate.slots import drawing
from sigil.gate.intent.slots import slots_in

_MOST_NOISE = 3
IN_BETWEEN: Final = "In between: "
"""Begins what is said of a request whose answer nobody looks at."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """Who does the steps of a sequence in turns.

    Args:
        actors: each does every step.
        pairs: of actors; in every round some are in the order of the round before, and some not.
        follows: whose session an actor goes on in, for those that have none of their own.
    """

    actors: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    follows: Mapping[int, int] = field(default_factory=dict[int, int])

    def orders(self, count: int, chance: random.Random) -> list[tuple[int, ...]]:
        """Return who comes when in each of ``count`` rounds."""
        found: list[tuple[int, ...]] = []
        for _ in range(count):
            possible = list(permutations(self.actors))
            if found:
                possible = [one for one in possible if self._mixed(found[-1], one)]
            found.append(chance.choice(possible))
        return found

    def _mixed(self, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
        kept = {
            (before.index(a) < before.index(b)) == (after.index(a) < after.index(b))
            for a, b in self.pairs
        }
        return len(kept) > 1


STRANGERS = Rounds((0, 1, 2), ((0, 1), (0, 2), (1, 2)))
_THINGS = Rounds((0, 1, 2, 3), ((0, 2), (1, 3)), {2: 0, 3: 1})
"""Two things of each of two strangers."""


def variants(sketch: Sketch, others: Sequence[Sketch], chance: random.Random) -> tuple[Sketch, ...]:
    """Return other scenarios of the same claim, the one that asks the most first.

    The last is as fair as the first scenario is. Those before it suppose that nobody minds if
    something is made twice, which an intent seldom says. None where there is no fair one.

    Args:
        sketch: the first one.
        others: all sketches of the intent.
        chance: decides what comes where.
    """
    fair = asides(sketch, others)
    found: list[list[Step]] = []
    if _draws(sketch.steps):
        made = _making(sketch.steps)
        if made is not None:
            found.append(_two_each(sketch.steps, made, chance))
        found.append(_in_rounds(sketch.steps, STRANGERS, chance))
    elif all(_request(step).safe for step in sketch.steps):
        again = (step for step in sketch.steps if isinstance(step, Exchange))
        found.append([*sketch.steps, *again])
    elif fair:
        found.append(list(sketch.steps))
    # Drawn last: what else the intent says changes nothing of who does what in which order.
    noise = chance.sample(fair, min(len(fair), chance.randint(1, _MOST_NOISE)))
    for steps in found:
        for step in noise:
            steps.insert(chance.randint(0, len(steps)), step)
    return tuple(replace(sketch, steps=tuple(steps)) for steps in found)


def _request(step: Step) -> Request:
    return (step.exchange if isinstance(step, Property) else step).request


def _draws(steps: Sequence[Step]) -> bool:
    """Say whether anything is sent that is drawn."""
    return any(
        drawing(slot) is not None
        for step in steps
        for _, slot in slots_in([_request(step).path, _request(step).body])
    )


def _in_rounds(steps: Sequence[Step], rounds: Rounds, chance: random.Random) -> list[Step]:
    """Return the steps of all actors, each in their order, a round for each step."""
    orders = rounds.orders(len(steps), chance)
    return [
        _as_actor(step, actor, rounds.follows.get(actor))
        for step, order in zip(steps, orders, strict=True)
        for actor in order
    ]


def _making(steps: Sequence[Step]) -> int | None:
    """Return the place of the step that makes what a later one asks for by its id."""
    for place, step in enumerate(steps):
        if not isinstance(step, Exchange) or step.request.method != "POST":
            continue
        ids = {name for name, _ in step.captured if not is_token(name)}
        asked = {name for later in steps[place + 1 :] for name, _ in slots_in(_request(later).path)}
        if ids & asked and _draws(steps[place:]):
            return place
    return None


def _two_each(steps: Sequence[Step], made: int, chance: random.Random) -> list[Step]:
    """Return the steps of two strangers, each of whom makes two things."""
    before = [_as_actor(step, actor) for step in steps[:made] for actor in chance.sample((0, 1), 2)]
    return [*before, *_in_rounds(steps[made:], _THINGS, chance)]


def _as_actor(step: Step, actor: int, follows: int | None = None) -> Step:
    if isinstance(step, Property):
        return replace(step, exchange=replace(step.exchange, actor=actor, follows=follows))
    return replace(step, actor=actor, follows=follows)


def asides(sketch: Sketch, others: Sequence[Sketch]) -> list[Exchange]:
    """Return requests of other claims that change nothing and need nothing.

    Their answers are not looked at: what fails a scenario is its own claim.
    """
    own = {_request(step).path for step in sketch.steps if not is_aside(step)}
    found = [
        _in_between(other.steps[0])
        for other in others
        if len(other.steps) == 1 and isinstance(other.steps[0], Exchange)
    ]
    return [
        one
        for one in found
        if one.request.safe
        and one.request.path not in own
        and not list(slots_in([one.request.path, dict(one.request.headers)]))
    ]


def is_aside(step: Step) -> bool:
    """Say whether a step is such a request."""
    return isinstance(step, Exchange) and step.gist.startswith(IN_BETWEEN)


def _in_between(step: Exchange) -> Exchange:
    request = replace(step.request, anonymous=True)
    return Exchange(request, (), gist=f"{IN_BETWEEN}{request.method} {request.path}")
