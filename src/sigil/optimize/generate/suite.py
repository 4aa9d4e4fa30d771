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

from sigil.optimize.generate.gathering import Gathered
from sigil.optimize.generate.recording import roots_of
from sigil.optimize.generate.workshop import Workshop
from sigil.sandbox.checkout import open_checkout
from sigil.sandbox.model import Limits

MOST_S = 5.0
"""What takes longer is not run for every candidate."""
DEADLINE_S = 10.0
_OPTIONS = "-q -x --no-header --tb=line -p no:cacheprovider -p no:randomly -p no:xdist -o addopts="


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
    if not recorded.calls or recorded.failed or not recorded.files:
        return Suite()
    near = [one.path for one in gathered.tests if one.nearness and one.path in recorded.files]
    files = near or list(recorded.files)
    took: float | None = None
    with workshop.commands() as sandbox:
        for command in _commands(workshop, files):
            with open_checkout(workshop.base, {}, scratch=workshop.settings.scratch) as checkout:
                limits = Limits(wall_s=DEADLINE_S, memory_bytes=2 * 2**30)
                result = sandbox.run(command, checkout=checkout, limits=limits)
            if result.ending == "timeout":
                took = DEADLINE_S
            if result.exit_code != 0 or b"Ran 0 tests" in result.stderr:
                continue
            took = result.elapsed_ns / 1e9
            if took <= MOST_S:
                return Suite(command)
    reason = "do not run by one command here" if took is None else f"take over {MOST_S:g} s"
    return Suite(note=f"its tests {reason}, so candidates are not put to them")


def _commands(workshop: Workshop, files: list[str]) -> Iterator[str]:
    roots = roots_of(workshop.request.function.path, workshop.base.path)
    path = shlex.quote(f"pythonpath={' '.join(roots)}")
    named = shlex.join(files)
    yield f"python -m pytest {_OPTIONS} -o {path} {named}"
    yield f"python -m unittest -q {named}"
