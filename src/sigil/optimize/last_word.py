"""The end of a search: the best are measured anew, and without what brings nothing.

The best of many noisy scores is too good to be true, so that nothing is accepted by the score that
made it the best. Whoever is accepted is then measured without some of its changes.

Not here: who deserves that (`sigil.optimize.confirming`), what can be left out
(`sigil.optimize.simplifying`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

from sigil.effects import Clock
from sigil.optimize.confirming import fails_on_held_out, next_hopeful
from sigil.optimize.history import Candidate
from sigil.optimize.session import Session
from sigil.optimize.simplifying import AT_MOST, Simpler, simpler

CONFIRMED_AT_MOST = 3

Measure = Callable[[str, Mapping[str, str]], None]
"""Have a candidate measured anew, by its id and files; returns when the history has it."""


class LastWord:
    """Measures the best of a session's search anew.

    Args:
        session: of the search.
        measure: how.
        stop: set when it should end.
        clock: what time it is.
        deadline_ns: when the time of the run is over, by ``clock``.

    Attributes:
        measured: how many were measured anew.
    """

    def __init__(
        self,
        session: Session,
        measure: Measure,
        stop: threading.Event,
        clock: Clock,
        deadline_ns: float,
    ):
        self.measured = 0
        self._session = session
        self._measure = measure
        self._stop = stop
        self._clock = clock
        self._deadline_ns = deadline_ns
        self._longest_ns = 0
        self._simplified = ""
        self._ideas: Iterator[Simpler] = iter(())
        self._tried: set[str] = set()

    def speak(self) -> bool:
        """Measure the best anew, while there is time; the first of all in any case.

        Returns:
            Whether there was one to measure.
        """
        history, before = self._session.history, self.measured
        passed = 0
        while passed < CONFIRMED_AT_MOST:
            candidate = next_hopeful(history)
            if candidate is None or self._stop.is_set():
                break
            if self.measured and self._clock.monotonic_ns() >= self._deadline_ns:
                break
            self._anew(candidate.id, self._session.files_of(candidate))
            found = history.candidates[candidate.id]
            passed += not fails_on_held_out(found)
            if found.accepted:
                self._simplify(1)  # time may end before there is a turn for more
        self._simplify(AT_MOST)
        return self.measured > before

    def _anew(self, name: str, files: Mapping[str, str]) -> None:
        began = self._clock.monotonic_ns()
        self.measured += 1
        self._measure(name, files)
        self._longest_ns = max(self._longest_ns, self._clock.monotonic_ns() - began)

    def _simplify(self, most: int) -> None:
        """Measure the winner without some of its changes, so many times if there is time."""
        for _ in range(most):
            late = self._clock.monotonic_ns() + self._longest_ns > self._deadline_ns
            found = None if late or self._stop.is_set() else self._next_simpler()
            if found is None:
                return
            self._anew(*found)

    def _next_simpler(self) -> tuple[str, Mapping[str, str]] | None:
        """Return what the winner is without the next of its changes: id and files."""
        session = self._session
        winner = session.history.best_accepted()
        if winner is None:
            return None
        for found in self._simpler(winner):
            candidate = session.simplification(winner, found)
            if candidate is not None and candidate.confirmed is None:
                self._tried.add(found.note)
                return candidate.id, found.files
        return None

    def _simpler(self, winner: Candidate) -> Iterator[Simpler]:
        """Return what is left of the ways to make a winner simpler.

        What did not do for the one before will not do for what it became.
        """
        if self._simplified != winner.id:
            files = self._session.files_of(winner)
            self._simplified = winner.id
            self._ideas = simpler(self._session.baseline_files, files, frozenset(self._tried))
        return self._ideas
