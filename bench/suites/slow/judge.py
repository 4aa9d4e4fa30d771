"""Does a changed function still do what the old one does? Asked without Sigil.

    python -I judge.py < question.json

The question names the function and holds both sources, calls and a tolerance; the answer, on
standard output, says how many calls differ and how long both took. Run in a process of its own,
with little memory and no way to write files, because what it runs was written by a machine.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Function = Callable[..., Any]

MEMORY = 2 * 2**30
REPEATS = 3


def main() -> None:
    """Answer the question on standard input."""
    sys.path.insert(0, str(Path(__file__).parent))
    from wire import decoded

    question = json.load(sys.stdin)
    calls = [decoded(call) for call in question["calls"]]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with contextlib.redirect_stdout(io.StringIO()):
        answer = judged(question, calls)
    print(json.dumps(answer))


def judged(question: dict[str, Any], calls: Sequence[list[Any]]) -> dict[str, Any]:
    """Return how many calls differ, which is the first of them, and the seconds of both sides."""
    before = loaded(question["baseline"], question["function"])
    wanted = [outcome(before, call) for call in calls]
    try:
        after = loaded(question["candidate"], question["function"])
    except Exception as error:  # noqa: BLE001 - whatever its import raises is the finding
        return {"calls": len(calls), "wrong": len(calls), "first": repr(error)}
    differing = [
        number
        for number, (call, expected) in enumerate(zip(calls, wanted, strict=True))
        if not same(outcome(after, call), expected, question["tolerance"])
    ]
    return {
        "calls": len(calls),
        "wrong": len(differing),
        "first": repr(calls[differing[0]])[:200] if differing else None,
        "baseline_s": seconds(before, calls),
        "candidate_s": seconds(after, calls),
    }


def loaded(source: str, name: str) -> Function:
    """Return a function of a module given as text."""
    scope: dict[str, Any] = {"__name__": "judged"}
    exec(compile(source, "judged.py", "exec"), scope)
    return scope[name]


def outcome(function: Function, call: list[Any]) -> tuple[str, Any, Any]:
    """Return what a call gives, and what it makes of its arguments."""
    arguments = copy.deepcopy(call)
    try:
        value = function(*arguments)
    except Exception as error:  # noqa: BLE001 - any error is an outcome
        return ("raised", type(error).__name__, None)
    return ("returned", value, arguments)


def same(found: Any, expected: Any, tolerance: float) -> bool:
    """Return whether two plain values are equal, type by type."""
    if type(found) is not type(expected):
        return False
    if isinstance(found, dict):
        return found.keys() == expected.keys() and all(
            same(value, expected[key], tolerance) for key, value in found.items()
        )
    if isinstance(found, list | tuple):
        return len(found) == len(expected) and all(
            same(*pair, tolerance) for pair in zip(found, expected, strict=True)
        )
    if isinstance(found, float) and tolerance:
        return math.isclose(found, expected, rel_tol=tolerance)
    return found == expected


def seconds(function: Function, calls: Sequence[list[Any]]) -> float:
    """Return the least time that all calls took together."""
    taken: list[float] = []
    for _ in range(REPEATS):
        given = copy.deepcopy(calls)
        began = time.perf_counter()
        for call in given:
            outcome_of(function, call)
        taken.append(time.perf_counter() - began)
    return min(taken)


def outcome_of(function: Function, call: list[Any]) -> None:
    """Call it for the time alone."""
    with contextlib.suppress(Exception):
        function(*call)


if __name__ == "__main__":
    main()
