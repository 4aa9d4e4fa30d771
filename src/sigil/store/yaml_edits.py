"""Change single values of a YAML document, and leave every other character as it is.

Comments, order, quotes and what nobody here knows the meaning of stay. Every change is checked:
the new text means what the old one meant but for that value, or it is refused.

Pure. Not here: files (`sigil.store.files`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import yaml

from sigil.errors import InvalidValue, MalformedDocument, Where
from sigil.store.documents import parse_document
from sigil.store.yaml_text import block_lines, flow_text

_STEP = 2
Scalar = str | int | float | bool


def with_value(text: str, path: Sequence[str], value: Scalar, shown_as: str) -> str:
    """Return ``text`` with ``value`` at ``path``, put in if there is none.

    Args:
        text: a document whose top level is a mapping; may be empty.
        path: keys from the top.
        value: one scalar.
        shown_as: the file, for messages.

    Raises:
        MalformedDocument: ``text`` is no document.
        InvalidValue: its layout is not understood; the remedy says what to write by hand.
    """
    before = _data(text, shown_as)
    if _found(before, path) == (value,):
        return text
    wanted = _copied(before)
    _put(wanted, path, value)
    changed = _with(text, path, value)
    return _checked(changed, wanted, path, shown_as, f"write {'.'.join(path)}: {flow_text(value)}")


def without(text: str, path: Sequence[str], shown_as: str) -> str:
    """Return ``text`` without what is at ``path``; as it is if there is nothing.

    Raises:
        MalformedDocument, InvalidValue: as `with_value`.
    """
    before = _data(text, shown_as)
    if not _found(before, path):
        return text
    wanted = _copied(before)
    parent = cast("tuple[dict[str, Any]]", _found(wanted, path[:-1]))[0]
    del parent[path[-1]]
    return _checked(
        _without(text, path), wanted, path, shown_as, f"remove {'.'.join(path)} by hand"
    )


# --- meaning ------------------------------------------------------------------------------


def _data(text: str, shown_as: str) -> dict[str, Any]:
    return {} if _is_bare(text) else parse_document(text.encode(), shown_as).data


def _is_bare(text: str) -> bool:
    """Return whether there is nothing but comments."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def _found(data: Mapping[str, Any], path: Sequence[str]) -> tuple[Any] | tuple[()]:
    """Return what is at ``path``, alone in a tuple; an empty one for nothing."""
    value: Any = data
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return ()
        value = cast("dict[str, Any]", value)[key]
    return (value,)


