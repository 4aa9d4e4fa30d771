"""YAML as plain data: dicts, lists and scalars, each with its line.

Pure. Built from the parser's events, never from its object graph, so that size and depth
are bounded while reading: a file of four million brackets ends at the limit, and a thousand
laughs by aliases end at the count of values that they stand for.

The scalars are those of JSON, in YAML's spelling; a date stays text. Refused, with the
line: tags, complex keys, the merge key ``<<``, keys that stand twice, a second document.

Not here: files, and what the keys mean (`sigil.store.documents`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from sigil.errors import MalformedDocument, Where

MAX_VALUES = 100_000
"""Values of one document, those that aliases repeat counted each time."""
MAX_DEPTH = 50
MAX_KEY = 200
_SHOWN_PATH = 40
_MAX_PATH = 500  # a longer field has no line of its own: 100,000 of them must fit in memory
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_SIMPLE = {f"{_CORE}{name}" for name in ("null", "bool", "int", "float")}
_ALLOWED = {*_SIMPLE, f"{_CORE}str", f"{_CORE}seq", f"{_CORE}map", "!", None}
_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+][0-9]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CUT = 40


@dataclass(frozen=True, slots=True)
class Plain:
    """A document as plain data.

    Args:
        value: of the top level.
        lines: 1-based line of each field, by dotted path; "" is the top level. What an
            alias stands for has no lines of its own.
    """

    value: Any
    lines: Mapping[str, int]


def parse_yaml(text: str, shown_as: str) -> Plain | None:
    """Return the one document in ``text``, or None if there is nothing but comments.

    Raises:
        MalformedDocument: see the module; it names ``shown_as`` and the line.
    """
    try:
        with closing(_Builder(text, shown_as)) as builder:
            return builder.document()
    except yaml.YAMLError as error:
        raise _malformed(error, text, shown_as) from error


def _malformed(error: yaml.YAMLError, text: str, shown: str) -> MalformedDocument:
    mark: Any = getattr(error, "problem_mark", None)
    if mark is None:
        control = _CONTROL.search(text)
        line = text.count("\n", 0, control.start()) + 1 if control else None
        return MalformedDocument(
            "a control character", where=Where(shown, line), remedy="save it as plain text"
        )
    problem = str(getattr(error, "problem", error))
    found = _character(text, mark.line, mark.column)
    started: Any = getattr(error, "context_mark", None)
    line = min(mark.line, text.rstrip("\n").count("\n")) + 1  # the end counts as the last line
    since = f" (what began in line {started.line + 1})" if _earlier(started, mark) else ""
    return MalformedDocument(
        f"not valid YAML: {problem}{since}",
        where=Where(shown, line),
        remedy=_remedy(problem, found),
    )


def _character(text: str, line: int, column: int) -> str:
    lines = text.split("\n", line + 1)
    return lines[line][column : column + 1] if line < len(lines) else ""


def _earlier(started: Any, mark: Any) -> bool:
    return started is not None and started.line < mark.line


def _remedy(problem: str, found: str) -> str | None:
    if "cannot start any token" in problem:
        return "indent with spaces" if found == "\t" else f"put text with {found} in quotes"
    if "mapping values are not allowed" in problem:
        return "put text that contains a colon in quotes"
    return None


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an anchor names, and for how many values it stands."""

    value: Any
    size: int


