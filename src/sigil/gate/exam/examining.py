"""Every scenario of an exam, on both sides, in processes of their own.

The visible half comes first, and within a half the order is shuffled by bytes that nobody knows
beforehand. Under one seed the same scenario gets the same generated values on both sides; every
repeat gets others, because the service remembers the ones before.

Not here: one scenario's process (`sigil.gate.exam.hall`), opening (`sigil.gate.evaluator`),
deciding (`sigil.gate.evaluation`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from sigil.canonical import digest_value, salted_digest
from sigil.gate.deploy import Deployment
from sigil.gate.effects import Call, Json
from sigil.gate.exam.channel import Assignment
from sigil.gate.exam.hall import Hall, Lost
from sigil.gate.exam.keeping import ROOM, Keeping
from sigil.gate.exam.resetting import NotReset, reset
from sigil.gate.lua import Limits
from sigil.gate.model import (
    Declared,
    Evidence,
    Half,
    Priority,
    Result,
    Scenario,
    SideName,
    Status,
)
from sigil.gate.scoring import Answers, Question
from sigil.gate.sittings import SIDES, Observed, Sitting

SITTING_S = 120.0
"""Seconds of one scenario at most; its own budget usually ends it before."""


class Answerer(Protocol):
    """Whoever answers what needs a key, a file or another process, for one side."""

    @property
    def secrets(self) -> Mapping[str, str]:
        """Value by name: of all that ``sigil.env`` may say to any scenario of the exam."""
        ...

    def perform(self, sitting: Sitting, call: Call) -> Json:
        """Return the reply.

        Raises:
            EffectFailed: there is none.
        """
        ...


@dataclass(frozen=True, slots=True)
class Exam:
    """What is to be run, where, and how.

    Args:
        scenarios: both halves, opened.
        seed: of the evaluation.
        repeats: of each scenario on each side.
        limits: of one scenario's interpreter.
        most_seconds: of one sitting.
        lanes: how many sit at once on each side. With more than one, what one writes to the
            service stands in what another one reads.
        secret: 32 bytes that decide the order.
        reset: asked of the service before each scenario; see `sigil.gate.exam.resetting`.
        sides: where.
        room: bytes of memory for what is kept of each side.
    """

    scenarios: Sequence[Scenario]
    seed: int
    repeats: int
    limits: Limits
    most_seconds: float
    lanes: int
    secret: bytes
    reset: str | None = None
    sides: tuple[SideName, ...] = SIDES
    room: int = ROOM

    def sittings(self, half: Half) -> list[Sitting]:
        """Return those of one half, in the order in which they begin."""
        found = [
            Sitting(scenario, side, repeat, seed_of(self.seed, scenario.id, repeat))
            for scenario in self.scenarios
            if scenario.half == half
            for side in self.sides
            for repeat in range(self.repeats)
        ]
        return sorted(found, key=lambda one: salted_digest(self.secret, _name(one).encode()))


def seed_of(seed: int, scenario: str, repeat: int) -> int:
    """Return the seed of one scenario's generators: 63 bits."""
    mixed = digest_value(["sigil.scenario-seed.v1", seed, scenario, repeat])
    return int(mixed.removeprefix("sha256:")[:16], 16) >> 1


def _name(sitting: Sitting) -> str:
    return f"{sitting.scenario.id}\0{sitting.side}\0{sitting.repeat}"


