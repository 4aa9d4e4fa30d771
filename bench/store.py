"""What durable storage costs, beside the disk's own floor where there is one."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row, median_seconds, seconds
from sigil import canonical
from sigil.store import files, index, journal, manifests
from sigil.store.journal import Journal
from sigil.store.manifests import Manifest, Stored
from sigil.store.records import RunRecord
from sigil.store.verify import verify

BODY = {"candidate": "7f" * 32, "costs": [1.5, 2.0], "status": "measured", "elapsed_s": 0.012}
FRAMES = 100_000
RUNS = 5000


def rows() -> Iterator[Row]:
    """Yield every figure of the store."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("SIGIL_BENCH_DIR")) as name:
        place = Path(name)
        yield from small_files(place)
        yield from frames(place)
        yield from records(place)
        yield from trees(place / "tree")
        yield from large_files(place)


def small_files(place: Path) -> Iterator[Row]:
    """An atomic durable write, beside the two syncs that it cannot do without."""

    def floor() -> None:
        descriptor = os.open(place / "floor", os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, b"x" * 1000)
        os.fsync(descriptor)
        os.close(descriptor)
        files.sync_directory(place)
        (place / "floor").unlink()

    ours = median_seconds(lambda: files.write_atomic(place / "file", b"x" * 1000), 50)
    yield Row("atomic durable write of 1 kB", 1e6 * ours, 1e6 * median_seconds(floor, 50),
              "write + 2 fsync", "µs", at_most=2)  # fmt: skip


def frames(place: Path) -> Iterator[Row]:
    """Appending, syncing, waiting and recovering."""
    path = place / "run.journal"

    def append() -> None:
        with Journal.open(path) as opened:
            for _ in range(FRAMES):
                opened.append("evaluated", BODY)

    yield Row("journal frames appended and durable", FRAMES / seconds(append), None, "", "1/s",
              at_least=10_000)  # fmt: skip
    took = median_seconds(lambda: sum(1 for _ in journal.read(path)), 3)
    yield Row(f"reading {FRAMES} frames", took, None, "", "s")
    took = median_seconds(lambda: Journal.open(path).close(), 3)
    yield Row(f"recovering a journal of {FRAMES} frames", took, None, "", "s", at_most=1)
    with Journal.open(path) as opened:
        took = median_seconds(lambda: opened.wait(opened.append("evaluated", BODY)), 9)
    yield Row("append until durable, without hurrying", 1e3 * took, None, "", "ms", at_most=100)


def records(place: Path) -> Iterator[Row]:
    """One run of a governed job: made, finished, found again."""
    counts = iter(range(1_000_000))

    def run() -> None:
        snapshots = {"brief": b"%d" % next(counts), "context": b"x" * 2000}
        record = RunRecord.claim(place / "job", "copy", snapshots)
        record.write("outputs/a.json", b"{}\n")
        record.finish("succeeded", ["outputs"])

    yield Row("a run made, written and finished", 1e3 * median_seconds(run, 20), None, "", "ms")
    snapshots = {"brief": b"0", "context": b"x" * 2000}

    def replay() -> None:
        record = RunRecord.claim(place / "job", "copy", snapshots)
        verify(record.directory).raise_if_corrupt()

    yield Row("a replay: found, every byte verified", 1e3 * median_seconds(replay, 20), None, "",
              "ms", at_most=1)  # fmt: skip


def trees(root: Path) -> Iterator[Row]:
    """Verifying and indexing many small runs, warm."""
    for number in range(RUNS):
        small_run(root / f"job{number % 20}", number)
    verify(root)
    floor = median_seconds(lambda: hash_everything(str(root)), 3)
    ours = median_seconds(lambda: verify(root), 3)
    yield Row("small runs verified (3 inputs, 1 output), per second", RUNS / ours, RUNS / floor,
              "read + SHA-256 of the same files", "1/s", at_least=0.4)  # fmt: skip
    import sqlalchemy.dialects.sqlite  # noqa: F401  its import is not what is measured

    def anew() -> None:
        (root / index.FILE_NAME).unlink(missing_ok=True)
        index.reindex(root)

    floor = median_seconds(lambda: parse_everything(str(root)), 3)
    yield Row("manifests indexed anew, per second", RUNS / median_seconds(anew, 3), RUNS / floor,
              "read + json.loads of each", "1/s", at_least=0.5)  # fmt: skip
    ours = median_seconds(lambda: index.reindex(root), 3)
    yield Row("manifests indexed, none changed, per second", RUNS / ours, RUNS / floor,
              "read + json.loads of each", "1/s", at_least=1)  # fmt: skip


def hash_everything(root: str) -> None:
    """Do the least that any verifier has to do: walk, open, read, hash; compare nothing."""
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.is_dir():
                hash_everything(entry.path)
            else:
                canonical.digest(read_plainly(entry.path))


def read_plainly(path: str) -> bytes:
    """Read a small file with the fewest calls that there are."""
    descriptor = os.open(path, os.O_RDONLY)
    data = os.read(descriptor, 2**20)
    os.close(descriptor)
    return data


def parse_everything(root: str) -> None:
    """Do the least that any indexer has to do: walk, open, read, parse; store nothing."""
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name == manifests.FILE_NAME:
                json.loads(read_plainly(entry.path))
            elif entry.is_dir():
                parse_everything(entry.path)


def small_run(parent: Path, number: int) -> None:
    """Write a finished run without syncing it, which is not what is measured."""
    snapshots = {"brief": b'{"n": %d}\n' % number, "context": b"[]\n" * 200, "model_config": b"{}"}
    inputs_hash = canonical.snapshots_hash(snapshots)
    directory = parent / canonical.run_id(inputs_hash)
    contents = {f"inputs/{name}.json": data for name, data in snapshots.items()}
    contents["outputs/a.json"] = b"%d" % number
    for path, data in contents.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(data)
    stored = {p: Stored(p, canonical.digest(data), len(data)) for p, data in contents.items()}
    manifest = Manifest(
        directory.name, inputs_hash, "copy", "succeeded",
        {name: stored[f"inputs/{name}.json"] for name in snapshots},
        {"outputs/a.json": stored["outputs/a.json"]},
    )  # fmt: skip
    (directory / manifests.FILE_NAME).write_bytes(manifests.render(manifest))


def large_files(place: Path) -> Iterator[Row]:
    """Verifying 256 MiB, beside SHA-256 over the same bytes in memory."""
    data = os.urandom(2**20) * 256
    digest = canonical.digest(data)
    path = place / digest[7:9] / digest[7:]
    path.parent.mkdir()
    path.write_bytes(data)
    verify(path)
    rate = len(data) / 1e9 / median_seconds(lambda: verify(path), 3)
    began = time.perf_counter()
    canonical.digest(data)
    floor = len(data) / 1e9 / (time.perf_counter() - began)
    yield Row("large files verified", rate, floor, "SHA-256 in memory", "GB/s", at_least=0.8)
