"""A proposer whose library is not installed: says so once, and proposes nothing."""

from __future__ import annotations

from sigil.errors import DependencyMissing, install
from sigil.search.model import Outcome, Proposal, View


class Absent:
    """Stands in for a proposer that cannot be imported. Implements `Proposer`.

    Args:
        name: of the proposer.
        library: what it needs.
        extra: of ours, which brings it.
    """

    def __init__(self, name: str, library: str, extra: str):
        self.name = name
        self._missing: DependencyMissing | None = DependencyMissing(
            f"{name} needs {library}", remedy=install(extra)
        )

    def ask(self, view: View, count: int) -> list[Proposal]:
        """Return nothing.

        Raises:
            DependencyMissing: at the first call.
        """
        del view, count
        missing, self._missing = self._missing, None
        if missing is not None:
            raise missing
        return []

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Do nothing."""
