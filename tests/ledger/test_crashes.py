"""However a writer ends, what it reported stays, and whoever comes next goes on."""

from __future__ import annotations

import contextlib
import runpy
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sigil.errors import DiskFull
from sigil.ledger import keys, layout, packing, refs
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
from sigil.store import directories
from sigil.testing.crash import deaths
from sigil.testing.power import Recorder

FILE = Path(__file__).with_name("crash_scenarios.py")
pytestmark = pytest.mark.crash


@pytest.fixture
def scenario(monkeypatch):
    """The scenarios, with what they change in the ledger's modules put back afterwards."""
    for module, name in ((layout, "FOLDERS"), (refs, "_TRIES"), (packing, "EVERY")):
        monkeypatch.setattr(module, name, getattr(module, name))
    return runpy.run_path(str(FILE))


def judge(scenario, directory, acknowledged, story):
    try:
        scenario["check"](directory, acknowledged)
    except Exception as error:
        raise AssertionError(f"{story}, having reported {acknowledged}") from error


def test_a_kill_at_any_write_loses_nothing_that_was_reported(scenario, memory):
    found = []
    for death in deaths(FILE, "appends", memory):
        story = f"killed {death.moment} {death.name} (call {death.call})"
        judge(scenario, death.directory, death.acknowledged, story)
        shutil.rmtree(death.directory)
        found.append(death)
    assert found[-1].name == ""
    assert found[-1].acknowledged == [0, 1, 2]
    assert len(found) > 100


def test_a_power_cut_at_any_moment_loses_nothing_that_was_reported(scenario, memory, monkeypatch):
    """But for packing, whose writes are libgit2's and cannot be watched."""
    monkeypatch.setattr(packing, "EVERY", 1000)
    (memory / "lived").mkdir()
    recorder = Recorder(memory / "lived")
    with recorder.watching():
        scenario["appends"](memory / "lived", recorder.acknowledge)
    count = 0
    for image in recorder.images():
        (memory / "image").mkdir()
        image.build(memory / "image")
        story = f"after {image.operation!r} the disk kept {image.variant}"
        judge(scenario, memory / "image", image.acknowledged, story)
        shutil.rmtree(memory / "image")
        count += 1
    assert count > 100


def test_a_second_process_may_rely_on_what_a_killed_one_left(scenario, memory, monkeypatch):
    monkeypatch.setattr(packing, "EVERY", 1000)
    (memory / "lived").mkdir()
    first = Recorder(memory / "lived")
    with first.watching():
        scenario["appends"](memory / "lived", first.acknowledge)
    for death in first.images(["all"]):
        (memory / "second").mkdir()
        death.build(memory / "second")
        monkeypatch.setattr(directories, "_settled", set())  # another process knows nothing yet
        second = Recorder(memory / "second", after=death)
        with second.watching():
            scenario["continues"](memory / "second", second.acknowledge)
        shutil.rmtree(memory / "second")
        for image in second.images(["nothing"]):
            if "acknowledge" in image.operation:
                (memory / "image").mkdir()
                image.build(memory / "image")
                judge(scenario, memory / "image", image.acknowledged, f"after {death.operation!r}")
                shutil.rmtree(memory / "image")


# --- several at once --------------------------------------------------------------------

APPENDER = """
import sys
from pathlib import Path
from sigil.ledger import keys
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
place = Path(sys.argv[1])
for number in range(8):
    opened = Ledger.open(place / "ledger", keys.load(place / "key"), Pin(place / "pin.json"))
    opened.append("fact", "api", {"by": sys.argv[2], "n": number})
"""


def test_writers_at_once_lose_nothing(tmp_path):
    key = keys.create(tmp_path / "key")
    pin = Pin(tmp_path / "pin.json")
    made = Ledger.create(tmp_path / "ledger", key, pin)
    command = [sys.executable, "-c", APPENDER, str(tmp_path)]
    processes = [subprocess.Popen([*command, name]) for name in "abc"]
    assert [process.wait(timeout=100) for process in processes] == [0, 0, 0]
    found = [(entry.body["by"], entry.body["n"]) for entry in made.entries()]
    assert sorted(found) == [(name, number) for name in "abc" for number in range(8)]
    assert made.verify({key.key}, pin.read(), full=True).continues == 24


def test_threads_at_once_lose_nothing(tmp_path):
    key = keys.create(tmp_path / "key")
    made = Ledger.create(tmp_path / "ledger", key)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: made.append("fact", "api", {"n": n}), range(12)))
    assert sorted(entry.body["n"] for entry in made.entries()) == list(range(12))
    assert made.verify({key.key}, full=True).size == 12


# --- a disk that refuses ----------------------------------------------------------------


def append_without_end(made):
    while True:
        made.append("fact", "api", {"n": made.tip.size})


def test_a_full_disk_refuses_the_entry_and_keeps_the_others(small, tmp_path):
    key, pin = keys.create(tmp_path / "key"), Pin(tmp_path / "pin.json")
    made = Ledger.create(small / "ledger", key, pin)
    with (small / "ballast").open("wb", buffering=0) as ballast:
        ballast.write(b"x" * 4096 * 20)
    with pytest.raises(DiskFull, match="free some space"):
        append_without_end(made)
    count = made.tip.size
    assert count > 0
    assert made.verify({key.key}, pin.read(), full=True).size == count
    (small / "ballast").unlink()
    assert made.append("fact", "api", {"n": count}).seq == count
    assert made.verify({key.key}, pin.read(), full=True).size == count + 1


def test_a_ledger_is_not_begun_on_a_full_disk(small, tmp_path):
    key = keys.create(tmp_path / "key")
    with (small / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 4096)
    with pytest.raises(DiskFull):
        Ledger.create(small / "ledger", key)
    assert [path.name for path in small.iterdir()] == ["ballast"]


def test_a_packing_that_fails_costs_nothing(ledger, key, monkeypatch):
    monkeypatch.setattr(packing, "EVERY", 4)
    monkeypatch.setattr(packing, "pack", _full)
    assert ledger.append("fact", "api", {}).seq == 3
    assert ledger.verify({key.key}, full=True).size == 4


def _full(_):
    raise DiskFull("no space to write")
