"""Which bytes does a value have, and what is their digest?

Pure, and the only place in Sigil that hashes: an identity that is derived in two places
is an identity that will differ one day. The forms are fixed by ADR 1 and pinned by
vectors in ``tests/test_canonical.py``.

Two JSON forms, never mixed:

* `snapshot_json` is what stands in a file (sorted, indented, newline at the end);
* `compact_json` is what is hashed when no file exists (sorted, no spaces).

Not here: RFC 8785 for signed and exported documents, which differs on 1.0 and 1e-7
(`sigil.ledger.dsse`).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping

DIGEST_PREFIX = "sha256:"
SALT_BYTES = 32


def snapshot_json(value: object) -> bytes:
    """Return ``value`` as the bytes of a file: sorted keys, indent 2, raw Unicode, newline.

    Raises:
        ValueError: ``value`` holds NaN, infinity or a lone surrogate.
        TypeError: ``value`` holds something that JSON has no form for.
    """
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def compact_json(value: object) -> bytes:
    """Return ``value`` as sorted JSON without white space, in UTF-8.

    Raises:
        ValueError: ``value`` holds NaN, infinity or a lone surrogate.
        TypeError: ``value`` holds something that JSON has no form for.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(data: bytes) -> str:
    """Return ``sha256:<64 hex>`` of ``data``."""
    return DIGEST_PREFIX + hashlib.sha256(data).hexdigest()


def digest_stream(chunks: Iterable[bytes]) -> str:
    """Return the digest of the concatenation of ``chunks``, in constant memory."""
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
    return DIGEST_PREFIX + state.hexdigest()


def digest_value(value: object) -> str:
    """Return the digest of the compact form of a JSON-like ``value``."""
    return digest(compact_json(value))


def digest_files(files: Mapping[str, str]) -> str:
    """Return the identity of a set of text files: the digest of ``{path: text}``.

    Two candidates whose pinned files have equal text are one candidate, however they
    were reached.
    """
    return digest_value(dict(files))


def inputs_hash(snapshot_digests: Mapping[str, str]) -> str:
    """Return the identity of a run's frozen inputs.

    Args:
        snapshot_digests: ``{name: "sha256:…"}`` over the manifest's snapshot names.

    Returns:
        ``sha256:<hex>`` of the compact sorted JSON of the mapping; neither the order of
        the mapping nor the place of any file enters it.
    """
    return digest_value(dict(snapshot_digests))


def run_id(hash_of_inputs: str) -> str:
    """Return the first 32 hex digits of an ``inputs_hash``, without its prefix."""
    return hash_of_inputs.removeprefix(DIGEST_PREFIX)[:32]


def snapshots_hash(snapshots: Mapping[str, bytes]) -> str:
    """Return the `inputs_hash` that a run with these snapshot bytes has."""
    return inputs_hash({name: digest(data) for name, data in snapshots.items()})


def run_name(stamp: str, label: str, hash_of_inputs: str) -> str:
    """Return the name of a run that is told apart by its time: ``<UTC>_<label>_<8 hex>``.

    Args:
        stamp: `effects.utc_stamp` of the start.
        label: the optimizer, such as ``simple``.
        hash_of_inputs: the run's `inputs_hash`; its first 8 hex digits end the name.
    """
    return f"{stamp}_{label}_{hash_of_inputs.removeprefix(DIGEST_PREFIX)[:8]}"


def names_run(name: str, hash_of_inputs: str) -> bool:
    """Say whether a run with this `inputs_hash` may be called ``name``.

    Two forms: the 32 digits of `run_id`, and anything that ends in ``_`` and the first 8 of
    them. Either may end in ``-2``, ``-3``, … where the plain name was taken.
    """
    hexadecimal = hash_of_inputs.removeprefix(DIGEST_PREFIX)
    plain, dash, number = name.rpartition("-")
    counted = number.isascii() and number.isdigit() and number[0] != "0" and int(number) > 1
    for candidate in (name, plain) if dash and counted else (name,):
        if candidate == hexadecimal[:32] or candidate.endswith(f"_{hexadecimal[:8]}"):
            return True
    return False


