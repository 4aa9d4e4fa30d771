"""Did something look better that nobody could decide on? More time may help a run then.

Pure. Not here: who is measured anew (`sigil.optimize.confirming`), how it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from operator import le

from sigil.optimize.confirming import trusted
from sigil.optimize.history import Candidate, History
from sigil.optimize.present import differs, gain

_WORTH_TELLING = 0.05
"""What a screening has to gain: less is seen in some of many by chance."""


def undecided(history: History, objectives: Mapping[str, bool]) -> str:
    """Return how the best candidate looked that the accept rule neither takes nor refuses.

    As a clause, such as ``one looked 4× faster, but noise or time left it undecided``; empty
    if there is none, or something was accepted.

    Args:
        history: of the run.
        objectives: whether less is better, by metric.
    """
    if history.best_accepted() is not None:
        return ""
    refused = _refused(history)
    looks = [
        look
        for one, clear in _open(history)
        if not (clear and _is_refused(one, refused))
        for look in _looks(one, objectives, clear=clear)
    ]
    best, said = min(looks, default=(1.0, ""))
    if best > 1 - _WORTH_TELLING:
        return ""
    return f"one looked {said}, but noise or time left it undecided"


def _open(history: History) -> Iterator[tuple[Candidate, bool]]:
    """Yield whom nothing is decided of, and whether only what is clear of them is worth telling.

    That is so of those that were not measured anew: they are many.
    """
    for one in history.candidates.values():
        found = one.confirmed
        if found is not None and found.failure is None and found.accepted is None:
            yield one, False
    for one in trusted(history, history.candidates.values()):
        yield one, True


def _refused(history: History) -> list[tuple[float, ...]]:
    """Return the costs of those that were measured anew and that the accept rule refuses."""
    confirmed = (one.confirmed for one in history.candidates.values())
    return [found.costs for found in confirmed if found and found.accepted is False]


def _is_refused(candidate: Candidate, refused: Iterable[tuple[float, ...]]) -> bool:
    """Return whether a candidate is, without any noise, no better than one that was refused."""
    found = candidate.screened
    if found is None or any(value.interval is not None for value in found.metrics.values()):
        return False
    return any(all(map(le, costs, found.costs)) for costs in refused)


def _looks(
    candidate: Candidate, objectives: Mapping[str, bool], *, clear: bool
) -> Iterator[tuple[float, str]]:
    """Yield what a screening says of each objective: a ratio below 1 is a gain; and in words."""
    found = candidate.screened
    for name, less in objectives.items():
        value = found.metrics.get(name) if found else None
        if value is None or not value.ratio or value.ratio < 0 or (clear and not differs(value)):
            continue
        said = gain(replace(value, ratio_interval=None))
        what = said if value.unit else f"{said} in {name}"
        yield (value.ratio if less else 1 / value.ratio), what
