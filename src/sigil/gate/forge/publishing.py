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

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sigil.errors import InvalidValue, SigilError
from sigil.gate.acting import decision_on
from sigil.gate.decision import Verdict
from sigil.gate.feedback import Feedback
from sigil.gate.forge.github import Base, Forge
from sigil.gate.merging import message_of, stands_on_base, use_up
from sigil.gate.record.summary import Summary
from sigil.gate.revisions import Revisions
from sigil.gate.trust import Tier
from sigil.gate.view import present
from sigil.gate.view.comment import markdown
from sigil.ledger.ledger import Ledger
from sigil.printable import printable

STATES = {Verdict.ALLOW: "success", Verdict.REVIEW: "pending", Verdict.BLOCK: "failure"}
RUNNING, BROKEN = "pending", "error"
_LONGEST_COMMENT = 60_000


def examined_base(base: Base, listed: Collection[str]) -> Base:
    """Return the base of a pull request, if policy and exam may be read from it.

    Its author names the base, and may have written the branch: whoever chooses the base chooses
    the exam.

    Args:
        base: as the forge has it.
        listed: branches that the evaluator names; none for the repository's default branch.

    Raises:
        InvalidValue: it is another branch.
    """
    trusted = set(listed) or {base.repo.default_branch}
    if base.ref not in trusted:
        raise InvalidValue(
            f"nothing is examined against {printable(base.ref, 80)!r}, which is none of: "
            f"{printable(', '.join(sorted(trusted)), 200)}",
            remedy="whoever runs the gate names a protected branch by --base or SIGIL_BASES",
        )
    return base


def context_of(service: str, base: Base) -> str:
    """Return the name of the status that a branch can demand.

    A commit has one status of a name, whatever it was examined against: so the name holds the base,
    but for the default branch.
    """
    return f"sigil/{service}" if base.is_default else f"sigil/{service}@{base.ref}"


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
        base: the branch against which it was examined.
        share: brings it and its remote to the same state.
        clock: the time.
    """

    root: Path
    service: str
    base: str
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
    if not pull.is_open or pull.draft or pull.base.ref != known.base:
        return Merged(None, "the pull request is not open, a draft, or wants elsewhere by now")
    if pull.head.sha != decided.commit or forge.branch_tip(pull.base.ref) != decided.base:
        return Merged(None, "something was pushed in the meantime")
    try:
        stands_on_base(decided, pull.base.ref)
    except SigilError as refusal:
        return Merged(None, str(refusal))
    use_up(decided, known.ledger, known.service, seen=stands.seen, share=known.share)
    title, text = message_of(decided)
    return Merged(forge.merge(decided.commit, title, text))
