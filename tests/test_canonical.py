"""Vectors that must never change, and the laws behind them."""

from __future__ import annotations

import hashlib
import itertools
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil import canonical

SEED_INPUTS = {"brief": "sha256:" + "0" * 64, "context": "sha256:" + "1" * 64}
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)


def test_the_run_id_of_the_existing_system_is_kept():
    assert (
        canonical.run_id(canonical.inputs_hash(SEED_INPUTS)) == "db76942b87401c63cbdb6c3a2b6b9814"
    )


def test_an_inputs_hash_is_that_of_the_compact_sorted_mapping():
    compact = json.dumps(SEED_INPUTS, sort_keys=True, separators=(",", ":")).encode()
    assert canonical.inputs_hash(SEED_INPUTS) == "sha256:" + hashlib.sha256(compact).hexdigest()


def test_snapshot_bytes_are_sorted_indented_raw_and_end_in_a_newline():
    assert canonical.snapshot_json({"b": [1], "a": "ü"}) == (
        '{\n  "a": "ü",\n  "b": [\n    1\n  ]\n}\n'.encode()
    )


def test_compact_bytes_have_no_white_space():
    assert canonical.compact_json({"b": [1, 2], "a": "ü"}) == '{"a":"ü","b":[1,2]}'.encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.0, b"1.0"), (-0.0, b"-0.0"), (1e-7, b"1e-07"), (10**30, b"1" + b"0" * 30), ("/", b'"/"')],
)
def test_numbers_keep_the_form_of_the_first_identity(value, expected):
    assert canonical.compact_json(value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"a": -float("inf")}])
@pytest.mark.parametrize("encode", [canonical.compact_json, canonical.snapshot_json])
def test_what_json_cannot_say_has_no_bytes(encode, value):
    with pytest.raises(ValueError, match=r"."):
        encode(value)


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object()])
def test_what_json_has_no_type_for_has_no_bytes(value):
    with pytest.raises(TypeError):
        canonical.compact_json(value)


@given(JSON)
def test_both_forms_read_back_as_the_same_value(value):
    assert json.loads(canonical.compact_json(value)) == value
    assert json.loads(canonical.snapshot_json(value)) == value


@given(st.dictionaries(TEXT, JSON), st.randoms())
def test_the_order_of_keys_does_not_matter(mapping, chance: random.Random):
    keys = list(mapping)
    chance.shuffle(keys)
    assert canonical.digest_value({k: mapping[k] for k in keys}) == canonical.digest_value(mapping)


@given(st.binary(), st.lists(st.integers(0, 300)))
def test_a_stream_has_the_digest_of_its_whole(data, cuts):
    ends = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    chunks = [data[a:b] for a, b in itertools.pairwise(ends)]
    assert canonical.digest_stream(chunks) == canonical.digest(data)


def test_digests_of_nothing_are_pinned():
    empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert canonical.digest(b"") == empty
    assert canonical.digest_stream([]) == empty
    assert canonical.checksum(b"123456789") == "cbf43926"
    assert canonical.digest_files({}) == canonical.digest(b"{}")


@given(st.dictionaries(st.text(min_size=1), st.binary()))
def test_snapshots_have_the_identity_of_their_digests(snapshots):
    digests = {name: canonical.digest(data) for name, data in snapshots.items()}
    assert canonical.snapshots_hash(snapshots) == canonical.inputs_hash(digests)


@given(st.dictionaries(TEXT, st.binary(), min_size=1), st.data())
def test_any_change_of_an_input_changes_the_identity(snapshots, data):
    name = data.draw(st.sampled_from(sorted(snapshots)))
    changed = {**snapshots, name: snapshots[name] + b"\0"}
    assert canonical.snapshots_hash(changed) != canonical.snapshots_hash(snapshots)


def test_candidate_ids_are_pinned():
    assert canonical.candidate_id("BASELINE", b"--- a\n") == (
        hashlib.sha256(b"sigil.candidate.v1\0BASELINE\0--- a\n").hexdigest()
    )


def test_a_patch_of_another_parent_is_another_candidate():
    assert canonical.candidate_id("BASELINE", b"x") != canonical.candidate_id("a" * 64, b"x")


