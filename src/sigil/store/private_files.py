"""Files that their owner alone may read: where private keys live, how one is written and read.

Promises: such a file is never open to others, not even for a moment, and is whole or absent; one
that others may read or write, or that is a link or somebody else's, is refused.

Not here: what the keys are (`sigil.gate.bundle.keys`, `sigil.ledger.keys`).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from sigil.errors import AlreadyExists, InvalidValue, KeyMissing, Unwritable, Where
from sigil.store import files
from sigil.store.disk_errors import writing

FOLDER_VARIABLE = "SIGIL_KEYS"
MAX_BYTES = 64 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def keys_folder(environment: Mapping[str, str], home: Callable[[], Path] = Path.home) -> Path:
    """Return where private keys live.

    Args:
        environment: of which ``SIGIL_KEYS`` names the folder itself, and ``XDG_CONFIG_HOME`` the
            folder of all settings; a relative one of the latter does not count, as XDG has it.
        home: gives that of the user, if nothing else says where.

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
    base = Path(settings) if Path(settings).is_absolute() else home() / ".config"
    return base / "sigil" / "keys"


def write_private(path: Path, data: bytes) -> None:
    """Create a file that its owner alone can read, in a folder that is the owner's alone.

    The folder is made if need be. Durable when this returns.

    Raises:
        AlreadyExists: something has this name; nothing is overwritten.
        KeyMissing: others may write into the folder.
        Unwritable, DiskFull: the disk refuses; no part of the file is left.
    """
    _make_folder(path.parent)
    temporary = files.temporary_path(path.parent)
    with writing(path):
        descriptor = os.open(temporary, _NEW, 0o600)
        try:
            os.fchmod(descriptor, 0o600)  # whatever an inherited list of rights says
            files.write_all(descriptor, data)
            os.fsync(descriptor)
            path.hardlink_to(temporary)  # unlike a rename, this replaces nothing
        except FileExistsError:
            raise AlreadyExists(
                "there is a key already",
                where=Where(str(path)),
                remedy="keep it; to replace it, move it away, make another and rotate",
            ) from None
        finally:
            os.close(descriptor)
            temporary.unlink()
        files.sync_directory(path.parent)


def _make_folder(folder: Path) -> None:
    files.make_directory(folder.parent)
    with writing(folder):
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        files.sync_directory(folder.parent)
        if not folder.is_dir():
            raise Unwritable("is no folder", where=Where(str(folder)), remedy="move it away")
        _refuse_shared(folder, folder.stat())


def read_private(path: Path, remedy: str) -> bytes:
    """Return a small file that belongs to this user and that nobody else may read or write.

    Args:
        path: the file.
        remedy: what to do if there is none.

    Raises:
        KeyMissing: it is not there, is a link or no file, is somebody else's, is open to others,
            is too large for a key, or cannot be read.
    """
    where = Where(str(path))
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        raise KeyMissing("there is no private key", where=where, remedy=remedy) from None
    except OSError as error:
        raise KeyMissing(
            f"the private key cannot be read ({error.strerror})",
            where=where,
            remedy="make it a file of your own, and no link",
        ) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyMissing("is no file", where=where, remedy="name the file that holds the key")
        _refuse_shared(path, status)
        return read_to_end(descriptor, str(path))
    finally:
        os.close(descriptor)


def read_to_end(descriptor: int, shown: str) -> bytes:
    """Return what a descriptor delivers: a file, a pipe, standard input.

    Raises:
        KeyMissing: it is not open for reading, or delivers more than a key.
    """
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
    where = Where(str(path))
    if status.st_uid != os.geteuid():
        raise KeyMissing("belongs to another user", where=where, remedy="use a key of your own")
    if status.st_mode & _OTHERS:
        wanted = "0700" if stat.S_ISDIR(status.st_mode) else "0600"
        raise KeyMissing(
            f"is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            where=where,
            remedy=f"chmod {wanted} it; if others could have read a key, make another and rotate",
        )
