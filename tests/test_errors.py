"""Every error of ours is one line, and its exit code tells which it was."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil import errors
from sigil.errors import SigilError, Where

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, SigilError)
]
ANY_TEXT = st.text(max_size=40)
MAYBE_TEXT = st.none() | ANY_TEXT
PLACES = st.builds(Where, MAYBE_TEXT, st.none() | st.integers(1), MAYBE_TEXT)


ROOT = Path(__file__).parents[1]
WRITTEN = [
    path
    for folder in ("src", "docs", "examples", ".")
    for path in (ROOT / folder).glob("*" if folder == "." else "**/*")
    if path.suffix in {".py", ".md", ".yml", ".yaml", ".txt", ".ipynb"} or path.name == "Makefile"
]
BY_NAME = re.compile(
    r"""(pip|pipx|uv|uvx)[ ][^\n`]*?["' ]sigil(\[[\w,]+\])?(?! @ )(["'`\s=<>~]|$)"""
)


def test_nobody_is_told_to_install_us_by_a_name_that_is_another_projects_on_the_index():
    assert len(WRITTEN) > 100
    assert [str(path) for path in WRITTEN if BY_NAME.search(path.read_text())] == []


A_COPY = re.compile(r"pip install ['\"]?\.[\['\"\s]")


def test_nobody_is_told_to_put_a_copy_in_the_place_of_an_editable_install():
    assert [str(path) for path in WRITTEN if A_COPY.search(path.read_text())] == []
    assert A_COPY.search("pip install " + "'.[openai]'")
    assert not A_COPY.search(errors.install("openai"))


@pytest.mark.parametrize(
    "line",
    ["pip install sigil", "pip install 'sigil[gate]==0.1.0'", "uv tool install sigil\n",
     "pip install -U 'sigil[gate]'", 'pip install "sigil[gate]"'],
)  # fmt: skip
def test_such_a_line_would_be_found(line):
    assert BY_NAME.search(line)


def test_a_question_is_followed_by_its_answer_and_no_semicolon():
    assert str(SigilError("which service?", remedy="name one")) == "which service? name one"
    assert str(SigilError("no service", remedy="name one")) == "no service; name one"


def test_every_class_has_an_exit_code_of_its_own():
    codes = [value.exit_code for value in CLASSES]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", CLASSES)
def test_an_exit_code_is_no_success_and_no_signal(error):
    assert 1 <= error.exit_code < 126


@pytest.mark.parametrize("error", CLASSES)
def test_every_class_says_what_it_means(error):
    assert "exit_code" in vars(error)
    assert (error.__doc__ or "").strip().endswith(".")


@given(ANY_TEXT, PLACES, ANY_TEXT)
def test_a_message_is_one_line_whatever_is_in_it(problem, where, remedy):
    assert len(str(SigilError(problem, where=where, remedy=remedy)).splitlines()) <= 1


def test_a_message_names_place_problem_and_remedy():
    where = Where("walltime.eval.yaml", 12, "metrics[1].parse")
    error = errors.InvalidParse("no group in the regex", where=where, remedy="put ( ) around it")
    assert str(error) == (
        "walltime.eval.yaml:12: metrics[1].parse: no group in the regex; put ( ) around it"
    )


@pytest.mark.parametrize(
    ("where", "text"),
    [(Where(), ""), (Where("a"), "a"), (Where("a", 3), "a:3"), (Where(None, 3), "line:3"),
     (Where("a", None, "f"), "a: f"), (Where(None, None, "f"), "f")],
)  # fmt: skip
def test_a_place_leaves_out_what_is_unknown(where, text):
    assert str(where) == text
