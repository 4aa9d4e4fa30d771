"""Which remotes of a repository hold a ledger? Asked of git, and nothing is fetched.

A ledger is the branch `sigil.ledger.refs.BRANCH` of any repository, often that of the code. So
whoever is about to begin one looks here first, because two that begin apart never become one.

Not here: taking it (`sigil.ledger.syncing`).
"""

from __future__ import annotations

from pathlib import Path

from sigil.errors import Unreadable
from sigil.ledger import refs
from sigil.printable import printable
from sigil.store.git_command import complaint, run_git

TIMEOUT_S = 30.0
"""Seconds that a remote has to answer."""


def remotes_of(folder: Path) -> list[str]:
    """Return the names of a repository's remotes, ``origin`` first; none where there is none.

    Raises:
        DependencyMissing: git is not installed.
        Unreadable: git does not end.
    """
    try:
        said = run_git("remote", folder=folder, timeout_s=TIMEOUT_S).stdout
    except TimeoutError as error:
        raise Unreadable(str(error)) from error
    return sorted(said.splitlines(), key=lambda name: (name != "origin", name))


def holds_ledger(folder: Path, name: str) -> bool:
    """Say whether a remote of a repository holds a ledger.

    Args:
        folder: of the repository.
        name: of the remote.

    Raises:
        DependencyMissing: git is not installed.
        Unreadable: the remote does not answer.
    """
    asked = ("ls-remote", "--", name, refs.BRANCH)
    try:
        done = run_git(*asked, folder=folder, timeout_s=TIMEOUT_S)
    except TimeoutError as error:
        raise Unreadable(f"the remote {printable(name)} does not answer ({error})") from error
    if done.returncode == 0:  # git lists whatever ends in that name, too
        return any(line.split("\t")[1:] == [refs.BRANCH] for line in done.stdout.splitlines())
    raise Unreadable(f"the remote {printable(name)} cannot be read ({complaint(done.stderr)})")
