"""Many records of few: what belongs together stays together, and slow code shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.effects import random_stream
from sigil.evaluate.cases import GivenCase
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.inputs import pool_of
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.multiplying import multiplied
from sigil.optimize.generate.scaling import WAYS, enlarged
from sigil.sandbox.model import Case

FACTOR = 50
USERS = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}, {"id": 7, "name": "Cyd"}]
ORDERS = [
    {"user_id": 7, "city": "Bonn", "paid": True},
    {"user_id": 1, "city": "Köln", "paid": False},
    {"user_id": 7, "city": "Bonn", "paid": True},
]
PEOPLE = [
    {"id": 1, "email": "Ann@x.org"},
    {"id": 2, "email": " ann@X.org"},
    {"id": 3, "email": "Bob@x.org"},
    {"id": 4, "email": "Cyd12@x.org"},
]


def larger(*args: Any, **more: Any) -> tuple[Any, ...]:
    found = multiplied(Case(args), FACTOR, random_stream(1, "more"), **more)
    assert found is not None
    return found.args


class Counting:
    """A value that counts how often it is looked at."""

    looks = 0

    def __init__(self, value: Any):
        self.value = value

    def __eq__(self, other: object) -> bool:
        Counting.looks += 1
        return isinstance(other, Counting) and bool(self.value == other.value)

    def __hash__(self) -> int:
        Counting.looks += 1
        return hash(self.value)


def looks(function: Callable[..., Any], *args: Any) -> int:
    Counting.looks = 0
    function(*args)
    return Counting.looks


def dedup_slow(emails: list[Counting]) -> int:
    kept: list[Counting] = []
    for one in emails:
        if not any(one == other for other in kept):
            kept.append(one)
    return len(kept)


def dedup_quick(emails: list[Counting]) -> int:
    return len(set(emails))


def join_slow(keys: list[Counting], ids: list[Counting]) -> int:
    return sum(next((1 for one in ids if one == key), 0) for key in keys)


def join_quick(keys: list[Counting], ids: list[Counting]) -> int:
    known = set(ids)
    return sum(key in known for key in keys)


def group_slow(cities: list[Counting]) -> int:
    groups: list[tuple[Counting, list[Counting]]] = []
    for city in cities:
        for name, members in groups:
            if name == city:
                members.append(city)
                break
        else:
            groups.append((city, [city]))
    return len(groups)


# --- slow code shows --------------------------------------------------------------------


def test_a_search_for_twins_among_all_that_was_seen_shows() -> None:
    (rows,) = larger(PEOPLE)
    emails = [Counting(row["email"].strip().lower()) for row in rows]
    assert looks(dedup_slow, emails) > 10 * looks(dedup_quick, emails)


def test_a_join_by_search_shows_and_every_order_finds_its_user() -> None:
    users, orders = larger(USERS, ORDERS)
    keys = [Counting(row["user_id"]) for row in orders]
    ids = [Counting(row["id"]) for row in users]
    assert join_slow(keys, ids) == len(orders) == FACTOR * len(ORDERS)
    assert looks(join_slow, keys, ids) > 10 * looks(join_quick, keys, ids)


def test_groups_by_search_show() -> None:
    (rows,) = larger(ORDERS)
    cities = [Counting(row["city"]) for row in rows]
    assert looks(group_slow, cities) > 10 * looks(dedup_quick, cities)


def test_an_index_by_a_key_has_as_many_keys_as_records() -> None:
    rows, key = larger(USERS, "id")
    assert key == "id"
    assert len({row[key] for row in rows}) == FACTOR * len(USERS)


# --- what stays -------------------------------------------------------------------------


def test_the_share_of_repeats_stays_also_of_those_that_are_equal_but_for_padding_and_case() -> None:
    (rows,) = larger(PEOPLE)
    assert len({row["email"].strip().lower() for row in rows}) == FACTOR * 3
    assert len({row["email"] for row in rows}) == FACTOR * 4


def test_names_of_fields_and_truths_stay() -> None:
    (rows,) = larger(ORDERS)
    assert {tuple(row) for row in rows} == {("user_id", "city", "paid")}
    assert {row["paid"] for row in rows} == {True, False}


def test_what_is_an_argument_of_its_own_or_is_named_by_the_function_stays() -> None:
    rows, city = larger(ORDERS, "Bonn")
    assert city == "Bonn"
    assert sum(row["city"] == city for row in rows) == FACTOR * 2
    (rows,) = larger(ORDERS, kept={"Bonn"})
    assert sum(row["city"] == "Bonn" for row in rows) == FACTOR * 2


def test_a_mapping_by_name_gets_the_names_that_the_records_have() -> None:
    rows, rates = larger(ORDERS, {"Bonn": 1.5, "Köln": 2.0})
    assert {row["city"] for row in rows} == set(rates)
    assert len(rates) == FACTOR * 2


def test_numbers_that_ascend_go_on_ascending() -> None:
    (rows,) = larger([("a", 1), ("b", 3)])
    assert [number for _, number in rows] == sorted(number for _, number in rows)


def test_numbers_that_fall_somewhere_rise_and_fall_from_copy_to_copy() -> None:
    (rows,) = larger([("a", 3), ("b", 1)])
    firsts = [number for _, number in rows][2::2]
    assert firsts not in (sorted(firsts), sorted(firsts, reverse=True))


def test_numbers_that_tell_nothing_apart_stay() -> None:
    (rows,) = larger([{"id": 5, "age": 30}, {"id": 6, "age": 30}])
    assert {row["age"] for row in rows} == {30}
    assert len({row["id"] for row in rows}) == 2 * FACTOR


def test_what_holds_no_records_is_left_to_others() -> None:
    for value in (["a", "b"], [1, 2], "text", {"a": 1}, [[0, 1], [1, 0]]):
        assert multiplied(Case((value,)), 4, random_stream(1, "")) is None


@given(
    st.lists(st.fixed_dictionaries({"id": st.integers(), "name": st.text(max_size=5)}), min_size=1),
    st.integers(1, 9),
)
def test_the_first_copy_is_what_is_there_and_no_copy_is_empty(rows: list[Any], factor: int) -> None:
    found = multiplied(Case((rows,)), factor, random_stream(1, "law"))
    assert found is not None
    (made,) = found.args
    assert isinstance(made, list)
    assert made[: len(rows)] == rows
    assert len(made) == factor * len(rows)
    assert len({one["name"] for one in made}) >= len({one["name"] for one in rows})  # type: ignore[index]  # records


@pytest.mark.parametrize("way", WAYS)
def test_the_name_of_a_field_is_never_enlarged(way: Any) -> None:
    case = Case((USERS, "id"))
    found = enlarged(case, pool_of([case]), way, 16, stream=random_stream(1, "way"))
    assert found is None or found.args[1] == "id"


# --- the whole --------------------------------------------------------------------------


def test_the_timer_of_a_search_for_twins_has_many_of_them_apart(tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(
        "def dedup(rows, key):\n    kept = []\n    for row in rows:\n"
        "        if not any(one.get(key) == row.get(key) for one in kept):\n"
        "            kept.append(row)\n    return kept\n"
    )
    function = function_in(tmp_path, "mod.py", "dedup")
    rows = [{"id": 1, "city": "Bonn"}, {"id": 2, "city": "Köln"}, {"id": 1, "city": "Bonn"}]
    cases = (GivenCase(Case((rows, "id"))), GivenCase(Case((rows[:2], "city"))))
    made = generate_eval(Request(function, "dedup", seed=1, cases=cases))
    lines = made.files[".sigil/dedup.cases.jsonl"].decode().splitlines()
    found = [json.loads(line)["args"] for line in lines]
    largest, key = max(found, key=lambda args: len(args[0]))
    assert key in {"id", "city"}
    assert len(largest) > 30
    assert len({row[key] for row in largest}) > len(largest) / 2


def test_what_is_enlarged_has_nothing_empty_that_other_calls_fill(tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(
        "def shared(one, other):\n    return sum(1 for item in one if item in other)\n"
    )
    function = function_in(tmp_path, "mod.py", "shared")
    texts = [("", "abcdefghij" * 3), ("klmnopqrst" * 3, ""), ("ab", "bc"), ("cd", "d"), ("e", "e")]
    cases = tuple(GivenCase(Case(pair)) for pair in texts)
    made = generate_eval(Request(function, "shared", seed=1, cases=cases))
    lines = made.files[".sigil/shared.cases.jsonl"].decode().splitlines()
    long = [args for line in lines if max(map(len, args := json.loads(line)["args"])) > 100]
    assert long
    assert all(min(map(len, args)) > 0 for args in long)
