"""Machines that share a ledger over an ordinary git repository lose nothing and believe nothing."""

from __future__ import annotations

import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from sigil.effects import random_bytes
from sigil.errors import (
    AlreadyExists,
    DependencyMissing,
    DiskFull,
    InvalidValue,
    KeyMissing,
    LedgerBroken,
    LedgerForked,
    Unreadable,
    Unwritable,
)
from sigil.ledger import keys, layout, refs, stored
from sigil.ledger import ledger as ledgers
from sigil.ledger.ledger import Ledger
from sigil.ledger.objects import Objects, blob
from sigil.ledger.pins import Pin
from sigil.ledger.remote import Remote
from sigil.ledger.snapshot import RESTORE
from sigil.ledger.syncing import Named, clone, sync


def git(*arguments):
    return subprocess.run(
        ["git", *map(str, arguments)], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def url(tmp_path):
    """An empty repository that everybody can push to."""
    git("init", "--quiet", "--bare", tmp_path / "remote.git")
    return str(tmp_path / "remote.git")


@pytest.fixture(scope="session")
def other_key(tmp_path_factory):
    return keys.create(tmp_path_factory.mktemp("other") / "evaluator.ed25519")


@pytest.fixture
def pair(ledger, url, tmp_path, key, other_key, clock):
    """Two machines, each with its key, that have the same three entries."""
    sync(ledger, Remote(url, ledger.path))
    pin = Pin(tmp_path / "state" / "other.json")
    clone(tmp_path / "other", url, pin, frozenset({key.key}), other_key)
    ledger.pin.trust(ledger.snapshot().checkpoint.ledger, frozenset({other_key.key}))
    return ledger, Ledger.open(tmp_path / "other", other_key, pin, clock)


def share(ledger, url):
    return sync(ledger, Remote(url, ledger.path))


def bodies(ledger):
    return [entry.body["n"] for entry in ledger.entries()]


def checked(ledger):
    return ledger.verify(ledger.known().keys, ledger.known(), full=True)


# --- two machines -----------------------------------------------------------------------


def test_an_empty_remote_gets_everything(ledger, url):
    done = share(ledger, url)
    assert (done.size, done.received, done.sent, done.moved) == (3, 0, 3, 0)
    assert git("-C", url, "rev-parse", "ledger") == ledger.tip.commit
    again = share(ledger, url)
    assert (again.size, again.received, again.sent) == (3, 0, 0)


def test_a_second_machine_begins_with_all_that_is_there(pair):
    one, two = pair
    assert list(two.entries()) == list(one.entries())
    assert checked(two).continues == 3


def test_what_one_adds_the_other_receives(pair, url):
    one, two = pair
    one.append("fact", "api", {"n": 3})
    assert share(one, url).sent == 1
    assert share(two, url).received == 1
    assert bodies(two) == [0, 1, 2, 3]
    assert two.tip.commit == one.tip.commit


def test_what_both_add_at_once_both_have_afterwards(pair, url, other_key, clock):
    one, two = pair
    first = one.append("fact", "api", {"n": "one"})
    clock.advance(5)
    later = [two.append("fact", "api", {"n": n}, {"pr": "sha256:" + "1" * 64}) for n in "ab"]
    share(one, url)
    done = share(two, url)
    assert (done.received, done.sent, done.moved) == (1, 2, 2)
    assert bodies(two) == [0, 1, 2, "one", "a", "b"]
    moved = [two.snapshot().entry(seq) for seq in (4, 5)]
    assert [entry.event for entry in moved] == [entry.event for entry in later]
    assert [entry.key for entry in moved] == [other_key.key] * 2
    assert moved[0].previous == first.digest
    assert checked(two).size == 6
    assert share(one, url).received == 2
    assert list(one.entries()) == list(two.entries())
    assert checked(one).size == 6


def test_a_moved_entry_is_not_earlier_than_the_one_before_it(pair, url, clock):
    one, two = pair
    early = two.append("fact", "api", {"n": "early"})
    clock.advance(100)
    late = one.append("fact", "api", {"n": "late"})
    share(one, url)
    share(two, url)
    moved = two.snapshot().entry(4)
    assert moved.ts == late.ts
    assert moved.event.clock == early.event.clock


@pytest.mark.parametrize(("seconds", "counted"), [(0.17, 0), (60, 0), (61, 1)])
def test_an_entry_that_was_overtaken_while_it_was_shared_blames_no_clock(
    pair, url, clock, seconds, counted
):
    one, two = pair
    two.append("fact", "api", {"n": "early"})
    clock.advance(seconds)
    one.append("fact", "api", {"n": "late"})
    share(one, url)
    share(two, url)
    assert two.verify(two.known().keys, full=True).held_back == counted


def test_nothing_is_sent_twice_when_a_push_was_not_noticed_here(pair, url, monkeypatch):
    """Killed after the remote had taken it, and before it was written down here."""
    one, two = pair
    one.append("fact", "api", {"n": "one"})
    share(one, url)
    two.append("fact", "api", {"n": "two"})
    swap = refs.swap
    monkeypatch.setattr(refs, "swap", _dies)
    with pytest.raises(_Killed):
        share(two, url)
    monkeypatch.setattr(refs, "swap", swap)
    assert bodies(two) == [0, 1, 2, "two"]
    two.append("fact", "api", {"n": "more"})
    done = share(two, url)
    assert bodies(two) == [0, 1, 2, "one", "two", "more"]
    assert (done.received, done.sent) == (1, 1)
    assert checked(two).size == 6


class _Killed(Exception):
    pass


def _dies(*_):
    raise _Killed


def test_an_entry_that_comes_while_another_is_pushed_is_not_lost(pair, url, monkeypatch):
    one, two = pair
    one.append("fact", "api", {"n": "one"})
    share(one, url)
    two.append("fact", "api", {"n": "two"})
    push = Remote.push

    def push_and_append(remote, commit):
        monkeypatch.setattr(Remote, "push", push)
        done = push(remote, commit)
        Ledger.open(two.path, two.signer, two.pin).append("fact", "api", {"n": "meanwhile"})
        return done

    monkeypatch.setattr(Remote, "push", push_and_append)
    done = share(two, url)
    assert bodies(two) == [0, 1, 2, "one", "two", "meanwhile"]
    assert (done.received, done.sent) == (1, 2)
    assert checked(two).size == 6


def test_machines_that_push_all_at_once_lose_nothing(pair, url):
    pair_of_threads = [
        threading.Thread(target=_append_and_share, args=(ledger, url, name))
        for ledger, name in zip(pair, "ab", strict=True)
    ]
    for thread in pair_of_threads:
        thread.start()
    for thread in pair_of_threads:
        thread.join(60)
    for ledger in pair:
        share(ledger, url)
    one, two = pair
    assert list(one.entries()) == list(two.entries())
    assert sorted(bodies(one)[3:]) == sorted(f"{name}{n}" for name in "ab" for n in range(4))
    assert checked(one).size == checked(two).size == 11


def _append_and_share(ledger, url, name):
    for number in range(4):
        ledger.append("fact", "api", {"n": f"{name}{number}"})
        share(ledger, url)


@pytest.mark.parametrize("look", ["check", "sync"])
def test_who_looks_while_a_sync_moves_entries_sees_no_fork(pair, url, monkeypatch, look):
    """Between the moves of the branch and of what is known of it."""
    one, two = pair
    one.append("fact", "api", {"n": "one"})
    share(one, url)
    two.append("fact", "api", {"n": "two"})
    other = Ledger.open(two.path, two.signer, two.pin)
    looking = {"check": other.check, "sync": lambda: share(other, url)}[look]
    with ThreadPoolExecutor(1) as pool:
        looked = _looking_while_it_is_shared(monkeypatch, pool, looking)
        share(two, url)
        assert looked[0].result().size == 5


def _looking_while_it_is_shared(monkeypatch, pool, looking):
    """Let somebody look in the middle of a move, until he is through or waits for his turn."""
    looked, through = [], threading.Event()
    take, note = ledgers.turn, Pin.share

    def taking(*arguments):
        if threading.current_thread() is not threading.main_thread():
            through.set()
        return take(*arguments)

    def noting(pin, state):
        monkeypatch.setattr(Pin, "share", note)
        looked.append(pool.submit(looking))
        looked[0].add_done_callback(lambda _: through.set())
        assert through.wait(60)
        note(pin, state)

    monkeypatch.setattr(ledgers, "turn", taking)
    monkeypatch.setattr(Pin, "share", noting)
    return looked


def test_a_state_that_was_only_signed_again_is_shared_too(pair, url, clock):
    one, two = pair
    clock.advance(50)
    one.attest()
    share(one, url)
    share(two, url)
    assert two.tip.ts == one.tip.ts
    clock.advance(50)
    two.attest()
    one.append("fact", "api", {"n": 3})
    share(one, url)
    share(two, url)
    assert two.tip.commit == one.tip.commit


def test_a_proof_by_the_remote_needs_no_ledger_of_ours(pair, url, tmp_path, key):
    """Whoever has git and the public key can check what is on the remote."""
    found = clone(tmp_path / "third", url, Pin(tmp_path / "third.json"), frozenset({key.key}))
    assert found is not None
    assert (found.size, found.full) == (3, True)


# --- remotes that lie -------------------------------------------------------------------


def test_a_remote_that_lost_entries_is_refused_and_keeps_nothing_from_us(pair, url):
    one, _ = pair
    one.append("fact", "api", {"n": 3})
    share(one, url)
    git("-C", url, "update-ref", "refs/heads/ledger", "ledger~2")
    with pytest.raises(LedgerBroken, match="there were 4, there are 2") as refused:
        share(one, url)
    assert bodies(one) == [0, 1, 2, 3]
    assert str(refused.value).startswith(f"the remote {url}: ")
    assert str(one.path) not in str(refused.value)


def held(ledger) -> set[Path]:
    return {path for path in ledger.path.rglob("*") if path.is_file()}


def test_what_is_refused_leaves_nothing_among_the_objects(pair, url, tmp_path):
    one, _ = pair
    work = tmp_path / "work"
    git("clone", "-q", "-b", "ledger", url, work)
    (work / "large").write_bytes(b"x" * 100_000)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git("-C", work, "add", "-A")
    git("-C", work, *identity, "commit", "-q", "-m", "x")
    git("-C", work, "push", "-q", url, "ledger")
    before = held(one)
    with pytest.raises(LedgerBroken):
        share(one, url)
    assert held(one) == before


class Work:
    """Somebody who can push, and whom nobody trusts."""

    def __init__(self, path, url):
        git("clone", "-q", "-b", "ledger", url, path)
        self.path, self.url = path, url

    def put(self, name, data):
        """Return the tree of the newest state with another file in it."""
        (self.path / name).write_bytes(data)
        git("-C", self.path, "add", name)
        return git("-C", self.path, "write-tree")

    def commit(self, tree, *parents):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
        given = [part for parent in parents for part in ("-p", parent)]
        return git("-C", self.path, *identity, "commit-tree", tree, *given, "-m", "x")

    def push(self, commit):
        git("-C", self.path, "push", "-q", "--force", self.url, f"{commit}:refs/heads/ledger")


@pytest.fixture
def work(pair, url, tmp_path):
    return Work(tmp_path / "work", url)


@pytest.mark.parametrize("way", ["a second parent", "a commit before"])
def test_commits_that_are_no_states_of_the_ledger_are_not_taken(pair, work, url, tmp_path, way):
    one, _ = pair
    large = work.put("large", random_bytes(100_000))
    beside = work.commit(large, "HEAD")
    parents = {"a second parent": ["HEAD", beside], "a commit before": [beside]}[way]
    work.push(work.commit("HEAD^{tree}", *parents))
    before = held(one)
    with pytest.raises(LedgerBroken, match="no former state of this ledger"):
        share(one, url)
    assert held(one) == before
    with pytest.raises(LedgerBroken, match="no former state of this ledger"):
        clone(tmp_path / "third", url, Pin(tmp_path / "third.json"), frozenset())


def test_a_commit_whose_message_is_a_store_of_its_own_is_not_taken(pair, work, url):
    work.push(work.commit("HEAD^{tree}", "HEAD"))
    assert share(pair[0], url).size == 3
    stored_text = random_bytes(40_000).hex()
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    message = work.path / "message"
    message.write_text(stored_text)
    git("-C", work.path, *identity, "commit", "-q", "--allow-empty", "-F", message)
    work.push("HEAD")
    with pytest.raises(LedgerBroken, match="no former state"):
        share(pair[0], url)


@pytest.mark.parametrize("entries", [1, 120], ids=["loose", "packed"])
def test_what_came_beside_a_state_is_left_behind(pair, url, monkeypatch, entries):
    one, two = pair
    for number in range(entries):
        two.append("fact", "api", {"n": number})
    share(two, url)
    extra = blob(random_bytes(1000))
    after_the_fetch(monkeypatch, lambda came: Objects(came.folder).write([extra]))
    assert share(one, url).received == entries
    assert checked(one).size == 3 + entries
    assert not Objects(one.path / "objects").holds(extra.id)
    assert git("-C", one.path, "fsck", "--full") == ""


def test_a_pack_with_an_object_that_no_ledger_holds_is_refused_before_it_is_unfolded(
    pair, work, url, monkeypatch
):
    one, two = pair
    for number in range(120):
        two.append("fact", "api", {"n": number})
    share(two, url)
    git("-C", work.path, "pull", "-q")
    work.push(work.commit(work.put("checkpoint.json", bytes(200_000)), "HEAD"))
    monkeypatch.setattr(stored, "LARGEST", 100_000)
    with pytest.raises(LedgerBroken, match="unfolds to 200000 bytes") as refused:
        share(one, url)
    assert "--force" not in str(refused.value)


def test_a_remote_that_has_a_part_of_the_ledger_is_not_one_without(pair, url, tmp_path):
    one, two = pair
    for number in range(2):
        two.append("fact", "api", {"n": number})
    share(two, url)
    part = tmp_path / "part.git"
    git("clone", "-q", "--bare", "--depth", "1", "-b", "ledger", f"file://{url}", part)
    with pytest.raises(Unreadable, match="without its beginning"):
        clone(tmp_path / "third", str(part), Pin(tmp_path / "third.json"), frozenset())
    with pytest.raises(Unreadable, match="without its beginning"):
        share(one, str(part))


def test_a_branch_of_the_same_name_that_is_no_ledger_is_left_as_it_is(ledger, url, tmp_path):
    git("init", "-q", "-b", "ledger", tmp_path / "code")
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git("-C", tmp_path / "code", *identity, "commit", "-q", "--allow-empty", "-m", "accounts")
    git("-C", tmp_path / "code", "push", "-q", url, "ledger")
    with pytest.raises(LedgerBroken, match="something else, no ledger") as refused:
        share(ledger, url)
    assert "force" not in str(refused.value)
    with pytest.raises(LedgerBroken, match="something else, no ledger"):
        clone(tmp_path / "third", url, Pin(tmp_path / "third.json"), frozenset())


@pytest.mark.parametrize("entries", [1, 120], ids=["loose", "packed"])
def test_what_is_believed_stays_when_the_fetch_is_over(pair, url, entries):
    one, two = pair
    for number in range(entries):
        two.append("fact", "api", {"n": number})
    share(two, url)
    assert share(one, url).received == entries
    assert checked(one).size == 3 + entries
    assert git("-C", one.path, "fsck", "--full") == ""


def test_a_remote_that_lost_entries_is_restored_by_what_the_error_says(pair, url):
    one, _ = pair
    git("-C", url, "update-ref", "refs/heads/ledger", "ledger~2")
    with pytest.raises(LedgerBroken) as refused:
        share(one, url)
    _, _, command = str(refused.value).partition("intact: ")
    words = command.replace(".sigil/ledger", str(one.path)).split()
    assert words[0] == "git"
    git(*words[1:])
    assert share(one, url).size == 3


def test_of_a_checkpoint_that_is_none_it_is_said_on_which_side(pair, url, tmp_path):
    one, other = pair
    work = tmp_path / "work"
    git("clone", "-q", "-b", "ledger", url, work)
    (work / "checkpoint.json").write_text("garbage")
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git("-C", work, *identity, "commit", "-q", "-a", "-m", "x")
    git("-C", work, "push", "-q", url, "ledger")
    with pytest.raises(LedgerBroken, match=rf"^the remote {url}: checkpoint\.json: .*--force"):
        share(one, url)
    git("-C", work, "push", "-q", "--force", other.path, "ledger")
    with pytest.raises(LedgerBroken, match=rf"^{other.path}: checkpoint\.json: .*its remote$"):
        checked(other)


def after_the_fetch(monkeypatch, happens):
    """Let something happen to a copy once the remote's state is here, before it is read."""
    fetch = Remote.fetch

    @contextmanager
    def fetched(remote, known):
        with fetch(remote, known) as found:
            happens(found)
            yield found

    monkeypatch.setattr(Remote, "fetch", fetched)


def damage(ledger, revision):
    """Replace the object that a repository knows by this name."""
    name = git("-C", ledger.path, "rev-parse", revision)
    path = ledger.path / "objects" / name[:2] / name[2:]
    path.chmod(0o600)
    path.write_bytes(b"garbage")


def test_a_copy_that_is_damaged_after_it_was_fetched_is_not_forced_over_a_whole_remote(
    pair, url, monkeypatch
):
    one, two = pair
    two.append("fact", "api", {"n": "two"})
    share(two, url)
    after_the_fetch(monkeypatch, lambda came: shutil.rmtree(came.folder))
    with pytest.raises(LedgerBroken) as refused:
        share(one, url)
    assert str(refused.value).startswith(f"the remote {url}: ")
    assert "--force" not in str(refused.value)
    assert "git fsck there; if that finds nothing, the copy here is damaged" in str(refused.value)
    assert git("-C", url, "fsck", "--full") == ""


def test_an_entry_here_that_is_damaged_is_never_called_the_remotes(pair, url, monkeypatch):
    one, two = pair
    two.append("fact", "api", {"n": "two"})
    share(two, url)
    mine = one.append("fact", "api", {"n": "one"})
    after_the_fetch(
        monkeypatch,
        lambda _: damage(one, f"ledger:{layout.shard(mine.seq)}/{layout.file(mine.seq)}"),
    )
    with pytest.raises(LedgerBroken, match=f"^{one.path}") as refused:
        share(one, url)
    assert "--force" not in str(refused.value)
    assert str(refused.value).endswith(RESTORE)


def test_what_is_known_of_a_ledger_and_is_damaged_is_not_the_remotes_fault(pair, url, tmp_path):
    pin = Pin(tmp_path / "known.json")
    pin.path.write_text("{")
    with pytest.raises(LedgerBroken, match=f"^{pin.path}: .*removing it means to believe"):
        clone(tmp_path / "third", url, pin, frozenset())


def test_a_remote_whose_objects_are_cut_is_said_to_be_damaged(pair, url, tmp_path):
    for path in Path(url, "objects").glob("??/*"):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:10])
    with pytest.raises(Unreadable, match=r"is damaged \(.*; see git fsck there"):
        clone(tmp_path / "third", url, Pin(tmp_path / "third.json"), frozenset())


