"""Another scenario of the same claim, for whoever only learnt the first one by heart.

Nothing is asked that the intent does not say. Where values are drawn, two strangers do the same,
in turns, and each has to get what is hers. Requests that change nothing are asked again, among
other such requests of the intent, in another order.

Pure: a function of its arguments. Not here: further rows of a table (`rules`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from sigil.gate.generate.model import Exchange, Property, Request, Sketch, Step
from sigil.gate.generate.slots import drawing, slots_in

_MOST_NOISE = 3


def variant(sketch: Sketch, others: Sequence[Sketch], chance: random.Random) -> Sketch | None:
    """Return another scenario of the same claim; None where there is no other that is fair.

    Args:
        sketch: the first one.
        others: all sketches of the intent.
        chance: decides what comes where.
    """
    noise = _noise(sketch, others, chance)
    if _draws(sketch):
        steps = _in_turns(sketch.steps, chance)
    elif all(_request(step).safe for step in sketch.steps):
        steps = [*sketch.steps, *(step for step in sketch.steps if isinstance(step, Exchange))]
    elif noise:
        steps = list(sketch.steps)
    else:
        return None
    for step in noise:
        steps.insert(chance.randint(0, len(steps)), step)
    return replace(sketch, steps=tuple(steps))


def _request(step: Step) -> Request:
    return (step.exchange if isinstance(step, Property) else step).request


def _draws(sketch: Sketch) -> bool:
    """Say whether a sketch sends anything that is drawn."""
    return any(
        drawing(slot) is not None
        for step in sketch.steps
        for _, slot in slots_in([_request(step).path, _request(step).body])
    )


def _in_turns(steps: Sequence[Step], chance: random.Random) -> list[Step]:
    """Return the steps of two strangers, each in their order."""
    waiting = [[_as_actor(step, actor) for step in steps] for actor in (0, 1)]
    merged: list[Step] = []
    while any(waiting):
        turn = chance.choice([actor for actor in (0, 1) if waiting[actor]])
        merged.append(waiting[turn].pop(0))
    return merged


def _as_actor(step: Step, actor: int) -> Step:
    if isinstance(step, Property):
        return replace(step, exchange=replace(step.exchange, actor=actor))
    return replace(step, actor=actor)


def _noise(sketch: Sketch, others: Sequence[Sketch], chance: random.Random) -> list[Exchange]:
    """Return requests of other claims that change nothing and need nothing.

    Their answers are not looked at: what fails a scenario is its own claim.
    """
    own = {_request(step).path for step in sketch.steps}
    found = [
        _in_between(other.steps[0])
        for other in others
        if len(other.steps) == 1 and isinstance(other.steps[0], Exchange)
    ]
    fair = [
        one
        for one in found
        if one.request.safe
        and one.request.path not in own
        and not list(slots_in([one.request.path, dict(one.request.headers)]))
    ]
    return chance.sample(fair, min(len(fair), chance.randint(1, _MOST_NOISE)))


def _in_between(step: Exchange) -> Exchange:
    request = replace(step.request, anonymous=True)
    return Exchange(request, (), gist=f"In between: {request.method} {request.path}")
