"""Which commits are compared, and what are they by content?

Three of them: the change, the baseline that it is measured against (where it left the base
branch), and the control, the base branch as it is now, whose exam and policy count. A change
cannot widen its own exam, because nothing of it is read but the code that is deployed.

A digest is taken over paths, kinds and contents, so neither history nor git's own names enter it.

Not here: how git is run (`sigil.store.git_command`), reading single files (`sigil.gate.trees`),
deploying (`sigil.gate.deploy`).
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigil.canonical import digest_value
from sigil.errors import Corrupt, InvalidValue, NotFound, Unreadable, Where
from sigil.gate.trees import CommitTree, git_library, opened
from sigil.printable import printable
from sigil.store.git_command import complaint, run_git, without_user
from sigil.store.git_objects import is_loose, objects_of, refuse_torn

FETCH_S = 120.0
"""Seconds that fetching one ref may take."""
_PULL = re.compile(r"(?:refs/)?pull/[1-9][0-9]{0,9}/(?:head|merge)")
_BASES = (
    "refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master",
    "refs/remotes/origin/main", "refs/remotes/origin/master",
)  # fmt: skip
_BRANCHES = ("refs/heads/", "refs/remotes/")
"""Where a branch that somebody names is looked for; what nobody names stands in full above."""
_SHORT = re.compile(r"\Arefs/(?:heads|remotes)/")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOST = 1_000_000
"""Files of one tree."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit.

    Args:
        ref: as it was asked for.
        commit: its 40 hex digits.
        digest: of what it holds: ``sha256:…``.
        subject: first line of its message, as its author wrote it.
    """

    ref: str
    commit: str
    digest: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Revisions:
    """The three commits of an evaluation.

    Args:
        change: what wants to be merged.
        baseline: where it left the base branch.
        control: the base branch as it is now.
        doubt: why that may not be the base branch that everybody else has; empty if nothing says
            so.
    """

    change: Revision
    baseline: Revision
    control: Revision
    doubt: str = ""


def resolve(root: Path, ref: str, *, base: str | None = None, remote: str = "origin") -> Revisions:
    """Return the commits that an evaluation of ``ref`` is about.

    Args:
        root: the repository.
        ref: anything that git resolves, or ``pull/N/head``, which is fetched from the remote.
        base: the base branch. If None, the first that is there of ``HEAD`` of the remote origin,
            ``main`` and ``master`` here, ``main`` and ``master`` of origin.
        remote: where pull requests are fetched from, and where a base branch here is looked for
            that follows none.

    Raises:
        NotFound: there is no such commit, no base branch, or no history that both share.
        InvalidValue: the change is the base branch itself.
        DependencyMissing: pygit2 is not installed.
    """
    change = CommitTree(root, fetched(root, ref, remote) if _PULL.fullmatch(ref) else ref)
    whole, control = _control(root, base)
    named = _SHORT.sub("", whole)
    shared = _merge_base(root, change.commit, control.commit)
    if shared is None:
        raise NotFound(
            f"{printable(ref, 80)} and {printable(named, 80)} share no history",
            remedy="name the branch that it left with --base",
        )
    if shared == change.commit:
        raise InvalidValue(
            f"{printable(ref, 80)} holds nothing that {printable(named, 80)} does not hold",
            remedy="commit the change on a branch of its own, or name its base with --base",
        )
    baseline = CommitTree(root, shared)
    return Revisions(
        _revision(ref, change),
        _revision(f"merge-base of {named}", baseline),
        _revision(named, control),
        _doubt(root, whole, control.commit, remote),
    )


def _revision(ref: str, tree: CommitTree) -> Revision:
    return Revision(ref, tree.commit, content_digest(tree), tree.subject)


def content_digest(tree: CommitTree) -> str:
    """Return the identity of what a commit holds.

    Raises:
        InvalidValue: it holds more than a million files.
        Corrupt: an object of git was cut.
        Unreadable: git lacks an object, or has a damaged one.
    """
    found: list[list[str]] = []
    for path, mode, held in tree.contents():
        found.append([_reversible(path), f"{mode:o}", held])
        if len(found) > _MOST:
            raise InvalidValue("more than a million files", remedy="evaluate a smaller tree")
    return digest_value(sorted(found))


def _reversible(path: str) -> str:
    """Return a path as ASCII, such that no two paths are one text."""
    return path.encode("unicode_escape").decode("ascii")


def control_tree(root: Path, base: str | None) -> tuple[str, CommitTree]:
    """Return the base branch, by name: a branch, never a tag that somebody gave the same name.

    Args:
        root: the repository.
        base: as in `resolve`.

    Raises:
        NotFound: there is none.
        DependencyMissing: pygit2 is not installed.
    """
    whole, found = _control(root, base)
    return _SHORT.sub("", whole), found


def _control(root: Path, base: str | None) -> tuple[str, CommitTree]:
    """Return the base branch by its whole name; see `control_tree`."""
    for name in _BASES if base is None else (base,):
        found = _branch(root, name)
        if found is not None:
            return found[0], CommitTree(root, found[1])
    raise NotFound(
        "there is no branch main or master" if base is None else f"there is no branch {base}",
        remedy="name the base branch with --base",
    )


def _branch(root: Path, name: str) -> tuple[str, str] | None:
    """Return the whole name of a branch, and the object it is at; None if there is no such branch.

    The whole name is looked up as it stands: where git guesses, it takes a tag that somebody
    called ``refs/heads/origin/main`` for ``refs/heads/origin/main``, and whoever chooses the base
    chooses the exam.
    """
    pygit2 = git_library()

    if _COMMIT.fullmatch(name):
        return name, name
    references: Any = opened(root).references
    whole = name.startswith("refs/")
    for reference in (name,) if whole else tuple(f"{above}{name}" for above in _BRANCHES):
        with suppress(KeyError, ValueError, pygit2.GitError):  # none of this name, or none at all
            return reference, str(references[reference].resolve().target)
    return None


def _doubt(root: Path, whole: str, commit: str, remote: str) -> str:
    """Return that a base branch here lacks what its remote has of it; empty if it does not.

    Nothing is fetched: what counts is what was known of the remote last.
    """
    pygit2 = git_library()

    name = whole.removeprefix("refs/heads/")
    if name == whole:
        return ""
    repository: Any = opened(root)
    theirs = _followed(repository, name, remote)
    if theirs is None:
        return ""
    shown, there = printable(_SHORT.sub("", theirs.name), 80), str(theirs.resolve().target)
    try:
        _refuse_torn_history(repository, there)
        if there == commit or repository.descendant_of(commit, there):
            return ""
        state = "is behind" if repository.descendant_of(there, commit) else "has parted from"
    except (KeyError, Corrupt, pygit2.GitError):
        state = "cannot be compared with"
    return (
        f"the exam is that of {printable(name, 80)} here, at {commit[:12]}, which {state} {shown}, "
        f"at {there[:12]}: git pull, or --base {shown}"
    )


def _followed(repository: Any, name: str, remote: str) -> Any:
    """Return the reference of the remote's branch that a branch here follows; None if none."""
    pygit2 = git_library()

    with suppress(KeyError, ValueError, pygit2.GitError):  # it follows one that is not there
        followed = repository.branches.local[name].upstream
        if followed is not None and followed.name.startswith("refs/remotes/"):
            return followed
    with suppress(KeyError, ValueError, pygit2.GitError):  # none of this name, or none at all
        return repository.references[f"refs/remotes/{remote}/{name}"]
    return None


