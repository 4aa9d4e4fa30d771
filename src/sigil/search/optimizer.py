"""What an optimizer is: who decides what is tried next, and what is measured a second time.

Ask / tell. Whoever asks evaluates; an optimizer knows nothing of files on disk, evaluation
or clocks, and is a function of its `Problem` and of what it is told. Conformance suite:
`sigil.testing.optimizers`.

Not here: the optimizers there are (`sigil.search.optimizers`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from sigil.llm.model import Reply
from sigil.search.archive import Entry
from sigil.search.inquiry import Asked
from sigil.search.model import Inquirer, Proposal, Proposer
from sigil.search.pins import Pin


def nothing_exists(path: str) -> bool:
    """Say that a tree has nothing besides the pinned files."""
    del path
    return False


@dataclass(frozen=True, slots=True)
class Problem:
    """What there is to be improved, and by whom.

    Args:
        pins: what may change.
        proposers: with distinct names, in order of preference.
        files: the baseline: text of every pinned file, by path.
        seed: of all random streams.
        costs: of the baseline, one per objective, lower is better; empty if it has none.
        ties: tie breakers of the baseline, in order.
        patience: after how many evaluations without a new elite a search is `converged`.
        lag: how many rounds may be under way while the next is asked. 0 waits for every
            result of a round; 1 keeps workers busy over its end. Part of what a run is a
            function of.
        exists: whether a path that is not pinned is there in the tree.
        span: how many rounds are one turn of a population, such as that of an island.
    """

    pins: Sequence[Pin]
    proposers: Sequence[Proposer | Inquirer]
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    seed: int = 0
    costs: Sequence[float] = ()
    ties: Sequence[float] = ()
    patience: int = 200
    lag: int = 0
    exists: Callable[[str], bool] = nothing_exists
    span: int = 1


@dataclass(frozen=True, slots=True)
class Idea:
    """A proposal that passed every check and is worth an evaluation.

    Args:
        id: content address of its patch and parent.
        proposal: its ``patch`` is exact: repairs are already in it.
        files: text of every pinned file after it.
        fingerprint: see `sigil.search.identity`.
        round: 1-based number of the ask that gave it.
        repairs: what had to be moved for the patch to apply.
    """

    id: str
    proposal: Proposal
    files: Mapping[str, str]
    fingerprint: str
    round: int
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proposal that never became a candidate.

    Args:
        proposal: as it was proposed.
        reason: one line.
        duplicate_of: id of the candidate that is the same program, if that is why.
        round: 1-based number of the ask that it belongs to.
    """

    proposal: Proposal
    reason: str
    duplicate_of: str | None = None
    round: int = 0


@dataclass(frozen=True, slots=True)
class Remeasurement:
    """An elite whose place rests on one noisy measurement, and that is measured again.

    Args:
        id: of the candidate.
        files: text of every pinned file after it.
    """

    id: str
    files: Mapping[str, str]


Awaited = Literal["answer", "evaluation"]
"""What a round waits for: what a model says, or what a candidate comes to."""


