"""Where does source define a function, method or type, and what is its interface?

A definition begins with its attributes, decorators, ``template <…>`` or ``export`` and ends
with its body; comments above it are not part of it. Lines are 1-based and end at line feeds.

Not here: what a name looks like in each language (`sigil.search.syntax.languages`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sigil.search.braces import NotSure
from sigil.search.syntax.faults import faults
from sigil.search.syntax.grammars import KEPT_CHARACTERS, parse
from sigil.search.syntax.languages import (
    ATTRIBUTES,
    NOT_WRAPPED,
    WRAPPERS,
    Kind,
    Naming,
    Part,
    naming,
)
from sigil.search.syntax.spelling import spelt
from sigil.search.syntax.walking import is_comment, leaves, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_FREE_ATTRIBUTE = re.compile(r"#\s*\[\s*(?:inline|cold|must_use|allow|warn|expect|doc)\b")
"""Attributes of Rust that change nothing for a caller."""
_NESTING = frozenset({"python", "rust", "javascript", "typescript", "tsx"})
"""Languages in which a function in a function has a name that is worth pinning."""
_BEFORE = re.compile(rb"\s*(?:/\*.*?\*/\s*)*\Z", re.DOTALL)
_AFTER = re.compile(rb"[\s;,]*(?:/\*.*?\*/\s*)*(?://.*|#.*)?\Z", re.DOTALL)
_PRIVATE = re.compile(r"(?:^| )private(?: |$)")


@dataclass(frozen=True, slots=True)
class Definition:
    """One function, method or type.

    Args:
        path: the parts of its name, from the outermost scope in.
        kind: ``function`` or ``type``.
        first: line of its first attribute, decorator or keyword.
        last: line of its end.
        body: first byte of its body; None for a declaration.
        span: first and last byte with everything that belongs to it.
        core: first byte of the node itself, behind attributes, ``export`` and the like.
        pieces: nodes that make up its header, each with the bytes from and up to which its
            tokens count.
    """

    path: tuple[Part, ...]
    kind: Kind
    first: int
    last: int
    body: int | None
    span: tuple[int, int]
    core: int
    pieces: tuple[tuple[Node, int, int], ...]

    @property
    def header(self) -> str:
        """Return everything but its body, without comments and layout."""
        parts = [
            spelt(leaf for leaf in leaves(node, before=until) if leaf.start_byte >= since)
            for node, since, until in self.pieces
        ]
        return " ".join(part for part in parts if part not in {"", ";"})

    @property
    def name(self) -> str:
        """Return the dotted name."""
        return ".".join(part[0] for part in self.path)


@dataclass(frozen=True, slots=True)
class _Place:
    """A node on the way, the wrapper it stands in and the attributes in front of it."""

    node: Node
    path: tuple[Part, ...]
    outer: Node | None = None
    attributes: tuple[Node, ...] = ()


def definitions(text: str, grammar: str) -> tuple[Definition, ...]:
    """Return every definition and declaration in ``text``, in order; see `grammars.parse`."""
    small = len(text) <= KEPT_CHARACTERS  # definitions keep their tree
    return _kept(text, grammar) if small else _definitions(text, grammar)


def _definitions(text: str, grammar: str) -> tuple[Definition, ...]:
    found: list[Definition] = []
    waiting = [_Place(parse(text, grammar).root_node, ())]
    while waiting:
        place = waiting.pop()
        named = naming(place.node, grammar)
        path = place.path if named is None else (*place.path, *named.parts)
        if named is not None and named.kind != "scope":
            found.append(_definition(place, named, path))
        if named is None or named.kind != "function" or grammar in _NESTING:
            waiting += reversed(list(_children(place, path)))
    return tuple(found)


_kept = lru_cache(maxsize=16)(_definitions)


def _children(place: _Place, path: tuple[Part, ...]) -> Iterator[_Place]:
    outer: Node | None = None
    attributes: tuple[Node, ...] = ()
    if place.node.type in WRAPPERS and len(_wrapped(place.node)) == 1:
        outer, attributes = place.outer or place.node, place.attributes
    leading: list[Node] = []
    for child in place.node.named_children:
        if child.type in ATTRIBUTES:
            leading.append(child)
        elif child.child_count and not is_comment(child):
            yield _Place(child, path, outer, (*attributes, *leading))
            leading = []


def _wrapped(node: Node) -> list[Node]:
    return [
        child
        for child in node.named_children
        if child.type not in NOT_WRAPPED and not is_comment(child)
    ]


def _definition(place: _Place, named: Naming, path: tuple[Part, ...]) -> Definition:
    whole = place.outer or place.node
    begins = [node for node in place.attributes if node.start_byte < whole.start_byte]
    start = begins[0] if begins else whole
    body, end = named.body, whole.end_byte
    free = [node for node in begins if _FREE_ATTRIBUTE.match(text_of(node))]
    pieces = [(node, 0, end) for node in begins if node not in free]
    pieces.append((whole, 0, body.start_byte if body is not None else end))
    if body is not None and named.kind == "type":
        pieces.append((whole, body.end_byte, end))
    span = start.start_byte, whole.end_byte
    return Definition(
        path,
        named.kind,
        start.start_point.row + 1,
        whole.end_point.row + (whole.end_point.column > 0),
        body.start_byte if body is not None else None,
        span,
        place.node.start_byte,
        tuple(pieces),
    )


def find(text: str, symbol: str, grammar: str) -> tuple[Definition, ...]:
    """Return the definitions that ``symbol`` means.

    A definition whose whole name it is goes first; otherwise it may leave out outer scopes.
    What stands inside of such a definition is not meant, a constructor in its class say.

    Args:
        text: the source.
        symbol: parts joined by ``.`` or ``::``, such as ``ns::f`` or ``Class.method``.
        grammar: of the text.

    Raises:
        NotSure: the extent of such a definition is not certain.
        DependencyMissing, Unparsable: see `grammars.parse`.
    """
    parts = re.split(r"\.|::", "".join(symbol.split()))
    known = [
        one
        for one in definitions(text, grammar)
        if one.body is not None or _stands_alone(one, grammar)
    ]
    ending = [one for one in known if _ends_with(one.path, parts)]
    whole = [one for one in ending if len(one.path) == len(parts)]
    found = [one for one in whole or ending if not _within_another(one, whole or ending)]
    for one in found:
        require_own_lines(text, one.span, grammar)
    return tuple(found)


def _within_another(one: Definition, among: Sequence[Definition]) -> bool:
    return any(
        other.span != one.span and other.span[0] <= one.span[0] and one.span[1] <= other.span[1]
        for other in among
    )


def _stands_alone(one: Definition, grammar: str) -> bool:
    """Return whether a definition without body is one: ``struct Unit;`` of Rust."""
    return grammar == "rust" and one.kind == "type"


def _ends_with(path: tuple[Part, ...], parts: Sequence[str]) -> bool:
    tail = path[len(path) - len(parts) :]
    return len(path) >= len(parts) and all(
        part in {"".join(spelling.split()) for spelling in spellings}
        for part, spellings in zip(parts, tail, strict=True)
    )


def require_own_lines(text: str, span: tuple[int, int], grammar: str) -> None:
    """Check that the bytes ``span`` have their lines to themselves, and a certain end.

    Raises:
        NotSure: other code shares their first or last line, or the parser lost a brace there.
    """
    data = text.encode("utf-8", "replace")
    start, end = span
    first, last = data.count(b"\n", 0, start) + 1, data.count(b"\n", 0, end) + 1
    before = data[data.rfind(b"\n", 0, start) + 1 : start].removeprefix(b"\xef\xbb\xbf")
    stop = data.find(b"\n", end)
    after = data[end : stop if stop >= 0 else len(data)]
    if not _BEFORE.match(before) or not (data[end - 1 : end] == b"\n" or _AFTER.match(after)):
        raise NotSure("other code on the same lines", first)
    for fault in faults(text, grammar):
        if fault.braces and fault.line <= last and fault.last >= first:
            raise NotSure(f"the parser cannot read line {fault.line}: {fault}", first)


def interface(one: Definition, among: Sequence[Definition]) -> str:
    """Return what the callers of ``one`` rely on: its header, for a type also its methods'.

    One line each, as `sigil.search.definitions.keeps_interface` compares them. A method
    that is marked private is nobody's business.
    """
    if one.kind != "type":
        return one.header
    members = [
        inner.header
        for inner in among
        if len(inner.path) == len(one.path) + 1
        and one.span[0] <= inner.span[0]
        and inner.span[1] <= one.span[1]
        and inner.kind == "function"
        and not (_PRIVATE.search(inner.header) or inner.path[-1][0].startswith("#"))
    ]
    return "\n".join([one.header, *members])


def around(text: str, span: tuple[int, int], grammar: str) -> Definition | None:
    """Return the definition whose header the bytes ``span`` hold, wholly or in part, or None."""
    start, end = span
    holding = [
        one
        for one in definitions(text, grammar)
        if one.body is not None and one.span[0] <= start < one.body < end <= one.span[1]
    ]
    return holding[-1] if holding else None


def headers(text: str, grammar: str, first: int, last: int) -> list[tuple[int, int]]:
    """Return where the headers of the definitions on these lines begin and end, in characters."""
    own = [d for d in definitions(text, grammar) if first <= d.first and d.last <= last]
    data = text.encode("utf-8", "replace") if own else b""
    return [
        (_characters(data, one.span[0]), _characters(data, one.body or one.span[1])) for one in own
    ]


def _characters(data: bytes, at: int) -> int:
    return len(data[:at].decode("utf-8", "replace"))
