"""Which functions of a repository does its test suite spend its time in?

The tests run once under the profiler of the standard library, in the commands face of the
sandbox. Times are those of a profiled run: good for an order, not for a figure.

Not here: which of them can be improved (`sigil.optimize.generate.generating`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sigil.errors import InvalidValue, NotFound
from sigil.evaluate.interpreter import choose_python, introduce
from sigil.optimize.generate.locating import functions_of
from sigil.optimize.generate.recording import fields_of, run_tests
from sigil.optimize.generate.testing import is_test
from sigil.optimize.generate.unrunnable import Unrunnable, unrunnable
from sigil.printable import printable
from sigil.sandbox.base import Base, freeze, manifest
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.model import Level
from sigil.search.definitions import NotPython
from sigil.store.files import sweep, temporary_directory


@dataclass(frozen=True, slots=True)
class Profiled:
    """One function, as the profiler saw it.

    Args:
        path: of its file, relative to the root.
        qualname: such as ``name`` or ``Class.name``.
        calls: how many.
        own_s: seconds in itself.
        total_s: seconds in itself and what it calls.
    """

    path: str
    qualname: str
    calls: int
    own_s: float
    total_s: float

    @property
    def reference(self) -> str:
        """Return ``path.py:qualname``."""
        return f"{self.path}:{self.qualname}"

    def as_json(self) -> dict[str, object]:
        """Return the row as ``--json`` prints it."""
        times = {"own_s": round(self.own_s, 6), "total_s": round(self.total_s, 6)}
        return {"function": self.reference, "calls": self.calls, **times}


def profile_tests(
    root: Path, *, seconds: float, level: Level | None = None, unsafe: bool = False
) -> list[Profiled]:
    """Return the functions that the tests of a repository call, the most time first.

    Args:
        root: the repository.
        seconds: deadline of the tests.
        level: demand exactly this rung of the sandbox.
        unsafe: whether no isolation at all is acceptable.

    Raises:
        NotFound: it has no tests, or they call none of its functions.
        SandboxUnavailable: they cannot be run.
    """
    place = Path(tempfile.gettempdir())
    sweep(place)  # what killed processes left there
    with temporary_directory(place) as scratch:
        base = freeze(root, scratch / "base")
        tests = [path for path, _, _ in manifest(base) if is_test(path)]
        if not tests:
            raise NotFound(
                f"no tests in {root}", remedy="name a function with --function path.py:name"
            )
        config = {
            "file": "",
            "qualname": "",
            "is_method": False,
            "roots": ["src", "."],
            "tests": tests,
            "doctests": [],
            "profile": True,
        }
        interpreter = introduce(choose_python(root, None))
        with CommandSandbox(
            python=interpreter.python, readable=interpreter.path, level=level, unsafe=unsafe
        ) as sandbox:
            lines, result = run_tests(sandbox, base, config, scratch=scratch, seconds=seconds)
        found = _functions(lines, base)
    if not found:
        ended = "did not end in time" if result.ending == "timeout" else _ending(lines)
        unrun = _unrunnable(lines)
        why = f"; {unrun.problem}" if unrun else ""
        or_ = f"{unrun.remedy}, or " if unrun else ""
        raise NotFound(
            f"the tests of {root} {ended}{why}", remedy=f"{or_}name a function with --function"
        )
    return found


def _ending(lines: Iterable[str]) -> str:
    """Return that nothing was called, with what the test runner said at its end."""
    for line in lines:
        match fields_of(line):
            case ["ended", int(), str(said)]:
                return f"call none of its functions ({printable(said.strip(' ='), 200)})"
            case _:
                continue
    return "call none of its functions"


def _unrunnable(lines: Iterable[str]) -> Unrunnable | None:
    """Return why tests did not run, as far as the recorder says."""
    raised: dict[str, str] = {}
    failed: set[str] = set()
    lacks_pytest = False
    for line in lines:
        match fields_of(line):
            case ["unrun", str(path), str(said)]:
                raised[printable(path, 120)] = printable(said, 200)
            case ["failed", str(path), str()]:
                failed.add(printable(path, 120))
            case ["note", "no pytest"]:
                lacks_pytest = True
            case _:
                continue
    return unrunnable(raised, failed, lacks_pytest=lacks_pytest)


def _functions(lines: Iterable[str], base: Base) -> list[Profiled]:
    known: dict[str, dict[int, str]] = {}
    found: list[Profiled] = []
    for line in lines:
        match fields_of(line):
            case ["profile", str(path), int(first), str(), int(calls), own, total]:
                if is_test(path) or not path.endswith(".py"):
                    continue
                if path not in known:
                    known[path] = _names(base.path / path)
                name = known[path].get(first)
                if name is not None:
                    found.append(Profiled(path, name, calls, float(own), float(total)))
            case _:
                continue
    return sorted(found, key=lambda one: (-one.total_s, one.reference))


def _names(file: Path) -> dict[int, str]:
    """Return the functions of a file by the line that an interpreter says they begin at."""
    try:
        found = list(functions_of(file.read_text("utf-8")))
    except (NotPython, OSError, UnicodeDecodeError, InvalidValue):
        return {}
    return {
        min([node.lineno, *(one.lineno for one in node.decorator_list)]): name
        for name, node in found
    }