def _merge_base(root: Path, one: str, other: str) -> str | None:
    pygit2 = git_library()

    repository: Any = pygit2.Repository(str(root))
    try:
        _refuse_torn_history(repository, one, other)
        found = repository.merge_base(one, other)
    except (KeyError, pygit2.GitError) as error:
        raise Unreadable(
            "git cannot read the history of the change",
            where=Where(str(root)),
            remedy="git fsck; of a shallow or partial clone, fetch the rest",
        ) from error
    return None if found is None else str(found)


def _refuse_torn_history(repository: Any, *tips: str) -> None:
    """Refuse a commit before the tips that was cut; where git has packed, it had read all."""
    objects = objects_of(Path(repository.path))
    waiting, seen = list(tips), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen and is_loose(objects, name):
            refuse_torn(objects, name)
            waiting += map(str, repository[name].parent_ids)
        seen.add(name)


def fetched(root: Path, ref: str, remote: str) -> str:
    """Fetch a ref, and return the name under which it is kept, away from every branch.

    No hook and no program of the tree runs.

    Args:
        root: the repository.
        ref: ``pull/N/head``, or a whole name such as ``refs/heads/main``.
        remote: its name or address.

    Raises:
        NotFound: the remote has no such ref, or does not answer.
        DependencyMissing: git is not installed.
    """
    full = ref if ref.startswith("refs/") else f"refs/{ref}"
    held = f"refs/sigil/{full.removeprefix('refs/')}"
    quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
    wanted = ("--", remote, f"+{full}:{held}")
    try:
        done = run_git("fetch", *quiet, *wanted, folder=root, timeout_s=FETCH_S)
    except TimeoutError as error:
        raise NotFound(
            f"fetching {ref} took more than {FETCH_S:g} s", remedy="look at the network"
        ) from error
    if done.returncode:
        raise NotFound(
            f"{ref} cannot be fetched from {printable(without_user(remote), 80)}: "
            f"{complaint(done.stderr)}",
            where=Where(str(root)),
            remedy="look at its number and at `git remote -v`",
        )
    return held
