"""What holds for every test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A slow moment of the machine is no counterexample.
settings.register_profile("sigil", deadline=None)
settings.load_profile("sigil")

MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes; the whole suite leaves up to one GiB


def pytest_configure() -> None:
    """Put the files of tests, and of what they start, into memory where it has room.

    They wait for the disk some thousands of times. What is synced when is tested by what is
    called, and by power that is cut in a simulation, so it needs none. A TMPDIR of one's own is
    kept.
    """
    if "TMPDIR" not in os.environ and _has_room(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def _has_room(place: Path) -> bool:
    if not place.is_dir() or not os.access(place, os.W_OK):
        return False
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC


@pytest.fixture(scope="session", autouse=True)
def _memory_is_given_back(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[None]:
    """Keep files in memory only if a test failed; on a disk pytest keeps some sessions."""
    yield
    place = tmp_path_factory.getbasetemp()
    if place.is_relative_to(MEMORY) and not request.session.testsfailed:
        shutil.rmtree(place, ignore_errors=True)


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
