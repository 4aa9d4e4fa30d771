"""Files of containers, and a small engine that runs them."""

from __future__ import annotations

import json
import socket
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
        known = {"up", "port", "ps", "logs", "down"}
        return [next(w for w in call["argv"] if w in known) for call in self.calls()]

    def projects(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name.startswith("sigil-"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def compose_file(**more: object) -> str:
    port = free_port()
    web = {
        "build": ".",
        "command": ["server.py", str(port)],
        "ports": [f"0.0.0.0:{port}:80"],
        **more,
    }
    return yaml.safe_dump({"services": {"web": web}})
