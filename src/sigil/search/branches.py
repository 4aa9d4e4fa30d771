"""Which of several literals are read, given the values of those that choose branches. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sigil.search.literals import Literal
from sigil.search.written import Value


class Branches:
    """The conditions among the literals of one search; false if there are none.

    Args:
        literals: the dimensions; a condition on a literal that is not among them is dropped.
    """

    def __init__(self, literals: Sequence[Literal]):
        places = {(literal.path, literal.start): i for i, literal in enumerate(literals)}
        self._conditions = [
            [
                (places[literal.path, condition.switch], condition)
                for condition in literal.when
                if (literal.path, condition.switch) in places
            ]
            for literal in literals
        ]
        self.order = self._switches_first()

    def __bool__(self) -> bool:
        """Return whether any literal is read only sometimes."""
        return any(self._conditions)

    def active(self, values: Sequence[Value]) -> frozenset[int]:
        """Return the positions of the literals that are read under ``values``."""
        return frozenset(i for i in range(len(values)) if self.is_active(i, values))

    def is_active(self, position: int, values: Sequence[Value]) -> bool:
        """Return whether one literal is read; its switches have to be read, too."""
        waiting, seen = [position], {position}
        while waiting:
            for switch, condition in self._conditions[waiting.pop()]:
                if not condition.holds(values[switch]):
                    return False
                if switch not in seen:
                    seen.add(switch)
                    waiting.append(switch)
        return True

    def _switches_first(self) -> tuple[int, ...]:
        """Return all positions, each after those that decide whether it is read."""
        order: dict[int, None] = {}
        left = list(range(len(self._conditions)))
        while left:
            ready = [i for i in left if all(switch in order for switch, _ in self._conditions[i])]
            for position in ready or left:  # in a circle, as they stand
                order[position] = None
            left = [i for i in left if i not in order]
        return tuple(order)
