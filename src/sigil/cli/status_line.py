"""Say on standard error what is being done: lines that stay, and one that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status


class StatusLine:
    """Lines on standard error, with a spinner on a terminal. A context manager.

    Args:
        quiet: say nothing, for whoever asked for JSON.
    """

    def __init__(self, *, quiet: bool):
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False, quiet=quiet)
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, *ended: object) -> None:
        if self._status is not None:
            self._status.stop()

    def shows(self, text: str) -> bool:
        """Show a text beside the spinner, in the place of the one before.

        Returns:
            Whether there is a terminal to show it on.
        """
        if self._status is not None:
            self._status.update(text)
        return self._status is not None

    def prints(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(text, markup=False)
