"""Which candidates are worth remembering: the Pareto front, and the unlike ones.

Pure: no clock, files or randomness of its own, and the same entries in the same order make
the same archive. Everything that is kept is bounded, but for the front itself, which is as
large as the trade-off between the objectives is rich; adding costs O(log front) for one or
two objectives and O(front) for more, whatever the number of entries seen.

Not here: files and patches of candidates (`sigil.search.sieve`); costs are told.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

Costs = tuple[float, ...]
_FEW_OBJECTIVES = 2


class ShapeError(ValueError):
    """Costs or behaviours of no use: empty, ragged, or NaN."""


class Stream(Protocol):
    """As much of a random stream as selection needs."""

    def random(self) -> float:
        """Return a number in [0, 1)."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A measured candidate. Entries sort best first: by costs, tie breakers, age.

    Args:
        costs: (m,) one per objective, lower is better, each in its own unit.
        ties: tie breakers in order, lower is better.
        age: how many entries came before it.
        id: of the candidate.
        behaviour: (d,) where it lies among other programs; () if that is not known.
    """

    costs: Costs
    ties: tuple[float, ...]
    age: int
    id: str
    behaviour: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an entry.

    Args:
        elite: it is on the front now.
        novel: it is among the unlike ones now.
        dominated_by: id of an elite that is at least as good everywhere; None if ``elite``.
    """

    elite: bool
    novel: bool
    dominated_by: str | None = None


def dominates(a: Sequence[float], b: Sequence[float]) -> bool:
    """Return whether ``a`` is nowhere worse than ``b``, and better somewhere."""
    better = False
    for x, y in zip(a, b, strict=True):
        if x > y:
            return False
        better |= x < y
    return better


def non_dominated(costs: Sequence[Sequence[float]]) -> list[int]:
    """Return the indices of candidates that no other candidate dominates.

    Args:
        costs: (n, m) rows of candidates, lower is better. Each column keeps its own unit
            (ms, MiB, USD): columns are never added together.

    Returns:
        Ascending indices, 1 to n of them; equal rows are all kept.

    Raises:
        ShapeError: ``costs`` is empty, ragged or holds NaN.

    Source: Kung, Luccio and Preparata 1975, the plain form: in lexicographic order only an
    earlier row can dominate. O(n log n + n f m) with f rows on the front.
    """
    if not costs:
        raise ShapeError("no costs at all")
    for row in costs:
        _check(row, len(costs[0]))
    front: list[int] = []
    for index in sorted(range(len(costs)), key=lambda i: tuple(costs[i])):
        if not any(dominates(costs[other], costs[index]) for other in front):
            front.append(index)
    return sorted(front)


