"""Intents: what a person asks of a service, as ``docs/specs/*.md``.

Not here: what becomes of them (`sigil.gate.generate`).
"""

from sigil.gate.intent.model import Cell, Clause, Intent, Kind, Row, Table
from sigil.gate.intent.read import read_intent

__all__ = ["Cell", "Clause", "Intent", "Kind", "Row", "Table", "read_intent"]
