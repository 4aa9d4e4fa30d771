"""How services, scenarios and variables may be called, so that no name leads anywhere else.

Pure. Not here: which exist (`sigil.gate.policy`, `sigil.gate.bundle.read`).
"""

from __future__ import annotations

import re

from sigil.errors import InvalidValue
from sigil.printable import printable

SERVICE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
VISIBLE_ID = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
HOLDOUT_ID = re.compile(r"holdout_(?!0+\Z)(?:[0-9]{3}|[1-9][0-9]{3,5})")
MAX_ID = 200
_OWN = ("ACTIONS_", "CI_", "GH_", "GIT_", "GITHUB_", "RUNNER_", "SIGIL_", "SSH_")
"""First letters of variables by which an evaluator reaches its forge, its ledger or its keys."""


def check_service(name: str) -> str:
    """Return ``name`` if a service can be called so.

    Raises:
        InvalidValue: it cannot.
    """
    if not SERVICE.fullmatch(name):
        raise InvalidValue(
            f"{printable(name, 80)!r} is no name of a service",
            remedy="use at most 60 lower-case letters, digits, underscores and hyphens",
        )
    return name


def is_visible_id(text: str) -> bool:
    """Say whether a visible scenario can have this id: a path without dots at a part's start."""
    return len(text) <= MAX_ID and VISIBLE_ID.fullmatch(text) is not None


def is_holdout_id(text: str) -> bool:
    """Say whether a holdout can have this id: ``holdout_`` and at least three digits."""
    return HOLDOUT_ID.fullmatch(text) is not None


def holdout_id(number: int) -> str:
    """Return the id of the ``number``-th holdout, from 1."""
    return f"holdout_{number:03}"


def is_own_variable(name: str) -> bool:
    """Say whether a variable is the evaluator's own: no policy hands it to anybody."""
    return name.upper().startswith(_OWN)
