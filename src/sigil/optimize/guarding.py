"""A plugin's backend, held to what a `Backend` promises.

Whatever its methods and futures raise or return besides, a run meets a `SigilError` with the
plugin's name, and nothing that cannot be recorded.

Not here: one that takes for ever, against which nothing helps in its own process.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from sigil import foreign
from sigil.canonical import snapshot_json
from sigil.errors import DependencyMissing, SigilError
from sigil.evaluate.backend import Backend
from sigil.evaluate.facts import Facts
from sigil.evaluate.result import Evaluation
from sigil.evaluate.settings import Effort

_METHODS: Final = ("baseline", "adopt", "environment", "submit", "dismiss", "close")
_ABSENT: Final = object()
Part = TypeVar("Part")


class Guarded:
    """A `Backend` of a plugin.

    Args:
        name: of the plugin.
        lanes: what it made.
        goals: how many costs a candidate has that was measured.
    """

    def __init__(self, name: str, lanes: Backend, goals: int):
        self._name = name
        self._lanes = lanes
        self._goals = goals
        self._facts: Facts | None = None
        self._is_ending = False
        self._unsaid: SigilError | None = None

    @property
    def facts(self) -> Facts:
        """What the baseline taught."""
        if self._facts is None:
            with self._named():
                found = _checked(self._lanes.facts, Facts)
                self._facts = replace(found, evaluation=self._recordable(found.evaluation))
        return self._facts

    def baseline(self) -> Evaluation:
        """Return the values of the unchanged code."""
        return self.facts.evaluation

    def adopt(self, facts: Facts) -> None:
        """Rely on these facts from now on."""
        with self._named():
            self._lanes.adopt(facts)
        self._facts = facts

    def environment(self) -> Future[dict[str, Any]]:
        """Find out what values depend on besides the code."""
        return self._asked(self._lanes.environment, _environment)

    def submit(
        self, files: Mapping[str, str], effort: Effort, bar: Sequence[float] = ()
    ) -> Future[Evaluation]:
        """Queue a candidate."""
        return self._asked(lambda: self._lanes.submit(files, effort, bar), self._recordable)

    def dismiss(self) -> None:
        """Begin to end everything; what goes wrong is for `close` to tell."""
        self._is_ending = True
        try:
            with self._named():
                self._lanes.dismiss()
        except SigilError as error:
            self._unsaid = error

    def close(self) -> None:
        """End everything."""
        self._is_ending = True
        with self._named():
            self._lanes.close()
        unsaid, self._unsaid = self._unsaid, None
        if unsaid is not None:
            raise unsaid

    @contextmanager
    def _named(self) -> Generator[None]:
        """Turn whatever the plugin raises into an error with its name."""
        try:
            yield
        except SigilError:
            raise
        except (Exception, SystemExit) as error:
            raise broken(self._name, foreign.described(error)) from error

    def _asked(self, ask: Callable[[], Future[Any]], check: Callable[[Any], Any]) -> Future[Any]:
        """Return a future of ours that follows the plugin's, once it has passed a check."""
        with self._named():
            theirs = cast("Future[Any]", _checked(ask(), Future))
        ours: Future[Any] = Future()

        def cancelled(_: Future[Any]) -> None:
            if ours.cancelled():
                theirs.cancel()

        def arrived(_: Future[Any]) -> None:
            if ours.set_running_or_notify_cancel():
                self._settle(ours, theirs, check)

        ours.add_done_callback(cancelled)
        theirs.add_done_callback(arrived)
        return ours

    def _settle(self, ours: Future[Any], theirs: Future[Any], check: Callable[[Any], Any]) -> None:
        """Give a future of ours the end that the plugin's has."""
        try:
            failure = CancelledError() if theirs.cancelled() else theirs.exception()
        except Exception as error:  # noqa: BLE001 - its future may be of a class of its own
            failure = error
        passing = (SigilError, CancelledError) if self._is_ending else SigilError
        if failure is not None and not isinstance(failure, passing):
            ours.set_exception(broken(self._name, foreign.described(failure)))
        elif failure is not None:
            ours.set_exception(failure)
        else:
            try:
                with self._named():
                    ours.set_result(check(theirs.result()))
            except SigilError as error:
                ours.set_exception(error)

    def _recordable(self, found: object) -> Evaluation:
        """Return an evaluation as it will be read from the record."""
        evaluation = _checked(found, Evaluation)
        try:
            same = Evaluation.from_json(evaluation.to_json())
        except SigilError as error:
            raise ValueError(error.problem) from error
        due = self._goals if same.status == "measured" else 0
        if len(same.costs) != due:
            raise ValueError(f"{len(same.costs)} costs of a candidate that is {same.status}")
        return same


def lacking(made: object) -> list[str]:
    """Return the parts of a `Backend` that an object has not; its property is not asked."""
    parts = [part for part in _METHODS if not callable(getattr(made, part, None))]
    is_declared = inspect.getattr_static(made, "facts", _ABSENT) is not _ABSENT
    return parts if is_declared or hasattr(made, "facts") else ["facts", *parts]


def broken(name: str, why: str) -> DependencyMissing:
    """Return the error of a plugin's backend that does not do what it has to."""
    return DependencyMissing(
        f"the backend {name!r} is broken: {why}",
        remedy="repair or remove its package, or measure with --backend local",
    )


def _checked(found: object, kind: type[Part]) -> Part:
    if not isinstance(found, kind):
        raise TypeError(f"a {type(found).__name__} where a {kind.__name__} is due")
    return found


def _environment(found: object) -> dict[str, Any]:
    """Return what can be recorded, and what says how far candidates were isolated."""
    environment = cast("dict[str, Any]", _checked(found, dict))
    snapshot_json(environment)
    isolation: object = environment.get("isolation")
    for said in cast("dict[str, object]", _checked(isolation, dict)).values():
        if said is not None:
            _checked(cast("dict[str, object]", _checked(said, dict)).get("level"), str)
    return environment
