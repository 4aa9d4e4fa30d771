"""Which backends are there? Ours, and those of plugins: the entry point group ``sigil.deployers``.

Plugins are found here and not loaded (`plugins`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigil import foreign

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "sigil.deployers"
BUILT_IN: Final = ("compose", "external", "process")


def names() -> list[str]:
    """Return every backend there is, sorted."""
    return sorted({*BUILT_IN, *plugins()})


def plugins() -> dict[str, EntryPoint]:
    """Return plugins by name; ours cannot be replaced by one."""
    return {point.name: point for point in foreign.points(GROUP) if point.name not in BUILT_IN}
