"""A signed document: canonical JSON in a DSSE envelope, and only one form of each.

The payload is RFC 8785 JSON. The envelope is DSSE v1 with exactly one signature, over the
pre-authentication encoding of type and payload, so that a signature for one type of document
never passes for another. Reading is strict: an envelope that is not byte for byte what `sign`
writes is refused, and so is a payload that is not canonical; a document has one digest, and no
two readers understand it differently.

Pure, given a `Signer`. Source: https://github.com/secure-systems-lab/dsse, protocol.md.
Not here: what the documents are (`sigil.ledger.statement`, `sigil.ledger.checkpoint`).
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from dataclasses import dataclass
from typing import Any, cast

from sigil.errors import InvalidValue, LedgerBroken
from sigil.ledger.keys import Signer, signed
from sigil.ledger.needs import libraries

with libraries():
    import rfc8785

_FORM = b'{"payload":"%b","payloadType":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}'  # RFC 8785
_PARTS = re.compile(
    re.escape(_FORM).replace(b"%b", b'([^"\\\\]*)'),
)
_LONGEST_PLAIN_INTEGER = 15
_FIRST_INEXACT = 2.0**53


@dataclass(frozen=True, slots=True)
class SignedDocument:
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
        value = _read_plainly(self.payload)
        return _read(self.payload) if value is None else value


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


def sign(kind: str, payload: bytes, signer: Signer) -> bytes:
    """Return the envelope of a payload.

    Args:
        kind: media type of the payload; printable ASCII without quotes.
        payload: bytes from `encode`.
        signer: whose key it carries.
    """
    signature = signer.sign(_encoding(kind, payload))
    return _written(SignedDocument(kind, payload, signer.key, signature))


def _encoding(kind: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _written(document: SignedDocument) -> bytes:
    return _FORM % (
        base64.b64encode(document.payload), document.kind.encode(), document.key.encode(),
        base64.b64encode(document.signature),
    )  # fmt: skip


def parse(data: bytes, kind: str) -> SignedDocument:
    """Take an envelope apart. Checks its form, and no signature.

    Args:
        data: bytes of the envelope.
        kind: the payload type that it must have.

    Raises:
        LedgerBroken: it is no envelope of this type in its one form.
    """
    parts = _PARTS.fullmatch(data)
    if parts is not None and parts[2] == kind.encode():
        with contextlib.suppress(ValueError):
            payload, signature = (base64.b64decode(parts[n], validate=True) for n in (1, 4))
            document = SignedDocument(kind, payload, parts[3].decode(), signature)
            if _written(document) == data:
                return document
    raise LedgerBroken(f"is no signed document of type {kind}")


# --- canonical or not -------------------------------------------------------------------


def _read(payload: bytes) -> Any:
    """Return the value of canonical JSON, of any sort."""
    try:
        value = json.loads(payload, parse_int=_integer)
        same = encode(value) == payload
    except (ValueError, RecursionError, InvalidValue):
        same, value = False, None
    if not same:
        raise LedgerBroken("a signed document is not canonical JSON")
    return value


def _integer(token: str) -> int | float:
    """Read an integer; one beyond 2^53 is a double that RFC 8785 wrote without a point."""
    number = float(token)
    return int(token) if abs(number) < _FIRST_INEXACT else number


class _NotPlainError(ValueError):
    """A number that Python and RFC 8785 may write in two ways."""


def _plain_float(token: str) -> float:
    """Read a number such as 0.95; not 1.0, 1e-7 or 1e21.

    In between both write the shortest digits that read back as the same number, in the same way.
    """
    if token.endswith("0") or "e" in token or "E" in token:
        raise _NotPlainError(token)
    return float(token)


def _plain_integer(token: str) -> int:
    """Read an integer that is exact as a double for certain."""
    if len(token) > _LONGEST_PLAIN_INTEGER:
        raise _NotPlainError(token)
    return int(token)


def _not_plain(token: str) -> Any:
    raise _NotPlainError(token)


_DECODER = json.JSONDecoder(
    parse_float=_plain_float, parse_int=_plain_integer, parse_constant=_not_plain
)
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _read_plainly(payload: bytes) -> Any:
    """Return the value of canonical JSON of the usual sort, ten times as fast; None for any other.

    Where text is ASCII and numbers are plain, Python's own writer writes RFC 8785. What it writes
    otherwise than it stands there is left to `_read`.
    """
    if not payload.isascii():
        return None
    text = payload.decode("ascii")
    try:
        value = _DECODER.decode(text)
        return value if _ENCODER.encode(value) == text else None
    except (ValueError, RecursionError):
        return None
