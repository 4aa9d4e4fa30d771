"""What may change: a spec (`*.sigil.yaml`, docs/specs.md) and the tree it speaks of.

A spec carries pins and the names of its evals, and no hint of how to search. Everything
that can be wrong with it is found before a run begins.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from msgspec import Meta, field

from sigil.errors import InvalidValue, NotFound, NotYet, PinNotFound, Where
from sigil.evaluate.definition import Eval, load_eval
from sigil.printable import printable
from sigil.sandbox.tree import NEVER_FROZEN
from sigil.search.globs import matches
from sigil.search.pins import Pin, Region, locate
from sigil.store.documents import Document, read_document, validate
from sigil.store.shapes import Shape, held

HOME = ".sigil"
KNOWN_VERSIONS = ("0.1",)
MAX_PINNED_BYTES = 2 * 2**20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def _plain_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("not a plain name: letters, digits, underscore, dot and hyphen")
    return text


class PinModel(Shape, frozen=True, kw_only=True):
    """One entry of ``pins``; see `sigil.search.pins.Pin` for what the keys select."""

    id: str
    language: str | None = None
    files: Annotated[list[str], Meta(min_length=1)]
    symbol: str | None = None
    start: str | None = None
    end: str | None = None
    ast_query: str | None = None
    uuid: str | None = None

    def __post_init__(self) -> None:
        held(self, id=_plain_name)


class SpecModel(Shape, frozen=True, kw_only=True):
    """The keys of a spec document."""

    version: str | float | int = "0.1"
    name: str
    description: str = ""
    repo_root: str = "."
    evals: list[str] = field(default_factory=list[str])
    pins: Annotated[list[PinModel], Meta(min_length=1)]
    base_commit: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        held(self, name=_plain_name)


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec, the repository it speaks of, and the document for error messages.

    Args:
        model: its keys.
        document: where each key stands.
        root: the repository whose files the pins name.
        home: the ``.sigil`` folder that the spec was found in.
    """

    model: SpecModel
    document: Document
    root: Path
    home: Path

    @property
    def name(self) -> str:
        """Return the spec's name, which is also the name of its folder."""
        return self.model.name

    def pins(self) -> tuple[Pin, ...]:
        """Return the pins in the search's words.

        Raises:
            InvalidValue: two pins with one id, half a pair of delimiters, or a pin that says
                in two ways what it means.
        """
        seen: set[str] = set()
        return tuple(self._pin(i, pin, seen) for i, pin in enumerate(self.model.pins))

    def _pin(self, index: int, pin: PinModel, seen: set[str]) -> Pin:
        where = f"pins[{index}]"
        if pin.id in seen:
            raise InvalidValue(
                f"the pin id {pin.id!r} stands twice", where=self.document.where(f"{where}.id")
            )
        seen.add(pin.id)
        if (pin.start is None) != (pin.end is None):
            raise InvalidValue(
                "start and end go together", where=self.document.where(where), remedy="give both"
            )
        symbol = pin.symbol.strip() if pin.symbol else None
        if pin.ast_query is not None and (symbol or pin.start is not None):
            raise InvalidValue(
                f"ast_query stands beside {'symbol' if symbol else 'start and end'}",
                where=self.document.where(f"{where}.ast_query"),
                remedy="say in one way what the pin means",
            )
        return Pin(
            pin.id, pin.language, tuple(pin.files), symbol, pin.start, pin.end, pin.ast_query
        )

    def read_pinned(self, tree: Path) -> dict[str, str]:
        """Return the text of every file that a pin's globs match, by relative path.

        Args:
            tree: the root of the tree to read: the work tree, or a frozen copy of it.

        Raises:
            PinNotFound: a glob that matches no file.
            InvalidValue: a pattern that leaves the repository, or a file that is not UTF-8.
        """
        files: dict[str, str] = {}
        known = _regular_files(tree)
        for index, pin in enumerate(self.model.pins):
            for position, pattern in enumerate(pin.files):
                where = self.document.where(f"pins[{index}].files[{position}]")
                for path in _matches(known, pattern, where):
                    files[path] = _read_text(tree, path, where)
        return dict(sorted(files.items()))

    def locate(self, files: Mapping[str, str]) -> tuple[Region, ...]:
        """Return the pinned regions of ``files``; errors name the line of the pin."""
        places = {
            pin.id: self.document.where(f"pins[{i}].{_way(pin)}")
            for i, pin in enumerate(self.model.pins)
        }
        return locate(self.pins(), files, places)


def _way(pin: PinModel) -> str:
    """Return the key that says what ``pin`` means."""
    if pin.ast_query is not None:
        return "ast_query"
    return "symbol" if pin.symbol else "files"


