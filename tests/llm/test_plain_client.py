"""Our own client, over real sockets: without any library, over TLS, and through proxies."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest
from tests.llm.scripted import SOON_S, request

from sigil.errors import ProviderFailed
from sigil.llm.model import Reply, Unanswered
from sigil.llm.provider import make_provider
from sigil.llm.routes import route_to
from sigil.llm.settings import read_settings
from sigil.testing.model_server import Fault, ModelServer


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch):
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


@contextmanager
def asking(url: str):
    """Give what asks the server at ``url`` a text."""
    facts = {"provider": "openai-compatible", "model": "m", "base_url": url, "timeout_s": SOON_S}
    provider = make_provider(read_settings("m", facts))
    try:
        yield lambda text="hello": provider.complete(request(text))
    finally:
        provider.close()


def ask(url: str, text: str = "hello") -> Reply:
    with asking(url) as once:
        return once(text)


def test_nothing_has_to_be_installed_for_it():
    code = (
        "import sys\n"
        "for name in ('openai', 'httpx2', 'httpx', 'genai_prices'): sys.modules[name] = None\n"
        "from sigil.llm.provider import make_provider\n"
        "from sigil.llm.settings import read_settings\n"
        "from sigil.llm.model import Message, Request\n"
        "facts = {'provider': 'openai-compatible', 'model': 'm', 'base_url': sys.argv[1]}\n"
        "provider = make_provider(read_settings('m', facts))\n"
        "print(provider.complete(Request((Message('user', 'hello'),))).text)\n"
    )
    with ModelServer(lambda *_: "good day") as server:
        command = [sys.executable, "-c", code, server.openai_url]
        shown = subprocess.check_output(command, text=True, timeout=SOON_S)
    assert shown == "good day\n"


def test_a_connection_that_the_server_ended_is_not_used_again():
    with ModelServer(lambda *_: "ok") as server:
        ended: list[socket.socket] = []
        finish = server._server.finish_request

        def once(connection, address):
            connection.settimeout(0.05)  # as a server that keeps no idle connection
            finish(connection, address)
            ended.append(connection)

        server._server.finish_request = once
        with asking(server.openai_url) as again:
            assert again().text == "ok"
            watched = threading.Event()
            while not ended:
                watched.wait(0.01)
            assert again().text == "ok"


def test_an_answer_that_is_waited_for_ends_with_the_client():
    asked = threading.Event()

    def script(_body, _number):
        asked.set()
        return Fault(delay_s=SOON_S)

    with ModelServer(script) as server:
        failures: list[ProviderFailed] = []
        with asking(server.openai_url) as once:

            def wait():
                with pytest.raises(ProviderFailed) as caught:
                    once()
                failures.append(caught.value)

            thread = threading.Thread(target=wait, daemon=True)
            thread.start()
            assert asked.wait(SOON_S)
        thread.join(SOON_S / 2)
        assert isinstance(failures[0], Unanswered)


def test_an_answer_that_comes_before_all_was_sent_is_read():
    def serve(listening):
        connection, _ = listening.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 413 Too much\r\nContent-Length: 7\r\n\r\nshorter")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        with pytest.raises(ProviderFailed, match="answered 413: Too much: shorter"):
            ask(f"http://127.0.0.1:{listening.getsockname()[1]}", "long" * 5_000_000)
        thread.join(SOON_S)


def _chunked(text: str) -> bytes:
    body = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


def _sized(text: str) -> bytes:
    body = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("answer", [_chunked, _sized])
def test_an_answer_that_nobody_asked_for_is_no_answer_to_the_next_question(answer):
    def serve(listening):
        for texts in (["first", "smuggled"], ["second"]):
            connection, _ = listening.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(b"".join(map(answer, texts)))
                connection.recv(1)  # until the other side is done with it

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        with asking(f"http://127.0.0.1:{listening.getsockname()[1]}") as once:
            assert [once().text, once().text] == ["first", "second"]
        thread.join(SOON_S)


def test_a_failure_whose_page_is_compressed_is_still_that_failure():
    def serve(listening):
        connection, _ = listening.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Encoding: gzip\r\n")
            connection.sendall(b"Content-Length: 3\r\n\r\n\x1f\x8b\x08")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        with pytest.raises(Unanswered, match="answered 503: Busy"):
            ask(f"http://127.0.0.1:{listening.getsockname()[1]}")
        thread.join(SOON_S)


@pytest.mark.parametrize("text", ["naïve — 你好 🎉", "a\ud800b"])
def test_any_text_is_sent(text):
    with ModelServer(lambda body, _: body["messages"][-1]["content"]) as server:
        found = ask(server.openai_url, text).text
    assert found == text.encode(errors="replace").decode()


# --- TLS ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """Return a file with a certificate for 127.0.0.1, signed by itself, and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    day = dt.timedelta(days=1)
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day)
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "here.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(signed.public_bytes(pem) + private)
    return path


@contextmanager
def secure(certificate: Path) -> Iterator[str]:
    """Serve over TLS; yield the URL."""
    with ModelServer(lambda *_: "in secret") as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listening = server._server.socket
        server._server.socket = context.wrap_socket(listening, server_side=True)
        yield server.openai_url.replace("http://", "https://")


