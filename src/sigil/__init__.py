"""Sigil lets machines write code and lets people trust it.

`sigil.evolve` searches for a better version of a function; it is loaded when first used, so that
importing this package costs nothing. Its types stand in `__init__.pyi`.
"""

from __future__ import annotations

__version__ = "0.1.0"

_PUBLIC = frozenset({"Evolved", "evolve"})


def __getattr__(name: str) -> object:
    """Import a public name from the module that defines it."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 (the point of this function)

    return getattr(importlib.import_module("sigil.evolving"), name)


def __dir__() -> list[str]:
    """Return the names of this module, those that are not loaded yet included."""
    return sorted({*globals(), *_PUBLIC})
