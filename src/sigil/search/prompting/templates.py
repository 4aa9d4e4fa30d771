"""The texts that a prompt is made of: ours, versioned, and those that a user puts in place.

A template is plain text with fields such as ``$code``; ``$$`` is a dollar sign. It may use
the fields of its kind and no others, and has to use those without which a prompt would make
no sense. Files are read here and nowhere else; a run records `Templates.snapshot`, and goes
on with that.

Not here: what the fields hold (`sigil.search.prompting.prompt`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, NoReturn

from sigil.errors import InvalidValue, MalformedDocument, UnknownKey, Unreadable, Where

VERSION = "v2"
"""Of our texts. A run that began with an earlier version goes on with the texts in its record: a
field of a later version is optional, and nothing else in a prompt may differ for it."""
_PACKAGE = "sigil.search.prompting"
MAX_TEMPLATE_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class _Kind:
    """Which fields a template has to use, and which it may."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


_KINDS: Mapping[str, _Kind] = {
    "system": _Kind(("begin", "end")),
    "user": _Kind(("code",), ("task", "parent", "relatives", "failed", "tried")),
    "task": _Kind(("text",), ("metrics",)),
    "code": _Kind(("path", "first", "last", "text"), ("from",)),
    "parent": _Kind((), ("id", "measured", "costs", "diff")),
    "relative": _Kind((), ("id", "measured", "costs", "diff")),
    "failed": _Kind(("attempts",)),
    "tried": _Kind(("attempts",)),
    "mend": _Kind(("answer", "complaint", "begin", "end")),
}
NAMES = tuple(_KINDS)
"""Of all templates; each is a file of that name with the ending ``.txt``."""

_PARAGRAPHS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


@dataclass(frozen=True, slots=True)
class Templates:
    """One text for each of `NAMES`, checked.

    Args:
        version: of those that come with Sigil.
        texts: by name.
        overridden: names of those that are the user's own, sorted.
    """

    version: str
    texts: Mapping[str, str]
    overridden: tuple[str, ...] = ()

    def render(self, name: str, fields: Mapping[str, str]) -> str:
        """Return a template with its fields filled in; values are never looked into.

        A paragraph of the template that comes out empty is left out, with its blank line.
        """
        filled = [paragraph % fields for paragraph in _paragraphs(self.texts[name])]
        return "\n\n".join(paragraph for paragraph in filled if paragraph.strip())

    def snapshot(self) -> dict[str, Any]:
        """Return all of it, JSON-like, for the record of a run; see `recorded_templates`."""
        return {
            "version": self.version,
            "texts": dict(self.texts),
            "overridden": list(self.overridden),
        }


@lru_cache(maxsize=64)
def _paragraphs(template: str) -> tuple[str, ...]:
    """Return the paragraphs of a checked template as formats for ``%``, which is quick."""
    return tuple(map(_format, _PARAGRAPHS.split(template.strip("\n"))))


def _format(paragraph: str) -> str:
    escaped = paragraph.replace("%", "%%")
    return Template.pattern.sub(
        lambda found: f"%({name})s" if (name := found["named"] or found["braced"]) else "$", escaped
    )


def load_templates(folder: Path | None) -> Templates:
    """Return the templates of this version, with those in ``folder`` in place of ours.

    Args:
        folder: such as ``.sigil/prompts``; None or a folder that is not there has none.

    Raises:
        UnknownKey: a file that is no template, or a field that its template does not have.
        InvalidValue: a field that has to be there is missing, or a dollar sign stands alone.
        MalformedDocument: not UTF-8 text, or larger than 64 KiB.
        Unreadable: the operating system says no.
    """
    ours = resources.files(_PACKAGE) / "templates" / VERSION
    texts = {name: (ours / f"{name}.txt").read_text("utf-8") for name in NAMES}
    own = _own(folder) if folder is not None else {}
    return Templates(VERSION, texts | own, tuple(sorted(own)))


def recorded_templates(snapshot: Mapping[str, Any]) -> Templates:
    """Return the templates that `Templates.snapshot` recorded.

    Raises:
        UnknownKey, InvalidValue: not what this version can fill in.
    """
    texts = {str(name): str(text) for name, text in snapshot["texts"].items()}
    _refuse_strangers(texts, "the record of a run")
    for name in NAMES:
        if name not in texts:
            raise InvalidValue(
                f"the record of a run has no template {name!r}", remedy="start a new run"
            )
        check_template(name, texts[name], f"{name}.txt")
    return Templates(str(snapshot["version"]), texts, tuple(snapshot["overridden"]))


def check_template(name: str, text: str, file: str) -> None:
    """Raise unless ``text`` can serve as the template ``name``.

    Args:
        name: one of `NAMES`.
        text: of the template.
        file: for messages.

    Raises:
        UnknownKey, InvalidValue: see `load_templates`.
    """
    kind = _KINDS[name]
    known = {*kind.required, *kind.optional}
    seen: set[str] = set()
    for found in Template.pattern.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["invalid"] is not None:
            raise InvalidValue(
                "a dollar sign that begins no field",
                where=Where(file, line),
                remedy="write $$ for a dollar sign",
            )
        field = found["named"] or found["braced"]
        if field is not None and field not in known:
            _refuse_field(field, known, Where(file, line))
        seen.add(field or "")
    for field in kind.required:
        if field not in seen:
            raise InvalidValue(
                f"the field ${field} is missing",
                where=Where(file, max(text.count("\n"), 1)),
                remedy=f"put ${field} where it belongs",
            )


def _own(folder: Path) -> dict[str, str]:
    try:
        files = sorted(folder.glob("*.txt")) if folder.is_dir() else []
        _refuse_strangers((file.stem for file in files), str(folder))
        return {file.stem: _read(file) for file in files}
    except OSError as error:
        raise Unreadable(
            f"cannot be read: {error.strerror or error}",
            where=Where(str(error.filename or folder)),
            remedy="make it readable, or move it away",
        ) from error


def _read(file: Path) -> str:
    with file.open("rb") as stream:
        data = stream.read(MAX_TEMPLATE_BYTES + 1)
    if len(data) > MAX_TEMPLATE_BYTES:
        raise MalformedDocument(
            "larger than 64 KiB", where=Where(str(file)), remedy="write a shorter template"
        )
    try:
        text = data.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise MalformedDocument(
            "not UTF-8 text", where=Where(str(file), line), remedy="save it as UTF-8"
        ) from error
    check_template(file.stem, text, str(file))
    return text


def _refuse_strangers(names: Iterable[str], place: str) -> None:
    for name in names:
        if name not in NAMES:
            close = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"did you mean {close[0]}.txt?" if close else f"there are: {', '.join(NAMES)}"
            raise UnknownKey(f"no template is called {name!r}", where=Where(place), remedy=hint)


def _refuse_field(field: str, known: Iterable[str], where: Where) -> NoReturn:
    options = sorted(known)
    close = difflib.get_close_matches(field, options, n=1)
    there = ", ".join(f"${option}" for option in options)
    remedy = f"did you mean ${close[0]}?" if close else f"there are: {there}"
    raise UnknownKey(f"there is no field ${field} here", where=where, remedy=remedy)
