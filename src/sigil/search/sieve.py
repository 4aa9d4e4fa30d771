"""What of all that is proposed is worth an evaluation? The checks that cost none.

A proposal passes if its parent is known, its patch applies within the pins, it changes
something, and it is not a program that was proposed before (`sigil.search.identity`).
Equal programs have equal fingerprints, so that nothing is measured twice in one search.

Not here: what becomes of what passed (`sigil.search.rounds`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sigil.canonical import candidate_id
from sigil.errors import SigilError
from sigil.search.identity import Identity, identify
from sigil.search.model import BASELINE, Proposal
from sigil.search.optimizer import Idea, Problem, Refusal
from sigil.search.patch import Applied, check_reporting, diff


class Sieve:
    """The programs that were seen, and the text of those that may be parents.

    Args:
        problem: its pins, files and tree.
    """

    def __init__(self, problem: Problem):
        self._pins = tuple(problem.pins)
        self._exists = problem.exists
        self.baseline = identify(problem.files, problem.pins)
        self._seen = {self.baseline.fingerprint: BASELINE}
        self._files: dict[str, Mapping[str, str]] = {BASELINE: dict(problem.files)}
        self._foreseen: dict[tuple[str, str], tuple[Applied, Identity]] = {}

    def __len__(self) -> int:
        return len(self._files)

    def files(self, name: str) -> Mapping[str, str]:
        """Return the text of every pinned file of a candidate that is kept."""
        return self._files[name]

    def consider(self, proposal: Proposal, turn: int) -> tuple[Idea, Identity] | Refusal:
        """Return the idea that a proposal is, or why it is none."""
        checked = self._checked(proposal)
        self._foreseen.pop((proposal.parent, proposal.patch), None)
        if isinstance(checked, Refusal):
            return checked
        applied, identity = checked
        earlier = self._seen.get(identity.fingerprint)
        if earlier is not None:
            return Refusal(proposal, f"the same program as {earlier}", earlier)
        idea = self._idea(proposal, applied, identity, turn)
        self._seen[identity.fingerprint] = idea.id
        self._files[idea.id] = applied.files
        return idea, identity

    def foresee(self, proposal: Proposal, turn: int) -> Idea | None:
        """Return the idea that a proposal is if nothing comes before it, which counts nothing."""
        checked = self._checked(proposal)
        if isinstance(checked, Refusal):
            return None
        self._foreseen[proposal.parent, proposal.patch] = checked
        if checked[1].fingerprint in self._seen:
            return None
        return self._idea(proposal, *checked, turn)

    def _checked(self, proposal: Proposal) -> tuple[Applied, Identity] | Refusal:
        """Return what a proposal comes to on its parent alone, or why it is no change of it."""
        known = self._foreseen.get((proposal.parent, proposal.patch))
        if known is not None:
            return known
        files = self._files.get(proposal.parent)
        if files is None:
            return Refusal(proposal, f"its parent {proposal.parent} is not known")
        try:
            applied = check_reporting(
                proposal.patch, files, self._pins, exists=self._exists, source=proposal.proposer
            )
            identity = identify(applied.files, self._pins)
        except SigilError as error:
            return Refusal(proposal, str(error))
        if applied.files == files:
            return Refusal(proposal, str(proposal.data.get("failure") or "it changes nothing"))
        return applied, identity

    def _idea(self, proposal: Proposal, applied: Applied, identity: Identity, turn: int) -> Idea:
        # What had to be repaired is recorded as it should have been.
        files = self._files[proposal.parent]
        exact = diff(files, applied.files) if applied.repairs else proposal.patch
        name = candidate_id(proposal.parent, exact.encode("utf-8", "surrogatepass"))
        known = replace(proposal, patch=exact)
        return Idea(name, known, applied.files, identity.fingerprint, turn, applied.repairs)

    def forget_all_but(self, keep: Collection[str]) -> None:
        """Drop the text of candidates that can be no parents any more, once it is worth it."""
        if len(self._files) > 2 * len(keep):
            self._files = {name: files for name, files in self._files.items() if name in keep}
