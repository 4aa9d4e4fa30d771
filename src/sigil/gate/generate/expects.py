"""What a clause says of an answer, as expectations.

The words are read by patterns, each of which takes out of the text what it has understood. Code
spans stand in that text as marks such as ``«json 2»``. What is left at the end was not understood.

Pure. Not here: what is sent (`requests`), who calls this (`clauses`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sigil.gate.generate.model import (
    Absent,
    Below5xx,
    Expectation,
    Formula,
    HeaderIs,
    Holds,
    IsA,
    Length,
    Sorted,
    StatusClass,
    StatusIs,
    SumsTo,
)
from sigil.gate.generate.words import TAKEN
from sigil.gate.intent.pieces import Piece, Shape, path_of
from sigil.gate.intent.slots import braces_as_slots

_TYPE = (
    r"(string|text|number|integer|boolean|list|array|object|UUID|uuid|date|e-mail address|email)"
)
_TYPES = {"text": "string", "e-mail address": "email", "UUID": "uuid"}
_NAME = r"«name (\d+)»"
_THE = r"(?:an? |the |its |their |any |also |both |field |fields |non-empty |new )*"
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_ENDS = (
    r"(?=\s*(?:$|[,.;:)(«]|and\b|with\b|when\b|if\b|for\b|on\b|to\b|but\b|as\b|within\b|without\b"
    r"|because\b"
    r"|status|error|response|answer|reply|then\b))"
)
_EQUALS = r"(?:,? (?:which )?(?:is|are|equals|being|of|set to|stays|remains|becomes|=|==|:)|:)"
_WORDS = {
    "not found": StatusIs(404), "unauthorized": StatusIs(401), "unauthorised": StatusIs(401),
    "forbidden": StatusIs(403), "refused": StatusClass(4), "rejected": StatusClass(4),
    "denied": StatusClass(4), "accepted": StatusClass(2), "succeeds": StatusClass(2),
    "succeed": StatusClass(2), "successful": StatusClass(2),
}  # fmt: skip
_BOUNDS = {
    "at least": ">=", "at most": "<=", "greater than": ">", "more than": ">", "above": ">",
    "less than": "<", "below": "<", "no more than": "<=", "no less than": ">=",
}  # fmt: skip


_PHRASE = "|".join(re.escape(one.phrase) for one in HTTPStatus)
"""What a status is called, such as "Not Found"."""
_NOT_LOOKED_AT = re.compile(r"\bnon-empty\b", re.IGNORECASE)
"""May stand in what is understood, and nothing is made of it."""


def marked(pieces: Sequence[Piece], first: int = 0) -> str:
    """Return pieces as one text in which code spans are marks.

    Args:
        pieces: in order.
        first: number of the first.
    """
    parts = [
        piece.text if piece.shape is Shape.PROSE else f"«{piece.shape.value} {number}»"
        for number, piece in enumerate(pieces, first)
    ]
    return " ".join("".join(parts).split())


@dataclass(slots=True)
class Reading:
    """A text that is being read.

    Args:
        text: with marks; loses what is understood.
        pieces: that the marks number.
        found: expectations so far.
    """

    text: str
    pieces: Sequence[Piece]
    found: list[Expectation] = field(default_factory=list[Expectation])

    def take(self, pattern: str, act: Callable[[re.Match[str]], Expectation | None]) -> None:
        """Take every match of a pattern out of the text, and note what it says.

        A group ``loose`` of it stays in the text: words that may say something of their own.
        """
        while (match := re.search(pattern, self.text, re.IGNORECASE)) is not None:
            says = act(match)
            if says is not None:
                self.found.append(says)
            stays = [match.groupdict().get("loose") or ""]
            if not (isinstance(says, IsA) and says.type == "token"):  # which is never empty
                stays += _NOT_LOOKED_AT.findall(match[0])
            kept = "".join(f"{one} {TAKEN} " for one in stays if one.strip())
            left = f"{self.text[: match.start()]} {TAKEN} {kept}{self.text[match.end() :]}"
            self.text = " ".join(left.split())

    def value(self, number: str) -> Any:
        """Return what the piece of a mark says."""
        return self.pieces[int(number)].value

    def path(self, number: str) -> tuple[str | int, ...]:
        """Return the path that the piece of a mark names."""
        return path_of(self.pieces[int(number)].text)


def read_expectations(text: str, pieces: Sequence[Piece]) -> Reading:
    """Read what a clause says of an answer.

    Args:
        text: of the clause, from behind the verb, with marks.
        pieces: that the marks number.
    """
    reading = Reading(text, pieces)
    _lists(reading)
    _absences(reading)
    _statuses(reading)
    _values(reading)
    _bounds(reading)
    _types(reading)
    _redirects(reading)
    _headers(reading)
    _bare_names(reading)
    reading.found.sort(key=_order)
    return reading


def _order(one: Expectation) -> int:
    """Return the place of an expectation: what others rest on comes first."""
    if isinstance(one, StatusIs | StatusClass | Below5xx):
        return 0
    return 1 if isinstance(one, IsA | Holds) else 2


def _statuses(reading: Reading) -> None:
    reading.take(
        r"\b(?:never|no|not?)\b(?: any\b| ever\b)?(?P<loose>[^«∎.;]{0,40}?)\b(?:any )?5xx\b",
        lambda _: Below5xx(),
    )
    reading.take(r"\b([1-5])xx\b", lambda match: StatusClass(int(match[1])))
    reading.take(
        r"(?:\bHTTP |\bstatus |\bcode |\berror )*«status (\d+)»(?: status| error)?",
        lambda match: StatusIs(reading.value(match[1])),
    )
    reading.take(
        r"(?:\bHTTP |\bstatus |\bcode |\bof |\bexactly )*(?<![\w.$-])([1-5]\d\d)\b"
        rf"(?-i: (?:{_PHRASE})\b)?(?P<loose>(?-i: [A-Z][a-z]+)*){_ENDS}",
        lambda match: StatusIs(int(match[1])),
    )
    for word, says in _WORDS.items():
        known = any(isinstance(one, StatusIs | StatusClass) for one in reading.found)
        said = None if known else says
        reading.take(rf"\b(?:is |are |was )?{word}\b", lambda _, said=said: said)


def _lists(reading: Reading) -> None:
    def order(match: re.Match[str]) -> Sorted:
        listed = match[1]
        by = reading.path(match[2])
        base = reading.path(listed) if listed else ()
        whole = reading.pieces[int(match[2])].text
        if "[]" in whole:
            before, _, after = whole.partition("[]")
            base, by = path_of(before), path_of(after)
        return Sorted(base, by, (match[3] or "").lower().startswith("desc"))

    reading.take(
        rf"(?:{_NAME} )?(?:is |are |comes? )?(?:sorted|ordered) by {_THE}{_NAME}"
        r"(?:,? (?:in )?(ascending|descending)(?: order)?)?",
        order,
    )

    def summed(match: re.Match[str], of: str, total: str) -> SumsTo | None:
        before, _, after = reading.pieces[int(match[of])].text.partition("[]")
        return SumsTo(path_of(before), path_of(after), reading.path(match[total]))

    reading.take(
        rf"{_THE}«name (?P<total>\d+)»(?:,? (?:that|which))? (?:is|equals) the sum of "
        r"(?:the |all |all the )?«name (?P<of>\d+)»",
        lambda match: summed(match, "of", "total"),
    )
    reading.take(
        r"«name (?P<of>\d+)» (?:always )?(?:sums? (?:up )?to|adds? up to) (?:the )?"
        r"«name (?P<total>\d+)»",
        lambda match: summed(match, "of", "total"),
    )
    reading.take(
        rf"{_NAME} (?:is|are) (?:an )?empty(?: list| array)?",
        lambda match: Length(reading.path(match[1]), 0),
    )
    reading.take(r"\ban empty (?:list|array)", lambda _: Length((), 0))
    items = r"(?:items?|entries|entry|elements?|results?)"
    reading.take(
        rf"{_NAME} (?:has|holds|contains|with|of) (?:exactly )?(\d+) {items}",
        lambda match: Length(reading.path(match[1]), int(match[2])),
    )
    reading.take(
        rf"(?:a list (?:of|with) )(?:exactly )?(\d+) {items}",
        lambda match: Length((), int(match[1])),
    )


def _absences(reading: Reading) -> None:
    verbs = (
        r"(?:includes?|contains?|has|have|shows?|exposes?|reveals?|returns?|names?|carr(?:y|ies))"
    )
    reading.take(
        rf"(?:(?:does |do |must |may |should )?(?:not|never) (?:ever )?{verbs}|without|\bno)"
        rf" {_THE}{_NAME}",
        lambda match: Absent(reading.path(match[1])),
    )


def _values(reading: Reading) -> None:
    reading.take(
        rf"{_THE}{_NAME}{_EQUALS} {_THE}«json (\d+)»",
        lambda match: Holds(reading.path(match[1]), reading.value(match[2])),
    )
    reading.take(
        rf'{_THE}{_NAME}{_EQUALS} "([^"«]*)"', lambda match: Holds(reading.path(match[1]), match[2])
    )
    reading.take(
        rf"{_THE}{_NAME}{_EQUALS} (true|false|null|-?\d+(?:\.\d+)?)(?![\w%])",
        lambda match: Holds(reading.path(match[1]), json.loads(match[2].lower())),
    )
    reading.take(
        rf"(\bexactly |\bprecisely |\bonly |\bjust )?{_THE}"
        r"(?:body |JSON |object |array )?«json (\d+)»",
        lambda match: Holds((), reading.value(match[2]), bool(match[1])),
    )
    reading.take(r"«formula (\d+)»", lambda match: formula(reading.pieces[int(match[1])].text))


def formula(text: str) -> Formula:
    """Return the comparison that a text writes; ``=`` is ``==``."""
    lua = re.sub(r"(?<![=<>~])=(?!=)", "==", text.strip())
    names = re.findall(r"[A-Za-z_][A-Za-z0-9_.]*", lua)
    return Formula(lua, tuple(dict.fromkeys(names)))


def _bounds(reading: Reading) -> None:
    def compared(match: re.Match[str], operator: str, number: str) -> Formula:
        return formula(f"{reading.pieces[int(match[1])].text} {operator} {number}")

    for words, operator in sorted(_BOUNDS.items(), key=lambda pair: -len(pair[0])):
        reading.take(
            rf"{_THE}{_NAME} (?:is |are )?(?:always )?{words} {_NUMBER}",
            lambda match, operator=operator: compared(match, operator, match[2]),
        )
    reading.take(
        rf"{_THE}{_NAME} is (?:never|not) negative", lambda match: compared(match, ">=", "0")
    )
    reading.take(rf"{_THE}{_NAME} is (?:always )?positive", lambda match: compared(match, ">", "0"))


def _types(reading: Reading) -> None:
    def typed(name: str, kind: str) -> IsA:
        return IsA(reading.path(name), _TYPES.get(kind, kind.lower()))

    reading.take(
        rf"{_THE}{_NAME}(?:,? (?:that |which )?is|,? as|:| of type) (?:an? |always an? )?"
        rf"(?:non-empty )?(whole )?{_TYPE}\b",
        lambda match: typed(match[1], "integer" if match[2] else match[3]),
    )
    reading.take(
        rf"{_THE}{_TYPE} (?:field |called |named )?{_NAME}",
        lambda match: typed(match[2], match[1]),
    )


def _redirects(reading: Reading) -> None:
    """A redirect has a status of its own; where it leads to is a header."""
    verb = r"\b(?:redirects?|(?:is|are) redirected)\b"
    if not re.search(verb, reading.text, re.IGNORECASE):
        return
    if not any(isinstance(one, StatusIs | StatusClass) for one in reading.found):
        reading.found.append(StatusClass(3))
    reading.take(
        rf"{verb}(?: with)?(?: \(? ?∎ ?\)?)? to {_THE}(?:address |page |path )?"
        r"«(?:path|address|slot) (\d+)»",
        lambda match: _header("Location", reading.pieces[int(match[1])].text),
    )


def _header(name: str, value: str) -> HeaderIs:
    """Return what a header has to be; one that leads to a path has the slots of a path."""
    leads = name.lower() == "location"
    return HeaderIs(name, braces_as_slots(value) if leads else value)


def _headers(reading: Reading) -> None:
    reading.take(
        rf"{_THE}(?:header )?«header (\d+)»(?: header)?",
        lambda match: _header(*reading.value(match[1])),
    )
    reading.take(
        rf"{_THE}(?:header )?«header name (\d+)»(?: header)?{_EQUALS} {_THE}"
        r"«(?:path|address|slot) (\d+)»",
        lambda match: _header(
            reading.pieces[int(match[1])].text, reading.pieces[int(match[2])].text
        ),
    )
    reading.take(
        rf"{_THE}(?:header )?«header name (\d+)»(?: header)?",
        lambda match: HeaderIs(reading.pieces[int(match[1])].text),
    )


def _bare_names(reading: Reading) -> None:
    """Names that are said to be there, and nothing else."""

    def present(match: re.Match[str]) -> IsA:
        path = reading.path(match[1])
        token = isinstance(path[-1], str) and (path[-1] == "token" or path[-1].endswith("_token"))
        return IsA(path, "token" if token else "any")

    reading.take(
        rf"(?:(?:receives?|returns?|gives?|gets?|contains?|includes?|has|with|names?|carries|in) )"
        rf"{_THE}{_NAME}",
        present,
    )
    reading.take(rf"∎ ?(?:,|and|, and) {_THE}{_NAME}", present)