def test_a_remote_whose_ledger_is_gone_is_refused(pair, url):
    one, _ = pair
    git("-C", url, "update-ref", "-d", "refs/heads/ledger")
    with pytest.raises(LedgerBroken, match="has no ledger now"):
        share(one, url)


def test_a_remote_with_another_history_is_a_fork(pair, url, tmp_path):
    """Somebody with a trusted key wrote the newest entry anew, and forced it there."""
    one, two = pair
    git("-C", two.path, "update-ref", "refs/heads/ledger", "ledger~1")
    Ledger.open(two.path, two.signer).append("eval.decision", "api", {"n": "ALLOW"})
    git("-C", two.path, "push", "--quiet", "--force", url, "ledger:ledger")
    with pytest.raises(LedgerForked, match="first 3 entries"):
        share(one, url)
    assert bodies(one) == [0, 1, 2]


def test_a_remote_with_another_ledger_is_refused(pair, url, tmp_path, key):
    one, _ = pair
    another = Ledger.create(tmp_path / "another", key)
    git("-C", another.path, "push", "--quiet", "--force", url, "ledger:ledger")
    with pytest.raises(LedgerBroken, match="this is the ledger"):
        share(one, url)


def test_entries_of_a_key_that_nobody_trusts_are_not_received(pair, url, stranger):
    one, two = pair
    Ledger.open(two.path, stranger).append("eval.decision", "api", {"n": "ALLOW"})
    git("-C", two.path, "push", "--quiet", url, "ledger:ledger")
    with pytest.raises(LedgerBroken, match="not trusted"):
        share(one, url)
    Ledger.open(two.path, two.signer).append("fact", "api", {"n": "after it"})
    git("-C", two.path, "push", "--quiet", url, "ledger:ledger")
    with pytest.raises(LedgerBroken, match="entry 3 is signed by"):
        share(one, url)
    assert bodies(one) == [0, 1, 2]


