"""A rewrite: one way to say the same thing so that it runs faster.

A rule looks at one definition and yields a match for every place that it could rewrite.
Pure. Not here: the rules (`catalogue` lists them), how matches are applied (`applying`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from sigil.search.rewrite.facts import Facts

Replacement = cst.CSTNode | Sequence[cst.BaseStatement]
"""What stands in the place of a node.

Several statements, or none, stand in the place of one. If the node itself is among them it
stays, and other replacements inside of it are carried out: ``{loop: [before, loop], name: new}``.
"""


class Gain(IntEnum):
    """How much a rewrite is expected to save where it matters at all."""

    SMALL = 1
    """Some instructions of each pass."""
    LARGE = 2
    """A loop of the interpreter becomes one of C."""
    ORDER = 3
    """The work grows more slowly with the input."""


@dataclass(frozen=True, slots=True)
class Match:
    """One place that a rule would rewrite.

    Args:
        node: where, for the line in the note; a node of the definition.
        replace: what stands in the place of which node of the definition.
        imports: (module, name) pairs that the new text reads under that name; name is ""
            for the module itself.
        before: statements to put at the beginning of the definition's body.
    """

    node: cst.CSTNode
    replace: Mapping[cst.CSTNode, Replacement]
    imports: Sequence[tuple[str, str]] = ()
    before: Sequence[cst.BaseStatement] = field(default_factory=tuple[cst.BaseStatement, ...])


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of rewrite.

    Args:
        name: such as ``membership-in-a-set``; unique.
        says: one line for the record: what changes and why that is faster.
        gain: see `Gain`.
        find: yields every match in a definition, in source order.
        unless: when the result may differ, as a clause; empty if it never does, given that
            names mean what they say (no subclass of a built-in type changes its meaning).
    """

    name: str
    says: str
    gain: Gain
    find: Callable[[Facts], Iterator[Match]]
    unless: str = ""

    @property
    def safe(self) -> bool:
        """Return whether the result never differs."""
        return not self.unless
