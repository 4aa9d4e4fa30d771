"""The libraries of the ledger are an extra: whoever lacks one is told which, and what to do.

Modules that need one import it in a block of `libraries` at their head; nothing but the ledger's
and the gate's own commands loads these modules.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from sigil.errors import DependencyMissing, install

_LIBRARIES = frozenset({"cryptography", "pygit2", "rfc8785"})


@contextlib.contextmanager
def libraries() -> Generator[None]:
    """Turn a failed import of one of the ledger's libraries into a line with the remedy.

    Raises:
        DependencyMissing: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _LIBRARIES:
            raise
        raise DependencyMissing(
            f"the ledger needs the library {name}", remedy=install("gate")
        ) from error
