"""The words of the search: who proposes what, from which parent, and how it went.

Ask / tell: a proposer is asked for changes and told what became of them; whoever asks
evaluates. Proposers, archives and schedules know nothing of each other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sigil.llm.model import Reply, Request
from sigil.search.pins import Pin

BASELINE = "BASELINE"
"""The id of the unchanged code, root of every lineage."""


@dataclass(frozen=True, slots=True)
class Parent:
    """A candidate (or the baseline) that a proposal may start from.

    Args:
        id: candidate id or `BASELINE`.
        files: the whole text of every file that a pin touches, by path relative to the root.
        costs: one per objective, lower is better; empty if it has none.
    """

    id: str
    files: Mapping[str, str]
    costs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed change.

    Args:
        parent: the id of the `Parent` that ``patch`` is relative to.
        patch: a unified diff.
        proposer: who proposed it, such as ``mutate``.
        note: one line saying what it tries, for the record.
        seed: the seed that this proposal was drawn under.
        data: whatever the proposer needs to recognise it in `Proposer.tell`; JSON-like.
    """

    parent: str
    patch: str
    proposer: str
    note: str = ""
    seed: int = 0
    data: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a proposal.

    Args:
        costs: one per objective, lower is better; empty if it failed.
        failure: a short reason, or None.
        elite: whether the archive kept it.
        duplicate: whether it is the same program as one before, whose costs these are.
    """

    costs: tuple[float, ...]
    failure: str | None = None
    elite: bool = False
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What a proposer may see. Held-out inputs and their results are not in it.

    Args:
        pins: what may change.
        parents: where to start from, best first; never empty.
        random: the proposer's own stream, already labelled with round and proposer.
        seed: the number to record as `Proposal.seed`.
    """

    pins: Sequence[Pin]
    parents: Sequence[Parent]
    random: random.Random
    seed: int


class Proposer(Protocol):
    """A source of proposals. Conformance suite: `sigil.testing.proposers`."""

    name: str

    def ask(self, view: View, count: int) -> list[Proposal]:
        """Return up to ``count`` proposals; fewer, or none, when it has run out of ideas.

        A function of ``view`` and of what was told before: the same calls under the same
        seed give the same proposals.
        """
        ...

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Learn what became of a proposal of its own. Order of calls is order of asking."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is to be asked, so that its answer becomes a proposal.

    Args:
        request: what is sent.
        parent: what the answer is to change.
        proposer: who asks.
        seed: the number to record as `Proposal.seed`.
        faulty: the answer that this question asks to be mended; None if it is the first one.
        pins: what the answer may change.
    """

    request: Request
    parent: Parent
    proposer: str
    seed: int
    faulty: Reply | None = None
    pins: tuple[Pin, ...] = ()


class Inquirer(Protocol):
    """A proposer that asks a model first, and need not wait for the answer.

    Many questions may be under way; answers are handed over in the order of their arrival.
    """

    name: str

    def questions(self, view: View, count: int) -> list[Question]:
        """Return up to ``count`` questions: a function of ``view`` and of what was told."""
        ...

    def answered(
        self, question: Question, reply: Reply | None, failure: str | None = None
    ) -> Proposal | Question:
        """Return the proposal that an answer is, or one more question that has it mended.

        A function of the arguments alone: neither calls before it nor their order matter.

        Args:
            question: as it was asked.
            reply: the answer; None if there was none.
            failure: why there was none.
        """
        ...

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Learn what became of a proposal of its own. Order of calls is order of asking."""
        ...
