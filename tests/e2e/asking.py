"""A repository whose function should square and does not, and those who answer for a model."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sigil.canonical import digest

SPEC = """\
version: "0.1"
name: square
evals: [points]
pins:
  - id: square
    language: python
    files: [square.py]
    symbol: square
"""
EVAL = """\
version: "0.1"
name: points
inputs:
  cases:
    - {args: [0], expected: 0}
    - {args: [2], expected: 4}
    - {args: [3], expected: 9}
    - {args: [-3], expected: 9}
holdout:
  cases:
    - {args: [7], expected: 49}
metrics:
  - id: error
    kind: call
    measure: error
aggregate: {objective: min(error)}
accept: {rule: error <= 0.01}
replay: {seed: 1}
"""
SOURCE = "def square(x):\n    return x\n"
RIGHT = "x * x"
SOON_S = 90.0


def make_repository(root: Path) -> Path:
    (root / ".sigil").mkdir(parents=True)
    (root / ".sigil" / "square.sigil.yaml").write_text(SPEC)
    (root / ".sigil" / "points.eval.yaml").write_text(EVAL)
    (root / "square.py").write_text(SOURCE)
    return root


def configure(repository: Path, **entry: object) -> None:
    models = {"optimizer_params": {"simple": {"models": {"default_llm": entry}}}}
    (repository / ".sigil" / "sigil.yaml").write_text(json.dumps(models))


def function(body: str) -> str:
    return f"Try {body}.\n\n```python\ndef square(x):\n    return {body}\n```\n"


def multiple(messages: object) -> str:
    """Return a multiple of x that depends on what is asked alone."""
    return function(f"x * {int(digest(json.dumps(messages).encode())[-8:], 16) % 1000}")


def multiples(request: Mapping[str, Any], number: int) -> str:
    return multiple(request["messages"])


Policy = Callable[[int, str], str | None]
"""From a request's number, from 1, and its text to the reply; None for not yet."""


def answer_by_files(inbox: Path, run: subprocess.Popen[str], policy: Policy) -> list[Path]:
    """Answer what is in an inbox until the run ends; return the requests that were answered."""
    answered: list[Path] = []
    pause = threading.Event()
    for _ in range(int(SOON_S / 0.05)):
        if run.poll() is not None:
            return answered
        for path in sorted(inbox.glob("*.request.md")):
            reply = path.with_name(path.name.replace(".request.", ".reply."))
            text = None if reply.exists() else policy(int(path.name[:4]), path.read_text())
            if text is not None:
                draft = reply.with_suffix(".draft")
                draft.write_text(text)
                draft.rename(reply)
                answered.append(path)
        pause.wait(0.05)
    raise AssertionError("the run did not end")