def test_a_ledger_here_that_lost_entries_is_not_shared(pair, url):
    one, _ = pair
    one.append("fact", "api", {"n": 3})
    git("-C", one.path, "update-ref", "refs/heads/ledger", "ledger~1")
    with pytest.raises(LedgerBroken, match="1 entry is missing"):
        share(one, url)


def test_entries_that_another_machine_signed_are_not_moved(pair, url, clock, key):
    one, two = pair
    Ledger.open(two.path, key, None, clock).append("fact", "api", {"n": "of one, at two"})
    one.append("fact", "api", {"n": "one"})
    share(one, url)
    with pytest.raises(LedgerForked, match="not by the key of this machine"):
        share(two, url)


def test_objects_that_git_finds_at_fault_are_not_received(pair, url, tmp_path):
    blob = git("-C", url, "rev-parse", "ledger:checkpoint.json")
    path = tmp_path / "remote.git" / "objects" / blob[:2] / blob[2:]
    if path.exists():
        path.chmod(0o644)
        path.write_bytes(b"garbage")
    else:
        for pack in (tmp_path / "remote.git" / "objects" / "pack").glob("*.pack"):
            pack.chmod(0o644)
            pack.write_bytes(pack.read_bytes()[:-40] + bytes(40))
    with pytest.raises((Unreadable, LedgerBroken)):
        clone(tmp_path / "third", url, Pin(tmp_path / "third.json"), frozenset())
    assert not (tmp_path / "third").exists()


