"""From what a model said to the scenarios in it; and what is wrong if there are none.

Pure. Not here: whether they are any good (`drafts`, `validating`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sigil.errors import InvalidValue, MalformedDocument, ProviderRefused, Where
from sigil.gate.generate.prompting import MOST_DRAFTS
from sigil.printable import printable
from sigil.search.answers.fences import Block, take_apart

SHOWN = "the answer"
MAX_CHARACTERS = 400_000
"""Of an answer that is looked at."""
MAX_DRAFT = 32_768
"""Characters of one scenario."""
_LONGEST_REASON = 400


@dataclass(frozen=True, slots=True)
class Written:
    """A scenario as a model wrote it.

    Args:
        clauses: that it says it is about; each is one that may be drafted for.
        text: Lua source, untrusted.
    """

    clauses: tuple[str, ...]
    text: str = field(repr=False)


def scenarios_in(answer: str, clauses: Collection[str]) -> list[Written]:
    """Return the scenarios of an answer, at least one.

    Args:
        answer: as it came.
        clauses: ids of what may be drafted for.

    Raises:
        ProviderRefused: the model says that there can be none, and why.
        MalformedDocument, InvalidValue: the answer cannot be used.
    """
    if len(answer) > MAX_CHARACTERS:
        raise MalformedDocument(
            f"longer than {MAX_CHARACTERS:,} characters", where=Where(SHOWN), remedy="be brief"
        )
    parts = take_apart(answer.replace("\r\n", "\n"))
    if parts.unclosed is not None:
        raise MalformedDocument(
            "the fenced block that begins here does not end", where=Where(SHOWN, parts.unclosed)
        )
    refused = next((block for block in parts.blocks if block.word == "refused"), None)
    if refused is not None:
        reason = printable(" ".join(refused.lines), _LONGEST_REASON)
        raise ProviderRefused(f"the model says that it cannot be done: {reason}")
    blocks = [block for block in parts.blocks if block.word == "lua"]
    if not 1 <= len(blocks) <= MOST_DRAFTS:
        raise MalformedDocument(
            f"{len(blocks) or 'no'} fenced blocks begin with ```lua",
            where=Where(SHOWN),
            remedy=f"give 1 to {MOST_DRAFTS}, each with a scenario",
        )
    return [_written(block, clauses) for block in blocks]


def _written(block: Block, known: Collection[str]) -> Written:
    clauses = tuple(dict.fromkeys(word.strip(",") for word in block.info.split()[1:]))
    where = Where(SHOWN, block.first - 1)
    if not clauses:
        raise InvalidValue(
            "a scenario of no clause", where=where, remedy="write ```lua and the ids of its clauses"
        )
    strange = [name for name in clauses if name not in known]
    if strange:
        raise InvalidValue(
            f"there is nothing to draft for {printable(strange[0], _LONGEST_REASON)}",
            where=where,
            remedy=f"there are: {', '.join(known)}",
        )
    text = "\n".join(block.lines) + "\n"
    if len(text) > MAX_DRAFT:
        raise InvalidValue(f"a scenario longer than {MAX_DRAFT:,} characters", where=where)
    return Written(clauses, text)
