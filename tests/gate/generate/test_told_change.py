"""What `sigil scenario generate` says that it would do, and then that it did."""

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
