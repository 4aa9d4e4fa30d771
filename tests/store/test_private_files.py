"""Private files are their owner's alone, whole or absent, and refused once they are not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sigil.errors import AlreadyExists, InvalidValue, KeyMissing, Unwritable
from sigil.store.private_files import (
    MAX_BYTES,
    keys_folder,
    read_private,
    read_to_end,
    write_private,
)

HOME = Path("/home/jo")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private file as it should be."""
    path = tmp_path / "keys" / "api.agekey"
    write_private(path, b"secret\n")
    return path


@pytest.mark.parametrize(
    ("environment", "folder"),
    [({}, "/home/jo/.config/sigil/keys"),
     ({"XDG_CONFIG_HOME": "/etc/jo"}, "/etc/jo/sigil/keys"),
     ({"XDG_CONFIG_HOME": ""}, "/home/jo/.config/sigil/keys"),
     ({"XDG_CONFIG_HOME": "relative"}, "/home/jo/.config/sigil/keys"),
     ({"SIGIL_KEYS": "/run/keys", "XDG_CONFIG_HOME": "/etc/jo"}, "/run/keys")],
)  # fmt: skip
def test_keys_live_where_the_environment_says(environment, folder):
    assert str(keys_folder(environment, lambda: HOME)) == folder


def test_a_folder_that_depends_on_where_one_stands_is_refused():
    with pytest.raises(InvalidValue, match="SIGIL_KEYS is no absolute path"):
        keys_folder({"SIGIL_KEYS": "keys"}, lambda: HOME)


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_a_file_and_its_folder_are_their_owner_s_whatever_the_umask(tmp_path, umask):
    path = tmp_path / "keys" / "api.agekey"
    before = os.umask(umask)
    try:
        if umask == 0o777:  # under which no folder can be entered
            path.parent.mkdir()
            path.parent.chmod(0o700)
        write_private(path, b"secret")
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_nothing_is_overwritten(key):
    with pytest.raises(AlreadyExists):
        write_private(key, b"other")
    assert key.read_bytes() == b"secret\n"
    assert list(key.parent.iterdir()) == [key]


def test_a_folder_that_others_may_enter_takes_no_key(tmp_path):
    (tmp_path / "keys").mkdir(mode=0o755)
    (tmp_path / "keys").chmod(0o755)
    with pytest.raises(KeyMissing, match=r"0755.*chmod 0700"):
        write_private(tmp_path / "keys" / "api.agekey", b"secret")


def test_a_file_in_the_way_of_the_folder_is_said(tmp_path):
    (tmp_path / "keys").write_text("")
    with pytest.raises((Unwritable, KeyMissing)):
        write_private(tmp_path / "keys" / "api.agekey", b"secret")


@pytest.mark.parametrize("bits", [0o604, 0o640, 0o620, 0o660, 0o644, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(key, bits):
    key.chmod(bits)
    with pytest.raises(KeyMissing, match=f"mode {bits:04o}"):
        read_private(key, "make one")


@pytest.mark.parametrize("bits", [0o600, 0o400])
def test_a_file_of_one_s_own_is_read(key, bits):
    key.chmod(bits)
    assert read_private(key, "make one") == b"secret\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(key):
    os.chown(key, 65534, 65534)
    with pytest.raises(KeyMissing, match="another user"):
        read_private(key, "make one")


def test_a_link_is_refused(key, tmp_path):
    (tmp_path / "link").symlink_to(key)
    with pytest.raises(KeyMissing, match="no link"):
        read_private(tmp_path / "link", "make one")


def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyMissing, match="is no file"):
        read_private(tmp_path / "pipe", "make one")


def test_what_is_not_there_has_the_remedy_of_whoever_asked(tmp_path):
    with pytest.raises(KeyMissing, match="no private key; make one"):
        read_private(tmp_path / "none", "make one")


def test_a_flood_is_no_key(key):
    key.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(KeyMissing, match="too large"):
        read_private(key, "make one")


def test_a_pipe_is_read_to_its_end():
    reading, writing = os.pipe()
    os.write(writing, b"sec")
    os.write(writing, b"ret")
    os.close(writing)
    try:
        assert read_to_end(reading, "descriptor") == b"secret"
    finally:
        os.close(reading)


def test_a_descriptor_that_is_not_open_is_said():
    with pytest.raises(KeyMissing, match="Bad file descriptor"):
        read_to_end(987, "descriptor 987")
