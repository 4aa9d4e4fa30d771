"""Regexes on hostile text: bounded, and the next search works."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sigil.evaluate.matching import Matcher
from sigil.evaluate.parsing import MAX_MATCHES, Found, ParseFailed, parse_form, plain_search, read


@pytest.fixture
def matcher() -> Iterator[Matcher]:
    with Matcher(deadline_s=0.3) as found:
        yield found


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a=([0-9]+)", "a=1\na=2"),
        ("^b$", "a\nb\n"),
        ("nothing", "a"),
        ("a(b)?", "a"),
        ("(é+)", "x éé \n\t\0 \U0001f600"),
        ("(.)", "ab" * MAX_MATCHES),
    ],
)
def test_it_finds_what_a_plain_search_finds(matcher: Matcher, pattern: str, text: str):
    compiled = re.compile(pattern, re.MULTILINE)
    assert matcher.search(compiled, text) == plain_search(compiled, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^(a+)+$", "a" * 60 + "b"),
        (r"(\d+\.?\d*)%", "1" * 200_000),
        (r"(x+x+)+y", "x" * 60),
    ],
)
def test_backtracking_without_end_is_ended(matcher: Matcher, pattern: str, text: str):
    with pytest.raises(ParseFailed) as caught:
        matcher.search(re.compile(pattern), text)
    assert caught.value.kind == "slow"


def test_the_next_search_works_again(matcher: Matcher):
    with pytest.raises(ParseFailed):
        matcher.search(re.compile("^(a+)+$"), "a" * 60 + "b")
    assert matcher.search(re.compile("a"), "a") == Found("a", 1)


def test_memory_without_end_is_a_failure_too():
    with Matcher(deadline_s=20, memory_bytes=150 * 2**20) as matcher:
        with pytest.raises(ParseFailed):
            matcher.search(re.compile("(?:(a)|b)*c"), "ab" * 2_000_000)
        assert matcher.search(re.compile("a"), "a") == Found("a", 1)


def test_a_process_that_somebody_killed_is_one_failure(matcher: Matcher):
    matcher.search(re.compile("a"), "a")
    process = matcher._process
    assert process
    process.kill()
    process.wait()
    with pytest.raises(ParseFailed):
        matcher.search(re.compile("a"), "a")
    assert matcher.search(re.compile("a"), "a") == Found("a", 1)


def test_leaving_ends_the_process():
    with Matcher() as matcher:
        matcher.search(re.compile("a"), "a")
        process = matcher._process
    assert process
    assert process.poll() is not None


def test_nothing_is_started_before_the_first_search():
    with Matcher() as matcher:
        assert matcher._process is None


def test_reading_takes_the_bounded_search(matcher: Matcher):
    form = parse_form("latency_ms=([0-9.]+)", "numeric")
    assert read(form, 0, b"latency_ms=3.5", search=matcher.search).value == 3.5
