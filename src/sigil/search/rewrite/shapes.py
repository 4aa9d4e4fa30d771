"""Shapes of code that rules of several families look for, and the pieces to build new code of.

Pure. Not here: what is known of names and values (`facts`, `kinds`), where something can be
computed once for all (`places`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import libcst as cst

from sigil.search.rewrite.facts import PURE_METHODS, Facts

_PRINTER = cst.Module([])
_UNSTEADY = (cst.Await, cst.Asynchronous, cst.Yield, cst.NamedExpr)


def code(node: cst.CSTNode) -> str:
    """Return the text of a node, parentheses around it included."""
    return _PRINTER.code_for_node(node)


def bare(node: cst.BaseExpression) -> str:
    """Return the text of an expression without parentheses around it, to compare it.

    What goes over several lines keeps them.
    """
    text = code(node.with_changes(lpar=(), rpar=())).strip()
    return code(node).strip() if node.lpar and "\n" in text else text


def same(left: cst.BaseExpression, right: cst.BaseExpression) -> bool:
    """Return whether two expressions are written alike."""
    return left is right or bare(left) == bare(right)


def expression(text: str) -> cst.BaseExpression:
    """Return ``text`` as an expression."""
    return cst.parse_expression(text)


def statements(text: str) -> list[cst.BaseStatement]:
    """Return ``text`` as statements, one after the other."""
    return [cast("cst.BaseStatement", s) for s in cst.parse_module(text).body]


def enclosed(facts: Facts, old: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
    """Return ``new`` to stand in the place of ``old``: in parentheses within an expression."""
    if isinstance(facts.parent(old), (cst.BaseExpression, cst.ComparisonTarget)):
        return new.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return new


def nested_function(head: str, body: cst.BaseSuite) -> cst.BaseStatement:
    """Return a function to stand in a function, with a blank line before and after it."""
    [function] = statements(f"{head}\n    pass")
    blank = cst.EmptyLine(indent=False)
    if isinstance(body, cst.IndentedBlock):
        body = body.with_changes(footer=[*body.footer, blank])
    return function.with_changes(body=body, leading_lines=[blank])


# --- blocks and statements ------------------------------------------------------------------


def block(suite: cst.CSTNode | None) -> Sequence[cst.BaseStatement]:
    """Return the statements of an indented block; none of anything else."""
    return suite.body if isinstance(suite, cst.IndentedBlock) else ()


def sole(suite: cst.CSTNode | None) -> cst.BaseStatement | None:
    """Return the only statement of a block; None if it has several, or is no block."""
    inside = block(suite)
    return inside[0] if len(inside) == 1 else None


def small(statement: cst.CSTNode | None) -> cst.BaseSmallStatement | None:
    """Return the only simple statement of a line; None of anything else."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def line_before(facts: Facts, statement: cst.BaseStatement) -> cst.BaseStatement | None:
    """Return the statement right before another in its block; None before the first."""
    inside = block(facts.parent(statement))
    at = next((i for i, one in enumerate(inside) if one is statement), 0)
    return inside[at - 1] if at > 0 else None


def line_after(facts: Facts, statement: cst.BaseStatement) -> cst.BaseStatement | None:
    """Return the statement right after another in its block; None after the last."""
    inside = block(facts.parent(statement))
    at = next((i for i, one in enumerate(inside) if one is statement), len(inside))
    return inside[at + 1] if at + 1 < len(inside) else None


def assignment(statement: cst.CSTNode | None) -> tuple[str, cst.BaseExpression] | None:
    """Return name and value of a line ``name = value``."""
    match small(statement):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            return name, value
        case cst.AnnAssign(target=cst.Name(value=name), value=value) if value is not None:
            return name, value
        case _:
            return None


def call_of(
    node: cst.CSTNode | None, method: str
) -> tuple[cst.BaseExpression, Sequence[cst.Arg]] | None:
    """Return receiver and arguments of a call ``receiver.method(...)``."""
    match node:
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=name)), args=args):
            return (value, args) if name == method else None
        case _:
            return None


def appended(statement: cst.CSTNode | None) -> tuple[str, cst.BaseExpression] | None:
    """Return name and item of a line ``name.append(item)``."""
    line = small(statement)
    match call_of(line.value, "append") if isinstance(line, cst.Expr) else None:
        case (cst.Name(value=name), [cst.Arg(value=item, star="", keyword=None)]):
            return name, item
        case _:
            return None


def is_empty(node: cst.BaseExpression, kind: type[cst.List | cst.Dict] = cst.List) -> bool:
    """Return whether ``node`` is ``[]`` (or ``{}``, by ``kind``)."""
    return isinstance(node, kind) and not node.elements


def is_list(facts: Facts, node: cst.BaseExpression) -> bool:
    """Return whether ``node`` makes a new list."""
    if isinstance(node, (cst.List, cst.ListComp)):
        return True
    return isinstance(node, cst.Call) and any(
        facts.is_builtin(node.func, name) for name in ("list", "sorted")
    )


