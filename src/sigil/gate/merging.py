"""Merge a change on an ALLOW: once, and only what was examined.

    stands_on_base(decided, "main")      the merged tree will be the examined one
    use_up(decided, ledger, …)           nobody else acts on it, and nobody speaks against it
    …                                    then move the branch, here or on a forge

The change has to stand on the very commit of the base branch that was decided on, so that the
merged tree is the examined tree. The ALLOW is used up in the ledger before the branch moves, and of
two that use it at once the first in the ledger wins. What speaks against it, and came into the
ledger before that use, keeps it from merging, though nobody here had heard of it.

The branch moves by compare-and-swap. One that another worktree has checked out is left alone, as
git does: its files would stay behind. A merge that fails after the use has spent its ALLOW, and the
change is evaluated again: nothing is merged twice.

Not here: whether it may be (`sigil.gate.standing`), a forge's branches
(`sigil.gate.forge.publishing`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from sigil.errors import InvalidValue, WorkspaceBusy
from sigil.gate.record.events import INCIDENT, MERGE, OVERRIDE, Decided
from sigil.gate.trees import git_library
from sigil.gate.trust import Tier
from sigil.ledger.ledger import Ledger
from sigil.ledger.statement import Entry
from sigil.printable import printable
from sigil.store.git_command import complaint, run_git, without_filters

GIT_S = 60.0
_NAME = "sigil"
_EMAIL = "sigil@localhost"


def merges_alone(tier: Tier) -> None:
    """Refuse to merge for a service that has not earned it.

    Raises:
        InvalidValue: it is below AUTO.
    """
    if tier is not Tier.AUTO:
        raise InvalidValue(
            f"the service is at {tier.value}; below AUTO merging is a human's",
            remedy="merge it yourself, or see sigil trust show",
        )


def stands_on_base(decided: Decided, branch: str) -> None:
    """Refuse a change that was examined without what the base branch has by now.

    Raises:
        InvalidValue: it left the branch before its present commit.
    """
    if decided.provenance.baseline != decided.provenance.control:
        raise InvalidValue(
            f"the change does not stand on {printable(branch, 80)} as it is now",
            remedy="rebase it and evaluate again: what is merged has to be what was examined",
        )


def merge(
    root: Path,
    branch: str,
    decided: Decided,
    *,
    ledger: Ledger,
    service: str,
    seen: Collection[str],
    share: Callable[[], object],
) -> str:
    """Merge, and return the commit that the branch is at now.

    Args:
        root: the repository.
        branch: a local branch, which must be at ``decided.base``.
        decided: an ALLOW that was found to stand.
        ledger: where it is used up.
        service: whose.
        seen: ids of the service's entries by which it was found to stand.
        share: brings the ledger and its remote to the same state, if it has one.

    Raises:
        InvalidValue: no local branch of this name, or the change does not stand on it.
        WorkspaceBusy: the branch has moved, its checkout is in the way, another worktree has it
            checked out, or somebody else used the decision first, or spoke against it.
        DependencyMissing: git is not installed; nothing is used up.
    """
    pygit2 = git_library()

    repository: Any = pygit2.Repository(str(root))
    name = f"refs/heads/{branch}"
    if name not in repository.references:
        raise InvalidValue(
            f"there is no local branch {printable(branch, 80)}", remedy="name it with --base"
        )
    stands_on_base(decided, branch)
    if str(repository.references[name].target) != decided.base:
        raise WorkspaceBusy(
            f"{printable(branch, 80)} is not where it was when this was decided",
            remedy="sigil eval again",
        )
    move = _mover(root, branch)
    _refuse_elsewhere(root, branch, repository.workdir)
    commit = _commit(repository, decided)
    use_up(decided, ledger, service, seen=seen, share=share)
    if not repository.is_bare and _is_checked_out(repository, name):
        move("merge", "--ff-only", "--quiet", commit)
    else:
        move("update-ref", "--", name, commit, decided.base)
    return commit


def _is_checked_out(repository: Any, name: str) -> bool:
    """Say whether HEAD names a branch; it may be detached, or name one that is yet to be born."""
    return repository.references["HEAD"].target == name


def _refuse_elsewhere(root: Path, branch: str, here: str | None) -> None:
    """Refuse to move a branch that another worktree of the repository has checked out.

    Args:
        root: the repository.
        branch: its short name.
        here: the worktree whose files follow; None where there is none.
    """
    try:
        listed = run_git("worktree", "list", "--porcelain", folder=root, timeout_s=GIT_S)
    except TimeoutError as error:
        raise _unmoved(branch, str(error)) from error
    if listed.returncode:
        raise _unmoved(branch, complaint(listed.stderr))
    own = None if here is None else Path(here).resolve()
    for told in listed.stdout.split("\n\n"):
        first, *more = told.splitlines() or [""]
        place = Path(first.removeprefix("worktree "))
        if f"branch refs/heads/{branch}" in more and place.resolve() != own:
            raise WorkspaceBusy(
                f"{printable(branch, 80)} is checked out in another worktree, "
                f"{printable(str(place), 200)}, whose files would stay behind",
                remedy="git switch --detach there (git worktree prune, if it is gone), "
                "then decide again",
            )


def _commit(repository: Any, decided: Decided) -> str:
    """Make the merge commit, on no branch yet."""
    pygit2 = git_library()

    author = pygit2.Signature(_NAME, _EMAIL)
    change = repository[decided.commit].peel(pygit2.Commit)
    message = "\n\n".join(message_of(decided))
    parents = [decided.base, decided.commit]
    return str(repository.create_commit(None, author, author, message, change.tree.id, parents))


def message_of(decided: Decided) -> tuple[str, str]:
    """Return the title and the text of the merge commit."""
    about = decided.provenance
    return (
        f"Merge {decided.commit[:12]}: {decided.verdict.value} by {decided.eval}",
        f"artifact {about.artifact}\nscenarios {about.scenarios}\n",
    )


def use_up(
    decided: Decided,
    ledger: Ledger,
    service: str,
    *,
    seen: Collection[str],
    share: Callable[[], object],
) -> None:
    """Spend an ALLOW in the ledger, so that nobody else acts on it.

    Args:
        decided: the ALLOW.
        ledger: where it stands.
        service: whose.
        seen: see `merge`.
        share: see `merge`; of two machines, the one whose use the remote took first wins.

    Raises:
        WorkspaceBusy: somebody else was first, or spoke against it meanwhile.
        SigilError: the ledger cannot be written or shared, and nothing may be merged.
    """
    body = {"eval": decided.eval, "nonce": decided.nonce, "commit": decided.commit}

    def unless_spoken_against() -> Mapping[str, Any]:
        _refuse_news(ledger.entries(service=service), decided, seen)
        return body

    mine = ledger.append(MERGE, service, unless_spoken_against)
    share()
    before = takewhile(lambda one: one.id != mine.id, ledger.entries(service=service))
    _refuse_news(before, decided, seen)


def _refuse_news(entries: Iterable[Entry], decided: Decided, seen: Collection[str]) -> None:
    """Refuse to act on a decision that was acted on, or that it is not known to stand any more.

    Raises:
        WorkspaceBusy: it was, or something was told since of the service or of the same change.
    """
    for entry in entries:
        if entry.kind == MERGE and entry.body.get("nonce") == decided.nonce:
            raise WorkspaceBusy("the decision was acted on already", remedy="sigil eval again")
        is_against = entry.kind == OVERRIDE or entry.kind.startswith(INCIDENT)
        is_same = entry.event.subjects.get("artifact") == decided.provenance.artifact
        if entry.id not in seen and (is_against or is_same):
            raise WorkspaceBusy(
                f"{entry.kind} was put on record since this was found to stand",
                remedy="sigil decide again",
            )


def _mover(root: Path, branch: str) -> Callable[..., None]:
    """Return what moves a branch by a git command. All that can fail before is done by then."""

    def move(*arguments: str) -> None:
        try:
            done = run_git(*arguments, folder=root, timeout_s=GIT_S, settings=as_stored)
        except TimeoutError as error:
            raise _unmoved(branch, str(error)) from error
        if done.returncode:
            raise _unmoved(branch, complaint(done.stderr))

    try:
        as_stored = without_filters(root, timeout_s=GIT_S)
    except TimeoutError as error:
        raise _unmoved(branch, str(error)) from error
    return move


def _unmoved(branch: str, cause: str) -> WorkspaceBusy:
    return WorkspaceBusy(
        f"{printable(branch, 80)} cannot be moved: {cause}",
        remedy="look at its checkout, then sigil eval again",
    )
