"""A ledger with three entries, its key, and what is known of it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from sigil.ledger import keys
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
from sigil.testing.clocks import FixedClock


@pytest.fixture
def tmp_path():
    """A directory in memory where there is one: an append waits for the disk several times."""
    shared = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None))
    yield place
    shutil.rmtree(place)


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    return keys.create(tmp_path_factory.mktemp("keys") / "evaluator.ed25519")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    """A key that nobody trusts."""
    return keys.create(tmp_path_factory.mktemp("stranger") / "evaluator.ed25519")


@pytest.fixture
def pin(tmp_path):
    return Pin(tmp_path / "state" / "pin.json")


@pytest.fixture
def ledger(tmp_path, key, pin, clock):
    made = Ledger.create(tmp_path / "ledger", key, pin, clock)
    for number in range(3):
        clock.advance(1)
        made.append("eval.complete", "api", {"n": number})
    return made
