"""Rows of a table that move, come, go and change: what becomes of their scenarios."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.generate.notes import INTENT
from tests.gate.generate.repositories import FOLDER, SPEC, Repository, a_copy, a_repository

from sigil.errors import UsageError
from sigil.gate.generate.drafting import Drafted, draft
from sigil.gate.generate.losses import losses
from sigil.gate.generate.replacing import fate_of
from sigil.gate.generate.traceability import Covered
from sigil.gate.generate.validating import Candidate
from sigil.gate.intent import read, read_intent

SECRET = 20260401
ROWS = ("| 1 | $12 |\n", "| 2 | $24 |\n", "| 5 | $60 |\n", "| 9 | $108 |\n")
REST = INTENT.removesuffix("".join(ROWS))
DEARER = INTENT.replace("$12.", "$13.").replace(
    "".join(ROWS), "| 1 | $13 |\n| 2 | $26 |\n| 5 | $65 |\n| 9 | $117 |\n"
)
WITHOUT_A_SESSION = INTENT.replace("5. Without a session, `GET /notes` is refused with 401.\n", "")
NO_RECORD = re.compile(r"holdout_\d+ \(what it held the service to is on no record\)")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Repository]:
    with a_repository(tmp_path_factory.mktemp("made")) as repository:
        repository.make("--no-baseline")
        yield repository


@pytest.fixture
def examined(tmp_path, made) -> Iterator[Repository]:
    """A repository that has an exam."""
    with a_copy(made, tmp_path) as repository:
        yield repository


@pytest.fixture(scope="module")
def made_by_place(tmp_path_factory) -> Iterator[Repository]:
    """An exam as it was made when a row was known by its place, and no clause by a digest."""
    with a_repository(tmp_path_factory.mktemp("by_place")) as repository:
        with pytest.MonkeyPatch.context() as then:
            then.setattr(read, "names_of_rows", lambda *said: range(1, len(said[-1]) + 1))
            repository.make("--no-baseline")
        path = repository.root / FOLDER / "traceability.json"
        table = json.loads(path.read_text())
        for clause in table["intents"][SPEC]["clauses"]:
            del clause["says"]
        path.write_text(json.dumps(table))
        yield repository


@pytest.fixture
def by_place(tmp_path, made_by_place) -> Iterator[Repository]:
    with a_copy(made_by_place, tmp_path) as repository:
        assert repository.clauses()["table-1.row-4"] in {(0, 1), (1, 0)}
        yield repository


def sealed_row(repository: Repository) -> tuple[str, str]:
    """Return a line of the table whose scenario is sealed, and the id of the row."""
    halves = repository.clauses()
    names = {f"table-1.row-seats-{row.split()[1]}": row for row in ROWS}
    return next((row, name) for name, row in names.items() if halves[name] == (0, 1))


# --- moved and added ------------------------------------------------------------------------


def test_rows_that_stand_in_another_order_keep_all_their_scenarios(examined):
    before = examined.holdouts()
    examined.write(REST + "".join(reversed(ROWS)))
    told = examined.generated("--no-baseline")
    assert (told["changed"], told["sealed"], told["replaced"], told["lost"]) == ([], 0, [], [])
    assert examined.holdouts() == before


@pytest.mark.parametrize("more", ["| 3 | $36 |\n", "| 4 | $48 |\n", "| 12 | $144 |\n"])
def test_a_row_on_top_moves_at_most_one_other(examined, more):
    before = examined.clauses()
    examined.write(REST + more + "".join(ROWS))
    examined.make("--no-baseline")
    after = examined.clauses()
    assert sum(before[name] != after[name] for name in before) <= 1


def test_a_row_on_top_leaves_holdouts_of_rows_that_are_sealed_still_as_they_are(examined):
    sealed = {name for name, (_, count) in examined.clauses().items() if ".row" in name and count}
    before = examined.holdouts()
    examined.write(f"{REST}| 3 | $36 |\n{''.join(ROWS)}")
    told = examined.generated("--no-baseline")
    still = {name for name, (_, count) in examined.clauses().items() if name in sealed and count}
    texts = {id_: text for id_, text in before.items() if any(f"({one})" in text for one in still)}
    assert len(texts) == len(still) > 0
    assert examined.holdouts().items() >= texts.items()
    assert not told["lost"]


def test_of_a_scenario_whose_row_is_in_the_other_half_now_that_is_said(examined):
    reasons = set()
    for seed in ("1", "2", "3", "4"):
        told = examined.generated("--no-baseline", "--dry-run", "--seed", seed)
        reasons |= {(one["half"], one["reason"]) for one in told["replaced"]}
        assert not told["lost"]
    assert reasons == {
        ("holdout", "the claim is in the visible half now, because --seed is another now"),
        ("visible", "the claim is in the sealed half now, because --seed is another now"),
    }


def test_a_claim_that_has_changed_and_is_visible_now_is_told_as_both(examined):
    examined.write(DEARER)
    reasons = set()
    for seed in ("1", "2", "3", "4"):
        told = examined.generated("--no-baseline", "--dry-run", "--seed", seed)
        reasons |= {one["reason"] for one in told["replaced"] if one["half"] == "holdout"}
    assert reasons == {
        "the claim has changed, and is in the visible half now",
        "the claim has changed, and another is sealed for it",
    }


def test_a_holdout_that_is_sealed_still_takes_no_other_ones_place():
    here = [Candidate(name, "visible", ("criterion-1",), name) for name in ("one", "two")]
    still = Candidate("three", "holdout", ("criterion-1",), "three")
    fate = fate_of("holdout", ["criterion-1"], [*here, still], [])
    assert fate.of_same == "the claim is in the visible half now"


# --- gone and changed -----------------------------------------------------------------------


def test_a_sealed_row_that_goes_has_to_be_said(examined):
    row, name = sealed_row(examined)
    before = examined.files()
    examined.write(INTENT.replace(row, ""))
    error = examined.generate("--no-baseline").exception
    assert isinstance(error, UsageError)
    assert f"({name}: the intent has no such row any more)" in str(error)
    assert examined.files() == before


def test_a_row_that_takes_the_place_of_a_sealed_one_does_not_take_its_claim(examined):
    row, name = sealed_row(examined)
    examined.write(INTENT.replace(row, "| 7 | $84 |\n"))
    assert isinstance(examined.generate("--no-baseline").exception, UsageError)
    told = examined.generated("--no-baseline", "--prune")
    assert [one["clause"] for one in told["lost"]] == [name]
    assert sum(examined.clauses()["table-1.row-seats-7"]) == 1


def test_a_sealed_row_with_another_answer_is_told_as_a_claim_that_changed(examined):
    sealed = {name for name, (_, count) in examined.clauses().items() if "table" in name and count}
    examined.write(DEARER)
    told = examined.generated("--no-baseline")
    assert {(one["clauses"][0], one["reason"]) for one in told["replaced"]} == {
        (name, "the claim has changed, and another is sealed for it") for name in sealed
    }
    assert not told["lost"]


@pytest.mark.parametrize("seats", ["1", "5"])
def test_a_second_row_that_asks_the_same_is_why_the_first_has_another_name(examined, seats):
    row = f"| {seats} | ${int(seats) * 12} |\n"
    examined.write(INTENT.replace(row, f"{row}| {seats} | $61 |\n"))
    told = examined.generated("--no-baseline", "--dry-run")
    assert {one["clause"]: one["reason"] for one in told["lost"] if ".row" in one["clause"]} == {
        f"table-1.row-seats-{seats}": "several rows ask for this now, and each is called by all it "
        "says"
    }


def test_a_row_that_asks_alone_again_is_why_it_has_another_name(examined):
    examined.write(INTENT.replace("| 5 | $60 |\n", "| 5 | $60 |\n| 5 | $61 |\n"))
    examined.make("--no-baseline", "--prune")
    examined.write(INTENT)
    told = examined.generated("--no-baseline", "--dry-run")
    assert {one["reason"] for one in told["lost"] if "seats-5-" in one["clause"]} == {
        "one row alone asks for this now, and is called table-1.row-seats-5",
        "the intent has no such row any more",  # the one of $61
    }


@pytest.mark.parametrize("other", ["PRO", "prö"])
def test_a_row_that_asks_for_something_much_like_it_is_no_second_one(other):
    intent = read_intent(INTENT.replace("| 5 |", f"| {other} |").encode(), SPEC)
    (lost,) = losses([Covered("table-1.row-seats-pro", ("x",), ())], [], (), {}, intent, retired=())
    assert lost.reason == "the intent has no such row any more"


@pytest.mark.parametrize("written", ["5.0", "**5**", "5.00"])
def test_a_number_that_is_written_in_another_way_keeps_its_scenarios(examined, written):
    before = examined.holdouts()
    examined.write(INTENT.replace("| 5 | $60 |", f"| {written} | $60 |"))
    told = examined.generated("--no-baseline")
    assert (told["changed"], told["sealed"], told["lost"]) == ([], 0, [])
    assert examined.holdouts() == before


@pytest.mark.parametrize("same", [False, True])
def test_a_table_on_top_takes_no_claim_in_silence(examined, same):
    sealed = {name for name, (_, count) in examined.clauses().items() if ".row" in name and count}
    rows = "".join(ROWS) if same else "| 3 | $1 |\n"
    above = f"| `GET /fee?seats=` | `total_cents` |\n|---|---|\n{rows}\n"
    examined.write(INTENT.replace("| `GET /quote", f"{above}| `GET /quote"))
    told = examined.generated("--no-baseline", "--dry-run")
    lost = {one["clause"] for one in told["lost"]}
    changed = {one["clauses"][0] for one in told["replaced"] if "has changed" in one["reason"]}
    assert (changed if same else lost) >= sealed


def test_a_holdout_whose_claim_is_on_no_record_is_lost_unless_that_is_said(examined):
    (examined.root / FOLDER / "traceability.json").unlink()
    examined.write(WITHOUT_A_SESSION)
    before = examined.files()
    error = examined.generate("--no-baseline").exception
    assert isinstance(error, UsageError)
    assert NO_RECORD.search(str(error))
    assert examined.files() == before
    told = examined.make("--no-baseline", "--prune").stdout
    assert re.search(r"^removed: holdout_\d+: what it held the service to is on no record$", told,
                     re.MULTILINE)  # fmt: skip
    assert "()" not in told


def test_where_no_claim_is_on_record_and_none_has_gone_nothing_is_lost(examined):
    before = examined.files()
    (examined.root / FOLDER / "traceability.json").unlink()
    told = examined.generated("--no-baseline")
    assert not told["lost"]
    assert examined.files() == before


def test_what_became_of_claims_is_printed(examined):
    examined.write(DEARER)
    said = examined.make("--no-baseline", "--dry-run").stdout
    lines = [line for line in said.splitlines() if line.startswith("would be replaced: ")]
    assert len(lines) == 1
    assert lines[0].endswith(": the claim has changed, and another is sealed for it")


# --- exams whose rows were known by their place ---------------------------------------------


def test_an_exam_by_place_goes_on_under_the_names_of_today_and_loses_nothing(by_place):
    had = Counter(halves for name, halves in by_place.clauses().items() if ".row" in name)
    told = by_place.generated("--no-baseline")
    now = {name: halves for name, halves in by_place.clauses().items() if ".row" in name}
    assert (told["lost"], Counter(now.values())) == ([], had)
    assert set(now) == {f"table-1.row-seats-{seats}" for seats in (1, 2, 5, 9)}


def test_holdouts_that_an_exam_by_place_had_of_rows_are_listed_by_the_name_of_today(by_place):
    told = by_place.generated("--no-baseline")
    holdouts = [one for one in told["replaced"] if one["half"] == "holdout"]
    assert len(holdouts) == 2
    assert all(one["clauses"][0].startswith("table-1.row-seats-") for one in holdouts)


def test_an_exam_by_place_needs_no_key_to_go_on(by_place):
    (by_place.keys / "api.agekey").unlink()
    told = by_place.generated("--no-baseline", "--rotate")
    assert not told["lost"]


def test_once_it_went_on_nothing_changes_any_more(by_place):
    by_place.make("--no-baseline")
    before = by_place.files()
    by_place.make("--no-baseline")
    assert by_place.files() == before


def test_an_exam_by_place_of_another_intent_is_not_guessed_at(by_place):
    before = by_place.files()
    by_place.write(f"{REST}| 3 | $36 |\n{''.join(ROWS)}")
    error = by_place.generate("--no-baseline").exception
    assert isinstance(error, UsageError)
    assert "(table-1.row-1: a row was known by its place then)" in str(error)
    assert "generate once from the intent as it was then" in str(error)
    assert by_place.files() == before


def test_what_helps_the_other_scenarios_is_said_too(by_place):
    by_place.write(WITHOUT_A_SESSION.replace(ROWS[0], ""))
    error = str(by_place.generate("--no-baseline").exception)
    assert "generate once from the intent as it was then" in error
    assert "--expect-failing keeps" in error


def test_where_all_were_known_by_their_place_nothing_else_is_said_to_help(by_place):
    by_place.write(INTENT.replace(ROWS[0], ""))
    error = str(by_place.generate("--no-baseline").exception)
    assert "generate once from the intent as it was then" in error
    assert "--expect-failing" not in error


def test_what_the_refusal_says_helps(by_place):
    by_place.make("--no-baseline")
    by_place.write(f"{REST}| 3 | $36 |\n{''.join(ROWS)}")
    assert not by_place.generated("--no-baseline")["lost"]


# --- whatever stands in a table -------------------------------------------------------------


def drafted(rows: tuple[str, ...] | list[str], held: tuple[str, ...] = ()) -> Drafted:
    intent = read_intent((REST + "".join(rows)).encode(), SPEC)
    return draft(intent, ratio=0.4, seed=3, secret=SECRET, held=held)


def texts(found: Drafted, half: str = "holdout") -> dict[str, str]:
    return {one.name: one.text for one in found.candidates if one.half == half}


@given(st.permutations(ROWS))
def test_no_order_of_rows_changes_a_scenario(rows):
    before = drafted(ROWS)
    after = drafted(rows, tuple(texts(before).values()))
    assert texts(after) == texts(before)
    assert texts(after, "visible") == texts(before, "visible")


@given(st.sets(st.integers(1, 60), min_size=2, max_size=7), st.integers(61, 99))
def test_one_row_more_moves_at_most_one_other_wherever_it_stands(seats, more):
    rows = [f"| {one} | ${one * 12} |\n" for one in sorted(seats)]
    before = set(texts(drafted(rows), "visible"))
    after = set(texts(drafted([f"| {more} | ${more * 12} |\n", *rows]), "visible"))
    after.discard(f"notes/table-1.row-seats-{more}")
    assert len(before ^ after) <= 1


@pytest.mark.parametrize(
    "odd",
    [
        ("| 5 | $60 |\n", "| 5 | $60 |\n"),
        ("| 5 | $60 |\n", "| 5 | $61 |\n"),
        ("| — | $60 |\n", "|  | $60 |\n"),
        (f"| {'x' * 3000} | $60 |\n", f"| {'x' * 3001} | $60 |\n"),
        ("| 東京 | $60 |\n", "| 大阪 | $60 |\n"),
        ("| Zürich | $60 |\n", "| Zurich | $60 |\n"),
        ("| ../../x | $60 |\n", "| a`b](c)\x07 | $60 |\n"),
    ],
)
def test_every_row_has_a_scenario_of_its_own_whatever_it_says(odd):
    found = drafted([ROWS[0], *odd])
    names = [one.name for one in found.candidates if "row" in one.name]
    assert len(names) == len(set(names)) == 3


def test_where_rows_are_of_several_groups_their_order_leaves_what_is_between_them():
    head = (
        "`GET /quote?seats=<seats>&plan=<plan>` returns:\n\n"
        "| `seats` | `plan` | `total_cents` |\n|---|---|---|\n"
    )
    rows = [f"| {n} | {plan} | ${n * 12} |\n" for plan in ("pro", "team") for n in (1, 5, 9)]
    start = REST[: REST.index("| `GET")] + head

    def between(lines: list[str]) -> str:
        intent = read_intent((start + "".join(lines)).encode(), SPEC)
        held = draft(intent, ratio=0.4, seed=3, secret=SECRET).candidates
        return next(one.text for one in held if one.name.endswith(".between"))

    assert between(rows) == between(rows[::-1])
