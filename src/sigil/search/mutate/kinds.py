"""What kind of value is it? From annotations, literals, operators, calls and usage.

Flow-insensitive: one kind per name and function; a name of several kinds is ``unknown``.
A wrong guess costs a wasted proposal, never a wrong edit.

Not here: which names may be used where (`scope`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import TypeGuard

from sigil.search.mutate.fragments import Kind, join
from sigil.search.mutate.library import (
    METHOD_KINDS,
    MODULES,
    RESULT_KINDS,
    SEQUENCE_METHODS,
    STRING_METHODS,
)

_ANNOTATIONS: Mapping[str, Kind] = {
    "int": "int", "float": "number", "complex": "number", "bool": "bool", "str": "str",
    "list": "seq", "tuple": "seq", "set": "seq", "frozenset": "seq", "bytes": "seq",
    "List": "seq", "Tuple": "seq", "Set": "seq", "Sequence": "seq", "Iterable": "seq",
    "Collection": "seq", "Iterator": "seq", "MutableSequence": "seq", "deque": "seq",
    "dict": "map", "Dict": "map", "Mapping": "map", "MutableMapping": "map", "Counter": "map",
}  # fmt: skip
_NUMERIC_OPERATORS = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.Mod)
_SEQUENCES = (
    ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp, ast.GeneratorExp,
)  # fmt: skip
_CONSUMERS = frozenset(
    {"sum", "sorted", "enumerate", "list", "tuple", "set", "len", "any", "all", "min", "max"}
)
_MATH: Mapping[str, Kind] = {f.text: f.gives for functions in MODULES.values() for f in functions}

Kinds = Mapping[str, Kind]


def annotated(annotation: ast.expr | None) -> Kind:
    """Return the kind that an annotation promises."""
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _ANNOTATIONS.get(name, "unknown")
        case ast.Subscript(value=value):
            return annotated(value)
        case ast.Constant(value=str(text)):
            return _ANNOTATIONS.get(text.split("[")[0], "unknown")
        case _:
            return "unknown"


def kind_of(node: ast.expr, kinds: Kinds) -> Kind:
    """Return what ``node`` evaluates to, given the kinds of names."""
    rule = _RULES.get(type(node))
    if rule is not None:
        return rule(node, kinds)
    if isinstance(node, _SEQUENCES):
        return "seq"
    return "unknown"


def _constant(node: ast.Constant, kinds: Kinds) -> Kind:  # noqa: ARG001 - one signature for all
    return _VALUE_KINDS.get(type(node.value), "other")


def _name(node: ast.Name, kinds: Kinds) -> Kind:
    return kinds.get(node.id, "unknown")


def _binary(node: ast.BinOp, kinds: Kinds) -> Kind:
    left, right = kind_of(node.left, kinds), kind_of(node.right, kinds)
    dominant = _dominant(left, right)
    if dominant is not None:
        return dominant
    if isinstance(node.op, ast.Div):
        return "number"
    if left == right == "int":
        return "int"
    if isinstance(node.op, ast.Add) and left == right == "unknown":
        return "unknown"
    return "number"


def _dominant(left: Kind, right: Kind) -> Kind | None:
    if "str" in (left, right):
        return "str"
    return "seq" if "seq" in (left, right) else None


def _unary(node: ast.UnaryOp, kinds: Kinds) -> Kind:
    return "bool" if isinstance(node.op, ast.Not) else kind_of(node.operand, kinds)


def _boolean(node: ast.BoolOp, kinds: Kinds) -> Kind:
    return _joined(kind_of(value, kinds) for value in node.values)


def _conditional(node: ast.IfExp, kinds: Kinds) -> Kind:
    return join(kind_of(node.body, kinds), kind_of(node.orelse, kinds))


def _subscript(node: ast.Subscript, kinds: Kinds) -> Kind:
    value = kind_of(node.value, kinds)
    return value if isinstance(node.slice, ast.Slice) or value == "str" else "unknown"


def _call(node: ast.Call, kinds: Kinds) -> Kind:
    match node.func:
        case ast.Name(id=("min" | "max")) if len(node.args) > 1:
            return _joined(kind_of(argument, kinds) for argument in node.args)
        case ast.Name(id=name):
            return RESULT_KINDS.get(name) or _MATH.get(name) or kinds.get(f"{name}()", "unknown")
        case ast.Attribute(value=ast.Name(id=("math" | "statistics")), attr=name):
            return _MATH.get(name, "number")
        case ast.Attribute(attr=name):
            return METHOD_KINDS.get(name, "unknown")
        case _:
            return "unknown"


def _attribute(node: ast.Attribute, kinds: Kinds) -> Kind:  # noqa: ARG001 - one signature for all
    return "number" if isinstance(node.value, ast.Name) and node.value.id == "math" else "unknown"


def _joined(found: Iterable[Kind]) -> Kind:
    result: Kind | None = None
    for kind in found:
        result = kind if result is None else join(result, kind)
    return result or "unknown"


_VALUE_KINDS: Mapping[type, Kind] = {bool: "bool", int: "int", float: "number", str: "str"}
_RULES: dict[type[ast.expr], Callable[..., Kind]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.Compare: lambda *_: "bool",
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.Attribute: _attribute,
    ast.JoinedStr: lambda *_: "str",
    ast.Dict: lambda *_: "map",
    ast.DictComp: lambda *_: "map",
    ast.Lambda: lambda *_: "other",
}


# --- names -------------------------------------------------------------------------------


def infer(root: ast.AST, known: Kinds) -> dict[str, Kind]:
    """Return the kinds of the names that are bound in ``root``, and of its parameters.

    Args:
        root: a function or a module.
        known: kinds of names from outside; a binding in ``root`` overrides them.
    """
    nodes = list(ast.walk(root))
    used: dict[str, Kind] = {}
    for node in nodes:
        for name, kind in _used_as(node):
            used.setdefault(name, kind)
    fixed: dict[str, Kind] = {
        node.arg: _either(annotated(node.annotation), used.get(node.arg, "unknown"))
        for node in nodes if isinstance(node, ast.arg)
    }  # fmt: skip
    for receiver in {"self", "cls"} & fixed.keys():
        fixed[receiver] = "other"
    kinds: dict[str, Kind] = dict(known) | fixed
    for _ in range(2):  # the second pass sees what the first found of names bound later
        for name, kind in _bindings(nodes, kinds).items():
            if name not in fixed:
                kinds[name] = _either(kind, used.get(name, "unknown"))
    return kinds


def _either(first: Kind, second: Kind) -> Kind:
    return second if first == "unknown" else first


def _bindings(nodes: Iterable[ast.AST], kinds: Kinds) -> dict[str, Kind]:
    bound: dict[str, Kind] = {}
    for node in nodes:
        for name, kind in _bound_to(node, kinds):
            bound[name] = join(bound[name], kind) if name in bound else kind
    return bound


def _bound_to(node: ast.AST, kinds: Kinds) -> list[tuple[str, Kind]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return [(name, kind_of(value, kinds))]
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
            return [(name, annotated(annotation))]
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Div()):
            return [(name, "number")]
        case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
            return _bound_by_loop(target, source, kinds)
        case _:
            return _bound_to_other(node)


def _bound_to_other(node: ast.AST) -> list[tuple[str, Kind]]:
    """Return what is bound to a function, class, module, exception or context manager."""
    match node:
        case ast.FunctionDef(name=name, returns=returns):
            return [(name, "other"), (f"{name}()", annotated(returns))]
        case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
            return [(name, "other")]
        case ast.withitem(optional_vars=ast.Name(id=name)):
            return [(name, "other")]
        case ast.alias(name=name, asname=alias):
            return [(alias or name.split(".")[0], "other")]
        case _:
            return []


def _bound_by_loop(target: ast.expr, source: ast.expr, kinds: Kinds) -> list[tuple[str, Kind]]:
    match target, source:
        case ast.Name(id=name), ast.Call(func=ast.Name(id="range")):
            return [(name, "int")]
        case ast.Tuple(elts=[ast.Name(id=name), *_]), ast.Call(func=ast.Name(id="enumerate")):
            return [(name, "int")]
        case ast.Name(id=name), _:
            return [(name, "str" if kind_of(source, kinds) == "str" else "unknown")]
        case _:
            return []


def _used_as(node: ast.AST) -> list[tuple[str, Kind]]:
    """Return what ``node`` does with names, as far as that tells their kind."""
    match node:
        case ast.BinOp(op=op) if isinstance(op, _NUMERIC_OPERATORS):
            return _used_in_arithmetic(node)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Name(id=name)):
            return [(name, "number")]
        case ast.Compare(left=ast.Name(id=name), comparators=[ast.Constant(value=value)]):
            return [(name, _VALUE_KINDS[type(value)])] if type(value) in _VALUE_KINDS else []
        case (
            ast.For(iter=ast.Name() as item)
            | ast.comprehension(iter=ast.Name() as item)
            | ast.Subscript(ast.Name() as item, ast.Slice() | ast.Constant(int()))
        ):
            return [(item.id, "seq")]
        case ast.Call():
            return _used_in_call(node)
        case _:
            return []


def _used_in_arithmetic(node: ast.BinOp) -> list[tuple[str, Kind]]:
    if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        return []  # formatting, or repetition
    return [(side.id, "number") for side in (node.left, node.right) if _is_name(side)]


def _used_in_call(node: ast.Call) -> list[tuple[str, Kind]]:
    match node:
        case ast.Call(func=ast.Name(id="range")):
            return [(argument.id, "int") for argument in node.args if _is_name(argument)]
        case ast.Call(func=ast.Name(id=called), args=[ast.Name(id=name)]) if called in _CONSUMERS:
            return [(name, "seq")]
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
            if attribute in STRING_METHODS:
                return [(name, "str")]
            return [(name, "seq")] if attribute in SEQUENCE_METHODS else []
        case _:
            return []


def _is_name(node: ast.expr) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)
