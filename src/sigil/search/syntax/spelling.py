"""Tokens of a piece of source, whatever its layout: signatures, and the normal form of a region."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sigil.search.syntax.faults import faults
from sigil.search.syntax.grammars import Unparsable, parse
from sigil.search.syntax.walking import is_comment, is_verbatim, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_LOOKS_AT_LAYOUT = re.compile(r"\b__LINE__\b|\b(?:line|column|stringify)!|\bgetStackTrace\b")
_DIRECTIVE = re.compile(r"//(?:go:|export |line |[ \t]*\+build)|/\*line ")
_OPENING, _CLOSING = frozenset("(["), frozenset(")],;:")
_GENERIC = re.compile(r"(?:type|template)_(?:arguments|parameters|argument_list|parameter_list)")


def spelt(tokens: Iterable[Node]) -> str:
    """Return ``tokens`` on one line, with the same blanks whatever blanks they had.

    No two different sequences of tokens that a grammar allows are written alike: blanks are
    left out only beside tokens that are one character in every language.
    """
    line, tight, after_type = "", True, False
    for token in tokens:
        text = text_of(token).replace("\r\n", "\n").replace("\n", "\\n")
        angle = text in {"<", ">"} and _in_generic(token)
        opens = text in _OPENING or (angle and text == "<")
        word = bool(line) and (line[-1].isalnum() or line[-1] in "_$" or after_type)
        glued = tight or text in _CLOSING or angle or (opens and word)
        line += text if glued or not line else f" {text}"
        tight, after_type = opens, angle and text == ">"
    return line


def _in_generic(token: Node) -> bool:
    return token.parent is not None and bool(_GENERIC.fullmatch(token.parent.type))


def normal_form(text: str, grammar: str, first: int, last: int) -> list[str] | None:
    """Return the tree of the lines ``first`` to ``last`` as a list, without comments and layout.

    Two regions with one form differ in nothing that their compiler looks at. Line ends that
    mean something, such as the one after ``return`` in JavaScript, show in the tree.

    Returns:
        None where the form cannot be trusted: the parser skips something on these lines, or
        the code asks for its own line numbers.
    """
    lines = text.split("\n")[first - 1 : last]
    if any(_LOOKS_AT_LAYOUT.search(line) for line in lines):
        return None
    try:
        tree = parse(text, grammar)
        if any(fault.line <= last and fault.last >= first for fault in faults(text, grammar)):
            return None
    except Unparsable:
        return None
    return list(_form(tree.root_node, first - 1, last - 1))


def _form(root: Node, first: int, last: int) -> Iterator[str]:
    """Yield nodes that begin on the rows ``first`` to ``last`` with their depth, and tokens."""
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        if node.start_point.row > last or node.end_point.row < first:
            continue
        if is_comment(node):
            if first <= node.start_point.row and _DIRECTIVE.match(text_of(node)):
                yield text_of(node)
            continue
        inner = bool(node.child_count) and not is_verbatim(node)
        if node.start_point.row >= first:
            yield f"{depth} {node.type if inner else text_of(node)}"
            if inner:
                yield from _uncovered(node)
        if inner:
            waiting += [(child, depth + 1) for child in reversed(node.children)]


def _uncovered(node: Node) -> Iterator[str]:
    """Yield what stands in ``node`` and in none of its children, blanks apart."""
    source, start = node.text or b"", node.start_byte
    done = 0
    for child in node.children:
        if between := source[done : child.start_byte - start].strip():
            yield between.decode("utf-8", "replace")
        done = child.end_byte - start
    if rest := source[done:].strip():
        yield rest.decode("utf-8", "replace")
