"""Figures of the commands face: the warm way, and checkouts of a small and a large repository.

Medians, with both sides taken in turns, so that a noisy neighbour disturbs them alike.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bench.row import Row, seconds
from sigil.sandbox.base import Base, freeze
from sigil.sandbox.checkout import open_checkout
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.overlay import overlay_holds

SCRIPTS = {
    "benchmark.py": """\
import argparse
import json
import random
import statistics
import time
from dataclasses import asdict, dataclass

@dataclass
class Result:
    latency_ms: float
    runs: int

def routine(values):
    return sorted(values)[0]

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=5)
runs = parser.parse_args().runs
values = [random.Random(7).random() for _ in range(100)]
taken = []
for _ in range(runs):
    start = time.perf_counter()
    routine(values)
    taken.append(1e3 * (time.perf_counter() - start))
print(json.dumps(asdict(Result(statistics.median(taken), runs))))
""",
    "small.py": """\
import argparse
import json
import re

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=3)
print(json.dumps({"n": parser.parse_args().runs, "words": re.findall(r"\\w+", "a b c")}))
""",
}
"""What an eval typically runs, and the least that it could run."""
SMALL, LARGE = 10, 50_000
TURNS = 60


def rows() -> Iterator[Row]:
    """Yield every figure of the commands face."""
    with _folder(in_memory=True) as memory, _folder(in_memory=False) as disk:
        small, large = (_repository(memory, count) for count in (SMALL, LARGE))
        with CommandSandbox() as sandbox:
            yield from _warm(sandbox, small, memory, "benchmark.py", at_most=0.2)
            yield from _warm(sandbox, small, memory, "small.py")
            yield from _warm(sandbox, small, disk, "benchmark.py", where=", scratch on disk")
            yield from _sizes(sandbox, small, large, memory)
        left = [path for place in (memory, disk) for path in (place / "scratch").glob("*")]
        mounted = str(memory) in Path("/proc/self/mountinfo").read_text()
    yield Row("left in scratch or mounted afterwards", len(left) + mounted, None, "", "", at_most=0)


def _warm(
    sandbox: CommandSandbox,
    base: Base,
    place: Path,
    script: str,
    *,
    where: str = "",
    at_most: float | None = None,
) -> Iterator[Row]:
    """``python script`` sealed and warm against a bare `subprocess.run` of the same."""
    scratch = place / "scratch"
    command = f"python {script} --runs 7"

    def bare() -> None:
        argv = [sys.executable, base.path / script, "--runs", "7"]
        subprocess.run(argv, capture_output=True, check=True)

    def whole() -> None:
        with open_checkout(base, {}, scratch=scratch) as checkout:
            sandbox.run(command, checkout=checkout)

    with open_checkout(base, {}, scratch=scratch) as checkout:

        def sealed() -> None:
            result = sandbox.run(command, checkout=checkout)
            if not result.warm or result.exit_code != 0:
                raise SystemExit("the script did not run warm")

        ours, with_checkout, peer = _in_turns([sealed, whole, bare], TURNS)
    against = "subprocess.run"
    name = f"python {script}, sealed and warm{where}"
    yield Row(name, ours, peer, against, "ms", at_most=at_most)
    yield Row(f"{name}, checkout included", with_checkout, peer, against, "ms")


def _sizes(sandbox: CommandSandbox, small: Base, large: Base, place: Path) -> Iterator[Row]:
    """The same on a repository of ten files and of fifty thousand."""
    scratch = place / "scratch"
    change = {"f0/0.txt": "changed\n"}

    def opened(base: Base) -> Callable[[], None]:
        return lambda: open_checkout(base, change, scratch=scratch).close()

    def used(base: Base) -> Callable[[], None]:
        def once() -> None:
            with open_checkout(base, change, scratch=scratch) as checkout:
                sandbox.run("true", checkout=checkout)

        return once

    for name, kind in (("open + close", opened), ("open + run true + close", used)):
        ours, other = _in_turns([kind(large), kind(small)], TURNS)
        against = f"{SMALL} files"
        yield Row(f"checkout of {LARGE} files: {name}", ours, other, against, "ms", at_most=1.5)


def _in_turns(actions: list[Callable[[], None]], times: int) -> list[float]:
    """Return the median milliseconds of each action, taken one after the other."""
    for action in actions:
        action()
    taken = [[seconds(action) for action in actions] for _ in range(times)]
    return [1e3 * median(column) for column in zip(*taken, strict=True)]


def _repository(place: Path, count: int) -> Base:
    """Freeze a folder of ``count`` files and a script, in folders of a hundred."""
    root = place / f"repo-{count}"
    for number in range(count):
        folder = root / f"f{number // 100}"
        if number % 100 == 0:
            folder.mkdir(parents=True)
        (folder / f"{number}.txt").write_bytes(b"%d\n" % number)
    for name, text in SCRIPTS.items():
        (root / name).write_text(text)
    return freeze(root, place / "cache")


@contextlib.contextmanager
def _folder(*, in_memory: bool) -> Iterator[Path]:
    """Give a new folder, in memory if the machine has such a place that overlays accept."""
    shared = Path("/dev/shm")
    usable = in_memory and os.access(shared, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="sigil-bench-", dir=shared if usable else None) as name:
        if usable and not overlay_holds(Path(name)):
            with _folder(in_memory=False) as other:
                yield other
                return
        yield Path(name)
