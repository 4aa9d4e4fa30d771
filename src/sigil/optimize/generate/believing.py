"""Which of the answers that tests state are believed?

A test that is skipped or expected to fail says what somebody wishes, wished, or gave up on;
two tests that state different answers to one input cannot both be right. Neither asks for a
repair: such inputs stay, with the answer of the unchanged function.

Pure. Not here: reading tests (`sigil.optimize.generate.expecting`), what the unchanged function
answers (`sigil.optimize.generate.gathering`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sigil.evaluate.scoring import shown
from sigil.optimize.generate.expecting import Stated
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.recording import Recording
from sigil.printable import shorten

NAMED = 3
_CALL_SHOWN, _VALUE_SHOWN = 60, 40
"""Characters."""


@dataclass(frozen=True, slots=True)
class Believed:
    """Stated answers, sorted out.

    Args:
        stated: those that count.
        others: those that do not, for their inputs.
        notes: what a person should know, each a clause.
    """

    stated: tuple[Stated, ...]
    others: tuple[Stated, ...]
    notes: tuple[str, ...]


def believed(stated: Sequence[Stated], recorded: Recording, name: str) -> Believed:
    """Return the answers of tests that run and agree with each other.

    Args:
        stated: what was read.
        recorded: which tests ran.
        name: of the function.
    """
    run = [one for one in stated if not _is_skipped(one, recorded)]
    at_odds = {text: some for text, some in _by_input(run).items() if _differ(some)}
    kept = [one for one in run if case_text(one.case) not in at_odds]
    notes = [
        f"different answers are stated for {_call(some[0], name)}: {_all_of(some)}; none counts"
        for some in [*at_odds.values()][:NAMED]
    ]
    if len(at_odds) > NAMED:
        notes.append(f"and for {len(at_odds) - NAMED} more inputs, of which none counts either")
    others = [one for one in stated if one not in kept]
    return Believed(tuple(kept), tuple(others), tuple(notes))


def wrong_now(wrong: Sequence[Stated], name: str) -> str:
    """Return which stated answers a function does not give, and where they stand, in words."""
    said = [
        f"{_call(one, name)} is {one.got}, stated {shown(one.value, _VALUE_SHOWN)} ({one.origin})"
        for one in wrong[:NAMED]
    ]
    more = [f"and {len(wrong) - NAMED} more"] if len(wrong) > NAMED else []
    return "; ".join([*said, *more])


def _is_skipped(one: Stated, recorded: Recording) -> bool:
    if one.test is None or one.doubt is None:
        return one.test in recorded.skipped if one.test else False
    # Under a condition a test may well run here.
    return one.doubt == "always" or one.test not in recorded.passed | recorded.failed


def _by_input(stated: Sequence[Stated]) -> dict[str, list[Stated]]:
    found: dict[str, list[Stated]] = {}
    for one in stated:
        found.setdefault(case_text(one.case), []).append(one)
    return found


def _differ(some: Sequence[Stated]) -> bool:
    return any(bool(one.value != some[0].value) for one in some[1:])


def _call(one: Stated, name: str) -> str:
    given = [shown(value, _VALUE_SHOWN) for value in one.case.args]
    given += [f"{key}={shown(value, _VALUE_SHOWN)}" for key, value in one.case.kwargs.items()]
    return shorten(f"{name}({', '.join(given)})", _CALL_SHOWN + _VALUE_SHOWN)


def _all_of(some: Sequence[Stated]) -> str:
    """Return each answer once, with where it stands first."""
    found: dict[str, str] = {}
    for one in some:
        found.setdefault(shown(one.value, _VALUE_SHOWN), one.origin)
    return " and ".join(f"{value} ({origin})" for value, origin in [*found.items()][:NAMED])
