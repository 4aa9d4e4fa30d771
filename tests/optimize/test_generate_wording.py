"""Larger texts of one piece: what joins their words stays, and the words become many."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.optimize.generate.inputs import pool_of
from sigil.optimize.generate.scaling import scale
from sigil.optimize.generate.wording import WORDS, has_any, pieces, reworded
from sigil.sandbox.model import Case

FACTOR = 40


def grown(text: str, *seen: str, seed: int = 1) -> str:
    return reworded(text, [text, *seen], FACTOR, WORDS, random.Random(seed))


@pytest.mark.parametrize(
    ("text", "joint"),
    [
        ("some-long-name", "-"),
        ("usr/lib/python", "/"),
        ("my.module.name", "."),
        ("snake_case_name", "_"),
        ("name=bob&town=rome", "&"),
        ("hello", " "),
    ],
)
def test_it_grows_by_what_joins_it_and_most_words_are_distinct(text: str, joint: str) -> None:
    parts = grown(text).split(joint)
    assert grown(text).startswith(text) or joint == " "
    assert len(set(parts)) > len(parts) / 3
    assert not [part for part in parts if not part]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("/usr/lib/python", r"(/[a-z]+)+"),
        ("http://www.host.com/path/to", r"http:/(/[a-z.]+)+"),
        ("name=bob&age=30", r"[a-z]+=\w+(&[a-z]+=\w+)*"),
        ("some-name\n", r"[a-z]+(-[a-z]+)+\n"),
    ],
)
def test_the_format_of_a_joined_text_is_kept(text: str, shape: str) -> None:
    assert re.fullmatch(shape, grown(text))


@pytest.mark.parametrize(
    "text",
    ["", "1.2.3", "2020-01-02", "10:30-11:45", "3[a]2[bc]", "ACGT", "bob@mail.com", "a-b-c"],
)
def test_what_is_not_made_of_words_is_left_to_other_ways(text: str) -> None:
    assert not has_any(text, WORDS)


def test_words_are_drawn_from_texts_that_are_joined_alike_alone() -> None:
    assert "_" not in grown("some-long-name", "of_snakes", "a sentence")
    assert " " not in grown("some-long-name", "of_snakes", "a sentence")
    assert "other-" in grown("some-name", "one-other-word")


@given(st.text(alphabet="ab1-_/&=. ", max_size=12))
def test_pieces_are_parts_of_the_text(text: str) -> None:
    assert all(piece[:-1] in text for piece in pieces(text))


@given(st.text(alphabet="abC1-_/&=., \n", max_size=16), st.integers(0, 3))
def test_a_text_grows_to_about_what_is_wanted(text: str, seed: int) -> None:
    if has_any(text, WORDS):
        longest = max(map(len, [*text.splitlines(), *pieces(text)])) + 3 * len(text)
        assert len(grown(text, seed=seed)) - FACTOR * len(text) * 0.6 >= 0
        assert len(grown(text, seed=seed)) <= FACTOR * len(text) + longest + FACTOR


def test_work_on_distinct_words_of_a_path_is_found() -> None:
    def comparisons(case: Case) -> int:
        seen: list[str] = []
        count = 0
        for part in str(case.args[0]).split("/"):
            count += len(seen)
            if part not in seen:
                seen.append(part)
        return 100 * count

    case = Case(("usr/lib/python",))
    found = scale(case, pool_of([case]), comparisons, random.Random)
    assert found is not None
    assert found.way == "words"
    assert len(set(str(found.case.args[0]).split("/"))) > 100
