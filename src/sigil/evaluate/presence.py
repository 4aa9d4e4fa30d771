"""Is every program there that an eval names? Asked before anything runs.

A look at the frozen tree and at the folders in which commands look for programs; nothing is
started. What a generator or a build may yet write is not asked for.

Not here: whether a program does what it should (`sigil.evaluate.baseline`).
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from sigil.errors import CommandMissing
from sigil.evaluate.consistency import commands_of
from sigil.evaluate.definition import Eval
from sigil.evaluate.target import Target
from sigil.sandbox.argv import environment, is_interpreter


def preflight(definition: Eval, target: Target) -> None:
    """Look for the program, and for the script, of every command.

    Args:
        definition: the eval.
        target: its frozen tree and its interpreter.

    Raises:
        CommandMissing: for the first one that is not there, with its place in the eval.
    """
    model = definition.model
    written = False  # whether a command before may have written what comes later
    for name, command in commands_of(model):
        alone = name == "holdout.generator"
        missing = _missing(shlex.split(command), target, written=written and not alone)
        if missing is not None:
            raise CommandMissing(
                f"there is no {missing}",
                where=definition.where(name),
                remedy="check the path, which is relative to the repository's root"
                if "/" in missing or missing.endswith(".py")
                else "install it, or give its path in the repository",
            )
        written = written or name == "inputs.generator" or name.startswith("build[")


def _missing(words: list[str], target: Target, *, written: bool) -> str | None:
    """Return the program or the script that does not exist."""
    program = words[0]
    python = target.interpreter.python
    if is_interpreter(program, python):
        script = words[1] if len(words) > 1 else "-"
        return None if script.startswith("-") else _not_there(script, target, written=written)
    if "/" in program:
        return _not_there(program, target, written=written)
    allowed = [str(path) for path in target.interpreter.path]
    ours = os.environ.get("PATH", "").split(os.pathsep)
    search = [folder for folder in ours if any(Path(folder).is_relative_to(a) for a in allowed)]
    folders = environment(python, search)["PATH"].split(":")
    return (
        None if any(os.access(Path(folder) / program, os.X_OK) for folder in folders) else program
    )


def _not_there(path: str, target: Target, *, written: bool) -> str | None:
    """Return a path that is neither in the tree nor may be written before it is needed."""
    there = (target.base.path / path).exists()  # an absolute path stays what it is
    return None if there or written else path
