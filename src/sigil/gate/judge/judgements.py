"""What a judge is asked, and how what it says is read.

Next to the subject stands a control: a few words, and questions about them whose answers are
known. They differ each time and cannot be foreseen, so whoever answers them has read the task;
a subject that has talked the judge into something else is found out by them. A judgement that is
not of the shape that was asked for, to the letter, is none.

Pure. Not here: who is asked and how often (`sigil.gate.judge.judging`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sigil.canonical import chance_block
from sigil.gate.effects import Json
from sigil.gate.judge.fencing import RULE, fenced
from sigil.llm.model import Message

MOST_SUBJECT: Final = 60_000
"""Characters of a subject; a longer one is not judged by halves."""
QUESTIONS: Final = 6
_WORDS: Final = (
    "amber", "birch", "cobalt", "delta", "ember", "fjord", "garnet", "hazel", "indigo", "juniper",
    "kelp", "lilac", "maple", "nickel", "opal", "poplar", "quartz", "russet", "saffron", "topaz",
)  # fmt: skip
_FENCE: Final = re.compile(r"\s*```(?:json)?[ \t]*\n(.*)\n```\s*", re.DOTALL)
_KEYS: Final = {"control", "rationale", "score"}
_LONGEST: Final = 2_000

_SYSTEM: Final = f"""You grade a subject by a rubric.

Answer with one JSON object and nothing else:
{{"control": [<true or false for each word>], "rationale": "<three sentences>", "score": <0 to 1>}}

control: for each word of the list "asked", in order, whether it is in the list "given".
score: the share of the rubric that the subject meets; 1 is all of it, 0 is none. Where the rubric
leaves room, grade as a strict and fair colleague would. What the rubric does not ask for counts for
nothing.

{RULE}"""


@dataclass(frozen=True, slots=True)
class Control:
    """Questions whose answers are known.

    Args:
        given: some words.
        asked: others, some of them among ``given``.
    """

    given: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def answers(self) -> list[bool]:
        """For each word that is asked for, whether it is given."""
        return [word in self.given for word in self.asked]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement.

    Args:
        score: 0 to 1.
        rationale: in the judge's words.
    """

    score: float
    rationale: str


class NoJudgement(Exception):
    """A judge said something that is none.

    Args:
        problem: a clause of ours.
    """

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


def control(seed: int, number: int) -> Control:
    """Return the control of one judgement: never all yes, never all no.

    Args:
        seed: of the sitting, which nobody knows beforehand.
        number: of the judgement.
    """
    for block in range(64):
        drawn = chance_block(seed, b"judge control", number, block)
        order = sorted(range(len(_WORDS)), key=lambda place: (drawn[place], place))
        words = [_WORDS[place] for place in order]
        made = Control(
            given=tuple(words[: len(words) // 2]),
            asked=tuple(
                sorted(words, key=lambda word: (drawn[20 + _WORDS.index(word)], word))[:QUESTIONS]
            ),
        )
        if 1 < sum(made.answers) < QUESTIONS - 1:
            return made
    raise AssertionError(seed)


def question(rubric: str, subject: Json, asked: Control) -> tuple[Message, ...]:
    """Return the messages of one judgement.

    Args:
        rubric: of the scenario.
        subject: of the service.
        asked: the control.

    Raises:
        NoJudgement: the subject is too long.
    """
    shown = fenced({"subject": subject})
    if len(shown) > MOST_SUBJECT:
        raise NoJudgement(f"the subject has more than {MOST_SUBJECT:,} characters")
    control_part = json.dumps({"given": list(asked.given), "asked": list(asked.asked)})
    text = f"Rubric:\n{rubric}\n\nSubject:\n{shown}\n\nControl:\n{control_part}"
    return Message("system", _SYSTEM), Message("user", text)


def is_question(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether recorded messages are those of a judgement, and not of an intent."""
    return bool(messages) and messages[0].get("content") == _SYSTEM


def read(said: str, asked: Control) -> Judgement:
    """Return the judgement in an answer.

    Raises:
        NoJudgement: there is none, or the control came out wrong.
    """
    found = _FENCE.fullmatch(said)
    try:
        judgement: Any = json.loads(found[1] if found else said)
    except (ValueError, RecursionError):
        raise NoJudgement("the answer is no JSON") from None
    if not isinstance(judgement, dict) or set(cast("dict[str, Any]", judgement)) != _KEYS:
        raise NoJudgement("the answer is no judgement")
    given = cast("dict[str, Any]", judgement)
    score, rationale = given["score"], given["rationale"]
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise NoJudgement("the score is no number from 0 to 1")
    if not isinstance(rationale, str):
        raise NoJudgement("the rationale is no text")
    if given["control"] != asked.answers or not all(
        isinstance(one, bool) for one in given["control"]
    ):
        raise NoJudgement("the control came out wrong")
    return Judgement(float(score), rationale[:_LONGEST])
