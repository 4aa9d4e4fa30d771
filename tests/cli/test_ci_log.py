"""An error that ends `sigil ci` keeps its exit code, and says what a change's author may read."""

from __future__ import annotations

import os
import re

import pytest

from sigil.cli.ci_log import errors_fit, fit, warn
from sigil.errors import (
    ForgeFailed,
    KeyMissing,
    LedgerBroken,
    SealBroken,
    SigilError,
    Unreadable,
    Where,
)
from sigil.store.disk_errors import write_error

SECRET = "hunter2-canary"
KEY = "ed25519:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="


def said(error, *known):
    """Return the line of an error that ends a block, which keeps its kind."""
    with pytest.raises(type(error)) as ended, errors_fit(known):
        raise error
    assert ended.value is error
    assert ended.value.exit_code == type(error).exit_code
    return str(ended.value)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            LedgerBroken(
                "is damaged", where=Where("/srv/canary/ledger/config"), remedy="remove it"
            ),
            "…: is damaged; remove it",
        ),
        (
            LedgerBroken(f"the checkpoint is signed by {KEY!r}, which is not trusted"),
            "the checkpoint is signed by 'ed25519:[redacted]=', which is not trusted",
        ),
        (
            KeyMissing(
                "there is no key", where=Where("/home/canary/.config/sigil/keys/api.agekey")
            ),
            "…: there is no key",
        ),
        (
            SealBroken("cannot be opened", where=Where("holdout_017.lua.age")),
            "….lua.age: cannot be opened",
        ),
        (
            SealBroken("holdout_017 and holdout_1234 are not what was sealed"),
            "… and … are not what was sealed",
        ),
        (
            Unreadable("the remote cannot be read (could not resolve host canary.corp)"),
            "the remote cannot be read (could not resolve host …)",
        ),
        (
            ForgeFailed("404", where=Where("https://canary.example:8443/api/v3/pulls")),
            "https://… 404",
        ),
        (
            ForgeFailed(f"the answer was {SECRET} from 10.1.2.3", remedy="see /var/log/canary"),
            "the answer was __hidden_1__ from …; see …",
        ),
        (
            Unreadable(f"no route to {os.uname().nodename}: fatal: '/mnt/canary/acme.git' is gone"),
            "no route to …: fatal: '…' is gone",
        ),
    ],
)
def test_an_error_that_ends_it_shows_nothing_of_the_machine(monkeypatch, error, line):
    monkeypatch.setattr("os.environ", {"DEPLOY_TOKEN": SECRET})
    assert said(error) == line


def test_what_the_author_knows_anyway_stays(monkeypatch):
    monkeypatch.setattr("os.environ", {"GITHUB_REPOSITORY": "acme/shop", "TARGET": "release-2"})
    line = "acme/shop does not examine against release-2; list it with --base"
    assert said(SigilError(line), "acme/shop", "release-2") == line
    assert "release-2" not in said(SigilError(line))


def test_what_the_system_refuses_names_no_file_of_the_machine():
    refusal = OSError(28, "No space left on device", "/srv/canary/.sigil/gate/eval.json")
    with pytest.raises(OSError, match="No space") as ended, errors_fit():
        raise refusal
    assert str(write_error(ended.value, ended.value.filename)).startswith("…: no space to write")


def test_a_warning_goes_through_the_same_rule(capsys):
    warn("the status is not set: /srv/canary/ledger: is damaged")
    assert capsys.readouterr().err == "sigil: warning: the status is not set: …: is damaged\n"


def test_no_error_of_ours_writes_its_line_in_another_way():
    """Else what was made fit would not be what is printed."""
    kinds = [SigilError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert len(kinds) > 40
    assert [kind for kind in kinds if kind.__str__ is not SigilError.__str__] == []


def test_a_line_without_anything_to_hide_is_left_as_it_is():
    line = "there is no token; set GITHUB_TOKEN, or say --dry-run"
    assert fit(line) == line
    assert re.fullmatch(r"[ -~]+", fit("acme/shop#42 is not open; reopen it, or use sigil eval"))
