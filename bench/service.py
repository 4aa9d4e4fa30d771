"""How many requests a second can a scenario make, and what does a deployment cost?

All clients ask the same server, a small one in a process of its own that answers from memory. The
floor is ``http.client``; the peer is ``httpx``, in an environment of its own.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.peers_programs.installing import NotInstalled, Peer, python_of
from bench.row import Row, seconds
from sigil.gate.deploy import Source, deploy
from sigil.gate.deploy.settings import External, Process
from sigil.gate.effects import Call
from sigil.gate.http.client import Http

HTTPX = Peer("httpx", "httpx", "0.28.1", "run_httpx.py")
REQUESTS, ROUNDS, STARTS = 1000, 9, 5
ANSWER = {"plan": "pro", "status": "active"}

SERVER = """
import socket, sys, threading

REPLY = (b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 35\\r\\n\\r\\n"
         b'{"plan": "pro", "status": "active"}')

def serve(one):
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    while True:
        while b"\\r\\n\\r\\n" not in data:
            more = one.recv(65536)
            if not more:
                return
            data += more
        data = data.partition(b"\\r\\n\\r\\n")[2]
        one.sendall(REPLY)

server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


def rows() -> Iterator[Row]:
    """Yield every figure of deployments and their HTTP calls."""
    with served() as port:
        yield from requests(port)
    yield from deployments()


def requests(port: int) -> Iterator[Row]:
    """GET and reply with JSON in it, one after the other over one connection."""
    urls = {"pr": f"http://127.0.0.1:{port}", "baseline": "http://127.0.0.1:1"}
    settings = External.model_validate({"backend": "external", "urls": urls})
    floor = http.client.HTTPConnection("127.0.0.1", port)
    with deploy(settings, Source(Path()), "pr", cache=Path()) as there:
        ours = Http(there.connect, there.authority)
        call = Call("http", {"method": "GET", "path": "/api/thing"})

        def ask_ours() -> None:
            for _ in range(REQUESTS):
                if json.loads(ours.perform(call)["body"]) != ANSWER:
                    raise ValueError("another answer")

        def ask_floor() -> None:
            for _ in range(REQUESTS):
                floor.request("GET", "/api/thing")
                if json.loads(floor.getresponse().read()) != ANSWER:
                    raise ValueError("another answer")

        took = _in_turns(ask_ours, ask_floor)
        ours.close()
    floor.close()
    mine, plain = (REQUESTS / median(one) for one in took)
    name = "GET + reply over loopback"
    yield Row(name, mine, None, "", "1/s", at_least=5000)
    yield Row(name, mine, plain, "http.client", "1/s")
    try:
        yield Row(name, mine, _httpx(port), "httpx", "1/s", at_least=1)
    except (NotInstalled, subprocess.SubprocessError) as missing:
        print(f"  httpx is skipped: {missing}")


def deployments() -> Iterator[Row]:
    """A service in the sandbox: a new connection, a call, up and down."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "tree").mkdir()
        (root / "tree/server.py").write_text(SERVER)
        settings = Process(backend="process", command="python server.py {port}")
        source = Source(root / "tree")

        def both() -> None:
            with (
                deploy(settings, source, "pr", cache=root / "cache"),
                deploy(settings, source, "baseline", cache=root / "cache"),
            ):
                pass

        both()
        up = median(seconds(both) for _ in range(STARTS))
        yield Row("two deployments, up and down", up, None, "", "s", at_most=2)
        with deploy(settings, source, "pr", cache=root / "cache") as there:
            ours = Http(there.connect, there.authority)
            call = Call("http", {"method": "GET", "path": "/api/thing"})

            def ask() -> None:
                for _ in range(REQUESTS):
                    ours.perform(call)

            def connect() -> None:
                for _ in range(100):
                    there.connect(5).close()

            took = median(seconds(ask) for _ in range(ROUNDS))
            yield Row("GET + reply, service in the sandbox", REQUESTS / took, None, "", "1/s")
            ours.close()
            took = median(seconds(connect) for _ in range(ROUNDS)) / 100
            yield Row("a new connection into its network", took * 1e6, None, "", "µs")


def _in_turns(*actions: Callable[[], None]) -> list[list[float]]:
    """Return the seconds of each action's rounds, taken in turns."""
    took: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS):
        for action, times in zip(actions, took, strict=True):
            times.append(seconds(action))
    return took


def _httpx(port: int) -> float:
    program = Path(__file__).with_name("peers_programs") / HTTPX.program
    told = subprocess.run(
        [python_of(HTTPX), program, f"http://127.0.0.1:{port}", str(ROUNDS), str(REQUESTS)],
        check=True, capture_output=True, text=True, timeout=300,
    ).stdout  # fmt: skip
    return REQUESTS / median(float(line) for line in told.splitlines())


@contextmanager
def served() -> Iterator[int]:
    """Serve in a process of its own until the block ends; yields its port."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()
