"""Every backend, and one of a plugin, holds what a deployment promises."""

from __future__ import annotations

import http.server
import ipaddress
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import convert, structs
from tests.gate.deploy.composing import compose_file
from tests.gate.deploy.conftest import SERVER

from sigil.errors import DependencyMissing
from sigil.gate.deploy import Deployment, Order, deploy, names
from sigil.gate.deploy.external import ExternalDeployment
from sigil.gate.deploy.settings import Compose, External, Plugin, Process
from sigil.gate.effects import Call
from sigil.gate.http.client import Http
from sigil.testing.deployers import CHECKS, Check, Subject, it_has_all_that_is_asked_of_it

if TYPE_CHECKING:
    from tests.gate.deploy.conftest import Commit


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_process_conforms(check: Check, commit: Commit, cache: Path):
    source = commit({"server.py": SERVER})
    good = Process(backend="process", command="python server.py {port}")
    bad = structs.replace(good, command="python server.py")
    check(
        Subject(
            make=lambda: deploy(good, source, "pr", cache=cache),
            failing=lambda: deploy(bad, source, "pr", cache=cache),
        )
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_compose_conforms(check: Check, commit: Commit, cache: Path, engine: object):
    good = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    bad = commit({"server.py": SERVER, "compose.yaml": compose_file(platform="broken")})
    settings = Compose(backend="compose", service="web", port=80)
    check(
        Subject(
            make=lambda: deploy(settings, good, "pr", cache=cache),
            failing=lambda: deploy(settings, bad, "pr", cache=cache),
        )
    )


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A service that somebody else put up."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(20)


def external(up: str, **more: object) -> External:
    with socket.create_server(("127.0.0.1", 0)) as free:
        down = f"http://127.0.0.1:{free.getsockname()[1]}"
    urls = {"pr": up, "baseline": down}
    return convert({"backend": "external", "urls": urls, **more}, External)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_external_conforms(check: Check, commit: Commit, cache: Path, elsewhere: str):
    settings = external(elsewhere, start_s=0.2, health="/")
    source = commit({"a": "b"})
    check(
        Subject(
            make=lambda: deploy(settings, source, "pr", cache=cache),
            failing=lambda: deploy(settings, source, "baseline", cache=cache),
            ends=False,
        )
    )


def test_each_side_has_its_address(commit: Commit, cache: Path, elsewhere: str):
    settings = external(elsewhere)
    source = commit({"a": "b"})
    pr, baseline = (deploy(settings, source, side, cache=cache) for side in ("pr", "baseline"))
    assert [pr.origins, baseline.origins] == [{settings.urls.pr}, {settings.urls.baseline}]


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch) -> Iterator[str]:
    """The same, encrypted, with a certificate that this system is told to trust."""
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(self_signed())
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(20)


def self_signed() -> bytes:
    """Return a private key and a certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return key.private_bytes(pem, form, plain) + certificate.public_bytes(pem)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_external_conforms_over_tls(check: Check, commit: Commit, cache: Path, encrypted: str):
    settings, source = external(encrypted, health="/"), commit({"a": "b"})
    check(Subject(make=lambda: deploy(settings, source, "pr", cache=cache), ends=False))


def test_large_bodies_go_through_tls_whole(commit: Commit, cache: Path, encrypted: str):
    body = "0123456789abcdef" * 2**16
    deployment = deploy(external(encrypted), commit({"a": "b"}), "pr", cache=cache)
    asking = Http(deployment.connect, deployment.authority)
    try:
        for _ in range(3):
            reply = asking.perform(Call("http", {"method": "POST", "path": "/", "body": body}))
            assert reply["body"] == body
    finally:
        asking.close()


def test_a_certificate_that_nobody_trusts_is_no_connection(
    commit: Commit, cache: Path, encrypted: str, monkeypatch
):
    monkeypatch.delenv("SSL_CERT_FILE")
    deployment = deploy(external(encrypted), commit({"a": "b"}), "pr", cache=cache)
    with pytest.raises(ssl.SSLCertVerificationError):
        deployment.connect(5)


def test_https_to_who_speaks_http_is_no_connection(commit: Commit, cache: Path, elsewhere: str):
    settings = external(elsewhere.replace("http:", "https:"))
    with pytest.raises(OSError):  # noqa: PT011 - what a TLS library says of it is its business
        deploy(settings, commit({"a": "b"}), "pr", cache=cache).connect(5)


# --- plugins ------------------------------------------------------------------------------


class Elsewhere(ExternalDeployment):
    """A plugin's backend: ours, by another name and other options."""

    def __init__(self, order: Order):
        super().__init__(order, external(str(order.settings.options["at"])))


