"""Read a YAML document that a person wrote, and say exactly where it is wrong.

Every value keeps its line, so that an error found much later (a metric whose regex never
matches) still names file, line and field. Tags, anchors to Python objects and duplicate
keys are refused.

Not here: what the keys mean; the models stand beside the code that uses them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from sigil.errors import InvalidValue, MalformedDocument, SigilError, UnknownKey, Where

MAX_BYTES = 4 * 2**20
_Model = TypeVar("_Model", bound=BaseModel)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
        MalformedDocument: missing, unreadable, too large, not UTF-8, not YAML, a duplicate
            key, or not a mapping at the top.
    """
    shown = shown_as or str(path)
    raw = _read(path, shown)
    lines: dict[str, int] = {}
    try:
        text = raw.decode("utf-8-sig")
        node = yaml.compose(text, Loader=_LOADER)
        if node is None:
            raise MalformedDocument(
                "the file is empty", where=Where(shown), remedy="write the document"
            )
        data = _build(node, "", lines, shown)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MalformedDocument(
            "not UTF-8 text", where=Where(shown, line), remedy="save the file as UTF-8"
        ) from error
    except yaml.YAMLError as error:
        raise _malformed(error, shown) from error
    except RecursionError as error:
        raise MalformedDocument("nested too deeply", where=Where(shown)) from error
    if not isinstance(data, dict):
        raise MalformedDocument("the top level is not a mapping", where=Where(shown, 1))
    return Document(shown, raw, cast("dict[str, Any]", data), lines)


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


def _read(path: Path, shown: str) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise MalformedDocument(
            f"cannot be read ({error.strerror})",
            where=Where(shown),
            remedy="check the name and the permissions",
        ) from error
    if len(raw) > MAX_BYTES:
        raise MalformedDocument(f"larger than {MAX_BYTES // 2**20} MiB", where=Where(shown))
    return raw


def _malformed(error: yaml.YAMLError, shown: str) -> MalformedDocument:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark is not None else None
    return MalformedDocument(f"not valid YAML: {problem}", where=Where(shown, line))


def _build(node: Any, name: str, lines: dict[str, int], shown: str) -> Any:
    """Turn a YAML node into plain data, noting the line of every field."""
    lines[name] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, name, lines, shown)
    if isinstance(node, yaml.SequenceNode):
        items = cast("list[Any]", node.value)
        return [_build(item, f"{name}[{i}]", lines, shown) for i, item in enumerate(items)]
    if not str(node.tag).startswith("tag:yaml.org,2002:"):
        raise MalformedDocument(
            f"the tag {node.tag} is not allowed", where=Where(shown, lines[name], name or None)
        )
    return _scalar(node, name, lines, shown)


def _build_mapping(node: Any, name: str, lines: dict[str, int], shown: str) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        child = f"{name}.{key}" if name else key
        if key in mapping:
            raise MalformedDocument(
                "the key stands twice", where=Where(shown, key_node.start_mark.line + 1, child)
            )
        mapping[key] = _build(value_node, child, lines, shown)
        lines[child] = key_node.start_mark.line + 1
    return mapping


def _scalar(node: Any, name: str, lines: dict[str, int], shown: str) -> Any:
    loader = _LOADER("")
    try:
        return loader.construct_object(node)
    except (ValueError, yaml.YAMLError) as error:
        where = Where(shown, lines[name], name or None)
        raise MalformedDocument(f"not a valid value: {node.value}", where=where) from error
    finally:
        loader.dispose()


def _enclosing(name: str) -> str:
    return name[: max(name.rfind("."), name.rfind("["), 0)]


def _first_problem(
    failure: ValidationError, document: Document, model: type[BaseModel]
) -> SigilError:
    problem = failure.errors(include_url=False)[0]
    name = _dotted(problem["loc"], document.data)
    where = document.where(name)
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, problem["loc"][:-1])
        return UnknownKey("unknown key", where=where, remedy=_did_you_mean(name, known))
    if problem["type"] == "missing":
        return InvalidValue("this key is required", where=where, remedy="add it")
    return InvalidValue(problem["msg"].removeprefix("Value error, "), where=where)


def _dotted(loc: tuple[int | str, ...], data: Any) -> str:
    """Return pydantic's location as a dotted path, without the names of union branches."""
    name = ""
    for position, part in enumerate(loc):
        last = position == len(loc) - 1
        if isinstance(part, int):
            name += f"[{part}]"
        elif last or (isinstance(data, dict) and part in data):
            name += f".{part}" if name else part
        else:
            continue
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = None
    return name


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the nearest model along ``loc`` accepts."""
    current: Any = model
    for part in loc:
        fields = getattr(current, "model_fields", {})
        if isinstance(part, str) and part in fields:
            current = _inner_model(fields[part].annotation) or current
    return sorted(getattr(current, "model_fields", {}))


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


def _did_you_mean(name: str, known: list[str]) -> str:
    key = name.rsplit(".", 1)[-1]
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
