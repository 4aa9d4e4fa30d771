"""A signed document: canonical JSON in a DSSE envelope, and only one form of each.

The payload is RFC 8785 JSON. The envelope is DSSE v1 with exactly one signature, over the
pre-authentication encoding of type and payload, so that a signature for one type of document
never passes for another. Reading is strict: an envelope that is not byte for byte what `seal`
writes is refused, and so is a payload that is not canonical; a document has one digest, and no
two readers understand it differently.

Pure, given a `Signer`. Source: https://github.com/secure-systems-lab/dsse, protocol.md.
Not here: what the documents are (`sigil.ledger.statement`, `sigil.ledger.checkpoint`).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, cast

from sigil.errors import InvalidValue, LedgerBroken
from sigil.ledger.keys import Signer, signed
from sigil.ledger.needs import libraries

with libraries():
    import rfc8785

_HEAD, _MIDDLE = b'{"payload":"', b'","payloadType":"'
_KEY, _SIGNATURE, _TAIL = b'","signatures":[{"keyid":"', b'","sig":"', b'"}]}'


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope that was taken apart; nothing in it has been checked.

    Args:
        kind: its payload type.
        payload: the bytes that were signed.
        key: who signed, as the envelope says.
        signature: of the pre-authentication encoding.
    """

    kind: str
    payload: bytes
    key: str
    signature: bytes

    def genuine(self) -> bool:
        """Say whether the signature is by the key that is named, whoever's that is."""
        return signed(self.key, self.signature, _encoding(self.kind, self.payload))

    def document(self) -> Any:
        """Return the payload as a value.

        Raises:
            LedgerBroken: it is not canonical JSON.
        """
        try:
            value = json.loads(self.payload)
            same = encode(value) == self.payload
        except (ValueError, RecursionError, InvalidValue):
            same, value = False, None
        if not same:
            raise LedgerBroken("a signed document is not canonical JSON")
        return value


def encode(value: object) -> bytes:
    """Return ``value`` as RFC 8785 bytes.

    Raises:
        InvalidValue: it holds what that form has no bytes for: NaN, integers beyond 2^53,
            lone surrogates, keys that are no text, or too many levels.
    """
    try:
        return rfc8785.dumps(cast("Any", value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidValue(
            f"cannot be signed as JSON: {error}",
            remedy="use plain values; integers up to 2^53 in magnitude, anything longer as text",
        ) from error


def seal(kind: str, payload: bytes, signer: Signer) -> bytes:
    """Return the envelope of a payload.

    Args:
        kind: media type of the payload; printable ASCII without quotes.
        payload: bytes from `encode`.
        signer: whose key it carries.
    """
    signature = signer.sign(_encoding(kind, payload))
    return _written(Sealed(kind, payload, signer.key, signature))


def _encoding(kind: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _written(sealed: Sealed) -> bytes:
    return b"".join((
        _HEAD, base64.b64encode(sealed.payload), _MIDDLE, sealed.kind.encode(),
        _KEY, sealed.key.encode(), _SIGNATURE, base64.b64encode(sealed.signature), _TAIL,
    ))  # fmt: skip


def unseal(data: bytes, kind: str) -> Sealed:
    """Take an envelope apart. Checks its form, and no signature.

    Args:
        data: bytes of the envelope.
        kind: the payload type that it must have.

    Raises:
        LedgerBroken: it is no envelope of this type in its one form.
    """
    try:
        found = json.loads(data)
        (signature,) = found["signatures"]
        sealed = Sealed(
            found["payloadType"],
            base64.b64decode(found["payload"], validate=True),
            signature["keyid"],
            base64.b64decode(signature["sig"], validate=True),
        )
        same = sealed.kind == kind and _written(sealed) == data
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        same, sealed = False, None
    if sealed is None or not same:
        raise LedgerBroken(f"is no signed document of type {kind}")
    return sealed
