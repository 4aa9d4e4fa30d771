"""Carry out what rules find in a definition.

The result is parsed anew from its own text, so that rewrites compose. Pure.

Not here: definitions in the text of a module (`texts`), which rewrites there are
(`catalogue`), which to try first (`proposer`).
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from sigil.search.rewrite.facts import Definition, Facts
from sigil.search.rewrite.rule import Match, Replacement, Rule
from sigil.search.rewrite.shapes import occurrences
from sigil.search.rewrite.texts import Around
from sigil.search.rewrite.tree import walk


@dataclass(frozen=True, slots=True)
class Found:
    """A match of a rule in a definition.

    Args:
        rule: which.
        line: 1-based, counted from the definition's first line.
        result: the definition with this one place rewritten.
    """

    rule: Rule
    line: int
    result: Definition


def alone(definition: Definition, around: Around) -> Definition:
    """Return ``definition`` parsed anew from its own text, so that no node is in it twice."""
    config = cst.PartialParserConfig(default_indent=around.indent)
    bare = definition.with_changes(leading_lines=())
    parsed = cst.parse_module(cst.Module([bare], default_indent=around.indent).code, config)
    return cast("Definition", parsed.body[0])


def source(definition: Definition) -> str:
    """Return the text of a definition."""
    return cst.Module([definition]).code


def matches(rules: Sequence[Rule], definition: Definition, around: Around) -> Iterator[Found]:
    """Yield every match of ``rules``, in order of the rules and then of the source.

    What a rule makes of code that its author did not think of, and that is no Python, is no
    match; nor is what would import something under a name that means something else there, or
    ask a built-in whose name does.
    Nothing is rewritten but statements of a function: signatures and decorators have a scope of
    their own, and so has the body of a class, whose methods are definitions too.

    Args:
        rules: which to try.
        definition: from `alone`.
        around: of its module.
    """
    facts = Facts(definition, around.imports, around.shadowed)
    line_of = _lines(definition)
    for rule in rules:
        with suppress(cst.ParserSyntaxError, cst.CSTValidationError, RecursionError):
            for match in rule.find(facts):
                if _is_of_the_body(facts, match) and _means_what_it_says(facts, match):
                    yield Found(rule, line_of(match.node), rewritten(facts, match, around))


def _is_of_the_body(facts: Facts, match: Match) -> bool:
    definition = facts.definition
    if isinstance(definition, cst.ClassDef):
        return match.node is definition
    body = definition.body
    return all(body in (node, *facts.ancestors(node)) for node in match.replace)


def _means_what_it_says(facts: Facts, match: Match) -> bool:
    return _can_import(facts, match.imports) and not _reads_what_is_shadowed(facts, match)


def _reads_what_is_shadowed(facts: Facts, match: Match) -> bool:
    """Return whether what is put in asks for a built-in whose name means something else there.

    Names that what goes away had as well, as often and as often called, come from there.
    """
    gone = [old for old, new in match.replace.items() if not _stays(old, new)]
    put = [
        part
        for old, new in match.replace.items()
        for part in ([new] if isinstance(new, cst.CSTNode) else new)
        if part is not old
    ]
    wanted = _built_in_names(chain.from_iterable(map(walk, put)))
    known = _built_in_names(chain.from_iterable(map(facts.walk, gone)))
    imported = {name or module for module, name in match.imports}
    return any(
        many > known[name, called]
        for (name, called), many in wanted.items()
        if name not in imported and not facts.is_builtin(cst.Name(name))
    )


def _stays(old: cst.CSTNode, new: Replacement) -> bool:
    return not isinstance(new, cst.CSTNode) and old in new


def _built_in_names(nodes: Iterable[cst.CSTNode]) -> Counter[tuple[str, bool]]:
    """Return how often names of built-ins stand as such, and how often they are called."""
    found: Counter[tuple[str, bool]] = Counter()
    for node in nodes:
        match node:
            case cst.Name(value=name):
                found[name, False] += hasattr(builtins, name)
            case cst.Call(func=cst.Name(value=name)):
                found[name, True] += hasattr(builtins, name)
            case _:
                pass
    return +found


def _can_import(facts: Facts, wanted: Sequence[tuple[str, str]]) -> bool:
    """Return whether no name that is to be imported means something else in the definition."""
    for module, name in wanted:
        known = facts.stands_for(cst.Name(name or module))
        is_meant = known == (f"{module}.{name}" if name else module)
        if not is_meant and any(True for _ in occurrences(facts, name or module)):
            return False
    return True


def rewritten(facts: Facts, match: Match, around: Around) -> Definition:
    """Return the definition of ``facts`` with ``match`` carried out."""
    changed = facts.definition.visit(_Replacing(match.replace))
    assert isinstance(changed, (cst.FunctionDef, cst.ClassDef))
    first = [*_imports(facts, match.imports), *match.before]
    if first:
        changed = _beginning_with(changed, first)
    return alone(changed, around)


# --- applying one match -------------------------------------------------------------------


class _Replacing(cst.CSTTransformer):
    """Puts new nodes in the place of old ones.

    What is inside an old one goes with it, unless the old one is among what takes its place:
    then it stays there, with what was replaced inside of it.
    """

    def __init__(self, replace: Mapping[cst.CSTNode, Replacement]):
        super().__init__()
        self._replace = replace

    def on_visit(self, node: cst.CSTNode) -> bool:
        new = self._replace.get(node)
        return new is None or _stays(node, new)

    def on_leave(  # pyright: ignore[reportIncompatibleMethodOverride] - any node, not only its own kind
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        new = self._replace.get(original_node)
        if new is None:
            return updated_node
        if isinstance(new, cst.CSTNode):
            return new
        if not new:
            return cst.RemoveFromParent()
        if original_node in new:
            return cst.FlattenSentinel([updated_node if n is original_node else n for n in new])
        return cst.FlattenSentinel(_with_comments_of(original_node, new))


def _with_comments_of(old: cst.CSTNode, new: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """Return ``new`` with the blank lines and comments that stood above ``old``."""
    lines = getattr(old, "leading_lines", ())
    head, *rest = new
    if lines and not getattr(head, "leading_lines", ()) and hasattr(head, "leading_lines"):
        head = head.with_changes(leading_lines=lines)
    return [head, *rest]


def _beginning_with(definition: Definition, first: Sequence[cst.BaseStatement]) -> Definition:
    """Return ``definition`` with statements at the beginning of its body, after a docstring."""
    body = definition.body
    if not isinstance(body, cst.IndentedBlock):
        line = cast("Sequence[cst.BaseSmallStatement]", body.body)
        body = cst.IndentedBlock([cst.SimpleStatementLine(line)])
    at = 1 if definition.get_docstring(clean=False) is not None else 0
    statements = [*body.body[:at], *first, *body.body[at:]]
    return definition.with_changes(body=body.with_changes(body=statements))


def _imports(facts: Facts, wanted: Sequence[tuple[str, str]]) -> Iterator[cst.BaseStatement]:
    """Yield the import statements for what is not imported under its own name yet."""
    names: dict[str, list[str]] = {}
    for module, name in wanted:
        dotted = f"{module}.{name}" if name else module
        if facts.stands_for(cst.Name(name or module)) == dotted:
            continue
        if name:
            names.setdefault(module, []).append(name)
        else:
            yield cst.parse_statement(f"import {module}")
    for module, given in names.items():
        yield cst.parse_statement(f"from {module} import {', '.join(given)}")


def _lines(definition: Definition) -> Callable[[cst.CSTNode], int]:
    """Return a function that gives the line of a node in its definition, from 1."""

    @cache
    def positions() -> Mapping[cst.CSTNode, object]:
        module = cst.Module([definition])
        return MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)

    def line(node: cst.CSTNode) -> int:
        place = positions().get(node)
        return place.start.line if isinstance(place, CodeRange) else 1

    return line