# --- what cannot be done ----------------------------------------------------------------


def test_no_remote_there(ledger, tmp_path):
    with pytest.raises(Unreadable, match="cannot be read"):
        share(ledger, str(tmp_path / "nowhere"))


@pytest.mark.parametrize(("side", "kind"), [("", DiskFull), ("remote: ", Unreadable)])
def test_a_full_disk_is_blamed_on_the_machine_whose_it_is(
    ledger, url, tmp_path, monkeypatch, side, kind
):
    """What git said on a disk that was full; one cannot be made without being root."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "git"
    said = f"{side}fatal: write error: No space left on device"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 128\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    with pytest.raises(kind, match="No space left on device"):
        share(ledger, url)


def test_a_remote_that_takes_nothing(ledger, url, tmp_path):
    hook = tmp_path / "remote.git" / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'protected branch' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Unwritable, match="cannot be written"):
        share(ledger, url)


@pytest.mark.parametrize("address", ["", "--upload-pack=touch sprung", "a\nb", "\x1b[2J"])
def test_what_is_no_address_is_not_given_to_git(ledger, address):
    with pytest.raises(InvalidValue, match="no address"):
        Remote(address, ledger.path)


def test_an_address_that_is_a_program_is_not_run(ledger, tmp_path):
    with pytest.raises(Unreadable):
        share(ledger, f"ext::touch {tmp_path}/sprung")
    assert not (tmp_path / "sprung").exists()


def test_a_machine_without_git_is_told_so(ledger, url, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DependencyMissing, match="git"):
        share(ledger, url)


def test_a_hook_that_calls_us_does_not_lend_us_its_repository(ledger, url, tmp_path, monkeypatch):
    """Git tells its hooks which repository they run in, by variables that would lead git astray."""
    git("init", "--quiet", tmp_path / "code")
    for name in ("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.setenv(name, str(tmp_path / "code" / ".git"))
    assert share(ledger, url).sent == 3


def test_a_password_in_an_address_is_not_shown(ledger):
    remote = Remote("https://me:secret@127.0.0.1:1/ledger.git", ledger.path)
    with pytest.raises(Unreadable) as raised:
        sync(ledger, remote)
    assert "secret" not in str(raised.value)


def test_a_remote_that_does_not_answer_is_given_up(ledger, url, tmp_path, monkeypatch):
    waiting = tmp_path / "ssh"
    waiting.write_text("#!/bin/sh\nexec sleep 60\n")
    waiting.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(waiting))
    with pytest.raises(Unreadable, match="did not answer within"):
        sync(ledger, Remote("host:ledger.git", ledger.path, timeout_s=0.2))


def test_traps_in_the_ledgers_own_folder_are_not_sprung(pair, url, tmp_path):
    one, _ = pair
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    (one.path / "hooks").mkdir()
    for hook in ("pre-push", "reference-transaction", "post-update", "pre-auto-gc"):
        (one.path / "hooks" / hook).symlink_to(trap)
    with (one.path / "config").open("a") as config:
        config.write(
            f"\thooksPath = {one.path}/hooks\n\tsshCommand = {trap}\n\tfsmonitor = {trap}\n"
            f"\taskPass = {trap}\n[credential]\n\thelper = {trap}\n"
            f'[url "ext::{trap}"]\n\tinsteadOf = {url}\n[protocol]\n\tallow = always\n'
        )
    one.append("fact", "api", {"n": 3})
    assert share(one, url).sent == 1
    assert not (tmp_path / "sprung").exists()


def test_a_machine_of_which_nothing_is_known_does_not_sync(ledger, url, key):
    with pytest.raises(KeyMissing, match="--trust"):
        share(Ledger.open(ledger.path, key), url)


def test_who_has_no_key_receives_but_moves_nothing(pair, url):
    one, two = pair
    one.append("fact", "api", {"n": 3})
    share(one, url)
    reader = Ledger.open(two.path, None, two.pin)
    assert share(reader, url).received == 1
    one.append("fact", "api", {"n": 4})
    share(one, url)
    two.append("fact", "api", {"n": 5})
    with pytest.raises(LedgerForked):
        share(reader, url)


def test_nothing_is_cloned_from_a_remote_without_a_ledger(url, tmp_path):
    assert clone(tmp_path / "third", url, Pin(tmp_path / "third.json"), frozenset()) is None
    assert not (tmp_path / "third").exists()


def test_nothing_is_cloned_to_where_something_is(pair, url, tmp_path):
    with pytest.raises(AlreadyExists):
        clone(pair[0].path, url, Pin(tmp_path / "third.json"), frozenset())


def test_the_key_of_this_machine_counts_beside_those_that_are_named(
    ledger, url, tmp_path, key, stranger
):
    share(ledger, url)
    pin = Pin(tmp_path / "third.json")
    found = clone(tmp_path / "third", url, pin, frozenset({stranger.key}), key)
    assert found is not None
    assert found.size == 3
    assert pin.read().keys == {key.key, stranger.key}


def test_nothing_is_cloned_that_trusted_keys_have_not_signed(pair, url, tmp_path, stranger):
    with pytest.raises(LedgerBroken, match="not trusted"):
        clone(tmp_path / "third", url, Pin(tmp_path / "third.json"), frozenset({stranger.key}))
    assert not (tmp_path / "third").exists()


# --- whose keys count when a ledger is taken ---------------------------------------------


def intrusion(ledger, url, stranger):
    """Somebody whom nobody approved adds an entry, and the remote takes it."""
    Ledger.open(ledger.path, stranger).append("incident.outage", "api", {"n": "foreign"})
    git("-C", ledger.path, "push", "--quiet", url, "ledger:ledger")


def joined_anew(ledger, url, *keys, signer=None, named=None):
    """Move the ledger away and take the remote's, as docs/ledger.md says for a broken one."""
    ledger.path.rename(ledger.path.with_name("away"))
    return clone(ledger.path, url, ledger.pin, frozenset(keys), signer, named=named)


