"""The attributes of a method's object are varied as arguments are, but never against each other."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sigil.evaluate.cases import GivenCase
from sigil.evaluate.literals import read_arguments
from sigil.optimize.generate.attributes import attributes_read, objects_of
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.laws import laws_of
from sigil.optimize.generate.locating import function_in
from sigil.sandbox.model import Case

CLEANING = '.strip().lower().replace("mailto:", "").rstrip(".")'
BOOK = f"""\
class Book:
    def __init__(self):
        self.entries = []
        self.index = {{}}
        self.owner = ""

    def add(self, name, address):
        self.index[name] = len(self.entries)
        self.entries.append({{"name": name, "address": address}})

    def domains(self):
        found = []
        for entry in self.entries:
            domain = entry["address"]{CLEANING}.rpartition("@")[2]
            if domain not in found:
                found.append(domain)
        return found

    def look_up(self, name):
        return self.entries[self.index[name]]["address"]
"""
BASKET = """\
class Basket:
    def __init__(self, prices, rate):
        if any(price < 0 for price in prices):
            raise ValueError("a price below zero")
        self.prices = prices
        self.rate = rate

    def total(self):
        return sum(self.prices) * self.rate
"""

WAITING = """\
class Basket:
    def __init__(self, prices):
        while 0 in prices:
            pass
        self.prices = prices

    def total(self):
        return sum(self.prices)
"""
RANKS = """\
from bisect import bisect_left, insort


class Ranks:
    def __init__(self, name):
        self.marks = []
        self.name = name

    def add(self, mark):
        insort(self.marks, mark)

    def has(self, mark):
        place = bisect_left(self.marks, mark)
        return place < len(self.marks) and self.marks[place] == mark
