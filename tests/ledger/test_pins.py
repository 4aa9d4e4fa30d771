"""What was seen is remembered outside of the ledger, and never less than before by accident."""

from __future__ import annotations

import shutil

import pytest

from sigil.errors import LedgerBroken
from sigil.ledger import pins
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import NOTHING, Pin, Seen


@pytest.fixture
def state(ledger):
    return ledger.snapshot().checkpoint


@pytest.fixture
def memory(tmp_path):
    return Pin(tmp_path / "pins" / "one.json")


def test_nothing_is_known_at_first(memory):
    assert memory.read() is None


def test_trust_is_added_and_stays(memory, state, key, stranger):
    memory.trust(state.ledger, frozenset({key.key}))
    memory.trust(state.ledger, frozenset({stranger.key}))
    known = Pin(memory.path).read()
    assert known.keys == {key.key, stranger.key}
    assert (known.seen, known.shared) == (NOTHING, None)


def test_another_ledger_is_not_trusted_in_the_place_of_one(memory, state, key):
    memory.trust(state.ledger, frozenset({key.key}))
    with pytest.raises(LedgerBroken, match="this is the ledger"):
        memory.trust("0" * 32, frozenset())


def test_what_was_seen_last_is_remembered(memory, ledger, key):
    memory.trust(ledger.snapshot().checkpoint.ledger, frozenset({key.key}))
    for number in range(3):
        ledger.append("fact", "api", {"n": number})
        memory.advance(ledger.snapshot().checkpoint)
    assert Pin(memory.path).read().seen == Seen(6, ledger.tip.root)


def test_a_ledger_is_not_begun_anew_where_one_is_known_to_have_been(ledger, key):
    shutil.rmtree(ledger.path)
    with pytest.raises(LedgerBroken, match="was here before, with 3 entries"):
        Ledger.create(ledger.path, key, ledger.pin)
    assert not ledger.path.exists()
    ledger.pin.path.unlink()
    assert Ledger.create(ledger.path, key, ledger.pin).tip.size == 0


def test_many_lines_become_one_file(memory, ledger, key, monkeypatch):
    monkeypatch.setattr(pins, "_LONG", 200)
    memory.trust(ledger.snapshot().checkpoint.ledger, frozenset({key.key}))
    for number in range(7):
        ledger.append("fact", "api", {"n": number})
        memory.advance(ledger.snapshot().checkpoint)
    assert memory.read().seen == Seen(10, ledger.tip.root)
    assert memory.path.with_suffix(".seen").stat().st_size < 300


@pytest.mark.parametrize("tail", [b"7", b"7 ab\n", b"\0\0\0", b"9999999 " + b"0" * 64, b"\xff\n"])
def test_lines_that_a_power_cut_tore_are_passed_over(memory, state, key, tail):
    memory.trust(state.ledger, frozenset({key.key}))
    memory.advance(state)
    with memory.path.with_suffix(".seen").open("ab") as recent:
        recent.write(tail)
    assert memory.read().seen == Seen(state.size, state.root)


def test_what_is_shared_is_seen_too_even_if_it_is_less(memory, state, key):
    memory.trust(state.ledger, frozenset({key.key}))
    memory.share(state)
    known = memory.read()
    assert known.seen == known.shared == Seen(3, state.root)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"keys": ["x"], "ledger": "", "seen": {}, "shared": null}',
        b'{"keys": [], "ledger": "a", "seen": {"size": -1, "root": "%b"}, "shared": null}'
        % (b"0" * 64),
        b'{"keys": [], "ledger": "a", "seen": {"size": 1, "root": "00"}, "shared": null}',
    ],
)
def test_a_damaged_memory_is_no_empty_one(memory, data):
    memory.path.parent.mkdir()
    memory.path.write_bytes(data)
    with pytest.raises(LedgerBroken, match="does not say what was seen"):
        memory.read()


def test_each_place_has_a_memory_of_its_own_and_a_link_has_that_of_its_target(tmp_path):
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")}
    (tmp_path / "link").symlink_to(tmp_path)
    one, two, linked = (
        Pin.of(tmp_path / name, environment).path for name in ("one", "two", "link/one")
    )
    assert one.parent == tmp_path / "state" / "sigil" / "ledgers"
    assert one != two
    assert linked == one
