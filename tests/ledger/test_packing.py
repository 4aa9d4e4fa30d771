"""A ledger that was packed is the same ledger, and much smaller."""

from __future__ import annotations

import subprocess

import pytest

from sigil.errors import LedgerBroken, SigilError
from sigil.ledger import packing, stored
from sigil.ledger.ledger import Ledger
from sigil.ledger.objects import Objects


def loose(ledger):
    return [path for path in (ledger.path / "objects").glob("??/*") if len(path.name) == 38]


def test_a_packed_ledger_reads_the_same_for_us_and_for_git(ledger, key):
    before, count = list(ledger.entries()), len(loose(ledger))
    assert packing.pack(ledger.path / "objects") == count
    assert loose(ledger) == []
    again = Ledger.open(ledger.path, key)
    assert list(again.entries()) == before
    command = ["git", "-C", str(ledger.path), "fsck", "--strict", "--full"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b""
    again.append("fact", "api", {})
    assert again.verify({key.key}, full=True).size == 4


def test_who_has_a_ledger_open_reads_on_while_it_is_packed(ledger, key):
    opened = Ledger.open(ledger.path)
    entries = opened.entries()
    first = next(entries)
    packing.pack(ledger.path / "objects")
    assert [first.seq, *(entry.seq for entry in entries)] == [0, 1, 2]


def test_appending_packs_now_and_then(ledger, key, monkeypatch):
    monkeypatch.setattr(packing, "EVERY", 4)
    ledger.append("fact", "api", {})
    assert loose(ledger) == []
    assert len(list((ledger.path / "objects" / "pack").glob("*.pack"))) == 1
    assert ledger.verify({key.key}, full=True).size == 4


def test_nothing_loose_is_nothing_to_do(ledger):
    packing.pack(ledger.path / "objects")
    assert packing.pack(ledger.path / "objects") == 0


def test_a_damaged_object_is_not_packed_and_nothing_is_removed(ledger):
    before = loose(ledger)
    before[0].chmod(0o644)
    before[0].write_bytes(b"garbage")
    with pytest.raises(SigilError):
        packing.pack(ledger.path / "objects")
    assert sorted(loose(ledger)) == sorted(before)


def test_a_packed_object_is_not_unfolded_beyond_what_a_ledger_holds(ledger, monkeypatch):
    tip, objects = ledger.tip.commit, ledger.path / "objects"
    packing.pack(objects)
    monkeypatch.setattr(stored, "LARGEST", 10)
    with pytest.raises(LedgerBroken, match="far too long"):
        Objects(objects).read(tip, "commit")
