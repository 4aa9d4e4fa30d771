"""What git says went wrong, in one line.

Git explains a failed fetch from the outside in: first whoever carried it (``ssh: … refused``), then
its own ``fatal: …``, then general advice. Only the advice is left out.

Pure. Not here: asking git (`sigil.ledger.remote`, `sigil.gate.revisions`).
"""

from __future__ import annotations

import re

from sigil.printable import printable

_ADVICE = ("Please make sure you have", "and the repository exists.", "hint:")
_USER = re.compile(r"(?<=://)[^/@\s]*@")
_LENGTH = 300


def without_user(text: str) -> str:
    """Return a text in which no address names a user or a password."""
    return _USER.sub("", text)


def complaint(said: str) -> str:
    """Return what git's standard error says, without users and passwords of addresses.

    Args:
        said: all of it.
    """
    lines = (line.strip() for line in said.splitlines())
    told = [line for line in lines if line and not line.startswith(_ADVICE)]
    return printable(without_user("; ".join(told) or "git does not say why"), _LENGTH)
