"""Keep bytes under the digest of their content: ``<root>/7f/7fb1…``.

Promises: what `Blobs.put` returned is durable; putting the same bytes again changes nothing,
from any number of processes; `Blobs.get` returns the bytes that were put or raises. A blob
that was damaged since is mended by putting its bytes again.

Not here: when a blob may be deleted. Only whoever knows all references can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sigil import canonical
from sigil.errors import Corrupt, InvalidValue, NotFound
from sigil.store import files

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """A content-addressed store. Safe to share by threads and processes.

    Args:
        root: its directory; created by the first `put`.
    """

    def __init__(self, root: Path):
        self.root = root

    def put(self, data: bytes) -> str:
        """Store ``data`` and return its digest; durable when this returns.

        Raises:
            DiskFull: no space or quota left.
            Unwritable: the system refuses.
        """
        digest = canonical.digest(data)
        path = self.path(digest)
        if self._holds(path, digest):
            # Another process may have been killed before it synced the name.
            with files.writing(path):
                files.sync_directory(path.parent)
            return digest
        files.make_directory(path.parent)
        files.write_atomic(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes whose digest is ``digest``.

        Raises:
            NotFound: there is no such blob.
            Corrupt: the file has other bytes; it is named.
            InvalidValue: ``digest`` is not of the form ``sha256:<64 hex>``.
        """
        return files.read_verified(self.path(digest), digest)

    def __contains__(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def __iter__(self) -> Iterator[str]:
        """Yield the digest of every blob, ascending."""
        for directory in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(directory.iterdir()):
                if _NAME.fullmatch(path.name):
                    yield canonical.DIGEST_PREFIX + path.name

    def path(self, digest: str) -> Path:
        """Return where the blob of ``digest`` stands, whether or not it exists.

        Raises:
            InvalidValue: ``digest`` is not of the form ``sha256:<64 hex>``.
        """
        if not _DIGEST.fullmatch(digest):
            raise InvalidValue(f"{digest!r} is not a digest", remedy="use sha256:<64 hex>")
        name = digest.removeprefix(canonical.DIGEST_PREFIX)
        return self.root / name[:2] / name

    def sweep(self) -> int:
        """Remove what killed writers left behind; return how many files it was."""
        return sum(files.sweep(path) for path in self.root.glob("[0-9a-f][0-9a-f]"))

    def _holds(self, path: Path, digest: str) -> bool:
        try:
            files.read_verified(path, digest)
        except (NotFound, Corrupt):
            return False
        return True
