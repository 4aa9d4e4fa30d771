"""Why did tests that may well call a function not run? What was raised, and what helps.

Pure. Not here: running them (`sigil.optimize.generate.recording`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)")


@dataclass(frozen=True, slots=True)
class Unrunnable:
    """Tests that did not run.

    Args:
        problem: which, and why, a clause.
        remedy: what a person can do.
    """

    problem: str
    remedy: str


def unrunnable(
    raised: Mapping[str, str], failed: Collection[str], *, lacks_pytest: bool
) -> Unrunnable | None:
    """Return why some files of tests did not run; None if all of them did.

    Args:
        raised: what each raised that could not be imported.
        failed: those that failed in any way.
        lacks_pytest: whether there was no pytest to run them.
    """
    if raised:
        path, said = next(iter(raised.items()))
        return Unrunnable(f"{_named(path, len(raised))} cannot be imported ({said})", _remedy(said))
    if lacks_pytest and failed:
        what = f"{_named(min(failed), len(failed))} failed without pytest"
        return Unrunnable(f"{what}, which its Python lacks", _installing("pytest"))
    return None


def _named(path: str, count: int) -> str:
    return path if count == 1 else f"{path} and {count - 1} more"


def _remedy(said: str) -> str:
    missing = _MISSING.match(said)
    return _installing(missing[1]) if missing else "make it run by itself first"


def _installing(name: str) -> str:
    return f"install {name} into the repository's .venv, whose Python runs the tests"
