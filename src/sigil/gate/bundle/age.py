"""The age library, or one line that says how to get it.

Not here: what is done with it (`sigil.gate.bundle.sealing`, `sigil.gate.unseal`,
`sigil.gate.bundle.keys`).
"""

from __future__ import annotations

from typing import Any

from sigil.errors import DependencyMissing, install


def age() -> Any:
    """Return the module ``pyrage``.

    Raises:
        DependencyMissing: it is not installed.
    """
    try:
        import pyrage  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            "sealed scenarios need the library pyrage", remedy=install("gate")
        ) from error
    return pyrage
