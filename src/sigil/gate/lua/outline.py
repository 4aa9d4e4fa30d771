"""The shape of a scenario: its table, its `run`, the sections and rubrics in its comments.

A step is a section of `run`: a comment ``-- 1. …`` between its statements, up to the next. A rubric
is a block of ``---`` lines; it belongs to the next intent or judge. Either stands on its own line.

Pure. Not here: calls inside of the text (`sigil.gate.lua.rewrite`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sigil.gate.lua.syntax import Node, Program, walk

RESERVED = frozenset({"sigil", "expect", "invariant"})
_SECTION = re.compile(r"--[ \t]*([0-9]+)\.[ \t]")
_RUBRIC = re.compile(r"---(?!-)(?!\[=*\[)[ \t]?(.*)")
_DECLARING = frozenset(
    {"variable_list", "parameters", "function_declaration", "for_numeric_clause"}
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of ``---`` lines.

    Args:
        first: its first line.
        last: its last line.
        end: offset behind it.
        text: without the dashes.
    """

    first: int
    last: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What stands where.

    Args:
        fields: node of the value of each field of the table that is returned, by name.
        lines: line of each of those fields.
        run: the function of the scenario; None if it is made elsewhere.
        sections: the statement that begins each section, in order.
        labels: what each section calls itself.
        rubrics: in order.
    """

    fields: dict[str, Node]
    lines: dict[str, int]
    run: Node | None
    sections: tuple[Node, ...]
    labels: tuple[int, ...]
    rubrics: tuple[Block, ...]


def outline(program: Program) -> Outline:
    """Return the shape of a program.

    Raises:
        MalformedScenario: it gives a name that is ours another meaning.
    """
    comments = list[Node]()
    for node in walk(program.root):
        if node.type == "comment":
            if program.begins_line(node):
                comments.append(node)
        elif node.type == "identifier":
            _refuse_reserved(program, node)
    fields = _fields(program)
    run = _function(program, fields.get("run"))
    sections, labels = _sections(program, run, comments)
    lines = {name: value.start_point[0] + 1 for name, value in fields.items()}
    return Outline(fields, lines, run, sections, labels, tuple(_rubrics(program, comments)))


def _refuse_reserved(program: Program, node: Node) -> None:
    name = program.text(node)
    if name == "_ENV":
        raise program.refuse(node, "a scenario has no _ENV", "use locals")
    if name in RESERVED and node.parent.type in _DECLARING:
        if node.parent.type == "for_numeric_clause" and node.prev_sibling is not None:
            return
        raise program.refuse(node, f"{name} is taken", "choose another name")


def _fields(program: Program) -> dict[str, Node]:
    last = next((node for node in reversed(program.root.named_children)), None)
    if last is None or last.type == "comment":
        last = next((n for n in reversed(program.root.named_children) if n.type != "comment"), None)
    if last is None or last.type != "return_statement":
        return {}
    table = next((node for node in walk(last) if node.type == "table_constructor"), None)
    named = [] if table is None else [n for n in table.named_children if n.type == "field"]
    pairs = ((n.child_by_field_name("name"), n.child_by_field_name("value")) for n in named)
    return {program.text(name): value for name, value in pairs if name is not None}


def _function(program: Program, value: Node | None) -> Node | None:
    if value is None or value.type == "function_definition":
        return value
    wanted = program.text(value)
    for node in program.root.named_children:
        if node.type == "function_declaration":
            name = node.child_by_field_name("name")
            if name is not None and program.text(name) == wanted:
                return node
        elif node.type in {"variable_declaration", "assignment_statement"}:
            found = _assigned(program, node, wanted)
            if found is not None:
                return found
    return None


def _assigned(program: Program, statement: Node, wanted: str) -> Node | None:
    names = next((n for n in walk(statement) if n.type == "variable_list"), None)
    values = next((n for n in walk(statement) if n.type == "expression_list"), None)
    if names is None or values is None:
        return None
    for name, value in zip(names.named_children, values.named_children, strict=False):
        if program.text(name) == wanted and value.type == "function_definition":
            return value
    return None


def _sections(
    program: Program, run: Node | None, comments: list[Node]
) -> tuple[tuple[Node, ...], tuple[int, ...]]:
    body = None if run is None else run.child_by_field_name("body")
    if run is None or body is None:
        return (), ()
    statements = [node for node in body.named_children if node.type != "comment"]
    found = list[tuple[Node, int]]()
    for comment in comments:
        label = _SECTION.match(program.text(comment))
        if label is None or comment.parent.id not in {run.id, body.id}:
            continue
        begins = next((n for n in statements if n.start_byte >= comment.end_byte), None)
        if begins is None:
            continue
        if found and found[-1][0].id == begins.id:
            found.pop()  # a section without a statement is no step
        found.append((begins, int(label[1][:9])))
    return tuple(node for node, _ in found), tuple(label for _, label in found)


def _rubrics(program: Program, comments: list[Node]) -> Iterator[Block]:
    block: Block | None = None
    for comment in comments:
        match = _RUBRIC.fullmatch(program.text(comment))
        if match is None:
            continue
        row = comment.start_point[0] + 1
        if block is not None and row == block.last + 1:
            block = Block(block.first, row, comment.end_byte, f"{block.text}\n{match[1].rstrip()}")
            continue
        if block is not None:
            yield block
        block = Block(row, row, comment.end_byte, match[1].rstrip())
    if block is not None:
        yield block