def candidate_id(parent: str, patch: bytes) -> str:
    """Return the 64 hex digits that name ``patch`` as a change of ``parent``.

    Args:
        parent: ``BASELINE`` or the id of the candidate that ``patch`` is relative to.
        patch: the unified diff, byte for byte. The same diff against another parent is
            another candidate, because the tree that it leads to may differ.
    """
    return hashlib.sha256(b"sigil.candidate.v1\0" + parent.encode() + b"\0" + patch).hexdigest()


def salted_digest(salt: bytes, data: bytes) -> str:
    """Return a digest of ``data`` that nobody can compare with a guess without ``salt``.

    Args:
        salt: 32 unpredictable bytes, kept with ``data`` and away from the digest.
        data: what is vouched for.

    Raises:
        ValueError: ``salt`` is not 32 bytes long, so where it ends would be open.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return digest(b"sigil.salted.v1\0" + salt + data)


def slow_digest(salt: bytes, data: bytes) -> str:
    """Return a digest of ``data`` against which each guess costs 16 MiB and some 50 ms (scrypt).

    Args:
        salt: 32 unpredictable bytes, which may stand beside the digest.
        data: what is to be recognised.

    Raises:
        ValueError: ``salt`` is not 32 bytes long.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return f"scrypt:{hashlib.scrypt(data, salt=salt, n=2**14, r=8, p=1, dklen=32).hex()}"


def scenario_set_hash(questions: Mapping[str, object]) -> str:
    """Return the identity of an exam: the scenario set of the six-field tuple.

    Args:
        questions: all that can change a result, as JSON-like values.
    """
    return digest(b"sigil.scenario_set.v1\0" + compact_json(dict(questions)))


# --- the ledger -------------------------------------------------------------------------


def merkle_leaf(data: bytes) -> bytes:
    """Return the 32 bytes of a leaf of a Merkle tree (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\0" + data).digest()


def merkle_node(left: bytes, right: bytes) -> bytes:
    """Return the 32 bytes of an inner node; its prefix keeps it from passing for a leaf."""
    return hashlib.sha256(b"\1" + left + right).digest()


def merkle_empty() -> bytes:
    """Return the 32 bytes of the root of a tree without leaves."""
    return hashlib.sha256(b"").digest()


def git_object_id(kind: str, data: bytes) -> str:
    """Return the 40 hex digits by which git names an object.

    An address and no proof: SHA-1 is broken as one. What is signed are SHA-256 digests.

    Args:
        kind: ``blob``, ``tree`` or ``commit``.
        data: the object's bytes.
    """
    header = f"{kind} {len(data)}\0".encode()
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def git_trailer(data: bytes) -> bytes:
    """Return the 20 bytes with which git ends a file of these bytes: a pack, or an index of one.

    For torn and flipped bytes; proves nothing against an adversary.
    """
    return hashlib.sha1(data, usedforsecurity=False).digest()


def checksum(data: bytes) -> str:
    """Return 8 hex digits of CRC-32, for torn and flipped bytes in a journal.

    Not an identity: it detects accidents and proves nothing against an adversary.
    """
    return f"{zlib.crc32(data):08x}"


def chance_block(seed: int, label: bytes, index: int, block: int) -> bytes:
    """Return 64 bytes that look like chance and are a function of the arguments.

    BLAKE2b of ``seed NUL index NUL block NUL label``, numbers in decimal. Blocks of one label and
    index, counted from 0, make a stream; two streams that differ in any argument are unrelated.
    """
    named = b"%d\0%d\0%d\0" % (seed, index, block) + label
    return hashlib.blake2b(named, person=b"sigil.chance.v1").digest()
