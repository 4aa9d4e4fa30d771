"""A small real service, in a real git repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.gate.deploy.composing import Engine

from sigil.gate.deploy.model import Source
from sigil.sandbox.commands import probe as probe_commands

SERVER = """
import http.server, json, os, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 2**16

    def do_GET(self):
        body = json.dumps({"path": self.path, "pid": os.getpid(), "env": sorted(os.environ)})
        self.answer(200, body.encode())

    def do_POST(self):
        self.answer(201, self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("listening", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

Commit = Callable[[Mapping[str, str]], Source]


@pytest.fixture(scope="session", autouse=True)
def _needs_namespaces() -> None:
    rungs = {rung.level: rung for rung in probe_commands()}
    if not rungs["L3"].holds:
        pytest.skip(f"no network namespaces here: {rungs['L3'].reason}")


@pytest.fixture
def commit(tmp_path: Path) -> Commit:
    """Commit files to a repository, and return the commit."""
    root = tmp_path / "repository"
    root.mkdir()
    _git(root, "init", "-q", "-b", "main")

    def committed(files: Mapping[str, str]) -> Source:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        _git(root, "add", "-A")
        _git(root, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "x")
        return Source(root, _git(root, "rev-parse", "HEAD").strip())

    return committed


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where frozen trees are kept."""
    return tmp_path / "cache"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch) -> Engine:
    """Put the small engine on PATH as ``docker``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("engine.py"), folder / "engine.py")
    program = folder / "docker"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {folder}/engine.py "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return Engine(folder)


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    ).stdout
