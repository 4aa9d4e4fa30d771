"""What scenarios can be called after the file of an intent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import Result
from tests.gate.generate.notes import INTENT
from tests.gate.generate.repositories import Repository, a_repository

from sigil.errors import IntentMalformed
from sigil.gate.generate.ids import check_ids
from sigil.gate.intent import read_intent

LONGEST = "table-1.row-seats-1"
MOST = 200 - len(f"/{LONGEST}")


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Iterator[Repository]:
    with a_repository(tmp_path_factory.mktemp("ids")) as made:
        yield made


def generated(repository: Repository, name: str, *more: str) -> Result:
    path = repository.root / "docs" / "specs" / f"{name}.md"
    path.write_text(INTENT)
    return repository.command("generate", "--from", str(path), "-s", "api", "--no-baseline", *more)


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_file_whose_name_is_too_long_for_ids_is_refused_at_once(repository, more):
    result = generated(repository, "n" * (MOST + 1), *more)
    assert isinstance(result.exception, IntentMalformed)
    assert str(result.exception) == (
        f"docs/specs/{'n' * (MOST + 1)}.md: the file's name has 181 letters, and 180 are the most "
        f"with which {LONGEST} has an id of at most 200; give the file a shorter name"
    )
    assert "trying" not in result.stderr


def test_a_file_whose_name_just_fits_has_an_exam(repository):
    assert generated(repository, "n" * MOST).exit_code == 0


@pytest.mark.parametrize("name", ["my notes", "größe", ".notes", "-notes"])
def test_a_file_after_which_no_scenario_can_be_called_is_refused_at_once(repository, name):
    result = generated(repository, name, "--dry-run")
    assert isinstance(result.exception, IntentMalformed)
    assert str(result.exception).startswith(f"docs/specs/{name}.md: no scenario can be called ")


def test_where_a_model_drafts_the_name_leaves_room_for_what_its_drafts_are_called():
    intent = read_intent(INTENT.encode(), f"docs/specs/{'n' * MOST}.md")
    check_ids(intent, drafting=False)
    with pytest.raises(IntentMalformed, match="169 are the most"):
        check_ids(intent, drafting=True)
