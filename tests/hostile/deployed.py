"""A service that executes what it is sent, put up as the gate does it."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from msgspec import convert

from sigil.gate.deploy import Deployment, Source, deploy
from sigil.gate.deploy.settings import Process
from sigil.gate.effects import Call
from sigil.gate.http.client import Http

SERVER = """
import http.server, json, os, sys, traceback

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 2**16

    def do_POST(self):
        source = self.rfile.read(int(self.headers["Content-Length"])).decode()
        names = {}
        try:
            exec(source, names)
            said = names.get("said")
        except BaseException as error:
            said = type(error).__name__
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def make(home: Path, source: Source, side: str = "pr", **more: object) -> Deployment:
    settings = convert(
        {"backend": "process", "command": "python server.py {port}", "memory_mb": 256, **more},
        Process,
    )
    return deploy(settings, source, side, cache=home / "cache")


def tell(deployment: Deployment, source: str) -> Any:
    """Have the service execute something, and return what came of it."""
    client = Http(deployment.connect, deployment.authority)
    try:
        body = textwrap.dedent(source)
        reply = client.perform(Call("http", {"method": "POST", "path": "/", "body": body}))
        return json.loads(reply["body"])
    finally:
        client.close()
