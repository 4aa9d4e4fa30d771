"""The lines at the head of a scenario that say where it comes from.

Pure.
"""

from __future__ import annotations

import re

SECRET_BYTES = 16
COMPILED = "-- Compiled by `sigil scenario generate` from "
"""How a scenario begins that was compiled."""
DRAFTED = "-- Drafted by a model for "
"""How a scenario begins that a model wrote, and what was derived from one."""
_SECRET = re.compile(rf"^-- Variant ([0-9a-f]{{{2 * SECRET_BYTES}}})\.$", re.MULTILINE)


def is_generated(text: str) -> bool:
    """Say whether no person wrote a scenario."""
    return text.startswith((COMPILED, DRAFTED))


def is_drafted(text: str) -> bool:
    """Say whether a model wrote a scenario."""
    return text.startswith(DRAFTED)


def secret_note(secret: int) -> str:
    """Return the line of a holdout that its secret is read back from."""
    return f"Variant {secret:0{2 * SECRET_BYTES}x}."


def secret_in(text: str) -> int | None:
    """Return the secret that a holdout was made from; None if it does not say."""
    match = _SECRET.search(text)
    return None if match is None else int(match[1], 16)
