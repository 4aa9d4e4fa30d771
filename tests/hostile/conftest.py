"""Hostile code runs at every rung that this machine offers; one that it lacks is skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from sigil.sandbox import CallSandbox, Case, Level, Limits, Raised, Returned, Rung, Source, probe


@cache
def _rungs() -> dict[Level, Rung]:
    return {rung.level: rung for rung in probe()}


@pytest.fixture(scope="session", params=["L3", "L2", "L1"])
def level(request: pytest.FixtureRequest) -> Level:
    """Each rung in turn."""
    rung = _rungs()[request.param]
    if not rung.holds:
        pytest.skip(f"this machine does not offer {rung.level}: {rung.reason}")
    return rung.level


# Hostile code gets every tool that it could wish for: the kernel is to refuse, not the import.
TOOLS = ("socket", "subprocess", "threading", "ctypes", "pickle", "gc", "inspect")
LIMITS = Limits(wall_s=5.0, memory_bytes=128 * 2**20, output_bytes=2**20)


@pytest.fixture(scope="session")
def sandbox(level: Level) -> Iterator[CallSandbox]:
    """A sandbox of calls at this rung, shared by tests that leave it alone."""
    with CallSandbox(level=level, limits=LIMITS, preload=TOOLS) as made:
        yield made


@pytest.fixture(scope="session")
def impatient(level: Level) -> Iterator[CallSandbox]:
    """The same, with a deadline of a fifth of a second."""
    limits = Limits(wall_s=0.2, memory_bytes=128 * 2**20, output_bytes=2**20)
    with CallSandbox(level=level, limits=limits, preload=TOOLS) as made:
        yield made


Run = Callable[..., Returned | Raised]


@pytest.fixture
def run(sandbox: CallSandbox) -> Run:
    """Load ``source`` in a fresh worker, call its ``f`` once, and return the outcome."""

    def once(source: str, *args: object) -> Returned | Raised:
        with sandbox.worker() as worker:
            worker.load({"candidate": Source(source, "candidate.py")}, "candidate:f")
            (outcome,) = worker.call([Case(args)]).results
            return outcome

    return once
