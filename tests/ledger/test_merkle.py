"""The tree of RFC 6962: its published vectors, and the laws of its proofs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.canonical import merkle_leaf
from sigil.ledger import merkle

DATA = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [merkle_leaf(b"%d" % number) for number in range(70)]
SIZES = st.integers(0, len(LEAVES))


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_reference_implementation(size):
    leaves = [merkle_leaf(data) for data in DATA[:size]]
    assert merkle.root(leaves).hex() == ROOTS[size - 1]


def test_the_tree_without_leaves_has_the_root_of_the_standard():
    expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root([]).hex() == expected
    assert merkle.root_of_frontier(()).hex() == expected


def test_a_frontier_that_grows_leads_to_the_same_roots():
    frontier: merkle.Frontier = ()
    for size, leaf in enumerate(LEAVES):
        frontier = merkle.extend(frontier, size, leaf)
        assert merkle.root_of_frontier(frontier) == merkle.root(LEAVES[: size + 1])
        assert len(frontier) == (size + 1).bit_count()


@given(SIZES.filter(bool), st.data())
def test_a_leaf_is_proved_and_no_other_leaf_place_or_size_is(size, data):
    index = data.draw(st.integers(0, size - 1))
    path, root = merkle.inclusion(LEAVES[:size], index), merkle.root(LEAVES[:size])
    assert merkle.included(LEAVES[index], index, size, path, root)
    assert len(path) <= (size - 1).bit_length()
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index) | st.just(size))
    assert not merkle.included(LEAVES[index], other, size, path, root)
    assert not merkle.included(merkle_leaf(b"no"), index, size, path, root)
    assert not merkle.included(LEAVES[index], index, size, [*path, root], root)
    if path:
        assert not merkle.included(LEAVES[index], index, size, path[:-1], root)
        assert not merkle.included(LEAVES[index], index, size, _flipped(path, data), root)


@given(SIZES, SIZES, st.data())
def test_a_tree_continues_its_beginnings_and_nothing_else(one, two, data):
    former, size = sorted((one, two))
    path = merkle.consistency(LEAVES[:size], former)
    before, after = merkle.root(LEAVES[:former]), merkle.root(LEAVES[:size])
    assert merkle.consistent(former, before, size, after, path)
    assert len(path) <= size.bit_length() + 1
    stranger = merkle.root([merkle_leaf(b"other"), *LEAVES[1:former]])
    assert not merkle.consistent(former, stranger, size, after, path)
    assert not merkle.consistent(former, before, size, after, [*path, after])
    if path:
        assert not merkle.consistent(former, before, size, after, path[:-1])
        assert not merkle.consistent(former, before, size, after, _flipped(path, data))


def test_a_tree_does_not_continue_a_longer_one():
    assert not merkle.consistent(3, merkle.root(LEAVES[:3]), 2, merkle.root(LEAVES[:2]), [])


def test_a_proof_among_a_hundred_thousand_has_at_most_544_bytes():
    leaves = [merkle_leaf(b"%d" % number) for number in range(100_000)]
    assert max(32 * len(merkle.inclusion(leaves, index)) for index in (0, 99_999)) <= 544


@pytest.mark.parametrize("index", [-1, 3])
def test_no_leaf_no_proof(index):
    with pytest.raises(IndexError):
        merkle.inclusion(LEAVES[:3], index)


@pytest.mark.parametrize("former", [-1, 4])
def test_no_former_tree_no_proof(former):
    with pytest.raises(IndexError):
        merkle.consistency(LEAVES[:3], former)


def _flipped(path, data):
    at = data.draw(st.integers(0, len(path) - 1))
    return [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]
