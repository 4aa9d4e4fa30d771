"""Names in what is expected: each stands for a value, or its clause is not compiled."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from sigil.gate.effects import Call, Json
from sigil.gate.generate.drafting import Drafted, draft
from sigil.gate.intent import read_intent
from sigil.gate.lua import Limits, lint, run_scenario
from sigil.gate.model import Scenario, Status

HEAD = "---\ntitle: X\nowner: X\npriority: P1\n---\n## Acceptance criteria\n"
MADE = '`POST /links` with `{ "url": "<string>" }` returns 201 and `{ "code": "<any>" }`.'


def drafted(*criteria: str, more: str = "") -> Drafted:
    listed = "".join(f"{number}. {text}\n" for number, text in enumerate(criteria, 1))
    return draft(read_intent(f"{HEAD}{listed}{more}".encode(), "x.md"), ratio=0.4, seed=0, secret=1)


def last(*criteria: str) -> str:
    """Return the last check of the last criterion, which has to lint."""
    found = drafted(*criteria)
    assert found.uncompiled == ()
    seen = [one for one in found.candidates if one.half == "visible"]
    assert lint(Scenario("x", "visible", seen[-1].text, "x.lua")) == []
    checks = [line.strip() for line in seen[-1].text.splitlines() if "expect" in line]
    return checks[-1]


def refused(*criteria: str) -> str:
    """Return why the last criterion is not compiled."""
    found = drafted(*criteria)
    (one,) = found.uncompiled
    assert one.clause == f"criterion-{len(criteria)}"
    assert not [c for c in found.candidates if one.clause in c.clauses]
    return one.reason


@pytest.mark.parametrize(
    ("said", "check"),
    [
        ("returns 302 and `Location: <url>`", '["location"] == tostring(url))'),
        ("redirects to `/x/<code>`", '["location"] == "/x/" .. code)'),
        ("redirects to `/x/{code}`", '["location"] == "/x/" .. code)'),
        ("redirects to `https://x.org/:code`", '["location"] == "https://x.org/" .. code)'),
        ('returns `{ "to": "/x/<code>" }`', '.json.to == "/x/" .. code)'),
        ('returns `{ "to": "<url>" }`', ".json.to == url)"),
    ],
)
def test_a_name_stands_for_what_was_sent_or_received(said, check):
    assert last(MADE, f"`GET /l/<code>` {said}.").endswith(check)
    assert last(MADE, f"`GET /newest` {said}.").endswith(check)


def test_a_name_stands_for_what_the_same_answer_holds():
    line = last(f"{MADE[:-1]} and the header `Location: /l/<code>`.")
    assert line == 'expect(links.headers["location"] == "/l/" .. links.json.code)'


def test_two_fields_of_one_answer_may_be_the_same():
    line = last('`GET /x` returns `{ "id": "<any>", "self": "<id>" }`.')
    assert line == "expect(x.json.self == x.json.id)"


def test_a_type_is_no_field_of_the_same_answer():
    line = last('`GET /x` returns `{ "email": "<any>", "to": "<email>" }`.')
    assert ':match("^[^@%s]+@' in line
    line = last('`GET /x` returns `{ "uuid": "<any>" }` and the header `X-Id: <uuid>`.')
    assert ':match("^%x' in line
    line = last('`GET /x` returns `{ "uuid": "<any>" }` and the header `Location: /x/<uuid>`.')
    assert line.endswith('"/x/" .. x.json.uuid)')


def test_a_field_under_its_own_name_is_received():
    line = last('`GET /x` returns `{ "id": "<id>" }`.')
    assert line == "expect(x.json.id ~= nil and x.json.id ~= sigil.json.null)"


def test_what_the_same_answer_holds_comes_before_what_was_received_earlier():
    line = last(MADE, f"Then {MADE[:-1]} and the header `Location: /l/<code>`.")
    assert line == 'expect(links_2.headers["location"] == "/l/" .. links_2.json.code)'


def test_what_is_drawn_in_part_of_a_text_is_known_as_that_part():
    made = MADE.replace("<string>", "https://x.org/<string>")
    line = last(made, "`GET /<code>` redirects to `https://x.org/<url>`.")
    assert line == 'expect(answer.headers["location"] == "https://x.org/" .. url)'


def test_a_name_may_have_capitals():
    made = "`POST /o` returns 201 and an `orderId`."
    assert last(made, "`GET /o` redirects to `/o/<orderId>`.").endswith('"/o/" .. orderId)')


def test_a_type_may_stand_for_a_whole_header():
    assert last("`GET /x` returns 200 and `X-Count: <int>`.").endswith(':match("^%-?%d+$"))')
    assert last("`GET /x` returns 302 and `Location: <any>`.").endswith('["location"] ~= nil)')


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("returns 302 and `Location: <url>`", "nothing before it sends or receives `url`"),
        ("redirects to `/x/<code>`", "nothing before it sends or receives `code`"),
        ('returns `{ "to": "/x/<code>" }`', "nothing before it sends or receives `code`"),
        ('returns `{ "to": "<url>" }`', "nothing before it sends or receives `url`"),
        ('returns exactly `{ "code": "<code>" }`', "nothing says what <code> is"),
        ('returns exactly `{ "code": "<any>" }`', "<any> is a type"),
        ("redirects to `/x/<any>`", "<any> is a type"),
        ("returns 200 and `X-Flag: <bool>`", "<bool> is neither"),
        ("returns 200 and `X-Count: <int 1..9>`", "<int 1..9> is neither"),
        ('returns `{ "n": "<plan 1..9>" }`', "<plan 1..9> is no name"),
        ("redirects to `/x/<short-code>`", "<short-code> is no name"),
        ("returns 302 and `Location: <Short Code>`", "<Short Code> is no name"),
        ('returns `{ "code": "<short-code>" }`', "<short-code> is no name"),
    ],
)
def test_a_name_without_a_value_is_no_literal_text(said, reason):
    assert reason in refused(f"`GET /x` {said}.")


def test_a_range_bounds_what_is_expected():
    line = last('`GET /x` returns `{ "n": "<int -1..9>" }`.')
    assert line == 'expect(math.type(x.json.n) == "integer" and x.json.n >= -1 and x.json.n <= 9)'


def test_a_path_with_a_name_that_is_none_is_refused():
    assert "<short-code> is no name" in refused("`GET /x/<short-code>` returns 200.")


def test_an_address_in_angle_brackets_is_text():
    line = last("`GET /x` returns 200 and `Link: <https://x.org/2>; rel=next`.")
    assert line.endswith('["link"] == "<https://x.org/2>; rel=next")')


def test_an_invariant_may_name_what_it_draws_in_a_header():
    more = (
        "\n## Invariants\n\n"
        "- For every `n` from 1 to 9, `GET /x/<n>` redirects to `/y/<n>`.\n"
        "- For every `n` from 1 to 9, `GET /x/<n>` redirects to `/y/<m>`.\n"
    )
    found = drafted("`GET /x` returns 200.", more=more)
    (text,) = {
        one.text
        for one in found.candidates
        if one.name.endswith("invariant-1") and one.half == "visible"
    }
    assert '["location"] == "/y/" .. case.n)' in text
    assert [one.clause for one in found.uncompiled] == ["invariant-2"]


@dataclass
class Links:
    """A service that shortens links; ``shift`` is what is wrong with it."""

    shift: str = ""
    links: list[str] = field(default_factory=list)

    def perform(self, call: Call) -> Json:
        headers = {}
        body, status = {}, 404
        path = call.request["path"]
        if call.request["method"] == "POST":
            self.links.append(json.loads(call.request["body"])["url"])
            body, status = {"code": f"c{len(self.links)}"}, 201
            headers = {"location": f"/{body['code']}{self.shift}"}
        elif path.startswith("/c"):
            status = 302
            headers = {"location": f"{self.links[int(path[2:]) - 1]}{self.shift}"}
        return {"status": status, "headers": headers, "body": json.dumps(body),
                "encoding": "utf-8", "elapsed_ms": 1}  # fmt: skip


@pytest.mark.parametrize("half", ["visible", "holdout"])
def test_a_service_that_redirects_as_it_should_passes_and_another_fails(half):
    made = MADE.replace("<string>", "https://x.org/<string>")
    found = drafted(
        f"{made[:-1]} and the header `Location: /<code>`.",
        "`GET /<code>` redirects to `https://x.org/<url>`.",
    )
    ours = [one for one in found.candidates if one.half == half]
    assert len(ours) == 2
    for one in ours:
        scenario = one.scenario("x.md", {})
        right = run_scenario(scenario, Links(), seed=1, limits=Limits())
        wrong = run_scenario(scenario, Links(shift="x"), seed=1, limits=Limits())
        assert (right.result.status, wrong.result.status) == (Status.PASS, Status.FAIL)
