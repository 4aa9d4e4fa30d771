"""What is appended is read again, in order, by anybody, and stays when something goes wrong."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from sigil.errors import (
    AlreadyExists,
    InvalidValue,
    KeyMissing,
    LedgerBroken,
    NotFound,
    SigilError,
    Unreadable,
    WorkspaceBusy,
)
from sigil.ledger import layout, refs
from sigil.ledger.building import build
from sigil.ledger.ledger import Ledger
from sigil.ledger.objects import Objects
from sigil.store import files
from sigil.testing.clocks import START, FixedClock


def numbers(ledger, **chosen):
    return [entry.body["n"] for entry in ledger.entries(**chosen)]


def git(ledger, *arguments):
    command = ["git", "-C", str(ledger.path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# --- reading and writing ----------------------------------------------------------------


def test_a_new_ledger_is_empty(tmp_path, key):
    made = Ledger.create(tmp_path / "ledger", key)
    assert list(made.entries()) == []
    assert made.tip.size == 0
    assert made.verify({key.key}, full=True).size == 0


def test_entries_come_back_in_order_and_from_another_process_too(ledger):
    assert numbers(ledger) == [0, 1, 2]
    again = Ledger.open(ledger.path)
    assert list(again.entries()) == list(ledger.entries())
    assert [entry.seq for entry in again.entries()] == [0, 1, 2]


def test_an_entry_says_what_when_by_whom_and_after_what(ledger, key, clock):
    clock.advance(60)
    added = ledger.append("eval.decision", "api", {"n": 3}, {"pr": "sha256:" + "7" * 64})
    *_, former, found = ledger.entries()
    assert found == added
    assert (found.kind, found.service, found.body) == ("eval.decision", "api", {"n": 3})
    assert found.ts == found.event.clock == START + timedelta(seconds=63)
    assert (found.key, found.previous) == (key.key, former.digest)
    assert found.event.subjects == {"pr": "sha256:" + "7" * 64}
    assert found.event.evaluator.startswith("sigil@")


def test_entries_are_chosen_by_kind_service_and_time(ledger, clock):
    clock.advance(10)
    ledger.append("incident.outage", "billing", {"n": 3})
    ledger.append("incident.eval.regression", "api", {"n": 4})
    assert numbers(ledger, kind="eval.complete") == [0, 1, 2]
    assert numbers(ledger, kind="incident.*") == [3, 4]
    assert numbers(ledger, service="billing") == [3]
    assert numbers(ledger, since=START + timedelta(seconds=3)) == [2, 3, 4]
    assert numbers(ledger, kind="incident.*", service="api") == [4]


def test_one_entry_is_read_by_its_number(ledger):
    assert ledger.snapshot().entry(1).body == {"n": 1}
    with pytest.raises(NotFound, match="entries 0 to 2"):
        ledger.snapshot().entry(3)


def test_more_entries_than_a_folder_holds_are_one_list(tmp_path, key, monkeypatch):
    monkeypatch.setattr(layout, "SHARD", 4)
    made = Ledger.create(tmp_path / "ledger", key)
    for number in range(10):
        made.append("fact", "api", {"n": number})
    assert numbers(made) == list(range(10))
    assert made.verify({key.key}, full=True).size == 10
    assert [seq for seq, _ in made.snapshot().raw(5)] == [5, 6, 7, 8, 9]


def test_what_was_read_once_does_not_change_by_what_is_appended(ledger):
    before = ledger.snapshot()
    ledger.append("fact", "api", {"n": 3})
    assert [entry.body["n"] for entry in before.entries()] == [0, 1, 2]


def test_git_reads_it_finds_no_fault_and_sees_one_commit_an_entry(ledger):
    assert git(ledger, "fsck", "--strict", "--full") == ""
    assert git(ledger, "log", "--format=%s", "ledger").splitlines() == [
        "2 eval.complete api", "1 eval.complete api", "0 eval.complete api", "ledger",
    ]  # fmt: skip
    assert git(ledger, "rev-list", "--merges", "ledger") == ""


def test_what_git_packs_is_read_and_goes_on(ledger, key):
    git(ledger, "-c", "gc.auto=0", "gc", "--prune=now", "--quiet")
    assert not (ledger.path / refs.BRANCH).exists()
    again = Ledger.open(ledger.path, key)
    assert numbers(again) == [0, 1, 2]
    again.append("fact", "api", {"n": 3})
    assert numbers(again) == [0, 1, 2, 3]


def test_a_state_can_be_signed_again_later_without_an_entry(ledger, clock, key):
    before = ledger.tip
    clock.advance(100)
    after = ledger.attest()
    assert (after.size, after.root) == (before.size, before.root)
    assert after.ts == before.ts + timedelta(seconds=100)
    assert numbers(ledger) == [0, 1, 2]
    assert ledger.verify({key.key}, full=True).ts == after.ts
    ledger.append("fact", "api", {"n": 3})
    assert ledger.verify({key.key}, full=True).size == 4


# --- clocks -----------------------------------------------------------------------------


def test_a_clock_that_jumps_back_does_not_take_time_back(ledger, key, pin):
    back = Ledger.open(ledger.path, key, pin, FixedClock(START - timedelta(days=9)))
    entry = back.append("fact", "api", {"n": 3})
    assert entry.ts == START + timedelta(seconds=3)
    assert entry.event.clock == START - timedelta(days=9)
    assert back.verify({key.key}, full=True).held_back == 1


# --- refusals ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "Eval", "eval.", ".eval", "a b", "a\n", "e" * 200, "é"])
def test_a_kind_is_words_between_dots(ledger, kind):
    with pytest.raises(InvalidValue, match="kind"):
        ledger.append(kind, "api", {})


@pytest.mark.parametrize("service", ["", "a\x1b[2J", "x" * 129])
def test_a_service_has_a_name_that_can_be_shown(ledger, service):
    with pytest.raises(InvalidValue, match="name"):
        ledger.append("fact", service, {})


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, "\ud800", {1: 2}, b"x", object()]
)
def test_a_body_is_what_json_can_say_everywhere(ledger, value):
    with pytest.raises(InvalidValue, match="JSON"):
        ledger.append("fact", "api", {"x": value})
    assert ledger.tip.size == 3


def test_a_body_as_deep_as_no_reader_follows_is_refused(ledger):
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidValue, match="JSON"):
        ledger.append("fact", "api", {"x": deep})


def test_a_body_that_is_too_long_is_refused(ledger):
    with pytest.raises(InvalidValue, match="too long"):
        ledger.append("fact", "api", {"x": "x" * 2**20})


@pytest.mark.parametrize("digest", ["7" * 64, "sha256:7", "sha256:" + "G" * 64])
def test_a_subject_has_a_digest(ledger, digest):
    with pytest.raises(InvalidValue, match="sha256"):
        ledger.append("fact", "api", {}, {"pr": digest})


@pytest.mark.parametrize(
    "value", [2.0**53, 1e20, -(2.0**60), 1e21, 5e-324, -0.0, 1.0, (1, 2), "ä\U0001f600", 2**53 - 1]
)
def test_whatever_is_taken_is_read_again(ledger, key, value):
    entry = ledger.append("fact", "api", {"x": value})
    assert ledger.snapshot().entry(3) == entry
    assert entry.body["x"] == (list(value) if isinstance(value, tuple) else value)
    assert ledger.verify({key.key}, full=True).size == 4


def test_who_has_no_key_reads_only(ledger):
    with pytest.raises(KeyMissing):
        Ledger.open(ledger.path).append("fact", "api", {})


def test_a_ledger_is_not_made_where_something_is(ledger, key, tmp_path):
    with pytest.raises(AlreadyExists):
        Ledger.create(ledger.path, key)
    (tmp_path / "file").touch()
    with pytest.raises(AlreadyExists):
        Ledger.create(tmp_path / "file", key)
    assert ledger.tip.size == 3


def test_no_ledger_is_said_to_be_none(tmp_path):
    with pytest.raises(NotFound, match="sigil ledger init"):
        Ledger.open(tmp_path)


@pytest.mark.parametrize("part", [".", "objects", "refs", "refs/heads"])
def test_a_part_that_is_a_link_is_refused(ledger, tmp_path, part):
    whole = ledger.path / part
    whole.rename(tmp_path / "elsewhere")
    whole.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LedgerBroken, match="symbolic link"):
        Ledger.open(ledger.path)


@pytest.mark.parametrize("part", [".", "objects", "refs/heads", "refs/heads/ledger"])
def test_a_part_that_may_not_be_read_is_said_to_be_so(ledger, part):
    """In a child, since a test that runs as root may read everything."""
    (ledger.path / part).chmod(0)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = _status_of_a_stranger(ledger.path)
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    (ledger.path / part).chmod(0o755)
    assert status == Unreadable.exit_code


def _status_of_a_stranger(path):
    """Return how reading ends for a user who owns nothing."""
    try:
        path.parent.chmod(0o755)
        if os.geteuid() == 0:
            os.setuid(65534)
        list(Ledger.open(path).entries())
    except SigilError as error:
        return error.exit_code
    return 0


def test_a_writer_who_waits_in_vain_is_told_who_holds_the_ledger(ledger, monkeypatch):
    monkeypatch.setattr("sigil.ledger.turns.turn.__wrapped__.__defaults__", (0.0,))
    with files.lock(ledger.path / layout.LOCK), pytest.raises(WorkspaceBusy, match="process"):
        ledger.append("fact", "api", {})
    assert ledger.append("fact", "api", {}).seq == 3


# --- git's own means --------------------------------------------------------------------


def test_hooks_and_settings_of_the_repository_are_not_executed(ledger, key, tmp_path):
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    (ledger.path / "hooks").mkdir()
    for hook in ("pre-commit", "reference-transaction", "post-commit", "update", "pre-push"):
        (ledger.path / "hooks" / hook).symlink_to(trap)
    with (ledger.path / "config").open("a") as config:
        config.write(
            f"\tfsmonitor = {trap}\n\thooksPath = hooks\n\tsshCommand = {trap}\n\tpager = {trap}\n"
        )
    again = Ledger.open(ledger.path, key)
    again.append("fact", "api", {"n": 3})
    assert again.verify({key.key}, full=True).size == 4
    assert not (tmp_path / "sprung").exists()


def test_a_lock_that_git_holds_is_waited_for_and_not_taken(ledger, monkeypatch):
    monkeypatch.setattr(refs, "_TRIES", 3)
    lock = ledger.path / f"{refs.BRANCH}.lock"
    lock.write_text("0" * 40 + "\n")
    with pytest.raises(WorkspaceBusy, match=r"ledger\.lock"):
        ledger.append("fact", "api", {})
    assert lock.exists()
    lock.unlink()
    assert ledger.append("fact", "api", {}).seq == 3


@pytest.mark.parametrize("left", ["sigil\n", "sig", ""])
def test_a_lock_that_a_killed_process_of_ours_left_is_removed(ledger, monkeypatch, left):
    monkeypatch.setattr(refs, "_TRIES", 3)
    (ledger.path / f"{refs.BRANCH}.lock").write_text(left)
    assert ledger.append("fact", "api", {}).seq == 3
    assert not (ledger.path / f"{refs.BRANCH}.lock").exists()


def test_a_branch_that_git_moves_meanwhile_is_not_overwritten(ledger, key, monkeypatch):
    """Somebody pushes into the ledger between our reading and our writing."""
    first = ledger.snapshot().entry(0).event
    pushed = build(ledger.snapshot(), [replace(first, id="f" * 32, body={"n": 3})], key)
    Objects(ledger.path / "objects").write(pushed.objects)
    swap = refs.swap

    def pushed_first(path, old, new):
        monkeypatch.setattr(refs, "swap", swap)
        assert swap(path, old, pushed.commit)
        return swap(path, old, new)

    monkeypatch.setattr(refs, "swap", pushed_first)
    assert ledger.append("fact", "api", {"n": 4}).seq == 4
    assert numbers(ledger) == [0, 1, 2, 3, 4]
