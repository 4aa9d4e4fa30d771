"""Which expressions are drawn again for each case, and so have to become functions.

In ``for_all = { id = sigil.gen.uuid() }`` that is the table, and in
``sigil.gen.list(sigil.gen.int(1, 9))`` the number: written as values, meant as ways to make them.

Pure. Not here: the text that is put around them (`rewrite`).
"""

from __future__ import annotations

from sigil.gate.lua.syntax import Node, Program, walk

_OF_GENERATORS = {"list": 1, "optional": 1, "table": 2, "one_of": 1000}
"""How many of the first arguments of each are ways to make a value."""


class Draws:
    """The draws of one program.

    Args:
        program: its text, in which `sigil.gen` may have other names.
    """

    def __init__(self, program: Program):
        self._program = program
        self._libraries = _names_of_generators(program)

    def of_call(self, called: str, arguments: Node) -> set[int]:
        """Return the ids of the arguments that a generator of generators makes values with."""
        library, _, name = called.rpartition(".")
        if library not in self._libraries:
            return set()
        makers = expressions(arguments)[: _OF_GENERATORS.get(name, 0)]
        return {node.id for node in makers if self._draws(node) and not takes_more(node)}

    def of_invariant(self, arguments: Node) -> set[int]:
        """Return the id of the value of ``for_all``, if it is written in the call."""
        tables = (node for node in expressions(arguments) if node.type == "table_constructor")
        found = set[int]()
        for entry in (child for table in tables for child in table.named_children):
            name = entry.child_by_field_name("name") if entry.type == "field" else None
            if name is None or self._program.text(name) != "for_all":
                continue
            value = entry.child_by_field_name("value")
            if value.type != "function_definition" and not takes_more(value):
                found.add(value.id)
        return found

    def _draws(self, argument: Node) -> bool:
        if argument.type not in {"function_call", "table_constructor"}:
            return False
        calls = (node for node in walk(argument) if node.type == "function_call")
        called = (self._program.text(node.child_by_field_name("name")) for node in calls)
        return any(name.rpartition(".")[0] in self._libraries for name in called)


def expressions(arguments: Node) -> list[Node]:
    """Return the arguments of a call."""
    return [node for node in arguments.named_children if node.type != "comment"]


def takes_more(node: Node) -> bool:
    """Say whether ``...`` of the function around stands in a node; it means nothing in another."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.type == "vararg_expression":
            return True
        if one.type != "function_definition":
            waiting.extend(one.children)
    return False


def local_of(program: Program, value: Node) -> str:
    """Return the name that a statement gives a value; empty if none."""
    values = value.parent
    if values is None or values.type != "expression_list":
        return ""
    names = next((n for n in values.parent.named_children if n.type == "variable_list"), None)
    at = next(i for i, node in enumerate(values.named_children) if node.id == value.id)
    named = [] if names is None else [n for n in names.named_children if n.type == "identifier"]
    return program.text(named[at]) if at < len(named) else ""


def _names_of_generators(program: Program) -> frozenset[str]:
    names = {"sigil.gen"}
    if b"sigil.gen" not in program.source:
        return frozenset(names)
    for node in walk(program.root):
        if node.type == "dot_index_expression" and program.text(node) == "sigil.gen":
            names.add(local_of(program, node))
    return frozenset(names - {""})
