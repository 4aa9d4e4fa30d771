"""Where the crash tests crash."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def memory(tmp_path):
    """A directory in memory where there is one: a crash is simulated, so no disk is needed."""
    shared = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else tmp_path))
    yield place
    shutil.rmtree(place)
