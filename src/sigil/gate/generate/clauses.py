"""One clause of an intent: its requests, and what it says of their answers.

What is not understood is never passed over: a clause with a word that turns its meaning around, or
with a code span that nothing took up, is refused with that word; other words that nothing took up
are handed on, so that the clause counts as compiled in part.

Pure. Not here: which other clauses have to come first (`compiler`), claims over many cases
(`properties`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sigil.gate.generate.conventions import is_signing_up
from sigil.gate.generate.expects import marked, read_expectations
from sigil.gate.generate.model import Exchange, Expectation, Request, StatusClass
from sigil.gate.generate.names import misnamed
from sigil.gate.generate.words import TAKEN, unused, unused_of_request
from sigil.gate.intent import Clause
from sigil.gate.intent.pieces import Piece, Shape, pieces
from sigil.gate.intent.slots import braces_as_slots

_VERBS = re.compile(
    r"\b(?:returns?|returned|responds?|answers?|replies|receives?|gives?|yields?|gets?|succeeds?"
    r"|fails?|contains?|includes?|shows?|lists?|has|redirects?|never|must|should|always"
    r"|(?:is|are) (?:refused|rejected|denied|forbidden|not found|unauthori[sz]ed|accepted"
    r"|redirected|sorted|ordered|answered|empty)|comes? back|carries|does not|doesn't)\b",
    re.IGNORECASE,
)
_SAID = re.compile(rf"{_VERBS.pattern}|«(?:name|header name|status|formula) ", re.IGNORECASE)
"""Where a clause begins to speak of the answer: a verb, or what only an answer has."""
_SUBJECT = re.compile(
    r"((?:the |its )*«name \d+»(?: field)?) (?:of|in|from|returned by|that is returned by)$"
)
_GUARDS = re.compile(
    r"\b(not|never|no|without|unless|except|only|cannot|can't|doesn't|don't|neither|nor|instead|if"
    r"|when|until|while|or|may|might|either|twice|each|every|all|any|whatever|regardless)\b",
    re.IGNORECASE,
)
_ANONYMOUS = re.compile(
    r"\b(?:without (?:an? |the |any )?(?:(?:valid )?(?:session|token|authentication"
    r"|authorization|credentials|login)(?: header| token)?|signing in|logging in|being signed in)"
    r"|unauthenticated|anonymous(?:ly)?|not signed in|signed out)\b",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    r"^(?:after(?:wards)?|then|next|now|from then on|once|later)\b"
    r"|\b(?:on the next|after that|afterwards|from then on|by then|the same|that (?!is\b)"
    r"(?!the\b|it\b|a\b|an\b|names?\b|says?\b|session\b|token\b)|this (?!session\b|token\b))",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"\b(?:when|if|once) (?:an? |the |any )?(?:\w+[- ])?(?:user|client|caller|account"
    r"|visitor|customer|anyone|someone|request)\b",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(
    r"\b(?:an? |the |that )?(?:same |valid )?e-?mail(?: address)? and (?:an? |the )?(?:same )?"
    r"password\b",
    re.IGNORECASE,
)
"""What is sent by whoever signs up, without a word about how."""


class NotUnderstood(Exception):
    """A clause that is not compiled.

    Args:
        reason: why, as a clause.
    """

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a clause comes to.

    Args:
        clause: which.
        exchanges: its own, in order.
        follows: whether it goes on from where the clause before it ended.
        anonymous: whether it is about somebody without a session.
        unused: what it says besides, which nothing is made of.
        calling: the same of what stands before its first request, where it goes on from another:
            a name for what was done there, maybe.
    """

    clause: Clause
    exchanges: tuple[Exchange, ...]
    follows: bool
    anonymous: bool
    unused: tuple[str, ...]
    calling: tuple[str, ...]


