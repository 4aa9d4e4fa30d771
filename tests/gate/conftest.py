"""What tests of the gate share: a past that takes seconds to write, and repositories with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gate.evaluations import Bench, make_bench, make_past, served
from tests.gate.pasts import make_auto_past

from sigil.ledger import keys
from sigil.ledger.packing import pack


@pytest.fixture(scope="session")
def auto_signer(tmp_path_factory) -> keys.PrivateKey:
    return keys.create(tmp_path_factory.mktemp("keys") / "evaluator.ed25519")


@pytest.fixture(scope="session")
def auto_past(tmp_path_factory, auto_signer) -> Path:
    """A ledger in which ``api`` has earned AUTO."""
    path = tmp_path_factory.mktemp("past") / "ledger"
    make_auto_past(path, auto_signer)
    pack(path / "objects")  # for each test copies it
    return path


@pytest.fixture
def auto_bench(tmp_path, auto_past, auto_signer) -> Bench:
    """A repository whose service is at AUTO, and a change that is good."""
    with served() as serving:
        yield make_bench(tmp_path / "repository", serving, auto_past, auto_signer)


@pytest.fixture(scope="session")
def signer(tmp_path_factory) -> keys.PrivateKey:
    return keys.create(tmp_path_factory.mktemp("keys") / "evaluator.ed25519")


@pytest.fixture(scope="session")
def past(tmp_path_factory, signer) -> Path:
    """A ledger in which ``api`` has earned ADVISORY."""
    path = tmp_path_factory.mktemp("past") / "ledger"
    make_past(path, signer, evals=55)
    pack(path / "objects")
    return path


@pytest.fixture(scope="session")
def no_past(tmp_path_factory, signer) -> Path:
    """A ledger in which ``api`` is enrolled, and was never examined."""
    path = tmp_path_factory.mktemp("no_past") / "ledger"
    make_past(path, signer, evals=0)
    pack(path / "objects")
    return path


@pytest.fixture
def new_bench(tmp_path, no_past, signer) -> Iterator[Bench]:
    """A repository whose service was never examined, and a change that is good."""
    with served() as serving:
        yield make_bench(tmp_path / "repository", serving, no_past, signer)


@pytest.fixture
def bench(tmp_path, past, signer) -> Iterator[Bench]:
    """A repository whose service is at ADVISORY, and a change that is good."""
    with served() as serving:
        yield make_bench(tmp_path / "repository", serving, past, signer)
