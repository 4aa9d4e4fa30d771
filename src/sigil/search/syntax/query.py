"""Which nodes of a text a tree-sitter query captures as a pin."""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sigil.search.syntax.grammars import load, parse

if TYPE_CHECKING:
    from tree_sitter import Node, Query

CAPTURE = "pin"
_MOST_MATCHES = 10_000
_PREDICATES = frozenset(
    "eq? not-eq? any-eq? any-not-eq? match? not-match? any-match? any-not-match? any-of? "
    "not-any-of?".split()
)
_TEXT_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|;[^\n]*')
_PLACE = re.compile(r" ?(?:in pattern )?at row (\d+)(?:, column (\d+))?")


class BadQuery(Exception):
    """A query that cannot be used.

    Args:
        problem: with the line and column of the query, where they are known.
        remedy: what to write instead.
    """

    def __init__(self, problem: str, remedy: str = "see the grammar's node-types.json"):
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@lru_cache(maxsize=64)
def _compiled(source: str, grammar: str) -> Query:
    """Return the query, checked: it compiles, filters by known predicates, captures a pin."""
    library: Any = importlib.import_module("tree_sitter")
    language = load(grammar)
    _check_predicates(source)
    try:
        query: Query = library.Query(language, source)
    except ValueError as error:
        raise BadQuery(_placed(str(error), source)) from error
    names = {query.capture_name(index) for index in range(query.capture_count)}
    if CAPTURE not in names and len(names) != 1:
        problem = "captures nothing" if not names else f"captures {', '.join(sorted(names))}"
        raise BadQuery(f"the query {problem}", f"put @{CAPTURE} behind the node that may change")
    return query


def _placed(problem: str, source: str) -> str:
    """Return the library's message with line and column counted from 1, as editors do."""
    found = _PLACE.search(problem)
    if found is None:
        lines = source.split("\n")
        return f"line {len(lines)}, column {len(lines[-1]) + 1}: {problem}"
    column = f", column {int(found[2]) + 1}" if found[2] else ""
    return f"line {int(found[1]) + 1}{column}: {problem.replace(found.group(), '')}"


def _check_predicates(source: str) -> None:
    """Refuse predicates that the library would ignore: they are there to filter."""
    blanked = _TEXT_OR_COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), source)
    for found in re.finditer(r"#([\w-]+[?!]?)", blanked):
        if found[1] not in _PREDICATES:
            line = source.count("\n", 0, found.start()) + 1
            column = found.start() - source.rfind("\n", 0, found.start())
            raise BadQuery(
                f"line {line}, column {column}: unknown predicate #{found[1]}",
                "there are #eq?, #match?, #any-of? and their not- and any- forms",
            )


def captured(text: str, source: str, grammar: str) -> list[Node]:
    """Return the distinct nodes of ``text`` that the query ``source`` captures, in order.

    Args:
        text: the source to look in.
        source: a query; its capture ``@pin``, or its only one, is meant.
        grammar: of the text.

    Raises:
        BadQuery: it does not compile, captures nothing or not always, or matches without end.
        DependencyMissing, Unparsable: see `grammars.parse`.
    """
    query = _compiled(source, grammar)
    library: Any = importlib.import_module("tree_sitter")
    cursor = library.QueryCursor(query, match_limit=_MOST_MATCHES)
    names = {query.capture_name(index) for index in range(query.capture_count)}
    name = CAPTURE if CAPTURE in names else names.pop()
    found: dict[tuple[int, int, int], Node] = {}
    for pattern, captures in cursor.matches(parse(text, grammar).root_node):
        nodes: list[Node] = captures.get(name, [])
        if not nodes:
            line = source.count("\n", 0, query.start_byte_for_pattern(pattern)) + 1
            raise BadQuery(
                f"line {line}: a match of pattern {pattern + 1} captures no @{name}",
                "write predicates inside the parentheses of their pattern",
            )
        found.update({(node.start_byte, node.end_byte, node.id): node for node in nodes})
    if cursor.did_exceed_match_limit:
        raise BadQuery("too many unfinished matches", "name the node more closely")
    return [found[key] for key in sorted(found)]
