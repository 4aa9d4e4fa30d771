"""Open what is sealed. The only module that decrypts.

Only `sigil.gate.evaluator` may import it (import-linter holds that): there is one place from which
a holdout can leave its seal, and one place to watch.

Promises: no message of an error holds anything of what is inside; nothing is written anywhere.

Not here: whose keys (`sigil.gate.bundle.keys`), whether the bundle around it is intact
(`sigil.gate.bundle.read`).
"""

from __future__ import annotations

from sigil.errors import SealBroken, Where
from sigil.gate.bundle.age import age
from sigil.gate.bundle.envelope import Envelope, NotAnEnvelope, unwrap
from sigil.gate.bundle.keys import Identities

_NO_KEY = "No matching keys"


def unseal(ciphertext: bytes, identities: Identities, where: Where) -> Envelope:
    """Return what is inside of ``ciphertext``.

    Args:
        ciphertext: an age file.
        identities: private keys, of which one has to fit.
        where: the file, for the message.

    Raises:
        SealBroken: no key fits, bytes were changed, or something else was sealed.
        DependencyMissing: pyrage is not installed.
    """
    try:
        return unwrap(unseal_bytes(ciphertext, identities, where))
    except NotAnEnvelope as problem:
        raise SealBroken(
            f"holds no sealed scenario: {problem}",
            where=where,
            remedy="seal the scenario with `sigil scenario seal`",
        ) from None


def unseal_bytes(ciphertext: bytes, identities: Identities, where: Where) -> bytes:
    """Return the bytes inside of ``ciphertext``; see `unseal`."""
    library = age()
    try:
        return bytes(library.decrypt(ciphertext, list(identities.reveal())))
    except library.DecryptError as error:
        if _NO_KEY in str(error):
            raise SealBroken(
                "is sealed for other keys than this one",
                where=where,
                remedy="use the key of a recipient, or have one of them run "
                "`sigil scenario rotate`",
            ) from None
        raise SealBroken(
            "is not what was sealed", where=where, remedy="restore it from git"
        ) from None
