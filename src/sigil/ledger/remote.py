"""A ledger's branch in another git repository: fetched and pushed by the git command.

Git is asked to work on an empty repository of ours, made for the call, that only borrows the
ledger's objects. So no hook and no setting that stands in the ledger's folder is obeyed, while the
user's own settings are: keys, credentials, proxies. Git never asks at the terminal, runs no helper
protocol (``ext::``), and checks and syncs what it receives.

Not here: what to make of what was fetched (`sigil.ledger.syncing`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sigil.errors import DependencyMissing, InvalidValue, SigilError, Unreadable, Unwritable
from sigil.ledger import layout, refs
from sigil.ledger.complaint import complaint, without_user
from sigil.ledger.needs import libraries
from sigil.printable import printable
from sigil.store import files

with libraries():
    from pygit2 import Config, GitError

TIMEOUT_S = 300.0
_FETCHED = "refs/heads/fetched"
_TRACKED = "refs/remotes/origin/ledger"
_SETTINGS = (
    "core.fsync=all", "core.hooksPath=/dev/null", "protocol.ext.allow=never", "gc.auto=0",
    "maintenance.auto=false", "transfer.fsckObjects=true", "core.logAllRefUpdates=false",
    "push.followTags=false", "push.gpgSign=false", "fetch.pruneTags=false", "init.templateDir=",
)  # fmt: skip
_OF_A_REPOSITORY = frozenset({
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX",
    "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH",
})  # fmt: skip
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

    def fetch(self, known: str | None) -> str | None:
        """Receive the remote's newest state.

        Args:
            known: the commit that is here already; None for none.

        Returns:
            The id of the commit; None if the remote has no ledger.

        Raises:
            Unreadable: it cannot be reached or read.
            DependencyMissing: git is not installed.
        """
        with files.temporary_directory(self.path) as scratch:
            _prepare(scratch, known)
            done = self._git(
                scratch, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
                "--no-recurse-submodules", "--", self.url, f"+{refs.BRANCH}:{_FETCHED}",
            )  # fmt: skip
            if done.returncode == 0:
                return refs.read(scratch, _FETCHED)
            if f"couldn't find remote ref {refs.BRANCH}" in done.stderr:
                return None
            raise self._failed("cannot be read", done.stderr, Unreadable)

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
                scratch, "push", "--porcelain", "--no-verify", "--no-recurse-submodules", "--",
                self.url, f"{commit}:{refs.BRANCH}",
            )  # fmt: skip
            if done.returncode == 0:
                return True
            if any(race in done.stdout + done.stderr for race in _RACES):
                return False
            raise self._failed("cannot be written", done.stderr or done.stdout, Unwritable)

    def _git(self, scratch: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        environment = _environment(os.environ) | {
            "GIT_DIR": str(scratch),
            "GIT_OBJECT_DIRECTORY": str((self.path / "objects").resolve()),
        }
        return _run(["git", *settings, *arguments], environment, self)

    def _failed(self, problem: str, said: str, kind: type[SigilError]) -> SigilError:
        return kind(
            f"the remote {self.shown} {problem} ({complaint(said)})",
            remedy="check the address, the network and your access to it",
        )


def remembered(path: Path) -> str | None:
    """Return the address that a ledger's folder names as its remote; None if it names none."""
    try:
        return str(Config(str(path / "config"))["remote.origin.url"])
    except (KeyError, OSError, GitError):
        return None


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


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the user's environment without what would point git at another repository."""
    kept = {name: value for name, value in given.items() if name not in _OF_A_REPOSITORY}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_NO_REPLACE_OBJECTS": "1"}


def _run(
    command: Sequence[str], environment: Mapping[str, str], remote: Remote
) -> subprocess.CompletedProcess[str]:
    """Run git to its end, or to the end of its time, with all that it started."""
    try:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise DependencyMissing("git is not installed", remedy="install git") from error
    with process:
        try:
            out, err = process.communicate(timeout=remote.timeout_s)
        except subprocess.TimeoutExpired as error:
            raise Unreadable(
                f"the remote {remote.shown} did not answer within {remote.timeout_s:g} s",
                remedy="check the network and try again",
            ) from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.wait(), out, err)
