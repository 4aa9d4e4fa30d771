"""Clauses: what is recognised in prose, and what is refused rather than guessed."""

from __future__ import annotations

import pytest

from sigil.gate.generate.clauses import NotUnderstood, recognise
from sigil.gate.generate.model import (
    Absent,
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
from sigil.gate.intent import Clause, Kind


def clause(text: str) -> Clause:
    return Clause("criterion-1", Kind.CRITERION, text, 1)


def last(text: str):
    return recognise(clause(text)).exchanges[-1]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("returns 201", [StatusIs(201)]),
        ("responds with 404", [StatusIs(404)]),
        ("is refused with 403", [StatusIs(403)]),
        ("is refused", [StatusClass(4)]),
        ("answers with status `204`", [StatusIs(204)]),
        ("returns 404 Not Found", [StatusIs(404)]),
        ("fails with a 4xx", [StatusClass(4)]),
        ("is not found", [StatusIs(404)]),
        ('returns `{ "plan": "pro" }`', [Holds((), {"plan": "pro"})]),
        ('returns exactly `{ "plan": "pro" }`', [Holds((), {"plan": "pro"}, exactly=True)]),
        ("returns `[]`", [Holds((), [])]),
        ("returns an empty list", [Length((), 0)]),
        ("receives a `session_token`", [IsA(("session_token",), "token")]),
        ("returns 200 and an `id`", [StatusIs(200), IsA(("id",), "any")]),
        ("returns an `id` and a `name`", [IsA(("id",), "any"), IsA(("name",), "any")]),
        ("returns a field `x` that is a string", [IsA(("x",), "string")]),
        ("returns a list `items`", [IsA(("items",), "list")]),
        ('returns `plan` of `"pro"`', [Holds(("plan",), "pro")]),
        ('returns a `plan` of "pro"', [Holds(("plan",), "pro")]),
        ("returns `error.code` equals 7", [Holds(("error", "code"), 7)]),
        ("never includes a `password`", [Absent(("password",))]),
        ("returns no `password`", [Absent(("password",))]),
        ("returns `items` with 3 entries", [Length(("items",), 3)]),
        ("is sorted by `name`", [Sorted((), ("name",))]),
        ("returns items sorted by `items[].at` descending", [Sorted(("items",), ("at",), True)]),
        (
            "returns a `total` that is the sum of `items[].price`",
            [SumsTo(("items",), ("price",), ("total",))],
        ),
        ("returns `count` is at least 3", [Formula("count >= 3", ("count",))]),
        ("returns `a = b * 2`", [Formula("a == b * 2", ("a", "b"))]),
        ("returns the header `Location: /x`", [HeaderIs("Location", "/x")]),
        ("returns an `ETag` header", [HeaderIs("ETag")]),
        ("redirects to `/y`", [StatusClass(3), HeaderIs("Location", "/y")]),
        ("redirects to `/y` with 301", [StatusIs(301), HeaderIs("Location", "/y")]),
        ("redirects with 301 to `/y`", [StatusIs(301), HeaderIs("Location", "/y")]),
        ("is redirected (301) to `/y`", [StatusIs(301), HeaderIs("Location", "/y")]),
        ("redirects to `/y/{id}`", [StatusClass(3), HeaderIs("Location", "/y/<id>")]),
        (
            "is redirected to `https://a.b/c`",
            [StatusClass(3), HeaderIs("Location", "https://a.b/c")],
        ),
        ("redirects to `<url>`", [StatusClass(3), HeaderIs("Location", "<url>")]),
        ("is redirected with 302", [StatusIs(302)]),
        ("is redirected", [StatusClass(3)]),
        ("returns the `Location` header, which is `/y`", [HeaderIs("Location", "/y")]),
    ],
)
def test_what_is_said_of_an_answer_is_recognised(said, expected):
    assert list(last(f"`GET /x` {said}.").expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "`GET /x` does not return 200.",
        "`GET /x` returns 200 or 201.",
        "If the moon is full, `GET /x` returns 200.",
        "`GET /x` returns 200 unless it is late.",
        "`GET /x` returns 200 only on Mondays.",
        "Every `GET /x` returns 200.",
        "`GET /x` returns 400 things.",
        "`GET /x` returns `one thing or another`.",
        "`GET /x` returns `plan=pro`.",
        "`GET /x` is nice.",
        "`GET /x` with `limit` returns 200.",
        "`POST /x` with `{}` and `{}` returns 200.",
        "`GET /x` is not redirected.",
        "The page `/x` shows a badge.",
        "It is fast.",
    ],
)
def test_what_could_mean_something_else_is_refused(text):
    with pytest.raises(NotUnderstood):
        recognise(clause(text))


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("returns 302 and `<url>`", "`Location: <url>`"),
        ("returns 302 and `https://a.b/c`", "`Location: https://a.b/c`"),
        ("returns 302 and `/y`", "`Location: /y`"),
    ],
)
def test_a_value_in_the_wrong_place_is_refused_with_a_form_that_works(said, form):
    with pytest.raises(NotUnderstood) as refused:
        recognise(clause(f"`GET /x` {said}."))
    assert form in refused.value.reason
    assert last(f"`GET /x` returns 302 and {form}.").expected[1]


def test_a_body_and_headers_belong_to_the_request():
    sent = last('`PUT /x` with `If-Match: abc` and `{ "n": 1 }` returns 204.').request
    assert (sent.headers, sent.body) == ((("If-Match", "abc"),), {"n": 1})


def test_a_body_may_stand_before_its_request():
    assert last('Sending `{ "n": 1 }` to `POST /x` returns 201.').request.body == {"n": 1}


def test_a_subject_may_stand_before_its_request():
    found = last("The `total` of `GET /cart` is never negative.")
    assert found.expected == (Formula("total >= 0", ("total",)),)


def test_requests_in_one_clause_are_steps_of_one_sequence():
    found = recognise(clause("`DELETE /x/1` returns 204, then `GET /x/1` returns 404."))
    assert [one.request.method for one in found.exchanges] == ["DELETE", "GET"]


def test_a_step_of_which_nothing_is_said_has_to_succeed():
    found = recognise(clause("After `POST /x`, `GET /x` returns 200."))
    assert found.exchanges[0].expected == (StatusClass(2),)
    assert not found.follows


@pytest.mark.parametrize(
    ("text", "follows"),
    [
        ("Then `GET /x` returns 200.", True),
        ("After checkout, `GET /x` returns 200.", True),
        ("`GET /x` returns 200 on the next read.", True),
        ("With the same `{}`, `POST /x` returns 409.", True),
        ("With that session, `GET /x` returns 200.", False),
        ("`GET /x` returns 200.", False),
    ],
)
def test_a_clause_goes_on_from_the_one_before_it_if_it_says_so(text, follows):
    assert recognise(clause(text)).follows is follows


def test_without_a_session_is_about_somebody_anonymous():
    assert last("Without a session, `GET /x` is refused with 401.").request.anonymous
    assert not last("`GET /x` is refused with 401.").request.anonymous


def test_braces_and_colons_in_a_path_are_slots():
    assert last("`GET /x/{id}/y/:name` returns 200.").request.path == "/x/<id>/y/<name>"
