"""What does not fit a shape: which place is named, and in which words."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, field

from sigil.store.misfits import Problem, first_problem
from sigil.store.shapes import (
    LARGEST,
    Misfit,
    OrNothing,
    Shape,
    chosen_by,
    nothing_is_empty,
    read_section,
)

Finite = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)]
Key = Annotated[str, Meta(pattern=r"\Ak[0-9]\Z", description="a key such as k1")]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Pair(Shape, frozen=True, kw_only=True):
    low: int = 0
    high: int = 9

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise Misfit("is above high", "low")


class Round(Shape, frozen=True, kw_only=True):
    radius: Annotated[float, Meta(gt=0)]


class Flat(Shape, frozen=True, kw_only=True):
    pair: Pair = Pair()


def form_of(section: Any) -> type[Shape]:
    told = section.get("form") if isinstance(section, dict) else None
    if told not in ("round", "flat"):
        raise Misfit("expected a mapping with form: round or flat")
    return _Round if told == "round" else _Flat


class _Round(Round, frozen=True, kw_only=True):
    form: str


class _Flat(Flat, frozen=True, kw_only=True):
    form: str


class Whole(Shape, frozen=True, kw_only=True):
    version: str | float | int = 1
    number: Finite = 0.0
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    count: Annotated[int, Meta(ge=1, le=10**12)] | None = None
    unit: Literal["s", "ms"] | None = None
    colour: Colour = Colour.RED
    keys: Annotated[list[Key], Meta(max_length=2)] = field(default_factory=list)
    names: OrNothing[Annotated[list[str], Meta(min_length=1)]] = field(default_factory=list)
    pairs: dict[Annotated[str, Meta(min_length=2)], Pair] = field(default_factory=dict)
    some: list[Pair] | str = ""
    form: Annotated[Any, chosen_by(form_of)] = None
    on: bool = False
    anything: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nothing_is_empty(self, "names")
        read_section(self, "form", form_of)


def problem(data: object, model: type[Shape] = Whole) -> Problem:
    with pytest.raises(msgspec.ValidationError) as failure:
        msgspec.convert(data, model)
    return first_problem(data, model, failure.value)


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"number": math.nan}, "number", "expected a finite number, not nan"),
        ({"number": math.inf, "version": math.inf}, "number", "expected a finite number, not inf"),
        ({"number": 10**400}, "number", "expected a number that is not so large, not 1000"),
        ({"share": 1}, "share", "should be less than 1, not 1"),
        ({"share": 2**70}, "share", "should be less than 1, not 1180591620717411303424"),
        ({"count": 2**70}, "count", "should be less than or equal to 1000000000000, not 11805"),
        ({"count": -(2**70)}, "count", "should be greater than or equal to 1, not -11805"),
        ({"count": 1 << 20_000}, "count", "should be less than or equal to 1000000000000, not 0x1"),
        ({"count": 1.0}, "count", "expected a whole number, not 1.0"),
        ({"count": True}, "count", "expected a whole number, not true"),
        ({"unit": "min"}, "unit", "expected 's' or 'ms', not 'min'"),
        ({"unit": 3}, "unit", "expected 's' or 'ms', not 3"),
        ({"colour": "green"}, "colour", "expected 'red' or 'blue', not 'green'"),
        ({"keys": ["k1", "k1\n"]}, "keys[1]", "expected a key such as k1, not 'k1\\n'"),
        ({"keys": ["k1"] * 3}, "keys", "expected at most 2 items, not 3"),
        ({"names": []}, "names", "expected at least 1 item, not 0"),
        ({"names": [None]}, "names[0]", "expected text, not nothing"),
        ({"names": {}}, "names", "expected a list, not a mapping"),
        ({"pairs": {"a": {}}}, "pairs.a", "expected text of at least 2 characters, not 'a'"),
        ({"pairs": {"ab": {"low": 10}}}, "pairs.ab.low", "is above high"),
        ({"some": [{}, {"low": 10}]}, "some[1].low", "is above high"),
        ({"some": {"low": 1}}, "some", "expected a list or text, not a mapping"),
        ({"form": 3}, "form", "expected a mapping with form: round or flat"),
        ({"form": {"form": "oval"}}, "form", "expected a mapping with form: round or flat"),
        ({"form": {"form": "round"}}, "form.radius", "this key is required"),
        ({"form": {"form": "round", "radius": 0}}, "form.radius", "should be greater than 0, not"),
        ({"form": {"form": "flat", "pair": {"low": 10}}}, "form.pair.low", "is above high"),
        ({"form": {"form": "flat", "radius": 1}}, "form.radius", "unknown key"),
        ([], "", "expected a mapping, not a list"),
    ],
)
def test_a_place_is_named_with_what_is_expected_there(data: object, field: str, said: str):
    found = problem(data)
    assert found.field == field
    assert found.told.startswith(said)


def test_an_unknown_key_anywhere_is_told_before_what_else_is_wrong():
    found = problem({"count": "x", "form": {"form": "oval", "nope": 1}, "some": [{"hihg": 3}]})
    assert found == Problem("some[0].hihg", "unknown key", "", "did you mean high?", True)


def test_what_stands_first_is_told_first():
    assert problem({"share": 3, "count": 0}).field == "share"
    assert problem({"count": 0, "share": 3}).field == "count"


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        ({"count": "60"}, "write 60, without quotes"),
        ({"number": "6.5"}, "write 6.5, without quotes"),
        ({"number": "1e300"}, "write 1e+300, without quotes"),
        ({"number": "nan"}, None),
        ({"count": "many"}, None),
        ({"names": [5]}, "put it in quotes"),
        ({"unit": "mms"}, "did you mean ms?"),
        ({"colour": "blu"}, "did you mean blue?"),
    ],
)
def test_a_remedy_is_given_where_one_is_known(data: object, remedy: str | None):
    assert problem(data).remedy == remedy


def test_what_is_not_understood_here_is_told_in_the_librarys_words():
    class Odd(Shape, frozen=True, kw_only=True):
        at: dict[str, tuple[int, int]]

    assert problem({"at": {"a": [1, "x"]}}, Odd) == Problem("at", "Expected `int`, got `str`")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "k1", "s", "7"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["form", "low", "high", "radius", "pair", "x"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(Whole.__struct_fields__), ANYTHING, max_size=4))
def test_whatever_the_library_refuses_has_a_place_in_our_words(data: dict[str, Any]):
    try:
        msgspec.convert(data, Whole)
    except msgspec.ValidationError:
        found = first_problem(data, Whole, msgspec.ValidationError("nobody found it"))
        assert found.said != "nobody found it"
        assert found.field.split(".")[0].split("[")[0] in data
