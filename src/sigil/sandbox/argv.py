"""How a command line names its program: plain text in, decisions out.

Pure. Says which programs are the target's own interpreter, whether they may run in a prepared
one, and which variables they start with.

Not here: starting anything (`sigil.sandbox.commands`).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sigil.errors import InvalidValue

_INTERPRETER: Final = frozenset({"python", "python3"})
_START_UP: Final = ("LANG", "LANGUAGE", "LC_", "LD_", "MALLOC_", "PYTHON")
"""Variables that an interpreter looks at only when it starts, by their first letters."""
_HARMLESS: Final = {"PYTHONPATH", "PYTHONHASHSEED"}
_SYSTEM_PATH: Final = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
_OPERANDS: Final = 3  # python -m module


def split(command: str | Sequence[str]) -> list[str]:
    """Return a command as its words; a string is split as a shell would, and run without one.

    Raises:
        InvalidValue: an open quotation, no word at all, or a NUL.
    """
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as error:
        raise InvalidValue(f"the command does not parse ({error})") from error
    if not words or not words[0]:
        raise InvalidValue("the command is empty")
    if any("\0" in word for word in words):
        raise InvalidValue("the command has a NUL in it")
    return words


def is_interpreter(word: str, python: Path) -> bool:
    """Say whether ``word`` asks for the target's interpreter, by habit or by name."""
    return word in _INTERPRETER or word in (str(python), python.name)


def warm_form(words: Sequence[str], env: Mapping[str, str]) -> dict[str, object] | None:
    """Return how to run ``words`` in a prepared interpreter.

    Args:
        words: a command whose first word is the target's interpreter.
        env: what the command asks for beyond `environment`.

    Returns:
        ``kind`` (script, module, code), ``name`` and ``args``; None where options of the
        interpreter or its variables ask for a fresh one.
    """
    if any(name.startswith(_START_UP) and name not in _HARMLESS for name in env):
        return None
    if env.get("PYTHONHASHSEED", "0") != "0" or len(words) == 1:
        return None
    first = words[1]
    if not first.startswith("-"):
        return {"kind": "script", "name": first, "args": list(words[2:])} if first else None
    kind = {"-m": "module", "-c": "code"}.get(first)
    if kind is None or len(words) < _OPERANDS:
        return None
    return {"kind": kind, "name": words[2], "args": list(words[_OPERANDS:])}


def environment(python: Path, search: Sequence[str] = ()) -> dict[str, str]:
    """Return the variables that every command starts with; nothing of ours is among them.

    Args:
        python: the target's interpreter; its folder is searched first.
        search: further folders for ``PATH``.
    """
    folders = dict.fromkeys([str(python.parent), *search, *_SYSTEM_PATH])
    return {
        "LANG": "C.UTF-8",
        "PATH": ":".join(folders),
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
    }
