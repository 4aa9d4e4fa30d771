"""Private keys: where they live, how one is made, how one is read.

Promises: a key file is made readable by its owner alone, in a folder that is its owner's alone,
and one that others may read or write is refused; a key comes from a file or from an open
descriptor, never from an argument or the environment, which any process of the same user can
read; no key is ever shown, by no representation and in no message.

Not here: opening with it (`sigil.gate.unseal`).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from sigil.errors import AlreadyExists, InvalidValue, KeyMissing, Where
from sigil.gate.age import age
from sigil.gate.names import check_service
from sigil.store.disk_errors import writing
from sigil.store.files import make_directory, sync_directory, write_all

FOLDER_VARIABLE = "SIGIL_KEYS"
SUFFIX = ".agekey"
MAX_BYTES = 64 * 1024
_MARK = "AGE-SECRET-KEY-"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_REMEDY_NONE = "make one by `sigil scenario keys --new`, or get that of a recipient"


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


# --- where ------------------------------------------------------------------------------


def keys_folder(environment: Mapping[str, str], home: Path) -> Path:
    """Return where private keys live.

    Args:
        environment: of which ``SIGIL_KEYS`` names the folder itself, and ``XDG_CONFIG_HOME`` the
            folder of all settings; a relative one does not count, as XDG has it.
        home: of the user.

    Raises:
        InvalidValue: ``SIGIL_KEYS`` is a relative path, which would depend on where one stands.
    """
    own = environment.get(FOLDER_VARIABLE, "")
    if own:
        if not Path(own).is_absolute():
            raise InvalidValue(
                f"{FOLDER_VARIABLE} is no absolute path", remedy="name the whole path of a folder"
            )
        return Path(own)
    settings = environment.get("XDG_CONFIG_HOME", "")
    base = Path(settings) if Path(settings).is_absolute() else home / ".config"
    return base / "sigil" / "keys"


def identity_path(folder: Path, service: str) -> Path:
    """Return where the identity of a service is, or would be."""
    return folder / f"{check_service(service)}{SUFFIX}"


# --- making -----------------------------------------------------------------------------


def make_identity(folder: Path, service: str) -> str:
    """Make an X25519 identity and return its public key.

    The file is as `age-keygen` writes it, so that `age -d -i` takes it.

    Raises:
        AlreadyExists: the service has one; nothing is overwritten.
        KeyMissing: others may write into the folder.
        Unwritable, DiskFull: the disk refuses; no part of a key is left.
        DependencyMissing: pyrage is not installed.
    """
    path = identity_path(folder, service)
    identity = age().x25519.Identity.generate()
    public = str(identity.to_public())
    make_directory(folder.parent)
    with writing(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_directory(folder.parent)
    _refuse_shared(folder, folder.stat())
    write_private(path, f"# public key: {public}\n{identity}\n".encode())
    return public


def write_private(path: Path, data: bytes) -> None:
    """Create a file that its owner alone can read, whole and durable when this returns.

    Raises:
        AlreadyExists: something has this name.
        Unwritable, DiskFull: the disk refuses; no part of it is left.
    """
    with writing(path):
        try:
            descriptor = os.open(path, _NEW, 0o600)
        except FileExistsError:
            raise AlreadyExists(
                "there is a key already",
                where=Where(str(path)),
                remedy="keep it; to replace it, move it away, make another and rotate",
            ) from None
        try:
            os.fchmod(descriptor, 0o600)  # whatever the umask or an inherited list says
            write_all(descriptor, data)
            os.fsync(descriptor)
        except BaseException:
            path.unlink()
            raise
        finally:
            os.close(descriptor)
        sync_directory(path.parent)


# --- reading ----------------------------------------------------------------------------


def read_identities(path: Path) -> Identities:
    """Return the identities in a file.

    Raises:
        KeyMissing: there is none, others may read it, or it holds no key.
        DependencyMissing: pyrage is not installed.
    """
    return parse_identities(read_private(path), str(path))


def read_private(path: Path) -> bytes:
    """Return a small file that belongs to this user and that nobody else may read or write.

    Raises:
        KeyMissing: it is not there, is a link or no file, is somebody else's, is open to others,
            or cannot be read.
    """
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        raise KeyMissing(
            "there is no private key", where=Where(str(path)), remedy=_REMEDY_NONE
        ) from None
    except OSError as error:
        raise KeyMissing(
            f"the private key cannot be read ({error.strerror})",
            where=Where(str(path)),
            remedy="make it a file of your own, and no link",
        ) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyMissing(
                "is no file", where=Where(str(path)), remedy="name the file that holds the key"
            )
        _refuse_shared(path, status)
        return _read_all(descriptor, str(path))
    finally:
        os.close(descriptor)


def read_identities_from(descriptor: int) -> Identities:
    """Return the identities that an open descriptor delivers, such as a pipe or standard input.

    The descriptor is read to its end and closed.

    Raises:
        KeyMissing: it is not open, or what it delivers is no key.
        DependencyMissing: pyrage is not installed.
    """
    shown = "standard input" if descriptor == 0 else f"descriptor {descriptor}"
    try:
        data = _read_all(descriptor, shown)
    finally:
        if descriptor > 2:  # noqa: PLR2004 (the standard ones stay open)
            _close(descriptor)
    return parse_identities(data, shown)


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return  # it was not open, which reading has said


def _read_all(descriptor: int, shown: str) -> bytes:
    data = b""
    try:
        while len(data) <= MAX_BYTES and (piece := os.read(descriptor, MAX_BYTES + 1)):
            data += piece
    except OSError as error:
        raise KeyMissing(
            f"no key can be read ({error.strerror})",
            where=Where(shown),
            remedy="open the key there, as in 3< file",
        ) from error
    if len(data) > MAX_BYTES:
        raise KeyMissing("is too large for a key", where=Where(shown), remedy="name a key file")
    return data


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    """Refuse what others could read, or could have written."""
    if status.st_uid != os.geteuid():
        raise KeyMissing(
            "belongs to another user", where=Where(str(path)), remedy="use a key of your own"
        )
    if status.st_mode & _OTHERS:
        wanted = "0700" if stat.S_ISDIR(status.st_mode) else "0600"
        raise KeyMissing(
            f"is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            where=Where(str(path)),
            remedy=f"chmod {wanted} it; if others could have read the key, make another and rotate",
        )


def parse_identities(data: bytes, shown: str) -> Identities:
    """Return the identities in the text of a key file: one a line, comments with ``#``.

    Raises:
        KeyMissing: a line is no X25519 identity, or there is none. The message names the line's
            number and nothing of what stands there.
        DependencyMissing: pyrage is not installed.
    """
    keys: list[Any] = []
    lines = re.split(r"\r?\n", data.decode("latin-1"))
    for number, line in enumerate(lines, 1):
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
            remedy=f"a key is one line that begins with {_MARK}",
        ) from None
