"""May one object stand where a new one was made each time?

It may if nothing can change it, or if nothing keeps it or changes it where it stands. And
how is it called then?

Not here: whether it would be an equal one (`shapes.is_steady`), where it is made (`places`).
"""

from __future__ import annotations

import libcst as cst

from sigil.search.rewrite.facts import PURE_METHODS, Comprehension, Facts
from sigil.search.rewrite.shapes import occurrences

_FIXED_KINDS = frozenset({"int", "float", "bool", "str", "bytes", "range", "frozenset"})
_FIXED_BUILTINS = frozenset(
    "len min max abs round ord chr str repr int float bool bytes frozenset any all hash hex bin "
    "oct pow divmod isinstance range format complex".split()
)
_ITERATORS = frozenset({"map", "filter", "zip", "enumerate", "reversed", "iter"})
_FIXED_MODULES = frozenset({"math", "cmath", "re", "datetime", "struct", "decimal", "fractions"})
_NEW_METHODS = frozenset(
    "split rsplit splitlines copy union intersection difference symmetric_difference findall "
    "groupdict".split()
)
_CONSUMERS = frozenset(
    "len sum min max any all sorted set frozenset list tuple dict enumerate zip map filter str "
    "repr reversed isinstance bytes".split()
)
_GOING_THROUGH = frozenset(
    "functools.reduce collections.Counter collections.deque heapq.nsmallest heapq.nlargest".split()
)
_TAKING_ALL = frozenset(
    "sort extend extendleft update intersection_update difference_update "
    "symmetric_difference_update writelines".split()
)
_READERS = frozenset("join index count startswith endswith issubset isdisjoint".split())
_NUMERIC = (cst.Divide, cst.FloorDivide, cst.Modulo, cst.Power)
_DISPLAYS = (cst.List, cst.Dict, cst.Set, cst.ListComp, cst.DictComp, cst.SetComp)


def may_be_shared(facts: Facts, node: cst.BaseExpression) -> bool:
    """Return whether ``node`` may be computed once for all that use it here."""
    if is_iterator(facts, node):
        return False
    return is_fixed(facts, node) or is_only_read(facts, node)


def is_iterator(facts: Facts, node: cst.BaseExpression) -> bool:
    """Return whether ``node`` is used up by going through it once."""
    match node:
        case cst.GeneratorExp():
            return True
        case cst.Call(func=cst.Name(value=name) as function):
            if facts.is_builtin(function):
                return name in _ITERATORS
            return (facts.stands_for(function) or "").startswith("itertools.")
        case cst.Call(func=function):
            return (facts.stands_for(function) or "").startswith("itertools.")
        case _:
            return False


def is_used_up(facts: Facts, name: str) -> bool:
    """Return whether a variable may hold what is used up by going through it once."""
    for node in facts.nodes((cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.WithItem)):
        match node:
            case cst.Assign(targets=targets, value=value):
                bound = any(_is_named(target.target, name) for target in targets)
            case (
                cst.AnnAssign(target=target, value=value)
                | cst.NamedExpr(target=target, value=value)
            ):
                bound = _is_named(target, name)
            case cst.WithItem(item=value, asname=cst.AsName(name=target)):
                bound = _is_named(target, name)
            case _:
                continue
        if bound and value is not None and (is_iterator(facts, value) or _is_open(facts, value)):
            return True
    return False


def _is_named(target: cst.CSTNode, name: str) -> bool:
    return isinstance(target, cst.Name) and target.value == name


def _is_open(facts: Facts, value: cst.BaseExpression) -> bool:
    match value:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
            return method == "open"
        case cst.Call(func=function):
            return facts.is_builtin(function, "open")
        case _:
            return False


