"""What kind of value an expression has, as far as the text tells.

A kind is the name of a built-in type. Names get one from an annotation or from their
assignments, all of which have to agree; parameters without annotation have none.

Not here: names and effects (`facts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from sigil.search.rewrite.facts import Facts

Kinds = Mapping[str, str]

_ANNOTATED = {
    "int": "int", "float": "float", "str": "str", "bytes": "bytes", "bool": "bool",
    "list": "list", "dict": "dict", "set": "set", "frozenset": "frozenset", "tuple": "tuple",
    "List": "list", "Dict": "dict", "Set": "set", "FrozenSet": "frozenset", "Tuple": "tuple",
    "bytearray": "bytearray",
}  # fmt: skip
_RETURNS = {
    **{name: name for name in _ANNOTATED.values()},
    "range": "range", "sorted": "list", "divmod": "tuple",
    "len": "int", "ord": "int", "hash": "int",
    "chr": "str", "repr": "str", "ascii": "str", "bin": "str", "hex": "str", "oct": "str",
    "format": "str",
    "all": "bool", "any": "bool", "isinstance": "bool", "issubclass": "bool", "callable": "bool",
}  # fmt: skip
_DOTTED = {
    **{f"math.{name}": "int" for name in "ceil comb factorial floor gcd isqrt lcm perm".split()},
    **{f"math.{name}": "float" for name in "sqrt hypot dist exp log sin cos tan pow fsum".split()},
    **{f"math.{name}": "bool" for name in "isclose isfinite isinf isnan".split()},
    "operator.index": "int",
}
_METHODS = {
    "str": {
        "str": (
            "strip lstrip rstrip upper lower title capitalize casefold swapcase replace join "
            "zfill ljust rjust center translate removeprefix removesuffix format expandtabs"
        ),
        "list": "split rsplit splitlines",
        "int": "find rfind index rindex count",
        "bool": (
            "startswith endswith isdigit isalpha isalnum isspace isupper islower isdecimal "
            "isnumeric isidentifier"
        ),
        "bytes": "encode",
        "tuple": "partition rpartition",
    },
    "bytes": {"str": "decode hex", "list": "split", "bytes": "strip join replace"},
    "list": {"list": "copy", "int": "index count"},
    "dict": {"dict": "copy", "dict_keys": "keys", "dict_values": "values", "dict_items": "items"},
    "set": {"set": "copy union intersection difference symmetric_difference"},
    "tuple": {"int": "index count"},
    "int": {"int": "bit_length bit_count"},
}
_METHOD_RETURNS = {
    (kind, name): returned
    for kind, methods in _METHODS.items()
    for returned, names in methods.items()
    for name in names.split()
}
_PLAIN: Mapping[type[cst.BaseAugOp], type[cst.BaseBinaryOp]] = {
    cst.AddAssign: cst.Add,
    cst.MultiplyAssign: cst.Multiply,
    cst.SubtractAssign: cst.Subtract,
    cst.DivideAssign: cst.Divide,
    cst.FloorDivideAssign: cst.FloorDivide,
    cst.ModuloAssign: cst.Modulo,
}
_DISPLAYS: tuple[tuple[type[cst.CSTNode], str], ...] = (
    (cst.List, "list"),
    (cst.ListComp, "list"),
    (cst.Dict, "dict"),
    (cst.DictComp, "dict"),
    (cst.Set, "set"),
    (cst.SetComp, "set"),
    (cst.Tuple, "tuple"),
    (cst.Integer, "int"),
    (cst.Float, "float"),
    (cst.FormattedString, "str"),
    (cst.Comparison, "bool"),
)
_BINDERS: tuple[type[cst.CSTNode], ...] = (
    cst.Param, cst.AnnAssign, cst.Assign, cst.AugAssign, cst.NamedExpr, cst.For, cst.CompFor,
    cst.AsName, cst.Del, cst.FunctionDef, cst.ClassDef, cst.Global, cst.Nonlocal, cst.MatchAs,
    cst.MatchStar,
)  # fmt: skip
_GUESSES = 4
"""How far a kind is followed from name to name."""

_NUMBERS = ("bool", "int", "float")


def of_names(facts: Facts) -> Kinds:
    """Return the kinds of the names that are bound in one kind only.

    It begins with a guess from the bindings that say something, and drops what does not
    follow from the guess until all that is left follows from itself.
    """
    found: Kinds = {}
    for _ in range(_GUESSES):
        before = found
        found = _agreed((name, kind) for name, kind in _claims(facts, found) if kind is not None)
        if found == before:
            break
    while True:
        agreed = _agreed(_claims(facts, found))
        kept = {name: kind for name, kind in found.items() if agreed.get(name) == kind}
        if kept == found:
            return found
        found = kept


def _agreed(claims: Iterable[tuple[str, str | None]]) -> Kinds:
    """Return the names whose claims are all of one kind."""
    said: dict[str, set[str | None]] = {}
    for name, kind in claims:
        said.setdefault(name, set()).add(kind)
    return {
        name: kind
        for name, kinds in said.items()
        if len(kinds) == 1 and (kind := next(iter(kinds))) is not None
    }


def of(  # noqa: C901, PLR0911, PLR0912 - one case for each kind of expression
    facts: Facts, node: cst.BaseExpression, known: Kinds
) -> str | None:
    """Return the kind of ``node``, given the kinds of names."""
    for display, kind in _DISPLAYS:
        if isinstance(node, display):
            return kind
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            value = node.evaluated_value
            return None if value is None else type(value).__name__
        case cst.Name(value="True" | "False"):
            return "bool"
        case cst.Name(value=name):
            return known.get(name)
        case cst.Call():
            return _of_call(facts, node, known)
        case cst.BinaryOperation(left=left, right=right):
            pair = of(facts, left, known), of(facts, right, known)
            return _of_operation(node.operator, *pair)
        case cst.UnaryOperation(operator=cst.Not()):
            return "bool"
        case cst.UnaryOperation(expression=inner):
            kind = of(facts, inner, known)
            return "int" if kind == "bool" else kind if kind in _NUMBERS else None
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Slice())]):
            kind = of(facts, value, known)
            return kind if kind in {"list", "str", "bytes", "tuple"} else None
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index())]):
            kind = of(facts, value, known)
            return {"str": "str", "bytes": "int"}.get(kind or "")
        case cst.IfExp(body=body, orelse=orelse):
            kind = of(facts, body, known)
            return kind if kind == of(facts, orelse, known) else None
        case _:
            return None


def of_items(facts: Facts, node: cst.BaseExpression, known: Kinds) -> str | None:
    """Return the kind of what iterating over ``node`` gives."""
    match node:
        case cst.Call(func=cst.Name(value="range") as name) if facts.is_builtin(name):
            return "int"
        case cst.Call(func=cst.Name(value="enumerate" | "zip") as name) if facts.is_builtin(name):
            return "tuple"
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=method))):
            text = of(facts, value, known)
            return text if text == "str" and method in {"split", "rsplit", "splitlines"} else None
        case _:
            return {"str": "str", "bytes": "int", "range": "int"}.get(of(facts, node, known) or "")


def _of_call(facts: Facts, call: cst.Call, known: Kinds) -> str | None:
    match call.func:
        case cst.Name(value=name) as function if facts.is_builtin(function):
            return _RETURNS.get(name)
        case function if (dotted := facts.stands_for(function)) is not None:
            return _DOTTED.get(dotted)
        case cst.Attribute(value=value, attr=cst.Name(value=method)):
            return _METHOD_RETURNS.get((of(facts, value, known) or "", method))
        case _:
            return None


def _of_operation(  # noqa: PLR0911 - one answer for each pair of kinds
    operator: cst.BaseBinaryOp, left: str | None, right: str | None
) -> str | None:
    if left == "str" and isinstance(operator, cst.Modulo):
        return "str"
    if left in _NUMBERS and right in _NUMBERS:
        if isinstance(operator, cst.Divide) or "float" in {left, right}:
            return "float"
        return None if isinstance(operator, cst.Power) else "int"
    if left == right and isinstance(operator, cst.Add):
        return left if left in {"str", "list", "tuple", "bytes"} else None
    if isinstance(operator, cst.Multiply) and right == "int":
        return left if left in {"str", "list", "tuple", "bytes"} else None
    if left == right == "set":
        return "set"
    return None


def _claims(  # noqa: C901, PLR0912 - one case for each binder
    facts: Facts, known: Kinds
) -> Iterator[tuple[str, str | None]]:
    """Yield every binding of a name, with the kind that it gets there; None for any other."""
    for node in facts.nodes(_BINDERS):
        match node:
            case cst.Param(name=cst.Name(value=name), annotation=annotation, default=default):
                yield name, None if node.star else _annotated(annotation, default)
            case cst.AnnAssign(target=cst.Name(value=name), annotation=annotation, value=value):
                yield name, _annotated(annotation, value)
            case cst.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _bound(target.target, of(facts, value, known))
            case cst.AugAssign(target=cst.Name(value=name), operator=operator, value=value):
                yield name, _augmented(operator, known.get(name), of(facts, value, known))
            case cst.NamedExpr(target=target, value=value):
                yield from _bound(target, of(facts, value, known))
            case cst.For(target=target, iter=source) | cst.CompFor(target=target, iter=source):
                yield from _looped(facts, target, source, known)
            case cst.AsName(name=target) | cst.Del(target=target):
                yield from _bound(target, None)
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                yield name.value, None
            case cst.Global(names=items) | cst.Nonlocal(names=items):
                for item in items:
                    yield item.name.value, None
            case cst.MatchAs(name=cst.Name(value=name)) | cst.MatchStar(name=cst.Name(value=name)):
                yield name, None
            case _:
                pass


def _looped(
    facts: Facts, target: cst.BaseExpression, source: cst.BaseExpression, known: Kinds
) -> Iterator[tuple[str, str | None]]:
    match source, target:
        case (
            cst.Call(func=cst.Name(value="enumerate") as name, args=[cst.Arg(value=items), *_]),
            cst.Tuple(elements=[cst.Element(value=number), cst.Element(value=item)]),
        ) if facts.is_builtin(name):
            yield from _bound(number, "int")
            yield from _bound(item, of_items(facts, items, known))
        case _:
            yield from _bound(target, of_items(facts, source, known))


def _bound(target: cst.CSTNode, kind: str | None) -> Iterator[tuple[str, str | None]]:
    match target:
        case cst.Name(value=name):
            yield name, kind
        case cst.Tuple() | cst.List():
            for element in target.elements:
                yield from _bound(element.value, None)
        case _:
            return


def _annotated(annotation: cst.Annotation | None, first: cst.BaseExpression | None) -> str | None:
    """Return the kind that an annotation says, unless the first value, None, contradicts it."""
    if isinstance(first, cst.Name) and first.value == "None":
        return None
    match annotation.annotation if annotation else None:
        case cst.Name(value=name):
            return _ANNOTATED.get(name)
        case cst.Subscript(value=cst.Name(value=name)):
            return _ANNOTATED.get(name)
        case _:
            return None


def _augmented(operator: cst.BaseAugOp, left: str | None, right: str | None) -> str | None:
    """Return the kind of a name after ``name op= value``; of lists any iterable may be added."""
    if left == "list" and isinstance(operator, cst.AddAssign):
        return "list"
    plain = _PLAIN.get(type(operator))
    return _of_operation(plain(), left, right) if plain else None
