"""What is wrapped is unwrapped, tells little by its length, and is shown by nothing."""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.gate.bundle.envelope import BLOCK, Envelope, NotAnEnvelope, unwrap, wrap

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ENVELOPES = st.builds(Envelope, TEXT, TEXT, TEXT, st.binary(min_size=32, max_size=32), TEXT)
SMALL = Envelope("api", "holdout_001", "return {}\n", bytes(range(32)), "billing/refund")


@given(ENVELOPES)
def test_what_was_wrapped_is_unwrapped(envelope):
    assert unwrap(wrap(envelope)) == envelope


@given(ENVELOPES)
def test_the_length_is_a_multiple_of_the_block(envelope):
    assert len(wrap(envelope)) % BLOCK == 0


def test_the_form_is_pinned():
    data = wrap(SMALL)
    salt = bytes(range(32)).hex()
    assert data.startswith(
        b'-- sigil.sealed.v1 {"bytes":10,"id":"holdout_001","name":"billing/refund",'
        b'"salt":"' + salt.encode() + b'","service":"api"}\nreturn {}\n\n\n'
    )
    assert hashlib.sha256(data).hexdigest() == (
        "4c87fffa95e0a5b59862e579c0067a005c7cd466aa0de0c0485ec6e396ebda91"
    )


def test_the_digest_is_salted():
    other = replace(SMALL, salt=bytes(32))
    assert (
        len({SMALL.digest, other.digest, "sha256:" + hashlib.sha256(wrap(SMALL)).hexdigest()}) == 3
    )


@pytest.mark.parametrize("field", ["service", "id", "text", "name"])
def test_the_digest_vouches_for_every_field(field):
    assert replace(SMALL, **{field: "other"}).digest != SMALL.digest


def test_nothing_secret_is_in_its_representation():
    shown = repr(SMALL)
    assert shown == "Envelope(service='api', id='holdout_001')"


@given(st.data())
def test_other_bytes_are_refused_or_have_another_digest(data):
    wrapped = bytearray(wrap(SMALL))
    place = data.draw(st.integers(0, len(wrapped) - 1))
    wrapped[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        digest = unwrap(bytes(wrapped)).digest
    except NotAnEnvelope:
        digest = ""
    assert digest != SMALL.digest


def test_a_refusal_repeats_nothing():
    with pytest.raises(NotAnEnvelope) as refused:
        unwrap(wrap(SMALL).replace(b"billing", b"bi\xffing"))
    assert "ing" not in "".join(traceback.format_exception(refused.value)).partition("Error:")[2]
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"return {}\n", b"-- sigil.sealed.v1 {}\n", b"-- sigil.sealed.v1 []\nx",
     b"-- sigil.sealed.v1 " + b"[" * 100_000 + b"\n", wrap(SMALL) + b"\n", wrap(SMALL)[:-1],
     wrap(SMALL).replace(b'"bytes":10', b'"bytes":-9'),
     wrap(SMALL).replace(b'"bytes":10', b'"bytes":1e1'),
     wrap(SMALL).replace(b'"bytes":10', b'"bytes":true'),
     wrap(SMALL).replace(b'"name":"billing/refund"', b'"name":["billing"]   ')],
)  # fmt: skip
def test_what_no_envelope_is_written_as_is_refused(data):
    with pytest.raises(NotAnEnvelope):
        unwrap(data)
