"""Append facts to one file and have them on the disk within 100 ms.

One fsync per fact would cost milliseconds, so a thread syncs whatever has been appended
since its last round. What has to be certain waits: `Journal.sync` or `Journal.wait`.

Promises: one writer at a time (`WorkspaceBusy`); a frame is handed to the system when
`Journal.append` returns, so that the death of this process loses nothing of it; a frame up
to `Journal.durable` survives a power cut; a torn end is dropped, never guessed; a full disk
refuses the append, leaves the file whole, and the journal goes on once there is space; a
forked child never writes.

Not here: the form of a line (`sigil.store.frames`). Times belong into bodies: a journal is
a record of what happened, and no identity is derived from its bytes.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sigil.errors import SigilError, Where, WorkspaceBusy
from sigil.store import files
from sigil.store.disk_errors import read_error, write_error, writing
from sigil.store.frames import MAX_FRAME, Frame, Reader, encode

__all__ = ["MAX_FRAME", "SUFFIX", "Frame", "Journal", "read"]

SUFFIX = ".journal"
GROUP_S = 0.04
"""How long a group stays open. With the sync itself (1 to 20 ms) it stays below 100 ms."""
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def read(path: Path) -> Iterator[Frame]:
    """Yield the frames of a journal, one line at a time; a torn tail is dropped.

    Works beside a writer and needs no permission to write.

    Raises:
        NotFound: there is no such file.
        Corrupt: damage in what was synced; the line is named.
        Unreadable: the system refuses.
    """
    try:
        with os.fdopen(files.open_regular(path), "rb", buffering=files.CHUNK) as stream:
            yield from Reader(stream, str(path)).frames()
    except OSError as error:
        raise read_error(error, path) from error


class Journal:
    """The one writer of a journal. Make it with `Journal.open`; safe to share by threads.

    Attributes:
        path: the file.
        durable: the highest sequence that is on the disk; 0 before the first.
        recovered: how many bytes of a torn tail `open` cut off.
    """

    def __init__(self, path: Path, descriptor: int, end: int, last: int, recovered: int):
        self.path = path
        self.durable = last
        self.recovered = recovered
        # One tuple, so that an interrupt finds both numbers old or both new.
        self._tail = (end, last)
        self._descriptor = descriptor
        self._owner = os.getpid()
        self._closed = False
        self._ended = False
        self._urgent = False
        self._broken: SigilError | None = None
        self._held = contextlib.ExitStack()
        self._state = threading.Condition()
        self._committer = threading.Thread(
            target=self._commit_groups, name=f"journal {path.name}", daemon=True
        )

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a journal for appending, creating it if need be; its directory must exist.

        A torn tail is cut off. What is left is synced before it counts as durable, since
        its writer may have died between writing and syncing.

        Raises:
            WorkspaceBusy: another writer has it open; it is named.
            Corrupt: damage in what was synced; the line is named.
            DiskFull: no space for the file.
            Unwritable: the system refuses.
        """
        with contextlib.ExitStack() as held:
            held.enter_context(files.lock(path.with_name(f".{path.name}.lock")))
            with writing(path):
                descriptor = os.open(path, _FLAGS, 0o666)
            held.callback(os.close, descriptor)
            end, last, recovered = _recover(path, descriptor)
            journal = cls(path, descriptor, end, last, recovered)
            journal._held = held.pop_all()
        journal._committer.start()
        atexit.register(journal.close)
        return journal

    @property
    def last(self) -> int:
        """The highest sequence that was appended; 0 before the first."""
        return self._tail[1]

    def append(self, kind: str, body: Mapping[str, object]) -> int:
        """Append one fact and return its sequence; durable at most 100 ms later.

        Raises:
            DiskFull: no space left; nothing was appended, and a later call may succeed.
            Unwritable: the system refuses; after a failed sync, every later call too.
            WorkspaceBusy: this process was forked from the one that opened the journal.
            InvalidValue: larger than `MAX_FRAME`.
            ValueError: NaN, infinity or a lone surrogate in ``body``.
            TypeError: something in ``body`` that JSON has no form for.
        """
        self._check_owner()
        with self._state:
            self._check_usable(self._closed)
            end, last = self._tail
            line = encode(last + 1, kind, body, self.durable)
            try:
                files.write_all(self._descriptor, line)
                self._tail = (end + len(line), last + 1)
            except OSError as error:
                self._withdraw()
                raise write_error(error, self.path) from error
            except BaseException:  # an interrupt: the frame is whole or it is gone
                self._withdraw()
                raise
            if last == self.durable:
                self._state.notify_all()
            return last + 1

    def sync(self) -> int:
        """Make everything that was appended durable now; return the highest sequence.

        Raises:
            DiskFull: a file system that reserves no space found none when it synced.
            Unwritable: the disk refused, and nothing more can be promised.
            WorkspaceBusy: this process was forked from the one that opened the journal.
        """
        self._check_owner()
        with self._state:
            sequence = self.last
            if self.durable < sequence:
                self._urgent = True
                self._state.notify_all()
        self.wait(sequence)
        return sequence

    def wait(self, sequence: int) -> None:
        """Return as soon as ``sequence`` is durable, without hurrying the group.

        Raises:
            DiskFull: as for `sync`.
            Unwritable: as for `sync`, or the journal was closed before.
        """
        self._check_owner()
        with self._state:
            while self.durable < sequence:
                self._check_usable(self._ended)
                self._state.wait()

    def close(self) -> None:
        """Make everything durable and let go of the file; closing twice is harmless.

        Raises:
            DiskFull: as for `sync`; the file is let go all the same.
            Unwritable: as for `sync`.
        """
        if self._owner != os.getpid():
            return  # the parent's journal, its thread and its lock are not ours to end
        atexit.unregister(self.close)
        with self._state:
            self._closed = True
            self._state.notify_all()
        self._committer.join()
        self._held.close()
        if self._broken is not None and self.durable < self.last:
            raise self._broken

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # --- the committing thread ----------------------------------------------------------

    def _commit_groups(self) -> None:
        """Sync group after group until the journal is closed or the disk fails."""
        while True:
            with self._state:
                self._state.wait_for(lambda: self.durable < self.last or self._closed)
                # Appends during this pause share the sync; nobody needs them sooner.
                self._state.wait_for(lambda: self._urgent or self._closed, GROUP_S)
                self._urgent = False
                target, done = self.last, self._closed
            if self.durable < target:
                self._commit(target)
            if done or self._broken is not None:
                break
        with self._state:
            self._ended = True
            self._state.notify_all()

    def _commit(self, target: int) -> None:
        """Sync the file; what was written up to ``target`` is durable after that."""
        problem: SigilError | None = None
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            # The kernel may have dropped the pages: a second sync that succeeds would be
            # a lie, so nothing is promised from here on.
            problem = write_error(error, self.path)
        with self._state:
            self._broken = problem
            if problem is None:
                self.durable = target
            self._state.notify_all()

    # --- refusals -----------------------------------------------------------------------

    def _check_owner(self) -> None:
        if self._owner != os.getpid():
            raise WorkspaceBusy(
                f"the journal belongs to process {self._owner}, which this one was forked from",
                where=Where(str(self.path)),
                remedy="send the fact to that process",
            )

    def _check_usable(self, closed: bool) -> None:
        if self._broken is not None:
            raise self._broken
        if closed:
            raise write_error(OSError(errno.EBADF, "the journal is closed"), self.path)

    def _withdraw(self) -> None:
        """Cut off what was written of a frame that is not part of the journal."""
        try:
            os.ftruncate(self._descriptor, self._tail[0])
        except OSError as error:
            # A frame behind half a frame would never be found again.
            self._broken = write_error(error, self.path)


def _recover(path: Path, descriptor: int) -> tuple[int, int, int]:
    """Find the end of the good part, cut off what follows and sync the rest.

    Returns:
        The offset of the end, the last sequence, and how many bytes were cut off.
    """
    with writing(path):
        size = os.fstat(descriptor).st_size
        with os.fdopen(descriptor, "rb", buffering=files.CHUNK, closefd=False) as stream:
            reader = Reader(stream, str(path))
            for _ in reader.frames():
                pass
        if size > reader.end:
            os.ftruncate(descriptor, reader.end)
        os.fsync(descriptor)
        files.sync_directory(path.parent)
        files.settle(path.parent)
    return reader.end, reader.last, size - reader.end
