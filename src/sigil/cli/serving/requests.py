"""The requests of a run to a model, for whoever answers them: list, read, answer.

The folder is that of the provider ``inbox``, and so are the names of its files. Nothing is
read or written but requests and replies of that folder, whatever a caller names; a reply that
stands is never replaced, for the run may have taken it already.

Not here: the waiting run (`sigil.llm.inbox`).
"""

from __future__ import annotations

from pathlib import Path

from sigil.cli.serving.results import RequestLine
from sigil.errors import AlreadyExists, InvalidValue, NotFound
from sigil.llm.exchanges import MAX_TEXT
from sigil.llm.inbox import HOW_TO_ANSWER, REPLY, REQUEST
from sigil.printable import printable
from sigil.store.files import read_file, write_atomic

_SHOWN = 80
_BY_TOOL = "- answer by the tool answer_request, with the name of this request"


def requests(folder: Path) -> list[RequestLine]:
    """Return the requests of an inbox, oldest first; none if there is no folder yet."""
    return [
        RequestLine(name, _is_answered(folder, name), len(_text(folder, name)))
        for name in _names(folder)
    ]


def waiting(folder: Path) -> int:
    """Return how many requests of an inbox have no reply."""
    return sum(not _is_answered(folder, name) for name in _names(folder))


def read_request(folder: Path, name: str) -> str:
    """Return the text of a request, which says how to answer it by a tool.

    Raises:
        NotFound: there is none of that name.
    """
    return _text(folder, _known(folder, name)).replace(HOW_TO_ANSWER, _BY_TOOL, 1)


def answer(folder: Path, name: str, reply: str) -> None:
    """Answer a request; to answer it the same again changes nothing.

    Raises:
        NotFound: there is no request of that name.
        InvalidValue: the reply is empty, too long, or no text.
        AlreadyExists: it has another reply.
    """
    name = _known(folder, name)
    data = _bytes(reply)
    if not _is_answered(folder, name):
        write_atomic(_reply(folder, name), data)
    elif read_file(_reply(folder, name)) != data:
        raise AlreadyExists(
            f"the request {name} has a reply", remedy="answer one that list_requests names"
        )


def _names(folder: Path) -> list[str]:
    """Return names in the order of asking. What is no regular file is no request."""
    found = sorted(path for path in folder.glob(f"*{REQUEST}") if path.is_file())
    return [path.name.removesuffix(REQUEST) for path in found if not path.is_symlink()]


def _known(folder: Path, name: str) -> str:
    """Return ``name`` if it is a request's: a name that is listed leads nowhere else."""
    if name not in _names(folder):
        raise NotFound(
            f"no request {printable(name, _SHOWN)!r}",
            remedy="list_requests names those that there are",
        )
    return name


def _text(folder: Path, name: str) -> str:
    return read_file(folder / f"{name}{REQUEST}").decode("utf-8", "replace")


def _reply(folder: Path, name: str) -> Path:
    return folder / f"{name}{REPLY}"


def _is_answered(folder: Path, name: str) -> bool:
    return _reply(folder, name).exists()


def _bytes(reply: str) -> bytes:
    if not reply.strip():
        raise InvalidValue("the reply is empty", remedy="say what to change, and how")
    if len(reply) > MAX_TEXT:
        raise InvalidValue(
            f"the reply is longer than {MAX_TEXT} characters", remedy="give the change alone"
        )
    try:
        return reply.encode()
    except UnicodeEncodeError as error:
        raise InvalidValue("the reply is not text that UTF-8 has a form for") from error
