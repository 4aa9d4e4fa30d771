"""A repository with a service, an exam, a ledger with a past, and changes to be examined.

The service is real HTTP on loopback, one server for each side; everything else is what a user has.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.gate.exams import Exam

from sigil.effects import SYSTEM_CLOCK, random_bytes
from sigil.gate.bundle.sealing import seal_bytes
from sigil.gate.decision import Stage, Verdict
from sigil.gate.exam.answering import Answering, vault
from sigil.gate.parts import Parts, Wanted
from sigil.gate.policy import Gate, Service
from sigil.gate.record import events
from sigil.gate.record.dossier import folder_of, keep_observations
from sigil.gate.record.events import Decided, Provenance
from sigil.gate.record.steps import announce
from sigil.gate.trust import Tier
from sigil.ledger import keys
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
from sigil.testing.clocks import FixedClock

QUESTION = """
return {{
  title = "{title}", priority = "{priority}", policy = {{ capabilities = {{"http"}} }},
  run = function()
    -- 1. The price is asked for.
    local quote = sigil.get("/api/quote?seats={seats}")
    expect(quote.status == 200)
    -- 2. It is what the intent says.
    expect(quote.json.total_cents == {cents})
  end,
}}
"""
SPEC = "docs/specs/quote.md"
Prices = Callable[[int], int]


def question(seats: int, *, priority: str = "P0", title: str = "Quote") -> str:
    return QUESTION.format(seats=seats, cents=seats * 1200, priority=priority, title=title)


def honest(seats: int) -> int:
    return seats * 1200


def cheating(seats: int) -> int:
    """Right where the visible half looks."""
    return {1: 1200, 2: 2400}.get(seats, 0)


@dataclass
class Serving:
    """Two servers whose prices a test sets."""

    pr: Prices = honest
    baseline: Prices = honest
    urls: dict[str, str] = field(default_factory=dict)


@contextmanager
def served() -> Iterator[Serving]:
    """Serve both sides until the block ends."""
    serving = Serving()
    servers = [_server(lambda seats, side=side: getattr(serving, side)(seats)) for side in SIDES]
    threads = [threading.Thread(target=one.serve_forever, args=(0.01,)) for one in servers]
    for thread in threads:
        thread.start()
    ports = [one.server_address[1] for one in servers]
    serving.urls = {
        side: f"http://127.0.0.1:{port}" for side, port in zip(SIDES, ports, strict=True)
    }
    try:
        yield serving
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


SIDES = ("pr", "baseline")


def _server(price: Prices) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            asked = dict(parse_qsl(urlsplit(self.path).query))
            body = json.dumps({"total_cents": price(int(asked.get("seats", 0)))}).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            self.wfile.write(head + body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


@dataclass
class Bench:
    """All that one evaluation needs, on the disk of a test.

    Args:
        root: the repository.
        serving: its two sides.
        exam: its scenarios and their key.
        signer: whoever signs in its ledger.
    """

    root: Path
    serving: Serving
    exam: Exam
    signer: keys.PrivateKey

    @property
    def ledger_path(self) -> Path:
        return self.root / ".sigil" / "ledger"

    def ledger(self) -> Ledger:
        return Ledger.open(self.ledger_path, self.signer, Pin(self.root / ".git" / "pin.json"))

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.root,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def policy(self, **changed: Any) -> None:
        """Write gate.yaml; JSON is YAML."""
        written = {
            "services": {
                "api": {
                    "deploy": {
                        "backend": "external",
                        "urls": self.serving.urls,
                        "vouched": True,
                    },
                    "recipients": [self.exam.recipient],
                }
            },
            "evaluators": [self.signer.key],
            **changed,
        }
        (self.root / ".sigil" / "gate.yaml").write_text(json.dumps(written))

    def wanted(self, ref: str = "change", **changed: Any) -> Wanted:
        return replace(Wanted(self.root, "api", ref), **changed)

    def parts(self, **changed: Any) -> Parts:
        whole = Parts(
            identities=lambda: self.exam.identities,
            ledger=self.ledger,
            answerer=lambda service, sides: Answering({"env": vault({})}),
            keep=self.keep,
            cache=self.root / ".sigil" / "cache",
        )
        return replace(whole, **changed)

    def keep(self, name: str, observed: Any, recipients: Any) -> str:
        def seal(data: bytes) -> bytes:
            return seal_bytes(data, recipients)

        return keep_observations(folder_of(self.root, name), observed, seal)


class Quiet:
    """A watch that remembers."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.lines: list[str] = []

    def begins(self, stage: Stage) -> None:
        self.stages.append(stage)

    def says(self, text: str) -> None:
        self.lines.append(text)

    def sat(self, done: int, total: int) -> None:
        pass


