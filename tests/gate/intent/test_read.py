"""Reading intents: what is found, where it stands, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sigil.errors import IntentMalformed
from sigil.gate.intent import Intent, Kind, read_intent
from sigil.gate.model import Priority

PATH = "docs/specs/x.md"
FRONT = '---\ntitle: "X"\nowner: "@x"\npriority: P1\n---\n'
CRITERIA = "## Acceptance criteria\n\n1. `GET /x` returns 200.\n"


def read(body: str, front: str = FRONT) -> Intent:
    return read_intent((front + body).encode(), PATH)


def refused(text: str) -> IntentMalformed:
    with pytest.raises(IntentMalformed) as caught:
        read_intent(text.encode(), PATH)
    return caught.value


@pytest.fixture(scope="module")
def upgrade() -> Intent:
    path = Path(__file__).parent / "fixtures" / "billing-upgrade.md"
    return read_intent(path.read_bytes(), "docs/specs/billing-upgrade.md")


def test_the_front_matter_of_the_upgrade_is_read(upgrade):
    assert (upgrade.title, upgrade.owner, upgrade.priority) == (
        "Billing — self-serve plan upgrade",
        "@jordan",
        Priority.P0,
    )


def test_every_clause_of_the_upgrade_has_an_id_and_its_line(upgrade):
    assert [(clause.id, clause.line) for clause in upgrade.clauses] == [
        ("criterion-1", 24),
        ("criterion-2", 25),
        ("criterion-3", 28),
        ("criterion-4", 30),
        ("invariant-1", 35),
        ("invariant-2", 37),
        ("quality-1", 42),
    ]


def test_a_clause_on_several_lines_is_one_text(upgrade):
    assert upgrade.clauses[3].text.endswith('"status": "active" }` on the next read.')


def test_the_prices_of_the_upgrade_are_amounts_with_units(upgrade):
    (table,) = upgrade.tables
    assert [(row.id, row.line) for row in table.rows] == [
        ("table-1.row-plan-free-c631890a", 17),
        ("table-1.row-plan-pro-da921d15", 18),
    ]
    annual = table.rows[1].cells[2]
    assert (annual.number, annual.unit) == (Fraction(99), "$/yr")
    assert table.rows[0].cells[2].empty


def test_a_paragraph_of_an_item_belongs_to_it():
    intent = read("## Acceptance criteria\n\n1. One.\n\n   More of one.\n2. Two.\n")
    assert [clause.text for clause in intent.of(Kind.CRITERION)] == ["One. More of one.", "Two."]


def test_items_inside_of_an_item_belong_to_it():
    intent = read("## Acceptance criteria\n1. One:\n   - first\n   - second\n")
    assert [clause.text for clause in intent.clauses] == ["One: first second"]


def test_what_stands_in_a_fence_or_a_comment_says_nothing():
    intent = read(CRITERIA + "\n```\n2. no\n```\n<!-- 3. no\n4. no -->\n")
    assert len(intent.clauses) == 1


def test_windows_line_ends_are_line_ends():
    intent = read_intent((FRONT + CRITERIA).replace("\n", "\r\n").encode(), PATH)
    assert intent.clauses[0].line == 8


def test_edge_cases_are_clauses_of_their_own():
    intent = read(CRITERIA + "\n## Edge cases\n\n- `GET /y` returns 404.\n")
    assert [clause.id for clause in intent.clauses] == ["criterion-1", "edge-1"]


def test_a_table_remembers_the_sentence_above_it():
    intent = read(CRITERIA + "\n## Prices\n\nSo much:\n\n| a | b |\n|---|---|\n| 1 | x\\|y |\n")
    (table,) = intent.tables
    assert (table.before, table.section) == ("So much:", "Prices")
    assert table.rows[0].cells[1].text == "x|y"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("# No front matter\n", 1, "front matter"),
        ("---\ntitle: X\n", 1, "never ends"),
        (FRONT.replace("owner", "ownr") + CRITERIA, 3, "unknown key"),
        (FRONT.replace("P1", "P7") + CRITERIA, 4, "P7"),
        ("---\ntitle: X\npriority: P1\n---\n" + CRITERIA, None, "required"),
        (FRONT + "# Title\n\nProse.\n", None, "no acceptance criteria"),
        (FRONT + "## Acceptance criteria\n\nProse.\n", 6, "no acceptance criteria"),
        (FRONT + "## Acceptance criteria\n\n- a bullet\n", 8, "without a number"),
        (FRONT + CRITERIA + "\n| a | b |\n|---|---|\n| 1 |\n", 12, "1 cells"),
        (FRONT + CRITERIA + "\n```\nnever closed\n", 10, "fence never ends"),
        (FRONT + CRITERIA + "\n<!-- never closed\n", 10, "comment never ends"),
    ],
)
def test_what_is_unclear_is_refused_with_its_line(text, line, problem):
    error = refused(text)
    assert problem in str(error)
    assert error.where is not None
    assert error.where.file == PATH
    assert line is None or error.where.line == line


def test_bytes_that_are_no_text_are_refused_with_their_line():
    with pytest.raises(IntentMalformed, match=rf"{PATH}:2: not UTF-8"):
        read_intent(b"---\n\xff", PATH)
