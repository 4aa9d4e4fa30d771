"""Answer lines that are no messages: the SDK passes them over, and whoever sent one would wait.

Such a line is one with half a surrogate in it, which JSON has an escape for and UTF-8 no form.
Where it can be told which request it was meant to be, that request has an error for an answer.
"""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self, cast

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, ErrorData, JSONRPCError
from pydantic import ValidationError

from sigil.printable import printable

_LONGEST = 300


class Answered:
    """The messages of a stream, for the SDK to read, with every other line answered.

    Args:
        lines: what the SDK makes of its input: messages, and errors where there is none.
        answers: to whoever sent them.
    """

    def __init__(self, lines: Any, answers: Any):
        self._lines = lines
        self._answers = answers

    @property
    def last_context(self) -> Any:
        """Return the context in which the last message was sent."""
        return getattr(self._lines, "last_context", None)

    async def receive(self) -> SessionMessage:
        """Return the next message.

        Raises:
            anyio.EndOfStream: there is none.
        """
        while isinstance(item := await self._lines.receive(), Exception):
            refusal = refused(item)
            if refusal is not None:
                await self._answers.send(SessionMessage(refusal))
        return item

    async def aclose(self) -> None:
        """Read no further."""
        await self._lines.aclose()

    def __aiter__(self) -> Self:
        """Return the messages, one by one."""
        return self

    async def __anext__(self) -> SessionMessage:
        """Return the next message."""
        try:
            return await self.receive()
        except anyio.EndOfStream as end:
            raise StopAsyncIteration from end

    async def __aenter__(self) -> Self:
        """Return the stream."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Read no further."""
        await self.aclose()


def refused(error: Exception) -> JSONRPCError | None:
    """Return the answer to a line that could not be read; None if it names no request."""
    if not isinstance(error, ValidationError):
        return None
    first = error.errors(include_url=False)[0]
    try:
        meant: object = json.loads(first["input"])
    except (TypeError, ValueError, RecursionError):
        return None
    number = cast("dict[str, object]", meant).get("id") if isinstance(meant, dict) else None
    if not isinstance(number, int | str) or isinstance(number, bool):
        return None
    problem = printable(f"the request cannot be read: {first['msg']}", _LONGEST)
    number = number.encode("utf-8", "replace").decode() if isinstance(number, str) else number
    answer = ErrorData(code=INVALID_REQUEST, message=problem)
    return JSONRPCError(jsonrpc="2.0", id=number, error=answer)
