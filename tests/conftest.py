"""What holds for every test."""

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from sigil.store.files import sweep, temporary_directory

# A slow moment of the machine is no counterexample.
settings.register_profile("sigil", deadline=None)
settings.load_profile("sigil")

MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes; the whole suite leaves up to one GiB


def pytest_configure(config: pytest.Config) -> None:
    """Put the files of tests, and of what they start, into memory where it has room.

    They wait for the disk some ten thousand times. What is synced when is tested by what is
    called, and by power that is cut in a simulation, so it needs none. They go when the session
    ends, and those of a session that was killed when the next one begins; a TMPDIR or
    --basetemp of one's own is used, and left.
    """
    if config.option.basetemp or "TMPDIR" in os.environ or not _has_room(MEMORY):
        return
    sweep(MEMORY)
    session = ExitStack()
    config.add_cleanup(session.close)
    place = session.enter_context(temporary_directory(MEMORY))
    os.environ["TMPDIR"] = str(place)  # xdist's workers inherit it
    tempfile.tempdir = None
    config.option.basetemp = place / "of-these-tests"  # a word that no output has


def _has_room(place: Path) -> bool:
    if not place.is_dir() or not os.access(place, os.W_OK):
        return False
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC


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
