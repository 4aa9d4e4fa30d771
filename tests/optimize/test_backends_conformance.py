"""Our backend, one with its lanes in another process, and a guarded one hold what is promised."""

from __future__ import annotations

import os
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from tests.optimize.apart import Apart

from sigil.evaluate.backend import MakeBackend, Order
from sigil.evaluate.facts import Facts
from sigil.evaluate.lanes import Lanes
from sigil.evaluate.result import Evaluation
from sigil.optimize.backends import local
from sigil.optimize.guarding import Guarded
from sigil.testing import backends
from sigil.testing.backends import CHECKS, Check

BACKENDS: dict[str, MakeBackend] = {"local": local, "apart": lambda order: Apart(order, {})}


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_backend_conforms(name: str, check: Check) -> None:
    check(BACKENDS[name])


@pytest.mark.parametrize(
    "check",
    [
        backends.a_candidate_has_the_verdict_of_local,
        backends.it_says_what_values_depend_on,
        backends.lanes_that_die_are_no_hang,
        backends.closing_leaves_nothing_running,
    ],
)
def test_a_backend_that_is_guarded_conforms_as_before(check: Check) -> None:
    check(lambda order: Guarded("apart", Apart(order, {}), 1))


# --- what the checks are for ----------------------------------------------------------------


class Wrong(Lanes):
    """Ours, but for one thing."""

    def __init__(self, order: Order):
        super().__init__(order.definition, order.target, order.settings, order.count)


class Trusting(Wrong):
    """Confirms nothing on held-out inputs."""

    def submit(self, files: Any, effort: Any, bar: Any = ()) -> Future[Evaluation]:
        del effort
        return super().submit(files, "screen", bar)


class Stubborn(Wrong):
    """Relies on its own baseline alone."""

    def adopt(self, facts: Facts) -> None:
        super().adopt(replace(facts, evaluation=replace(facts.evaluation, elapsed_s=0.0)))


class Lasting(Wrong):
    """Ends only when it is closed once more."""

    closed = 0

    def dismiss(self) -> None:
        if self.closed:
            super().dismiss()

    def close(self) -> None:
        if self.closed:
            super().close()
        self.closed += 1


class Loud(Wrong):
    """Fails where the unchanged code does."""

    @property
    def facts(self) -> Facts:
        try:
            return super().facts
        except Exception as error:
            raise OSError("no facts") from error


class Silent(Wrong):
    """Does not tell how far candidates are isolated."""

    def environment(self) -> Future[dict[str, Any]]:
        future: Future[dict[str, Any]] = Future()
        future.set_result({"python": "3.11", "packages": [], "pid": os.getpid()})
        return future


@pytest.mark.parametrize(
    ("make", "check", "said"),
    [
        (Trusting, backends.a_candidate_has_the_verdict_of_local, r"\(confirm\) is"),
        (Stubborn, backends.an_adopted_baseline_is_relied_on, "not those that it adopted"),
        (Lasting, backends.closing_leaves_nothing_running, "processes are left"),
        (Loud, backends.a_baseline_that_cannot_be_measured_is_an_error, "is no SigilError"),
        (Silent, backends.it_says_what_values_depend_on, "does not tell isolation"),
    ],
)
def test_what_breaks_a_promise_is_found(make: MakeBackend, check: Check, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check(make)


class Mute(Apart):
    """Says nothing of what its process did not answer."""

    def _settle(self, number: int, answer: Any) -> None:
        if not isinstance(answer, Exception):
            super()._settle(number, answer)


def test_lanes_that_die_in_silence_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "SOON_S", 0.5)
    with pytest.raises(AssertionError, match=r"nothing is there after 0\.5 s"):
        backends.lanes_that_die_are_no_hang(lambda order: Mute(order, {}))
