"""What git says, in one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.ledger.complaint import complaint, without_user

REFUSED = """\
ssh: connect to host git.example.invalid port 22: Connection refused
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
"""


def test_the_cause_and_what_came_of_it_are_told_and_the_advice_is_not():
    assert complaint(REFUSED) == (
        "ssh: connect to host git.example.invalid port 22: Connection refused; "
        "fatal: Could not read from remote repository."
    )


@pytest.mark.parametrize("said", ["", "\n \n"])
def test_where_git_says_nothing_that_is_told(said):
    assert complaint(said) == "git does not say why"


def test_no_password_is_told():
    told = complaint("fatal: unable to access 'https://me:canary@example.invalid/x/': no")
    assert "canary" not in told
    assert "https://example.invalid/x/" in told


def test_an_address_without_a_user_stays_as_it_is():
    assert without_user("ssh://example.invalid/a@b") == "ssh://example.invalid/a@b"


@given(st.text())
def test_whatever_git_says_is_one_printable_line(said):
    told = complaint(said)
    assert told.isprintable()
    assert 0 < len(told) <= 400
