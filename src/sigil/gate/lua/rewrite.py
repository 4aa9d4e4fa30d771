"""Rewrite a scenario so that it says what each sub-expression of an `expect` came to.

    expect(r.status == 201)

becomes, on the same line,

    expect((function(x) return x, v(x,1,v(x,3,v(x,2,r).status) == 201) end)(f(7)))

where ``f`` opens a frame for site 7 and ``v`` notes a value and gives it back. Operators stay where
they are, so ``and`` and ``or`` still stop early, and everything is evaluated once and in order. The
function makes the frame belong to this evaluation alone, whoever else evaluates the same line
meanwhile: recursion, a coroutine.

Also: a mark in front of the arguments of `invariant`, `sigil.intent` and `sigil.judge` says where
they stand; a call at the start of each section says that it began; and what `for_all` and the
generators made of generators take becomes a function, so that it is drawn again for each case.

Pure. Not here: which values are drawn again (`drawing`), what the marks do when they run
(`prelude/expect.lua`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sigil.gate.lua.drawing import Draws, expressions, local_of, takes_more
from sigil.gate.lua.outline import Block, Outline
from sigil.gate.lua.syntax import Node, Program
from sigil.gate.model import Span

MOST_PARTS = 60
"""Values that one expect notes."""
MOST_NESTED = 30
"""Notes around one expression: Lua has 255 registers, and a nested call takes three."""
_CLAIMS = {
    "expect": "expect", "invariant": "invariant", "sigil.intent": "intent",
    "sigil.judge": "judge", "sigil.expect_status_class": "status",
}  # fmt: skip
_LIBRARIES = frozenset({"sigil", "string", "table", "math", "utf8", "coroutine"})
_ONE = frozenset({
    "identifier", "dot_index_expression", "bracket_index_expression", "binary_expression",
    "unary_expression",
})  # fmt: skip
_ALL = frozenset({"function_call", "vararg_expression"})
_LITERALS = frozenset({"number", "string", "true", "false", "nil"})
_CALLED = frozenset({"dot_index_expression", "function_call"})
_OPERATIONS = frozenset({"binary_expression", "unary_expression"})


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-expression that is noted.

    Args:
        number: its key in the frame.
        span: where it stands.
        anchor: line and column of what it is known by: an operator, the name of a field.
        literal: its text, if it is its own value.
        within: key of the operation that a literal belongs to; it counts once that was evaluated.
    """

    number: int
    span: Span
    anchor: tuple[int, int]
    literal: str | None = None
    within: int = 0


