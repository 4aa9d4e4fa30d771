"""Invariants: claims about every case, as properties with generators.

    `GET /api/x` is a pure read … regardless of `X-Request-Id`
    `PUT /api/x` is idempotent
    `GET /api/x` never answers with a 5xx, whatever `q` is
    For every `seats` from 1 to 50, `GET /api/quote?seats=<seats>` returns `cents = seats * 12`

Pure. Not here: an invariant that holds of single answers, which is read as a criterion is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sigil.gate.generate.clauses import (
    NotUnderstood,
    expectations,
    gist,
    names_in,
    no_request,
    refuse_rest,
)
from sigil.gate.generate.expects import marked
from sigil.gate.generate.model import Below5xx, Exchange, IsA, Path, Property, Request, StatusClass
from sigil.gate.generate.slots import DRAWN
from sigil.gate.generate.words import TAKEN, unused_of_request
from sigil.gate.intent import Clause
from sigil.gate.intent.pieces import Piece, Shape, objects_in, path_of, pieces
from sigil.gate.intent.slots import braces_as_slots, slots_in, with_slots

_PURE = re.compile(
    r"\b(?:pure(?: reads?)?|read[- ]only|side[- ]effect|in any order|same)\b", re.IGNORECASE
)
_IDEMPOTENT = re.compile(r"\bidempotent\b", re.IGNORECASE)
_NEVER_5XX = re.compile(r"\b(?:never|no)\b(?P<loose>[^.]{0,60})\b5(?:xx|00)\b", re.IGNORECASE)
_SAME = re.compile(r"\bthe same (?:«name (\d+)»|([a-z_]+))", re.IGNORECASE)
_WHOLE = frozenset({"answer", "answers", "response", "result", "body", "reply", "value", "bytes",
                    "thing", "output", "status"})  # fmt: skip
_FOR_EVERY = re.compile(
    r"\bfor (?:every|each|any|all) (?:whole number |number |string |date )?«name (\d+)»"
    r"(?:,? (?:from|between) (-?\d+) (?:up )?(?:to|and|through) (-?\d+))?",
    re.IGNORECASE,
)
_WHATEVER = re.compile(r"\b(?:whatever|regardless of|for any|for every) (?:the )?«name (\d+)»")
_REPEATED = re.compile(
    r"\b(?:pure(?: reads?)?|read[- ]only|idempotent"
    r"|(?:has |have |with )?(?:no )?side[- ]effects?(?:[- ]free)?|without side[- ]effects?"
    r"|changes? nothing|in any order"
    r"|(?:every|each|any|all|two|several|many|N|repeated|consecutive) (?:number of )?"
    r"(?:reads?|requests?|calls?|answers?|times)|however often|repeat(?:s|ed|ing)?|twice"
    r"|regardless of|whatever)\b",
    re.IGNORECASE,
)
"""Ways to say that asking again is harmless, and what it may differ in."""
_EVERY_REQUEST = re.compile(r"\b(?:any|every|no) (?:request|call|answer)\b|\bever\b", re.IGNORECASE)
_USED_IN_ALL = (Shape.REQUEST, Shape.HEADER, Shape.HEADER_NAME)
_KINDS = {"string": "string", "date": "date"}
_ANYTHING = "sigil.gen.one_of(sigil.gen.int(-100000, 100000), sigil.gen.string({ max = 12 }))"
_CASES = 20
_KEY = "idempotency-key"
"""The header that makes a POST harmless to repeat.
Source: draft-ietf-httpapi-idempotency-key-header."""


Said = tuple[Property, tuple[str, ...]]
"""A property, and what is said besides, which nothing is made of."""


def recognise_property(clause: Clause) -> Said | None:
    """Return an invariant over many cases; None if it is not of that kind.

    Raises:
        NotUnderstood: it is, and not all of it can be read.
    """
    found = pieces(clause.text)
    text = marked(found)
    drawn = _for_every(text, found)
    if drawn:
        return _over(clause, found, drawn)
    if _NEVER_5XX.search(text):
        return _never_fails(clause, found, text)
    if _IDEMPOTENT.search(text) or _PURE.search(text):
        return _same_again(clause, found, text)
    return None


def _request(found: Sequence[Piece]) -> Request:
    requests = [piece for piece in found if piece.shape is Shape.REQUEST]
    if len(requests) != 1:
        raise NotUnderstood(no_request(found) if not requests else "it names more than one request")
    method, path, body = requests[0].value
    bodies = [*([] if body is None else [body]), *objects_in(found)]
    if len(bodies) > 1:
        raise NotUnderstood("it names two bodies for one request")
    headers = tuple(piece.value for piece in found if piece.shape is Shape.HEADER)
    return Request(method, braces_as_slots(path), headers, bodies[0] if bodies else None)


def _left(text: str, found: Sequence[Piece]) -> tuple[str, ...]:
    """Return what is left of a text that was read, once the spans that are sent are out of it.

    Raises:
        NotUnderstood: it can change the meaning.
    """

    def sent(match: re.Match[str]) -> str:
        piece = found[int(match[1])]
        is_sent = piece.shape in _USED_IN_ALL or type(piece.value) is dict
        return TAKEN if is_sent else match[0]

    left = re.sub(r"«[a-z ]+ (\d+)»", sent, text)
    refuse_rest(left, found)
    return unused_of_request(left, names_in(found))


def _headers(found: Sequence[Piece]) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """Return the headers that are different in each case, and what draws them."""
    headers: list[tuple[str, str]] = []
    drawn: dict[str, str] = {}
    for piece in found:
        if piece.shape is Shape.HEADER_NAME:
            name = piece.text.lower().removeprefix("x-").replace("-", "_")
            headers.append((piece.text, f"<{name}>"))
            drawn[name] = DRAWN["uuid"]
    return tuple(headers), drawn


def _same_again(clause: Clause, found: Sequence[Piece], text: str) -> Said:
    """Return the claim that asking again gives the same."""
    request = _request(found)
    keyed = any(name.lower() == _KEY for name, _ in request.headers)
    if request.method in {"POST", "PATCH"} and not keyed:
        raise NotUnderstood(f"repeating a {request.method} is not known to be harmless")
    headers, drawn = _headers(found)
    request = replace(request, headers=(*request.headers, *headers))
    same = _same_paths(text, found)
    there = tuple(IsA(path, "any") for path in same if path)
    exchange = Exchange(request, (StatusClass(2), *there), clause=clause.id, gist=_gist(clause))
    kind = "a pure read" if request.safe else "idempotent"
    claim = Property(
        f"{request.endpoint} is {kind}",
        drawn,
        exchange,
        same=same,
        first=True,
        cases=10 if request.safe else 3,
        clause=clause.id,
    )
    return claim, _left(_REPEATED.sub(TAKEN, _SAME.sub(TAKEN, text, count=1)), found)


def _same_paths(text: str, found: Sequence[Piece]) -> tuple[Path, ...]:
    match = _SAME.search(text)
    if match is None:
        return ((),)
    if match[1]:
        return (path_of(found[int(match[1])].text),)
    word = match[2].lower()
    return ((),) if word in _WHOLE else ((word,),)


def _never_fails(clause: Clause, found: Sequence[Piece], text: str) -> Said:
    request = _request(found)
    headers, drawn = _headers(found)
    for match in _WHATEVER.finditer(text):
        drawn[found[int(match[1])].text] = _ANYTHING
    request = _with_parameters(replace(request, headers=(*request.headers, *headers)), drawn)
    exchange = Exchange(request, (Below5xx(),), clause=clause.id, gist=_gist(clause))
    claim = Property(
        f"{request.endpoint} never answers with a 5xx", drawn, exchange, cases=30, clause=clause.id
    )
    left = _WHATEVER.sub(TAKEN, _NEVER_5XX.sub(lambda match: match["loose"], text, count=1))
    return claim, _left(_REPEATED.sub(TAKEN, _EVERY_REQUEST.sub(TAKEN, left)), found)


def _with_parameters(request: Request, drawn: dict[str, str]) -> Request:
    """Return a request whose query has every parameter that is drawn and that it lacks."""
    known = {name for name, _ in slots_in(request.path)} | {
        name for _, value in request.headers for name, _ in slots_in(value)
    }
    missing = [name for name in drawn if name not in known]
    path = request.path
    for name in missing:
        path = with_slots(path, {name: name})
    return replace(request, path=path)


def _for_every(text: str, found: Sequence[Piece]) -> dict[str, str]:
    """Return what is drawn, by name."""
    drawn: dict[str, str] = {}
    for match in _FOR_EVERY.finditer(text):
        name = found[int(match[1])].text
        kind = next((kind for word, kind in _KINDS.items() if f" {word} " in match[0]), "int")
        bounds = match[2] is not None
        drawn[name] = f"sigil.gen.int({match[2]}, {match[3]})" if bounds else DRAWN[kind]
    return drawn


def _over(clause: Clause, found: Sequence[Piece], drawn: dict[str, str]) -> Said:
    start = next(n for n, piece in enumerate(found) if piece.shape is Shape.REQUEST)
    request = _request(found[: start + 1])
    said = marked(found[start + 1 :], start + 1)
    request = _with_parameters(request, drawn) if request.body is None else request
    answer = expectations(said, found)
    exchange = Exchange(request, answer.expected, clause=clause.id, gist=_gist(clause))
    names = " and ".join(drawn)
    claim = Property(
        f"{request.endpoint} for every {names}", drawn, exchange, cases=_CASES, clause=clause.id
    )
    before = _left(_FOR_EVERY.sub(TAKEN, marked(found[:start])), found)
    return claim, (*before, *answer.unused)


def _gist(clause: Clause) -> str:
    return f"Property: {gist(clause.text)} ({clause.id})"