def is_done_at_once(facts: Facts, node: cst.CSTNode) -> bool:
    """Return whether a lambda, or an iterator, is of no use any more once it was handed over.

    Otherwise it may be evaluated later, when what it reads has changed.
    """
    above = facts.parent(node)
    match above:
        case cst.StarredElement() | cst.ComparisonTarget():
            return True
        case cst.CompFor():
            made = next(a for a in facts.ancestors(above) if isinstance(a, Comprehension))
            return not isinstance(made, cst.GeneratorExp) or is_done_at_once(facts, made)
        case cst.Arg():
            call = facts.parent(above)
            return isinstance(call, cst.Call) and _lets_go_of_arguments(facts, call)
        case _:
            return False


def _lets_go_of_arguments(facts: Facts, call: cst.Call) -> bool:
    if is_iterator(facts, call):
        return is_done_at_once(facts, call)
    dotted = facts.stands_for(call.func)
    if dotted is not None:
        return dotted in _GOING_THROUGH or dotted.partition(".")[0] in _FIXED_MODULES
    match call.func:
        case cst.Name(value=name) as function:
            return facts.is_builtin(function) and name in _CONSUMERS | {"next", "bytearray"}
        case cst.Attribute(attr=cst.Name(value=method)):
            return method in _TAKING_ALL or method in PURE_METHODS
        case _:
            return False


def is_fixed(  # noqa: C901, PLR0911 - one case for each kind of expression
    facts: Facts, node: cst.BaseExpression
) -> bool:
    """Return whether evaluating ``node`` gives nothing new that can be changed."""
    if facts.kind(node) in _FIXED_KINDS:
        return True
    match node:
        case cst.Name() | cst.Attribute() | cst.Comparison() | cst.UnaryOperation():
            return True
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index())]):
            return True
        case cst.BinaryOperation(operator=operator, left=left, right=right):
            return isinstance(operator, _NUMERIC) or (
                facts.kind(left) in _FIXED_KINDS or facts.kind(right) in _FIXED_KINDS
            )
        case cst.Call(func=cst.Name(value=name) as function, args=args) if facts.is_builtin(
            function
        ):
            return name in _FIXED_BUILTINS or (name == "sum" and len(args) == 1)
        case cst.Call(func=function) if facts.stands_for(function):
            return (facts.stands_for(function) or "").partition(".")[0] in _FIXED_MODULES
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="get")), args=args):
            # It may give the default, which must not be one for all.
            return all(is_fixed(facts, arg.value) for arg in args[1:])
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
            return method in PURE_METHODS - _NEW_METHODS
        case _:
            return False


def is_only_read(  # noqa: PLR0911 - one case for each kind of use
    facts: Facts, node: cst.CSTNode
) -> bool:
    """Return whether what holds ``node`` looks at it and lets it go."""
    above = facts.parent(node)
    match above:
        case cst.ComparisonTarget() | cst.Comparison() | cst.If() | cst.While() | cst.AugAssign():
            return True
        case cst.BinaryOperation() | cst.StarredElement() | cst.FormattedStringExpression():
            return True
        case cst.UnaryOperation(operator=operator):
            return isinstance(operator, cst.Not)
        case cst.For(iter=source) | cst.CompFor(iter=source):
            return source is node and not _has_new_items(node)
        case cst.Subscript(value=value):
            return value is node and not facts.is_target(above) and not _has_new_items(node)
        case cst.Attribute(attr=cst.Name(value=method)):
            call = facts.parent(above)
            return isinstance(call, cst.Call) and call.func is above and method in PURE_METHODS
        case cst.Arg():
            return _only_reads(facts, facts.parent(above)) and not _has_new_items(node)
        case _:
            return False


def _has_new_items(node: cst.CSTNode) -> bool:
    """Return whether what ``node`` holds can itself be changed, and is new each time."""
    match node:
        case cst.ListComp(elt=elt) | cst.SetComp(elt=elt):
            return isinstance(elt, _DISPLAYS)
        case cst.DictComp(value=value):
            return isinstance(value, _DISPLAYS)
        case cst.List() | cst.Tuple() | cst.Set():
            return any(isinstance(element.value, _DISPLAYS) for element in node.elements)
        case _:
            return False