def _copied(value: Any) -> Any:
    """Return ``value`` with a copy of its own for every alias."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in cast("dict[str, Any]", value).items()}
    return (
        [_copied(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value
    )


def _put(data: dict[str, Any], path: Sequence[str], value: Scalar) -> None:
    *above, last = path
    for key in above:
        inner = data.get(key)
        data[key] = inner if isinstance(inner, dict) else {}
        data = data[key]
    data[last] = value


def _checked(
    text: str | None, wanted: Mapping[str, Any], path: Sequence[str], shown_as: str, remedy: str
) -> str:
    """Return ``text`` if it means what it should."""
    try:
        if text is not None and _data(text, shown_as) == wanted:
            return text
    except MalformedDocument:
        pass
    raise InvalidValue(
        "its layout cannot be changed by machine",
        where=Where(shown_as, field=".".join(path)),
        remedy=remedy,
    )


# --- layout -------------------------------------------------------------------------------


def _with(text: str, path: Sequence[str], value: Scalar) -> str | None:
    """Return the changed text; None where its layout is not understood."""
    node: Any = None if _is_bare(text) else yaml.compose(text, yaml.SafeLoader)
    if node is None:
        return _lines_after(text, len(text), block_lines(_nested(path, value), 0))
    key: Any = None
    for depth, name in enumerate(path):
        pair = _pair(node, name)
        if pair is None:
            return _inserted(text, node, key, _nested(path[depth:], value))
        key, node = pair
    return _replaced(text, node, key, flow_text(value))


def _replaced(text: str, node: Any, key: Any, scalar: str) -> str | None:
    if not isinstance(node, yaml.ScalarNode) or node.style in {"|", ">"}:
        return None
    start, end = _span(node)
    if start == end:
        colon = text.index(":", key.end_mark.index) + 1
        return f"{text[:colon]} {scalar}{text[colon:]}"
    return text[:start] + scalar + text[end:]


def _inserted(text: str, node: Any, key: Any, new: Mapping[str, Any]) -> str | None:
    start, end = _span(node)
    if isinstance(node, yaml.MappingNode) and node.value:
        if node.flow_style:
            return _flow(text, node, new)
        column = node.value[0][0].start_mark.column
        return _lines_after(text, _end(node), block_lines(new, column))
    empty = isinstance(node, yaml.MappingNode) or (
        isinstance(node, yaml.ScalarNode) and node.value in {"", "null", "~"}
    )
    if key is None or not empty:
        return None
    # Nothing, or {}: a block takes its place, below the line.
    text = text[:start].rstrip(" ") + text[end:] if end > start else text
    return _lines_after(text, key.end_mark.index, block_lines(new, key.start_mark.column + _STEP))


def _flow(text: str, node: Any, new: Mapping[str, Any]) -> str | None:
    """Return ``text`` with ``new`` in a mapping between braces."""
    start, end = _span(node)
    inner = text[start + 1 : end - 1].rstrip().removesuffix(",")
    if "#" in inner:
        return None
    return f"{text[: start + 1]}{inner}, {flow_text(new)[1:-1]}{text[end - 1 :]}"


def _without(text: str, path: Sequence[str]) -> str | None:
    above: Any = None
    node: Any = yaml.compose(text, yaml.SafeLoader)
    for name in path[:-1]:
        above, node = _pair(node, name) or (None, None)
    pair = _pair(node, path[-1])
    if pair is None:
        return None
    key, value = pair
    if node.flow_style:
        return _without_in_flow(text, node, key, value)
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    rest = text[_line_end(text, max(_end(value), key.end_mark.index)) :]
    if above is not None and len(node.value) == 1:  # nothing would be left of the mapping
        colon = text.index(":", above.end_mark.index) + 1
        return f"{text[:colon]} {{}}{text[colon:start]}{rest}"
    return text[:start] + rest


def _without_in_flow(text: str, node: Any, key: Any, value: Any) -> str:
    keys = [pair[0] for pair in node.value]
    at = keys.index(key)
    if at + 1 < len(keys):
        return text[: key.start_mark.index] + text[keys[at + 1].start_mark.index :]
    start = text.rindex("," if at else "{", 0, key.start_mark.index) + (0 if at else 1)
    return text[:start] + text[_end(value) :]


def _pair(node: Any, name: str) -> tuple[Any, Any] | None:
    pairs: list[tuple[Any, Any]] = node.value if isinstance(node, yaml.MappingNode) else []
    return next(((key, value) for key, value in pairs if key.value == name), None)


def _nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return value


def _span(node: Any) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _end(node: Any) -> int:
    """Return where the last character of a value is; a block's own mark is past its comments."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last: tuple[Any, ...] = node.value[-1]
        inner = last if isinstance(node, yaml.MappingNode) else (last,)
        return max(_end(one) for one in inner)
    return cast("int", node.end_mark.index)


def _line_end(text: str, at: int) -> int:
    """Return where the line after that of ``at`` begins."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _lines_after(text: str, at: int, lines: Sequence[str]) -> str:
    """Return ``text`` with ``lines`` after the line of ``at``."""
    newline = "\r\n" if "\r\n" in text else "\n"
    cut = _line_end(text, at)
    head = text[:cut]
    if head and not head.endswith("\n"):
        head += newline
    return head + "".join(line + newline for line in lines) + text[cut:]
