"""Put a service up for an exam, twice: the change under test beside its baseline.

`deploy` chooses the backend; a `Deployment` gives connections, whatever is behind it. Names are
loaded when first used.

Not here: what is asked of a service (`sigil.gate.http.client`, `sigil.gate.browser`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigil.gate.deploy.backends import deploy
    from sigil.gate.deploy.model import Deployment, Order, Source
    from sigil.gate.deploy.settings import Deploy

_WHERE = {
    "Deploy": "sigil.gate.deploy.settings",
    "Deployment": "sigil.gate.deploy.model",
    "Order": "sigil.gate.deploy.model",
    "Source": "sigil.gate.deploy.model",
    "deploy": "sigil.gate.deploy.backends",
}

__all__ = ["Deploy", "Deployment", "Order", "Source", "deploy"]


def __getattr__(name: str) -> Any:
    """Import a public name from the module that defines it."""
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 (the point of this function)

    return getattr(importlib.import_module(module), name)