def make_bench(root: Path, serving: Serving, past: Path, signer: keys.PrivateKey) -> Bench:
    """Return a repository with a branch ``change``, two visible questions and two holdouts.

    Its ledger is the past, attested now.

    Args:
        root: where it is made.
        serving: its two sides.
        past: a ledger that is copied.
        signer: of the ledger.
    """
    root.mkdir()
    exam = Exam(root)
    bench = Bench(root, serving, exam, signer)
    for seats in (1, 2):
        exam.write(f"visible/quote_{seats}.lua", question(seats))
    exam.seal(question(7, title="canary-title"), question(9))
    bench.policy()
    (root / ".gitignore").write_text(".sigil/ledger/\n.sigil/cache/\n.sigil/gate/\n")
    (root / "server.py").write_text("price = 1200\n")
    bench.git("init", "-q", "-b", "main")
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "base")
    bench.git("checkout", "-q", "-b", "change")
    (root / "server.py").write_text("price = 12 * 100\n")
    bench.git("commit", "-q", "-a", "-m", "change")
    bench.git("checkout", "-q", "main")
    shutil.copytree(past, bench.ledger_path)
    ledger, reviewer = bench.ledger(), reviewer_of(past)
    assert ledger.pin is not None
    ledger.pin.trust(ledger.snapshot().checkpoint.ledger, frozenset({signer.key, reviewer.key}))
    announce(
        ledger,
        "api",
        Gate(services={"api": Service()}, evaluators=[signer.key]),
        datetime.now(UTC),
    )
    ledger.attest()
    return bench


def reviewer_of(past: Path) -> keys.PrivateKey:
    """Return the key of whoever judged in a past; made with it."""
    path = past.with_name("reviewer.ed25519")
    return keys.load(path) if path.exists() else keys.create(path)


def make_past(path: Path, signer: keys.PrivateKey, *, evals: int) -> None:
    """Write a ledger in which ``api`` was evaluated so often, and humans always agreed."""
    clock = FixedClock(datetime.now(UTC) - timedelta(days=60))
    ledger = Ledger.create(path, signer, clock=clock)
    human = Ledger.open(path, reviewer_of(path), clock=clock)
    ledger.append(events.ENROLLED, "api", {})
    for number in range(evals):
        clock.advance(3600)
        verdict = Verdict.BLOCK if number % 4 == 0 else Verdict.ALLOW
        ledger.append(events.DECISION, "api", events.decision_body(_decided(number, verdict)))
        body = {"eval": f"eval_{number}", "verdict": verdict.value}
        if number % 2 == 0 or number > evals - 10:
            human.append(events.VERDICT, "api", body)


def _decided(number: int, verdict: Verdict) -> Decided:
    some = f"sha256:{number:064x}"
    return Decided(
        eval=f"eval_{number}",
        verdict=verdict,
        recommended=verdict,
        reasons=[],
        tier=Tier.SHADOW,
        provenance=Provenance(some, some, some, "0x0", some, "sigil@0"),
        commit="0" * 40,
        base="0" * 40,
        size=number,
        nonce=random_bytes(8).hex(),
        expires=SYSTEM_CLOCK.now(),
    )
