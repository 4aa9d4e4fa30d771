"""Shapes that are made, not read: what their own checks say."""

from __future__ import annotations

import pickle

import pytest

from sigil.store.shapes import Misfit, Shape, each, each_entry, held


def _upper(text: str) -> str:
    if not text:
        raise ValueError("there is nothing")
    return text.upper()


class Words(Shape, frozen=True, kw_only=True):
    first: str
    more: list[str]
    by_key: dict[str, str]

    def __post_init__(self) -> None:
        held(self, first=_upper, more=each(_upper), by_key=each_entry(_upper, _upper))


def words(first: str = "a", more: tuple[str, ...] = (), **by_key: str) -> Words:
    return Words(first=first, more=list(more), by_key=by_key)


def test_what_a_check_returns_is_kept():
    made = words("a", ("b",), c="d")
    assert (made.first, made.more, made.by_key) == ("A", ["B"], {"C": "D"})


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: words(""), "first"),
        (lambda: words(more=("a", "")), "more[1]"),
        (lambda: words(b=""), "by_key.b"),
        (lambda: words(**{"": "a"}), "by_key."),
    ],
)
def test_a_check_that_fails_names_the_place(make, field: str):
    with pytest.raises(Misfit, match="there is nothing") as misfit:
        make()
    assert misfit.value.field == field
    assert str(misfit.value) == f"{field}: there is nothing"


def test_a_shape_cannot_be_changed():
    with pytest.raises(AttributeError):
        words().first = "b"


def test_a_shape_and_a_misfit_survive_another_process():
    assert pickle.loads(pickle.dumps(words("a", ("b",)))) == words("a", ("b",))
    assert str(pickle.loads(pickle.dumps(Misfit("no", "a[1]")))) == "a[1]: no"