"""


def book(size: int) -> dict[str, Any]:
    entries = [{"name": f"n{i}", "address": f"u{i}@h{i % 7}.example"} for i in range(size)]
    return {"entries": entries, "index": {f"n{i}": i for i in range(size)}, "owner": "ann"}


def documents(folder: Path, source: str, name: str, *calls: tuple[Any, ...]) -> Documents:
    (folder / "mod.py").write_text(source)
    given = tuple(GivenCase(Case(args)) for args in calls)
    return generate_eval(Request(function_in(folder, "mod.py", name), "made", seed=1, cases=given))


def arguments(found: Documents) -> dict[str, list[Any]]:
    """Return the arguments of what is shown and of what is held out."""
    rows = {
        path: [json.loads(line) for line in data.decode().splitlines()]
        for path, data in found.files.items()
        if path.endswith(".jsonl")
    }
    return {
        path: [row["args"] if "args" in row else [*read_arguments(row["call"])[0]] for row in some]
        for path, some in rows.items()
    }


def answer(source: str, owner: str, name: str, args: list[Any]) -> object:
    names: dict[str, Any] = {}
    exec(source, names)
    state, *others = deepcopy(args)
    thing = object.__new__(names[owner])
    vars(thing).update(state)
    try:
        return getattr(thing, name)(*others)
    except LookupError as error:
        return type(error)


# --- a method that takes nothing --------------------------------------------------------


@pytest.fixture(scope="module")
def of_domains(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    return documents(tmp_path_factory.mktemp("book"), BOOK, "Book.domains", (book(30),), (book(9),))


@pytest.mark.parametrize("call", [".strip()", ".lower()"])
def test_a_change_that_drops_a_call_fails_on_shown_and_on_held_out_objects(
    of_domains: Documents, call: str
) -> None:
    changed = BOOK.replace(CLEANING, CLEANING.replace(call, ""))
    found = arguments(of_domains)
    assert len(found) == 2
    for some in found.values():
        answers = [[answer(one, "Book", "domains", a) for a in some] for one in (BOOK, changed)]
        assert answers[0] != answers[1]


def test_an_index_follows_the_list_that_it_is_of(of_domains: Documents) -> None:
    for some in arguments(of_domains).values():
        for (state,) in some:
            assert state["index"] == {e["name"]: i for i, e in enumerate(state["entries"])}


def test_some_object_is_empty(of_domains: Documents) -> None:
    states = [args[0] for some in arguments(of_domains).values() for args in some]
    assert any(not state["entries"] for state in states)


def test_it_says_how_many_variations_are_of_the_object_and_what_is_not_varied(
    of_domains: Documents,
) -> None:
    assert "of them of its object)" in of_domains.description
    assert "(0 of them" not in of_domains.description
    (note,) = [one for one in of_domains.notes if "attributes" in one]
    assert "entries varied; index follows entries" in note
    assert "not read, not varied: owner" in note


# --- what an object never is ------------------------------------------------------------


def test_a_change_that_is_right_for_every_book_is_right_for_every_input(tmp_path: Path) -> None:
    by_search = BOOK.replace(
        'return self.entries[self.index[name]]["address"]',
        'return [e["address"] for e in self.entries if e["name"] == name][-1]',
    )
    found = documents(tmp_path, BOOK, "Book.look_up", (book(12), "n3"), (book(5), "n1"))
    for args in (args for some in arguments(found).values() for args in some):
        assert answer(BOOK, "Book", "look_up", args) == answer(by_search, "Book", "look_up", args)


def test_what_the_constructor_refuses_is_no_input(tmp_path: Path) -> None:
    states = [{"prices": [3, 9, 4], "rate": 2}, {"prices": [5], "rate": 3}]
    found = documents(tmp_path, BASKET, "Basket.total", *((one,) for one in states))
    made = [args[0] for some in arguments(found).values() for args in some]
    assert len(made) > 20
    assert all(price >= 0 for state in made for price in state["prices"])


def test_a_search_that_halves_and_one_that_does_not_answer_alike(tmp_path: Path) -> None:
    searching = RANKS.replace("place < len(self.marks) and self.marks[place] == mark", "{}")
    other = searching.format("mark in self.marks")
    state = {"marks": [2, 5, 8, 13], "name": "a"}
    found = documents(tmp_path, RANKS, "Ranks.has", (state, 5), (state, 6))
    for args in (args for some in arguments(found).values() for args in some):
        assert answer(RANKS, "Ranks", "has", args) == answer(other, "Ranks", "has", args)


def test_a_state_of_which_the_class_cannot_be_asked_in_time_is_no_input(tmp_path: Path) -> None:
    states = [{"prices": [3, 9, 4]}, {"prices": [5, 2]}]
    found = documents(tmp_path, WAITING, "Basket.total", *((one,) for one in states))
    made = [args[0] for some in arguments(found).values() for args in some]
    assert all(0 not in state["prices"] for state in made)


def test_where_the_class_has_no_other_state_arguments_are_varied_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "mod.py").write_text(RANKS)
    known = Case(({"marks": [2, 5], "name": "a"}, 5))
    function = function_in(tmp_path, "mod.py", "Ranks.has")
    objects = objects_of(function, [known], lambda states: [False] * len(states))
    other = objects.opened(Case(({"marks": [2], "name": "a"}, 5)))
    argument = objects.opened(Case((known.args[0], 6)))
    made = objects.lawful([other, argument], [objects.opened(known)])
    assert [objects.closed(case).args[1] for case in made] == [6]


def test_one_attribute_is_varied_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(BASKET)
    objects = objects_of(
        function_in(tmp_path, "mod.py", "Basket.total"),
        [Case(({"prices": [3, 9], "rate": 5},))],
    )
    base = objects.opened(Case(({"prices": [3, 9], "rate": 5},)))
    one, two = ({"prices": [4], "rate": 5}, {"prices": [4], "rate": 7})
    made = [objects.opened(Case((state,))) for state in (one, two)]
    assert [objects.closed(case).args for case in objects.lawful(made, [base])] == [(one,)]


# --- laws -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "follows"),
    [
        ({"rows": [4, 7, 9], "count": 3}, "count"),
        ({"rows": [4, 7, 9], "total": 20}, "total"),
        ({"rows": [{"k": "a"}, {"k": "b"}], "by_k": {"a": {"k": "a"}, "b": {"k": "b"}}}, "by_k"),
        ({"rows": [("a", 1), ("b", 2), ("a", 3)], "kinds": ["a", "b"]}, "kinds"),
        ({"text": "a b\nc", "words": ["a", "b", "c"]}, "words"),
    ],
)
def test_what_follows_from_another_attribute_is_known(state: dict[str, Any], follows: str) -> None:
    assert [*laws_of([state]).follow] == [follows]


def test_what_follows_in_one_state_alone_does_not() -> None:
    assert not laws_of([{"rows": [4, 7], "limit": 2}, {"rows": [4], "limit": 2}]).follow


@pytest.mark.parametrize(
    "state",
    [
        {"names": ["a", "b", "c"], "ages": [31, 12, 45]},
        {"width": 3, "height": 2, "cells": [1, 0, 2, 5, 1, 1]},
    ],
)
def test_lengths_that_belong_together_stay(state: dict[str, Any]) -> None:
    laws = laws_of([state])
    name = [*state][-1]
    assert laws.may_become(state, name, [9, *state[name][1:]])
    assert not laws.may_become(state, name, state[name][1:])


def test_texts_that_name_things_elsewhere_stay() -> None:
    state = {"nodes": [{"id": "a", "x": "p"}, {"id": "b", "x": "q"}], "edges": [["b", "a"]]}
    laws = laws_of([state])
    assert laws.may_become(state, "nodes", [{"id": "a", "x": "new"}, {"id": "b", "x": "q"}])
    assert not laws.may_become(state, "nodes", [{"id": "c", "x": "p"}, {"id": "b", "x": "q"}])


@pytest.mark.parametrize(
    ("known", "varied", "tidied"),
    [
        ([2, 3, 5], [9, 4, 4], [4, 9]),
        ([2, 3, 3], [9, 4, 4], [4, 4, 9]),
        (["c", "b", "a"], ["x", "", "y"], ["y", "x", ""]),
        ([3, 1, 2], [9, 4, 4], [9, 4]),
        ([1, 3, 2, 7, 5, 3], [9, 4, 4], [4, 4, 9]),
        ([3, 1, 3], [9, 4, 4], [9, 4, 4]),
    ],
)
def test_a_list_is_brought_into_the_order_of_all_known_ones(
    known: list[Any], varied: list[Any], tidied: list[Any]
) -> None:
    assert laws_of([{"items": known}]).mended({"items": varied}, "items") == {"items": tidied}


# --- what a method reads ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("return self.a", {"a"}),
        ("return self.other()", {"other", "b"}),
        ("return vars(self)", None),
        ("return super().m()", None),
    ],
)
def test_attributes_are_read_by_the_method_and_those_that_it_calls(
    tmp_path: Path, body: str, read: set[str] | None
) -> None:
    other = "    def other(self):\n        return self.b\n"
    (tmp_path / "mod.py").write_text(f"class C:\n    def m(self):\n        {body}\n\n{other}")
    assert attributes_read(function_in(tmp_path, "mod.py", "C.m")) == read
