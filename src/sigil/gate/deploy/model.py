"""The words of deployments: what is to be put up, what one can do once it is, and whether it is.

Not here: the backends (`process`, `compose`, `external`), which of them (`backends`).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from sigil import foreign
from sigil.gate.model import SideName

if TYPE_CHECKING:
    from sigil.gate.deploy.settings import Deploy

Progress = Callable[[str], None]
"""Hears what is being waited for, in a few words. For the operator."""
SHOWN = 36
"""Characters of a path or an address in these words: a line of them fits a narrow terminal."""


@dataclass(frozen=True, slots=True)
class Source:
    """A state of a repository.

    Args:
        repository: the root of the work tree, or of a bare repository.
        commit: whose tree is meant; None for the files as they stand.
    """

    repository: Path
    commit: str | None = None


def silent(what: str) -> None:
    """Hear, and say nothing."""
    del what


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be put up.

    Args:
        settings: the ``deploy`` section of the service, from the control revision.
        source: whose service it is.
        side: the change under test, whose output is never kept, or its baseline.
        control: the source that settings came from; what has power over this machine, such as
            a compose file, is taken from there. None where it is ``source``.
        cache: where frozen trees are kept.
        progress: hears what is being waited for.
    """

    settings: Deploy
    source: Source
    side: SideName
    control: Source | None
    cache: Path
    progress: Progress = silent


class Deployment(Protocol):
    """A service, put up for one side. A context manager: entering starts it, leaving ends it.

    One owner starts and stops; threads and forks of its process may connect meanwhile.
    """

    @property
    def authority(self) -> str:
        """Host and port under which the service is addressed, such as ``127.0.0.1:8080``."""
        ...

    @property
    def origins(self) -> frozenset[str]:
        """Every origin that is this service and nothing else, such as ``http://127.0.0.1:8080``."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended since, as far as that is known by now."""
        ...

    def start(self) -> None:
        """Put it up, and return when it is healthy.

        Raises:
            DeploymentFailed: it cannot be put up, ends, or is not healthy in time. Nothing of
                it is left then.
            SandboxUnavailable: this machine cannot isolate it.
        """
        ...

    def connect(self, timeout_s: float) -> socket.socket:
        """Return a new stream that is connected to the service; the caller closes it.

        What goes over its descriptor is plain, so that it may be handed to another process.

        Raises:
            OSError: the service does not take the connection.
        """
        ...

    def stop(self) -> None:
        """End it and remove all that it left; idempotent."""
        ...

    def __enter__(self) -> Self:
        """Start, and return itself."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Stop."""
        ...


_NAMES: dict[SideName, str] = {"pr": "change", "baseline": "baseline"}


def ended_text(side: SideName) -> str:
    """Return, for the operator, that the service of a side did not last as long as its exam."""
    return f"the service of the {_NAMES[side]} ended before its exam was over"


def ended_early(deployments: Mapping[SideName, Deployment]) -> list[SideName]:
    """Return the sides whose service has ended by itself, as far as that is known; sorted.

    A backend that cannot even say so is none of them.

    Args:
        deployments: that were started, and not stopped.
    """

    def is_alive(deployment: Deployment) -> bool:
        alive, failure = foreign.guarded(lambda: deployment.alive)
        return failure is not None or bool(alive)

    return sorted(side for side, one in deployments.items() if not is_alive(one))
