"""A file is whole or absent, and a lock is its holder's alone."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil import canonical
from sigil.errors import Corrupt, DiskFull, InvalidValue, NotFound, Unwritable, WorkspaceBusy
from sigil.store import files
from sigil.store.locks import is_held

HOLDER = """
import sys
from pathlib import Path
from sigil.store import files
with files.lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@pytest.fixture
def holder(tmp_path):
    """Another process that holds ``tmp_path/lock`` until its standard input ends."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


# --- writing ----------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)  # each example waits for the disk
@given(data=st.binary(max_size=2000))
def test_what_was_written_is_read_back(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "written"
    files.write_atomic(path, data)
    assert files.read_file(path) == data
    assert files.read_verified(path, canonical.digest(data)) == data


def test_a_write_replaces_the_file_and_leaves_nothing_beside_it(tmp_path):
    files.write_atomic(tmp_path / "a", b"old" * 1000)
    files.write_atomic(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == {"a"}


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        files.write_atomic(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("through_a_link", [False, True])
@pytest.mark.parametrize("write", [files.write_atomic, files.write_unsynced])
def test_a_pipe_or_a_device_stays_what_it_is(tmp_path, write, through_a_link):
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    if through_a_link:
        path = tmp_path / "link"
        path.symlink_to(pipe)
    with pytest.raises(Unwritable, match="no place for a file"):
        write(path, b"text")
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert {one.name for one in tmp_path.iterdir()} == {"pipe", path.name}


def test_a_symbolic_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "a").symlink_to("precious")
    files.write_atomic(tmp_path / "a", b"new")
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_no_space_is_a_full_disk_and_the_old_file_stays(tmp_path, monkeypatch, number, call):
    files.write_atomic(tmp_path / "a", b"old")

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(DiskFull, match="free some space"):
        files.write_atomic(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == {"a"}


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.EROFS, "read-only"), (errno.EACCES, "permissions")]
)
def test_a_refusal_names_the_file_and_the_remedy(tmp_path, monkeypatch, number, remedy):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Unwritable, match=remedy) as caught:
        files.write_atomic(tmp_path / "a", b"new")
    assert caught.value.where is not None
    assert caught.value.where.file == str(tmp_path / "a")


def test_a_missing_directory_is_a_refusal(tmp_path):
    with pytest.raises(Unwritable, match="create the directory first"):
        files.write_atomic(tmp_path / "no" / "a", b"new")


def test_a_directory_in_the_way_is_a_refusal(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(Unwritable):
        files.write_atomic(tmp_path / "a", b"new")
    assert names(tmp_path) == {"a"}


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_atomic(tmp_path / "a", b"new")
    assert names(tmp_path) == set()


def test_writers_of_one_path_do_not_mix(tmp_path):
    contents = [bytes([number]) * 100_000 for number in range(8)]
    threads = [
        threading.Thread(target=files.write_atomic, args=(tmp_path / "a", data))
        for data in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a").read_bytes() in contents


def test_directories_are_made_with_their_parents(tmp_path):
    files.make_directory(tmp_path / "a" / "b" / "c")
    files.make_directory(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_in_the_way_of_a_directory_is_a_refusal(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(Unwritable, match="part of the path is a file"):
            files.make_directory(path)


# --- leftovers --------------------------------------------------------------------------


def test_what_a_dead_writer_left_is_swept(tmp_path):
    files.temporary_path(tmp_path).write_bytes(b"half")
    (files.temporary_path(tmp_path) / "inputs").mkdir(parents=True)
    (tmp_path / "kept").write_bytes(b"whole")
    assert files.sweep(tmp_path) == 2
    assert names(tmp_path) == {"kept"}


def test_what_is_being_written_is_not_swept(tmp_path):
    with files.temporary_directory(tmp_path) as stage:
        assert files.sweep(tmp_path) == 0
        assert stage.is_dir()
    assert names(tmp_path) == set()


def test_a_link_that_looks_like_a_leftover_is_not_followed(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "sub").mkdir()
    files.temporary_path(tmp_path / "sub").symlink_to(tmp_path / "precious")
    assert files.sweep(tmp_path / "sub") == 0
    assert (tmp_path / "precious").is_dir()


def test_sweeping_what_is_not_there_is_nothing(tmp_path):
    assert files.sweep(tmp_path / "no") == 0


# --- reading ----------------------------------------------------------------------------


def test_other_bytes_are_corrupt_and_the_file_is_named(tmp_path):
    (tmp_path / "a").write_bytes(b"other")
    with pytest.raises(Corrupt, match="has digest sha256") as caught:
        files.read_verified(tmp_path / "a", canonical.digest(b"mine"))
    assert str(tmp_path / "a") in str(caught.value)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        files.read_file(tmp_path / "a")


def test_a_link_where_a_file_was_written_is_corrupt(tmp_path):
    (tmp_path / "a").symlink_to("/etc/hostname")
    with pytest.raises(Corrupt, match="symbolic link"):
        files.read_file(tmp_path / "a")


def test_a_pipe_where_a_file_was_written_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(Corrupt, match="something else"):
        files.read_file(tmp_path / "a")


@pytest.mark.parametrize("path", ["a", "a/b", "a.b/..c", "ü/x y"])
def test_a_path_inside_is_confined(path):
    assert str(files.confined(path)) == path


@pytest.mark.parametrize(
    "path", ["", "/a", "..", "a/../b", "a/..", ".", "a/./b", "a//b", "a/", "a\nb", "a\0b"]
)
def test_a_path_that_leads_out_is_refused(path):
    with pytest.raises(InvalidValue):
        files.confined(path)


# --- locks ------------------------------------------------------------------------------


def test_a_second_holder_learns_who_the_first_is(tmp_path, holder):
    with pytest.raises(WorkspaceBusy, match=f"process {holder.pid} ") as caught:
        files.lock(tmp_path / "lock").__enter__()
    assert "python" in str(caught.value)


def test_the_lock_of_a_dead_process_is_none(tmp_path, holder):
    holder.kill()
    holder.wait()
    with files.lock(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text().startswith(f"{os.getpid()} ")


def test_who_looks_sees_whether_a_lock_is_held(tmp_path, holder):
    assert is_held(tmp_path / "lock")
    holder.kill()
    holder.wait()
    assert not is_held(tmp_path / "lock")
    assert not is_held(tmp_path / "none")


def test_a_lock_is_free_after_its_block(tmp_path):
    for _ in range(2):
        with files.lock(tmp_path / "lock"):
            pass
    assert (tmp_path / "lock").read_text() == ""


def test_one_process_cannot_hold_a_lock_twice(tmp_path):
    with files.lock(tmp_path / "lock"), pytest.raises(WorkspaceBusy, match=str(os.getpid())):
        files.lock(tmp_path / "lock").__enter__()


def test_a_forked_child_does_not_prolong_a_lock(tmp_path):
    script = """
import os, sys
from pathlib import Path
from sigil.store import files
held = files.lock(Path(sys.argv[1]))
held.__enter__()
if os.fork() == 0:
    os.write(1, b"forked")
    sys.stdin.read()
    os._exit(0)
os.kill(os.getpid(), 9)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(6) == b"forked"
        process.wait()
        with files.lock(tmp_path / "lock"):
            pass


def test_a_lock_file_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "lock").symlink_to("precious")
    with pytest.raises(Unwritable, match="symbolic link"):
        files.lock(tmp_path / "lock").__enter__()
    assert (tmp_path / "precious").read_bytes() == b"precious"