def test_a_machine_that_knew_the_ledger_believes_nobody_new_when_it_takes_it_again(
    pair, url, key, stranger
):
    one, two = pair
    before = one.known()
    intrusion(two, url, stranger)
    with pytest.raises(LedgerBroken, match="knew the ledger without it") as caught:
        joined_anew(one, url, signer=key)
    assert f"{stranger.key} (1 entry)" in caught.value.problem
    assert caught.value.remedy.endswith(f"--trust {stranger.key}")
    assert not one.path.exists()
    assert one.known() == before


def test_a_key_that_is_named_counts_when_a_ledger_is_taken_again(pair, url, key, stranger):
    one, two = pair
    intrusion(two, url, stranger)
    found = joined_anew(one, url, stranger.key, signer=key)
    assert (found.size, found.continues) == (4, 3)
    assert one.known().keys == {key.key, two.signer.key, stranger.key}


def test_what_names_keys_at_first_use_adds_none_to_those_that_were_known(pair, url, key, stranger):
    one, two = pair
    intrusion(two, url, stranger)
    with pytest.raises(LedgerBroken, match="not trusted"):
        joined_anew(one, url, signer=key, named=Named(frozenset({stranger.key}), "a page"))


def test_nobody_is_asked_to_trust_a_key_of_a_history_that_is_refused_with_it_too(
    pair, url, key, stranger, tmp_path
):
    one, two = pair
    git("-C", two.path, "update-ref", "refs/heads/ledger", "ledger~1")
    Ledger.open(two.path, stranger).append("eval.decision", "api", {"n": "ALLOW"})
    git("-C", two.path, "push", "--quiet", "--force", url, "ledger:ledger")
    with pytest.raises(LedgerForked, match="first 3 entries"):
        joined_anew(one, url, signer=key)
    another = Ledger.create(tmp_path / "another", stranger)
    git("-C", another.path, "push", "--quiet", "--force", url, "ledger:ledger")
    with pytest.raises(LedgerBroken, match="this is the ledger"):
        clone(one.path, url, one.pin, frozenset(), key)


