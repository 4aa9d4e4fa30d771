"""What rules may know of the definition that they look at.

Everything is conservative: a name has a kind only if every assignment to it agrees, and an
expression is pure only if nothing in it can have an effect or depend on one.

Not here: what kind of value an expression has (`kinds`), how the nodes are walked (`tree`), which
names a piece of code binds (`binding`).
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

import libcst as cst

from sigil.search.rewrite import kinds
from sigil.search.rewrite.binding import BINDERS, assigned_by, imported_by, read_by
from sigil.search.rewrite.tree import Tree

Definition = cst.FunctionDef | cst.ClassDef
Scope = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
Loop = (cst.For, cst.While)
Comprehension = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
Node = TypeVar("Node", bound=cst.CSTNode)

PURE_BUILTINS = frozenset(
    "abs all any ascii bin bool bytes chr complex dict divmod enumerate filter float format "
    "frozenset hash hex int isinstance issubclass len list map max min oct ord pow range repr "
    "reversed round set slice sorted str sum tuple type zip".split()
)
"""Built-in functions that neither do nor see anything but their arguments."""

PURE_MODULES = frozenset("math cmath operator itertools bisect string".split())
"""Modules whose functions are pure on plain data, but for these:"""

_CHANGING_FUNCTIONS = frozenset(
    "bisect.insort bisect.insort_left bisect.insort_right operator.call operator.delitem "
    "operator.methodcaller operator.setitem operator.iadd operator.iand operator.iconcat "
    "operator.ifloordiv operator.ilshift operator.imatmul operator.imod operator.imul "
    "operator.ior operator.ipow operator.irshift operator.isub operator.itruediv "
    "operator.ixor".split()
)

PURE_METHODS = frozenset(
    "startswith endswith strip lstrip rstrip split rsplit splitlines partition rpartition join "
    "upper lower title capitalize casefold swapcase replace find rfind index rindex count "
    "isdigit isalpha isalnum isspace isupper islower isdecimal isnumeric isidentifier zfill "
    "ljust rjust center encode decode translate removeprefix removesuffix format expandtabs "
    "keys values items get copy union intersection difference symmetric_difference issubset "
    "issuperset isdisjoint bit_length bit_count hex is_integer conjugate match fullmatch "
    "search findall sub group groups groupdict date weekday isoweekday isoformat strftime "
    "toordinal".split()
)
"""Methods of built-in types that change nothing."""

CHANGING_METHODS = frozenset(
    "append extend insert remove pop clear sort reverse add discard update popitem setdefault "
    "appendleft popleft extendleft rotate intersection_update difference_update "
    "symmetric_difference_update __setitem__ __delitem__".split()
)
"""Methods of built-in containers that change them."""


PURE_FUNCTIONS = frozenset(
    "re.compile re.escape struct.calcsize struct.unpack struct.unpack_from struct.pack "
    "datetime.date datetime.datetime datetime.timedelta datetime.time "
    "datetime.date.fromisoformat datetime.datetime.fromisoformat "
    "datetime.datetime.strptime datetime.datetime.combine datetime.datetime.fromtimestamp "
    "decimal.Decimal fractions.Fraction collections.Counter textwrap.dedent "
    "json.loads ast.literal_eval".split()
)
"""Functions of other modules that are."""

_EFFECTS = (cst.Await, cst.Asynchronous, cst.Yield, cst.NamedExpr)
_FIXED = frozenset({"int", "float", "bool", "str", "bytes"})


class Facts:
    """One definition, taken apart.

    Args:
        definition: a function, method or class that is nobody's child.
        module: the imports of the module around it: what a name stands for, such as
            ``{"np": "numpy", "sqrt": "math.sqrt"}``.
        shadowed: built-in names that the module defines anew.

    Attributes:
        definition: as given.
    """

    def __init__(
        self,
        definition: Definition,
        module: Mapping[str, str] | None = None,
        shadowed: frozenset[str] = frozenset(),
    ):
        self.definition = definition
        self._module = dict(module or {})
        self._shadowed = shadowed
        self._assigned: dict[cst.CSTNode, frozenset[str]] = {}
        self._read: dict[cst.CSTNode, frozenset[str]] = {}
        self._changed: dict[cst.CSTNode, frozenset[str]] = {}

    # --- the tree ---------------------------------------------------------------------------

    @cached_property
    def _tree(self) -> Tree:
        return Tree(self.definition)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node that holds ``node``; None above the definition."""
        return self._tree.parent(node)

    def walk(self, root: cst.CSTNode) -> Sequence[cst.CSTNode]:
        """Return ``root`` and every node below it, in source order."""
        return self._tree.walk(root)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the nodes around ``node``, the nearest first."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def nodes(
        self, kind: type[Node] | tuple[type[Node], ...], root: cst.CSTNode | None = None
    ) -> Iterator[Node]:
        """Yield the nodes of a kind below ``root`` (by default everything), in source order."""
        yield from self._tree.nodes(kind, root)

    def loop_around(self, node: cst.CSTNode) -> cst.For | cst.While | None:
        """Return the nearest loop statement whose repeated part holds ``node``.

        None where a function or comprehension comes between, or where there is no loop.
        """
        below = node
        for above in self.ancestors(node):
            if isinstance(above, (*Scope, *Comprehension)):
                return None
            if isinstance(above, cst.For) and below is above.body:
                return above
            if isinstance(above, cst.While) and below in (above.body, above.test):
                return above
            below = above
        return None

    def scope_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """Return the function, lambda or class that ``node`` belongs to."""
        for above in self.ancestors(node):
            if isinstance(above, Scope):
                return above
        return self.definition

    def statement_of(self, node: cst.CSTNode) -> cst.BaseStatement | None:
        """Return the statement in a block that holds ``node`` or is it."""
        if isinstance(node, cst.BaseStatement):
            return node
        return next((a for a in self.ancestors(node) if isinstance(a, cst.BaseStatement)), None)

    # --- names ------------------------------------------------------------------------------

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the function's parameters; none of a class."""
        if not isinstance(self.definition, cst.FunctionDef):
            return ()
        return tuple(p.name.value for p in self.nodes(cst.Param, self.definition.params))

    @cached_property
    def names(self) -> frozenset[str]:
        """Return every name and attribute that stands anywhere in the definition."""
        return frozenset(node.value for node in self.nodes(cst.Name))

    @cached_property
    def bound(self) -> frozenset[str]:
        """Return the names that the definition binds in itself or in a nested scope."""
        return frozenset(self.parameters) | self.assigned(self.definition)

    def assigned(self, root: cst.CSTNode) -> frozenset[str]:
        """Return the names that ``root`` binds, nested scopes included."""
        found = self._assigned.get(root)
        if found is None:
            found = self._assigned[root] = assigned_by(self.nodes(BINDERS, root))
        return found

    def read(self, root: cst.CSTNode) -> frozenset[str]:
        """Return the names whose value ``root`` may read."""
        found = self._read.get(root)
        if found is None:
            found = self._read[root] = read_by(self.walk(root))
        return found

    def changed(self, root: cst.CSTNode) -> frozenset[str]:
        """Return the names that ``root`` binds, or whose objects it may change.

        That is by a changing method, by assigning to an item or attribute, by ``del`` or an
        augmented assignment, or by handing the object to a function that is not known to be
        pure.
        """
        known = self._changed.get(root)
        if known is None:
            known = self._changed[root] = frozenset(self._changes(root))
        return known

    def _changes(self, root: cst.CSTNode) -> Iterator[str]:
        yield from self.assigned(root)
        for node in self.walk(root):
            if isinstance(node, (cst.Subscript, cst.Attribute)) and self.is_target(node):
                yield from (base.value for base in _bases(node))
            elif isinstance(node, cst.Call) and not self.is_harmless(node):
                yield from self._changed_by(node)

    def _changed_by(self, call: cst.Call) -> Iterator[str]:
        """Yield the names whose objects a call that is not harmless may change."""
        yield from self._declared
        for part in _handed_over(call):
            yield from (name for name in self.read(part) if self._kinds.get(name) not in _FIXED)
        if isinstance(call.func, cst.Name) and call.func.value in self.bound:
            for nested in self.nodes(cst.FunctionDef):
                if nested.name.value == call.func.value and nested is not self.definition:
                    yield from self._changed.get(nested) or self._enter_nested(nested)

    @cached_property
    def _declared(self) -> frozenset[str]:
        """Return the names that are declared as not local: another function may bind them."""
        return assigned_by(self.nodes((cst.Global, cst.Nonlocal)))

    def _enter_nested(self, nested: cst.FunctionDef) -> frozenset[str]:
        self._changed[nested] = frozenset({nested.name.value})  # in case that it calls itself
        self._changed[nested] = frozenset(self._changes(nested))
        return self._changed[nested]

    def is_target(self, node: cst.CSTNode) -> bool:
        """Return whether ``node`` stands where something is assigned to, or deleted."""
        below: cst.CSTNode = node
        for above in self.ancestors(node):
            match above:
                case cst.AssignTarget() | cst.Del():
                    return True
                case (
                    cst.AugAssign(target=target)
                    | cst.AnnAssign(target=target)
                    | cst.NamedExpr(target=target)
                    | cst.For(target=target)
                    | cst.CompFor(target=target)
                ):
                    return below is target
                case cst.Subscript() | cst.Attribute():
                    if below is not above.value:
                        return False
                case cst.Tuple() | cst.List() | cst.Element() | cst.StarredElement():
                    pass
                case _:
                    return False
            below = above
        return False

    def is_builtin(self, node: cst.CSTNode, name: str | None = None) -> bool:
        """Return whether ``node`` is a name that means the built-in (of that ``name``)."""
        return (
            isinstance(node, cst.Name)
            and (name is None or node.value == name)
            and hasattr(builtins, node.value)
            and node.value not in self._shadowed
            and node.value not in self._module
            and node.value not in self.bound
        )

    def stands_for(self, node: cst.CSTNode) -> str | None:
        """Return the dotted name of what is imported, such as ``re.compile``; None if it is not."""
        match node:
            case cst.Name(value=name) if name not in self.bound or name in self._local_imports:
                return {**self._module, **self._local_imports}.get(name)
            case cst.Attribute(value=value, attr=cst.Name(value=name)):
                module = self.stands_for(value)
                return f"{module}.{name}" if module else None
            case _:
                return None

    @cached_property
    def _local_imports(self) -> dict[str, str]:
        return imported_by(self.walk(self.definition))

    def fresh(self, name: str) -> str:
        """Return ``name``, or one like it, that stands nowhere in the definition."""
        taken = self.names | self._module.keys() | self._shadowed | frozenset(dir(builtins))
        number = 1
        candidate = name
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        return candidate

    # --- values -----------------------------------------------------------------------------

    @cached_property
    def _kinds(self) -> Mapping[str, str]:
        return kinds.of_names(self)

    def kind(self, node: cst.BaseExpression) -> str | None:
        """Return ``int``, ``str``, ``list``, ``dict`` …; None if that is not sure."""
        return kinds.of(self, node, self._kinds)

    def is_pure(self, node: cst.CSTNode) -> bool:
        """Return whether evaluating ``node`` neither does anything nor sees what others do.

        It may still raise, and reads the names in it. Attributes of objects count as impure
        but for those of imported modules.
        """
        return all(map(self._is_pure_part, self.walk(node)))

    def _is_pure_part(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.Lambda():
                return False
            case cst.Call():
                return self.is_pure_call(node)
            case cst.Attribute():
                above = self.parent(node)
                called = isinstance(above, cst.Call) and above.func is node
                return called or self.stands_for(node) is not None
            case _:
                return not isinstance(node, _EFFECTS)

    def is_pure_call(self, call: cst.Call) -> bool:
        """Return whether the called function is known to be pure on plain data."""
        if self.is_builtin(call.func):
            assert isinstance(call.func, cst.Name)
            return call.func.value in PURE_BUILTINS and not self._calls_back(call)
        dotted = self.stands_for(call.func)
        if dotted is not None:
            of_pure_module = dotted.partition(".")[0] in PURE_MODULES
            return (of_pure_module and dotted not in _CHANGING_FUNCTIONS) or (
                dotted in PURE_FUNCTIONS
            )
        match call.func:
            case cst.Attribute(value=value, attr=cst.Name(value=method)):
                return method in PURE_METHODS and self.kind(value) is not None
            case _:
                return False

    def _calls_back(self, call: cst.Call) -> bool:
        """Return whether a built-in is handed a function that need not be pure."""
        if isinstance(call.func, cst.Name) and call.func.value in {"map", "filter"}:
            return True
        keys = (a.value for a in call.args if a.keyword and a.keyword.value == "key")
        return not all(map(self._is_pure_key, keys))

    def _is_pure_key(self, key: cst.BaseExpression) -> bool:
        match key:
            case cst.Lambda(body=body):
                calls = self.nodes(cst.Call, body)
                return not any(isinstance(n, _EFFECTS) for n in self.walk(body)) and all(
                    self.is_pure_call(call) or _is_plain_method(call) for call in calls
                )
            case cst.Name(value=name):
                return self.is_builtin(key) and name in PURE_BUILTINS
            case cst.Attribute(value=cst.Name() as kind, attr=cst.Name(value=method)):
                return self.is_builtin(kind) and method in PURE_METHODS
            case _:
                return False

    def is_harmless(self, call: cst.Call) -> bool:
        """Return whether a call changes none of its arguments, nor its receiver."""
        if self.is_pure_call(call):
            return True
        match call.func:
            case cst.Attribute(attr=cst.Name(value=method)):
                return method in PURE_METHODS
            case _:
                return self.is_builtin(call.func, "print")


def _is_plain_method(call: cst.Call) -> bool:
    match call.func:
        case cst.Attribute(attr=cst.Name(value=method)):
            return method in PURE_METHODS
        case _:
            return False


def _bases(node: cst.CSTNode) -> Iterator[cst.Name]:
    while isinstance(node, (cst.Subscript, cst.Attribute)):
        node = node.value
    if isinstance(node, cst.Name):
        yield node


def _handed_over(call: cst.Call) -> Iterator[cst.CSTNode]:
    """Yield what a called function may change: its receiver and its arguments.

    Methods that change a container change nothing that is put into it.
    """
    if isinstance(call.func, cst.Attribute):
        yield call.func.value
        if call.func.attr.value in CHANGING_METHODS:
            return
    yield from call.args
