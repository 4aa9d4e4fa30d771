"""From what a model said to a document and files; and what is wrong if there is none.

Pure. Not here: what the document means (`specs`, `evals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigil.errors import InvalidValue, MalformedDocument, ProviderRefused, Where
from sigil.printable import printable
from sigil.search.answers.fences import Block, take_apart
from sigil.store.documents import parse_document

SHOWN = "the answer"
MAX_CHARACTERS = 400_000
"""Of an answer that is looked at."""
MOST_FILES = 8
_YAML = {"yaml", "yml"}
_REFUSED = "refused"
_LONGEST_REASON = 400


@dataclass(frozen=True, slots=True)
class Parts:
    """What an answer consists of.

    Args:
        document: the keys of its YAML block.
        files: text by path, as the model wrote it.
    """

    document: Mapping[str, Any]
    files: Mapping[str, str]


def parts_of(text: str) -> Parts:
    """Return the parts of an answer.

    Raises:
        ProviderRefused: the model says that it cannot be done, and why.
        MalformedDocument, InvalidValue: it cannot be used.
    """
    if len(text) > MAX_CHARACTERS:
        raise MalformedDocument(
            f"longer than {MAX_CHARACTERS:,} characters", where=Where(SHOWN), remedy="be brief"
        )
    answer = take_apart(text.replace("\r\n", "\n"))
    if answer.unclosed is not None:
        raise MalformedDocument(
            "the fenced block that begins here does not end", where=Where(SHOWN, answer.unclosed)
        )
    documents = [b for b in answer.blocks if b.word in _YAML and len(b.info.split()) == 1]
    files = [block for block in answer.blocks if len(block.info.split()) > 1]
    if len(documents) != 1:
        raise MalformedDocument(
            f"{len(documents) or 'no'} fenced blocks begin with ```yaml and no path",
            where=Where(SHOWN),
            remedy="give exactly one, with the document",
        )
    document = parse_document("\n".join(documents[0].lines).encode(), f"{SHOWN}'s block").data
    if _REFUSED in document:
        reason = printable(str(document[_REFUSED]), _LONGEST_REASON)
        raise ProviderRefused(f"the model says that it cannot be done: {reason}")
    return Parts(document, _named(files))


def only(document: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    """Return a document that has no other keys than those ``allowed``.

    Raises:
        InvalidValue: it has one.
    """
    for key in document:
        if key not in allowed:
            raise InvalidValue(
                "not a key that an answer may have",
                where=Where(SHOWN, field=printable(key, _LONGEST_REASON)),
                remedy=f"keys: {', '.join(allowed)}",
            )
    return dict(document)


def _named(blocks: list[Block]) -> dict[str, str]:
    if len(blocks) > MOST_FILES:
        raise InvalidValue(f"more than {MOST_FILES} files", where=Where(SHOWN))
    files: dict[str, str] = {}
    for block in blocks:
        path = " ".join(block.info.split()[1:])
        if path in files:
            raise InvalidValue("the file is there twice", where=Where(SHOWN, block.first))
        files[path] = "\n".join(block.lines) + "\n"
    return files
