"""Run code that nobody trusts: calls of a function, and commands in a scratch checkout.

Names are loaded when first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigil.sandbox.model import (
    CandidateFailed,
    Case,
    CommandResult,
    Ending,
    FailureKind,
    Isolation,
    Level,
    Limits,
    Raised,
    Reply,
    Returned,
    Source,
)

if TYPE_CHECKING:
    from sigil.sandbox.base import Base, freeze
    from sigil.sandbox.calls import CallSandbox, Worker
    from sigil.sandbox.checkout import Checkout, open_checkout
    from sigil.sandbox.commands import CommandSandbox
    from sigil.sandbox.ladder import Rung
    from sigil.sandbox.probing import probe

_WHERE = {
    "Base": "sigil.sandbox.base",
    "CallSandbox": "sigil.sandbox.calls",
    "Worker": "sigil.sandbox.worker",
    "Checkout": "sigil.sandbox.checkout",
    "CommandSandbox": "sigil.sandbox.commands",
    "Rung": "sigil.sandbox.ladder",
    "freeze": "sigil.sandbox.base",
    "open_checkout": "sigil.sandbox.checkout",
    "probe": "sigil.sandbox.probing",
}

__all__ = [
    "Base",
    "CallSandbox",
    "CandidateFailed",
    "Case",
    "Checkout",
    "CommandResult",
    "CommandSandbox",
    "Ending",
    "FailureKind",
    "Isolation",
    "Level",
    "Limits",
    "Raised",
    "Reply",
    "Returned",
    "Rung",
    "Source",
    "Worker",
    "freeze",
    "open_checkout",
    "probe",
]


def __getattr__(name: str) -> Any:
    """Import a public name from the module that defines it."""
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 (the point of this function)

    return getattr(importlib.import_module(module), name)
