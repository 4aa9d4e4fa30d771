"""What was reported durable is read again; what was torn is dropped; damage is named."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.errors import Corrupt, DiskFull, InvalidValue, NotFound, Unwritable, WorkspaceBusy
from sigil.store import frames, journal
from sigil.store.journal import Frame, Journal

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
BODIES = st.dictionaries(
    TEXT, st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT | st.lists(st.integers()),  # noqa: E501  one strategy
    max_size=4,
)  # fmt: skip
FACTS = st.lists(st.tuples(TEXT, BODIES), min_size=1, max_size=8)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.journal"


def write(path, count, start=0):
    with Journal.open(path) as opened:
        for number in range(start, start + count):
            opened.append("fact", {"n": number})
    return path.read_bytes().splitlines(keepends=True)


def numbers(path):
    return [frame.body["n"] for frame in journal.read(path)]


def lines(facts, synced=0):
    return [
        frames.encode(number, kind, body, synced) for number, (kind, body) in enumerate(facts, 1)
    ]


# --- the form ---------------------------------------------------------------------------


def test_a_frame_is_one_readable_line(path):
    with Journal.open(path) as opened:
        opened.append("proposed", {"patch": "a\nb", "seed": 7})
    assert path.read_text() == (
        '6cb1bd73 {"body":{"patch":"a\\nb","seed":7},"kind":"proposed","seq":1,"synced":0}\n'
    )


@settings(deadline=None)
@given(facts=FACTS)
def test_frames_are_read_as_they_were_written(tmp_path_factory, facts):
    path = tmp_path_factory.getbasetemp() / "law.journal"
    path.write_bytes(b"".join(lines(facts)))
    assert list(journal.read(path)) == [
        Frame(number, kind, body) for number, (kind, body) in enumerate(facts, 1)
    ]


@settings(deadline=None)
@given(facts=FACTS, data=st.data())
def test_any_cut_leaves_the_frames_before_it(tmp_path_factory, facts, data):
    path = tmp_path_factory.getbasetemp() / "cut.journal"
    written = lines(facts)
    whole = b"".join(written)
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    ends = [sum(map(len, written[:count])) for count in range(len(written) + 1)]
    assert len(list(journal.read(path))) == sum(end <= cut for end in ends) - 1


@settings(deadline=None)
@given(facts=FACTS, data=st.data())
def test_no_flipped_byte_is_read_as_a_fact(tmp_path_factory, facts, data):
    path = tmp_path_factory.getbasetemp() / "flip.journal"
    whole = bytearray(b"".join(lines(facts)))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    expected = [Frame(number, kind, body) for number, (kind, body) in enumerate(facts, 1)]
    found = []
    try:
        found.extend(journal.read(path))
    except Corrupt:
        return
    assert found == expected[: len(found)]
    assert len(found) < len(expected)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {1, 2}])
def test_what_json_cannot_say_is_refused_and_harms_nothing(path, value):
    with Journal.open(path) as opened:
        with pytest.raises((ValueError, TypeError)):
            opened.append("bad", {"value": value})
        assert opened.append("good", {}) == 1


def test_a_huge_body_is_refused_and_harms_nothing(path):
    with Journal.open(path) as opened:
        with pytest.raises(InvalidValue, match="put the bytes into a blob"):
            opened.append("bad", {"value": "x" * journal.MAX_FRAME})
        assert opened.append("good", {}) == 1


# --- the tail ---------------------------------------------------------------------------


def test_a_journal_continues_where_it_ended(path):
    write(path, 3)
    write(path, 2, start=3)
    assert numbers(path) == [0, 1, 2, 3, 4]


def test_a_torn_last_frame_is_dropped_by_a_reader_and_cut_off_by_a_writer(path):
    written = write(path, 3)
    path.write_bytes(b"".join(written)[:-5])
    assert numbers(path) == [0, 1]
    with Journal.open(path) as opened:
        assert opened.recovered == len(written[2]) - 5
        assert opened.last == opened.durable == 2
    assert path.read_bytes() == b"".join(written[:2])


def test_a_frame_without_its_newline_is_torn(path):
    written = write(path, 2)
    path.write_bytes(b"".join(written)[:-1])
    assert numbers(path) == [0]


def test_a_last_line_with_a_wrong_checksum_is_torn(path):
    written = write(path, 2)
    path.write_bytes(written[0] + b"0" * 20 + b"\n")
    assert numbers(path) == [0]


def test_a_hole_in_the_last_group_is_torn(path):
    written = lines([("fact", {"n": n}) for n in range(6)], synced=2)
    written[3] = b"\0" * len(written[3])
    path.write_bytes(b"".join(written))
    assert numbers(path) == [0, 1, 2]


def test_a_hole_in_what_a_later_frame_calls_synced_is_damage(path):
    written = lines([("fact", {"n": n}) for n in range(6)], synced=0)
    written[5] = frames.encode(6, "fact", {"n": 5}, 4)
    written[3] = b"\0" * (len(written[3]) - 1) + b"\n"
    path.write_bytes(b"".join(written))
    with pytest.raises(Corrupt, match=r"run\.journal:4: the checksum"):
        numbers(path)


@pytest.mark.parametrize("line", [0, 4, 8])
def test_a_flipped_byte_in_the_middle_is_damage_and_the_line_is_named(path, line):
    written = write(path, 10)
    flipped = bytearray(written[line])
    flipped[20] ^= 1
    written[line] = bytes(flipped)
    path.write_bytes(b"".join(written))
    with pytest.raises(Corrupt, match=rf"run\.journal:{line + 1}: "):
        numbers(path)
    with pytest.raises(Corrupt, match=rf"run\.journal:{line + 1}: "):
        Journal.open(path)
    assert path.read_bytes() == b"".join(written)


@pytest.mark.parametrize("order", [[0, 2], [0, 0, 1], [1, 0], [1]])
def test_a_frame_that_is_missing_or_out_of_order_is_damage(path, order):
    written = write(path, 3)
    path.write_bytes(b"".join(written[number] for number in order))
    with pytest.raises(Corrupt, match="missing or stands out of order"):
        numbers(path)


def test_a_reader_beside_a_writer_never_sees_half_a_frame(path):
    stop = threading.Event()

    def keep_writing():
        with Journal.open(path) as opened:
            while not stop.is_set():
                opened.append("fact", {"text": "x" * 3000})

    thread = threading.Thread(target=keep_writing)
    thread.start()
    try:
        counts = [sum(1 for _ in journal.read(path)) for _ in range(20) if path.exists()]
    finally:
        stop.set()
        thread.join()
    assert counts == sorted(counts)


# --- durability -------------------------------------------------------------------------


def test_sync_makes_everything_durable(path):
    with Journal.open(path) as opened:
        for _ in range(5):
            opened.append("fact", {"n": 0})
        assert opened.sync() == 5
        assert opened.durable == 5


def test_a_waiter_is_woken_when_its_frame_is_durable(path):
    with Journal.open(path) as opened:
        sequence = opened.append("fact", {})
        opened.wait(sequence)
        assert opened.durable >= sequence


def test_many_threads_share_the_syncs(path, monkeypatch):
    calls = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda fd: (calls.append(fd), real(fd)))

    def work(opened):
        for _ in range(25):
            opened.append("fact", {"n": 0})

    with Journal.open(path) as opened:
        threads = [threading.Thread(target=work, args=(opened,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        opened.sync()
    assert len(numbers(path)) == 200
    assert len(calls) < 50


def test_closing_makes_everything_durable_and_twice_is_harmless(path):
    opened = Journal.open(path)
    opened.append("fact", {"n": 1})
    opened.close()
    opened.close()
    assert opened.durable == 1
    with pytest.raises(Unwritable, match="closed"):
        opened.append("fact", {})


def test_waiting_for_what_never_comes_ends_with_the_journal(path):
    opened = Journal.open(path)
    outcome = []

    def wait():
        try:
            opened.wait(1)
        except Unwritable as error:
            outcome.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    opened.close()
    thread.join(10)
    assert "closed" in outcome[0]


def test_a_failed_sync_is_never_taken_back(path, monkeypatch):
    opened = Journal.open(path)

    def refuse(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", refuse)
        opened.append("fact", {})
        with pytest.raises(Unwritable, match="check the disk"):
            opened.sync()
    for action in (opened.sync, lambda: opened.append("fact", {}), opened.close):
        with pytest.raises(Unwritable, match="check the disk"):
            action()
    assert opened.durable == 0


# --- a full disk, an interrupt, a fork --------------------------------------------------


def test_a_full_disk_refuses_the_append_and_the_journal_goes_on_later(path, monkeypatch):
    real = os.write
    room = [30]

    def write_some(descriptor, data):
        if descriptor != opened._descriptor:
            return real(descriptor, data)
        if room[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        part = min(room[0], len(data))
        room[0] -= part
        return real(descriptor, bytes(data)[:part])

    with Journal.open(path) as opened:
        opened.append("fact", {"n": 0})
        opened.sync()
        with monkeypatch.context() as full:
            full.setattr(os, "write", write_some)
            with pytest.raises(DiskFull, match="free some space"):
                opened.append("fact", {"n": 1})
        assert numbers(path) == [0]
        assert path.read_bytes().endswith(b"\n")
        assert opened.append("fact", {"n": 2}) == 2
    assert numbers(path) == [0, 2]


def test_an_interrupted_append_leaves_no_part_of_a_frame(path, monkeypatch):
    real = os.write

    def interrupt(descriptor, data):
        real(descriptor, bytes(data)[:10])
        raise KeyboardInterrupt

    with Journal.open(path) as opened:
        opened.append("fact", {"n": 0})
        with monkeypatch.context() as interrupted:
            interrupted.setattr(os, "write", interrupt)
            with pytest.raises(KeyboardInterrupt):
                opened.append("fact", {"n": 1})
        opened.append("fact", {"n": 2})
    assert numbers(path) == [0, 2]


def test_a_second_writer_is_refused_and_told_who_writes(path):
    with Journal.open(path), pytest.raises(WorkspaceBusy, match=str(os.getpid())):
        Journal.open(path)
    with Journal.open(path):
        pass


def test_a_refused_opening_leaves_the_lock_free(path):
    write(path, 3)
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"n":0', b'"n":9'))
    with pytest.raises(Corrupt):
        Journal.open(path)
    path.write_bytes(good)
    assert len(write(path, 1)) == 4


def test_a_forked_child_never_writes(path):
    script = """
