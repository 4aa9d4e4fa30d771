"""What the operator hears of services that do not last as long as their exam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import pytest
from tests.gate.evaluations import Bench, Quiet

from sigil.gate.deploy import Deployment, deploy
from sigil.gate.evaluation import evaluate

WORDS = "ended before its exam was over"


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


def heard(bench: Bench, dead: set[tuple[str, str]], answer: Callable[[], bool]) -> list[str]:
    """Return what is said where some deployments, by side and half, answer so."""
    halves: dict[str, int] = {}

    def put_up(settings, source, side, **rest):
        half = ("visible", "holdout")[halves.setdefault(side, 0)]
        halves[side] += 1
        answered = answer if (side, half) in dead else lambda: True
        return Lasting(deploy(settings, source, side, **rest), answered)

    watch = Quiet()
    evaluate(bench.wanted(), bench.parts(deploy=put_up), watch)
    return [text for text in watch.lines if WORDS in text]


@pytest.mark.parametrize(("side", "name"), [("pr", "change"), ("baseline", "baseline")])
def test_a_service_that_ended_half_way_is_named(bench, side, name):
    assert heard(bench, {(side, "visible")}, lambda: False) == [
        f"the service of the {name} {WORDS}"
    ]


def test_nothing_is_said_of_services_that_last(bench):
    assert heard(bench, set(), lambda: False) == []


def test_nothing_is_said_of_the_half_that_is_sealed(bench):
    assert heard(bench, {("pr", "holdout"), ("baseline", "holdout")}, lambda: False) == []


def test_a_backend_that_cannot_say_so_does_not_end_the_exam(bench):
    def unknown() -> bool:
        raise RuntimeError("the engine is away")

    assert heard(bench, {("pr", "visible")}, unknown) == []
