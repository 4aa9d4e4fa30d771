"""What a definition looks like in each grammar: kinds of node, and where their names stand.

`naming` turns a node into what it defines. Names are paths such as ``("ns", "Grid", "fill")``;
a part may have more than one spelling, such as ``Circle`` and ``<Circle as Shape>``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sigil.search.syntax.walking import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

Part = tuple[str, ...]
"""The spellings of one part of a name; the first is the usual one."""
Kind = Literal["function", "type", "scope"]


@dataclass(frozen=True, slots=True)
class Naming:
    """What a node defines.

    Args:
        kind: a scope only holds others: a namespace, a module, an ``impl``.
        parts: of its name, relative to what it stands in; empty for a nameless scope.
        body: what is not its signature; None where it is only declared.
    """

    kind: Kind
    parts: tuple[Part, ...]
    body: Node | None


_FUNCTIONS = {
    "python": {"function_definition"},
    "java": {
        "method_declaration",
        "constructor_declaration",
        "compact_constructor_declaration",
    },
    "rust": {"function_item", "function_signature_item"},
    "go": {"function_declaration", "method_elem"},
    "javascript": {
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
        "method_signature",
        "abstract_method_signature",
        "function_signature",
    },
}
_TYPES = {
    "python": {"class_definition"},
    "java": {
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "annotation_type_declaration",
    },
    "rust": {"struct_item", "enum_item", "union_item", "trait_item", "macro_definition"},
    "javascript": {
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
        "enum_declaration",
        "type_alias_declaration",
    },
    "c": {"struct_specifier", "union_specifier", "enum_specifier", "class_specifier"},
}
WRAPPERS = frozenset(
    {
        "export_statement",
        "decorated_definition",
        "template_declaration",
        "lexical_declaration",
        "variable_declaration",
        "expression_statement",
        "ambient_declaration",
        "var_declaration",
        "type_declaration",
        "linkage_specification",
    }
)
"""Nodes that belong to the one definition in them."""
NOT_WRAPPED = frozenset(
    {"decorator", "template_parameter_list", "requires_clause", "string_literal"}
)
"""Children of a wrapper beside what it wraps."""
ATTRIBUTES = frozenset({"attribute_item", "decorator"})
"""Nodes in front of a definition that belong to it."""
_VALUES = frozenset(
    {"arrow_function", "function_expression", "generator_function", "function", "class"}
)


def naming(node: Node, grammar: str) -> Naming | None:
    """Return what ``node`` defines or declares, or None."""
    family = {"cpp": "c", "typescript": "javascript", "tsx": "javascript"}.get(grammar, grammar)
    if node.type in _FUNCTIONS.get(family, ()):
        return _plain(node, "function")
    if node.type in _TYPES.get(family, ()):
        return _type(node)
    special = _SPECIAL[family].get(node.type)
    return special(node) if special else None


def _field(node: Node | None, *names: str) -> Node | None:
    """Return the descendant along fields, or None."""
    for name in names:
        node = node.child_by_field_name(name) if node is not None else None
    return node


def _named(kind: Kind, name: Node | None, body: Node | None) -> Naming | None:
    return None if name is None else Naming(kind, ((_compact(name),),), body)


def _compact(node: Node) -> str:
    return "".join(text_of(node).split())


def _plain(node: Node, kind: Kind) -> Naming | None:
    return _named(kind, _field(node, "name"), _field(node, "body"))


def _type(node: Node) -> Naming | None:
    """Return a type's naming; ``struct x`` without a body is a use, except in Rust."""
    body = _field(node, "body") or _field(node, "value")
    if node.type == "macro_definition":
        body = next((child for child in node.children if child.type == "macro_rule"), None)
    if body is None and not node.type.endswith("_item"):
        return None
    return _named("type", _field(node, "name"), body)


def _scope(node: Node) -> Naming | None:
    name = _field(node, "name")
    parts = tuple((part.strip(),) for part in re.split(r"::|\.", text_of(name))) if name else ()
    return Naming("scope", parts, _field(node, "body"))


# --- C and C++ --------------------------------------------------------------------------


def _c_function(node: Node) -> Naming | None:
    name = _c_name(node)
    if name is None:
        return None
    lists = ("field_initializer_list", "try_statement", "constructor_try_statement")
    initial = next((child for child in node.children if child.type in lists), None)
    return Naming("function", _qualified(name), initial or _field(node, "body"))


def _c_name(node: Node) -> Node | None:
    """Return the name that a declaration gives a function, or None if it declares none.

    It stands below pointers, references and, where a pointer to a function is returned,
    parentheses; the latter two name no field.
    """
    function: Node | None = None
    declarator = _field(node, "declarator")
    while declarator is not None and declarator.type in _DECLARATORS:
        if declarator.type == "function_declarator":
            function = declarator
        inner = _field(declarator, "declarator")
        declarator = inner or next(iter(declarator.named_children), None)
    if declarator is not None and declarator.type == "operator_cast":
        return declarator
    if function is None or _field(function, "declarator") is None:
        return None
    below = _field(function, "declarator")
    return None if below is not None and below.type in _DECLARATORS else declarator


