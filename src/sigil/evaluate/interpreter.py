"""What is the interpreter that a target runs under, and what can it import?

Asked once per run, of a fresh isolated process of that interpreter; the answer is plain
data that travels to every lane.

Not here: the interpreter's life in the sandbox (`sigil.sandbox`).
"""

from __future__ import annotations

import ast
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigil.errors import InvalidValue, Where

PROBE_S = 30.0
"""Seconds that an interpreter may take to introduce itself."""

_PROBE = """
import sys, sysconfig
stdlib = [sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib")]
stdlib += [entry for entry in sys.path if entry.endswith(("lib-dynload", ".zip"))]
print(ascii({
    "version": sys.version.split()[0],
    "implementation": sys.implementation.name,
    "stdlib": stdlib,
    "path": [entry for entry in sys.path if entry and entry not in stdlib],
    "builtin": sorted(sys.builtin_module_names),
}))
"""
"""Imports as little as it can: whatever else it needs is half of what starting it takes."""
_LONGEST_ANSWER = 2**20
_NOT_TOLD = (
    ValueError, SyntaxError, TypeError, LookupError, AttributeError, MemoryError, RecursionError
)  # fmt: skip
"""What reading raises of what anybody else may print."""
_KNOWN_AS = {"cpython": "CPython", "pypy": "PyPy"}

_NAMED = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-py\d[^-]*)?\.(?:dist|egg)-info")
"""A folder or file by which an installed distribution says what it is."""
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python interpreter, as it described itself.

    Args:
        python: its executable, as it is to be started (a venv's link stays a link).
        version: such as ``3.11.7``.
        implementation: such as ``CPython``.
        stdlib: folders of its standard library.
        path: the rest of its ``sys.path``: third-party packages.
        builtin: names of the modules that are compiled in.
    """

    python: Path
    version: str
    implementation: str
    stdlib: tuple[Path, ...] = ()
    path: tuple[Path, ...] = ()
    builtin: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Return whether ``name`` is a module that this interpreter can find by its files."""
        if name in self.builtin:
            return True
        parts = name.split(".")
        return any(_holds(folder.joinpath(*parts)) for folder in (*self.stdlib, *self.path))


def choose_python(repo: Path, wanted: str | None, where: Where | None = None) -> Path:
    """Return the interpreter for a repository: what the eval says, its ``.venv``, or our own.

    Args:
        repo: the user's repository, which relative paths are relative to.
        wanted: the eval's ``python``: a path or the name of a program; None to choose.
        where: the place of ``wanted``, for the error.

    Raises:
        InvalidValue: ``wanted`` does not exist.
    """
    if wanted is None:
        own = repo / ".venv" / "bin" / "python"
        return own if own.exists() else Path(sys.executable)
    found = repo / Path(wanted).expanduser() if "/" in wanted else _on_path(wanted)
    if found is None or not found.exists():
        raise InvalidValue(
            f"there is no interpreter {wanted}", where=where, remedy="give a path to a python"
        )
    return found


def introduce(python: Path, where: Where | None = None) -> Interpreter:
    """Start ``python`` once and return its description.

    Raises:
        InvalidValue: it cannot be started, or is not a Python of version 3.9 or later.
    """
    try:
        found, version = _asked(python)
    except (OSError, subprocess.SubprocessError, *_NOT_TOLD) as error:
        raise InvalidValue(
            f"{python} does not answer as a Python interpreter ({type(error).__name__})",
            where=where,
            remedy="give the path of a working CPython",
        ) from error
    if version < (3, 9):
        raise InvalidValue(
            f"{python} is Python {found.version}", where=where, remedy="give Python 3.9 or later"
        )
    return found


def distributions(interpreter: Interpreter) -> list[str]:
    """Return ``name==version`` of what is installed for an interpreter, sorted.

    By the names of the folders that installers write (binary distribution format of PyPA, and
    eggs): nothing is opened and nothing started. Names are as an index compares them.
    """
    found = (_NAMED.fullmatch(one.name) for folder in interpreter.path for one in _entries(folder))
    told = ((_SEPARATORS.sub("-", one["name"]).lower(), one["version"]) for one in found if one)
    return sorted({f"{name}=={version}" for name, version in told})


def _entries(folder: Path) -> list[Path]:
    """Return what a folder holds; a path entry that is none, such as an archive, holds nothing."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def machine() -> dict[str, object]:
    """Return what of this machine a measured value depends on."""
    return {
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
    }


def _asked(python: Path) -> tuple[Interpreter, tuple[int, ...]]:
    """Return what an interpreter says of itself, and its version as numbers.

    Raises:
        OSError, SubprocessError: it does not start, or takes too long.
        ValueError: with all of `_NOT_TOLD`: what it says is no such description.
    """
    answer = subprocess.run(
        [str(python), "-I", "-c", _PROBE],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=PROBE_S,
        check=True,
    )
    if len(answer.stdout) > _LONGEST_ANSWER or b"\\x00" in answer.stdout:
        raise ValueError("no description")
    told: dict[str, Any] = ast.literal_eval(answer.stdout.decode("ascii"))
    implementation = str(told["implementation"])
    found = Interpreter(
        python=python,
        version=str(told["version"]),
        implementation=_KNOWN_AS.get(implementation, implementation),
        stdlib=tuple(dict.fromkeys(map(Path, told["stdlib"]))),
        path=tuple(map(Path, told["path"])),
        builtin=frozenset(map(str, told["builtin"])),
    )
    return found, tuple(int(part) for part in found.version.split(".")[:2])


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _holds(stem: Path) -> bool:
    if stem.with_name(f"{stem.name}.py").is_file() or stem.is_dir():
        return True
    return any(stem.parent.glob(f"{stem.name}.*.so")) or stem.with_name(f"{stem.name}.so").is_file()
