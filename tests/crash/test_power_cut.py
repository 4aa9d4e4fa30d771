"""A power cut after any operation loses nothing that had been reported as durable."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from sigil.store import directories
from sigil.testing.power import Recorder

SCENARIOS = runpy.run_path(str(Path(__file__).with_name("scenarios.py")))
CHECKS = {name: check for name, check in SCENARIOS["SCENARIOS"].items() if name != "indexes"}
pytestmark = pytest.mark.crash


def lived(scenario, directory):
    """Run a scenario to its end and return what was recorded of it."""
    directory.mkdir()
    recorder = Recorder(directory)
    with recorder.watching():
        SCENARIOS[scenario](directory, recorder.acknowledge)
    return recorder


def judge(scenario, image, directory):
    """Build an image, and check what the scenario promises of it."""
    directory.mkdir()
    image.build(directory)
    try:
        CHECKS[scenario](directory, image.acknowledged)
    except Exception as error:
        raise AssertionError(
            f"after {image.operation!r} the disk kept {image.variant}: "
            f"{sorted(image.tree)}, having reported {image.acknowledged}"
        ) from error
    shutil.rmtree(directory)


@pytest.mark.parametrize("scenario", CHECKS)
def test_a_power_cut_at_any_moment_loses_nothing_that_was_reported(scenario, memory):
    images = list(lived(scenario, memory / "lived").images())
    assert len(images) > 10
    for image in images:
        judge(scenario, image, memory / "image")


@pytest.mark.parametrize("scenario", CHECKS)
def test_a_power_cut_after_a_kill_loses_nothing_that_was_reported_since(
    scenario, memory, monkeypatch
):
    for death in lived(scenario, memory / "lived").images(["all"]):
        directory = memory / "second"
        directory.mkdir()
        death.build(directory)
        monkeypatch.setattr(directories, "_settled", set())  # another process knows nothing yet
        second = Recorder(directory, after=death)
        with second.watching():
            SCENARIOS["SECOND"][scenario](directory, second.acknowledge)
        shutil.rmtree(directory)
        for image in second.images(["nothing"]):
            if "acknowledge" in image.operation:
                judge(scenario, image, memory / "image")


def test_the_model_loses_what_was_not_synced(tmp_path):
    """The tests above mean something: without a sync, the same checks fail."""
    import os

    recorder = Recorder(tmp_path)
    with recorder.watching():
        descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, b"12345678")
        recorder.acknowledge("written")
        os.fsync(descriptor)
        recorder.acknowledge("synced")
        os.close(descriptor)
        directory = os.open(tmp_path, os.O_RDONLY)
        os.fsync(directory)
        recorder.acknowledge("named")
        os.close(directory)
    kept: dict[object, object] = {}
    for image in recorder.images():
        kept.setdefault((*image.acknowledged[-1:], image.variant), image.tree)
    assert kept["written", "nothing"] == {}
    assert kept["written", "names"] == {"file": b""}
    assert kept["written", "torn"] == {"file": b"1234"}
    assert kept["written", "hole"] == {"file": b"\0\0\0\0005678"}
    assert kept["synced", "nothing"] == {}
    assert kept["synced", "names"] == {"file": b"12345678"}
    assert kept["named", "nothing"] == {"file": b"12345678"}
