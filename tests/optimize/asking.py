"""A search in which a model proposes, and what answers for the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigil.canonical import digest
from sigil.optimize.report import Summary
from sigil.testing.model_server import Fault, ModelServer


def chance(request: Mapping[str, Any]) -> int:
    """Return a number that depends on what is asked alone."""
    return int(digest(json.dumps(request["messages"]).encode())[-8:], 16)


def function(body: str) -> str:
    return f"Try {body}.\n\n```python\ndef square(x):\n    return {body}\n```\n"


def multiples(request: Mapping[str, Any], number: int) -> str | Fault:
    """Answer with some multiple of x, and now and then late."""
    drawn = chance(request)
    text = function(f"x * {drawn % 1000}")
    return Fault(text, delay_s=0.05) if drawn % 5 == 0 else text


def configure(repository: Path, server: ModelServer, **more: object) -> None:
    entry = {"provider": "openai-compatible", "model": "any", "base_url": server.openai_url}
    entry |= {"price_input_usd": 1.0, "price_output_usd": 1.0, **more}
    models = {"optimizer_params": {"simple": {"models": {"default_llm": entry}}}}
    (repository / ".sigil" / "sigil.yaml").write_text(json.dumps(models))
    path = repository / ".sigil" / "points.eval.yaml"
    path.write_text(path.read_text().replace("measure: agreement\n    goal: 1", "measure: error"))
    path.write_text(path.read_text().replace("max(agreement)", "min(agreement)"))
    path.write_text(path.read_text().replace("agreement >= 1", "agreement <= 0.01"))


def lineage(summary: Summary) -> bytes:
    return (summary.run / "index.json").read_bytes()
