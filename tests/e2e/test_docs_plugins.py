"""The plugins that docs/plugins.md shows conform to what is demanded of plugins."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sigil.llm.settings import ModelSettings
from sigil.search.pins import Pin
from sigil.testing import backends, proposers, providers
from sigil.testing.model_server import Fault, ModelServer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
KEY = "the-key-of-the-house-0123456789"
FILES = {"a.py": "def f(x):\n    y = x + 1\n    return y + x\n"}
PINS = [Pin("f", None, ("a.py",), "f")]


def shown(name: str) -> Any:
    """Return the class ``name`` of the page."""
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if re.search(rf"^class {name}\b", block, re.MULTILINE)]
    found: dict[str, Any] = {}
    exec(compile(block, str(PAGE), "exec"), found)
    return found[name]


@pytest.fixture
def subject(monkeypatch: pytest.MonkeyPatch) -> Generator[providers.Subject]:
    def script(request: Mapping[str, Any], number: int) -> str | Fault:
        known = request["model"] == "known"
        said = str(request["messages"][-1]["content"])
        return f"You asked: {said}" if known else Fault("no such key", status=401)

    monkeypatch.setenv("HOUSE_KEY", KEY)
    house = shown("House")
    with ModelServer(script) as server:
        url = f"{server.openai_url}/chat/completions"

        def make(model: str, at: str) -> ModelSettings:
            return ModelSettings("m", "house", model, at, "HOUSE_KEY")

        yield providers.Subject(
            lambda: house(make("known", url)),
            (
                lambda: house(make("refused", url)),
                lambda: house(make("known", "http://127.0.0.1:9/")),
            ),
            key=KEY,
            expected=lambda request: f"You asked: {request.messages[-1].content}",
        )


@pytest.mark.parametrize("check", providers.CHECKS, ids=lambda check: check.__name__)
def test_the_provider_of_the_page_conforms(
    check: providers.Check, subject: providers.Subject
) -> None:
    check(subject)


@pytest.mark.parametrize("check", proposers.CHECKS, ids=lambda check: check.__name__)
def test_the_proposer_of_the_page_conforms(check: proposers.Check) -> None:
    check(shown("Swap"), PINS, FILES)


@pytest.mark.parametrize("check", backends.CHECKS, ids=lambda check: check.__name__)
def test_the_backend_of_the_page_conforms(check: backends.Check, tmp_path: Path) -> None:
    alone = shown("Alone")
    check(lambda order: alone(order, {"lock": str(tmp_path / "lock")}))


def test_the_backend_of_the_page_waits_for_another_run(tmp_path: Path) -> None:
    alone, lock = shown("Alone"), tmp_path / "lock"
    with backends.ordered() as order:
        lanes = alone(order, {"lock": str(lock)})
        with lock.open("w") as other:
            with pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lanes.close()
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
