"""What an evaluation is asked for, and what it reaches for outside of itself.

Not here: the evaluation (`sigil.gate.evaluation`), what stands behind the parts on a user's machine
(`sigil.cli.evaluation`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sigil.effects import SYSTEM_CLOCK, Clock, random_bytes
from sigil.gate.bundle.keys import Identities
from sigil.gate.deploy import Deployment, deploy
from sigil.gate.exam.examining import Answerer
from sigil.gate.exam.hall import Hall
from sigil.gate.model import SideName
from sigil.gate.policy import Service
from sigil.gate.record.recording import Share
from sigil.gate.revisions import Revisions, resolve
from sigil.gate.sittings import Observed
from sigil.ledger.ledger import Ledger


def alone(ledger: Ledger) -> bool:
    """Share a ledger that has no remote."""
    del ledger
    return False


def untried(recipients: Sequence[str]) -> None:
    """Try nothing beforehand."""
    del recipients


def machine_names() -> frozenset[str]:
    """Return the words by which this machine tells itself apart: its name, and its kernel's."""
    known = os.uname()
    return frozenset({known.nodename, known.nodename.partition(".")[0], known.release})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be evaluated.

    Args:
        root: the repository.
        service: whose exam.
        ref: the change.
        base: the base branch; None for the usual names.
        remote: where pull requests are fetched from.
        seed: of the generators; one that was chosen can be known beforehand, and allows nothing.
        repeats: of each scenario, if that is more than the policy asks.
        lanes: scenarios at once on each side.
    """

    root: Path
    service: str
    ref: str
    base: str | None = None
    remote: str = "origin"
    seed: int | None = None
    repeats: int | None = None
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Parts:
    """Whatever an evaluation reaches for outside of itself. A test breaks them one by one.

    Args:
        identities: reads the private keys of a recipient.
        ledger: opens the ledger, able to sign.
        share: brings it and its remote to the same state.
        answerer: makes what answers calls that scenarios do not answer themselves.
        keep: writes what was observed, for these recipients, below the evaluation's id, and returns
            the digest of what it wrote.
        ready: raises where `keep` will not be able to write for these recipients.
        cache: where frozen trees are kept.
        hall: starts the process that runs scenarios.
        deploy: puts a service up.
        resolve: finds the commits.
        clock: the time.
        entropy: bytes that nobody knows.
        environment: that the evaluator runs in; none of it may be told to the author of a change.
        machine: words that name it; nor may these.
    """

    identities: Callable[[], Identities]
    ledger: Callable[[], Ledger]
    answerer: Callable[[Service, Mapping[SideName, Deployment]], Answerer]
    keep: Callable[[str, Sequence[Observed], Sequence[str]], str]
    cache: Path
    share: Share = alone
    ready: Callable[[Sequence[str]], None] = untried
    hall: Callable[[], Hall] = Hall
    deploy: Callable[..., Deployment] = deploy
    resolve: Callable[..., Revisions] = resolve
    clock: Clock = SYSTEM_CLOCK
    entropy: Callable[[int], bytes] = random_bytes
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    machine: frozenset[str] = field(default_factory=machine_names, repr=False)
