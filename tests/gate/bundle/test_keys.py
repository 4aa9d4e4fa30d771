"""Keys come from files and descriptors, and are shown by nothing."""

from __future__ import annotations

import copy
import os
import pickle
import traceback

import pyrage
import pytest

from sigil.errors import AlreadyExists, InvalidValue, KeyMissing
from sigil.gate.bundle.keys import (
    Identities,
    identity_path,
    make_identity,
    parse_identities,
    read_identities,
    read_identities_from,
)

FIRST, SECOND = (pyrage.x25519.Identity.generate() for _ in range(2))


def test_what_was_made_is_read(tmp_path):
    public = make_identity(tmp_path / "keys", "api")
    assert read_identities(tmp_path / "keys" / "api.agekey").recipients == (public,)


def test_a_service_keeps_its_key(tmp_path):
    public = make_identity(tmp_path / "keys", "api")
    with pytest.raises(AlreadyExists):
        make_identity(tmp_path / "keys", "api")
    assert read_identities(tmp_path / "keys" / "api.agekey").recipients == (public,)


@pytest.mark.parametrize("name", ["", "../api", "a/b", ".api", "API", "a\0b", "a" * 61])
def test_a_name_that_is_no_service_s_leads_nowhere(tmp_path, name):
    with pytest.raises(InvalidValue, match="no name of a service"):
        identity_path(tmp_path, name)


def test_a_file_may_hold_several_keys_and_comments():
    text = f"# created by hand\r\n{FIRST}\r\n\n  {SECOND}  \n"
    found = parse_identities(text.encode(), "keys")
    assert found.recipients == (str(FIRST.to_public()), str(SECOND.to_public()))


def test_a_descriptor_delivers_a_key_and_is_closed():
    reading, writing = os.pipe()
    os.write(writing, f"{FIRST}\n".encode())
    os.close(writing)
    assert read_identities_from(reading).recipients == (str(FIRST.to_public()),)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)


@pytest.mark.parametrize(
    ("text", "line"),
    [(f"# one\n{str(FIRST)[:-1]}\n", 2), (f"{FIRST}\nhunter2 and more\n", 2), (f"x{FIRST}\n", 1),
     (str(FIRST).lower() + "x", 1), ("\x00\x01\xff" + str(FIRST), 1)],
    ids=["cut", "words behind", "a letter before", "lower case", "binary"],  # a key is random
)  # fmt: skip
def test_what_is_no_key_is_named_by_its_line_and_not_repeated(text, line):
    with pytest.raises(KeyMissing, match=f"^keys:{line}: is no private key") as refused:
        parse_identities(text.encode("latin-1"), "keys")
    shown = "".join(traceback.format_exception(refused.value))
    assert str(FIRST)[20:40] not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# public key: age1\n"])
def test_no_key_is_said(data):
    with pytest.raises(KeyMissing, match="holds no private key"):
        parse_identities(data, "keys")


def test_no_representation_shows_a_key():
    shown = [f(Identities((FIRST,))) for f in (repr, str, ascii)]
    assert {text == f"Identities({FIRST.to_public()})" for text in shown} == {True}


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_key_is_not_written_anywhere(write):
    with pytest.raises(TypeError, match="not written"):
        write(Identities((FIRST,)))
