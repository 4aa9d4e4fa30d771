"""The repository's own tests as a check that every candidate has to pass.

Inputs that were recorded say nothing of what a call was never made with; the tests know more
than values: iterators, exceptions, objects. They are run by a command of the eval, in the
checkout of each candidate that answers alike.

Not here: recording calls (`recording`), the document (`writing`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from sigil.optimize.generate.gathering import Gathered
from sigil.optimize.generate.recording import roots_of
from sigil.optimize.generate.workshop import Workshop
from sigil.sandbox.checkout import open_checkout
from sigil.sandbox.model import Limits

MOST_S = 5.0
"""What takes longer is not run for every candidate."""
DEADLINE_S = 10.0
_NAMED_AT_MOST = 100
"""More tests than that are not named one by one."""
_NO_PYTEST = b"No module named pytest"
_OPTIONS = "-q -x --no-header --tb=line -p no:cacheprovider -p no:randomly -p no:xdist -o addopts="
_WITHOUT_HYPOTHESIS = " -p no:hypothesispytest"
"""Its plugin imports all of it at the end of every run, which takes longer than most tests."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What to run, or why not.

    Args:
        command: a command of the eval that exits with 0; empty if there is none.
        note: what a person should know, as a clause; empty if nothing.
    """

    command: str = ""
    note: str = ""


def find_suite(workshop: Workshop, gathered: Gathered) -> Suite:
    """Return the command that runs the tests which call the function, if they pass in time."""
    recorded = gathered.recorded
    if not recorded.calls or not recorded.files:
        return Suite()
    failing = sorted(recorded.calling & recorded.broken)
    if failing:
        path, name = failing[0]
        count = f" and {len(failing) - 1} more" if len(failing) > 1 else ""
        reason = f"a test that calls it fails ({path}, {name}{count})"
        return Suite(note=f"{reason}, so candidates are not put to its tests")
    took: float | None = None
    lacks_pytest = False
    with workshop.commands() as sandbox:
        for command in _commands(workshop, gathered):
            with open_checkout(workshop.base, {}, scratch=workshop.settings.scratch) as checkout:
                limits = Limits(wall_s=DEADLINE_S, memory_bytes=2 * 2**30)
                result = sandbox.run(command, checkout=checkout, limits=limits)
            if result.ending == "timeout":
                took = DEADLINE_S
            lacks_pytest |= _NO_PYTEST in result.stderr
            if result.exit_code != 0 or b"Ran 0 tests" in result.stderr:
                continue
            took = result.elapsed_ns / 1e9
            if took <= MOST_S:
                return Suite(command)
    reason = f"take over {MOST_S:g} s"
    if took is None:
        missing = " (its Python has no pytest)" if lacks_pytest else ""
        reason = f"do not run by one command here{missing}"
    return Suite(note=f"its tests {reason}, so candidates are not put to them")


def _commands(workshop: Workshop, gathered: Gathered) -> Iterator[str]:
    """Yield commands for whole files if nothing in them fails, then for the calling tests alone."""
    recorded = gathered.recorded
    roots = roots_of(workshop.request.function.path, workshop.base.path)
    path = shlex.quote(f"pythonpath={' '.join(roots)}")
    options = f"{_OPTIONS}{_WITHOUT_HYPOTHESIS if recorded.is_hypothesis_idle else ''}"
    pytest, unittest = f"python -m pytest {options} -o {path}", "python -m unittest -q"
    if not recorded.broken:
        near = [one.path for one in gathered.tests if one.nearness and one.path in recorded.files]
        named = shlex.join(near or recorded.files)
        yield f"{pytest} {named}"
        yield f"{unittest} {named}"
    calling = sorted(recorded.calling)
    if 0 < len(calling) <= _NAMED_AT_MOST:
        places = ["::".join([file, *name.split(".")]) for file, name in calling]
        yield f"{pytest} {shlex.join(places)}"
        modules = [".".join(PurePosixPath(file).with_suffix("").parts) for file, _ in calling]
        dotted = [f"{module}.{name}" for module, (_, name) in zip(modules, calling, strict=True)]
        yield f"{unittest} {shlex.join(dotted)}"
