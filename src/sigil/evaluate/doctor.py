"""Could a candidate of this eval print its own score? Read from syntax, before any run.

A metric that is parsed from what a command prints counts whoever prints it. If the command
is itself pinned, the candidate *is* the scorer; if its process imports a pinned file, code of
the candidate runs beside the scorer and can print, exit or patch it; and so it does in a
program that the eval builds from a pinned file. Kind ``call`` has none of these problems:
there the scorer is another process.

Not here: trying it (`sigil.evaluate.cheats`), what the sandbox holds (`sigil doctor`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from sigil.evaluate.cheats.forging import words_of
from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.parsing import WallTime
from sigil.evaluate.target import Target

_INTERPRETER_OPTIONS = 2


def cheat_warnings(definition: Eval, target: Target) -> list[str]:
    """Return one line for each metric that a candidate could influence otherwise than by merit.

    A line begins with ``error`` where the pinned text is the measuring program, with
    ``warning`` where it runs in the same process.
    """
    return [line for metric in definition.model.metrics for line in _of(metric, definition, target)]


def _of(metric: Metric, definition: Eval, target: Target) -> Iterator[str]:
    if metric.kind == "call":
        yield from _of_scorer(metric, definition, target)
        yield from _of_unchecked(metric, definition)
        return
    where = definition.where_metric(metric.id, "command")
    script = _script(metric.command or "", target)
    if script is None:
        source = _source_of(metric.command or "", definition, target)
        if source is not None and not isinstance(definition.forms.get(metric.id), WallTime):
            yield (
                f"warning: {where}: what it starts is built from {source}, so a candidate's code"
                " runs in the process whose output is the metric, and could print it; let a"
                " program outside of the pins start it and check its answers"
            )
        return
    if script in target.files:
        yield (
            f"error: {where}: {script} is pinned, so the candidate writes the program that"
            " measures it; measure from a file outside of the pins"
        )
        return
    reached = [path for path in target.imported_files(script) if path in target.files]
    if reached and not isinstance(definition.forms.get(metric.id), WallTime):
        yield (
            f"warning: {where}: {script} imports {reached[0]}, so a candidate's code runs in the"
            " process whose output is the metric, and could print it; prefer kind: call"
        )


def _of_scorer(metric: Metric, definition: Eval, target: Target) -> Iterator[str]:
    """Yield a note on a scorer inside a pin: it is judged with the baseline's text."""
    path = (metric.measure or "").partition(":")[0]
    if path in target.files:
        where = definition.where_metric(metric.id, "measure")
        yield (
            f"warning: {where}: the scorer stands in the pinned file {path}; the unchanged text"
            " of that file is used, whatever a candidate makes of it"
        )


def _of_unchecked(metric: Metric, definition: Eval) -> Iterator[str]:
    """Yield a note on a time that nothing else goes with: the quickest answer is a wrong one."""
    if metric.measure == "time" and all(metric.is_time for metric in definition.model.metrics):
        where = definition.where_metric(metric.id)
        yield (
            f"warning: {where}: nothing checks the answers that {metric.id} times, so a candidate"
            " may answer anything; add a metric of kind: call with measure: matches"
        )


def _script(command: str, target: Target) -> str | None:
    """Return the Python file of the repository that a command starts, if it starts one."""
    words = shlex.split(command)
    if len(words) >= _INTERPRETER_OPTIONS and PurePosixPath(words[0]).name.startswith("python"):
        words = words[1:]
        if words[0] == "-m" and len(words) > 1:
            words = [f"{words[1].replace('.', '/')}.py"]
    path = str(PurePosixPath(words[0]))
    return path if path.endswith(".py") and target.has(path) else None


def _source_of(command: str, definition: Eval, target: Target) -> str | None:
    """Return a pinned file that the build names, if the command starts what the build made."""
    program = shlex.split(command)[0]
    if "/" not in program or program.startswith("/") or target.has(str(PurePosixPath(program))):
        return None
    lines = definition.model.build
    named = {str(PurePosixPath(word)) for line in lines for word in words_of(line)}
    return next((path for path in sorted(target.files) if path in named), None)
