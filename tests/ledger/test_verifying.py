"""A ledger that lost, changed or gained anything by other hands is found out."""

from __future__ import annotations

import shutil
import subprocess
import zlib
from dataclasses import replace

import pytest

from sigil.errors import LedgerBroken, LedgerForked, SigilError
from sigil.ledger import checkpoint, layout, packing, refs
from sigil.ledger.building import build
from sigil.ledger.ledger import Ledger
from sigil.ledger.objects import Objects, blob, commit, tree
from sigil.ledger.pins import Pin
from sigil.ledger.statement import sign

BOTH = pytest.mark.parametrize("full", [False, True], ids=["from the checkpoint", "in full"])


def check(ledger, key, full=True):
    return Ledger.open(ledger.path).verify({key.key}, ledger.pin.read(), full=full)


def move(ledger, built):
    """Make a state the newest one, as somebody with a text editor would."""
    Objects(ledger.path / "objects").write(built.objects)
    (ledger.path / refs.BRANCH).write_text(f"{built.commit}\n")


def earlier(ledger, size):
    """Return an earlier state of a ledger, as git keeps it."""
    command = ["git", "-C", str(ledger.path), "rev-parse", f"ledger~{ledger.tip.size - size}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def truncate(ledger, size):
    (ledger.path / refs.BRANCH).write_text(f"{earlier(ledger, size)}\n")


def replace_file(ledger, folder, name, data, signer):
    """Write a commit in which one file is another one; the checkpoint stays."""
    newest = ledger.snapshot()
    new = blob(data)
    inner = tree(newest.folder(folder) | {name: (False, new.id)})
    root = tree(newest.folders | {folder: (True, inner.id)})
    step = commit(root.id, newest.commit, 0, "changed")
    Objects(ledger.path / "objects").write([new, inner, root, step])
    (ledger.path / refs.BRANCH).write_text(f"{step.id}\n")


# --- what is good -----------------------------------------------------------------------


@BOTH
def test_what_was_appended_is_found_good(ledger, key, full):
    found = check(ledger, key, full)
    assert (found.size, found.root, found.full) == (3, ledger.tip.root, full)
    assert found.continues == 3


def test_what_others_append_continues_what_was_seen(ledger, key):
    Ledger.open(ledger.path, key).append("fact", "api", {})
    found = check(ledger, key)
    assert (found.size, found.continues) == (4, 3)


def test_what_is_read_of_a_verified_state_is_what_was_verified(ledger, key):
    found = check(ledger, key)
    truncate(ledger, 1)
    assert len(list(found.snapshot.entries())) == 3


# --- what is missing --------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_ledger_that_lost_its_newest_entries_is_broken(ledger, key, size, full):
    truncate(ledger, size)
    assert Ledger.open(ledger.path).verify({key.key}, full=True).size == size  # it is a chain
    with pytest.raises(LedgerBroken, match=f"there were 3, there are {size}"):
        check(ledger, key, full)


def test_nothing_is_appended_to_a_ledger_that_lost_entries(ledger, key, pin):
    truncate(ledger, 2)
    with pytest.raises(LedgerBroken, match="1 entry is missing"):
        Ledger.open(ledger.path, key, pin).append("fact", "api", {})
    assert Ledger.open(ledger.path).tip.size == 2


def test_a_branch_that_is_gone_is_no_empty_ledger(ledger, key):
    (ledger.path / refs.BRANCH).unlink()
    with pytest.raises(LedgerBroken):
        check(ledger, key)


@pytest.mark.parametrize("text", ["", "0" * 40, "ref: refs/heads/other\n", "x" * 40, "é"])
def test_a_branch_that_names_no_commit_is_damage(ledger, key, text):
    (ledger.path / refs.BRANCH).write_text(text)
    with pytest.raises(LedgerBroken):
        check(ledger, key)


# --- what is other ----------------------------------------------------------------------


@BOTH
def test_a_history_that_was_written_anew_by_a_trusted_key_is_a_fork(ledger, key, full):
    truncate(ledger, 2)
    for number in range(3):
        Ledger.open(ledger.path, key).append("eval.decision", "api", {"ALLOW": number})
    assert Ledger.open(ledger.path).verify({key.key}, full=True).size == 5
    with pytest.raises(LedgerForked, match="the first 3 entries"):
        check(ledger, key, full)


def test_a_fork_of_the_same_length_is_one_too_and_is_not_continued(ledger, key, pin):
    truncate(ledger, 2)
    Ledger.open(ledger.path, key).append("eval.decision", "api", {})
    with pytest.raises(LedgerForked):
        Ledger.open(ledger.path, key, pin).append("fact", "api", {})


@BOTH
def test_another_ledger_in_the_place_of_ours_is_found_out(ledger, key, tmp_path, full):
    shutil.rmtree(ledger.path)
    Ledger.create(ledger.path, key)
    with pytest.raises(LedgerBroken, match="this is the ledger"):
        check(ledger, key, full)


# --- whose it is ------------------------------------------------------------------------


@BOTH
def test_a_key_that_nobody_trusts_signs_nothing(ledger, key, stranger, full):
    Ledger.open(ledger.path, stranger).append("eval.decision", "api", {})
    with pytest.raises(LedgerBroken, match="not trusted"):
        check(ledger, key, full)


def test_an_entry_of_a_foreign_key_under_a_good_checkpoint_is_found_in_full(ledger, key, stranger):
    """Who is trusted signed what follows, without looking at what was there."""
    Ledger.open(ledger.path, stranger).append("eval.decision", "api", {})
    Ledger.open(ledger.path, key).append("fact", "api", {})
    with pytest.raises(LedgerBroken, match="entry 3 is signed by"):
        check(ledger, key)


def test_who_watches_does_not_sign_after_a_foreign_key(ledger, key, stranger, pin):
    Ledger.open(ledger.path, stranger).append("eval.decision", "api", {})
    with pytest.raises(LedgerBroken, match="not trusted"):
        Ledger.open(ledger.path, key, pin).append("fact", "api", {})


def test_a_checkpoint_that_somebody_else_signed_in_our_name_is_broken(ledger, key, stranger):
    state = ledger.snapshot().checkpoint
    forged = checkpoint.sign(state, _InTheNameOf(key, stranger))
    step = _with_checkpoint(ledger, forged)
    Objects(ledger.path / "objects").write(step)
    (ledger.path / refs.BRANCH).write_text(f"{step[-1].id}\n")
    with pytest.raises(LedgerBroken, match="signature of a checkpoint"):
        check(ledger, key, full=False)


def _with_checkpoint(ledger, data):
    new = blob(data)
    root = tree(ledger.snapshot().folders | {layout.CHECKPOINT: (False, new.id)})
    return [new, root, commit(root.id, None, 0, "forged")]


class _InTheNameOf:
    def __init__(self, victim, forger):
        self.key = victim.key
        self.sign = forger.sign


# --- what was changed -------------------------------------------------------------------


@pytest.fixture
def forged(ledger, key, stranger):
    """A state whose entry 1, of the service api, was signed by a stranger in our name."""
    was = ledger.snapshot().entry(1)
    signer = _InTheNameOf(key, stranger)
    _, data = sign(
        was.event, ledger=was.ledger, seq=1, ts=was.ts, previous=was.previous, signer=signer
    )
    replace_file(ledger, layout.shard(1), layout.file(1), data, key)
    return ledger.snapshot()


@pytest.mark.parametrize("service", ["api", None])
def test_who_reads_the_entries_of_a_service_reads_none_that_is_forged(forged, key, service):
    with pytest.raises(LedgerBroken, match="changed after it was signed"):
        list(forged.genuine({key.key}, service=service))


def test_who_reads_the_entries_of_another_service_is_not_held_up_by_one_that_is_forged(forged, key):
    assert list(forged.genuine({key.key}, service="web")) == []


@BOTH
def test_an_entry_that_is_another_one_breaks_the_root(ledger, key, full):
    state = replace(ledger.snapshot().checkpoint, size=1)
    before = ledger.snapshot().entry(1)
    other = replace(before.event, body={"n": 100})
    _, data = sign(
        other, ledger=state.ledger, seq=1, ts=before.ts, previous=before.previous, signer=key
    )
    replace_file(ledger, layout.shard(1), layout.file(1), data, key)
    with pytest.raises(LedgerBroken):
        check(ledger, key, full)


@BOTH
@pytest.mark.parametrize("extra", ["000000003.json", "readme"])
def test_a_file_that_does_not_belong_is_found(ledger, key, extra, full):
    replace_file(ledger, layout.shard(0), extra, b"{}", key)
    with pytest.raises(LedgerBroken, match="does not hold entries 0 to 2"):
        check(ledger, key, full)


@BOTH
def test_a_folder_that_does_not_belong_is_found(ledger, key, full):
    newest = ledger.snapshot()
    root = tree(newest.folders | {"more": (True, newest.folders[layout.shard(0)][1])})
    step = commit(root.id, newest.commit, 0, "more")
    Objects(ledger.path / "objects").write([root, step])
    (ledger.path / refs.BRANCH).write_text(f"{step.id}\n")
    with pytest.raises(LedgerBroken, match="folders are not those"):
        check(ledger, key, full)


MISPLACED = [
    ("belongs to another ledger", {"ledger": "0" * 32}),
    ("was signed as entry 7", {"seq": 7}),
    ("does not follow the one before it", {"previous": "sha256:" + "0" * 64}),
    ("does not follow the one before it", {"previous": None}),
]


@pytest.mark.parametrize(("problem", "changed"), MISPLACED)
def test_an_entry_that_was_signed_for_another_place_is_found_in_full(ledger, key, problem, changed):
    """A writer of ours that is broken, or a trusted key in wrong hands."""
    built = _built_wrongly(ledger, key, changed)
    move(ledger, built)
    with pytest.raises(LedgerBroken, match=f"entry 3 {problem}"):
        check(ledger, key)


def test_an_entry_that_goes_back_in_time_is_found_in_full(ledger, key, clock):
    start = ledger.snapshot().entry(0).ts
    event = replace(ledger.snapshot().entry(0).event, id="f" * 32, clock=start)
    move(ledger, _built_wrongly(ledger, key, {"ts": start}, event))
    with pytest.raises(LedgerBroken, match="entry 3 is earlier than the one before it"):
        check(ledger, key)


def _built_wrongly(ledger, key, changed, event=None):
    """Return the next state with an entry that is signed with other facts, all hashes in order."""
    newest = ledger.snapshot()
    state = newest.checkpoint
    event = event or replace(newest.entry(0).event, id="f" * 32)
    place = {"ledger": state.ledger, "seq": 3, "ts": state.ts, "previous": state.last} | changed
    entry, data = sign(event, **place, signer=key)
    new, after = blob(data), checkpoint.after(state, entry)
    signed = blob(checkpoint.sign(after, key))
    inner = tree(newest.folder(layout.shard(3)) | {layout.file(3): (False, new.id)})
    folders = {layout.shard(3): (True, inner.id), layout.CHECKPOINT: (False, signed.id)}
    root = tree(newest.folders | folders)
    step = commit(root.id, newest.commit, 0, "wrong")
    built = build(newest, [], key)
    return replace(built, objects=(new, signed, inner, root, step), commit=step.id, state=after)


def unfolded(data):
    try:
        return zlib.decompress(data)
    except zlib.error:
        return None


def test_any_flipped_byte_of_any_object_is_found(tmp_path, key):
    """Bit rot, in every object of the newest state."""
    pin = Pin(tmp_path / "pin.json")
    ledger = Ledger.create(tmp_path / "ledger", key, pin)
    ledger.append("fact", "api", {"n": 0})
    newest = ledger.snapshot()
    (inner,) = [target for is_folder, target in newest.folders.values() if is_folder]
    needed = {newest.commit, inner, *(target for _, target in newest.folders.values())}
    needed |= {target for _, target in newest.folder(layout.shard(0)).values()}
    found = 0
    for name in sorted(needed):
        path = ledger.path / "objects" / name[:2] / name[2:]
        good = path.read_bytes()
        path.chmod(0o644)
        for at in range(0, len(good), 7):
            flipped = good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :]
            if unfolded(flipped) == unfolded(good):
                continue  # deflate leaves a few bits unused
            path.write_bytes(flipped)
            with pytest.raises(LedgerBroken):
                check(ledger, key)
            found += 1
        path.write_bytes(good)
    assert found > 50
    assert check(ledger, key).size == 1


