"""What the operator hears of services that do not last as long as their exam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import pytest
from tests.gate.evaluations import Bench, Quiet

from sigil.gate.deploy import Deployment, deploy
from sigil.gate.evaluation import evaluate
from sigil.gate.outcome import Outcome
from sigil.gate.view.comment import markdown
from sigil.gate.view.present import feedback_lines
from sigil.gate.view.summarizing import summary


class Lasting:
    """A real deployment that says of itself what a test wants."""

    def __init__(self, inner: Deployment, alive: Callable[[], bool]):
        self._inner, self._alive = inner, alive

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> Self:
        self._inner.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._inner.stop()

    @property
    def alive(self) -> bool:
        return self._alive()


def held(bench: Bench, dead: set[tuple[str, str]], answer: Callable[[], bool]) -> Outcome:
    """Return what comes of it where some deployments, by side and half, answer so."""
    halves: dict[str, int] = {}

    def put_up(settings, source, side, **rest):
        half = ("visible", "holdout")[halves.setdefault(side, 0)]
        halves[side] += 1
        answered = answer if (side, half) in dead else lambda: True
        return Lasting(deploy(settings, source, side, **rest), answered)

    return evaluate(bench.wanted(), bench.parts(deploy=put_up), Quiet())


@pytest.mark.parametrize("side", ["pr", "baseline"])
def test_a_service_that_ended_half_way_is_kept_for_the_operator(bench, side):
    assert summary(held(bench, {(side, "visible")}, lambda: False)).ended == (side,)


def test_its_author_is_not_told(bench):
    outcome = held(bench, {("pr", "visible")}, lambda: False)
    told = feedback_lines(outcome.feedback)
    comment = markdown(summary(outcome), outcome.feedback)
    assert "ended" not in "\n".join([*told, comment])


def test_nothing_is_said_of_services_that_last(bench):
    assert held(bench, set(), lambda: False).ended == ()


def test_nothing_is_said_of_the_half_that_is_sealed(bench):
    assert held(bench, {("pr", "holdout"), ("baseline", "holdout")}, lambda: False).ended == ()


def test_a_backend_that_cannot_say_so_does_not_end_the_exam(bench):
    def unknown() -> bool:
        raise RuntimeError("the engine is away")

    assert held(bench, {("pr", "visible")}, unknown).ended == ()
