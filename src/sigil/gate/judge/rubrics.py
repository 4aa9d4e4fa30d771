"""Decide of a rubric what can really be decided without a model.

A rubric is read sentence by sentence. A sentence of one of the shapes below is true or false of
the text that is judged; of any other nobody here knows. What is known bounds the score: it is at
least the share of sentences that are true, and at most one less the share of those that are false.
Only where both ends of that range are on the same side of the least score is there a verdict.

    It names "Pro", "$99.00" and "November".      (also: mentions, contains, includes, says, shows)
    It does not mention "Lorem ipsum".            (also: never mentions)
    It starts with "Subject:".   It ends with "team".
    It is valid JSON.   It is not empty.   It has at most 120 words.   (lines, characters; at least)

Pure. Not here: rubrics that need judgement (`sigil.gate.judge.judging`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sigil.canonical import digest, salted_digest
from sigil.gate.effects import Answered, Json
from sigil.gate.model import Scenario

_SENTENCE: Final = re.compile(r"(?:[^.!?\"`]|\"[^\"]*\"|`[^`]*`|[.!?](?!\s|$))+[.!?]?")
_QUOTED: Final = re.compile(r"\"([^\"]+)\"|`([^`]+)`")
_LIST: Final = r"(?P<list>(?:(?:\"[^\"]+\"|`[^`]+`)(?:\s*,\s*(?:and\s+)?|\s+and\s+)?)+)"
_WHO: Final = r"(?:(?:it|the \w+(?: \w+)?)\s+)?"
_ALL: Final = re.compile(
    rf"{_WHO}(?:names?|mentions?|contains?|includes?|says?|shows?)\s+{_LIST}", re.IGNORECASE
)
_NONE: Final = re.compile(
    rf"{_WHO}(?:does not|doesn't|do not|must not|never)\s+"
    rf"(?:names?|mentions?|contains?|includes?|says?|shows?)\s+{_LIST}",
    re.IGNORECASE,
)
_EDGE: Final = re.compile(rf"{_WHO}(?P<edge>starts|begins|ends)\s+with\s+{_LIST}", re.IGNORECASE)
_LENGTH: Final = re.compile(
    rf"{_WHO}(?:has|is)\s+at\s+(?P<end>most|least)\s+(?P<count>\d{{1,9}})\s+"
    r"(?P<unit>words?|lines?|characters?)(?:\s+long)?",
    re.IGNORECASE,
)
_JSON: Final = re.compile(rf"{_WHO}is\s+valid\s+JSON", re.IGNORECASE)
_EMPTY: Final = re.compile(rf"{_WHO}is\s+(?P<not>not\s+)?empty", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a rubric.

    Args:
        text: the sentence.
        holds: whether it is true; None where nobody here knows.
    """

    text: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a rubric comes to.

    Args:
        claims: its sentences.
    """

    claims: tuple[Claim, ...]

    @property
    def least(self) -> float:
        """The lowest score that fits what is known."""
        return self._share(sum(claim.holds is True for claim in self.claims))

    @property
    def most(self) -> float:
        """The highest score that fits what is known."""
        return self._share(sum(claim.holds is not False for claim in self.claims))

    def _share(self, count: int) -> float:
        return count / len(self.claims) if self.claims else 1.0


def check(rubric: str, subject: Json) -> Checked:
    """Return what is known of a subject.

    Args:
        rubric: plain English.
        subject: what is judged; anything but text is judged as its JSON.
    """
    text = subject if isinstance(subject, str) else json.dumps(subject, ensure_ascii=False)
    sentences = (" ".join(found.split()) for found in _SENTENCE.findall(rubric))
    return Checked(
        tuple(
            Claim(sentence, _holds(sentence.rstrip(".!?").strip(), text))
            for sentence in sentences
            if sentence.strip(" .!?")
        )
    )


def digests(sat: Iterable[tuple[Scenario, Sequence[Answered]]]) -> list[str]:
    """Return the digest of every rubric that a judge was asked by, ascending, each once.

    Args:
        sat: scenarios, and the calls of each with their replies. A holdout's rubric is salted with
            what lies in its seal, so that nobody without a key can try a guess.
    """
    asked = {
        (scenario.salt, str(one.call.request["rubric"]).encode())
        for scenario, answered in sat
        for one in answered
        if one.call.kind == "judge"
    }
    return sorted({salted_digest(salt, text) if salt else digest(text) for salt, text in asked})


def _holds(sentence: str, text: str) -> bool | None:
    """Say whether a sentence is true of a text; None where that is not known."""
    for shape, decide in _SHAPES:
        found = shape.fullmatch(sentence)
        if found is not None:
            return decide(found, text)
    return None


def _items(found: re.Match[str]) -> list[str]:
    return [one[0] or one[1] for one in _QUOTED.findall(found["list"])]


def _all(found: re.Match[str], text: str) -> bool:
    flat = " ".join(text.split())
    return all(" ".join(item.split()) in flat for item in _items(found))


def _none(found: re.Match[str], text: str) -> bool:
    flat = " ".join(text.split()).casefold()
    return not any(" ".join(item.split()).casefold() in flat for item in _items(found))


def _edge(found: re.Match[str], text: str) -> bool | None:
    items = _items(found)
    if len(items) != 1:
        return None
    bare = text.strip()
    is_end = found["edge"].lower() == "ends"
    return bare.endswith(items[0]) if is_end else bare.startswith(items[0])


def _length(found: re.Match[str], text: str) -> bool:
    counts = {"w": len(text.split()), "l": len(text.splitlines()), "c": len(text)}
    count, bound = counts[found["unit"][0].lower()], int(found["count"])
    return count <= bound if found["end"].lower() == "most" else count >= bound


def _json(found: re.Match[str], text: str) -> bool:
    del found
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(name: str) -> None:
    raise ValueError(name)


def _empty(found: re.Match[str], text: str) -> bool:
    return bool(text.strip()) == bool(found["not"])


_SHAPES: Final = (
    (_ALL, _all),
    (_NONE, _none),
    (_EDGE, _edge),
    (_LENGTH, _length),
    (_JSON, _json),
    (_EMPTY, _empty),
)
