"""The provider ``inbox``: a folder is the model, and whoever looks into it answers.

Each request becomes a readable file ``NNNN-<digest>.request.md``; the answer is what stands in
``NNNN-<digest>.reply.md`` beside it. A reply is taken when it has been the same for a while, so
that one that is being written is not taken half; renaming a finished file into place is always
right. A request whose reply is there already, such as after a crash, is answered at once.
What has a reply's name and is no file that can be read is no reply yet.

Not here: agents that prefer a protocol (`sigil mcp`).
"""

from __future__ import annotations

import threading
from pathlib import Path

from sigil.canonical import DIGEST_PREFIX, digest_value
from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import InvalidValue, ProviderFailed, SigilError, Where
from sigil.llm.exchanges import MAX_TEXT, clean_request, plain_request
from sigil.llm.model import Reply, Request, Usage
from sigil.llm.pacing import NS
from sigil.llm.settings import ModelSettings
from sigil.store.files import make_directory, read_file, write_atomic

REQUEST, REPLY = ".request.md", ".reply.md"
"""How the names of both files of a request end."""
LOOK_S = 0.5
"""Between two looks for a reply."""
HOW_TO_ANSWER = f"- answer in the file of this name that ends in `{REPLY}` instead of `{REQUEST}`"
"""A line of each request, for whoever sees the folder."""
_MOST_BYTES = 16 * MAX_TEXT


class Inbox:
    """Requests and replies as files.

    Args:
        settings: of its entry; ``path`` is the folder, ``timeout_s`` how long a reply may take.
        clock: what time it is.
        look_s: between two looks; a reply that is the same in two of them is whole.

    Raises:
        InvalidValue: there is no ``path``; a run sets that of its own folder.
    """

    name = "inbox"

    def __init__(
        self, settings: ModelSettings, *, clock: Clock = SYSTEM_CLOCK, look_s: float = LOOK_S
    ):
        if not settings.path:
            raise InvalidValue(
                "the inbox has no folder",
                where=Where(field=f"{settings.name}.path"),
                remedy="add path: with one to its entry in sigil.yaml",
            )
        self._folder = Path(settings.path)
        self._timeout_s = settings.timeout_s
        self._clock = clock
        self._look_s = look_s
        self._lock = threading.Lock()
        self._written: set[str] = set()
        self._ended = threading.Event()

    def complete(self, request: Request) -> Reply:
        """Write the request, and return its reply; see `Provider.complete`."""
        request = clean_request(request)
        digest = digest_value(plain_request(request)).removeprefix(DIGEST_PREFIX)
        stem = self._write(request, digest)
        text = self._await(self._folder / f"{stem}{REPLY}")
        asked = sum(len(message.content.encode()) for message in request.messages)
        usage = Usage(-(-asked // 4), -(-len(text.encode()) // 4), 0.0)
        return Reply(text, model="inbox", usage=usage, raw_id=stem)

    def cancel(self) -> None:
        """Wait for no further reply. One that comes later is taken when the run is resumed."""
        self._ended.set()

    def _write(self, request: Request, digest: str) -> str:
        """Return the name of the request's files, which an earlier session may have written."""
        shown = _shown(request, digest).encode()
        with self._lock:
            make_directory(self._folder)
            stems = sorted(
                path.name.removesuffix(REQUEST) for path in self._folder.glob(f"*{REQUEST}")
            )
            for stem in stems:
                path = self._folder / f"{stem}{REQUEST}"
                known = stem.endswith(f"-{digest[:8]}") and stem not in self._written
                if known and read_file(path) == shown:
                    self._written.add(stem)
                    return stem
            stem = f"{_after(stems):04d}-{digest[:8]}"
            write_atomic(self._folder / f"{stem}{REQUEST}", shown)
            self._written.add(stem)
            return stem

    def _await(self, path: Path) -> str:
        deadline_ns = self._clock.monotonic_ns() + round(self._timeout_s * NS)
        before = b""
        while self._clock.monotonic_ns() < deadline_ns:
            now = _reply(path)
            if now and now == before:
                return now.decode("utf-8", "replace")
            before = now
            if self._ended.wait(self._look_s):
                raise ProviderFailed(f"the run ended before {path.name} was written")
        raise ProviderFailed(f"{path.name} was not written within {self._timeout_s:g} s")


def _after(stems: list[str]) -> int:
    """Return the number after the highest one in use."""
    numbers = [int(stem.split("-")[0]) for stem in stems if stem.split("-")[0].isdecimal()]
    return max(numbers, default=0) + 1


def _reply(path: Path) -> bytes:
    """Return what stands in a reply; nothing if it is not there, or cannot be read."""
    try:
        size = path.stat().st_size if path.is_file() else 0
        if size <= _MOST_BYTES:
            return read_file(path) if size else b""
    except (OSError, SigilError):
        return b""
    raise ProviderFailed(f"{path.name} is larger than {_MOST_BYTES >> 20} MiB")


def _shown(request: Request, digest: str) -> str:
    """Return a request as a person or an agent reads it."""
    facts = (
        f"{HOW_TO_ANSWER}\n"
        f"- at most {request.max_tokens} tokens; temperature {request.temperature:g}; "
        f"seed {request.seed}\n"
        f"- request {digest}"
    )
    turns = "\n\n".join(f"## {m.role}\n\n{m.content}" for m in request.messages)
    return f"# Request\n\n{facts}\n\n{turns}\n"
