"""Calls of a function that the repository's own tests make.

The tests run in the commands face of the sandbox: in a scratch checkout, without network,
under a deadline. What comes out is read as literals, never executed.

Not here: the program that runs there (`sigil.optimize.generate.recorder`), which tests
(`sigil.optimize.generate.testing`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, cast

from sigil.evaluate.literals import NotLiteral, read_literal
from sigil.optimize.generate.locating import Function
from sigil.printable import printable
from sigil.sandbox.base import Base
from sigil.sandbox.checkout import open_checkout
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.model import Case, CommandResult, Limits

_RECORDER = "sigil_recorder.py"
_CONFIG = "sigil_recorder.json"
_OUT = "sigil_recorder.out"
_QUALIFIED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
MOST_CALLS = 1_500
MOST_BYTES = 4 * 2**20
_NO_PYTEST = (
    "the interpreter has no pytest, so fixtures and marks were not run; "
    "install it into the repository's .venv"
)
_SAID = 200
"""Characters of what somebody else said."""
_ENDINGS = {
    "timeout": "did not end in time",
    "memory": "needed too much memory",
    "signalled": "died of a signal",
    "flood": "printed too much",
}


@dataclass(frozen=True, slots=True)
class Recording:
    """What was seen while tests ran.

    Args:
        calls: distinct calls, in order. Of a method, the first argument is the object's
            attributes.
        not_plain: what kept calls from being recorded, such as a class's name, with how often.
        notes: what a person should know of how the tests ran, each a clause.
        ending: that not all of them passed, a clause; empty if all did.
        files: the test files that ran.
        failed: the tests that failed, by path and name.
        passed: those that surely ran and passed, in each of their forms.
        skipped: those that were skipped, or failed as they are expected to, in each form.
        calling: the tests that call the function, by path and qualified name.
        broken: the tests that failed, by path and qualified name.
        unrun: the test files that could not be imported, each with what was raised.
        lacks_pytest: whether the interpreter has none, so that what needs it fails.
        is_hypothesis_idle: whether pytest has the plugin of Hypothesis, and nothing imported that.
    """

    calls: tuple[Case, ...] = ()
    not_plain: Counter[str] = field(default_factory=Counter[str])
    notes: tuple[str, ...] = ()
    ending: str = ""
    files: tuple[str, ...] = ()
    failed: frozenset[tuple[str, str]] = frozenset()
    passed: frozenset[tuple[str, str]] = frozenset()
    skipped: frozenset[tuple[str, str]] = frozenset()
    calling: frozenset[tuple[str, str]] = frozenset()
    broken: frozenset[tuple[str, str]] = frozenset()
    unrun: Mapping[str, str] = field(default_factory=dict[str, str])
    lacks_pytest: bool = False
    is_hypothesis_idle: bool = False

    def calling_files(self) -> list[str]:
        """Return the test files that call the function, by name; none if that is not known."""
        return sorted({path for path, _ in self.calling})


def record_calls(
    sandbox: CommandSandbox,
    base: Base,
    function: Function,
    *,
    tests: Sequence[str],
    doctests: Sequence[str] = (),
    scratch: Path,
    seconds: float,
) -> Recording:
    """Run tests and return the calls of ``function`` that they made.

    Args:
        sandbox: of the target's interpreter.
        base: the frozen repository.
        function: whose calls count; only those that come from outside of it.
        tests: files for pytest or unittest, relative to the root.
        doctests: modules and texts whose examples are run too.
        scratch: a folder for checkouts.
        seconds: deadline of the whole.
    """
    config = {
        "file": function.path,
        "qualname": function.qualname,
        "is_method": function.is_method,
        "roots": roots_of(function.path, base.path),
        "tests": list(tests),
        "doctests": list(doctests),
        "profile": False,
    }
    lines, result = run_tests(sandbox, base, config, scratch=scratch, seconds=seconds)
    return _read(lines, result, (*tests, *doctests))


def run_tests(
    sandbox: CommandSandbox,
    base: Base,
    config: Mapping[str, object],
    *,
    scratch: Path,
    seconds: float,
) -> tuple[list[str], CommandResult]:
    """Run `sigil.optimize.generate.recorder` and return the lines that it wrote."""
    told = {**config, "out": _OUT, "calls": MOST_CALLS, "bytes": MOST_BYTES}
    changes = {
        _RECORDER: Path(__file__).with_name("recorder.py").read_bytes(),
        _CONFIG: json.dumps(told).encode(),
    }
    limits = Limits(wall_s=seconds, memory_bytes=2 * 2**30, output_bytes=32 * 2**20)
    with open_checkout(base, changes, scratch=scratch) as checkout:
        command = ["python", _RECORDER, _CONFIG]
        result = sandbox.run(command, checkout=checkout, limits=limits)
        found = checkout.read(_OUT) or b""
    return found.decode("utf-8", "replace").splitlines(), result


def roots_of(path: str, tree: Path) -> list[str]:
    """Return the folders that have to be on the path for a module to be imported by its name."""
    folder = PurePosixPath(path).parent
    while folder.name and (tree / folder / "__init__.py").is_file():
        folder = folder.parent
    return list(dict.fromkeys([str(folder), "src", "."]))


def _read(lines: Iterable[str], result: CommandResult, files: tuple[str, ...]) -> Recording:
    calls: list[Case] = []
    not_plain: Counter[str] = Counter()
    noted: set[str] = set()
    ending = ""
    tests: dict[str, set[tuple[str, str]]] = {
        "failed": set(), "passed": set(), "skipped": set(), "called": set(), "broken": set(),
        "unrun": set(),
    }  # fmt: skip
    for line in lines:
        match fields_of(line):
            case ["call", str(args), str(kwargs)] if len(calls) < MOST_CALLS:
                calls.extend(_case(args, kwargs))
            case ["not plain", str(what)]:
                not_plain[printable(what, 80)] += 1
            case [str(outcome), str(path), str(name)] if outcome in tests:
                tests[outcome].add((path, name))
            case ["note", str(said)]:
                noted.add(said)
            case ["ended", code, str(said)]:
                ending = _ended(code, said)
            case _:
                continue
    notes = [_NO_PYTEST] if "no pytest" in noted else []
    if result.ending in _ENDINGS:
        notes.append(f"the tests {_ENDINGS[result.ending]}; what they called before that counts")
    failed, passed = tests["failed"], tests["passed"] - tests["failed"]
    return Recording(
        calls=tuple(calls),
        not_plain=not_plain,
        notes=tuple(notes),
        ending=ending,
        files=files,
        failed=frozenset(failed),
        passed=frozenset(passed),
        skipped=frozenset(tests["skipped"] - passed - failed),
        calling=frozenset(_nameable(tests["called"], files)),
        broken=frozenset(_nameable(tests["broken"], files)),
        unrun={path: printable(said, _SAID) for path, said in sorted(tests["unrun"])},
        lacks_pytest="no pytest" in noted,
        is_hypothesis_idle="no hypothesis" in noted,
    )


def _nameable(tests: Iterable[tuple[str, str]], files: Sequence[str]) -> list[tuple[str, str]]:
    """Return the tests that may be named in a command: of these files, by plain names."""
    return [one for one in tests if one[0] in files and _QUALIFIED.fullmatch(one[1])]


def fields_of(line: str) -> list[Any]:
    """Return the fields of a line that the recorder wrote; none if it is no such line."""
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError):
        return []
    return cast("list[Any]", found) if isinstance(found, list) else []


def _case(args: str, kwargs: str) -> list[Case]:
    try:
        given, named = read_literal(args), read_literal(kwargs)
    except NotLiteral:
        return []
    if not isinstance(given, tuple) or not isinstance(named, dict):
        return []
    return [Case(cast("tuple[object, ...]", given), cast("dict[str, object]", named))]


def _ended(code: object, said: str) -> str:
    return "" if code == 0 else f"not all tests passed ({printable(said.strip(' ='), _SAID)})"
