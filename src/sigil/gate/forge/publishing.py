"""What a forge is told of an evaluation: a status on the commit, one comment, perhaps the merge.

Behind the wall: a comment is the author's view, a status is a verdict.

A status is never a success but for an ALLOW; a review is ``pending``, so that a branch that demands
the status waits for a human. The merge demands more than the evaluation that just ended: the
recorded decision is asked again what it is worth, the service has to be at AUTO, the ALLOW is used
up in the ledger first, and the forge is handed the commit that it may merge. Between the last look
at the base branch and the merge a moment is left, which only a rule of the forge closes (branches
have to be up to date).

Not here: asking (`sigil.gate.forge.github`), deciding (`sigil.gate.decision`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sigil.errors import SigilError
from sigil.gate.acting import decision_on
from sigil.gate.decision import Verdict
from sigil.gate.feedback import Feedback
from sigil.gate.forge.github import Forge
from sigil.gate.merging import message_of, stands_on_base, use_up
from sigil.gate.record.summary import Summary
from sigil.gate.revisions import Revisions
from sigil.gate.trust import Tier
from sigil.gate.view import present
from sigil.gate.view.comment import markdown
from sigil.ledger.ledger import Ledger

STATES = {Verdict.ALLOW: "success", Verdict.REVIEW: "pending", Verdict.BLOCK: "failure"}
RUNNING, BROKEN = "pending", "error"
_LONGEST_COMMENT = 60_000


def context_of(service: str) -> str:
    """Return the name of the status that a branch can demand."""
    return f"sigil/{service}"


def marker_of(service: str) -> str:
    """Return the line, invisible in a comment, by which it is found again."""
    return f"<!-- sigil:{service} -->"


def comment_text(found: Summary, told: Feedback) -> str:
    """Return the comment: of the decision, for the author, with its marker."""
    text = markdown(found, told)
    if len(text) > _LONGEST_COMMENT:
        kept, _, _ = text[:_LONGEST_COMMENT].rpartition("\n")
        text = f"{kept}\n\n… the rest is cut off\n"
    return f"{marker_of(found.service)}\n{text}"


def status_text(found: Summary) -> str:
    """Return the description of a status: the verdict, and nothing that rests on holdouts."""
    return f"{found.verdict.value} by {found.eval}"


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of wanting to merge.

    Args:
        commit: of the merge; None if nothing was merged.
        held: why not; empty if it was.
    """

    commit: str | None
    held: str = ""


@dataclass(frozen=True, slots=True)
class Merging:
    """What a merge on a forge needs.

    Args:
        root: the clone.
        service: whose.
        ledger: up to date.
        share: brings it and its remote to the same state.
        clock: the time.
    """

    root: Path
    service: str
    ledger: Ledger
    share: Callable[[], object]
    clock: Callable[[], datetime]


def merge_pull(forge: Forge, revisions: Revisions, known: Merging) -> Merged:
    """Merge a pull request, if the decision on it is an ALLOW that stands at AUTO.

    Args:
        forge: of the pull request.
        revisions: resolved anew, after the evaluation.
        known: see there.

    Raises:
        SigilError: the ledger, the policy or the forge fails. The ALLOW may be spent by then.
    """
    stands = decision_on(known.root, revisions, known.ledger, known.service, known.clock())
    if stands.worth.verdict is not Verdict.ALLOW:
        lines = [present.reason_text(reason) for reason in stands.worth.reasons]
        return Merged(None, "; ".join(lines))
    if stands.tier is not Tier.AUTO:
        return Merged(None, f"the service is at {stands.tier.value}; below AUTO a human merges")
    decided, pull = stands.recorded, forge.pull()
    if not pull.is_open or pull.draft:
        return Merged(None, "the pull request is not open, or a draft")
    if pull.head.sha != decided.commit or forge.branch_tip(pull.base.ref) != decided.base:
        return Merged(None, "something was pushed in the meantime")
    try:
        stands_on_base(decided, pull.base.ref)
    except SigilError as refusal:
        return Merged(None, str(refusal))
    use_up(decided, known.ledger, known.service, share=known.share)
    title, text = message_of(decided)
    return Merged(forge.merge(decided.commit, title, text))
