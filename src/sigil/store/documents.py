"""Read a YAML document that a person wrote, and say exactly where it is wrong.

Every value keeps its line, so that an error found much later (a metric whose regex never
matches) still names file, line and field.

Not here: YAML itself (`sigil.store.plain_yaml`), and what the keys mean; the models stand
beside the code that uses them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, Tag, ValidationError

from sigil.errors import InvalidValue, MalformedDocument, SigilError, UnknownKey, Where
from sigil.store.plain_yaml import parse_yaml

MAX_BYTES = 4 * 2**20
_CUT = 60
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML mapping with the place of every value in it.

    Args:
        path: the file, as it should be shown.
        raw: its bytes, for a snapshot.
        data: plain dicts, lists and scalars.
        lines: 1-based line of each field, by dotted path (``metrics[1].parse``).
    """

    path: str
    raw: bytes
    data: dict[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict[str, int])

    def where(self, name: str = "") -> Where:
        """Return the place of a field, or of its nearest enclosing field that exists."""
        nearest = name
        while nearest and nearest not in self.lines:
            nearest = _enclosing(nearest)
        return Where(self.path, self.lines.get(nearest), name or None)


def read_document(path: Path, shown_as: str | None = None) -> Document:
    """Read and parse one YAML file whose top level is a mapping.

    Raises:
        MalformedDocument: missing or unreadable; else see `parse_document`.
    """
    shown = shown_as or str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise MalformedDocument(
            f"cannot be read ({error.strerror})",
            where=Where(shown),
            remedy="check the name and the permissions",
        ) from error
    return parse_document(raw, shown)


def parse_document(raw: bytes, shown_as: str) -> Document:
    """Parse the bytes of one YAML file whose top level is a mapping.

    Raises:
        MalformedDocument: empty, larger than `MAX_BYTES`, not UTF-8, not YAML, more than one
            document, nested too deeply, too many values, a tag, a key twice, or not a
            mapping at the top; with the line.
    """
    if len(raw) > MAX_BYTES:
        raise MalformedDocument(f"larger than {MAX_BYTES // 2**20} MiB", where=Where(shown_as))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MalformedDocument(
            "not UTF-8 text", where=Where(shown_as, line), remedy="save the file as UTF-8"
        ) from error
    plain = parse_yaml(text, shown_as)
    if plain is None or plain.value is None:
        raise MalformedDocument(
            "the file is empty", where=Where(shown_as), remedy="write the document"
        )
    data: object = plain.value
    if isinstance(data, dict):
        return Document(shown_as, raw, cast("dict[str, Any]", data), plain.lines)
    raise MalformedDocument(
        "the top level is not a mapping",
        where=Where(shown_as, plain.lines[""]),
        remedy="start with a key, such as version: 0.1",
    )


def is_blank(raw: bytes) -> bool:
    """Return whether a YAML file holds nothing but comments and empty lines."""
    lines = (line.strip() for line in raw.removeprefix(b"\xef\xbb\xbf").splitlines())
    return not any(line and not line.startswith(b"#") for line in lines)


def validate(document: Document, model: type[_Model]) -> _Model:
    """Return the document as ``model``, or raise for the first field that does not fit.

    Raises:
        UnknownKey: a key that ``model`` forbids, with the nearest known one.
        InvalidValue: a missing key or a value of the wrong type or range.
    """
    try:
        return model.model_validate(document.data)
    except ValidationError as failure:
        raise _first_problem(failure, document, model) from failure


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "nothing",
}
"""What each type of pydantic's errors asks for, in YAML's words."""

_NUMERIC = {"int_type", "float_type"}


@dataclass(frozen=True, slots=True)
class _Problem:
    """One finding of pydantic, at the field that it is about."""

    name: str
    kind: str
    value: Any
    message: str
    context: Mapping[str, Any]
    location: tuple[int | str, ...]


