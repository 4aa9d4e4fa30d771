"""Bytes under the digest of their content."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil import canonical
from sigil.errors import Corrupt, InvalidValue, NotFound
from sigil.store import files
from sigil.store.blobs import Blobs


@settings(deadline=None, max_examples=30)  # each example waits for the disk
@given(data=st.binary())
def test_what_was_put_is_got(tmp_path_factory, data):
    blobs = Blobs(tmp_path_factory.getbasetemp() / "blobs")
    digest = blobs.put(data)
    assert digest == canonical.digest(data)
    assert blobs.get(digest) == data
    assert digest in blobs


def test_putting_twice_changes_nothing(tmp_path):
    blobs = Blobs(tmp_path)
    before = blobs.path(blobs.put(b"x")).stat()
    after = blobs.path(blobs.put(b"x")).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert list(blobs) == [canonical.digest(b"x")]


def test_putting_at_once_from_many_threads_is_one_blob(tmp_path):
    blobs = Blobs(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(blobs.put, [b"x" * 10_000] * 32))
    assert list(blobs) == list(digests)


def test_a_damaged_blob_is_corrupt_and_named(tmp_path):
    blobs = Blobs(tmp_path)
    path = blobs.path(blobs.put(b"x"))
    path.write_bytes(b"y")
    with pytest.raises(Corrupt, match=path.name):
        blobs.get(canonical.digest(b"x"))


def test_putting_mends_a_damaged_blob(tmp_path):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"x")
    blobs.path(digest).write_bytes(b"y")
    blobs.put(b"x")
    assert blobs.get(digest) == b"x"


def test_a_blob_that_was_never_put_is_not_found(tmp_path):
    digest = canonical.digest(b"x")
    assert digest not in Blobs(tmp_path / "none")
    with pytest.raises(NotFound):
        Blobs(tmp_path / "none").get(digest)


@pytest.mark.parametrize(
    "digest", ["", "x", "sha256:", "sha256:" + "A" * 64, "sha256:../" + "a" * 61]
)
def test_what_is_no_digest_is_no_path(tmp_path, digest):
    with pytest.raises(InvalidValue):
        Blobs(tmp_path).path(digest)


def test_leftovers_are_no_blobs_and_are_swept(tmp_path):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"x")
    files.temporary_path(blobs.path(digest).parent).write_bytes(b"half")
    assert list(blobs) == [digest]
    assert blobs.sweep() == 1
