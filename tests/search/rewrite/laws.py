"""What every rewrite has to hold: it finds its example, and the result does the same.

A family's test module lists examples; `follows` checks one of them on drawn arguments. Two
functions do the same if they return equal values of equal types, or raise the same kind of
exception, and leave their arguments equal.
"""

from __future__ import annotations

import copy
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from sigil.search.rewrite.applying import alone, matches
from sigil.search.rewrite.rule import Rule
from sigil.search.rewrite.texts import Text

Arguments = SearchStrategy[tuple[object, ...]]


@dataclass(frozen=True)
class Example:
    """A function that a rule rewrites.

    Args:
        rule: the rule's name.
        source: a module whose last definition is to be rewritten, and called.
        arguments: draws positional arguments for which the results have to be equal.
        becomes: a piece of text that the rewritten function has; empty for any.
    """

    rule: str
    source: str
    arguments: Arguments
    becomes: str = ""

    def __str__(self) -> str:
        return self.rule


def rewritings(rule: Rule, source: str) -> Iterator[str]:
    """Yield the module after each match of ``rule`` in any of its definitions."""
    text = Text(textwrap.dedent(source))
    for definition, _ in text.definitions(1, 10**6):
        for found in matches([rule], alone(definition, text.around), text.around):
            yield text.with_(definition, found.result)


def follows(example: Example, rules: tuple[Rule, ...]) -> None:
    """Check one example: found, put as expected, equal on what is drawn."""
    rule = next(rule for rule in rules if rule.name == example.rule)
    results = list(rewritings(rule, example.source))
    assert results, f"{rule.name} does not find its example"
    assert any(example.becomes in text for text in results), results[0]
    before = _function(textwrap.dedent(example.source))
    for text in results:
        _agree(before, _function(text), example.arguments)


def _agree(
    before: Callable[..., object], after: Callable[..., object], arguments: Arguments
) -> None:
    @settings(
        max_examples=60, deadline=None, database=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    @given(arguments)
    def same(values: tuple[object, ...]) -> None:
        assert _outcome(after, values) == _outcome(before, values)

    same()


def _outcome(function: Callable[..., object], values: tuple[object, ...]) -> tuple[object, ...]:
    mine = copy.deepcopy(values)
    try:
        result = function(*mine)
    except Exception as error:  # noqa: BLE001 - which one is part of the outcome
        return type(error).__name__, _typed(mine)
    return _typed(result), _typed(mine)


def _typed(value: object) -> object:
    """Return a value that is equal only where types are, and where NaN equals itself."""
    if isinstance(value, dict):
        return type(value).__name__, [(_typed(k), _typed(v)) for k, v in value.items()]
    if isinstance(value, (set, frozenset)):
        return type(value).__name__, sorted(map(repr, map(_typed, value)))
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [_typed(item) for item in value]
    return type(value).__name__, repr(value)


def _function(source: str) -> Callable[..., object]:
    """Return the last function that a module defines."""
    names: dict[str, object] = {}
    exec(compile(source, "<example>", "exec"), names)
    body = cst.parse_module(source).body
    last = [node for node in body if isinstance(node, cst.FunctionDef)][-1]
    found = names[last.name.value]
    assert callable(found)
    return found