@dataclass(slots=True)
class Site:
    """A claim in the text.

    Args:
        number: its key.
        kind: ``expect``, ``invariant``, ``intent``, ``judge`` or ``status``.
        span: of the call.
        local: name that its result is given; empty if none.
        rubric: the block that belongs to it.
        step: 1-based; None where a section decides, or an invariant around it.
        parts: what an expect notes, outermost first.
    """

    number: int
    kind: str
    span: Span
    local: str = ""
    rubric: Block | None = None
    step: int | None = None
    parts: list[Part] = field(default_factory=list[Part])


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A program that tells what it does.

    Args:
        text: a chunk that takes the marks and returns the program as a function; its lines are
            those of the original.
        sites: by number, from 1.
        steps: how many there are, at least one.
        orphans: rubrics that no intent and no judge follows.
    """

    text: str
    sites: tuple[Site, ...]
    steps: int
    orphans: tuple[Block, ...]


def rewrite(program: Program, shape: Outline, *, noted: bool = True) -> Rewritten:
    """Return the program with its marks.

    Args:
        program: what to rewrite.
        shape: its outline.
        noted: with the notes of each expect; without them a program that is near the limits of
            Lua itself still compiles.
    """
    writer = _Writer(program, shape, noted)
    writer.write()
    names = ",".join(writer.name(mark) for mark in ("v", "w", "f", "a", "s"))
    text = f"local _ENV,{names}=... return function(...) {writer.text()}\nend"
    return Rewritten(text, tuple(writer.sites), writer.steps, writer.orphans())


@dataclass(frozen=True, slots=True)
class _Context:
    """Where the walk is: the expect whose values are noted, and how deep in notes it is."""

    expect: Site | None = None
    nested: int = 0
    in_run: bool = False
    counted: bool = True  # not inside of an invariant: its claims are no steps

    def outside(self) -> _Context:
        """Return the same place, with nothing noted."""
        return self if self.expect is None else _Context(None, 0, self.in_run, self.counted)

    def deeper(self) -> _Context:
        """Return the same place, inside of one note more."""
        return _Context(self.expect, self.nested + 1, self.in_run, self.counted)


@dataclass(frozen=True, slots=True)
class _Insert:
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class _Visit:
    node: Node
    context: _Context


_Items = list[_Insert | _Visit]


class _Writer:
    """One walk over the tree, which collects what to insert in the order of the text."""

    def __init__(self, program: Program, shape: Outline, noted: bool):
        self.program, self.shape, self.noted = program, shape, noted
        self.sites = list[Site]()
        self._inserted = list[_Insert]()
        self._sections = {node.id: number for number, node in enumerate(shape.sections, 1)}
        self._rubrics = list(shape.rubrics)
        self._skipped = list[Block]()
        self._delayed = set[int]()
        self._numbers = dict[int, int]()
        self._base = "sigil__"
        while self._base.encode() in program.source:
            self._base += "_"
        self._draws = Draws(program)
        self._claims = 0

    @property
    def steps(self) -> int:
        """Return how many steps there are."""
        return max(1, len(self._sections) or self._claims)

    def orphans(self) -> tuple[Block, ...]:
        """Return the rubrics that are left over."""
        return (*self._skipped, *self._rubrics)

    def name(self, mark: str) -> str:
        """Return a name that the program does not have."""
        return self._base + mark

    def text(self) -> str:
        """Return the program with all that was inserted."""
        pieces, at = list[bytes](), 0
        for piece in self._inserted:
            pieces += [self.program.source[at : piece.offset], piece.text.encode()]
            at = piece.offset
        return b"".join([*pieces, self.program.source[at:]]).decode()

    def write(self) -> None:
        """Walk over the tree."""
        waiting: _Items = [_Visit(self.program.root, _Context(in_run=self.shape.run is None))]
        while waiting:
            item = waiting.pop()
            if isinstance(item, _Insert):
                self._inserted.append(item)
            else:
                waiting.extend(reversed(self._visit(item.node, item.context)))

    def _visit(self, node: Node, context: _Context) -> _Items:
        if node.id in self._delayed:
            inside = self._node(node, context.outside())
            return self._around(node, "function() return ", inside, " end")
        items = self._node(node, context)
        section = self._sections.get(node.id)
        if section is not None:
            items.insert(0, _Insert(node.start_byte, f"{self.name('s')}({section}); "))
        return items

    def _node(self, node: Node, context: _Context) -> _Items:
        if node.type in {"function_definition", "function_declaration"}:
            is_run = self.shape.run is not None and node.id == self.shape.run.id
            context = replace(context.outside(), in_run=context.in_run or is_run)
        if node.type in _ALL or (context.expect is not None and node.type in _ONE):
            return self._noted(node, context)
        return self._children(node, context)

    def _around(self, node: Node, before: str, inside: _Items, after: str) -> _Items:
        return [_Insert(node.start_byte, before), *inside, _Insert(node.end_byte, after)]

    # Notes ------------------------------------------------------------------------------------

    def _noted(self, node: Node, context: _Context) -> _Items:
        site = context.expect
        full = site is None or len(site.parts) >= MOST_PARTS or context.nested >= MOST_NESTED
        if site is None or full or not self.noted:
            return self._below(node, context)
        part = self._part(site, node)
        mark = self.name("w" if node.type in _ALL else "v")
        inside = self._below(node, context.deeper())
        return self._around(node, f"{mark}({self.name('x')},{part.number},", inside, ")")

    def _part(self, site: Site, node: Node) -> Part:
        anchor = self.program.place(_anchor(node).start_point)
        part = Part(len(site.parts) + 1, self.program.span(node), anchor)
        self._numbers[node.id] = part.number
        site.parts.append(part)
        return part

    def _literal(self, site: Site, node: Node) -> None:
        within = self._numbers.get(node.parent.id)
        if within is None:
            return
        span, text = self.program.span(node), self.program.text(node)
        part = Part(len(site.parts) + 1, span, (span.line, span.column), text, within)
        site.parts.append(part)

    def _below(self, node: Node, context: _Context) -> _Items:
        if node.type == "function_call":
            return self._call(node, context)
        return self._children(node, context)

    def _children(self, node: Node, context: _Context) -> _Items:
        items: _Items = []
        for index, child in enumerate(node.children):
            if not child.is_named or _only_a_name(node, index):
                continue
            if child.type in _LITERALS:
                if context.expect is not None and node.type in _OPERATIONS:
                    self._literal(context.expect, child)
                continue
            if context.expect is not None and self._is_library(child):
                continue
            items.append(_Visit(child, context))
        return items

    def _is_library(self, node: Node) -> bool:
        if node.type == "identifier":
            return self.program.text(node) in _LIBRARIES
        if node.type != "dot_index_expression" or node.parent.type not in _CALLED:
            return False
        return self._is_library(node.child_by_field_name("table"))

    # Calls ------------------------------------------------------------------------------------

    def _call(self, node: Node, context: _Context) -> _Items:
        callee, arguments = (node.child_by_field_name(name) for name in ("name", "arguments"))
        called = self.program.text(callee) if callee.type in _ONE else ""
        kind = _CLAIMS.get(called)
        before: _Items = []
        if context.expect is None:
            before = [_Visit(callee, context)]
        elif callee.type != "identifier":
            before = self._children(callee, context)
        if kind is None:
            self._delayed |= self._draws.of_call(called, arguments)
            return [*before, _Visit(arguments, context)]
        site = self._site(node, kind, context)
        if kind == "expect":
            return [*before, *self._expect(site, arguments, context)]
        inner = replace(context, counted=context.counted and kind != "invariant")
        if kind == "invariant":
            self._delayed |= self._draws.of_invariant(arguments)
        bracket = int(arguments.children[0].type == "(")
        comma = ", " if expressions(arguments) else ""
        mark = f"{'' if bracket else '('}{self.name('a')}({site.number}){comma}"
        at = arguments.start_byte + bracket
        items: _Items = [*before, _Insert(at, mark), *self._children(arguments, inner)]
        return items if bracket else [*items, _Insert(arguments.end_byte, ")")]

    def _site(self, node: Node, kind: str, context: _Context) -> Site:
        site = Site(len(self.sites) + 1, kind, self.program.span(node))
        self.sites.append(site)
        if kind in {"intent", "judge"}:
            site.local = local_of(self.program, node)
            while self._rubrics and self._rubrics[0].end <= node.start_byte:
                if site.rubric is not None:
                    self._skipped.append(site.rubric)
                site.rubric = self._rubrics.pop(0)
        if context.in_run and context.counted and not self._sections:
            self._claims += 1
            site.step = self._claims
        return site

    def _expect(self, site: Site, arguments: Node, context: _Context) -> _Items:
        if not expressions(arguments):
            return []
        more = "..." if takes_more(arguments) else ""
        comma = "," if more else ""
        bracket = int(arguments.children[0].type == "(")
        left, right = ("", "") if bracket else ("(", ")")
        head = f"{left}(function({self.name('x')}{comma}{more}) return {self.name('x')}, "
        tail = f" end)({self.name('f')}({site.number}){comma}{more}){right}"
        noted = replace(context, expect=site, nested=0)
        first, *rest = expressions(arguments)
        return [
            _Insert(arguments.start_byte + bracket, head),
            *([] if first.type in _LITERALS else [_Visit(first, noted)]),
            *(_Visit(node, context.outside()) for node in rest),
            _Insert(arguments.end_byte - bracket, tail),
        ]


def _anchor(node: Node) -> Node:
    if node.type == "binary_expression":
        return node.children[1]
    if node.type == "function_call":
        return _anchor(node.child_by_field_name("name"))
    for name in ("field", "method"):
        found = node.child_by_field_name(name)
        if found is not None:
            return found
    return node


def _only_a_name(node: Node, index: int) -> bool:
    name = node.field_name_for_child(index)
    if node.type == "field":
        return name == "name" and node.children[0].type != "["
    return (node.type, name) in {
        ("dot_index_expression", "field"),
        ("method_index_expression", "method"),
    }
