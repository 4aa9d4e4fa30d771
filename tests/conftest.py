"""What holds for every test."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# A slow moment of the machine is no counterexample.
settings.register_profile("sigil", deadline=None)
settings.load_profile("sigil")


@pytest.fixture
def memory(tmp_path):
    """A directory in memory where there is one: a crash is simulated, so no disk is needed."""
    shared = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else tmp_path))
    yield place
    shutil.rmtree(place)


@pytest.fixture
def small(tmp_path):
    """A file system of 256 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "sigil-test", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False, timeout=10)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"mounting is not permitted: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=10)
