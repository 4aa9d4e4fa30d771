"""Plain data as YAML that a person would write: blocks, plain words, quotes where they matter.

Law: `sigil.store.documents.parse_document` gives back what was written.

Pure. Not here: changing a document that exists (`sigil.store.yaml_edits`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./<>=()*-]*(?: [A-Za-z0-9_./<>=()*-]+)*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_STEP = 2


def yaml_text(value: Mapping[str, Any]) -> str:
    """Return a document of mappings, lists, text, numbers, truth values and None.

    Raises:
        TypeError: something else is among them.
    """
    return "".join(f"{line}\n" for line in block_lines(value, 0)) if value else "{}\n"


def block_lines(value: Mapping[str, Any], indent: int) -> list[str]:
    """Return the lines of a mapping that is not empty, so many columns from the left."""
    lines: list[str] = []
    margin = " " * indent
    for key, item in value.items():
        head = f"{margin}{flow_text(key)}:"
        if isinstance(item, Mapping) and item:
            lines += [head, *block_lines(cast("Mapping[str, Any]", item), indent + _STEP)]
        elif _is_list_of_mappings(item):
            lines.append(head)
            for entry in cast("Sequence[Mapping[str, Any]]", item):
                first, *rest = block_lines(entry, indent + 2 * _STEP)
                lines += [f"{margin}{' ' * _STEP}- {first.lstrip()}", *rest]
        else:
            lines.append(f"{head} {flow_text(item)}")
    return lines


def flow_text(value: Any) -> str:
    """Return any value on one line.

    Raises:
        TypeError: it is no plain data.
    """
    if isinstance(value, str):
        return _scalar(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return "{" + ", ".join(f"{flow_text(k)}: {flow_text(v)}" for k, v in items) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(flow_text(item) for item in cast('Sequence[Any]', value))}]"
    raise TypeError(f"a {type(value).__name__} is no plain data")


def _is_list_of_mappings(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    entries = cast("list[object]", value)
    return all(isinstance(entry, Mapping) and entry != {} for entry in entries)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED and not _looks_like_a_number(text):
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _looks_like_a_number(text: str) -> bool:
    return re.fullmatch(r"[._0-9]+(?:[eE]?[0-9]*)|\.(?:inf|nan)", text, re.IGNORECASE) is not None


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - YAML's forms