class Unfinished:
    """A plugin's backend that forgot a part, and whose others are known once it is started."""

    def __init__(self, order: Order):
        self.inner = ExternalDeployment(order, external(str(order.settings.options["at"])))
        self.__enter__ = self.inner.__enter__  # where ``with`` does not look

    def start(self) -> None:
        self.inner.start()

    def stop(self) -> None:
        self.inner.stop()

    def connect(self, timeout_s: float) -> socket.socket:
        return self.inner.connect(timeout_s)

    @property
    def authority(self) -> str:
        raise RuntimeError("it is not started")

    @property
    def alive(self) -> bool:
        return self.inner.alive


def broken(order: Order) -> Deployment:
    raise SystemExit(3)


def interrupting(order: Order) -> Deployment:
    print("between our lines")
    raise KeyboardInterrupt


@pytest.fixture
def plugins(monkeypatch) -> None:
    points = {
        name: EntryPoint(name, f"{__name__}:{made}", names.GROUP)
        for name, made in (
            ("elsewhere", "Elsewhere"), ("broken", "broken"), ("interrupting", "interrupting"),
            ("none", "Path"), ("unfinished", "Unfinished"),
        )
    }  # fmt: skip
    monkeypatch.setattr(names, "plugins", lambda: points)
    monkeypatch.setattr("sigil.gate.deploy.plugins.plugins", lambda: points)
    found = {
        "Elsewhere": Elsewhere,
        "Unfinished": Unfinished,
        "broken": broken,
        "interrupting": interrupting,
        "Path": lambda order: object(),
    }
    monkeypatch.setattr(EntryPoint, "load", lambda point: found[point.value.partition(":")[2]])


def plugin(name: str, **options: object) -> Plugin:
    return Plugin(backend=name, options=options)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_plugin_conforms(
    check: Check, commit: Commit, cache: Path, elsewhere: str, plugins: None
):
    source = commit({"a": "b"})
    settings = plugin("elsewhere", at=elsewhere)
    check(Subject(make=lambda: deploy(settings, source, "pr", cache=cache), ends=False))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", "cannot be loaded: SystemExit: 3"),
        ("none", "no deployer: it has no start, stop, connect, __enter__, __exit__, authority"),
        ("unfinished", "no deployer: it has no __enter__, __exit__, origins(?!,)"),
    ],
)
def test_a_broken_plugin_is_told_by_its_name(
    commit: Commit, cache: Path, plugins: None, name: str, said: str
):
    with pytest.raises(DependencyMissing, match=said):
        deploy(plugin(name, at="http://a.test"), commit({"a": "b"}), "pr", cache=cache)


def test_the_checks_find_what_a_plugin_has_not(
    commit: Commit, cache: Path, elsewhere: str, plugins: None
):
    order = Order(plugin("unfinished", at=elsewhere), commit({"a": "b"}), "pr", None, cache)
    with pytest.raises(AssertionError, match="it has no __enter__, __exit__, origins"):
        it_has_all_that_is_asked_of_it(Subject(make=lambda: cast("Deployment", Unfinished(order))))


@pytest.fixture
def _command() -> Iterator[None]:
    """Have a handler of our own in place, as our commands do."""
    former = signal.signal(signal.SIGINT, lambda *_: None)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("_command")
def test_a_plugin_neither_interrupts_us_nor_prints_between_our_lines(
    commit: Commit, cache: Path, plugins: None, capsys
):
    with pytest.raises(DependencyMissing, match="cannot be loaded: KeyboardInterrupt"):
        deploy(plugin("interrupting"), commit({"a": "b"}), "pr", cache=cache)
    assert capsys.readouterr().out == ""


# --- what the checks find -----------------------------------------------------------------


@dataclass
class Flawed:
    """A deployment of a real service, with one promise broken."""

    inner: Deployment
    flaw: str = ""

    @property
    def authority(self) -> str:
        return "other.example" if self.flaw == "authority" else self.inner.authority

    @property
    def origins(self) -> frozenset[str]:
        return frozenset() if self.flaw == "origins" else self.inner.origins

    @property
    def alive(self) -> bool:
        if self.flaw == "always alive":
            return True
        return self.flaw != "never alive" and self.inner.alive

    def start(self) -> None:
        self.inner.start()

    def connect(self, timeout_s: float) -> socket.socket:
        made = self.inner.connect(timeout_s)
        if self.flaw == "inherited":
            made.set_inheritable(True)
        if self.flaw == "blocks":
            made.settimeout(None)
        return made

    def stop(self) -> None:
        self.inner.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> bool:
        self.stop()
        return self.flaw == "swallows"


@pytest.mark.parametrize(
    "flaw",
    ["authority", "origins", "always alive", "never alive", "inherited", "blocks", "swallows"],
)
def test_the_checks_find_what_is_wrong(flaw: str, commit: Commit, cache: Path, elsewhere: str):
    settings, source = external(elsewhere), commit({"a": "b"})
    subject = Subject(
        make=lambda: Flawed(deploy(settings, source, "pr", cache=cache), flaw), ends=False
    )
    with pytest.raises(AssertionError):
        check_all(subject)


def check_all(subject: Subject) -> None:
    for check in CHECKS:
        check(subject)
