"""A signed document has one form, and what has another is refused."""

from __future__ import annotations

import base64
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidValue, LedgerBroken
from sigil.ledger import dsse

KIND = "application/vnd.in-toto+json"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = (
    st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(-1000, 1000, places=3).map(float)
    | st.sampled_from([0.0, -0.0, 1.0, 1e-7, 1e-6, 1e-5, 1e-4, 1e15, 1e16, 1e20, 1e21, 1e22])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def signed(payload, key):
    return dsse.sign(KIND, payload, key)


# --- the form ---------------------------------------------------------------------------


def test_the_encoding_that_is_signed_is_that_of_the_standard():
    assert dsse._encoding("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_an_envelope_is_canonical_json_that_any_reader_understands(key):
    data = signed(b'{"a":1}', key)
    document = json.loads(data)
    assert rfc8785.dumps(document) == data
    assert base64.b64decode(document["payload"]) == b'{"a":1}'
    assert document["payloadType"] == KIND
    assert [found["keyid"] for found in document["signatures"]] == [key.key]


@given(JSON)
def test_what_is_signed_is_read_again(key, value):
    found = dsse.parse(signed(dsse.encode(value), key), KIND)
    assert found.genuine()
    assert found.document() == value


@given(JSON)
def test_the_fast_reader_takes_nothing_that_is_not_canonical(value):
    """Whatever Python would write: if the fast reader takes it, RFC 8785 writes it so too."""
    data = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    found = dsse._read_plainly(data)
    assert found is None or rfc8785.dumps(found) == data


@given(st.decimals(-(10**6), 10**6, places=4).map(float).filter(lambda x: x != int(x)))
def test_the_fast_reader_takes_the_numbers_of_every_day(number):
    assert dsse._read_plainly(rfc8785.dumps([number])) in ([number], None)
    assert abs(number) < 1e-4 or dsse._read_plainly(rfc8785.dumps([number])) == [number]


# --- what is refused --------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{", b'{"b":1,"a":1}', b'{"a": 1}', b'{"a":1,"a":1}', b'{"a":1.0}', b'{"a":-0}',
        b'{"a":NaN}', b'{"a":9007199254740993}', b'{"a":1e2}', b'{"a":"\\u0041"}', b'["\\ud800"]',
        b'{"a":"\xff"}', b"[" * 100_000, b"1" * 5000, b'"\\/"', '{"ä":"\\u00e4"}'.encode(),
        b'{"a":1}\n', b"\xef\xbb\xbf{}",
    ],
)  # fmt: skip
def test_a_payload_in_another_form_is_refused(key, payload):
    with pytest.raises(LedgerBroken, match="canonical"):
        dsse.parse(signed(payload, key), KIND).document()


def changes(data):
    document = json.loads(data)
    yield b""
    yield b"[]"
    yield data + b"\n"
    yield data.replace(b":", b": ", 1)
    yield json.dumps(document).encode()
    yield rfc8785.dumps(document | {"more": 1})
    yield rfc8785.dumps(document | {"signatures": []})
    yield rfc8785.dumps(document | {"signatures": document["signatures"] * 2})
    yield rfc8785.dumps(document | {"payload": document["payload"] + "="})
    yield rfc8785.dumps(document | {"payload": "e30", "signatures": document["signatures"]})
    yield rfc8785.dumps(document | {"payloadType": "text/plain"})
    yield data.replace(b"ed25519:", b"ed25519\xff", 1)


def test_an_envelope_in_another_form_is_refused(key):
    changed = list(changes(signed(b"{}", key)))
    for data in changed:
        with pytest.raises(LedgerBroken, match="no signed document"):
            dsse.parse(data, KIND)
    assert len(changed) > 10


def test_a_signature_for_one_kind_of_document_does_not_pass_for_another(key):
    data = signed(b"{}", key).replace(KIND.encode(), b"text/plain")
    assert not dsse.parse(data, "text/plain").genuine()


def test_a_signature_of_another_key_does_not_pass(key, stranger):
    data = signed(b"{}", key).replace(key.key.encode(), stranger.key.encode())
    assert not dsse.parse(data, KIND).genuine()


@pytest.mark.parametrize("value", [float("nan"), 2**53, "\ud800", {1: 2}, b"", {1, 2}])
def test_what_has_no_canonical_form_is_not_signed(value):
    with pytest.raises(InvalidValue, match="cannot be signed"):
        dsse.encode(value)
