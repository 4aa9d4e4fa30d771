"""Messages between the hall and the process of one scenario.

A message is a length and MessagePack; a socket travels beside a message. What a scenario's process
says is checked against its type before anybody looks at it: the language is sealed, and should the
seal ever fail, the hall still believes nothing but reports of the right shape.

Not here: who speaks when (`sigil.gate.exam.hall`, `sigil.gate.exam.sitting`).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from sigil.effects import SYSTEM_CLOCK
from sigil.gate.effects import Answered, Call, Json
from sigil.gate.lua.limits import Limits
from sigil.gate.model import Declared, Evidence, Result, Scenario

_LENGTH = struct.Struct("!I")
_LARGE = 2**16
MAX_MESSAGE = 256 * 2**20
"""Bytes: what one scenario may have seen and said in all."""

MODELS = frozenset({"model", "judge"})
"""Calls that take as long as somebody else thinks; their time is bounded there."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a process is to run.

    Args:
        scenario: opened.
        seed: of its generators.
        limits: of its interpreter.
        authority: host and port under which the service is addressed.
        origins: every origin that is the service.
        most_seconds: after which the kernel ends the process.
        recorded: replies to answer from; None for a live run.
        secrets: value by name, which evidence shows by their names; in no representation.
    """

    scenario: Scenario
    seed: int
    limits: Limits
    authority: str
    origins: frozenset[str]
    most_seconds: float
    recorded: tuple[Answered, ...] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it: but for the time, a function of the assignment and of ``answered``.

    Args:
        declared: what the scenario says of itself; None if it is none.
        result: of the run.
        evidence: why it did not pass; None if it did.
        answered: every call with its reply, in order.
        elapsed_ms: wall clock.
    """

    declared: Declared | None
    result: Result
    evidence: Evidence | None
    answered: tuple[Answered, ...]
    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class Word:
    """One message of a scenario's process: exactly one of these is there.

    Args:
        call: that somebody outside has to answer.
        connect_s: a new connection to the service is wanted, within so many seconds.
        limit_s: from now on the scenario has no more than so many seconds; nothing is answered.
        report: the last word.
        is_full: the last word of one whose replies do not fit into its memory.
    """

    call: Call | None = None
    connect_s: float | None = None
    limit_s: float | None = None
    report: Report | None = None
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The hall's answer to a call; to a wish for a connection, the socket comes right after it.

    Args:
        value: the reply.
        failure: why there is none; None where there is.
        is_ours: of a failure: whether it may lie with whoever examines.
    """

    value: Json = None
    failure: str | None = None
    is_ours: bool = False


_DECODERS: dict[type, msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(kind) for kind in (Assignment, Word, Reply)
}
"""Made once, before any fork: reading what a type holds costs more than reading a message."""


class Broken(Exception):
    """The other end is gone, or said what it may not say."""


class TooLong(Broken):
    """The other end says more than a scenario may have seen and said."""


class Channel:
    """One end of a connected stream socket.

    Args:
        end: owned from now on.
    """

    def __init__(self, end: socket.socket):
        self._end = end

    def send(self, message: object) -> None:
        """Send a message.

        Raises:
            Broken: nobody will read it.
        """
        data = msgspec.msgpack.encode(message)
        head = _LENGTH.pack(len(data))
        try:
            if len(data) > _LARGE:  # which has no room for a copy
                self._end.sendall(head)
                self._end.sendall(data)
            else:
                self._end.sendall(head + data)
        except OSError as error:
            raise Broken("the other end is gone") from error

    def receive(self, kind: type[T], within_s: float | None = None) -> T:
        """Return the next message.

        Args:
            kind: its shape.
            within_s: seconds until all of it has to be there, however it drips; None for ever.

        Raises:
            TooLong: it is larger than any may be.
            Broken: there is none, or it is of another shape.
        """
        latest = None if within_s is None else SYSTEM_CLOCK.monotonic_ns() + int(within_s * 1e9)
        [length] = _LENGTH.unpack(self._exactly(_LENGTH.size, latest))
        if length > MAX_MESSAGE:
            raise TooLong(f"a message of {length:,} bytes")
        try:
            return _DECODERS[kind].decode(self._exactly(length, latest))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Broken("a message that nobody understands") from error

    def send_socket(self, passed: socket.socket) -> None:
        """Hand over a socket; ours is the sender's to close.

        Raises:
            Broken: nobody will take it.
        """
        try:
            socket.send_fds(self._end, [b"s"], [passed.fileno()])
        except OSError as error:
            raise Broken("the other end is gone") from error

    def receive_socket(self) -> socket.socket:
        """Take the socket that comes next.

        Raises:
            Broken: none came.
        """
        try:
            _, descriptors, _, _ = socket.recv_fds(self._end, 1, 1)
        except OSError as error:
            raise Broken("the other end is gone") from error
        if len(descriptors) != 1:
            raise Broken("no socket came")
        return socket.socket(fileno=descriptors[0])

    def close(self) -> None:
        """Hang up."""
        self._end.close()

    def _exactly(self, count: int, latest: int | None) -> bytes:
        data = bytearray(count)
        view = memoryview(data)
        while view:
            try:
                if latest is not None:
                    self._end.settimeout(_left(latest))
                received = self._end.recv_into(view)
            except OSError as error:
                silent = isinstance(error, TimeoutError)
                raise Broken("silence" if silent else "the other end is gone") from error
            if not received:
                raise Broken("the other end is gone")
            view = view[received:]
        return bytes(data)


def _left(latest: int) -> float:
    """Return the seconds until a moment, at least so few that a socket takes them for some."""
    return max((latest - SYSTEM_CLOCK.monotonic_ns()) / 1e9, 1e-6)
