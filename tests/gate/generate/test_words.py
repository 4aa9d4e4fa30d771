"""Words: a clause is compiled whole only if something was made of each of its words."""

from __future__ import annotations

import json

import pytest
from tests.gate.generate.notes import INTENT
from tests.gate.generate.repositories import FOLDER, SPEC, a_repository

from sigil.gate.generate.compiler import compile_intent
from sigil.gate.generate.model import IsA
from sigil.gate.intent import read_intent

HEAD = "---\ntitle: X\nowner: X\npriority: P1\n---\n## Acceptance criteria\n\n"


def compiled(*criteria: str, invariant: str = ""):
    listed = "".join(f"{number}. {text}\n" for number, text in enumerate(criteria, 1))
    more = f"\n## Invariants\n\n- {invariant}\n" if invariant else ""
    return compile_intent(read_intent(f"{HEAD}{listed}{more}".encode(), "x.md"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('returns `{ "price_cents": 1000 }` within 200 ms', "within 200 ms"),
        (
            "returns 201 and sends an e-mail to the customer",
            "sends an e-mail to the customer",
        ),
        ("is refused with 422 and nothing is stored", "nothing is stored"),
        (
            "returns 200 and rounds the price up to the next franc",
            "rounds the price up to the next franc",
        ),
        (
            "returns 200, the price in cents, including tax",
            "the price in cents, including tax",
        ),
        ("returns 200 for customers in Switzerland", "for customers in Switzerland"),
        ("returns 200 and a list", "a list"),
        ("returns 422 Nothing Stored", "Nothing Stored"),
        ("returns a non-empty list `items`", "non-empty"),
        ("never, for guests, returns 5xx", "for guests, returns"),
        ("in French returns 200", "in French"),
        ("returns 200. The price is rounded", "The price is rounded"),
    ],
)
def test_words_of_which_nothing_is_made_are_named(said, words):
    found = compiled(f"`GET /x` {said}.")
    (one,) = found.uncompiled
    assert (one.clause, one.line, one.whole) == ("criterion-1", 8, False)
    assert f'"{words}"' in one.reason
    assert [sketch.clauses for sketch in found.sketches] == [("criterion-1",)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("An admin user calls `GET /x` and gets 200.", "An admin user calls"),
        ("When an admin user calls `GET /x`, it returns 200.", "When an admin user calls"),
        ("In Switzerland, `GET /x` returns 200.", "In Switzerland"),
        ("With another session, `GET /x` returns 404.", "With another session"),
        ("After a delay of 3 days, `GET /x` returns 200.", "After a delay of 3 days"),
    ],
)
def test_words_before_a_request_are_named_as_they_were_written(text, words):
    (one,) = compiled("`GET /y` returns 200.", text).uncompiled
    assert f'"{words}"' in one.reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("`GET /x` is a pure read for guests.", "for guests"),
        ("`PUT /x` with `{}` is idempotent within 24 hours.", "within 24 hours"),
        ("`GET /x` never, at night, answers with a 5xx.", "at night"),
        ("For every `n` from 1 to 9, `GET /x` returns `y = n * 2`, rounded up.", "rounded up"),
        ("At night, for every `n` from 1 to 9, `GET /x` returns `y = n * 2`.", "At night"),
    ],
)
def test_words_of_an_invariant_are_named(text, words):
    (one,) = compiled("`GET /y` returns 200.", invariant=text).uncompiled
    assert (one.clause, one.whole) == ("invariant-1", False)
    assert words in one.reason


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("`GET /x` is a pure read unless it rains.", '"unless"'),
        ("`GET /x` is a pure read and returns `items`.", "`items`"),
        ("`GET /x` never answers with a 5xx, whatever `q` and `p` are.", "`p`"),
    ],
)
def test_an_invariant_is_refused_as_any_clause_is(text, word):
    (one,) = compiled("`GET /y` returns 200.", invariant=text).uncompiled
    assert one.whole
    assert word in one.reason


@pytest.mark.parametrize(
    "text",
    [
        "`GET /x` returns 404 Not Found.",
        "`GET /x` responds with an HTTP 404 error.",
        "`GET /x` returns exactly 204.",
        "`GET /x` must always return 200 on the next read.",
        "`GET /x` returns 201, and the user gets an `id` as well.",
        "`GET /x` returns items sorted by `items[].at`.",
        "`GET /x` never answers with any 5xx.",
        "A free account hits `POST /signup` and receives a `session_token`.",
        "When a user calls `GET /x`, the answer is 200.",
        "`POST /signup` with an e-mail address and a password returns 201.",
        "Then, after that, `GET /x` returns 200.",
        "After checkout, `GET /x` returns 200.",
    ],
)
def test_what_says_nothing_by_itself_leaves_a_clause_whole(text):
    assert compiled("`POST /checkout` returns 201.", text).uncompiled == ()


@pytest.mark.parametrize(
    "text",
    [
        "`GET /x` is a pure read. N reads in any order return the same plan.",
        "`GET /x` is a **pure read**, regardless of `X-Request-Id`.",
        "`GET /x` is read-only and has no side effects.",
        "Repeating `PUT /x` with `{}` gives the same answer.",
        "No request to `GET /x` ever fails with a 5xx, whatever the `q` is.",
        "For every whole number `n` from 1 to 9, `GET /x` returns 200.",
    ],
)
def test_an_invariant_in_known_words_is_whole(text):
    assert compiled("`GET /y` returns 200.", invariant=text).uncompiled == ()


def test_what_a_sentence_above_a_table_says_besides_is_named():
    table = "\n`GET /q?n=<n>` returns for guests 200 and:\n\n| n | y |\n|---|---|\n| 1 | 2 |\n"
    found = compile_intent(read_intent(f"{HEAD}1. `GET /y` returns 200.\n{table}".encode(), "x.md"))
    assert "for guests" in found.uncompiled[0].reason
    assert not found.uncompiled[0].whole


def test_a_whole_number_has_no_fraction():
    (sketch,) = compiled("`GET /x` returns `n`, which is a whole number.").sketches
    assert IsA(("n",), "integer") in sketch.steps[0].expected


def test_words_of_which_nothing_is_made_are_printed_and_traced(tmp_path):
    said = "`GET /notes` is refused with 401"
    with a_repository(tmp_path) as made:
        made.write(INTENT.replace(said, f"{said} within 200 ms"))
        printed = " ".join(made.make().output.split())
        listed = made.generated()["uncompiled"]
        table = json.loads((made.root / FOLDER / "traceability.json").read_text())
    assert 'criterion-5: no scenario looks at what "within 200 ms" says' in printed
    assert [one["whole"] for one in listed if "within 200 ms" in one["reason"]] == [False]
    traced = table["intents"][SPEC]["uncompiled"]
    assert [one["id"] for one in traced if "within 200 ms" in one["reason"]] == ["criterion-5"]