_DECLARATORS = frozenset(
    {
        "function_declarator",
        "pointer_declarator",
        "reference_declarator",
        "parenthesized_declarator",
        "attributed_declarator",
    }
)


def _qualified(node: Node) -> tuple[Part, ...]:
    parts: list[Part] = []
    while node.type == "qualified_identifier":
        scope, name = _field(node, "scope"), _field(node, "name")
        if scope is not None:
            parts.append((_compact(_field(scope, "name") or scope),))
        if name is None:
            break
        node = name
    if node.type == "operator_cast":
        return (*parts, (f"operator{_base(node)}",))
    base = _field(node, "name") if node.type.startswith("template_") else None
    return (*parts, (_compact(base or node),))


def _c_typedef(node: Node) -> Naming | None:
    inner = _field(node, "type")
    if inner is None or _field(inner, "body") is None or _field(inner, "name") is not None:
        return None
    return _named("type", _field(node, "declarator"), _field(inner, "body"))


# --- Rust and Go ------------------------------------------------------------------------


def _base(node: Node | None) -> str:
    """Return the name of a type without generics, references and path."""
    while node is not None:
        inner = _field(node, "type") or _field(node, "name")
        if inner is None and node.type == "pointer_type":
            inner = next(iter(node.named_children), None)
        if inner is None:
            return _compact(node)
        node = inner
    return ""


def _rust_impl(node: Node) -> Naming | None:
    own, trait = _base(_field(node, "type")), _field(node, "trait")
    spelt = (own, f"<{own} as {_base(trait)}>") if trait is not None else (own,)
    return Naming("scope", (spelt,), _field(node, "body"))


def _go_method(node: Node) -> Naming | None:
    receivers = _field(node, "receiver")
    name = _field(node, "name")
    if receivers is None or name is None or not receivers.named_children:
        return None
    own = _base(_field(receivers.named_children[0], "type"))
    return Naming("function", ((own, f"(*{own})"), (_compact(name),)), _field(node, "body"))


def _go_type(node: Node) -> Naming | None:
    return _named("type", _field(node, "name"), _field(node, "type"))


def _go_variable(node: Node) -> Naming | None:
    values = _field(node, "value")
    only = values.named_children if values is not None else []
    if len(only) != 1 or only[0].type != "func_literal":
        return None
    return _named("function", _field(node, "name"), _field(only[0], "body"))


# --- JavaScript and TypeScript ----------------------------------------------------------


def _js_bound(node: Node) -> Naming | None:
    """Return the naming of ``name = value`` in its many forms."""
    name = _field(node, "name") or _field(node, "property") or _field(node, "key")
    value = _field(node, "value")
    if name is None or value is None:
        return None
    if value.type in _VALUES:
        kind: Kind = "type" if value.type == "class" else "function"
        return _named(kind, name, _field(value, "body"))
    return _named("scope", name, value) if value.type == "object" else None


def _js_assigned(node: Node) -> Naming | None:
    left, value = _field(node, "left"), _field(node, "right")
    if left is None or value is None or value.type not in _VALUES:
        return None
    names = [part for part in _compact(left).split(".") if part != "prototype"]
    while names and names[0] in {"module", "exports", "this"}:
        names.pop(0)
    kind: Kind = "type" if value.type == "class" else "function"
    parts: tuple[Part, ...] = tuple((name,) for name in names) or (("default", "exports"),)
    return Naming(kind, parts, _field(value, "body"))


def _js_export(node: Node) -> Naming | None:
    """Return ``export default`` of something without a name of its own."""
    if not any(child.type == "default" for child in node.children):
        return None
    value = _field(node, "value")
    if value is None or value.type not in _VALUES:
        return None
    kind: Kind = "type" if value.type == "class" else "function"
    name = _field(value, "name")
    spelt = ("default",) if name is None else (_compact(name), "default")
    return Naming(kind, (spelt,), _field(value, "body"))


_SPECIAL: dict[str, dict[str, Callable[[Node], Naming | None]]] = {
    "python": {},
    "java": {},
    "c": {
        "function_definition": _c_function,
        "field_declaration": _c_function,
        "namespace_definition": _scope,
        "type_definition": _c_typedef,
    },
    "rust": {"impl_item": _rust_impl, "mod_item": _scope},
    "go": {
        "method_declaration": _go_method,
        "type_spec": _go_type,
        "var_spec": _go_variable,
    },
    "javascript": {
        "variable_declarator": _js_bound,
        "field_definition": _js_bound,
        "public_field_definition": _js_bound,
        "pair": _js_bound,
        "assignment_expression": _js_assigned,
        "export_statement": _js_export,
        "internal_module": _scope,
        "module": _scope,
    },
}
