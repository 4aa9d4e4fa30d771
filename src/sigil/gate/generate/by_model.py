"""Scenarios that a model drafts: asked for, examined, and once mended.

A draft passes what every scenario has to pass, before it is anything but text in memory. What the
model is told of a fault is about its own text. The model knows what it wrote, so its scenarios
are visible; sealed variants are made of them without it.

Not here: who is asked, and what that may cost (`sigil.llm`, `sigil.cli`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sigil.effects import random_stream
from sigil.errors import InvalidValue, MalformedDocument, ProviderRefused
from sigil.gate.generate.answers import scenarios_in
from sigil.gate.generate.drafts import forbidden, named
from sigil.gate.generate.marks import secret_note
from sigil.gate.generate.prompting import Shown, asked, mended
from sigil.gate.generate.retelling import retold
from sigil.gate.generate.validating import Candidate, Examiner, Validation, validate
from sigil.gate.lua import lint
from sigil.llm.model import Message

_MOST_FINDINGS = 3


class Ask(Protocol):
    """Somebody who answers, such as a model."""

    def __call__(self, messages: Sequence[Message]) -> str:
        """Return what is said to ``messages``.

        Raises:
            ProviderFailed: there is no answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Answered:
    """What an answer comes to.

    Args:
        validations: of the scenarios in it.
        complaint: what could not be used, in words for the model; empty if all of it can.
    """

    validations: tuple[Validation, ...]
    complaint: str

    @property
    def good(self) -> tuple[Validation, ...]:
        """Those that can be used."""
        return tuple(one for one in self.validations if not one.refused)


def draft_by_model(
    ask: Ask, shown: Shown, examiner: Examiner, there: Mapping[str, str]
) -> list[Validation]:
    """Return what became of a model's drafts; at least one of them can be used.

    Args:
        ask: the model.
        shown: what it sees.
        examiner: of drafts.
        there: text of visible scenarios of the intent, by name.

    Raises:
        ProviderFailed: the model does not answer, or says that it cannot be done.
        InvalidValue: neither its answer nor the mended one holds a scenario that can be used.
    """
    question, fence = asked(shown)
    answer = ask(question)
    first = _examined(answer, shown, examiner, there)
    if not first.complaint:
        return list(first.validations)
    again = ask(mended(question, fence, answer, first.complaint))
    known = {**there, **{one.candidate.name: one.candidate.text for one in first.good}}
    try:
        second = _examined(again, shown, examiner, known)
    except ProviderRefused:
        if not first.good:
            raise
        second = _Answered((), "")
    texts = {one.candidate.text for one in first.good}
    new = [one for one in second.validations if one.candidate.text not in texts]
    if not first.good and not second.good:
        raise InvalidValue(
            "neither the model's answer nor the mended one holds a scenario that can be used: "
            f"{' '.join(second.complaint.split())}",
            remedy="both are on record; ask anew with another --llm-seed, or leave --llm out",
        )
    return [*first.good, *new] if new else list(first.validations)


def _examined(answer: str, shown: Shown, examiner: Examiner, there: Mapping[str, str]) -> _Answered:
    try:
        written = scenarios_in(answer, shown.clauses)
    except (MalformedDocument, InvalidValue) as fault:
        return _Answered((), str(fault))
    found: list[Validation] = []
    for candidate in named(written, shown.intent, there):
        reason = forbidden(candidate, shown.intent)
        if reason:
            found.append(Validation(candidate, reason, stage=0))
        else:
            found += validate([candidate], examiner)
    faults = [f"- {_fault(one, examiner)}" for one in found if one.refused]
    return _Answered(tuple(found), "\n".join(faults))


def _fault(found: Validation, examiner: Examiner) -> str:
    """Return what is wrong with a draft, with the place in its own text."""
    claims = ", ".join(found.candidate.clauses)
    reason = found.refused
    if found.stage == 1:
        scenario = found.candidate.scenario(examiner.spec, examiner.library)
        errors = [one for one in lint(scenario) if one.severity == "error"][:_MOST_FINDINGS]
        reason = (
            "; ".join(f"line {max(one.line - 1, 1)}: {one.problem}" for one in errors) or reason
        )
    if found.line is not None:
        line = found.candidate.text.split("\n")[found.line - 1].strip()
        reason = f"{reason}, at line {found.line - 1}: {line}"
    return f"the scenario for {claims}: {reason}"


def sealed_variants(drafts: Sequence[Candidate], *, ratio: float, secret: int) -> list[Candidate]:
    """Return what the sealed half asks for drafts that are visible, in an order of its own.

    Args:
        drafts: that passed.
        ratio: of holdouts, 0 to 1; 0 for none.
        secret: that decides constants and orders.
    """
    found: list[Candidate] = []
    for one in drafts if ratio > 0 else ():
        stream = random_stream(secret, "drafted", one.name)
        texts = retold(one.text, secret_note(secret), stream)
        if texts:
            found.append(Candidate(one.name, "holdout", one.clauses, texts[0], texts[1:]))
    random_stream(secret, "order of drafts").shuffle(found)
    return found