def check_name(name: str, what: str) -> str:
    """Return ``name`` if it can be a folder's name.

    Raises:
        InvalidValue: it is empty, holds a separator, or starts with a dot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            f"{what} {printable(name, 120)!r} is not a plain name",
            remedy="use at most 100 letters, digits, underscores, dots and hyphens",
        )
    return name


def find_repository(start: Path) -> Path:
    """Return the nearest folder at or above ``start`` that has a ``.sigil`` folder.

    Raises:
        NotFound: there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / HOME).is_dir():
            return folder
    raise NotFound(
        f"no {HOME} folder in {start} or above it",
        remedy="go to a repository that has one, or name it with --repo-root",
    )


def load_spec(repository: Path, name: str) -> Spec:
    """Load ``<repository>/.sigil/<name>.sigil.yaml``.

    Raises:
        NotFound: there is no such spec; the remedy lists those that exist.
        SigilError: the document is wrong; the message names file, line and field.
    """
    home = repository / HOME
    path = home / f"{check_name(name, 'spec')}.sigil.yaml"
    if not path.is_file():
        raise NotFound(f"no spec {name!r} in {home}", remedy=_known(home, ".sigil.yaml"))
    document = read_document(path, f"{HOME}/{path.name}")
    model = validate(document, SpecModel)
    if model.name != name:
        raise InvalidValue(
            f"the name differs from the file's, {name!r}", where=document.where("name")
        )
    if str(model.version) not in KNOWN_VERSIONS:
        raise NotYet(
            f"version {model.version} of the spec format is not known",
            where=document.where("version"),
            remedy=f"known: {', '.join(KNOWN_VERSIONS)}",
        )
    root = (repository / model.repo_root).resolve()
    if not root.is_dir():
        raise InvalidValue("no such folder", where=document.where("repo_root"))
    return Spec(model, document, root, home)


def read_eval(spec: Spec, name: str | None) -> Eval:
    """Return the eval ``name``, or the only one that the spec lists.

    Raises:
        NotFound: no such eval.
        InvalidValue: the spec lists none, or several and ``name`` is None.
        SigilError: the eval is wrong; the message names file, line and field.
    """
    listed = spec.model.evals
    if name is None and len(listed) != 1:
        problem = "lists no eval" if not listed else f"lists several evals ({', '.join(listed)})"
        raise InvalidValue(
            f"the spec {problem}", where=spec.document.where("evals"), remedy="name one with --eval"
        )
    chosen = name or listed[0]
    path = spec.home / f"{check_name(chosen, 'eval')}.eval.yaml"
    if not path.is_file():
        where = spec.document.where(f"evals[{listed.index(chosen)}]") if chosen in listed else None
        raise NotFound(
            f"no eval {chosen!r} in {HOME}", where=where, remedy=_known(spec.home, ".eval.yaml")
        )
    return load_eval(path, root=spec.root, shown_as=f"{HOME}/{path.name}")


def _known(home: Path, suffix: str) -> str:
    names = sorted(path.name.removesuffix(suffix) for path in home.glob(f"*{suffix}"))
    return f"there are: {', '.join(names)}" if names else "there are none yet"


def _regular_files(tree: Path) -> list[str]:
    """Return the relative paths of all files of ``tree`` that a pin may name.

    Links are not followed: what they point to may be outside the repository.
    """
    found: list[str] = []
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in NEVER_FROZEN]
        here = Path(folder).relative_to(tree)
        found += [
            (here / name).as_posix() for name in names if not (tree / here / name).is_symlink()
        ]
    return sorted(found)


def _matches(known: Iterable[str], pattern: str, where: Where) -> list[str]:
    if PurePosixPath(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
        raise InvalidValue(
            "a pin stays inside the repository", where=where, remedy="use a path relative to it"
        )
    plain = PurePosixPath(pattern).as_posix()
    found = [path for path in known if matches(plain, path)]
    if not found:
        raise PinNotFound(
            f"no file matches {pattern!r}",
            where=where,
            remedy="paths are relative to repo_root, and links are not followed",
        )
    return found


def _read_text(tree: Path, path: str, where: Where) -> str:
    try:
        with (tree / path).open("rb") as file:
            data = file.read(MAX_PINNED_BYTES + 1)
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read ({error.strerror})", where=where) from error
    if len(data) > MAX_PINNED_BYTES:
        raise InvalidValue(f"{path} is larger than {MAX_PINNED_BYTES // 2**20} MiB", where=where)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{path} is not UTF-8 text", where=where) from error
