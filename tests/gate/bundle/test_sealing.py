"""Seals are age's: each recipient opens them alone, and the `age` command does too."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest

from sigil.errors import InvalidValue, SealBroken, Where
from sigil.gate.bundle.envelope import Envelope, wrap
from sigil.gate.bundle.keys import Identities, make_identity
from sigil.gate.bundle.sealing import seal
from sigil.gate.unseal import unseal

ENVELOPE = Envelope("api", "holdout_001", "return { title = 'SECRET' }\n", bytes(32))
FILE = Where("holdout_001.lua.age")
LOCKED = (
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBaUFFZNkhJdG5Ec09nbWJCV3dpUE1RIDIwCmIv"
    "dm1qbnJDV2lNeXlLL2ZpN1ByZG8zckhIRzhVSjRiMk9TZXV3dmNSTXcKLS0tIGlBYjRLRG5xMHBhOHJm"
    "L25kMUxBSlFWYkF2MkVpTHNnM0lSbEZMZUg5TVkKvjqPdSr+Idkwfm51VpsTeWhPdnEDpF1AzUz86lSR"
    "4ZJV"
)
"""One byte, locked by a passphrase; to lock it takes a second."""
needs_age = pytest.mark.skipif(shutil.which("age") is None, reason="the age command is not here")


def a_key() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


def public(*keys: pyrage.x25519.Identity) -> list[str]:
    return [str(key.to_public()) for key in keys]


def test_each_recipient_opens_it_alone():
    keys = [a_key() for _ in range(3)]
    sealed = seal(ENVELOPE, public(*keys))
    assert [unseal(sealed, Identities((key,)), FILE) for key in keys] == [ENVELOPE] * 3


def test_two_seals_of_one_scenario_are_different_bytes():
    key = a_key()
    assert seal(ENVELOPE, public(key)) != seal(ENVELOPE, public(key))


def test_nothing_of_it_is_readable():
    sealed = seal(ENVELOPE, public(a_key()))
    assert b"SECRET" not in sealed
    assert b"api" not in sealed


def test_scenarios_of_similar_length_have_seals_of_similar_length():
    texts = ["return {}", "return {}" * 100]
    key = a_key()
    sizes = [len(seal(Envelope("api", "h", text, bytes(32)), public(key))) for text in texts]
    assert abs(sizes[0] - sizes[1]) < 400  # of which age's own grease is a random part


@pytest.mark.parametrize(
    ("recipients", "said"),
    [([], "nobody is named"), (["age1xyz"], "no public key"),
     (["ssh-ed25519 AAAA"], "no public key"),
     (["age1" + "q" * 58], "no public key"), (["age1ktdh\x1b[2J"], r"\\x1b")],
)  # fmt: skip
def test_what_is_no_recipient_is_refused(recipients, said):
    with pytest.raises(InvalidValue, match=said):
        seal(ENVELOPE, recipients)


@pytest.mark.parametrize("spelling", [str.upper, str.lower])
def test_a_private_key_among_the_recipients_is_refused_and_not_repeated(spelling):
    secret = spelling(str(a_key()))
    with pytest.raises(InvalidValue, match="a private key stands") as refused:
        seal(ENVELOPE, [secret])
    assert secret[20:40] not in str(refused.value)


@pytest.mark.parametrize("place", [0, 30, 150, -5000, -2000, -1])
def test_a_flipped_bit_breaks_the_seal(place):
    key = a_key()
    sealed = bytearray(seal(ENVELOPE, public(key)))
    sealed[max(place, -len(sealed))] ^= 1
    with pytest.raises(SealBroken) as broken:
        unseal(bytes(sealed), Identities((key,)), FILE)
    assert "SECRET" not in str(broken.value)


@pytest.mark.parametrize("length", [0, 1, 50, 200, 4000])
def test_a_cut_seal_is_broken(length):
    key = a_key()
    with pytest.raises(SealBroken):
        unseal(seal(ENVELOPE, public(key))[:length], Identities((key,)), FILE)


def test_a_stranger_is_told_that_it_is_sealed_for_others():
    sealed = seal(ENVELOPE, public(a_key()))
    with pytest.raises(SealBroken, match=r"holdout_001\.lua\.age: is sealed for other keys"):
        unseal(sealed, Identities((a_key(),)), FILE)


def test_another_thing_that_was_encrypted_is_no_scenario():
    key = a_key()
    sealed = pyrage.encrypt(b"return { title = 'SECRET' }", [key.to_public()])
    with pytest.raises(SealBroken, match="holds no sealed scenario") as broken:
        unseal(sealed, Identities((key,)), FILE)
    assert "SECRET" not in str(broken.value)


def test_a_file_that_is_locked_by_a_passphrase_is_refused():
    with pytest.raises(SealBroken):
        unseal(base64.b64decode(LOCKED), Identities((a_key(),)), FILE)


@needs_age
def test_the_age_command_opens_what_we_seal(tmp_path: Path):
    recipient = make_identity(tmp_path / "keys", "api")
    (tmp_path / "sealed").write_bytes(seal(ENVELOPE, [recipient]))
    command = ["age", "-d", "-i", str(tmp_path / "keys" / "api.agekey"), str(tmp_path / "sealed")]
    assert subprocess.run(command, capture_output=True, check=True).stdout == wrap(ENVELOPE)


@needs_age
def test_we_open_what_the_age_command_seals():
    keys = [a_key(), a_key()]
    command = ["age", *(part for key in public(*keys) for part in ("-r", key))]
    sealed = subprocess.run(command, input=wrap(ENVELOPE), capture_output=True, check=True).stdout
    assert [unseal(sealed, Identities((key,)), FILE) for key in keys] == [ENVELOPE] * 2
