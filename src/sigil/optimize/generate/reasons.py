"""Why is an input of no use, and what can a person do?

Pure. Not here: what helps where no input does (`remedying`), choosing among those that are of use
(`choosing`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sigil.errors import BaselineFailed, SigilError, Where
from sigil.evaluate.scoring import shown
from sigil.optimize.generate.advising import COMMAND, Advice
from sigil.optimize.generate.remedying import SEALED, instead_of_inputs
from sigil.optimize.generate.trying import Died, Outcome
from sigil.sandbox.model import Case, Raised

__all__ = ["SEALED", "no_answer", "reason_of", "refuse_moods", "shown_call"]


def no_answer(
    tried: Sequence[Case],
    outcomes: Sequence[Outcome | None],
    where: Where,
    advice: Advice = COMMAND,
) -> SigilError:
    """Return the error that says why no input is of use: the most frequent reason."""
    reasons: dict[tuple[str, str], int] = {}
    for case, outcome in zip(tried, outcomes, strict=True):
        reason = reason_of(case, outcome, advice)
        reasons[reason] = reasons.get(reason, 0) + 1
    (problem, remedy), _ = max(reasons.items(), key=lambda item: item[1])
    return BaselineFailed(problem, where=where, remedy=remedy)


def reason_of(case: Case, outcome: Outcome | None, advice: Advice) -> tuple[str, str]:
    """Return why a case is of no use, and what to do."""
    call = shown_call(case)
    if isinstance(outcome, Died):
        if outcome.kind in {"timeout", "cpu", "untried"}:
            return (
                f"a call {call} does not return in time",
                f"allow it more with {advice.timeout}, or give smaller inputs with {advice.cases}",
            )
        return f"a call {call} ends its process ({outcome.detail})", "mend that first"
    if isinstance(outcome, Raised) and outcome.error == "NotJson":
        return (
            f"it returns what is no plain data: {outcome.message}",
            "name a function that returns plain data, such as a part that you split off",
        )
    if isinstance(outcome, Raised) and outcome.error in SEALED:
        problem = f"a sealed call can use no file, process or network ({outcome.error}"
        return (
            f"{problem}: {outcome.message})",
            "split off the part that computes, and name that",
        )
    if isinstance(outcome, Raised):
        problem = f"every input makes it raise, such as {call}: {outcome.error}: {outcome.message}"
        remedy = f"give inputs that it takes with {advice.cases}"
        return problem, instead_of_inputs([outcome]) or remedy
    return f"the call {call} is of no use", f"give inputs with {advice.cases}"


def refuse_moods(cases: Sequence[Case], outcomes: Sequence[Outcome | None], where: Where) -> None:
    """Refuse a function that does not always answer alike."""
    for case, outcome in zip(cases, outcomes, strict=True):
        if outcome is None:
            raise BaselineFailed(
                f"the same input {shown_call(case)} is not always answered alike, so there is "
                "nothing to hold a change to",
                where=where,
                remedy="it depends on chance, the time or earlier calls: pass these as arguments",
            )


def shown_call(case: Case) -> str:
    """Return a call for a message."""
    given = [shown(value, 40) for value in case.args]
    given += [f"{name}={shown(value, 40)}" for name, value in case.kwargs.items()]
    return f"({', '.join(given)})"
