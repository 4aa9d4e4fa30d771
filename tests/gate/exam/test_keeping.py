"""What an exam keeps has an end, whatever the service answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sigil.gate.deploy import Source, deploy
from sigil.gate.deploy.settings import External, Urls
from sigil.gate.exam.answering import Answering, vault
from sigil.gate.exam.examining import Exam, examine
from sigil.gate.exam.hall import Hall
from sigil.gate.lua import Limits
from sigil.gate.model import Scenario, SideName, Status
from sigil.gate.sittings import SIDES, Observed

ROOM = 2**20
VAULT = {"PW": "hunter22-canary"}
ASKS = """return {{ title = "asks", policy = {{ capabilities = {{"http"}} }}, run = function()
  expect(sigil.get("/{path}").status == 200)
end }}"""


class Large(BaseHTTPRequestHandler):
    """Answers with half of what there is room for, and a little where little is asked for."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = b"x" * (ROOM // 2 if self.path == "/large" else 10)
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[SideName, str]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Large)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield {"pr": url, "baseline": url.replace("127.0.0.1", "localhost")}
    server.shutdown()
    thread.join()
    server.server_close()


def observed(urls, tmp_path, paths: dict[SideName, list[str]], room: int = ROOM) -> list[Observed]:
    """Examine each side with what its paths ask for; the exam is the same for both."""
    settings = External(backend="external", urls=Urls(**urls))
    names = sorted({path for side in paths.values() for path in side})
    scenarios = [
        Scenario(name, "visible", ASKS.format(path=name.split(".")[0]), "a.lua") for name in names
    ]
    exam = Exam(scenarios, 1, 1, Limits(), 20.0, 2, bytes(32), sides=tuple(paths), room=room)
    with Hall() as hall, deploy(settings, Source(tmp_path), "pr", cache=tmp_path) as deployment:
        return examine(
            exam,
            hall=hall,
            deployments={(side, "visible"): deployment for side in SIDES},
            answerer=Answering({"env": vault(VAULT)}, VAULT),
            progress=lambda done, total: None,
            is_over=lambda: False,
        )


def test_beyond_the_room_of_its_side_a_sitting_is_an_error_that_says_so(urls, tmp_path):
    found = observed(urls, tmp_path, {"pr": ["large.1", "large.2", "large.3", "small"]})
    by_name = {one.scenario: one for one in found}
    assert by_name["small"].result.status is Status.PASS
    large = [one for name, one in by_name.items() if name != "small"]
    [fits] = [one for one in large if one.result.status is Status.PASS]
    assert len(fits.answered) == 1
    for one in large:
        if one is not fits:
            assert one.result.status is Status.ERROR
            assert one.answered == ()
            assert one.declared is not None
            assert "1,048,576 bytes" in one.evidence.message


def test_one_side_takes_no_room_from_the_other(urls, tmp_path):
    found = observed(urls, tmp_path, {"pr": ["large.1"], "baseline": ["large.1"]})
    assert [one.result.status for one in found] == [Status.PASS, Status.PASS]