def _only_reads(facts: Facts, call: cst.CSTNode | None) -> bool:
    match call:
        case cst.Call(func=cst.Name(value="min" | "max"), args=[_, cst.Arg(keyword=None), *_]):
            return False  # it returns one of them
        case cst.Call(func=cst.Name(value=name) as function):
            return facts.is_builtin(function) and name in _CONSUMERS
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
            return method in _READERS
        case _:
            return False


def uses_only_read(facts: Facts, name: str, root: cst.CSTNode) -> bool:
    """Return whether everything in ``root`` that names a variable only looks at its value."""
    return all(
        facts.is_target(use) or is_only_read(facts, use) for use in occurrences(facts, name, root)
    )


# --- risk and names -------------------------------------------------------------------------

_RISKY_BUILTINS = frozenset({"min", "max", "int", "float", "pow", "chr", "ord", "next"})
_RISKY_METHODS = frozenset({"index", "rindex", "strptime", "fromisoformat", "decode"})


def is_risky(facts: Facts, node: cst.CSTNode) -> bool:
    """Return whether ``node`` may fail for values that its operations are meant for."""
    return any(_is_risky_part(facts, part) for part in facts.walk(node))


def may_be_caught(facts: Facts, node: cst.CSTNode) -> bool:
    """Return whether what ``node`` raises may be caught, or suppressed by a context manager."""
    return any(may_catch(facts, above) for above in facts.ancestors(node))


def may_catch(facts: Facts, node: cst.CSTNode) -> bool:
    """Return whether ``node`` is a statement that may end what its body raises."""
    if isinstance(node, cst.With):
        return not all(_is_open(facts, one.item) for one in node.items)
    return isinstance(node, (cst.Try, cst.TryStar))


def _is_risky_part(facts: Facts, node: cst.CSTNode) -> bool:
    match node:
        case cst.BinaryOperation(operator=operator, right=right):
            return isinstance(
                operator, (cst.Divide, cst.FloorDivide, cst.Modulo)
            ) and not isinstance(right, (cst.Integer, cst.Float))
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index())]):
            return True
        case cst.Call(func=cst.Name(value=name)):
            return name in _RISKY_BUILTINS
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method)) as function):
            return method in _RISKY_METHODS or (facts.stands_for(function) or "") in {
                "math.sqrt", "math.log", "math.log2", "math.log10", "statistics.mean",
            }  # fmt: skip
        case _:
            return False


_SUFFIX = {"len": "length", "sum": "total", "sorted": "sorted", "range": "range"}


def title(node: cst.BaseExpression) -> str:
    """Return a name for the value of ``node``, from what it is made of and how."""
    words = [word for word in _words(node) if word]
    return "_".join(dict.fromkeys(words)).lower()[:32].strip("_") or "value"


def _words(  # noqa: C901, PLR0911 - one case for each kind of expression
    node: cst.BaseExpression,
) -> list[str]:
    match node:
        case cst.Name(value=name):
            return [name.strip("_")]
        case cst.Attribute(value=value, attr=cst.Name(value=name)):
            base = _words(value)
            return [name] if base == ["self"] else [*base, name]
        case cst.Call(func=cst.Name(value=function), args=[cst.Arg(value=inner), *_]):
            return [*_words(inner), _SUFFIX.get(function, function)]
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="compile"))):
            return ["pattern"]
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=method)), args=args):
            inner = _words(value)
            return [*(inner or [word for a in args[:1] for word in _words(a.value)]), method]
        case cst.ListComp(elt=elt, for_in=for_in) | cst.SetComp(elt=elt, for_in=for_in):
            return [*_words(for_in.iter), *_words(elt)[1:]]
        case cst.DictComp(for_in=for_in):
            return [*_words(for_in.iter), "map"]
        case cst.Subscript(value=value):
            return [*_words(value), "part"]
        case _:
            return []
