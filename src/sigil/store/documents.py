"""Read a YAML document that a person wrote, and say exactly where it is wrong.

Every value keeps its line, so that an error found much later (a metric whose regex never
matches) still names file, line and field.

Not here: YAML itself (`sigil.store.plain_yaml`), what models are made of (`sigil.store.shapes`),
where one is not kept and in which words (`sigil.store.misfits`), and what the keys mean; the
models stand beside the code that uses them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from sigil.errors import InvalidValue, MalformedDocument, SigilError, UnknownKey, Where
from sigil.printable import printable
from sigil.store.shapes import Shape

MAX_BYTES = 4 * 2**20
_Model = TypeVar("_Model", bound=Shape)


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

    @contextmanager
    def telling_lines(self) -> Generator[None]:
        """Give an error of a block the line of the very field that it names."""
        try:
            yield
        except SigilError as error:
            if error.where is not None and error.where.file == self.path:
                error.where = self.where(error.where.field or "")
            raise


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
    from sigil.store.plain_yaml import parse_yaml  # noqa: PLC0415 (a lane reads no YAML)

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
        return msgspec.convert(document.data, model, strict=True)
    except msgspec.ValidationError as failure:
        from sigil.store.misfits import first_problem  # noqa: PLC0415 (rarely needed)

        problem = first_problem(document.data, model, failure)
        kind = UnknownKey if problem.is_unknown_key else InvalidValue
        where = document.where(problem.field)
        raise kind(
            problem.told,
            where=Where(where.file, where.line, printable(where.field or "") or None),
            remedy=problem.remedy,
        ) from failure


def _enclosing(name: str) -> str:
    return name[: max(name.rfind("."), name.rfind("["), 0)]
