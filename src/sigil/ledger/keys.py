"""Who signed: Ed25519 keys, where the private ones are kept, and who is trusted.

A public key is written ``ed25519:<base64 of 32 bytes>``, and that text is also the key's id: what
a document says of its signer is the key itself, and trusting is membership in a set of such
texts. A private key is a PKCS #8 file that only its owner may read (``openssl pkey`` takes it),
outside of every repository: ``$SIGIL_KEYS``, or ``$XDG_CONFIG_HOME/sigil/keys``.

Not here: what is signed (`sigil.ledger.dsse`), which keys count (`sigil.ledger.pins`).
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from sigil.errors import InvalidValue, KeyMissing, Where
from sigil.ledger.needs import libraries
from sigil.store.private_files import keys_folder, read_private, write_private

with libraries():
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

PREFIX = "ed25519:"
EVALUATOR = "evaluator"
SUFFIX = ".ed25519"
MAKING = "sigil ledger key"
"""The command that makes the key of a machine."""
_SHORT = 16 << 10
_KEPT = 2048
"""What was found of as many signatures of at most `_SHORT` bytes is kept: who evaluates verifies
one ledger several times, and its entries have a kilobyte each."""


class Signer(Protocol):
    """Whoever can sign."""

    @property
    def key(self) -> str:
        """Return the public key: ``ed25519:<base64>``."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature of ``data``."""
        ...


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key of this machine.

    Args:
        key: its public half: ``ed25519:<base64>``.
    """

    key: str
    _private: Ed25519PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature of ``data``."""
        return self._private.sign(data)


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where private keys are kept; it may not exist.

    Args:
        environment: of which ``SIGIL_KEYS`` names the folder itself, and ``XDG_CONFIG_HOME`` the
            folder of all settings; a relative one does not count, as XDG has it.

    Raises:
        InvalidValue: ``SIGIL_KEYS`` is a relative path, which would depend on where one stands.
    """
    return keys_folder(environment, home_folder)


def home_folder() -> Path:
    """Return the user's home.

    Raises:
        InvalidValue: this user has none.
    """
    try:
        return Path.home()
    except RuntimeError as error:
        raise InvalidValue(
            "this user has no home folder", remedy="set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME"
        ) from error


def path_of(name: str = EVALUATOR, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file of the signing key called ``name``."""
    return folder(environment) / f"{name}{SUFFIX}"


def create(path: Path) -> PrivateKey:
    """Make a key, and write it where only the owner of this process can read it.

    Raises:
        AlreadyExists: a file of this name; a key is never replaced.
        KeyMissing: others may write into the folder.
        DiskFull: no space left.
        Unwritable: the folder or the file cannot be written.
    """
    private = Ed25519PrivateKey.generate()
    data = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(path, data)
    return _named(private)


def load(path: Path, making: str = MAKING) -> PrivateKey:
    """Return the key in a file.

    Args:
        path: the file.
        making: the command that makes such a key, and says where it has to be named.

    Raises:
        KeyMissing: no such file, no key in it, a link, or others may read it.
    """
    where = Where(str(path))
    data = read_private(
        path,
        f"restore it, or name its folder in SIGIL_KEYS; or make another: {making}, "
        "which says where that has to be named",
    )
    try:
        private = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError) as error:
        raise KeyMissing(
            "holds no private key", where=where, remedy="restore the file from a copy"
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyMissing(
            "is no Ed25519 key", where=where, remedy=f"move it away, and make one: {making}"
        )
    return _named(private)


def _named(private: Ed25519PrivateKey) -> PrivateKey:
    raw = private.public_key().public_bytes_raw()
    return PrivateKey(PREFIX + base64.b64encode(raw).decode(), private)


# --- checking ---------------------------------------------------------------------------


def is_public(text: str) -> bool:
    """Say whether ``text`` is a public key, in the one form that it has."""
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == 32 and text == PREFIX + base64.b64encode(raw).decode()  # noqa: PLR2004 (RFC 8032)


def public(text: str) -> str:
    """Return ``text`` if it is a public key.

    Raises:
        InvalidValue: it is none.
    """
    if not is_public(text):
        raise InvalidValue(
            f"{text!r} is no public key", remedy="write ed25519: and the base64 of its 32 bytes"
        )
    return text


def signed(key: str, signature: bytes, data: bytes) -> bool:
    """Say whether ``signature`` of ``data`` is by ``key``; False for what is no key."""
    return (_found if len(data) <= _SHORT else _signed)(key, signature, data)


def _signed(key: str, signature: bytes, data: bytes) -> bool:
    try:
        _loaded(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


_found = lru_cache(maxsize=_KEPT)(_signed)


@lru_cache(maxsize=64)
def _loaded(key: str) -> Ed25519PublicKey:
    if not is_public(key):
        raise ValueError(key)
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(PREFIX)))
