"""Does the unchanged code answer its cases at all?

A candidate is compared with what the unchanged code returns. Where that returns nothing,
every candidate that fails alike would be "the same", so it is an error in the eval.

Pure. Not here: comparing (`sigil.evaluate.scoring`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sigil.errors import BaselineFailed, Where
from sigil.evaluate.cases import GivenCase
from sigil.evaluate.scoring import Result
from sigil.printable import shorten
from sigil.sandbox.model import Raised

_TYPE = re.compile(r"a value of type (\S+) has no JSON form")
_WRAP = {
    "coroutine": "call a wrapper that runs it, such as: return asyncio.run(f(x))",
    "generator": "call a wrapper that lists it, such as: return list(f(x))",
    "async_generator": "call a wrapper that runs it and returns a list of its items",
}
_SHOWN = 200


def require_answers(
    given: Sequence[GivenCase], results: Sequence[Result], where: Where, *, kind: str = "case"
) -> None:
    """Require a plain value for every case that says nothing about what is expected.

    Args:
        given: (n,) cases.
        results: (n,) what the unchanged code did.
        where: the place of the metric in the eval.
        kind: what to call a case.

    Raises:
        BaselineFailed: the first case that has none, and what to do.
    """
    for i, (case, result) in enumerate(zip(given, results, strict=True)):
        if case.asks_baseline and isinstance(result, Raised):
            problem, remedy = _explained(f"{kind} {i + 1}", result)
            raise BaselineFailed(problem, where=where, remedy=remedy)


def _explained(case: str, result: Raised) -> tuple[str, str]:
    """Return what is wrong and what to do about it."""
    if result.error != "NotJson":
        message = shorten(f"{result.error}: {result.message}".removesuffix(": "), _SHOWN)
        return (
            f"on {case} the unchanged code raised {message}",
            "mend the inputs, or give the case an expected value or raises: the error",
        )
    found = _TYPE.fullmatch(result.message)
    if found is None:
        return (
            f"on {case} the unchanged code has no plain value to compare: {result.message}",
            "return plain data, or call a wrapper function that does",
        )
    name = found[1]
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return (
        f"{case} returned {article} {name}, which has no plain value to compare",
        _WRAP.get(name, "return plain data, or call a wrapper function that does"),
    )
