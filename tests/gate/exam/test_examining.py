"""In which order an exam asks."""

from __future__ import annotations

import threading
from collections import Counter
from types import SimpleNamespace
from typing import Any

from sigil.gate.exam.examining import Exam, examine
from sigil.gate.exam.hall import Lost
from sigil.gate.lua import Limits
from sigil.gate.model import Half, Scenario
from sigil.gate.sittings import SIDES

HALVES: tuple[Half, ...] = ("visible", "holdout")
PLACE: Any = SimpleNamespace(authority="api", origins=(), connect=None)
SCENARIOS = [
    Scenario(f"{half}_{number}", half, "return {}", "a.lua")
    for number in range(12)
    for half in HALVES
]


class Noting:
    """A hall that notes who comes in and goes out, and in which nobody can sit."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str]] = []

    def examine(self, assignment, **_: Any):
        half = assignment.scenario.half
        self.noted.append(("in", half))
        try:
            raise Lost("no seat")
        finally:
            self.noted.append(("out", half))

    def close(self) -> None:
        """Nothing is held."""


class Seating(Noting):
    """A hall in which whoever sits waits, for a moment, until one sits on the other side too."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.both = threading.Event()
        self.seated: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    def examine(self, assignment, *, connect: Any, **_: Any):
        place = connect()
        with self.lock:
            self.seated[place] += 1
            self.most[place] = max(self.most[place], self.seated[place])
            if len(+self.seated) > 1:
                self.both.set()
        self.both.wait(10)
        with self.lock:
            self.seated[place] -= 1
        raise Lost("no seat")


def test_scenarios_sit_one_after_the_other_at_a_service_and_both_sides_at_once():
    hall = Seating()
    examine(
        Exam(SCENARIOS, 1, 2, Limits(), 1.0, 1, bytes(32)),
        hall=hall,
        deployments={
            (side, half): SimpleNamespace(
                authority="api", origins=(), connect=lambda name=f"{side} {half}": name
            )
            for side in SIDES
            for half in HALVES
        },
        answerer=SimpleNamespace(secrets={}, perform=None),
        progress=lambda *_: None,
        is_over=lambda: False,
    )
    assert hall.both.is_set()
    assert set(hall.most.values()) == {1}


def noted(secret: bytes) -> tuple[Noting, list[tuple[int, int]]]:
    hall, seen = Noting(), list[tuple[int, int]]()
    examine(
        Exam(SCENARIOS, 1, 2, Limits(), 1.0, 4, secret),
        hall=hall,
        deployments={(side, half): PLACE for side in SIDES for half in HALVES},
        answerer=SimpleNamespace(secrets={}, perform=None),
        progress=lambda done, total: seen.append((done, total)),
        is_over=lambda: False,
    )
    return hall, seen


def test_no_holdout_is_asked_before_the_last_visible_scenario_has_ended():
    hall, seen = noted(bytes(32))
    last_out = max(i for i, one in enumerate(hall.noted) if one == ("out", "visible"))
    first_in = min(i for i, one in enumerate(hall.noted) if one == ("in", "holdout"))
    assert last_out < first_in
    total = len(SCENARIOS) * 2 * 2
    assert seen == [(done, total) for done in range(1, total + 1)]


def test_within_a_half_a_secret_decides_the_order():
    names = [
        [one.scenario.id for one in Exam(SCENARIOS, 1, 1, Limits(), 1.0, 1, secret).sittings(half)]
        for secret in (bytes(32), b"x" * 32)
        for half in HALVES
    ]
    assert sorted(names[0]) == sorted(names[2])
    assert names[0] != names[2]
    assert names[1] != names[3]
