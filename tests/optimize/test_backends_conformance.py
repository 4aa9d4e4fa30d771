"""Our backend, one with its lanes in another process, and a guarded one hold what is promised."""

from __future__ import annotations

import pytest
from tests.optimize.apart import Apart

from sigil.evaluate.backend import MakeBackend
from sigil.optimize.backends import local
from sigil.optimize.guarding import Guarded
from sigil.testing.backends import CHECKS, Check

BACKENDS: dict[str, MakeBackend] = {
    "local": local,
    "apart": lambda order: Apart(order, {}),
    "guarded": lambda order: Guarded("apart", Apart(order, {})),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_conforms(name: str, check: Check) -> None:
    check(BACKENDS[name])
