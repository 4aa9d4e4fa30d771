"""Seal a scenario for whoever examines; public keys are enough.

Promises: what it returns is an age file (age-encryption.org/v1) that each recipient opens alone,
and any `age` command with their identity does; nothing is written anywhere.

Not here: opening (`sigil.gate.unseal`), what is inside (`sigil.gate.bundle.envelope`), files on the
disk (`sigil.gate.bundle.updating`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sigil.errors import InvalidValue
from sigil.gate.bundle.age import age
from sigil.gate.bundle.envelope import Envelope, wrap
from sigil.printable import printable

RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
"""An X25519 public key as age writes it: bech32, 62 characters."""
PRIVATE = "AGE-SECRET-KEY-"
"""What a private key of age begins with."""


def seal(envelope: Envelope, recipients: Sequence[str]) -> bytes:
    """Return ``envelope`` encrypted; other bytes at each call.

    Args:
        envelope: what to seal.
        recipients: public keys ``age1…``; each opens it alone.

    Raises:
        InvalidValue: none is given, or one is no key.
        DependencyMissing: pyrage is not installed.
    """
    return seal_bytes(wrap(envelope), recipients)


def seal_bytes(data: bytes, recipients: Sequence[str]) -> bytes:
    """Return ``data`` encrypted; see `seal`."""
    return bytes(age().encrypt(data, parse_recipients(recipients)))


def readers(ciphertext: bytes) -> int:
    """Return for how many X25519 keys an age file is sealed; its header says so to anybody."""
    header = ciphertext.partition(b"\n---")[0]
    return header.count(b"\n-> X25519 ")


def parse_recipients(recipients: Sequence[str]) -> list[Any]:
    """Return the keys of the age library.

    Raises:
        InvalidValue: none is given, or one is no key.
        DependencyMissing: pyrage is not installed.
    """
    if not recipients:
        raise InvalidValue(
            "nobody is named who may open the holdouts",
            remedy="make a key by `sigil scenario keys --new`, and list it in .sigil/gate.yaml",
        )
    return [_recipient(text) for text in recipients]


def _recipient(text: str) -> Any:
    library = age()
    if text.upper().startswith(PRIVATE):
        raise InvalidValue(
            "a private key stands where a public one belongs",
            remedy="remove it, make another key, and name its public part age1…",
        )
    try:
        if RECIPIENT.fullmatch(text):
            return library.x25519.Recipient.from_str(text)
    except library.RecipientError:
        pass  # a letter is wrong: the checksum says so
    raise InvalidValue(
        f"{printable(text, 80)!r} is no public key of age",
        remedy="copy the line age1… that `sigil scenario keys` shows",
    )
