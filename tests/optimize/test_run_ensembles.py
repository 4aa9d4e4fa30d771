"""Two models that propose in one run: who is asked, and that nothing else decides it."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.optimize.asking import chance, configure, function, lineage
from tests.optimize.conftest import search

from sigil.search.optimizers import built_in_names
from sigil.testing.model_server import Fault, ModelServer

pytest.importorskip("openai")


def ensemble(
    repository: Path, server: ModelServer, optimizer: str, weights: Mapping[str, float]
) -> None:
    """Configure a model for each weight, all of them at one server."""
    configure(repository, server)
    path = repository / ".sigil" / "sigil.yaml"
    entry = json.loads(path.read_text())["optimizer_params"]["simple"]["models"]["default_llm"]
    models = {name: {**entry, "model": name, "weight": weights[name]} for name in weights}
    path.write_text(json.dumps({"optimizer_params": {optimizer: {"models": models}}}))


def unlike(request: Mapping[str, Any], number: int) -> str | Fault:
    """Answer with some multiple of x; one model is slower than the other, and says others."""
    multiple = f"x * {chance(request) % 1000}"
    if request["model"] == "slow":
        return Fault(function(f"{multiple} + x"), delay_s=0.02)
    return function(multiple)


def models_asked(server: ModelServer) -> Counter[str]:
    return Counter(asked.body["model"] for asked in server.asked)


@pytest.mark.parametrize("optimizer", built_in_names())
def test_with_two_models_neither_four_lanes_nor_a_pause_change_a_lineage(
    repository: Path, optimizer: str
) -> None:
    settings = {"optimizer": optimizer, "budget_evals": 12}
    with ModelServer(unlike) as server:
        ensemble(repository, server, optimizer, {"quick": 1.0, "slow": 2.0})
        whole = search(repository, "whole", lanes=1, in_flight=1, **settings)
        assert set(models_asked(server)) == {"quick", "slow"}
        settings |= {"lanes": 4, "in_flight": 8}
        search(repository, "parts", **settings | {"budget_evals": 5})
        parts = search(repository, "parts", resume=True, **settings)
    assert whole.history.measured() == 12
    assert lineage(whole) == lineage(parts)


@pytest.mark.parametrize("favourite", ["one", "other"])
def test_of_two_models_the_one_of_more_weight_is_asked_first_and_most(
    repository: Path, favourite: str
) -> None:
    with ModelServer(unlike) as server:
        ensemble(repository, server, "simple", {"one": 1.0, "other": 1.0, favourite: 99.0})
        search(repository, budget_evals=6, in_flight=1)
    assert server.asked[0].body["model"] == favourite
    assert models_asked(server)[favourite] > len(server.asked) / 2
