"""How several judges score what judges were shown in recorded evaluations.

A *subject* is a text with its rubric and the least score, as a scenario put it to a judge; one that
was put several times, on two sides or in repeats, is one. What a judge says of it is pass, fail, or
nothing. Agreement is counted over the subjects of which both said something, since two judges that
are silent about the same do not agree about anything.

Pure. Not here: reading and opening what is recorded (`sigil.gate.view.reporting`), asking models
(`sigil.gate.judge.judging`), showing it (`sigil.cli.compare`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import Any, Final

from sigil.canonical import digest_value
from sigil.gate.judge.judging import checked
from sigil.gate.record.dossier import Kept
from sigil.gate.trust import cohens_kappa

RULES: Final = "rules"
"""The judge without a model; see `sigil.gate.judge.rubrics`."""
_ASKED: Final = ("rubric", "subject", "min_score")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a judge was shown. Its representation holds no text.

    Args:
        name: where it was put first: scenario, and which of its judgements it was, from 1.
        request: what was asked: ``rubric``, ``subject`` and ``min_score`` among it.
        seed: of the sitting in which it was put first.
    """

    name: tuple[str, int]
    request: Mapping[str, Any] = field(repr=False)
    seed: int

    @property
    def key(self) -> str:
        """What it is known by: a digest of all that a judge sees."""
        return digest_value([self.request[name] for name in _ASKED])

    @property
    def least(self) -> float:
        """The score that it has to reach."""
        return float(self.request["min_score"])


@dataclass(frozen=True, slots=True)
class Judged:
    """What one judge says.

    Args:
        judge: what it is called.
        scores: 0 to 1 by the key of each subject that it was shown; None where it says nothing.
    """

    judge: str
    scores: Mapping[str, float | None]

    def says(self, subject: Subject) -> bool | None:
        """Say whether a subject passes by this judge; None if it says nothing."""
        score = self.scores.get(subject.key)
        return None if score is None else score >= subject.least


@dataclass(frozen=True, slots=True)
class Pair:
    """How far two judges agree.

    Args:
        judges: both.
        both: subjects of which both said something.
        same: those of which they said the same.
        kappa: Cohen's; None where it is undefined, as where all said the same.
    """

    judges: tuple[str, str]
    both: int
    same: int
    kappa: Fraction | None


def recorded(name: str, sat: Sequence[Kept]) -> tuple[list[Subject], Judged]:
    """Return what judges were shown in an evaluation, and what they said.

    A subject that was put several times has the lowest score; none where one time it passed and
    another time it did not, or nothing was said: that judge does not agree with itself.

    Args:
        name: what this judge is to be called.
        sat: sittings of the evaluation, with their calls.
    """
    found: dict[str, Subject] = {}
    said: dict[str, list[float | None]] = {}
    for one in sat:
        asked = [each for each in one.answered if each.call.kind == "judge" and not each.failure]
        for number, each in enumerate(asked, 1):
            subject = Subject((one.scenario, number), each.call.request, one.seed)
            found.setdefault(subject.key, subject)
            said.setdefault(subject.key, []).append(each.reply["score"])
    scores = {key: _settled(said[key], subject.least) for key, subject in found.items()}
    return list(found.values()), Judged(name, scores)


def _settled(scores: Sequence[float | None], least: float) -> float | None:
    given = [one for one in scores if one is not None]
    is_one = len(given) == len(scores) and len({one >= least for one in given}) == 1
    return min(given) if is_one else None


def by_rules(subjects: Iterable[Subject]) -> Judged:
    """Return what can be said without a model."""
    return Judged(
        RULES,
        {
            one.key: checked(str(one.request["rubric"]), one.request["subject"], one.least)[0]
            for one in subjects
        },
    )


def pairs(subjects: Sequence[Subject], judges: Sequence[Judged]) -> list[Pair]:
    """Return how far each two judges agree, in their order."""
    found: list[Pair] = []
    for one, other in combinations(judges, 2):
        said = [(one.says(subject), other.says(subject)) for subject in subjects]
        words = [(str(a), str(b)) for a, b in said if a is not None and b is not None]
        same = sum(a == b for a, b in words)
        found.append(Pair((one.judge, other.judge), len(words), same, cohens_kappa(words)))
    return found


def disputed(subjects: Sequence[Subject], judges: Sequence[Judged]) -> list[Subject]:
    """Return the subjects that pass by one judge and fail by another, in their order."""
    return [
        subject for subject in subjects if {True, False} <= {one.says(subject) for one in judges}
    ]
