"""A ledger's branch in another git repository: fetched and pushed by the git command.

Git is asked to work on an empty repository of ours, made for the call, that only borrows the
ledger's objects. So no hook and no setting that stands in the ledger's folder is obeyed, while the
user's own settings are: keys, credentials, proxies. Git checks and syncs what it receives, in a
folder of its own that is gone with the call unless what came is kept (`sigil.ledger.receiving`).

Not here: how git is run (`sigil.store.git_command`), what to make of what was fetched
(`sigil.ledger.syncing`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from sigil.errors import (
    Corrupt,
    DiskFull,
    InvalidValue,
    LedgerBroken,
    NotFound,
    SigilError,
    Unreadable,
    Unwritable,
    Where,
)
from sigil.ledger import layout, refs
from sigil.ledger.needs import libraries
from sigil.ledger.receiving import Received
from sigil.ledger.stored import RESTORE
from sigil.printable import printable
from sigil.store import files
from sigil.store.git_command import complaint, run_git, without_user

with libraries():
    from pygit2 import Config, GitError

TIMEOUT_S = 300.0
_FETCHED = "refs/heads/fetched"
_TRACKED = "refs/remotes/origin/ledger"
_SETTINGS = (
    "core.fsync=all", "transfer.fsckObjects=true", "core.logAllRefUpdates=false",
    "push.followTags=false", "push.gpgSign=false", "fetch.pruneTags=false",
    "core.bigFileThreshold=16m",
)  # fmt: skip
_DAMAGE = (
    "is corrupt", "corruption", "loose object", "bad tree object", "bad object", "not our ref 0000",
    "unable to read tree", "missing blob", "missing tree", "did not send all necessary objects",
)  # fmt: skip
"""What git says of a repository whose objects or refs were cut or lost."""
_RACES = ("[rejected]", "cannot lock ref", "failed to update ref", "reference already exists")


@dataclass(frozen=True, slots=True)
class Remote:
    """Another repository.

    Args:
        url: as git takes it: a path, ``ssh://…``, ``https://…``, ``host:path``.
        path: the ledger whose objects are sent and received.
        timeout_s: after which git is stopped.
    """

    url: str
    path: Path
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        """Refuse what git would take for an option.

        Raises:
            InvalidValue: no address.
        """
        if not self.url or self.url.startswith("-") or not self.url.isprintable():
            raise InvalidValue(
                f"{printable(self.url)!r} is no address of a repository",
                remedy="name a path or a URL that git can fetch from",
            )

    @property
    def shown(self) -> str:
        """The address without user and password."""
        return printable(without_user(self.url))

    @property
    def restoring(self) -> str:
        """What to do about a branch there that is not what it was."""
        return (
            "find out who changed it; then restore it where `sigil ledger verify` finds the ledger "
            f"intact: git -C .sigil/ledger push --force {self.shown} ledger"
        )

    @contextlib.contextmanager
    def fetch(self, known: str | None) -> Generator[Received | None]:
        """Receive the remote's newest state for a block, after which it is gone unless it is kept.

        Args:
            known: the commit that is here already; None for none.

        Yields:
            What came; None if the remote has no ledger.

        Raises:
            Unreadable: it cannot be reached or read, or has only a part of the ledger.
            DiskFull: no space here.
            LedgerBroken: an object here is damaged.
            DependencyMissing: git is not installed.
        """
        with files.temporary_directory(self.path) as scratch:
            _prepare(scratch, known)
            objects = self._apart(scratch)
            done = self._git(
                scratch, objects, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
                "--no-recurse-submodules", "--", self.url, f"+{refs.BRANCH}:{_FETCHED}",
            )  # fmt: skip
            missing = f"couldn't find remote ref {refs.BRANCH}" in done.stderr
            if done.returncode and not missing:
                raise self._failed("cannot be read", done.stderr, Unreadable)
            commit = refs.read(scratch, _FETCHED)
            if commit is None and not missing:  # git says so, and ends well
                raise Unreadable(
                    f"the remote {self.shown} has the ledger without its beginning, as a shallow "
                    "clone has it, so git does not take it",
                    remedy="name the repository that it was cloned from, or there: "
                    "git fetch --unshallow",
                )
            yield None if commit is None else Received(commit, Path(objects), Path(self._objects))

    def push(self, commit: str) -> bool:
        """Make a state the remote's newest, if it continues the one that is there.

        Returns:
            False if the remote's state is another one by now.

        Raises:
            Unwritable: it cannot be reached or written.
            DependencyMissing: git is not installed.
        """
        with files.temporary_directory(self.path) as scratch:
            _prepare(scratch, commit)
            done = self._git(
                scratch, self._objects, "push", "--porcelain", "--no-verify",
                "--no-recurse-submodules", "--", self.url, f"{commit}:{refs.BRANCH}",
            )  # fmt: skip
            if done.returncode == 0:
                return True
            if any(race in done.stdout + done.stderr for race in _RACES):
                return False
            raise self._failed("cannot be written", done.stderr or done.stdout, Unwritable)

    @property
    def _objects(self) -> str:
        return str((self.path / "objects").resolve())

    def _apart(self, scratch: Path) -> str:
        """Return a folder for objects that only borrows the ledger's."""
        objects = scratch / "objects"
        for folder in (objects, objects / "info"):
            folder.mkdir()
        files.write_unsynced(objects / "info" / "alternates", f"{self._objects}\n".encode())
        return str(objects)

    def _git(
        self, scratch: Path, objects: str, *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        try:
            return run_git(
                *arguments,
                timeout_s=self.timeout_s,
                settings=_SETTINGS,
                variables={"GIT_DIR": str(scratch), "GIT_OBJECT_DIRECTORY": objects},
            )
        except TimeoutError as error:
            raise Unreadable(
                f"the remote {self.shown} did not answer within {self.timeout_s:g} s",
                remedy="check the network and try again",
            ) from error

    def _failed(self, problem: str, said: str, kind: type[SigilError]) -> SigilError:
        if any(os.strerror(errno.ENOSPC) in line for line in _ours(said)):
            return DiskFull(
                f"no space to keep what git writes ({complaint(said)})",
                where=Where(str(self.path)),
                remedy="free some space or raise the quota, then run it again",
            )
        if self._is_here(said):
            return LedgerBroken(
                f"an object is damaged ({complaint(said)})",
                where=Where(str(self.path)),
                remedy=RESTORE,
            )
        remedy = "check the address, the network and your access to it"
        if any(word in said for word in _DAMAGE):
            problem, remedy = "is damaged", f"see git fsck there; {self.restoring}"
        return kind(f"the remote {self.shown} {problem} ({complaint(said)})", remedy=remedy)

    def _is_here(self, said: str) -> bool:
        """Return whether git fails over a file of the ledger, which the remote cannot know of."""
        return any(f"{self._objects}/" in line for line in _ours(said))


def _ours(said: str) -> list[str]:
    """Return the lines of git that are not the remote's."""
    return [line for line in said.splitlines() if not line.startswith("remote:")]


def remembered(path: Path) -> str | None:
    """Return the address that a ledger's folder names as its remote; None if it names none.

    Raises:
        LedgerBroken: its settings are damaged, so that nobody knows whether there was one.
        Unreadable: the system refuses.
    """
    file = path / "config"
    try:
        named = b'[remote "origin"]' in files.read_file(file)
        settings = {one.name: one.value for one in Config(str(file))}
        url = settings.get("remote.origin.url")
        if settings.get("core.bare") == "true" and (url or not named):
            return url
    except NotFound:
        return None
    except (Corrupt, GitError, UnicodeDecodeError):
        pass
    raise LedgerBroken(
        "is damaged",
        where=Where(str(file)),
        remedy="remove it; if the ledger had a remote, name it again: sigil ledger sync URL",
    )


def remember(path: Path, url: str) -> None:
    """Name a remote in a ledger's folder, as git does; what else its settings say is dropped.

    Raises:
        DiskFull, Unwritable: it cannot be written.
    """
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    section = f'[remote "origin"]\n\turl = "{quoted}"\n\tfetch = +{refs.BRANCH}:{_TRACKED}\n'
    files.write_atomic(path / "config", layout.FILES["config"] + section.encode())


def _prepare(scratch: Path, known: str | None) -> None:
    """Make the smallest repository that git takes for one."""
    for name in ("refs", "refs/heads"):
        (scratch / name).mkdir()
    files.write_unsynced(scratch / "HEAD", f"ref: {refs.BRANCH}\n".encode())
    if known is not None:
        files.write_unsynced(scratch / refs.BRANCH, f"{known}\n".encode())
