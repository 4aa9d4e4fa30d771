"""`sigil.judge`: does a text meet a rubric?

Without a model, what can be decided is decided (`sigil.gate.judge.rubrics`), and the rest is
inconclusive. With one, several judgements are asked for; they have to agree on which side of the
least score the subject is, and the lowest of them counts. A judgement that is none, a control that
came out wrong, a judge that does not answer: inconclusive. A judge can only lower what becomes of
a scenario: its best word leaves everything as it is.

Not here: what is asked and how it is read (`sigil.gate.judge.judgements`), which model
(`sigil.gate.judge.asking`).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from sigil.canonical import digest
from sigil.gate.effects import Call, EffectFailed, Json
from sigil.gate.judge import judgements, rubrics
from sigil.gate.judge.asking import Models
from sigil.gate.judge.judgements import Judgement, NoJudgement
from sigil.gate.sittings import Sitting

QUORUM: Final = 3
_TEMPERATURE: Final = 0.3
"""Above 0: judgements that cannot differ are one judgement."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Answers calls of kind ``judge``.

    Args:
        models: of the service.
        quorum: how many judgements there are of one subject.
    """

    models: Models
    quorum: int = QUORUM

    def answer(self, sitting: Sitting, call: Call) -> Json:
        """Return ``{score, rationale, rubric, votes}``; see `sigil.gate.exam.answering.Handler`.

        ``rubric`` is a digest, ``votes`` the scores of all judgements, null for one that is none.
        """
        request = call.request
        rubric, subject = str(request["rubric"]), request["subject"]
        least = float(request["min_score"])
        entry = self.models.entry(request.get("provider"), "judge")
        if entry is None:
            score, rationale = checked(rubric, subject, least)
            votes: list[float | None] = []
        else:
            found = self._judgements(entry, sitting.seed, rubric, subject)
            score, rationale = settled(found, least)
            votes = [one.score if isinstance(one, Judgement) else None for one in found]
        return {
            "score": score,
            "rationale": rationale,
            "rubric": digest(rubric.encode()),
            "votes": votes,
        }

    def _judgements(
        self, entry: str, seed: int, rubric: str, subject: Any
    ) -> list[Judgement | NoJudgement]:
        def judge(number: int) -> Judgement | NoJudgement:
            asked = judgements.control(seed, number)
            try:
                messages = judgements.question(rubric, subject, asked)
                said = self.models.ask(
                    entry, messages, seed=(seed + number) & 0x7FFFFFFF, temperature=_TEMPERATURE
                )
                return judgements.read(said, asked)
            except NoJudgement as none:
                return none
            except EffectFailed as failed:
                return NoJudgement(failed.problem)

        with ThreadPoolExecutor(self.quorum) as pool:
            return list(pool.map(judge, range(self.quorum)))


def settled(found: Sequence[Judgement | NoJudgement], least: float) -> tuple[float | None, str]:
    """Return the score of several judgements, None for no judgement, and why.

    Args:
        found: the judgements.
        least: what a score has to reach.
    """
    for one in found:
        if isinstance(one, NoJudgement):
            return None, one.problem
    given = [one for one in found if isinstance(one, Judgement)]
    if len({one.score >= least for one in given}) != 1:
        scores = ", ".join(f"{one.score:.2f}" for one in given)
        return None, f"the judges disagree: {scores}"
    lowest = min(given, key=lambda one: one.score)
    return lowest.score, lowest.rationale


def checked(rubric: str, subject: Json, least: float) -> tuple[float | None, str]:
    """Return what can be said without a model; see `settled`."""
    found = rubrics.check(rubric, subject)
    missed = [claim.text for claim in found.claims if claim.holds is False]
    if found.most < least:
        return found.most, f"not so: {'; '.join(missed)}"
    if found.claims and found.least >= least:
        return found.least, f"not so: {'; '.join(missed)}" if missed else "every sentence holds"
    unknown = sum(claim.holds is None for claim in found.claims)
    return None, f"no model is set up to judge, and {unknown} sentences of the rubric need one"
