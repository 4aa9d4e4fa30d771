"""A model provider on this machine: OpenAI's and Anthropic's wire, answers from a script.

For tests and benchmarks of everything that asks a model. Real sockets, so that the official
clients are what is tested; loopback alone.

    with ModelServer(lambda request, number: "no change") as server:
        settings = ModelSettings("fake", "openai-compatible", "any", server.openai_url)

Not here: streaming, tools, pictures; whether a key is right (a script can answer
``Fault(status=401)``).
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

_BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that is not simply one.

    Args:
        text: what the model says, as far as it says anything. Bytes need not be UTF-8.
        status: of HTTP; from 400 on, ``text`` is the message of the error.
        retry_after: the header of that name; None for none.
        location: the header of that name; None for none.
        delay_s: before the answer.
        dropped: whether the connection ends half-way through the answer.
        body: sent instead of what the provider's format would be.
    """

    text: str | bytes = ""
    status: int = 200
    retry_after: str | None = None
    location: str | None = None
    delay_s: float = 0.0
    dropped: bool = False
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived.

    Args:
        path: of the URL.
        headers: by lower-case name.
        body: as JSON.
    """

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


Script = Callable[[Mapping[str, Any], int], str | Fault]
"""From a request's JSON and its number, from 0 in order of arrival, to the answer."""


class ModelServer:
    """Serves while it is entered.

    Args:
        script: what is answered; called from many threads at once.
        port: to listen on; 0 for any that is free.
    """

    def __init__(self, script: Script, port: int = 0):
        self.asked: list[Asked] = []
        self._script = script
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.answer = self._answer
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="model-server", daemon=True
        )

    @property
    def url(self) -> str:
        """The address, as Anthropic's client wants it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        """The address, as OpenAI's client wants it."""
        return f"{self.url}/v1"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every connection, and every delay."""
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.end_connections()
        self._server.server_close()

    def _answer(self, path: str, headers: Mapping[str, str], raw: bytes) -> tuple[Fault, bytes]:
        """Return what the script says, and the body that says so on the wire."""
        body = cast("Mapping[str, Any]", json.loads(raw))
        with self._lock:
            number = len(self.asked)
            self.asked.append(Asked(path, headers, body))
        said = self._script(body, number)
        fault = Fault(said) if isinstance(said, str) else said
        if fault.delay_s:
            self._ended.wait(fault.delay_s)
        if fault.body is not None:
            return fault, fault.body
        shape = _anthropic if path.endswith("/messages") else _openai
        return fault, shape(fault, body, len(raw), number)


# --- the wire ---------------------------------------------------------------------------


def _openai(fault: Fault, request: Mapping[str, Any], size: int, number: int) -> bytes:
    """Return the body of a chat completion, or of its error."""
    if fault.status >= HTTPStatus.BAD_REQUEST:
        error = {"message": _text(fault), "type": "error", "param": None, "code": None}
        return json.dumps({"error": error}).encode()
    sent, said = size // _BYTES_PER_TOKEN, len(fault.text) // _BYTES_PER_TOKEN
    message = {"role": "assistant", "content": _text(fault)}
    answer = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model", ""),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": sent, "completion_tokens": said, "total_tokens": sent + said},
    }
    return _with_bytes(answer, fault)


def _anthropic(fault: Fault, request: Mapping[str, Any], size: int, number: int) -> bytes:
    """Return the body of a message, or of its error."""
    if fault.status >= HTTPStatus.BAD_REQUEST:
        error = {"type": "error", "error": {"type": "error", "message": _text(fault)}}
        return json.dumps(error).encode()
    sent, said = size // _BYTES_PER_TOKEN, len(fault.text) // _BYTES_PER_TOKEN
    answer = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": request.get("model", ""),
        "content": [{"type": "text", "text": _text(fault)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": sent, "output_tokens": said},
    }
    return _with_bytes(answer, fault)


_PLACE = "@bytes@"


def _text(fault: Fault) -> str:
    return fault.text if isinstance(fault.text, str) else _PLACE


def _with_bytes(answer: Mapping[str, Any], fault: Fault) -> bytes:
    """Return JSON, with the text as raw bytes where it was given as such."""
    body = json.dumps(answer).encode()
    if isinstance(fault.text, bytes):
        return body.replace(_PLACE.encode(), fault.text)
    return body


class _Server(ThreadingHTTPServer):
    """Keeps its connections, so that it can end them."""

    answer: Callable[[str, Mapping[str, str], bytes], tuple[Fault, bytes]]
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]):
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """End what is still open; the threads that read from it end of that."""
        for connection in list(self._open):
            _end(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """Answer one request, headers and body in one write."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault, body = cast("_Server", self.server).answer(self.path, headers, raw)
        head = f"HTTP/1.1 {fault.status} Scripted\r\nContent-Type: application/json\r\n"
        if fault.retry_after is not None:
            head += f"Retry-After: {fault.retry_after}\r\n"
        if fault.location is not None:
            head += f"Location: {fault.location}\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        if fault.dropped:
            self.wfile.write(head.encode() + body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            _end(self.connection)
            return
        self.wfile.write(head.encode() + body)

    def handle(self) -> None:
        """Serve a connection until it ends, whichever side ends it."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        """Close what belongs to the connection."""
        try:
            super().finish()
        except OSError:
            self.rfile.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was first