def _first_problem(
    failure: ValidationError, document: Document, model: type[BaseModel]
) -> SigilError:
    """Return the error for the first field that does not fit, misspelt keys before all."""
    problems = [
        _Problem(
            _dotted(found["loc"], document.data, found["type"]),
            found["type"],
            found["input"],
            found["msg"],
            found.get("ctx", {}),
            found["loc"],
        )
        for found in failure.errors(include_url=False)
    ]
    unknown = [problem for problem in problems if problem.kind == "extra_forbidden"]
    first = _deepest((unknown or problems)[0], problems)
    where = document.where(first.name)
    if unknown:
        known = _known_keys(model, first.location[:-1])
        return UnknownKey("unknown key", where=where, remedy=_did_you_mean(first.name, known))
    if first.kind == "missing":
        return InvalidValue("this key is required", where=where, remedy="add it")
    same = [problem for problem in problems if problem.name == first.name]
    return InvalidValue(_said(same), where=where, remedy=_remedy(same))


def _deepest(first: _Problem, problems: list[_Problem]) -> _Problem:
    """Return a problem inside of the same field, if a branch of a union went that far."""
    inside = (f"{first.name}.", f"{first.name}[")
    return next((problem for problem in problems if problem.name.startswith(inside)), first)


def _said(problems: list[_Problem]) -> str:
    """Return what is wrong with one field, over all branches of a union."""
    expected = [_EXPECTED.get(problem.kind) for problem in problems]
    first = problems[0]
    if None not in expected:
        wanted = " or ".join(dict.fromkeys(text for text in expected if text))
        return f"expected {wanted}, not {_shown(first.value)}"
    if first.kind == "literal_error":
        return f"expected {first.context['expected']}, not {_shown(first.value)}"
    message = first.message.removeprefix("Value error, ").removeprefix("Input ")
    if first.message == message or isinstance(first.value, BaseModel | dict):
        return message
    return f"{message}, not {_shown(first.value)}"


def _remedy(problems: list[_Problem]) -> str | None:
    first = problems[0]
    if first.kind == "literal_error" and isinstance(first.value, str):
        choices = re.findall(r"'([^']*)'", str(first.context["expected"]))
        near = difflib.get_close_matches(first.value, choices, n=1)
        return f"did you mean {near[0]}?" if near else None
    if {problem.kind for problem in problems} & _NUMERIC and isinstance(first.value, str):
        return _remedy_of_number(first.value)
    return "put it in quotes" if first.kind == "string_type" and _scalar(first.value) else None


def _remedy_of_number(text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return f"write {int(number) if number.is_integer() else number}, without quotes"


def _scalar(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= _CUT else f"{text[:_CUT]}…"


def _dotted(location: tuple[int | str, ...], data: Any, kind: str) -> str:
    """Return pydantic's location as a dotted path, without the names of union branches."""
    name = ""
    for position, part in enumerate(location):
        absent = kind == "missing" and position == len(location) - 1
        inside = _child(data, part)
        if inside is None and not absent:
            continue
        step = f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
        name, data = name + step, inside[0] if inside else None
    return name


def _child(data: Any, part: int | str) -> tuple[Any] | None:
    """Return what stands under ``part``, or None if that is no place in ``data``."""
    if isinstance(part, int):
        items = cast("list[Any]", data) if isinstance(data, list) else []
        return (items[part],) if part < len(items) else None
    fields = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    return (fields[part],) if part in fields else None


def _enclosing(name: str) -> str:
    return name[: max(name.rfind("."), name.rfind("["), 0)]


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the nearest model along ``location`` accepts."""
    current, branches = model, dict[str, type[BaseModel]]()
    for part in map(str, location):
        found = current.model_fields.get(part)
        if part in branches:
            current, branches = branches[part], {}
        elif found is not None:
            current = _inner_model(found.annotation) or current
            branches = dict(_tagged(found.annotation))
    return sorted(current.model_fields)


def _tagged(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the models of a union whose branches have names, by which pydantic's errors go."""
    arguments = get_args(annotation)
    for note in arguments:
        if isinstance(note, Tag) and (model := _inner_model(arguments[0])) is not None:
            yield note.tag, model
    for argument in arguments:
        yield from _tagged(argument)


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


def _did_you_mean(name: str, known: list[str]) -> str:
    key = name.rsplit(".", 1)[-1]
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
