"""What `sigil scenario generate` says that it would do, and then that it did, and why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.gate.generate.notes import INTENT
from tests.gate.generate.repositories import Repository, a_copy, a_repository

from sigil.cli.scenario import generating

SECRET = 5
"""Of the holdouts: under it two rows of five are sealed, and others ask for rows in between."""
FIVE = f"{INTENT}| 20 | $240 |\n"
WITHOUT = {seats: FIVE.replace(f"| {seats} | ${seats * 12} |\n", "") for seats in (1, 2, 20)}
DONE = ("changed", "sealed", "replaced", "lost", "kept")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Repository]:
    with (
        a_repository(tmp_path_factory.mktemp("made")) as repository,
        pytest.MonkeyPatch.context() as then,
    ):
        then.setattr(generating, "random_bytes", SECRET.to_bytes)
        repository.write(FIVE)
        repository.make("--no-baseline")
        yield repository


@pytest.fixture
def examined(tmp_path, made) -> Iterator[Repository]:
    """A repository that has an exam of a table with five rows."""
    with a_copy(made, tmp_path) as repository:
        yield repository


def last(said: str, place: int) -> str:
    return said.splitlines()[place]


@pytest.mark.parametrize("seats", WITHOUT)
def test_a_dry_run_says_in_json_what_is_done_afterwards(examined, seats):
    examined.write(WITHOUT[seats])
    would = examined.generated("--no-baseline", "--prune", "--dry-run")
    did = examined.generated("--no-baseline", "--prune")
    assert {key: would[key] for key in DONE} == {key: did[key] for key in DONE}


@pytest.mark.parametrize("seats", WITHOUT)
def test_a_dry_run_says_in_the_same_words_what_is_done_afterwards(examined, seats):
    examined.write(WITHOUT[seats])
    would = last(examined.make("--no-baseline", "--prune", "--dry-run").stdout, -1)
    did = last(examined.make("--no-baseline", "--prune").stdout, -2)
    assert would.removeprefix("dry run: ").replace("would be ", "") == did


def test_what_is_replaced_removed_and_kept_is_counted(examined):
    examined.write(WITHOUT[1])
    said = examined.make("--no-baseline", "--prune").stdout
    assert last(said, -2) == (
        "0 files written, 4 holdouts sealed, 4 scenarios replaced, 1 scenario removed, "
        "15 scenarios kept"
    )


def test_a_dry_run_says_that_nothing_would_be_written_without_prune(examined):
    examined.write(WITHOUT[1])
    said = examined.make("--no-baseline", "--dry-run").stdout
    assert last(said, -1).startswith(
        "dry run: nothing without --prune, as 1 scenario would be lost; with it 0 files would be "
    )


def test_a_visible_file_that_goes_because_its_row_is_sealed_now_is_listed(examined):
    before = examined.files()
    examined.write(WITHOUT[2])
    told = examined.generated("--no-baseline", "--prune")
    gone = {name for name in before.keys() - examined.files().keys() if "visible" in name}
    listed = [one["id"] for one in told["replaced"] if one["half"] == "visible"]
    assert {f"visible/{name}.lua" for name in listed} == gone != set()


def test_what_is_kept_is_what_stays_as_it_was(examined):
    examined.write(WITHOUT[1])
    before = examined.holdouts()
    told = examined.generated("--no-baseline", "--prune")
    still = {id_ for id_, text in examined.holdouts().items() if before.get(id_) == text}
    assert {id_ for id_ in told["kept"] if id_.startswith("holdout_")} == still


# --- why something is replaced --------------------------------------------------------------


def reasons(told: dict, half: str = "holdout") -> dict[str, str]:
    """Return why something else took the place of each scenario, by its first claim."""
    return {one["clauses"][0]: one["reason"] for one in told["replaced"] if one["half"] == half}


def would(repository: Repository, *more: str) -> dict:
    return repository.generated("--no-baseline", "--dry-run", *more)


def test_that_a_neighbour_asked_for_a_row_that_is_gone_is_said(examined):
    asked = {id_ for id_, text in examined.holdouts().items() if "GET /quote?seats=1\n" in text}
    examined.write(WITHOUT[1])
    told = would(examined)
    gone = "another is sealed for the same claim, because it asked in between for what the intent "
    assert set(reasons(told).values()) == {f"{gone}no longer says"}
    assert {one["id"] for one in told["replaced"]} == asked


def test_what_a_neighbour_asked_for_is_not_said(examined):
    examined.write(WITHOUT[1])
    said = examined.make("--no-baseline", "--dry-run").stdout
    line = next(line for line in said.splitlines() if line.startswith("would be replaced: "))
    assert "seats=" not in line


def test_that_a_table_has_other_rows_is_why_one_is_in_the_other_half(examined):
    examined.write(WITHOUT[2])
    assert list(reasons(would(examined), "visible").values()) == [
        "the claim is in the sealed half now, because 2 of the 4 rows of table-1 are to be sealed"
    ]


def test_another_ratio_is_why_a_row_is_in_the_other_half(examined):
    assert set(reasons(would(examined, "--ratio", "0.2")).values()) == {
        "the claim is in the visible half now, because --ratio is another now"
    }


def test_that_holdouts_are_rotated_is_why_all_are_replaced(examined):
    assert set(reasons(would(examined, "--rotate")).values()) == {
        "another is sealed for the same claim, because --rotate replaces all of them"
    }


def test_the_clause_that_it_goes_on_from_is_why_a_holdout_is_replaced(examined):
    examined.write(FIVE.replace('{ "title": "<string>" }', '{ "title": "<string>", "n": 1 }'))
    found = reasons(would(examined))
    assert found["criterion-4"] == (
        "another is sealed for the same claim, because it goes on from criterion-3"
    )


def test_that_the_rest_has_changed_is_said_where_no_more_is_known(examined):
    examined.write(FIVE.replace('title: "Notes"', 'title: "My notes"'))
    rest = "another is sealed for the same claim, because something else that it is made of has"
    assert set(reasons(would(examined)).values()) == {f"{rest} changed"}