def recognise(clause: Clause) -> Recognised:
    """Return what a criterion or an edge case asks for.

    Raises:
        NotUnderstood: not all of it can be read.
    """
    found = pieces(clause.text)
    starts = [n for n, piece in enumerate(found) if piece.shape is Shape.REQUEST]
    if not starts:
        raise NotUnderstood(no_request(found))
    anonymous = _ANONYMOUS.search(marked(found)) is not None
    goes_on = follows(found, starts[0])
    ends = [*starts[1:], len(found)]
    exchanges: list[Exchange] = []
    left: list[str] = []
    calling: list[str] = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        lead = marked(found[:start]) if number == 0 else ""
        segment = _segment(found, start, end, lead, anonymous=anonymous)
        exchanges.append(_named(segment.exchange, clause, number))
        (calling if goes_on else left).extend(segment.before)
        left += segment.unused
    if not any(exchange.expected for exchange in exchanges):
        raise NotUnderstood("it does not say what comes back")
    settled = [one if one.expected else _must_succeed(one) for one in exchanges]
    return Recognised(clause, tuple(settled), goes_on, anonymous, tuple(left), tuple(calling))


def no_request(found: Sequence[Piece]) -> str:
    """Return why a clause without a request is not compiled."""
    if any(piece.shape is Shape.PATH for piece in found):
        return "it names a page and no request such as `GET /path`; write a scenario that opens it"
    return "it names no request such as `GET /path`"


def follows(found: Sequence[Piece], first_request: int) -> bool:
    """Say whether a clause goes on from the one before it."""
    prose = [piece.text for piece in found if piece.shape is Shape.PROSE]
    lead = " ".join(piece.text for piece in found[:first_request]).strip()
    inside = lead.lower() in {"after", "once"}  # `After `POST …`, `GET …` returns …`
    return not inside and any(_FOLLOWS.search(text.strip()) for text in prose)


_MOST_GIST = 160


def gist(text: str) -> str:
    """Return a clause as a comment: without marks, and not too long."""
    plain = re.sub(r"`|\*\*|__", "", text)
    return plain if len(plain) <= _MOST_GIST else f"{plain[: _MOST_GIST - 1].rstrip()}…"


def _named(exchange: Exchange, clause: Clause, number: int) -> Exchange:
    """Return an exchange with its comment: the whole clause at its first request alone."""
    request = exchange.request
    said = gist(clause.text) if number == 0 else f"… {request.method} {request.path}"
    return Exchange(request, exchange.expected, clause=clause.id, gist=f"{said} ({clause.id})")


def _must_succeed(exchange: Exchange) -> Exchange:
    """Return a step that only leads to another: the rest means nothing unless it succeeds."""
    return Exchange(exchange.request, (StatusClass(2),), clause=exchange.clause, gist=exchange.gist)


@dataclass(frozen=True, slots=True)
class _Segment:
    """One request of a clause.

    Args:
        exchange: with what comes back.
        before: what stands before it and was not understood.
        unused: the same of what stands behind it.
    """

    exchange: Exchange
    before: tuple[str, ...]
    unused: tuple[str, ...]


def _segment(
    found: Sequence[Piece], start: int, end: int, lead: str, *, anonymous: bool
) -> _Segment:
    """Return one request with what belongs to it."""
    method, path, body = found[start].value
    rest = marked(found[start + 1 : end], start + 1)
    subject = _SUBJECT.search(lead)
    if subject is not None:
        lead, sent, said = lead[: subject.start()], "", f"{subject[1]} {rest}"
    else:
        begins = _SAID.search(rest)
        cut = len(rest) if begins is None else begins.start()
        sent, said = rest[:cut], rest[cut:]
    headers, sent_body = _sent(f"{lead} {sent}", found)
    if body is not None and sent_body is not None:
        raise NotUnderstood("it names two bodies for one request")
    request = Request(
        method,
        braces_as_slots(path),
        headers,
        body if body is not None else sent_body,
        anonymous=anonymous,
    )
    before, behind = (_unused_of(request, text) for text in (lead, sent))
    answer = expectations(said, found) if said else Answer((), ())
    return _Segment(Exchange(request, answer.expected), before, (*behind, *answer.unused))