class _Builder:
    """One pass over the events of a document."""

    def __init__(self, text: str, shown: str):
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._resolver: Any = _LOADER("")
        self._shown = shown
        self._lines: dict[str, int] = {}
        self._anchors: dict[str, _Anchored] = {}
        self._count = 0

    def close(self) -> None:
        """Free the parser's memory."""
        self._resolver.dispose()

    def document(self) -> Plain | None:
        """Return the one document, or None."""
        next(self._events)  # the stream's start
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._build(next(self._events), "", 0)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse("a second document", after, remedy="keep one document in the file")
        return Plain(value, self._lines)

    def _build(self, event: Any, name: str, depth: int) -> Any:
        """Return the value that starts with ``event``, reading it to its end."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, name)
        before = self._count
        self._tally(1, event, name)
        if depth > MAX_DEPTH:
            self._refuse(
                f"nested deeper than {MAX_DEPTH}",
                event,
                f"{name[:_SHOWN_PATH]}…",
                remedy="flatten it; no setting of ours is nested so deeply",
            )
        if event.tag not in _ALLOWED:
            self._refuse(f"the tag {event.tag[:_CUT]} is not allowed", event, name)
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(name, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(name, depth)
        else:
            value = self._scalar(event, name)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, self._count - before)
        return value

    def _alias(self, event: Any, name: str) -> Any:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            self._refuse(
                f"the alias *{event.anchor[:_CUT]} stands before the end of what it names",
                event,
                name,
                remedy=f"name it before with &{event.anchor[:_CUT]}",
            )
        self._tally(anchored.size, event, name)
        return anchored.value

    def _mapping(self, name: str, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, name)
            child = f"{name}.{key}" if name else key
            if key in mapping:
                self._refuse("the key stands twice", event, child, remedy="keep one of them")
            mapping[key] = self._build(next(self._events), child, depth + 1)
            self._note(child, event)
        return mapping

    def _sequence(self, name: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._build(event, f"{name}[{len(items)}]", depth + 1))
        return items

    def _key(self, event: Any, name: str) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag not in _ALLOWED:
            self._refuse("a key that is no plain text", event, name)
        if event.value == "<<" and event.implicit[0]:
            self._refuse("the merge key << is not supported", event, name, remedy="write it out")
        if len(event.value) > MAX_KEY:
            self._refuse(f"a key longer than {MAX_KEY} characters", event, name)
        return self._text(event, name)

    def _scalar(self, event: Any, name: str) -> Any:
        text = self._text(event, name)
        tag = event.tag
        if tag is None:
            tag = self._resolver.resolve(yaml.ScalarNode, text, event.implicit)
            if event.implicit[0] and _EXPONENT.fullmatch(text):
                tag = f"{_CORE}float"  # YAML 1.1 wants a dot, its readers do not
        sexagesimal = ":" in text  # 1:30 is text, although YAML 1.1 makes it 90
        if tag not in _SIMPLE or sexagesimal:
            return text
        try:
            return _number(self._resolver.construct_object(yaml.ScalarNode(tag, text)), text)
        except (ValueError, yaml.YAMLError):
            return self._refuse(f"not a valid value: {text[:_CUT]}", event, name)

    def _text(self, event: Any, name: str) -> str:
        """Return a scalar's text, which an escape can make of half a character."""
        text = str(event.value)
        try:
            text.encode()
        except UnicodeEncodeError:
            self._refuse("half of a character", event, name, remedy="write the character itself")
        return text

    def _tally(self, count: int, event: Any, name: str) -> None:
        self._note(name, event)
        self._count += count
        if self._count > MAX_VALUES:
            self._refuse(
                f"more than {MAX_VALUES:,} values", event, name, remedy="keep data in its own file"
            )

    def _note(self, name: str, event: Any) -> None:
        if len(name) <= _MAX_PATH:
            self._lines[name] = event.start_mark.line + 1

    def _refuse(
        self, problem: str, event: Any, name: str = "", *, remedy: str | None = None
    ) -> NoReturn:
        where = Where(self._shown, event.start_mark.line + 1, name[:_MAX_PATH] or None)
        raise MalformedDocument(problem, where=where, remedy=remedy)


def _number(value: Any, text: str) -> Any:
    """Keep text that would be a number too large for a float, such as a commit 12e+4567."""
    too_large = isinstance(value, float) and math.isinf(value) and "inf" not in text.lower()
    return text if too_large else value
