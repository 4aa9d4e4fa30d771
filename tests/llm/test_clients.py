"""The clients against a server on this machine, over real sockets."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from tests.llm.scripted import PROMPT, SOON_S, request

from sigil.errors import DependencyMissing, InvalidValue, ProviderFailed, ProviderRefused
from sigil.llm.asking import Asking
from sigil.llm.keys import without_key
from sigil.llm.limits import MAX_BYTES
from sigil.llm.model import Adapted, Message, Reply, Request, Unanswered
from sigil.llm.provider import make_provider
from sigil.llm.settings import ModelSettings, read_settings
from sigil.testing.model_server import Fault, ModelServer

pytest.importorskip("openai")
pytest.importorskip("anthropic")

KEY = "key-of-nobody-0123456789"
ODD_KEY = "key/of+nobody=0123456789"
PROVIDERS = ["openai", "openai-compatible", "anthropic"]
every_provider = pytest.mark.parametrize("name", PROVIDERS)


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("A_KEY", KEY)


def settings(server: ModelServer, name: str, **more) -> ModelSettings:
    url = server.url if name == "anthropic" else server.openai_url
    facts = {"provider": name, "model": "m-1", "base_url": url, "key_variable": "A_KEY"}
    return read_settings("default_llm", facts | {"timeout_s": SOON_S} | more)


def complete(script, name: str, asked: Request | None = None, **more):
    """Ask once; return the reply, or raise, and what the server saw."""
    with ModelServer(script) as server:
        provider = make_provider(settings(server, name, **more))
        try:
            return adapted(provider, asked or request()), server.asked
        finally:
            provider.close()


def adapted(provider, asked: Request) -> Reply:
    """Ask again at once as long as the provider adapts, as whoever asks it does."""
    for _ in range(4):
        with contextlib.suppress(Adapted):
            return provider.complete(asked)
    raise AssertionError("it adapts without end")


def failure(script, name: str, **more) -> ProviderFailed:
    with pytest.raises(ProviderFailed) as caught:
        complete(script, name, **more)
    return caught.value


# --- what is asked and answered -----------------------------------------------------------


@every_provider
def test_a_question_is_answered(name):
    conversation = Request((Message("system", "be brief"), Message("user", "hello")), max_tokens=9)
    reply, (asked,) = complete(lambda *_: "good day, world", name, conversation)
    assert reply.text == "good day, world"
    assert reply.model == "m-1"
    assert reply.usage.output_tokens == 3
    assert reply.raw_id
    assert "be brief" in json.dumps(asked.body)
    assert 9 in asked.body.values()


def test_openai_has_its_own_name_for_the_limit_of_an_answer():
    _, (asked,) = complete(lambda *_: "", "openai")
    assert "max_completion_tokens" in asked.body
    assert "max_tokens" not in asked.body


@every_provider
def test_a_parameter_that_a_model_does_not_take_is_left_out(name):
    def script(body, number):
        if "temperature" in body:
            return Fault("Unsupported value: 'temperature' is not supported", status=400)
        return "cool"

    with ModelServer(script) as server:
        provider = make_provider(settings(server, name))
        texts = [adapted(provider, request(temperature=0.5)).text for _ in range(2)]
        provider.close()
    assert texts == ["cool", "cool"]
    assert len(server.asked) == 3


def test_a_limit_by_another_name_is_found():
    def script(body, number):
        if "max_tokens" in body:
            return Fault("Unsupported parameter: 'max_tokens'", status=400)
        return str(body["max_completion_tokens"])

    reply, _ = complete(script, "openai-compatible", request(max_tokens=77))
    assert reply.text == "77"


# --- what goes wrong ----------------------------------------------------------------------


@every_provider
@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_no_further_attempt_can_mend_is_refused(name, status):
    error = failure(lambda *_: Fault("no", status=status), name)
    assert isinstance(error, ProviderRefused)
    assert f"answered {status}" in str(error)


@every_provider
@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
def test_what_a_further_attempt_may_mend_is_not_answered(name, status):
    assert isinstance(failure(lambda *_: Fault("busy", status=status), name), Unanswered)


@every_provider
def test_no_credit_is_no_matter_of_patience(name):
    error = failure(lambda *_: Fault("insufficient_quota: pay first", status=429), name)
    assert isinstance(error, ProviderRefused)


@every_provider
def test_a_request_that_is_wrong_fails_alone(name):
    error = failure(lambda *_: Fault("the prompt is too long", status=400), name)
    assert type(error) is ProviderFailed


A_DAY = 24 * 3600.0


@every_provider
@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("nonsense", None), ("nan", None), ("1e99", A_DAY),
     ("inf", A_DAY), ("Fri, 31 Dec 9999 23:59:59 GMT", A_DAY),
     ("Fri, 31 Dec 9999 23:59:59 -2359", A_DAY),
     ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0)],
)  # fmt: skip
def test_when_to_come_again_is_understood(name, value, seconds):
    error = failure(lambda *_: Fault("busy", status=429, retry_after=value), name)
    assert error.after_s == seconds


@every_provider
def test_a_connection_that_drops_is_not_answered(name):
    error = failure(lambda *_: Fault("x" * 1000, dropped=True), name)
    assert isinstance(error, Unanswered)


@every_provider
def test_a_server_that_is_not_there_is_not_answered(name):
    with ModelServer(lambda *_: "") as server:
        gone = settings(server, name)
    provider = make_provider(gone)
    with pytest.raises(Unanswered, match=r"the exchange with http://127\.0\.0\.1"):
        provider.complete(request())
    provider.close()


@every_provider
def test_an_answer_that_does_not_come_is_not_waited_for(name):
    error = failure(lambda *_: Fault(delay_s=SOON_S), name, timeout_s=0.2)
    assert isinstance(error, Unanswered)
    assert "no answer within 0.2 s" in str(error)


@every_provider
def test_an_answer_that_is_not_utf_8_is_read_all_the_same(name):
    reply, _ = complete(lambda *_: Fault(b"caf\xe9 \xff"), name)
    assert reply.text == "caf\ufffd \ufffd"


@every_provider
def test_an_answer_of_ten_megabytes_is_read(name):
    reply, _ = complete(lambda *_: "y" * 10_000_000, name)
    assert len(reply.text) == 10_000_000


@every_provider
def test_an_answer_without_end_is_not_read(name):
    error = failure(lambda *_: "y" * (MAX_BYTES + 1), name)
    assert type(error) is ProviderFailed
    assert "larger than 16 MiB" in str(error)


@every_provider
def test_an_answer_that_says_nothing_is_an_answer(name):
    reply, _ = complete(lambda *_: "", name)
    assert reply.text == ""


@every_provider
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"null", b'{"choices": []}', b"[" * 100_000,
             b'{"choices": [{"message": 3}], "content": 3}', b"\xff\xfe"],
)  # fmt: skip
def test_a_body_that_is_no_answer_is_not_answered(name, body):
    assert isinstance(failure(lambda *_: Fault(body=body), name), Unanswered)


@every_provider
@pytest.mark.parametrize("usage", [None, 3, {}, {"prompt_tokens": -1, "input_tokens": "x"}])
def test_tokens_that_are_not_counted_are_estimated(name, usage):
    body = {
        "choices": [{"message": {"content": "12345678"}}],
        "content": [{"type": "text", "text": "12345678"}],
        "usage": usage,
    }
    reply, _ = complete(lambda *_: Fault(body=json.dumps(body).encode()), name, request("x" * 41))
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (11, 2)


# --- keys ---------------------------------------------------------------------------------


FOREIGN = {
    "OPENAI_API_KEY": "foreign-openai",
    "OPENAI_ADMIN_KEY": "foreign-admin",
    "OPENAI_ORG_ID": "foreign-org",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer foreign-header\nX-Foreign: foreign-x",
    "ANTHROPIC_API_KEY": "foreign-anthropic",
    "ANTHROPIC_AUTH_TOKEN": "foreign-token",
    "ANTHROPIC_CUSTOM_HEADERS": "X-Foreign: foreign-y",
}


@every_provider
@pytest.mark.parametrize("variable", ["A_KEY", ""])
def test_a_provider_is_shown_its_own_key_alone(name, variable, monkeypatch):
    for foreign, value in FOREIGN.items():
        monkeypatch.setenv(foreign, value)
    _, (asked,) = complete(lambda *_: "", name, key_variable=variable)
    shown = str(asked.headers)
    assert "foreign" not in shown.lower()
    assert (KEY in shown) == bool(variable)


@every_provider
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_no_error_holds_the_key(name, status):
    error = failure(lambda *_: Fault(f"the key {KEY} is wrong", status=status), name)
    chain = [error, error.__cause__]
    assert "is wrong" in str(error)
    assert KEY not in " ".join(map(str, chain))
    assert error.__suppress_context__


def repeating(name: str, key: str) -> Fault:
    """Return an answer that holds a key wherever there is text."""
    words = f"your key is {key}"
    answer = {"id": key, "model": key, "usage": {}}
    if name == "anthropic":
        answer["content"] = [{"type": "text", "text": words}]
    else:
        answer["choices"] = [{"message": {"content": words}}]
    return Fault(body=json.dumps(answer).encode())


@every_provider
@pytest.mark.parametrize("form", [KEY, quote(ODD_KEY, ""), b64encode(ODD_KEY.encode()).decode()])
def test_a_key_that_the_server_repeats_is_not_in_the_answer(name, form, monkeypatch):
    monkeypatch.setenv("A_KEY", KEY if form == KEY else ODD_KEY)
    reply, _ = complete(lambda *_: repeating(name, form), name)
    assert reply.text == "your key is [redacted]"
    assert (reply.model, reply.raw_id) == ("[redacted]", "[redacted]")


@every_provider
@pytest.mark.parametrize("before", [0, 60, 75])
def test_a_key_in_an_answer_that_is_no_json_is_not_shown_in_part(name, before):
    error = failure(lambda *_: Fault(body=b"x" * before + KEY.encode()), name)
    assert KEY[:4] not in str(error)


def test_a_key_that_is_a_word_stays_in_answers():
    assert without_key(b"an EMPTY list", "EMPTY") == b"an EMPTY list"


@every_provider
def test_no_header_of_the_client_library_itself_is_sent(name):
    _, (asked,) = complete(lambda *_: "", name)
    assert not [header for header in asked.headers if header.startswith("x-stainless")]


@every_provider
def test_a_redirect_is_not_followed(name):
    with ModelServer(lambda *_: "stolen") as thief:
        elsewhere = Fault("elsewhere", status=307, location=f"{thief.url}/v1/messages")
        error = failure(lambda *_: elsewhere, name)
    assert type(error) is ProviderFailed
    assert thief.asked == []


@pytest.mark.parametrize("key", ["", "  ", "schlüssel", "a\x00b"])
def test_what_cannot_be_a_key_is_refused_unseen(key, monkeypatch):
    def read(variable, default=""):
        return key if variable == "A_KEY" else default

    monkeypatch.setattr(os.environ, "get", read)
    with pytest.raises(ProviderRefused) as caught:
        complete(lambda *_: "", "openai")
    assert "A_KEY" in str(caught.value)
    assert not key.strip() or key not in str(caught.value)


@every_provider
def test_a_model_has_to_be_named(name):
    with pytest.raises(InvalidValue, match=f"no model of {name} is named"):
        make_provider(name)


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_a_library_that_is_missing_is_named_with_its_remedy(name, monkeypatch):
    monkeypatch.setattr("sigil.llm.connection.find_spec", lambda module: None)
    with pytest.raises(DependencyMissing, match=rf"pip install -e '\.\[{name}\]'"):
        make_provider(ModelSettings("m", name, "any"))


def test_no_library_is_loaded_before_it_is_needed():
    code = (
        "import sys; from sigil.llm.provider import make_provider;"
        "from sigil.llm.asking import Asking; from sigil.llm.settings import ModelSettings;"
        f"[make_provider(ModelSettings('m', n, 'x')) for n in {PROVIDERS}];"
        "print([n for n in ('openai', 'anthropic', 'genai_prices', 'httpx2') if n in sys.modules])"
    )
    shown = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert shown.strip() == "[]"


# --- all together -------------------------------------------------------------------------


@every_provider
def test_a_provider_with_every_fault_costs_no_answer(name):
    """Ten questions to a server that fails every second time, in every way that passes."""
    faults = [
        Fault("busy", status=429, retry_after="0"),
        Fault("broken", status=500),
        Fault("x" * 100, dropped=True),
        Fault(body=b"<html>"),
    ]
    lock, turns = threading.Lock(), iter(range(10_000))

    def script(body, number):
        with lock:
            turn = next(turns)
        return faults[turn // 2 % len(faults)] if turn % 2 else "fine"

    exchanges = []
    with ModelServer(script) as server:
        priced = {"price_input_usd": 1, "price_output_usd": 1, "retries": 40}
        models = {"default_llm": settings(server, name, **priced)}
        asked = Asking(models, record=exchanges.append, backoff=PROMPT)
        futures = [asked.submit(request(seed=n)) for n in range(10)]
        assert [future.result(SOON_S).text for future in futures] == ["fine"] * 10
        asked.close()
    assert len(exchanges) == 10


@every_provider
def test_the_connections_are_used_again(name):
    ports = set()

    with ModelServer(lambda *_: "ok") as server:
        process = server._server.process_request

        def counted(connection, address):
            ports.add(address)
            process(connection, address)

        server._server.process_request = counted
        provider = make_provider(settings(server, name))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: provider.complete(request(seed=n)), range(60)))
        provider.close()
    assert len(ports) <= 4
