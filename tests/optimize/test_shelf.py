"""States of a search: believed only where they are what they should be."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sigil.optimize.history import History, apply_frame
from sigil.optimize.shelf import Kept, Shelf, is_due, user_cache
from sigil.search.optimizer import Optimizer
from sigil.search.optimizers import make_optimizer
from sigil.testing.optimizers import Drawing, problem, search

FACTS = {"rounds": 1, "asked": 4, "waiting": ["aa"], "waiting_again": []}


def exists(path: str) -> bool:
    return path == "there"


def searched(rounds: int = 3) -> Optimizer:
    optimizer = make_optimizer("simple", problem(), {})
    search(optimizer, rounds)
    return optimizer


def history(*ids: str) -> History:
    found = History()
    for name in ids:
        proposal = {"id": name, "parent": "BASELINE", "patch": "", "proposer": "x", "note": ""}
        body = {"count": 1, "proposals": [{**proposal, "seed": 0}], "refused": []}
        apply_frame(found, "asked", body)
    return found


def kept(shelf: Shelf, told: History) -> Kept:
    state = shelf.state_of(searched())
    assert state is not None
    shelf.put_down(state, told, FACTS)
    found = shelf.take_up(told)
    assert found is not None
    return found


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.search"))


def test_what_is_put_down_is_taken_up_and_goes_on_alike(tmp_path: Path) -> None:
    found = kept(Shelf(tmp_path / "s", "run", exists), history("aa"))
    assert search(found.optimizer, 3) == search(searched(), 3)
    assert (found.rounds, found.asked, list(found.waiting)) == (1, 4, ["aa"])


def test_another_run_finds_nothing(tmp_path: Path) -> None:
    told = history("aa")
    kept(Shelf(tmp_path / "s", "run", exists), told)
    assert Shelf(tmp_path / "s", "other", exists).take_up(told) is None


def test_a_journal_that_went_on_is_fine_and_one_that_differs_is_not(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "s", "run", exists)
    kept(shelf, history("aa"))
    assert shelf.take_up(history("aa", "bb")) is not None
    assert shelf.take_up(history("ab", "bb")) is None
    assert shelf.take_up(history()) is None


def test_a_state_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "s", "run", exists)
    kept(shelf, history("aa"))
    (path,) = files(tmp_path / "s")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert shelf.take_up(history("aa")) is None


@pytest.mark.parametrize("key", ["version", "python", "modules"])
def test_a_state_of_other_code_is_not_believed(tmp_path: Path, key: str) -> None:
    shelf = Shelf(tmp_path / "s", "run", exists)
    kept(shelf, history("aa"))
    (path,) = files(tmp_path / "s")
    line, _, data = path.read_bytes().partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    other = {name: [1, 1] for name in head["modules"]} if key == "modules" else "0"
    path.write_bytes(json.dumps({**head, key: other}).encode() + b"\n" + data)
    assert shelf.take_up(history("aa")) is None


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_state_that_others_could_write_is_not_believed(tmp_path: Path, what: str) -> None:
    shelf = Shelf(tmp_path / "s", "run", exists)
    kept(shelf, history("aa"))
    (path,) = files(tmp_path / "s")
    (path if what == "file" else path.parent).chmod(0o777)
    assert shelf.take_up(history("aa")) is None


def test_a_search_that_cannot_be_pickled_is_not_put_down(tmp_path: Path) -> None:
    class Local(Drawing):
        """Has no place from which it could be imported."""

    optimizer = make_optimizer("simple", problem(Local()), {})
    assert Shelf(tmp_path, "run", exists).state_of(optimizer) is None


def test_the_tree_is_not_in_a_state(tmp_path: Path) -> None:
    def here(path: str) -> bool:
        return bool(path)

    shelf = Shelf(tmp_path, "run", here)
    state = shelf.state_of(make_optimizer("simple", replace(problem(), exists=here), {}))
    assert state is not None
    shelf.search_of(state).ask(2)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("a file where a folder should be")
    shelf = Shelf(tmp_path / "s", "run", exists)
    state = shelf.state_of(searched())
    assert state is not None
    shelf.put_down(state, history("aa"), FACTS)
    assert shelf.take_up(history("aa")) is None


def test_old_states_are_cleared_away(tmp_path: Path) -> None:
    for number in range(12):
        kept(Shelf(tmp_path / "s", f"run {number}", exists), history("aa"))
    assert len(files(tmp_path / "s")) == 8


def test_states_are_kept_in_the_users_cache() -> None:
    assert user_cache({"XDG_CACHE_HOME": "/c"}) == Path("/c/sigil/searches")


def test_a_relative_cache_is_ignored_as_the_standard_has_it():
    assert user_cache({"XDG_CACHE_HOME": ".cache"}) == user_cache({})


def test_a_state_inside_the_repository_is_neither_kept_nor_believed(tmp_path):
    told = history("aa")
    kept(Shelf(tmp_path / ".cache", "run", exists), told)
    inside = Shelf(tmp_path / ".cache", "run", exists, apart_from=tmp_path)
    assert inside.take_up(told) is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_state_that_others_may_read_is_not_ours(tmp_path, mode):
    told = history("aa")
    shelf = Shelf(tmp_path / "s", "run", exists)
    kept(shelf, told)
    assert shelf.take_up(told) is not None
    next((tmp_path / "s").iterdir()).chmod(mode)
    assert shelf.take_up(told) is None


def test_a_search_is_put_down_ever_more_rarely_but_loses_a_twentieth_at_most() -> None:
    asked, states = 0, [0]
    while asked < 100_000:
        asked += 24
        if is_due(asked, states[-1]):
            states.append(asked)
    distances = [after - before for before, after in pairwise(states)]
    assert distances[0] < 256 + 24
    assert all(far < max(256, at // 20) + 24 for far, at in zip(distances, states[1:], strict=True))
    assert len(states) < 100