def _unused_of(request: Request, text: str) -> tuple[str, ...]:
    """Return what is not understood of what stands beside a request."""
    if is_signing_up(request):
        text = _CREDENTIALS.sub(TAKEN, text)
    return unused_of_request(_plain(text))


def refuse_misnamed(exchange: Exchange) -> None:
    """Refuse an exchange with text that is meant as a name and is none.

    Raises:
        NotUnderstood: such as ``<short-code>``.
    """
    text = misnamed(exchange)
    if text is not None:
        raise NotUnderstood(
            f"{text} is no name: those are of letters, digits and _, and a range is for an int"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of an answer.

    Args:
        expected: of it, in order.
        unused: what is said besides, which nothing is made of.
    """

    expected: tuple[Expectation, ...]
    unused: tuple[str, ...]


def expectations(said: str, found: Sequence[Piece]) -> Answer:
    """Return what is said of an answer.

    Raises:
        NotUnderstood: not all of it can be read.
    """
    reading = read_expectations(_ANONYMOUS.sub(" ", said), found)
    refuse_rest(reading.text, found)
    if not reading.found:
        raise NotUnderstood("it does not say what comes back in words that are known")
    return Answer(tuple(reading.found), unused(reading.text, names_in(found)))


def names_in(found: Sequence[Piece]) -> Collection[str]:
    """Return the words that code spans name fields by: prose beside them may repeat those."""
    spans = (one.text for one in found if one.shape in {Shape.NAME, Shape.FORMULA})
    return {word.lower() for text in spans for word in re.findall(r"[A-Za-z_]+", text)}


def refuse_rest(left: str, found: Sequence[Piece]) -> None:
    """Refuse what no pattern took up, if it can change the meaning.

    Raises:
        NotUnderstood: a code span or such a word is left.
    """
    span = re.search(r"«[a-z ]+ (\d+)»", left)
    if span is not None:
        raise misplaced(found[int(span[1])])
    guard = _GUARDS.search(left)
    if guard is not None:
        raise NotUnderstood(f'the word "{guard[0].lower()}" is not understood here')


_FORMS = {
    Shape.SLOT: 'say what has this value, as in `{{ "field": "{0}" }}`, `Location: {0}` or '
    "`GET /path/{0}`",
    Shape.ADDRESS: "say what has this value, as in `Location: {0}`",
    Shape.PATH: "say what leads there, as in `GET {0}` or `Location: {0}`",
}
"""What can be written instead, by what stands there."""


def misplaced(piece: Piece) -> NotUnderstood:
    """Return why a code span is not understood, with a form that is."""
    form = _FORMS.get(piece.shape)
    more = "" if form is None else f"; {form.format(piece.text)}"
    return NotUnderstood(f"`{piece.text}` is not understood where it stands{more}")


def _sent(text: str, found: Sequence[Piece]) -> tuple[tuple[tuple[str, str], ...], object]:
    """Return the headers and the body that are sent."""
    headers: list[tuple[str, str]] = []
    bodies: list[object] = []
    for kind, number in re.findall(r"«([a-z ]+) (\d+)»", text):
        piece = found[int(number)]
        if kind == Shape.HEADER.value:
            headers.append(piece.value)
        elif kind == Shape.JSON.value and type(piece.value) in {dict, list}:
            bodies.append(piece.value)
        else:
            raise misplaced(piece)
    if len(bodies) > 1:
        raise NotUnderstood("it names two bodies for one request")
    refuse_rest(_WHO.sub(" ", _plain(text)), found)
    return tuple(headers), bodies[0] if bodies else None


def _plain(text: str) -> str:
    """Return the words beside a request: without code spans and whether somebody is signed in."""
    return _ANONYMOUS.sub(" ", re.sub(r"«[a-z ]+ \d+»", f" {TAKEN} ", text))
