"""Copies of the examples, in which whole commands are run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.shell import Shell, copied


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Shell]:
    """Return a shell in a copy of one example, without the records of former runs."""
    return lambda name: copied(name, tmp_path)
