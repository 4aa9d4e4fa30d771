"""Whatever is left of a file of a ledger, reading it ends: as before, or with an error of ours.

Each try is a child with an alarm. libgit2 comes back neither from a loose object whose stream is
cut nor, where an index leads out of its pack, to the process at all, and no handler of Python's
could end either.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tracemalloc
import zlib
from pathlib import Path

import pytest

from sigil.cli.sigil import main
from sigil.errors import LedgerBroken, SigilError
from sigil.ledger import keys, layout, packing, refs, syncing
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
from sigil.ledger.proof import prove, prove_growth
from sigil.ledger.remote import Remote, remember, remembered
from sigil.ledger.stored import RESTORE
from sigil.store.files import CHUNK

PATIENCE_S = 10
WHOLE, TRACEBACK = 0, 99
BROKEN = LedgerBroken.exit_code


def cut(count):
    return lambda data: data[:count]


DAMAGES = {
    **{f"cut to {count}": cut(count) for count in (0, 1, 5, 10, 20)},
    "cut to half": lambda data: data[: len(data) // 2],
    "cut by one": cut(-1),
    "zeros": lambda data: bytes(len(data)),
    "random": lambda data: (bytes(range(7, 256, 3)) * len(data))[: len(data)],
}
HARMLESS = "cut by one"
"""To a branch, which loses a newline by it."""


def tear(path, damage):
    path.chmod(0o644)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))


def ended(does, said=os.devnull):
    """Return how a child ends in which something is done: its exit code, or a signal, negative.

    What it says on standard error is in the file ``said`` then.
    """
    child = os.fork()
    if child == 0:
        code = TRACEBACK
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(PATIENCE_S)
            with Path(said).open("w") as told, contextlib.redirect_stderr(told):
                does()
            code = WHOLE
        except SigilError as error:
            code = error.exit_code
        except SystemExit as end:
            code = end.code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def use(path, key, pin, entries):
    """Do with a ledger all that is done with one; what it says must be what was written."""
    found = Ledger.open(path, key, pin)
    checked = found.verify({key.key}, pin.read(), full=True)
    assert list(found.entries()) == entries
    prove(checked, 0)
    prove_growth(checked, 1)
    found.append("fact", "api", {"n": len(entries)})
    assert found.verify({key.key}, full=True).size == len(entries) + 1


def needed(ledger):
    """Return the files of a ledger without which its newest state cannot be read."""
    newest = ledger.snapshot()
    names = {newest.commit, objects_of(newest)["the root"]}
    names |= {name for _, name in newest.folders.values()}
    names |= {name for _, name in newest.folder(layout.shard(0)).values()}
    return {ledger.path / refs.BRANCH} | {loose(ledger, name) for name in names}


def objects_of(newest):
    commit = newest.objects.read(newest.commit, "commit").decode()
    return {
        "the commit": newest.commit,
        "the root": commit.split()[1],
        "the checkpoint": newest.folders[layout.CHECKPOINT][1],
        "the folder": newest.folders[layout.shard(0)][1],
        "the entry": newest.folder(layout.shard(0))[layout.file(0)][1],
    }


def loose(ledger, name):
    return ledger.path / "objects" / name[:2] / name[2:]


@pytest.fixture
def used(ledger, key, pin, tmp_path):
    """Return how the use of a copy ends of which some files are torn."""
    entries = list(ledger.entries())

    def tried(files, damage):
        copy, memory = tmp_path / "copy", tmp_path / "memory.json"
        shutil.copytree(ledger.path, copy)
        shutil.copy(pin.path, memory)
        for file in files:
            tear(copy / file.relative_to(ledger.path), damage)
        code = ended(lambda: use(copy, key, Pin(memory), entries))
        shutil.rmtree(copy)
        return code

    return tried


def files_of(ledger):
    return {file for file in ledger.path.rglob("*") if file.is_file()}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_torn_file_is_an_error_where_it_is_needed_and_no_harm_elsewhere(ledger, used, damage):
    without = needed(ledger)
    if damage == HARMLESS:
        without.remove(ledger.path / refs.BRANCH)
    assert {file: used([file], damage) for file in without} == dict.fromkeys(without, BROKEN)
    assert used(files_of(ledger) - without, damage) == WHOLE


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_torn_pack_or_index_is_an_error(ledger, used, damage):
    packing.pack(ledger.path / "objects")
    packed = {file for file in files_of(ledger) if file.parent.name == "pack"}
    assert {file.suffix: used([file], damage) for file in packed} == {
        ".pack": BROKEN,
        ".idx": BROKEN,
    }
    assert used([], damage) == WHOLE


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_torn_index_of_several_packs_is_an_error_and_a_whole_one_is_none(ledger, used, damage):
    packing.pack(ledger.path / "objects")
    subprocess.run(["git", "-C", ledger.path, "multi-pack-index", "write"], check=True)
    index = ledger.path / "objects" / "pack" / "multi-pack-index"
    assert used([], damage) == WHOLE
    assert used([index], damage) == BROKEN


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_torn_list_of_branches_is_an_error(ledger, used, damage):
    subprocess.run(["git", "-C", ledger.path, "pack-refs", "--all"], check=True)
    assert not (ledger.path / refs.BRANCH).exists()
    expected = WHOLE if damage == HARMLESS else BROKEN
    assert used([ledger.path / "packed-refs"], damage) == expected


def test_an_index_that_leads_out_of_its_pack_is_an_error_and_made_anew_as_it_says(ledger, key, pin):
    packing.pack(ledger.path / "objects")
    (index,) = (ledger.path / "objects" / "pack").glob("*.idx")
    data = bytearray(index.read_bytes())
    data[-44] ^= 0xFF  # the last offset: behind it stand two checksums
    index.chmod(0o644)
    index.write_bytes(data)
    assert ended(lambda: use(ledger.path, key, pin, [])) == BROKEN
    with pytest.raises(
        LedgerBroken, match="is damaged; remove it, then: git index-pack"
    ) as refused:
        Ledger.open(ledger.path).snapshot().checkpoint  # noqa: B018 (reading is what is tried)
    index.unlink()
    subprocess.run(str(refused.value).rpartition("then: ")[2].split(), check=True)
    assert Ledger.open(ledger.path, key, pin).check(full=True).size == 3


def test_an_object_that_is_torn_but_stands_in_a_pack_too_is_read_there(ledger, key, pin):
    entries = list(ledger.entries())
    copies = {file: file.read_bytes() for file in needed(ledger) if refs.BRANCH not in str(file)}
    packing.pack(ledger.path / "objects")
    for file, data in copies.items():
        file.write_bytes(data[: len(data) // 2])
    assert ended(lambda: use(ledger.path, key, pin, entries)) == WHOLE


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_torn_object_is_not_packed_and_nothing_is_removed(ledger, damage):
    file = loose(ledger, objects_of(ledger.snapshot())["the entry"])
    tear(file, damage)
    before = sorted((ledger.path / "objects").rglob("*"))
    assert ended(lambda: packing.pack(ledger.path / "objects")) == BROKEN
    assert sorted((ledger.path / "objects").rglob("*")) == before


def test_a_whole_object_under_the_name_of_another_is_refused(ledger):
    names = objects_of(ledger.snapshot())
    file = loose(ledger, names["the entry"])
    file.chmod(0o644)
    shutil.copyfile(loose(ledger, names["the checkpoint"]), file)
    with pytest.raises(LedgerBroken, match="its file holds something else"):
        list(ledger.entries())


@pytest.mark.parametrize("name", ["", "../../../../etc/passwd", "a" * 39, "A" * 40, "é" * 40])
def test_what_is_no_name_of_an_object_leads_to_no_file(ledger, name):
    with pytest.raises(LedgerBroken, match="names no object"):
        ledger.snapshot().objects.read(name, "blob")


def test_an_object_that_unfolds_without_end_is_refused(ledger):
    file = loose(ledger, objects_of(ledger.snapshot())["the entry"])
    file.chmod(0o644)
    file.write_bytes(zlib.compress(b"blob 999999999\0" + bytes(2**27)))
    with pytest.raises(LedgerBroken, match="too long"):
        list(ledger.entries())


@pytest.mark.parametrize("end", ["before it", "behind it"])
def test_of_a_file_that_is_far_too_long_little_is_held(ledger, end):
    file = loose(ledger, objects_of(ledger.snapshot())["the entry"])
    entries = list(ledger.entries())
    file.chmod(0o644)
    if end == "before it":
        file.write_bytes(b"")
    os.truncate(file, 4 * CHUNK + 2**27)
    tracemalloc.start()
    try:
        if end == "before it":
            with pytest.raises(LedgerBroken, match="its file is damaged"):
                list(ledger.entries())
        else:
            assert list(ledger.entries()) == entries
        assert tracemalloc.get_traced_memory()[1] < 16 * CHUNK
    finally:
        tracemalloc.stop()


# --- commands ---------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A repository whose ledger has three entries, a key and a remote of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "memory"))
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "private"))
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "remote.git"], check=True)
    path = tmp_path / "home" / layout.HOME
    path.parent.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home")
    made = Ledger.create(path, keys.create(keys.path_of()), Pin.of(path))
    for number in range(3):
        made.append("fact", "api", {"n": number})
    return made


COMMANDS = {
    "log": ["log"], "list": ["list"], "show": ["show", "0"], "verify": ["verify"],
    "verify in full": ["verify", "--full"], "prove": ["prove", "0"],
    "prove growth": ["prove", "--growth", "1"], "export": ["export"],
    "decoded": ["export", "--decoded"], "sync": ["sync", "../remote.git"],
}  # fmt: skip


@pytest.mark.parametrize("what", ["the commit", "the entry"])
@pytest.mark.parametrize("named", COMMANDS)
def test_a_command_that_meets_a_torn_object_says_so_on_a_line(
    home, tmp_path, monkeypatch, named, what
):
    name = objects_of(home.snapshot())[what]
    tear(loose(home, name), "cut to half")
    monkeypatch.setattr("sys.argv", ["sigil", "ledger", *COMMANDS[named]])
    assert ended(main, tmp_path / "said") == BROKEN
    *warnings, last = (tmp_path / "said").read_text().splitlines()
    assert all(line.startswith("sigil: warning: ") for line in warnings)
    assert last.startswith(f"sigil: {home.path}")
    assert f"the object {name} cannot be read (its file is cut short" in last


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("shared", [False, True], ids=["first push", "later push"])
@pytest.mark.parametrize("what", ["the commit", "the folder", "the checkpoint"])
def test_a_torn_object_of_an_older_state_is_not_said_to_be_the_remotes(
    home, tmp_path, what, shared, damage
):
    remote = Remote(str(tmp_path / "remote.git"), home.path)
    if shared:
        syncing.sync(home, remote)
    home.append("fact", "api", {"n": 3})
    older = objects_of(home.snapshot())[what]
    home.append("fact", "api", {"n": 4})
    tear(loose(home, older), damage)
    with pytest.raises(LedgerBroken, match=f"^{home.path}: .*{older}") as refused:
        syncing.sync(home, remote)
    assert str(refused.value).endswith(f"; {RESTORE}")
    assert home.check(full=True).size == 5


@pytest.mark.parametrize(
    "change",
    [
        *map(cut, (0, 1, 5, 10, 20, 60, 75, 87, 88, 90)),
        lambda data: bytes(len(data)),
        lambda data: data.replace(b"remote.git", b"\xff"),
        lambda data: data.replace(b"[remote", b"[\xff"),
    ],
)
def test_settings_that_are_torn_do_not_stop_sharing_in_silence(home, tmp_path, change):
    remember(home.path, str(tmp_path / "remote.git"))
    assert remembered(home.path) == str(tmp_path / "remote.git")
    file = home.path / "config"
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(
        LedgerBroken, match=f"^{file}: is damaged; remove it.*sigil ledger sync URL"
    ):
        remembered(home.path)
    file.unlink()
    assert remembered(home.path) is None
