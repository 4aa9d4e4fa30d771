"""Remove a folder that hostile code has written in.

`shutil.rmtree` recurses, and gives up on a folder without permissions; a candidate may nest
folders deeper than any recursion or path length allows. Here every inner folder is first
renamed to the top, so depth never matters, and nothing is ever reached through a link.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

_LOOK = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> None:
    """Remove ``path`` and all below it, if it exists. Nothing may run in it any more.

    Raises:
        OSError: something in it belongs to somebody else.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(status.st_mode):
        path.unlink()
        return
    path.chmod(0o700)
    top = os.open(path, _LOOK)
    try:
        _empty(top)
    finally:
        os.close(top)
    path.rmdir()


def _empty(top: int) -> None:
    """Remove what stands in the folder ``top``, hoisting folders found further down."""
    moved = 0
    while names := os.listdir(top):
        for name in names:
            if not _is_folder(name, top):
                os.unlink(name, dir_fd=top)
                continue
            with suppress(PermissionError):
                os.chmod(name, 0o700, dir_fd=top)
            inner = os.open(name, _LOOK, dir_fd=top)
            try:
                moved = _hoist(inner, top, moved)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _hoist(inner: int, top: int, moved: int) -> int:
    """Remove the files of ``inner``, move its folders to ``top``; return the new count."""
    for name in os.listdir(inner):
        if not _is_folder(name, inner):
            os.unlink(name, dir_fd=inner)
            continue
        with suppress(PermissionError):
            os.chmod(name, 0o700, dir_fd=inner)
        moved = _rename_to_free(name, inner, top, moved + 1)
    return moved


def _rename_to_free(name: str, inner: int, top: int, number: int) -> int:
    """Move a folder to the first free numbered name in ``top``; return the number."""
    while True:
        try:
            os.rename(name, f".hoisted-{number}", src_dir_fd=inner, dst_dir_fd=top)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
            number += 1
        else:
            return number


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
