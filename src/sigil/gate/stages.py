"""Which stage of an evaluation is under way, and which of them failed.

    stages = Stages(watch)
    with stages.at(Stage.BUNDLE):
        …                            an error is noted and ends the work, not the decision

Fail-closed begins here: whatever is raised inside a stage, known or not, becomes a failed stage,
which no decision allows; also what asks the process to exit, since a deployer of another package
that exits with 0 would exit as an ALLOW does. Only an interruption (Ctrl-C) passes through.

Not here: what follows from a failed stage (`sigil.gate.decision`).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from sigil.errors import DeploymentFailed, SigilError
from sigil.gate.decision import Stage


class Watch(Protocol):
    """Hears how an evaluation goes; for the operator's screen."""

    def begins(self, stage: Stage) -> None:
        """A stage begins."""
        ...

    def says(self, text: str) -> None:
        """Something worth a line, free of whatever is sealed."""
        ...

    def sat(self, done: int, total: int) -> None:
        """So many sittings of so many have ended."""
        ...


class Stopped(Exception):
    """A stage failed, and what comes after it has nothing to work on."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a stage failed.

    Args:
        stage: which.
        problem: one line that holds nothing of a holdout.
        output: the end of what a service printed before it was healthy; whole lines as they were
            printed, see `sigil.gate.telling`.
        tree: the folder that its own files were in, as it saw it.
        ending: the problem of a service that did not come up, in fixed words without one of its
            own; empty if there are none.
    """

    stage: Stage
    problem: str
    output: tuple[str, ...] = ()
    tree: str = ""
    ending: str = ""


@dataclass(slots=True)
class Stages:
    """Notes what fails.

    Args:
        watch: hears of each stage.
        troubles: so far.
    """

    watch: Watch
    troubles: list[Trouble] = field(default_factory=list[Trouble])

    @property
    def failed(self) -> frozenset[Stage]:
        """Return the stages that failed."""
        return frozenset(trouble.stage for trouble in self.troubles)

    @contextmanager
    def at(self, stage: Stage) -> Generator[None]:
        """Begin a stage, and note an error of it.

        Raises:
            Stopped: there was one.
        """
        self.watch.begins(stage)
        with self.noting(stage):
            yield

    @contextmanager
    def noting(self, stage: Stage) -> Generator[None]:
        """Note an error of a stage that is under way, or that does not show.

        Raises:
            Stopped: there was one.
        """
        try:
            yield
        except Stopped:
            raise
        except (Exception, SystemExit) as error:
            interruption = _interruption_behind(error)
            if interruption is not None:
                raise interruption from None
            self.troubles.append(_trouble(stage, error))
            raise Stopped from error


def _trouble(stage: Stage, error: BaseException) -> Trouble:
    if isinstance(error, DeploymentFailed):
        return Trouble(stage, str(error), error.output, error.tree, error.ending)
    # Another message may hold anything, also of a holdout; its kind cannot.
    known = isinstance(error, SigilError)
    return Trouble(stage, str(error) if known else f"unexpected {type(error).__name__}")


def _interruption_behind(error: BaseException) -> BaseException | None:
    """Return what interrupted the process when taking something down failed as well."""
    behind = error.__context__
    while isinstance(behind, Exception | SystemExit):
        behind = behind.__context__
    return behind
