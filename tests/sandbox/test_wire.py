"""Values survive the wire exactly, and no bytes whatever get out of it as anything else."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidValue
from sigil.sandbox import Case, Raised, Returned, wire

INSIDE = Path(wire.__file__).with_name("inside")


def _inside(name: str):
    spec = importlib.util.spec_from_file_location(f"inside_{name}", INSIDE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


codec = _inside("codec")

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = (
    st.none()
    | st.booleans()
    | numbers
    | st.text(st.characters())
    | st.text(st.characters(categories=["Cs", "L"]))
    | st.binary()
    | st.complex_numbers(allow_nan=False, allow_infinity=False)
)
keys = scalars | st.tuples(scalars, scalars) | st.frozensets(scalars)
values = st.recursive(
    scalars | st.sets(keys) | st.frozensets(keys),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(keys, inner)
    ),
    max_leaves=20,
)  # fmt: skip


def same(a: object, b: object) -> bool:
    """Equality that sees types, signs of zero and order."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    return a == b


def there_and_back(value: object) -> object:
    (outcome,) = wire.outcomes(f"[[0,{codec.spell(value)}]]".encode("ascii"), 1)
    assert isinstance(outcome, Returned)
    return outcome.value


@given(values)
def test_a_value_comes_back_as_it_was(value):
    assert same(there_and_back(value), value)


def test_the_largest_integer_comes_back_as_it_was():
    value = 10**4299
    assert there_and_back(value) == value


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_decode_or_violate(body):
    try:
        found = wire.outcomes(body, 1)
    except wire.Violation:
        return
    assert all(isinstance(outcome, (Returned, Raised)) for outcome in found)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*"tsfdbcux"]), inner, max_size=2)
    ),
)


@given(json_like)
def test_no_json_does_anything_but_decode_or_violate(value):
    import json

    try:
        found = wire.outcomes(json.dumps([[0, value]]).encode(), 1)
    except wire.Violation:
        return
    assert all(isinstance(outcome, Returned) for outcome in found)


@pytest.mark.parametrize(
    "row", ["[0, 1, null, 3]", "[0, 1, null, 7]", "[0, 1, null, true]", '[0, 1, null, "1"]']
)
def test_what_is_shared_is_said_in_known_numbers(row):
    with pytest.raises(wire.Violation):
        wire.outcomes(f"[{row}]".encode(), 1)


def test_what_a_call_raised_arrives_escaped():
    (outcome,) = wire.outcomes(rb'[[1, "E\u001b", "\u202e\\x1b"]]', 1)
    assert outcome == Raised(r"E\x1b", r"\u202e\\x1b")


@pytest.mark.parametrize(
    "value",
    [float("nan"), math.inf, 10**4400, object(), type("I", (int,), {})(1), range(3)],
    ids=["nan", "infinity", "too many digits", "object", "subclass", "range"],
)
def test_the_inside_refuses_to_spell(value):
    with pytest.raises(codec.NotJson):
        codec.spell(value)


@pytest.mark.parametrize("value", [object(), type("I", (int,), {})(1), range(3)])
def test_a_case_that_holds_no_value_is_the_callers_mistake(value):
    with pytest.raises(InvalidValue):
        wire.call_body([Case((value,))], 100)


def test_the_two_sides_agree_on_depth():
    assert codec.MAX_DEPTH == wire.MAX_DEPTH


def test_the_two_sides_agree_on_frames():
    text = (INSIDE / "worker.py").read_text()
    assert f'struct.Struct("{wire.HEADER.format}")' in text
    assert f"PACKET = {wire.PACKET}" in text


def frame_of(kind: bytes, request: bytes, body: bytes) -> memoryview:
    return memoryview(wire.frame(kind, request, body))


def test_a_frame_that_fits_says_its_length():
    packet = frame_of(wire.RESULTS, b"12345678", b"body")
    assert wire.body_length(packet, wire.RESULTS, b"12345678", 100) == (wire.RESULTS, 4)


@given(st.binary(max_size=100))
def test_no_packet_does_anything_but_fit_or_violate(packet):
    try:
        kind, length = wire.body_length(memoryview(packet), wire.DONE, bytes(8), 50)
    except wire.Violation:
        return
    assert kind == wire.DONE
    assert length > 50 or len(packet) == wire.HEADER.size + length


def test_a_set_of_unequal_integers_of_one_hash_is_refused_quickly():
    period = sys.hash_info.modulus
    numbers_of_one_hash = ",".join(str(n * period) for n in range(30_000))
    with pytest.raises(wire.Violation, match="one hash"):
        wire.outcomes(f'[[0,{{"s":[{numbers_of_one_hash}]}}]]'.encode(), 1)
