"""Keys are kept where only their owner reads them, and have one form."""

from __future__ import annotations

import base64
import os
import subprocess

import pytest

from sigil.errors import AlreadyExists, InvalidValue, KeyMissing, Unwritable
from sigil.ledger import keys


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a" / "evaluator.ed25519"


def test_a_key_that_is_made_is_loaded_again(path):
    made = keys.create(path)
    found = keys.load(path)
    assert found.key == made.key
    assert keys.signed(made.key, found.sign(b"data"), b"data")
    assert not keys.signed(made.key, found.sign(b"data"), b"other")


def test_file_and_folder_are_the_owners_alone_whatever_the_umask(path):
    before = os.umask(0)
    try:
        keys.create(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_openssl_reads_a_key(path):
    made = keys.create(path)
    command = ["openssl", "pkey", "-in", str(path), "-pubout", "-outform", "DER"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert base64.b64encode(done.stdout[-32:]).decode() == made.key.removeprefix(keys.PREFIX)


def test_a_key_is_never_replaced(path):
    made = keys.create(path)
    with pytest.raises(AlreadyExists):
        keys.create(path)
    assert keys.load(path).key == made.key
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_private_key_is_not_shown(path):
    made = keys.create(path)
    assert "_private" not in repr(made)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused(path, mode):
    keys.create(path)
    path.chmod(mode)
    with pytest.raises(KeyMissing, match="chmod 0600"):
        keys.load(path)


@pytest.mark.parametrize("data", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\n\n"])
def test_what_is_no_key_is_refused(path, data):
    path.parent.mkdir()
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(KeyMissing, match="no private key"):
        keys.load(path)


def test_a_key_of_another_sort_is_refused(path):
    path.parent.mkdir()
    command = ["openssl", "genpkey", "-algorithm", "X25519", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.chmod(0o600)
    with pytest.raises(KeyMissing, match="Ed25519"):
        keys.load(path)


def test_no_key_there(path):
    with pytest.raises(KeyMissing, match="make another: sigil ledger key"):
        keys.load(path)


def test_a_folder_that_is_a_file_is_refused(path):
    path.parent.write_text("")
    with pytest.raises(Unwritable):
        keys.create(path)


def test_where_keys_are(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert str(keys.folder({})) == "/home/me/.config/sigil/keys"
    assert str(keys.folder({"XDG_CONFIG_HOME": "/x"})) == "/x/sigil/keys"
    assert str(keys.folder({"XDG_CONFIG_HOME": "relative"})) == "/home/me/.config/sigil/keys"
    assert str(keys.folder({"SIGIL_KEYS": "/k", "XDG_CONFIG_HOME": "/x"})) == "/k"
    with pytest.raises(InvalidValue, match="absolute"):
        keys.folder({"SIGIL_KEYS": "k"})


VECTOR = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
"""The first public key of RFC 8032, section 7.1."""
SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)


def test_a_signature_of_the_standard_is_good():
    assert keys.is_public(VECTOR)
    assert keys.signed(VECTOR, SIGNATURE, b"")
    assert not keys.signed(VECTOR, SIGNATURE, b"x")
    assert not keys.signed(VECTOR, SIGNATURE[:-1], b"")


@pytest.mark.parametrize("length", [100, 100_000])
def test_what_was_found_of_one_signature_is_said_of_no_other(key, stranger, length):
    data = b"x" * length
    by_key, by_stranger = key.sign(data), stranger.sign(data)
    for _ in range(2):
        assert keys.signed(key.key, by_key, data)
        assert keys.signed(stranger.key, by_stranger, data)
        assert not keys.signed(key.key, by_stranger, data)
        assert not keys.signed(stranger.key, by_key, data)
        assert not keys.signed(key.key, by_key, data + b"x")


@pytest.mark.parametrize(
    "text",
    [
        "", "ed25519:", VECTOR[:-1], VECTOR + "=", VECTOR + "\n", " " + VECTOR, VECTOR.upper(),
        VECTOR.removeprefix("ed25519:"), VECTOR[:-2] + "p=",
        "ed25519:" + base64.b64encode(bytes(31)).decode(), "ed25519:é",
    ],
)  # fmt: skip
def test_a_public_key_has_one_form(text):
    assert not keys.is_public(text)
    assert not keys.signed(text, SIGNATURE, b"")
