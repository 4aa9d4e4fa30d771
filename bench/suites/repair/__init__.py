"""Planted bugs: correct functions in the style of real code, and what was broken in them.

The correct function is the twin that says what is expected. A bug is a change of its source,
written down as what it replaces, so that nothing but the bug tells the two apart. Inputs are
drawn: those that a search sees, those that it is judged by, and as many more as one likes.
"""

from bench.suites.repair import dates, graphs, intervals, money, numbers, records, schedules, text
from bench.suites.repair.bug import Bug

SUITE: tuple[Bug, ...] = (
    *text.BUGS,
    *intervals.BUGS,
    *dates.BUGS,
    *money.BUGS,
    *graphs.BUGS,
    *numbers.BUGS,
    *schedules.BUGS,
    *records.BUGS,
)

__all__ = ["SUITE", "Bug"]
