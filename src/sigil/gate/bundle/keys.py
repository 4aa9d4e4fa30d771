"""The private keys that open holdouts: where one lives, how it is made, how it is read.

Promises: a key comes from a file that is its owner's alone or from an open descriptor, never from
an argument or the environment, which any process of the same user can read; no key is ever shown,
by no representation and in no message.

Not here: files that are their owner's alone (`sigil.store.private_files`), opening with a key
(`sigil.gate.unseal`).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, NoReturn

from sigil.errors import KeyMissing, Where
from sigil.gate.bundle.age import age
from sigil.gate.bundle.sealing import PRIVATE
from sigil.gate.names import check_service
from sigil.store.private_files import read_private, read_to_end, write_private

SUFFIX = ".agekey"
_REMEDY_NONE = (
    "bring the key from a machine that has it, or have a public key of yours added to the "
    "recipients and `sigil scenario rotate` run there: a new key opens nothing that is sealed; "
    "only for a first exam, `sigil scenario keys --new`"
)
_STANDARD = (0, 1, 2)


class Identities:
    """Private keys that open holdouts. Cannot be shown, copied into a file or pickled.

    Args:
        keys: of the age library, at least one.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: tuple[Any, ...]):
        self._keys = keys

    def reveal(self) -> tuple[Any, ...]:
        """Return the keys; for `sigil.gate.unseal` alone."""
        return self._keys

    @property
    def recipients(self) -> tuple[str, ...]:
        """The public key of each."""
        return tuple(str(key.to_public()) for key in self._keys)

    def __repr__(self) -> str:
        return f"Identities({', '.join(self.recipients)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("private keys are not written anywhere")


def identity_path(folder: Path, service: str) -> Path:
    """Return where the identity of a service is, or would be.

    Args:
        folder: `sigil.store.private_files.keys_folder`.
        service: whose holdouts it opens.
    """
    return folder / f"{check_service(service)}{SUFFIX}"


def make_identity(folder: Path, service: str) -> str:
    """Make an X25519 identity and return its public key.

    The file is as `age-keygen` writes it, so that `age -d -i` takes it.

    Raises:
        AlreadyExists: the service has one; nothing is overwritten.
        KeyMissing: others may read or write in the folder.
        Unwritable, DiskFull: the disk refuses; no part of a key is left.
        DependencyMissing: pyrage is not installed.
    """
    identity = age().x25519.Identity.generate()
    public = str(identity.to_public())
    text = f"# public key: {public}\n{identity}\n"
    write_private(identity_path(folder, service), text.encode())
    return public


def read_identities(path: Path) -> Identities:
    """Return the identities in a file.

    Raises:
        KeyMissing: there is none, others may read it, or it holds no key.
        DependencyMissing: pyrage is not installed.
    """
    return parse_identities(read_private(path, _REMEDY_NONE), str(path))


def read_identities_from(descriptor: int) -> Identities:
    """Return the identities that an open descriptor delivers, such as a pipe or standard input.

    The descriptor is read to its end, and closed unless it is a standard one.

    Raises:
        KeyMissing: it is not open, or what it delivers is no key.
        DependencyMissing: pyrage is not installed.
    """
    shown = "standard input" if descriptor == 0 else f"descriptor {descriptor}"
    try:
        return parse_identities(read_to_end(descriptor, shown), shown)
    finally:
        if descriptor not in _STANDARD:
            with contextlib.suppress(OSError):  # it was not open, which reading has said
                os.close(descriptor)


def parse_identities(data: bytes, shown: str) -> Identities:
    """Return the identities in the text of a key file: one a line, comments with ``#``.

    Raises:
        KeyMissing: a line is no X25519 identity, or there is none. The message names the line's
            number and nothing of what stands there.
        DependencyMissing: pyrage is not installed.
    """
    keys: list[Any] = []
    for number, line in enumerate(data.decode("latin-1").split("\n"), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            keys.append(_identity(text, Where(shown, number)))
    if not keys:
        raise KeyMissing("holds no private key", where=Where(shown), remedy=_REMEDY_NONE)
    return Identities(tuple(keys))


def _identity(text: str, where: Where) -> Any:
    library = age()
    try:
        return library.x25519.Identity.from_str(text)
    except library.IdentityError:
        raise KeyMissing(
            "is no private key of age",
            where=where,
            remedy=f"a key is one line that begins with {PRIVATE}",
        ) from None