import os, sys
from pathlib import Path
from sigil.errors import WorkspaceBusy
from sigil.store.journal import Journal
opened = Journal.open(Path(sys.argv[1]))
opened.append("fact", {"n": 0})
child = os.fork()
if child == 0:
    refused = 0
    for action in (lambda: opened.append("fact", {"n": 1}), opened.sync, lambda: opened.wait(9)):
        try:
            action()
        except WorkspaceBusy:
            refused += 1
    opened.close()
    sys.exit(refused)
status = os.waitpid(child, 0)[1]
opened.append("fact", {"n": 2})
opened.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""
    command = [sys.executable, "-W", "ignore", "-c", script, str(path)]
    assert subprocess.run(command, check=False, timeout=60).returncode == 3
    assert numbers(path) == [0, 2]


def test_a_process_that_ends_without_closing_loses_nothing(path):
    script = """
import sys
from pathlib import Path
from sigil.store.journal import Journal
Journal.open(Path(sys.argv[1])).append("fact", {"n": 0})
"""
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=60)
    assert numbers(path) == [0]


# --- places -----------------------------------------------------------------------------


def test_a_journal_that_is_not_there_is_not_found(path):
    with pytest.raises(NotFound):
        next(journal.read(path))


def test_a_journal_in_a_missing_directory_is_refused(tmp_path):
    with pytest.raises(Unwritable):
        Journal.open(tmp_path / "no" / "run.journal")


def test_a_journal_that_is_a_link_is_refused(path, tmp_path):
    (tmp_path / "precious").write_bytes(b"precious")
    path.symlink_to(tmp_path / "precious")
    with pytest.raises(Unwritable, match="symbolic link"):
        Journal.open(path)
    assert (tmp_path / "precious").read_bytes() == b"precious"


@settings(deadline=None, max_examples=10)
@given(sizes=st.lists(st.integers(0, 200_000), min_size=1, max_size=5))
def test_frames_of_any_size_are_read_in_a_stream(tmp_path_factory, sizes):
    path = tmp_path_factory.getbasetemp() / "sizes.journal"
    path.write_bytes(b"".join(lines([("big", {"x": "y" * size}) for size in sizes])))
    assert [len(frame.body["x"]) for frame in journal.read(path)] == sizes