class Archive:
    """The Pareto front, runners-up for when an elite is revised, and a novelty archive.

    Args:
        novelty: how many unlike entries are kept.
        neighbours: k of the novelty of an entry, the mean distance to its k nearest.
        reserve: how many runners-up are kept.

    Source of novelty: Lehman and Stanley 2011, sections 3 and 4.
    """

    def __init__(self, *, novelty: int = 32, neighbours: int = 5, reserve: int = 64):
        self._front: list[Entry] = []
        self._reserve: list[Entry] = []
        self._reserve_size = reserve
        self._unlike = _Novelty(novelty, neighbours)
        self._age = 0
        self._objectives = 0

    def __len__(self) -> int:
        return len(self._front)

    @property
    def front(self) -> list[Entry]:
        """Return the elites, best first."""
        return list(self._front)

    @property
    def best(self) -> Entry | None:
        """Return the first of the front; None where nothing was added yet."""
        return self._front[0] if self._front else None

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of all entries that may still be chosen as parents, by id."""
        everyone = (*self._unlike.entries, *self._reserve, *self._front)
        return {entry.id: entry.costs for entry in everyone}

    def add(
        self,
        name: str,
        costs: Sequence[float],
        *,
        ties: Sequence[float] = (),
        behaviour: Sequence[float] = (),
    ) -> Verdict:
        """Remember a measured candidate.

        Of two with equal costs the one with the better tie breakers is the elite, else the
        older one.

        Args:
            name: id of the candidate.
            costs: (m,) with the same m in every call, lower is better, no NaN.
            ties: (t,) lower is better, no NaN.
            behaviour: (d,) with the same d in every call, or () to leave novelty out.

        Raises:
            ShapeError: see the arguments.
        """
        self._objectives = self._objectives or len(costs)
        _check(costs, self._objectives)
        _check(ties, len(ties), least=0)
        entry = Entry(tuple(costs), tuple(ties), self._age, name, tuple(behaviour))
        self._age += 1
        novel = bool(behaviour) and self._unlike.add(entry)
        master = self._insert(entry)
        return Verdict(master is None, novel, None if master is None else master.id)

    def revise(self, name: str, costs: Sequence[float], *, ties: Sequence[float] = ()) -> Verdict:
        """Replace the costs of a remembered candidate after it was measured again.

        An elite that was only lucky makes room for the runners-up. An unknown name is
        added as new.

        Args:
            name: id of the candidate.
            costs: (m,) as in `add`; empty if it failed this time, which removes it.
            ties: as in `add`.

        Raises:
            ShapeError: as in `add`.
        """
        known = (*self._front, *self._reserve, *self._unlike.entries)
        old = next((entry for entry in known if entry.id == name), None)
        everyone = [e for e in (*self._front, *self._reserve) if e.id != name]
        self._front, self._reserve = [], []
        if not costs:
            self._unlike.remove(name)
        for entry in sorted(everyone, key=lambda e: e.age):
            self._insert(entry)
        if not costs:
            return Verdict(elite=False, novel=False)
        if old is None:
            return self.add(name, costs, ties=ties)
        _check(costs, self._objectives)
        _check(ties, len(ties), least=0)
        entry = replace(old, costs=tuple(costs), ties=tuple(ties))
        self._unlike.replace(entry)
        master = self._insert(entry)
        novel = any(entry.id == name for entry in self._unlike.entries)
        return Verdict(master is None, novel, None if master is None else master.id)

    def parents(self, stream: Stream, count: int, *, novel_share: float = 0.25) -> list[str]:
        """Return up to ``count`` distinct ids to start from, best first.

        The best entry is always among them. Of the rest, ``novel_share`` comes from the
        unlike ones; the others are drawn from the front and, where that is small, taken
        from the runners-up in order.

        Args:
            stream: decides which; equal streams choose equally.
            count: at least 1.
            novel_share: 0 to 1.
        """
        if not self._front:
            return []
        chosen = {self._front[0].id: self._front[0]}
        unlike = int(novel_share * count)
        for entry in _drawn(stream, self._front[1:], count - unlike - 1):
            chosen[entry.id] = entry
        for entry in _drawn(stream, self._unlike.entries, unlike):
            chosen[entry.id] = entry
        for entry in self._reserve:
            if len(chosen) >= count:
                break
            chosen.setdefault(entry.id, entry)
        return [entry.id for entry in sorted(chosen.values())]

    def unlike(self, stream: Stream, count: int) -> list[str]:
        """Return up to ``count`` distinct ids of the novelty archive, each equally likely."""
        return [entry.id for entry in _drawn(stream, self._unlike.entries, count)]

    def _insert(self, entry: Entry) -> Entry | None:
        """Put ``entry`` on the front, or return the elite that keeps it off."""
        at = bisect_left(self._front, entry)
        few = len(entry.costs) <= _FEW_OBJECTIVES
        # In lexicographic order a dominator stands before. With two objectives the second
        # falls along the front, so that the nearest one before is as good as any there.
        before = self._front[max(at - 1, 0) : at] if few else self._front[:at]
        for elite in before:
            if elite.costs == entry.costs or dominates(elite.costs, entry.costs):
                self._retire(entry)
                return elite
        beaten = self._beaten(entry, at, few=few)
        for index in reversed(beaten):
            self._retire(self._front.pop(index))
        self._front.insert(at, entry)
        return None

    def _beaten(self, entry: Entry, at: int, *, few: bool) -> list[int]:
        beaten: list[int] = []
        for index in range(at, len(self._front)):
            other = self._front[index].costs
            if other == entry.costs or dominates(entry.costs, other):
                beaten.append(index)
            elif few:
                break
        return beaten

    def _retire(self, entry: Entry) -> None:
        insort(self._reserve, entry)
        del self._reserve[self._reserve_size :]


class _Novelty:
    """Entries that lie far from each other. Distances between them are kept."""

    def __init__(self, capacity: int, neighbours: int):
        self.capacity = capacity
        self.neighbours = neighbours
        self.entries: list[Entry] = []
        self._distances: list[list[float]] = []
        self._scores: list[float] = []

    def add(self, entry: Entry) -> bool:
        """Keep ``entry`` if it is new, and further out than the most ordinary one kept."""
        if self.entries and len(self.entries[0].behaviour) != len(entry.behaviour):
            raise ShapeError("behaviours of different length")
        distances = [math.dist(entry.behaviour, other.behaviour) for other in self.entries]
        if not all(distances):
            return False
        if len(self.entries) >= self.capacity:
            ordinary = min(range(len(self._scores)), key=self._scores.__getitem__, default=None)
            if ordinary is None:
                return False
            others = distances[:ordinary] + distances[ordinary + 1 :]
            if self._score(others) <= self._scores[ordinary]:
                return False
            self._drop(ordinary)
        self.append(entry)
        return True

    def append(self, entry: Entry) -> None:
        distances = [math.dist(entry.behaviour, other.behaviour) for other in self.entries]
        for row, distance in zip(self._distances, distances, strict=True):
            row.append(distance)
        self._distances.append([*distances, 0.0])
        self.entries.append(entry)
        self._rescore()

    def replace(self, entry: Entry) -> None:
        """Correct the costs of an entry; where it lies does not change."""
        self.entries = [entry if one.id == entry.id else one for one in self.entries]

    def remove(self, name: str) -> None:
        for index, entry in enumerate(self.entries):
            if entry.id == name:
                self._drop(index)
                self._rescore()
                return

    def _drop(self, index: int) -> None:
        del self.entries[index], self._distances[index]
        for row in self._distances:
            del row[index]

    def _rescore(self) -> None:
        self._scores = [
            self._score(row[:index] + row[index + 1 :]) for index, row in enumerate(self._distances)
        ]

    def _score(self, distances: list[float]) -> float:
        nearest = sorted(distances)[: self.neighbours]
        return sum(nearest) / len(nearest) if nearest else math.inf


def _check(row: Sequence[float], length: int, *, least: int = 1) -> None:
    if len(row) != length or length < least:
        raise ShapeError(f"{len(row)} numbers where {length or 'some'} belong")
    if any(math.isnan(value) for value in row):
        raise ShapeError("NaN is no cost")


def _drawn(stream: Stream, entries: Sequence[Entry], count: int) -> list[Entry]:
    """Return up to ``count`` different entries, each as likely as any other."""
    if count >= len(entries):
        return list(entries)
    rest = list(entries)
    return [rest.pop(int(stream.random() * len(rest))) for _ in range(max(count, 0))]
