"""The git command, run so that nothing but its arguments says what it does, and where.

    answer = run_git("fetch", "--", remote, ref, folder=root, timeout_s=60)

Promises: the repository is the one that is named, whatever git told the hook that called us by its
variables; no hook, no monitor of files, no helper protocol (``ext::``) and no later housekeeping is
started; nobody is asked at a terminal; it speaks English; and it ends in time, with all that it
started. The user's own settings hold otherwise: keys, credentials, proxies.

What git says went wrong is told in one line (`complaint`): from the outside in, first whoever
carried it (``ssh: … refused``), then its own ``fatal: …``, and without the general advice.

Not here: what to ask of it (`sigil.ledger.remote`, `sigil.gate.revisions`, `sigil.gate.merging`),
objects that are read without it (`sigil.store.git_objects`).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sigil.errors import DependencyMissing
from sigil.printable import printable

GRACE_S = 2.0
"""Seconds in which git may take its locks away once it was told to end."""
_ALWAYS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.ext.allow=never", "gc.auto=0",
    "maintenance.auto=false", "submodule.recurse=false",
)  # fmt: skip
_OF_A_REPOSITORY = frozenset({
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX",
    "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH",
    "GIT_INTERNAL_SUPER_PREFIX", "GIT_ATTR_SOURCE",
})  # fmt: skip
_FIXED = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
_FILTER = re.compile(r"(filter\..+)\.(?:clean|smudge|process|required)")
_ADVICE = ("Please make sure you have", "and the repository exists.", "hint:")
_USER = re.compile(r"(?<=://)[^/@\s]*@")
_LENGTH = 300


def run_git(
    *arguments: str,
    timeout_s: float,
    folder: Path | None = None,
    settings: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run git to its end, and return what it said and its exit code.

    Args:
        arguments: the subcommand, and its own.
        timeout_s: after which it is ended, with all that it started.
        folder: where the repository is looked for; None if ``variables`` say it.
        settings: more of them, each ``name=value``.
        variables: of the environment, beside the user's.

    Raises:
        DependencyMissing: git is not installed.
        TimeoutError: it did not end in time.
    """
    program = shutil.which("git")
    if program is None:
        raise DependencyMissing("git is not installed", remedy="install git")
    command = [program, *(() if folder is None else ("-C", str(folder)))]
    command += [part for setting in (*_ALWAYS, *settings) for part in ("-c", setting)]
    process = subprocess.Popen(
        [*command, *arguments],
        env={**environment(), **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    with process:
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"git did not end within {timeout_s:g} s") from error
        finally:
            if process.returncode is None:
                _end(process)
    return subprocess.CompletedProcess(process.args, process.wait(), out, err)


def without_filters(folder: Path, *, timeout_s: float) -> list[str]:
    """Return the settings under which git writes files as it stores them.

    Which file goes through which filter is said by ``.gitattributes``, and so by a change.

    Args:
        folder: of the repository.
        timeout_s: see `run_git`.

    Raises:
        DependencyMissing, TimeoutError: see `run_git`.
    """
    names = ("config", "-z", "--name-only", "--get-regexp", r"^filter\.")
    listed = run_git(*names, folder=folder, timeout_s=timeout_s).stdout.split("\0")
    filters = {found[1] for name in listed if (found := _FILTER.fullmatch(name))}
    nothing = ("clean=", "smudge=", "process=", "required=false")
    return [f"{one}.{setting}" for one in sorted(filters) for setting in nothing]


def complaint(said: str) -> str:
    """Return what git's standard error says, without users and passwords of addresses.

    Args:
        said: all of it.
    """
    lines = (line.strip() for line in said.splitlines())
    told = [line for line in lines if line and not line.startswith(_ADVICE)]
    return printable(without_user("; ".join(told) or "git does not say why"), _LENGTH)


def without_user(text: str) -> str:
    """Return a text in which no address names a user or a password."""
    return _USER.sub("", text)


def environment() -> dict[str, str]:
    """Return ours without what would point git at another repository, or at other objects."""
    own = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    return {**own, **_FIXED}


def _end(process: subprocess.Popen[str]) -> None:
    """End git and all that it started; politely first, so that no lock is left behind."""
    try:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=GRACE_S)
    finally:
        if process.returncode is None:
            _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
