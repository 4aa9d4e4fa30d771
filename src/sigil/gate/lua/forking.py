"""A step with Lua in it, in a fork that the kernel ends when its time is up.

A pattern that backtracks goes round inside of one function of C, with the interpreter's lock held:
no budget of instructions ends it, and nobody hears Ctrl-C. So whoever runs foreign Lua without an
exam, such as lint, does it here.

Promises: what comes back is of the shape that was asked for, and never code, though the fork
believed all that it read; it comes through memory alone, since a pipe is one more place where a
holdout would stand; nothing is left running.

Not here: the processes of an exam (`sigil.gate.exam.hall`).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from struct import Struct
from typing import Any, NoReturn, TypeVar

import msgspec

from sigil.errors import MalformedScenario, Where
from sigil.sandbox.inside import kernel

SECONDS = 20.0
"""That a step may take: much more than its budget of instructions leaves it."""
_ROOM = 16 << 20
"""Bytes of an answer at most; what is not written takes no memory."""
_LENGTH = Struct("=Q")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A `MalformedScenario`, in pieces."""

    problem: str
    file: str | None
    line: int | None
    field: str | None
    remedy: str | None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a fork says: one of these.

    Args:
        value: what came of the step.
        refusal: why nothing did.
        error: kind of an error that nobody foresaw.
    """

    value: Any = None
    refusal: _Refusal | None = None
    error: str = ""


def apart(step: Callable[[], T], kind: type[T], *, seconds: float | None = None) -> T:
    """Return what a step comes to.

    Args:
        step: returns a value that MessagePack can carry; what else it does is lost.
        kind: of the value.
        seconds: after which it is ended; `SECONDS` unless given.

    Raises:
        MalformedScenario: the step raised it, did not end in time, or killed its process.
        RuntimeError: the step raised something else, whose kind is told.
    """
    most, parent = SECONDS if seconds is None else seconds, os.getpid()
    with mmap(-1, _ROOM) as shared:
        child = os.fork()
        if child == 0:
            _sit(step, shared, most, parent)
        try:
            _, status = os.waitpid(child, 0)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise
        data = _read(shared)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        raise MalformedScenario(
            f"it does not end within {most:g} s",
            remedy="a pattern with many repetitions may try for ever: match less at once",
        )
    return _value(data, kind)


def _sit(step: Callable[[], Any], shared: mmap, seconds: float, parent: int) -> NoReturn:
    """Be the fork: answer, and end."""
    try:
        kernel.die_with_parent(parent)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        data = msgspec.msgpack.encode(_answer(step))
        shared[_LENGTH.size : _LENGTH.size + len(data)] = data
        shared[: _LENGTH.size] = _LENGTH.pack(len(data))  # last: what is there is whole
    finally:
        os._exit(0)


def _answer(step: Callable[[], Any]) -> _Answer:
    try:
        return _Answer(step())
    except MalformedScenario as error:
        where = error.where or Where("")
        file = None if error.where is None else where.file
        return _Answer(refusal=_Refusal(error.problem, file, where.line, where.field, error.remedy))
    except Exception as error:  # noqa: BLE001 (raised again where somebody sees it)
        return _Answer(error=type(error).__name__)


def _read(shared: mmap) -> bytes:
    """Return what the fork left, which need not be what it was to leave; empty if nothing."""
    (length,) = _LENGTH.unpack(shared[: _LENGTH.size])
    return shared[_LENGTH.size : _LENGTH.size + min(length, _ROOM)]


def _value(data: bytes, kind: type[T]) -> T:
    if not data:
        raise MalformedScenario("the process that read it died of it")
    found = msgspec.msgpack.decode(data, type=_Answer)
    if found.refusal is not None:
        one = found.refusal
        where = None if one.file is None else Where(one.file, one.line, one.field)
        raise MalformedScenario(one.problem, where=where, remedy=one.remedy)
    if found.error:
        raise RuntimeError(f"unexpected {found.error} while a scenario was read")
    return msgspec.convert(found.value, kind)