# --- whatever else can be wrong with a folder -------------------------------------------


def _emptied(path):
    path.write_bytes(b"")


def _garbled(path):
    path.write_bytes(bytes(range(256)) * 3)


def _a_folder(path):
    path.unlink()
    path.mkdir()


def _a_link(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def _gone(path):
    path.unlink()


@pytest.mark.parametrize("damage", [_emptied, _garbled, _a_folder, _a_link, _gone])
@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_any_damaged_file_is_an_error_of_ours_or_does_no_harm(tmp_path, key, damage, packed):
    pin = Pin(tmp_path / "pin.json")
    whole = Ledger.create(tmp_path / "whole", key, pin)
    whole.append("fact", "api", {"n": 0})
    if packed:
        packing.pack(whole.path / "objects")
    names = [path.relative_to(whole.path) for path in whole.path.rglob("*") if path.is_file()]
    refused = 0
    for name in names:
        copy = tmp_path / "copy"
        shutil.copytree(whole.path, copy)
        (copy / name).chmod(0o644)
        damage(copy / name)
        try:
            found = Ledger.open(copy, key, pin)
            assert found.verify({key.key}, pin.read(), full=True).size == 1
            assert list(found.entries()) == list(whole.entries())
        except SigilError:
            refused += 1
        shutil.rmtree(copy)
    assert refused >= (2 if packed else 5)
