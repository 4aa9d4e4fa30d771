"""What is done to a ledger, and what must hold afterwards, however it was cut short.

The key is the same in every child; folders of objects are made when they are needed, as after
`git gc`, so that their names have to be synced too.
"""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sigil.ledger import layout, packing, refs
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
from sigil.testing.clocks import FixedClock

layout.FOLDERS = ("objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags")
refs._TRIES = 4
packing.EVERY = 2


class FixedKey:
    """A key that everybody knows."""

    _private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key = "ed25519:" + base64.b64encode(_private.public_key().public_bytes_raw()).decode()

    def sign(self, data):
        return self._private.sign(data)


def opened(directory):
    return Ledger.open(directory / "ledger", FixedKey(), Pin(directory / "pin.json"), FixedClock())


def appends(directory, acknowledge):
    made = Ledger.create(
        directory / "ledger", FixedKey(), Pin(directory / "pin.json"), FixedClock()
    )
    acknowledge(0)
    for number in range(2):
        made.append("fact", "api", {"n": number})
        acknowledge(number + 1)


def continues(directory, acknowledge):
    """Do what a second process does: whatever it finds, it may rely on."""
    if (directory / "ledger").exists():
        found = opened(directory)
        acknowledge(found.append("fact", "api", {"n": found.tip.size}).seq + 1)


def check(directory, acknowledged):
    if not (directory / "ledger").exists():
        assert not acknowledged
        return
    found = opened(directory)
    known = found.pin.read()
    verified = found.verify({FixedKey.key}, known, full=True)
    assert verified.size >= max(acknowledged, default=0)
    assert [entry.body["n"] for entry in found.entries()] == list(range(verified.size))
    assert found.append("fact", "api", {"n": verified.size}).seq == verified.size
    assert opened(directory).verify({FixedKey.key}, full=True).size == verified.size + 1
    left = [
        path.name for path in (directory / "ledger").rglob("*") if path.name.startswith(".sigil-")
    ]
    left += [path.name for path in (directory / "ledger" / "refs" / "heads").iterdir()]
    assert left == ["ledger"]
