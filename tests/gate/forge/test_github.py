"""What is asked of a forge, how often, and where the token goes."""

from __future__ import annotations

import pytest
from tests.gate.forges import TOKEN, FakeForge, forged

from sigil.errors import ForgeFailed, InvalidValue
from sigil.gate.forge.github import Forge, PullName, parse_pull
from sigil.gate.forge.rest import ATTEMPTS, LONGEST_WAIT_S, Rest, access

NAME = PullName("acme/shop", 42)
HEAD = "a" * 40


@pytest.fixture
def fake():
    with forged() as forge:
        yield forge


def reached(fake: FakeForge, waits: list[float] | None = None) -> Forge:
    pause = ([] if waits is None else waits).append
    return Forge(Rest(access(fake.environment()), pause=pause), NAME)


# --- names and addresses ------------------------------------------------------------------


def test_a_pull_request_is_named_as_github_names_it():
    assert parse_pull("acme/shop#42") == NAME
    assert NAME.ref == "pull/42/head"


@pytest.mark.parametrize(
    "text",
    ["acme/shop", "acme/shop#0", "acme/shop#x", "shop#1", "a/b/c#1", "a/..#1", "a/b#1\n", "-a/b#1"],
)
def test_what_names_no_pull_request_is_refused(text):
    with pytest.raises(InvalidValue, match="OWNER/REPO#42"):
        parse_pull(text)


@pytest.mark.parametrize(
    "url", ["http://example.org", "ftp://example.org", "https://u:p@example.org", "https://", "x"]
)
def test_the_token_is_not_sent_over_an_open_line(url):
    with pytest.raises(InvalidValue) as caught:
        access({"GITHUB_API_URL": url, "GITHUB_TOKEN": TOKEN})
    assert TOKEN not in str(caught.value)


def test_a_token_that_would_break_a_header_is_refused_without_being_shown():
    with pytest.raises(InvalidValue) as caught:
        access({"GITHUB_TOKEN": f"{TOKEN}\r\nX: y"})
    assert TOKEN not in str(caught.value)


def test_either_variable_holds_the_token():
    assert access({"GH_TOKEN": TOKEN}).token == TOKEN
    assert access({"GITHUB_TOKEN": TOKEN, "GH_TOKEN": "other"}).token == TOKEN


def test_no_representation_shows_the_token(fake):
    api = Rest(access(fake.environment()))
    assert TOKEN not in f"{access(fake.environment())!r}{api!r}{vars(reached(fake))!r}"


# --- asking -------------------------------------------------------------------------------


def test_a_pull_request_is_read(fake):
    found = reached(fake).pull()
    assert (found.head.sha, found.base.ref, found.is_open) == (HEAD, "main", True)


def test_the_server_is_asked_again_after_it_failed(fake):
    waits: list[float] = []
    fake.failing = [(502, {}), (503, {})]
    assert reached(fake, waits).pull().is_open
    assert waits == [1.0, 2.0]


def test_a_server_that_keeps_failing_is_an_error_in_the_end(fake):
    fake.failing = [(500, {})] * 20
    with pytest.raises(ForgeFailed, match="the server fails"):
        reached(fake).pull()
    assert len(fake.asked) == ATTEMPTS


def test_a_rate_limit_is_waited_for_as_long_as_it_says(fake):
    waits: list[float] = []
    fake.failing = [(429, {"Retry-After": "7"}), (403, {"Retry-After": "3"})]
    assert reached(fake, waits).pull().is_open
    assert waits == [7.0, 3.0]


def test_a_rate_limit_that_ends_much_later_is_an_error_at_once(fake):
    waits: list[float] = []
    fake.failing = [(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"})]
    with pytest.raises(ForgeFailed, match="rate limit"):
        reached(fake, waits).pull()
    assert waits == []
    assert LONGEST_WAIT_S < 1000


def test_a_refusal_is_no_rate_limit_and_is_not_asked_again(fake):
    fake.failing = [(403, {})]
    with pytest.raises(ForgeFailed, match="needs contents, pull-requests and statuses"):
        reached(fake).pull()
    assert len(fake.asked) == 1


def test_no_error_shows_the_token_even_if_the_server_does(fake):
    fake.failing = [(422, {})]
    with pytest.raises(ForgeFailed) as caught:
        reached(fake).pull()
    assert "as asked" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_redirect_is_not_followed_with_the_token(fake):
    with forged() as other:
        fake.failing = [(301, {"Location": f"{other.url}/repos/acme/shop/pulls/42"})]
        with pytest.raises(ForgeFailed, match="elsewhere"):
            reached(fake).pull()
        assert other.asked == []


def test_a_server_that_is_not_there_is_one_line(fake):
    forge = Forge(Rest(access({"GITHUB_API_URL": "http://127.0.0.1:9"}), pause=[].append), NAME)
    with pytest.raises(ForgeFailed, match="cannot be reached"):
        forge.pull()


def test_another_shape_is_an_error_and_no_guess(fake):
    fake.head = "HEAD"
    with pytest.raises(ForgeFailed, match="another shape"):
        reached(fake).pull()


# --- comments -----------------------------------------------------------------------------


def test_our_comment_is_found_behind_a_hundred_others(fake):
    for number in range(130):
        fake.say(f"thoughts {number}", login="somebody")
    fake.say("<!-- m -->\nours", login="exam[bot]", kind="Bot")
    assert reached(fake).find_comment("<!-- m -->") == 230


def test_a_comment_with_our_marker_by_somebody_else_is_not_ours(fake):
    fake.say("<!-- m -->\nALLOW, believe me", login="mallory")
    assert reached(fake).find_comment("<!-- m -->") is None


def test_a_person_finds_the_comment_of_that_person(fake):
    fake.login = "someone"
    fake.say("<!-- m -->", login="exam[bot]", kind="Bot")
    fake.say("<!-- m -->", login="someone")
    assert reached(fake).find_comment("<!-- m -->") == 101


def test_a_new_comment_that_may_have_arrived_is_not_written_again(fake):
    fake.failing = [(502, {})]
    with pytest.raises(ForgeFailed):
        reached(fake).comment(None, "text")
    assert len(fake.asked) == 1


def test_a_comment_of_ours_is_written_over(fake):
    known = reached(fake).comment(None, "one")
    assert reached(fake).comment(known, "two") == known
    assert [one["body"] for one in fake.comments] == ["two"]


# --- merging ------------------------------------------------------------------------------


def test_a_merge_names_the_commit_that_it_is_about(fake):
    assert reached(fake).merge(HEAD, "title", "text") == "c" * 40
    assert fake.merged_with[0]["sha"] == HEAD


def test_a_head_that_has_moved_is_not_merged(fake):
    fake.head = "d" * 40
    with pytest.raises(ForgeFailed, match="Head branch was modified"):
        reached(fake).merge(HEAD, "title", "text")
    assert fake.merged_with == []


def test_a_merge_of_which_nothing_is_known_is_not_asked_for_again(fake):
    fake.failing = [(502, {})]
    with pytest.raises(ForgeFailed):
        reached(fake).merge(HEAD, "title", "text")
    assert len(fake.asked) == 1
