"""Build HTML and SVG in which nothing foreign can become markup.

A child that is not `Markup` is text and is escaped, and so is every attribute: whoever
forgets something gets too much escaping, never too little. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"br", "meta"})


class Markup(str):
    """Text that is markup already, because `element` or this package's own files made it."""

    __slots__ = ()


Child = str | Markup | None
Attribute = str | int | float | bool | None


def element(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """Return one element.

    Args:
        name: of the tag.
        children: markup as it is, other text escaped, None left out.
        attributes: ``class_`` is written ``class`` and ``data_sort`` ``data-sort``; True
            writes the name alone, and None and False leave the attribute out.
    """
    opened = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{opened}>")
    return Markup(f"<{name}{opened}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Markup:
    """Return ``children`` one after the other, as `element` would hold them."""
    return Markup("".join(_text(child) for child in children if child is not None))


def _text(child: str) -> str:
    return child if isinstance(child, Markup) else escape(child)


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
