"""Which cases can be measured together, in one batch, without a search having to wait for them?

Cases that a person gave are kept as far as the deadline of a batch allows; others give way to
them, evenly from all over.

Not here: where cases are from (`choosing`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from sigil.optimize.generate.scaling import MOST_NS
from sigil.optimize.generate.trying import Checked, Trial

_ENOUGH = 4
"""So few are kept even if they take longer than is good for a search."""
_LATITUDE = 0.7
"""What part of a deadline calls may take that were timed one by one."""
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Fitted:
    """Cases that come back together.

    Args:
        cases: those that were kept before, then others.
        time_ns: what they take; None if not even one comes back, and then there are none.
        left_out: of those that should have been kept, the ones that take too long.
    """

    cases: tuple[Checked, ...]
    time_ns: int | None
    left_out: tuple[Checked, ...] = ()


def fitted(
    trial: Trial,
    kept: Sequence[Checked],
    others: Sequence[Checked],
    before: Sequence[Checked] = (),
) -> Fitted:
    """Return as many cases as take no longer together than is good for a search.

    Args:
        trial: the unchanged function.
        kept: stay even if they take longer, as long as the deadline of a batch allows.
        others: may take as long as ``kept`` if that is longer than is good.
        before: as ``others``, which give way to these.
    """
    chosen, kept_ns = _within_deadline(trial, kept)
    staying = [kept[i] for i in chosen]
    left_out = tuple(kept[i] for i in sorted(set(range(len(kept))).difference(chosen)))
    time_ns = kept_ns if staying else None
    most = 2 * max(MOST_NS, kept_ns)
    for group in (before, others):
        staying, time_ns = _joined(trial, staying, time_ns, group, most)
    return Fitted(tuple(staying), time_ns, left_out)


def quick(trial: Trial, added: Sequence[Checked]) -> list[Checked]:
    """Return as many inputs, first ones first, as take no longer than is good for a search."""
    all_ns = trial.time_ns([one.case for one in added]) if added else 0
    if all_ns is not None and all_ns <= MOST_NS:
        return list(added)
    kept: list[Checked] = []
    left_ns = MOST_NS
    for one in added:
        time_ns = trial.time_ns([one.case], 1)
        if time_ns is not None and time_ns <= left_ns:
            kept.append(one)
            left_ns -= time_ns
    return kept


def _joined(
    trial: Trial,
    staying: list[Checked],
    time_ns: int | None,
    others: Sequence[Checked],
    most_ns: int,
) -> tuple[list[Checked], int | None]:
    """Return cases with as many others as fit in a time, and their time."""
    added = list(others)
    while added:
        both = [*staying, *added]
        found = _time_ns(trial, both)
        if found is not None and (found <= most_ns or len(both) <= _ENOUGH):
            return both, found
        added = added[::2] if len(added) % 2 and len(added) > 1 else added[1::2]
    return staying, time_ns


def _within_deadline(trial: Trial, cases: Sequence[Checked]) -> tuple[list[int], int]:
    """Return the indices of cases that come back together, the quickest of all, and their time."""
    found = _time_ns(trial, cases) if cases else 0
    if found is not None:
        return list(range(len(cases))), found
    alone = [trial.time_ns([one.case], 1) for one in cases]
    back = sorted((time, i) for i, time in enumerate(alone) if time is not None)
    sums = list(accumulate(time for time, _ in back))
    count = max(bisect_right(sums, _LATITUDE * trial.seconds * _NS), min(len(back), 1))
    while count:
        chosen = sorted(i for _, i in back[:count])
        found = _time_ns(trial, [cases[i] for i in chosen])
        if found is not None:
            return chosen, found
        count //= 2  # it is not time alone that a batch can fail for
    return [], 0


def _time_ns(trial: Trial, cases: Sequence[Checked]) -> int | None:
    return trial.time_ns([one.case for one in cases])