def examine(
    exam: Exam,
    *,
    hall: Hall,
    deployments: Mapping[tuple[SideName, Half], Deployment],
    answerer: Answerer,
    progress: Callable[[int, int], None],
    is_over: Callable[[], bool],
) -> list[Observed]:
    """Run the whole exam, and return what was observed, in the order of scenario, side, repeat.

    The visible half first and to its end: a service that has been asked a holdout, and finds a
    way to the one that is asked in the open, has nobody left there who could tell what it saw.

    Args:
        exam: what to run.
        hall: where.
        deployments: the service of each side, one for each half: what is asked of one never sees
            what is asked of the other.
        answerer: of what a scenario's process does not answer itself.
        progress: hears how many sittings of how many have ended.
        is_over: says whether the exam's time is up; a sitting that has not begun then never does.

    Whatever ends it early, such as Ctrl-C, ends the hall with all that sits in it at once.
    """

    def sit(sitting: Sitting) -> Observed | None:
        if is_over():
            return None
        deployment = deployments[sitting.side, sitting.scenario.half]
        assignment = Assignment(
            scenario=sitting.scenario,
            seed=sitting.seed,
            limits=exam.limits,
            authority=deployment.authority,
            origins=deployment.origins,
            most_seconds=exam.most_seconds,
            secrets=answerer.secrets,
        )
        try:
            if exam.reset is not None:
                reset(deployment, exam.reset)
            report = hall.examine(
                assignment,
                answer=lambda call: answerer.perform(sitting, call),
                connect=deployment.connect,
            )
        except (Lost, NotReset) as lost:
            return _lost(sitting, lost)
        return keeping.observed(sitting, report)

    keeping = Keeping(answerer.secrets, exam.room)
    halves = [exam.sittings("visible"), exam.sittings("holdout")]
    total, ended = sum(map(len, halves)), count(1)
    found: list[Observed] = []
    with _seats(exam, hall) as seats:
        for sittings in halves:
            for sat in [seats[sitting.side].submit(sit, sitting) for sitting in sittings]:
                observed = sat.result()
                found += [] if observed is None else [observed]
                progress(next(ended), total)
    places = {scenario.id: place for place, scenario in enumerate(exam.scenarios)}
    return sorted(
        found,
        key=lambda one: (
            places[one.sitting.scenario.id],
            SIDES.index(one.sitting.side),
            one.sitting.repeat,
        ),
    )


@contextmanager
def _seats(exam: Exam, hall: Hall) -> Generator[Mapping[SideName, ThreadPoolExecutor]]:
    """Give each side threads in which its sittings wait for their turn."""
    seats: dict[SideName, ThreadPoolExecutor] = {
        side: ThreadPoolExecutor(exam.lanes) for side in exam.sides
    }
    try:
        yield seats
    except BaseException:
        # Who is asked outside may take minutes yet, and ends when whoever answers is closed.
        for pool in seats.values():
            pool.shutdown(wait=False, cancel_futures=True)
        hall.close()
        raise
    for pool in seats.values():
        pool.shutdown()


def _lost(sitting: Sitting, lost: Lost | NotReset) -> Observed:
    result = Result(sitting.scenario.id, Status.ERROR, (), is_ours=lost.is_ours)
    unreset = isinstance(lost, NotReset) and not lost.is_ours
    why = Evidence(lost.problem)
    return Observed(sitting, result, None, why, (), is_whole=False, is_unreset=unreset)


class Sat(Protocol):
    """A sitting that has ended, as far as scores look at it."""

    @property
    def scenario(self) -> str:
        """The scenario's id."""
        ...

    @property
    def side(self) -> SideName:
        """Where it was."""
        ...

    @property
    def declared(self) -> Declared | None:
        """What the scenario says of itself; None if it is none."""
        ...

    @property
    def result(self) -> Result:
        """What became of it."""
        ...


def answers(scenarios: Sequence[Scenario], sat: Sequence[Sat]) -> tuple[Answers, ...]:
    """Return what scores are made of, one for each scenario of an exam, run or not.

    A scenario that nobody could read is of the highest priority.
    """
    found: list[Answers] = []
    for scenario in scenarios:
        mine = [one for one in sat if one.scenario == scenario.id]
        priorities = [one.declared.priority for one in mine if one.declared is not None]
        question = Question(
            scenario.id, scenario.half, min(priorities, default=Priority.P0), scenario.spec
        )
        sides = {side: tuple(one.result for one in mine if one.side == side) for side in SIDES}
        found.append(Answers(question, sides["pr"], sides["baseline"]))
    return tuple(found)
