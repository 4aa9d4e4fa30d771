"""What is inside a seal: a scenario with its salt, as Lua that any `age` command shows.

The first line is a comment that says what follows; then comes the scenario, byte for byte; then
blanks up to a multiple of `BLOCK`, so that the length of a sealed file tells little. Format 1:

    -- sigil.sealed.v1 {"bytes":812,"id":"holdout_001","name":"…","salt":"<64 hex>","service":"api"}

Service and id are inside the seal, so a file that was sealed as one question is refused as another.

Pure. Not here: encryption (`sigil.gate.bundle.sealing`, `sigil.gate.unseal`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sigil.canonical import SALT_BYTES, compact_json, salted_digest

BLOCK = 4096
"""Bytes to a multiple of which a sealed scenario is padded; most scenarios fit into one or two."""
_MAGIC = b"-- sigil.sealed.v1 "


class NotAnEnvelope(ValueError):
    """Bytes that no `wrap` returns."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A scenario as it is sealed. Its representation shows nothing that is secret.

    Args:
        service: whose scenario it is.
        id: opaque, such as ``holdout_001``.
        text: Lua source.
        salt: 32 bytes that nobody can predict.
        name: what the scenario was called before; for operators alone, and may be empty.
    """

    service: str
    id: str
    text: str = field(repr=False)
    salt: bytes = field(repr=False)
    name: str = field(default="", repr=False)

    @property
    def digest(self) -> str:
        """Vouches for all that is inside, and cannot be compared with a guess."""
        return salted_digest(self.salt, wrap(self))


def wrap(envelope: Envelope) -> bytes:
    """Return the bytes to seal: the same for the same envelope."""
    text = envelope.text.encode()
    facts = {
        "bytes": len(text),
        "id": envelope.id,
        "name": envelope.name,
        "salt": envelope.salt.hex(),
        "service": envelope.service,
    }
    whole = _MAGIC + compact_json(facts) + b"\n" + text + b"\n"
    return whole + b"\n" * (-len(whole) % BLOCK)


def unwrap(data: bytes) -> Envelope:
    """Return the envelope of which ``data`` are the bytes.

    Raises:
        NotAnEnvelope: there is none; the message holds nothing of ``data``.
    """
    head, newline, rest = data.partition(b"\n")
    if not newline or not head.startswith(_MAGIC):
        raise NotAnEnvelope("it does not begin as a sealed scenario does")
    envelope = _read(head.removeprefix(_MAGIC), rest)
    if len(envelope.salt) != SALT_BYTES or wrap(envelope) != data:
        raise NotAnEnvelope("it is not written as sealed scenarios are")
    return envelope


def _read(head: bytes, rest: bytes) -> Envelope:
    try:
        facts: dict[str, Any] = json.loads(head)
        return Envelope(
            service=str(facts["service"]),
            id=str(facts["id"]),
            text=rest[: facts["bytes"]].decode(),
            salt=bytes.fromhex(facts["salt"]),
            name=str(facts["name"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotAnEnvelope("its first line or its text cannot be read") from None