def test_salted_digests_are_pinned():
    salt = bytes(range(32))
    assert canonical.salted_digest(salt, b"return {}") == (
        "sha256:" + hashlib.sha256(b"sigil.salted.v1\0" + salt + b"return {}").hexdigest()
    )
    assert canonical.salted_digest(salt, b"return {}").endswith("52526f84")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_has_one_length(length):
    with pytest.raises(ValueError, match="32 bytes"):
        canonical.salted_digest(bytes(length), b"")


def test_slow_digests_are_pinned():
    salt = bytes(range(32))
    expected = hashlib.scrypt(b"return {}", salt=salt, n=16384, r=8, p=1, dklen=32)
    assert canonical.slow_digest(salt, b"return {}") == f"scrypt:{expected.hex()}"
    with pytest.raises(ValueError, match="32 bytes"):
        canonical.slow_digest(bytes(31), b"")


def test_the_hash_of_a_scenario_set_is_pinned():
    assert canonical.scenario_set_hash({"service": "api", "library": []}) == (
        "sha256:6f27fa4c778be4a9e03c8ccd08eff6959c190a2bcfa12781280818947fa49c6a"
    )


@given(HEX)
def test_a_run_may_be_named_by_its_inputs_or_by_time_and_inputs(digits):
    hash_of_inputs = f"sha256:{digits}"
    names = [
        canonical.run_id(hash_of_inputs),
        canonical.run_name("2025-09-13T17-03-12Z", "simple", hash_of_inputs),
    ]
    for name in names:
        assert canonical.names_run(name, hash_of_inputs)
        assert canonical.names_run(f"{name}-2", hash_of_inputs)
        assert canonical.names_run(f"{name}-13", hash_of_inputs)


@pytest.mark.parametrize(
    "name",
    ["", "1" * 32, "0" * 31, "0" * 33, "run_1" + "0" * 7, "0" * 32 + "-1", "0" * 32 + "-02",
     "0" * 32 + "-", "0" * 32 + "-x", "0" * 32 + "-2-2", "0" * 8, "-2", "0" * 32 + "-²"],
)  # fmt: skip
def test_a_run_may_not_have_a_name_of_other_inputs(name):
    assert not canonical.names_run(name, "sha256:" + "0" * 64)


def test_a_run_name_says_when_who_and_from_what():
    name = canonical.run_name("2025-09-13T17-03-12Z", "simple", "sha256:" + "ab" * 32)
    assert name == "2025-09-13T17-03-12Z_simple_abababab"


# --- the ledger -------------------------------------------------------------------------


def test_hashes_of_the_merkle_tree_are_those_of_the_standard():
    """The first two leaves of the reference implementation's test data, and their root."""
    left, right = canonical.merkle_leaf(b""), canonical.merkle_leaf(b"\0")
    assert left.hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert canonical.merkle_node(left, right).hex() == (
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    )
    assert canonical.merkle_empty() == hashlib.sha256(b"").digest()


def test_an_object_has_the_name_that_git_gives_it():
    assert canonical.git_object_id("blob", b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert canonical.git_object_id("tree", b"") == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def test_a_pack_of_nothing_ends_as_git_ends_it():
    assert canonical.git_trailer(b"PACK\0\0\0\2\0\0\0\0").hex() == (
        "029d08823bd8a8eab510ad6ac75c823cfd3ed31e"
    )


# --- chance -----------------------------------------------------------------------------


def test_a_block_of_chance_keeps_its_bytes():
    assert canonical.chance_block(7, b"a", 1, 2).hex() == (
        "dafb593705a71462047f677aca0ae75c6d1b9022b95eea7a1a967d9ae1df7ed4"
        "415713556db994ecac291fd41f4b0d4862fec504f0f7ca2f9e9d5e2647579f22"
    )


def test_every_argument_of_a_block_of_chance_counts():
    blocks = {canonical.chance_block(*given) for given in CHANCES}
    assert len(blocks) == len(CHANCES)


CHANCES = ((1, b"", 0, 0), (0, b"", 1, 0), (0, b"", 0, 1), (0, b"1", 0, 0), (11, b"", 0, 0))