class Optimizer(Protocol):
    """A search that is asked for ideas and told what became of them."""

    @property
    def name(self) -> str:
        """Return the name that it is chosen by."""
        ...

    @property
    def stale(self) -> int:
        """Return how many evaluations, or answers of no use, in a row brought no new elite."""
        ...

    @property
    def converged(self) -> bool:
        """Return whether patience is over, or the last ask found nothing new to try."""
        ...

    @property
    def best(self) -> str | None:
        """Return the id of the best so far, `BASELINE` included; None without any costs."""
        ...

    @property
    def front(self) -> list[Entry]:
        """Return the Pareto front, best first."""
        ...

    @property
    def ready(self) -> bool:
        """Return whether `ask` may be called now: all that it depends on has been told."""
        ...

    def ask(self, count: int) -> list[Idea]:
        """Return up to ``count`` ideas that were never asked for before.

        Fewer where it runs out of ideas; none makes it `converged`.

        Raises:
            ValueError: results that this round depends on are not told yet (see `ready`).
        """
        ...

    @property
    def asking(self) -> int:
        """Return how many questions have not become an idea or a refusal yet."""
        ...

    def take_questions(self) -> list[Asked]:
        """Return what models are to be asked since the last call; each has to be answered."""
        ...

    def answer(self, number: int, reply: Reply | None, failure: str | None = None) -> list[Idea]:
        """Learn what a model said, in any order.

        Args:
            number: of an `Asked`.
            reply: what it said; None if there was no answer.
            failure: why there was none.

        Returns:
            The ideas that came of this and of answers that had to wait for it, in order of
            asking.

        Raises:
            ValueError: ``number`` was not asked, or is answered already.
        """
        ...

    def foreseen(self) -> list[Idea]:
        """Return the ideas that `answer` will return unless one before them is the same.

        They are of answers that have to wait for others, in order of asking. Whoever measures
        them meanwhile loses no time by the wait.
        """
        ...

    def take_refusals(self) -> list[Refusal]:
        """Return what was refused since the last call, in order, and forget it."""
        ...

    def take_remeasurements(self) -> list[Remeasurement]:
        """Return what the latest `ask` wants measured again; each has to be told again."""
        ...

    def tell(
        self,
        name: str,
        costs: Sequence[float] = (),
        ties: Sequence[float] = (),
        failure: str | None = None,
        *,
        noisy: bool = False,
    ) -> bool:
        """Learn what became of an idea, in any order.

        Args:
            name: id of an `Idea` that was asked for.
            costs: one per objective, lower is better; empty if it failed.
            ties: tie breakers in order, lower is better.
            failure: a short reason, or None.
            noisy: whether another measurement might find other costs.

        Returns:
            Whether it is an elite. Exact where results are told in order of asking; a
            result that has to wait for an earlier one is not an elite yet.

        Raises:
            ValueError: ``name`` was never asked for, or is told twice.
            ShapeError: costs of another length than before, or NaN.
        """
        ...

    def tell_again(
        self, name: str, costs: Sequence[float] = (), ties: Sequence[float] = ()
    ) -> None:
        """Learn what a `Remeasurement` found; no costs if it failed this time.

        Raises:
            ValueError: ``name`` was not to be measured again, or is told already.
        """
        ...

    def settle(self) -> None:
        """Count every result told so far whose predecessors are told, at the end of a run."""
        ...


@runtime_checkable
class Passing(Protocol):
    """What an `Optimizer` may offer besides, so that one slow answer holds up no others.

    A search stays a function of what it is told, of which rounds were passed over and brought
    back among these. For an optimizer without these methods every round waits.
    """

    def held_up(self) -> tuple[int, Awaited] | None:
        """Return the round, from 1, that `Optimizer.ask` waits for, and what that one waits for.

        None where there is none, or it may not be passed over.
        """
        ...

    def pass_over(self, number: int, awaited: Awaited) -> list[Idea]:
        """Let no later round depend on a round, until it is brought back.

        With ``answer`` the answers behind those of the round are judged without them; with
        ``evaluation`` they keep their place, and only what is told does not count yet. What comes
        is the same whenever this is called between `Optimizer.ask` for that round and for the
        first one that would have to wait for it.

        Returns:
            The ideas of answers that had waited for it, in order of asking.

        Raises:
            ValueError: nobody waits for the round.
        """
        ...

    def arrived(self) -> list[int]:
        """Return the rounds, ascending, that are passed over and have what they waited for."""
        ...

    def bring_back(self, number: int) -> list[Idea]:
        """Have a round count as if it had been asked for just now, behind all others.

        Returns:
            The ideas of its answers, if none before them is missing.

        Raises:
            ValueError: the round is not passed over.
        """
        ...
