"""What every provider has to hold, held by ours, and missed by bad ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.llm.scripted import SOON_S, Scripted, asking

from sigil.errors import ProviderFailed
from sigil.llm.inbox import Inbox
from sigil.llm.model import Message, Provider, Reply, Request
from sigil.llm.provider import built_in_names, make_provider
from sigil.llm.settings import ModelSettings, read_settings
from sigil.testing.model_server import Fault, ModelServer
from sigil.testing.providers import (
    CHECKS,
    Check,
    Subject,
    a_failure_ends_neither_thread_nor_provider,
    a_reply_has_text_model_and_usage,
    many_threads_may_ask_at_once,
    no_error_shows_the_key,
    questions,
    what_goes_wrong_is_a_failure_of_the_provider,
)

KEY = "key-of-nobody-0123456789"
CLIENTS = {"anthropic": "anthropic", "openai": "openai", "openai-compatible": "httpx2"}
FAULTS = (
    Fault("no such key", status=401),
    Fault("slow down", status=429, retry_after="1"),
    Fault("broken", status=500),
    Fault("half of it", dropped=True),
    Fault(body=b"<html>no JSON</html>"),
)
every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


def last_words(request: Request) -> str:
    return f"You asked: {request.messages[-1].content}"


# --- ours -------------------------------------------------------------------------------


@contextmanager
def served(name: str) -> Generator[Subject]:
    """Give a client of a server that answers, and clients of servers that do not."""
    pytest.importorskip(CLIENTS[name])

    def client(server: ModelServer) -> Callable[[], Provider]:
        url = server.url if name == "anthropic" else server.openai_url
        entry = {"provider": name, "model": "m-1", "base_url": url, "key_variable": "A_KEY"}
        settings = read_settings("default_llm", entry | {"timeout_s": SOON_S})
        return lambda: make_provider(settings)

    def echo(body: Any, _: int) -> str:
        content = body["messages"][-1]["content"]
        text = content if isinstance(content, str) else content[0]["text"]
        return last_words(Request((Message("user", text),)))

    def leaking(body: Any, _: int) -> Fault:
        return Fault(f"the key {KEY} is not known", status=403)

    scripts = [leaking, *(lambda *_, fault=fault: fault for fault in FAULTS)]
    servers = [ModelServer(script) for script in (echo, *scripts)]
    try:
        for server in servers:
            server.__enter__()
        answering, *failing = map(client, servers)
        yield Subject(answering, tuple(failing), KEY, last_words)
    finally:
        for server in servers:
            server.__exit__(None, None, None)


@contextmanager
def stubbed() -> Generator[Subject]:
    yield Subject(lambda: make_provider("stub"))


@contextmanager
def replayed(folder: Path) -> Generator[Subject]:
    """Give a replay of recorded answers, and one that has none."""
    kept: list[Any] = []
    asked = asking(Scripted(lambda request, _: last_words(request)), record=kept.append)
    for question in questions():
        asked.submit(question).result(SOON_S)
    asked.close()
    path = folder / "exchanges.jsonl"
    path.write_text("\n".join(map(json.dumps, kept)))
    settings = ModelSettings("m", "replay", path=str(path))
    (folder / "empty.jsonl").write_text("")
    unasked = ModelSettings("m", "replay", path=str(folder / "empty.jsonl"))
    empty = (lambda: make_provider(unasked),)
    yield Subject(lambda: make_provider(settings), empty, expected=last_words)


@contextmanager
def inboxed(folder: Path) -> Generator[Subject]:
    """Give an inbox into which somebody looks, and one into which nobody does."""
    ended = threading.Event()
    looked_into, empty = folder / "in", folder / "nobody"

    def answer() -> None:
        while not ended.wait(0.005):
            for path in sorted(looked_into.glob("*.request.md")):
                reply = path.with_name(path.name.replace(".request.", ".reply."))
                if not reply.exists():
                    words = path.read_text().split("## user\n\n")[1].removesuffix("\n")
                    draft = path.with_name("draft")
                    draft.write_text(f"You asked: {words}")
                    draft.rename(reply)

    def inbox(path: Path, timeout_s: float) -> Callable[[], Provider]:
        settings = ModelSettings("me", "inbox", path=str(path), timeout_s=timeout_s)
        return lambda: Inbox(settings, look_s=0.005)

    person = threading.Thread(target=answer)
    person.start()
    try:
        yield Subject(inbox(looked_into, SOON_S), (inbox(empty, 0.05),), expected=last_words)
    finally:
        ended.set()
        person.join()


@pytest.fixture(params=built_in_names())
def subject(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Subject]:
    monkeypatch.setenv("A_KEY", KEY)
    local = {
        "inbox": lambda: inboxed(tmp_path),
        "replay": lambda: replayed(tmp_path),
        "stub": stubbed,
    }
    with local[request.param]() if request.param in local else served(request.param) as found:
        yield found


@every_check
def test_ours_conform(check: Check, subject: Subject) -> None:
    check(subject)


# --- bad ones ---------------------------------------------------------------------------


class Swapping(Scripted):
    """Answers each question with the words of the one before it."""

    def complete(self, request: Request) -> Reply:
        before = self.asked[-1] if self.asked else request
        super().complete(request)
        return Reply(last_words(before), "m")


class Broken:
    """Fails in a way of its own."""

    name = "broken"

    def __init__(self, error: Exception):
        self._error = error

    def complete(self, request: Request) -> Reply:
        raise self._error


class Wordless:
    """Says which model it is not."""

    name = "wordless"

    def complete(self, request: Request) -> Reply:
        return Reply("x", "")


def good() -> Scripted:
    return Scripted(lambda request, _: last_words(request))


def broken(error: Exception) -> Subject:
    return Subject(good, (lambda: Broken(error),), KEY)


@pytest.mark.parametrize(
    ("bad", "check", "sentence"),
    [
        (
            Subject(Swapping, expected=last_words),
            a_reply_has_text_model_and_usage,
            "the answer to another question",
        ),
        (Subject(Wordless), many_threads_may_ask_at_once, "the model that answered has no name"),
        (
            broken(TimeoutError("too late")),
            what_goes_wrong_is_a_failure_of_the_provider,
            "it raised TimeoutError, which is no ProviderFailed",
        ),
        (broken(ProviderFailed(f"refused: {KEY}")), no_error_shows_the_key, "shows the key"),
        (
            Subject(good, (good,)),
            a_failure_ends_neither_thread_nor_provider,
            "a failing provider answered",
        ),
    ],
    ids=["swapping", "wordless", "raising", "telling", "answering"],
)
def test_a_bad_provider_is_found_out(bad: Subject, check: Check, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check(bad)