def is_number(node: cst.BaseExpression | None, value: int) -> bool:
    """Return whether ``node`` is that whole number, written plainly."""
    match node:
        case cst.Integer():
            return node.evaluated_value == value
        case cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer() as inner):
            return -inner.evaluated_value == value
        case _:
            return False


def index_of(node: cst.CSTNode) -> cst.BaseExpression | None:
    """Return what stands in the brackets of a subscript with one plain index."""
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=value, star=None))]):
            return value
        case _:
            return None


def slice_of(node: cst.CSTNode) -> cst.Slice | None:
    """Return the slice in the brackets of a subscript, if it has no step."""
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Slice(step=None) as part)]):
            return part
        case _:
            return None


# --- conditions -----------------------------------------------------------------------------


def conjuncts(test: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return the conditions that ``and`` joins in ``test``, in order."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return [*conjuncts(test.left), *conjuncts(test.right)]
    return [test]


def conjunction(parts: Sequence[cst.BaseExpression]) -> str:
    """Return the text of a condition that is all of ``parts``."""
    if len(parts) == 1:
        return bare(parts[0])
    return " and ".join(_operand(part) for part in parts)


def _operand(part: cst.BaseExpression) -> str:
    loose = isinstance(part, (cst.BooleanOperation, cst.IfExp, cst.Lambda, cst.NamedExpr))
    return f"({bare(part)})" if loose else bare(part)


def compared(
    test: cst.CSTNode, *operators: type[cst.BaseCompOp]
) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """Return both sides of a comparison by one of ``operators`` (by default ``==``)."""
    match test:
        case cst.Comparison(
            left=left, comparisons=[cst.ComparisonTarget(operator=found, comparator=right)]
        ) if isinstance(found, operators or (cst.Equal,)):
            return left, right
        case _:
            return None


def memberships(facts: Facts) -> Iterator[cst.ComparisonTarget]:
    """Yield every ``in …`` and ``not in …``."""
    for target in facts.nodes(cst.ComparisonTarget):
        if isinstance(target.operator, (cst.In, cst.NotIn)):
            yield target


# --- names ----------------------------------------------------------------------------------


def target_names(target: cst.BaseExpression) -> frozenset[str] | None:
    """Return the names that a loop's target binds; None if it is more than names and tuples."""
    match target:
        case cst.Name(value=name):
            return frozenset({name})
        case cst.Tuple() | cst.List():
            found: set[str] = set()
            for element in target.elements:
                inside = target_names(element.value)
                if inside is None or isinstance(element, cst.StarredElement):
                    return None
                found |= inside
            return frozenset(found)
        case _:
            return None


def occurrences(facts: Facts, name: str, root: cst.CSTNode | None = None) -> Iterator[cst.Name]:
    """Yield where the variable ``name`` stands: not the attributes and keywords so called."""
    for node in facts.nodes(cst.Name, root):
        if node.value == name and not _is_label(facts, node):
            yield node


def _is_label(facts: Facts, node: cst.Name) -> bool:
    match facts.parent(node):
        case cst.Attribute(attr=attr):
            return attr is node
        case cst.Arg(keyword=keyword):
            return keyword is node
        case _:
            return False


def renamed(node: cst.BaseExpression, names: Mapping[str, str]) -> cst.BaseExpression:
    """Return ``node`` with variables under other names."""
    return cast("cst.BaseExpression", node.visit(_Renaming(names))) if names else node


class _Renaming(cst.CSTTransformer):
    def __init__(self, names: Mapping[str, str]):
        super().__init__()
        self._names = names

    def leave_Attribute(  # noqa: N802 - as LibCST calls it
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(  # noqa: N802 - as LibCST calls it
        self, original_node: cst.Arg, updated_node: cst.Arg
    ) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Name(  # noqa: N802 - as LibCST calls it
        self, original_node: cst.Name, updated_node: cst.Name
    ) -> cst.Name:
        return updated_node.with_changes(
            value=self._names.get(original_node.value, updated_node.value)
        )


def is_steady(facts: Facts, node: cst.CSTNode) -> bool:
    """Return whether ``node``, on plain data, gives the same for as long as its names do.

    More than `Facts.is_pure`: attributes and methods named like those of built-in types are
    taken to be plain, which only a rule that says so may rely on.
    """
    return all(_is_steady_part(facts, part) for part in facts.walk(node))


def _is_steady_part(facts: Facts, node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
            return method in PURE_METHODS or facts.is_pure_call(node)
        case cst.Call():
            return facts.is_pure_call(node)
        case cst.Lambda():
            above = facts.parent(node)
            return isinstance(above, cst.Arg) and above.keyword is not None
        case _:
            return not isinstance(node, _UNSTEADY)