def test_nobody_is_asked_to_trust_a_key_of_another_ledger(pair, url, stranger, tmp_path):
    another = Ledger.create(tmp_path / "another", stranger)
    git("-C", another.path, "push", "--quiet", "--force", url, "ledger:ledger")
    with pytest.raises(LedgerBroken, match="this is the ledger"):
        share(pair[0], url)


def test_a_remote_that_lost_entries_is_not_taken_by_whoever_knew_more(pair, url, key):
    one, _ = pair
    git("-C", url, "update-ref", "refs/heads/ledger", "ledger~1")
    with pytest.raises(LedgerBroken, match="1 entry is missing"):
        joined_anew(one, url, signer=key)


def test_at_first_use_whoever_signed_is_believed_if_nothing_names_anybody(
    pair, url, key, stranger, tmp_path
):
    intrusion(pair[1], url, stranger)
    pin = Pin(tmp_path / "third.json")
    assert clone(tmp_path / "third", url, pin, frozenset(), pair[1].signer).size == 4
    assert pin.read().keys == {key.key, stranger.key, pair[1].signer.key}


def test_at_first_use_a_place_that_names_keys_keeps_all_others_out(
    pair, url, key, stranger, tmp_path
):
    two = pair[1]
    named, pin = Named(frozenset({key.key, two.signer.key}), "the page"), Pin(tmp_path / "3.json")
    intrusion(two, url, stranger)
    with pytest.raises(LedgerBroken, match="not trusted: the page does not name it"):
        clone(tmp_path / "third", url, pin, frozenset(), named=named)
    assert pin.read() is None
    clone(tmp_path / "third", url, pin, frozenset({stranger.key}), named=named)
    assert pin.read().keys == {key.key, stranger.key}


def test_of_many_foreign_keys_some_are_shown_and_all_are_counted(ledger, url, tmp_path, key):
    foreign = Ledger.open(ledger.path)
    for number in range(7):
        foreign.signer = keys.create(tmp_path / f"{number}.ed25519")
        foreign.append("fact", "api", {"n": number})
    git("-C", ledger.path, "push", "--quiet", url, "ledger:ledger")
    with pytest.raises(LedgerBroken, match="and 2 more, which"):
        clone(tmp_path / "third", url, Pin(tmp_path / "3.json"), frozenset({key.key}))
