"""Files of recorded exchanges, one a line, which a person may have written.

Every line is checked to be one before any is used. The first says in which order a run went on
without answers that took very long, if it did (`read_order`). Not here: what is in a run's own
journal (`sigil.optimize.history`), finding an answer (`sigil.llm.exchanges`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from sigil.errors import Corrupt, Where
from sigil.printable import printable
from sigil.store.files import read_file


def read_exchanges(path: Path, *, remedy: str) -> list[dict[str, Any]]:
    """Return the exchanges of a file, in order, as they stand there.

    Args:
        path: of the file.
        remedy: what to do where a line is no exchange.

    Raises:
        Corrupt: a line is none; with its number.
        SigilError: the file cannot be read.
    """
    exchanges: list[dict[str, Any]] = []
    exchange: dict[str, Any] = {}
    for number, line in enumerate(read_file(path).splitlines(), 1):
        try:
            problem = _problem(msgspec.json.decode(line, type=_Exchange))
            exchange = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            problem = str(error) or "nested too deeply"
        if problem:
            raise Corrupt(
                f"not a recorded exchange: {printable(problem)}",
                where=Where(str(path), number),
                remedy=remedy,
            )
        exchanges.append(exchange)
    return exchanges


def read_order(path: Path) -> list[dict[str, Any]]:
    """Return what the first line of a file that `read_exchanges` accepts says of the order."""
    line = read_file(path).partition(b"\n")[0]
    return list(msgspec.json.decode(line).get("order", ())) if line else []


# --- what a line holds ------------------------------------------------------------------

_Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
_Price = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    role: Literal["system", "user", "assistant"]
    content: str


class _Request(msgspec.Struct):
    """Who looks for an answer needs these; more may stand there."""

    messages: list[_Message]
    seed: int


class _Usage(msgspec.Struct, forbid_unknown_fields=True):
    input_tokens: _Count = 0
    output_tokens: _Count = 0
    cost_usd: _Price | None = None


class _Reply(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    model: str
    usage: _Usage
    raw_id: str
    exchange: str = ""


class _Shift(msgspec.Struct, forbid_unknown_fields=True):
    after: _Count
    round: _Count
    what: Literal["unanswered", "unmeasured", "returned"]


class _Exchange(msgspec.Struct, forbid_unknown_fields=True):
    """A line of the file."""

    request: _Request
    reply: _Reply | None = None
    failure: str | None = None
    occurrence: _Count = 0
    order: list[_Shift] = []


def _problem(exchange: _Exchange) -> str | None:
    if (exchange.reply is None) == (exchange.failure is None):
        return "it has to hold a reply, or else a failure"
    return None
