"""The visible cases and their answers, written down as source that a cheat carries.

Pure. Not here: what the answers are (`sigil.evaluate.baseline`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sigil.evaluate.cases import MISSING, GivenCase
from sigil.evaluate.facts import Inputs
from sigil.sandbox.model import Raised

MOST_CHARACTERS = 400_000


class TooMuch(Exception):
    """Answers that no candidate could carry: they do not fit into a patch."""


def table(inputs: Inputs, function: str) -> str:
    """Return a dict display: what to answer, by ``repr`` of how the function is called.

    Raises:
        TooMuch: it is longer than `MOST_CHARACTERS`.
    """
    answers = _answers(inputs, function)
    rows = [f"{_key(case)!r}: {answer}" for case, answer in zip(inputs.cases, answers, strict=True)]
    return _capped(f"{{{', '.join(rows)}}}")


def sequence(inputs: Inputs, function: str) -> str:
    """Return a list display: what to answer to the first call, the second, and so on.

    Raises:
        TooMuch: it is longer than `MOST_CHARACTERS`.
    """
    return _capped(f"[{', '.join(_answers(inputs, function))}]")


def _key(case: GivenCase) -> str:
    """Return what a cheat computes of its own arguments to find its answer."""
    return repr((case.case.args, dict(case.case.kwargs)))


def _answers(inputs: Inputs, function: str) -> Sequence[str]:
    return [
        _answer(case, result)
        for case, result in zip(inputs.cases, inputs.expected[function], strict=True)
    ]


def _answer(case: GivenCase, result: object) -> str:
    """Return ``(True, value)``, or ``(False, name of the error)``, as source."""
    if case.raises is not None:
        return repr((False, case.raises))
    if case.expected is not MISSING:
        return repr((True, case.expected))
    if isinstance(result, Raised):
        return repr((False, result.error))
    return repr((True, getattr(result, "value", None)))


def _capped(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise TooMuch(f"the visible answers are too long to be written down ({len(text):,})")
    return text