def test_a_server_whose_certificate_is_trusted_is_asked(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with secure(certificate) as url, asking(url) as once:
        assert [once().text, once().text] == ["in secret"] * 2


def test_a_server_whose_certificate_nobody_trusts_is_not_asked(certificate):
    with secure(certificate) as url, pytest.raises(Unanswered, match="certificate verify failed"):
        ask(url)


# --- proxies ------------------------------------------------------------------------------


class Proxy:
    """Hands on what it gets, and keeps the first lines of that."""

    def __init__(self, status: str = "200 OK"):
        self.heads: list[str] = []
        self._status = status
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.url = f"http://somebody:a%40b@127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(SOON_S)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # whoever asked may be gone by now
            first = connection.recv(1 << 16)
            self.heads.append(first.decode("latin-1").split("\r\n\r\n")[0])
            method, target, _ = self.heads[-1].split("\r\n")[0].split(" ")
            if method == "CONNECT":
                connection.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())
                first = b""
            host, port = target.removeprefix("http://").split("/")[0].split(":")
            with socket.create_connection((host, int(port))) as onward:
                onward.sendall(first)
                back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
                back.start()
                _pump(connection, onward)
                back.join(SOON_S)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


SOMEBODY = "Proxy-Authorization: Basic c29tZWJvZHk6YUBi"


def test_a_proxy_is_asked_for_the_whole_address(monkeypatch):
    with ModelServer(lambda *_: "relayed") as server, Proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert ask(server.openai_url).text == "relayed"
    assert proxy.heads[0].startswith(f"POST {server.openai_url}/chat/completions HTTP/1.1\r\n")
    assert SOMEBODY in proxy.heads[0]
    assert server.asked


def test_a_proxy_of_tls_reads_nothing(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with secure(certificate) as url, Proxy() as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        assert ask(url).text == "in secret"
    assert proxy.heads[0].startswith(f"CONNECT {url.split('/')[2]} HTTP/1.1\r\n")
    assert SOMEBODY in proxy.heads[0]


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("http://127.0.0.1:9", r"no connection to the proxy 127\.0\.0\.1:9 \("),
        ("http://nowhere.invalid:9", r"no address of the proxy nowhere\.invalid:9 \("),
    ],
)
def test_a_proxy_that_is_not_there_is_named_as_the_proxy(proxy, told, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(Unanswered, match=told):
        ask("http://127.0.0.1:10/v1")


def test_a_proxy_that_refuses_is_told(certificate, monkeypatch):
    with secure(certificate) as url, Proxy("407 Who are you") as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(Unanswered, match="the proxy answered 407 Who are you"):
            ask(url)


@pytest.mark.parametrize("named", ["127.0.0.1", "elsewhere, 127.0.0.0/8", "*"])
def test_a_server_without_a_proxy_is_asked_itself(named, monkeypatch):
    with ModelServer(lambda *_: "directly") as server, Proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", named)
        assert ask(server.openai_url).text == "directly"
    assert proxy.heads == []


@pytest.mark.parametrize("named", ["*.home", ".home", "models.home", "home"])
def test_a_server_of_a_domain_without_a_proxy_is_asked_itself(named, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", named)
    assert route_to("http://models.home/v1").proxy is None
    assert route_to("http://modelshome.example/v1").proxy is not None


def test_a_password_of_a_proxy_that_is_a_word_stays_in_answers(monkeypatch):
    with ModelServer(lambda *_: "def password(): ...") as server, Proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("a%40b", "password"))
        assert ask(server.openai_url).text == "def password(): ..."


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_address_in_brackets_is_one_without_them(host, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", host)
    assert route_to("http://[::1]:8000/v1").proxy is None


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://somebody:secret@127.0.0.1:1",
        "http://somebody:sec/ret@127.0.0.1:1",
        "http://somebody:se\u2100cret@127.0.0.1:1",
        "http://somebody:secret@[::1",
        "http://somebody:secret@127.0.0.1:0",
    ],
)
def test_a_proxy_that_is_none_is_refused_without_its_password(proxy, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ProviderFailed, match="none that is spoken to by HTTP") as caught:
        ask("http://127.0.0.1:9/v1")
    assert "sec" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_proxy_that_repeats_its_password_is_not_repeated(certificate, monkeypatch):
    with (
        secure(certificate) as url,
        Proxy("407 somebody:password c29tZWJvZHk6cGFzc3dvcmQ=") as proxy,
    ):
        monkeypatch.setenv("https_proxy", proxy.url.replace("a%40b", "password"))
        with pytest.raises(Unanswered, match="the proxy answered 407") as caught:
            ask(url)
    assert "password" not in str(caught.value)
    assert "c29t" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://\u00e4..b/v1", "http://127.0.0.1:65536/v1", "http:///v1", "ftp://127.0.0.1", "here"],
)
def test_what_is_no_address_is_told(url):
    with pytest.raises(ProviderFailed, match="is no address of a server"):
        route_to(url)
