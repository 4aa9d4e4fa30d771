"""Encode and decode the lines of a journal, and tell a torn end from damage.

A frame is one line: eight hex digits of CRC-32, a space, compact JSON, a newline.

    3f2a91c0 {"body":{…},"kind":"proposed","seq":12,"synced":9}

``seq`` counts from 1 without gaps. ``synced`` is the highest sequence that was known to be
on the disk when the line was written. It is what tells a power cut, which may lose *any*
block of the last unsynced group and leave zeros in its place, from a disk that lost what
it had promised to keep: a damaged line that a later line calls synced was promised.

Pure apart from reading the stream it is given. Not here: the writer (`sigil.store.journal`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import msgspec

from sigil import canonical
from sigil.errors import Corrupt, InvalidValue, Where

MAX_FRAME = 16 * 2**20
"""Bytes of one line. What is larger belongs into a blob, with its digest in the journal."""
_CRC = 8


class _Line(msgspec.Struct):
    body: dict[str, Any]
    kind: str
    seq: int
    synced: int = 0


_decode = msgspec.json.Decoder(_Line).decode


@dataclass(frozen=True, slots=True)
class Frame:
    """One fact of a journal.

    Args:
        seq: its number, from 1.
        kind: what sort of fact.
        body: the fact, JSON-like.
    """

    seq: int
    kind: str
    body: dict[str, Any]


def encode(seq: int, kind: str, body: Mapping[str, object], synced: int) -> bytes:
    """Return the line of a frame.

    Raises:
        ValueError: ``body`` holds NaN, infinity or a lone surrogate.
        TypeError: ``body`` holds something that JSON has no form for.
        InvalidValue: the line would be longer than `MAX_FRAME`.
    """
    text = canonical.compact_json({"body": dict(body), "kind": kind, "seq": seq, "synced": synced})
    if len(text) + _CRC + 2 > MAX_FRAME:
        raise InvalidValue(
            f"a journal frame of {len(text)} bytes is over the cap of {MAX_FRAME}",
            remedy="put the bytes into a blob and its digest into the journal",
        )
    return b"%s %s\n" % (canonical.checksum(text).encode(), text)


@dataclass(slots=True)
class Reader:
    """A pass over a journal that knows where its good part ends.

    Iterate `frames`; afterwards `end` is the offset behind the last good frame, `last` its
    sequence, and `torn` says whether anything was dropped after it.

    Args:
        stream: the journal, opened for reading in binary.
        name: the file, as it should be shown.
    """

    stream: IO[bytes]
    name: str
    end: int = 0
    last: int = 0
    torn: bool = False

    def frames(self) -> Iterator[Frame]:
        """Yield every frame up to the end or to the torn tail.

        Raises:
            Corrupt: damage in what was synced; the line is named.
        """
        readline: Callable[[int], bytes] = self.stream.readline
        while line := readline(MAX_FRAME + 1):
            found = parse(line)
            if found is None or found[0].seq != self.last + 1:
                self.torn = True
                # Without a newline it is the end of the file, and the writer may be at it.
                if line.endswith(b"\n") or len(line) > MAX_FRAME:
                    self._judge(line, found is not None)
                return
            self.end += len(line)
            self.last += 1
            yield found[0]

    def _judge(self, line: bytes, intact: bool) -> None:
        """Raise if the bad ``line`` is damage, and not a torn tail, which is dropped."""
        number = self.last + 1
        if intact:
            raise self._corrupt("a frame is missing or stands out of order")
        rest, synced, hole = False, 0, b"\0" in line
        while line := self.stream.readline(MAX_FRAME + 1):
            rest = True
            found = parse(line)
            synced = max(synced, found[1]) if found else synced
        if synced >= number or (rest and not hole):
            raise self._corrupt("the checksum does not fit")

    def _corrupt(self, problem: str) -> Corrupt:
        return Corrupt(
            problem,
            where=Where(self.name, self.last + 1),
            remedy="restore the file from a copy, or start a new run",
        )


def parse(line: bytes) -> tuple[Frame, int] | None:
    """Return the frame of a whole line and its ``synced``, or None if it is not one."""
    if line[-1:] != b"\n" or line[_CRC : _CRC + 1] != b" ":
        return None
    text = line[_CRC + 1 : -1]
    if canonical.checksum(text).encode() != line[:_CRC]:
        return None
    try:
        value = _decode(text)
    except msgspec.DecodeError:
        return None
    return Frame(value.seq, value.kind, value.body), value.synced
