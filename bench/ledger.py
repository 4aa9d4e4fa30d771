"""What the ledger costs: durable appends, and checking 100,000 entries.

The large ledger is made as appends would leave it, but unsynced, and without the states in
between, which no check reads.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row, median_seconds, seconds
from sigil.effects import SYSTEM_CLOCK, random_bytes
from sigil.ledger import keys, layout, packing, proof, refs
from sigil.ledger.building import build
from sigil.ledger.keys import PrivateKey
from sigil.ledger.ledger import EVALUATOR, Ledger
from sigil.ledger.objects import Objects
from sigil.ledger.pins import Pin
from sigil.ledger.statement import Event
from sigil.store import files

BODY = {"artifact": f"sha256:{'7f' * 32}", "decision": "REVIEW", "score": 0.94, "holdout": 0.82}
APPENDS = 200
ENTRIES = 100_000


def rows() -> Iterator[Row]:
    """Yield every figure of the ledger."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("SIGIL_BENCH_DIR")) as name:
        place = Path(name)
        key = keys.create(place / "evaluator.ed25519")
        yield from appends(place, key)
        yield from checks(place, key)


def appends(place: Path, key: PrivateKey) -> Iterator[Row]:
    """Appends by one writer, each durable before the next, beside the least that a disk can do."""
    ledger = Ledger.create(place / "small", key, Pin(place / "pin.json"))

    def append() -> None:
        for _ in range(APPENDS):
            ledger.append("eval.decision", "api", BODY)

    floor = median_seconds(lambda: files.write_atomic(place / "file", b"x" * 1000), APPENDS)
    took = seconds(append)
    yield Row("entries appended, each durable", APPENDS / took, None, "", "1/s", at_least=50)
    yield Row("one append, with its five objects", 1e3 * took / APPENDS, 1e3 * floor,
              "atomic durable write of 1 kB", "ms")  # fmt: skip


def checks(place: Path, key: PrivateKey) -> Iterator[Row]:
    """Reading and checking a large ledger."""
    path = grown(place / "large", key)
    size = sum(file.stat().st_size for file in (path / "objects").rglob("*") if file.is_file())
    yield Row("an entry on the disk, packed", size / ENTRIES, None, "", "B")
    took = median_seconds(lambda: Ledger.open(path).verify({key.key}), 3)
    yield Row(f"{ENTRIES} entries checked from the checkpoint", took, None, "", "s", at_most=2)
    took = seconds(lambda: Ledger.open(path).verify({key.key}, full=True))
    yield Row(f"{ENTRIES} entries checked in full", took, None, "", "s", at_most=15)
    took = seconds(lambda: sum(1 for _ in Ledger.open(path).entries(kind="eval.decision")))
    yield Row(f"{ENTRIES} entries read", took, None, "", "s")
    checked = Ledger.open(path).verify({key.key})
    proofs = [proof.prove(checked, seq) for seq in (0, ENTRIES // 2, ENTRIES - 1)]
    longest = max(sum(map(len, found.path)) for found in proofs)
    yield Row("hashes in a proof among them", longest, None, "", "B", at_most=544)
    took = median_seconds(lambda: proofs[0].check({key.key}), 9)
    yield Row("a proof checked", 1e6 * took, None, "", "µs")


def grown(path: Path, key: PrivateKey) -> Path:
    """Make a ledger of `ENTRIES` entries."""
    ledger = Ledger.create(path, key)
    objects = Objects(path / "objects")
    sync, os.fsync = os.fsync, lambda _: None
    try:
        for start in range(0, ENTRIES, layout.SHARD):
            events = [event() for _ in range(min(layout.SHARD, ENTRIES - start))]
            newest = ledger.snapshot()
            built = build(newest, events, key)
            objects.write([*built.objects[::5], *built.objects[-4:]])
            refs.swap(path, newest.commit, built.commit)
    finally:
        os.fsync = sync
    packing.pack(path / "objects")
    return path


def event() -> Event:
    return Event(
        random_bytes(16).hex(), "eval.decision", "api", BODY, SYSTEM_CLOCK.now(), EVALUATOR
    )
