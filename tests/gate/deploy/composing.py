"""Files of containers, and a small engine that runs them."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass
class Engine:
    """The engine on PATH, and what it was asked."""

    folder: Path

    def calls(self) -> list[dict[str, Any]]:
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def verbs(self) -> list[str]:
        known = {"up", "port", "ps", "logs", "down", "version"}
        return [next(w for w in call["argv"] if w in known) for call in self.calls()]

    def projects(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name.startswith("sigil-"))


def wait_for(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Return once something holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def free_port() -> int:
    """Return a port that nobody gets by chance meanwhile: not one of those for connections."""
    for port in random.sample(range(10_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def compose_file(**more: object) -> str:
    port = free_port()
    web = {
        "build": ".",
        "command": ["server.py", str(port)],
        "ports": [f"0.0.0.0:{port}:80"],
        **more,
    }
    return yaml.safe_dump({"services": {"web": web}})
