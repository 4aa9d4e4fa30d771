"""The text of the seatbelt profile; that macOS obeys it was not exercised."""

from __future__ import annotations

import pytest

from sigil.sandbox import seatbelt


def test_everything_is_denied_first():
    assert seatbelt.profile([], []).splitlines()[:2] == ["(version 1)", "(deny default)"]


def test_only_writable_folders_are_written():
    text = seatbelt.profile(["/usr"], ["/scratch"])
    writes = [line for line in text.splitlines() if "file-write*" in line]
    assert writes == ['(allow file-read* file-write* process-exec (subpath "/scratch"))']


def test_a_path_cannot_end_its_own_quotes():
    text = seatbelt.profile(['/a") (allow default) ("'], [])
    assert r'(subpath "/a\") (allow default) (\"")' in text


@pytest.mark.parametrize(("network", "allowed"), [("none", False), ("loopback", True)])
def test_the_network_is_closed_unless_loopback_is_asked(network, allowed):
    text = seatbelt.profile([], [], network=network)
    assert ("network" in text) is allowed
    assert "*:*" not in text
