"""Put the documents of a function into its repository's ``.sigil``, or find those that fit.

What a person wrote or edited there is theirs: it is used as it stands and never overwritten,
unless they ask. What was made and not touched is made anew when the function has changed.

Not here: what the documents say (`writing`), who asks (`sigil.cli.evolve`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sigil.canonical import digest, snapshot_json
from sigil.errors import AlreadyExists, Where
from sigil.optimize.generate.generating import Documents, Request
from sigil.optimize.generate.locating import Function
from sigil.optimize.generate.writing import spec_text
from sigil.optimize.spec import HOME, check_name, load_spec
from sigil.store.files import make_directory, write_atomic

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Placed:
    """Documents that stand in a repository.

    Args:
        name: of the spec and the eval.
        written: paths that were written now, relative to the root.
        description: where the inputs are from; empty for documents that somebody wrote.
        notes: what a person should know, each a clause.
    """

    name: str
    written: tuple[str, ...]
    description: str
    notes: tuple[str, ...]


def default_name(function: Function) -> str:
    """Return how the documents of a function are called: ``Class_method``, ``function``."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", function.qualname.replace(".", "_")).strip("_")
    return plain[:_LONGEST] or f"line_{function.line}"


def prepare(request: Request, *, fresh: bool, make: Callable[[Request], Documents]) -> Placed:
    """Return documents for a function, made now unless those that stand there fit.

    Args:
        request: for what.
        fresh: whether to overwrite what stands there, edited or not.
        make: makes documents; `generate_eval`, but for tests.

    Raises:
        AlreadyExists: the name is taken by documents of another function.
        SigilError: they cannot be made; nothing was written.
    """
    root, name = request.function.root, check_name(request.name, "spec")
    spec_path, made_path = f"{HOME}/{name}.sigil.yaml", f"{HOME}/{name}.made.json"
    if not fresh and (root / spec_path).is_file():
        _refuse_other(request.function, name)
        made = _made(root / made_path)
        edited = [path for path in made if _digest(root / path) != made[path]]
        if not made or edited or _fits(root / made_path, request):
            return Placed(name, (), *_said(root, made_path, edited))
    documents = make(request)
    spec = spec_text(name, request.function, f"Improve {request.function.reference}.", [name])
    files = {spec_path: spec.encode(), **documents.files}
    facts = {
        **_facts(request),
        "description": documents.description,
        "files": {path: digest(data) for path, data in files.items()},
    }
    place(root, {**files, made_path: snapshot_json(facts)})
    return Placed(name, tuple(files), documents.description, documents.notes)


def place(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files below ``root``.

    Raises:
        Unwritable, DiskFull: the disk refuses.
    """
    make_directory(root / HOME)
    for path, data in files.items():
        write_atomic(root / path, data)


def _facts(request: Request) -> dict[str, object]:
    """Return what the documents depend on, as far as a new request may differ."""
    return {
        "function": request.function.reference,
        "source": digest(request.function.source.encode()),
        "goal": request.goal,
        "cases": request.cases is not None,
    }


def _fits(made: Path, request: Request) -> bool:
    known = _read(made)
    return request.cases is None and all(
        known.get(key) == value for key, value in _facts(request).items()
    )


def _made(path: Path) -> dict[str, str]:
    files = _read(path).get("files")
    return cast("dict[str, str]", files) if isinstance(files, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        found: object = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _digest(path: Path) -> str:
    return digest(path.read_bytes()) if path.is_file() else ""


def _said(root: Path, made: str, edited: list[str]) -> tuple[str, tuple[str, ...]]:
    description = str(_read(root / made).get("description", ""))
    if edited:
        return description, (f"{', '.join(edited)} was edited and is used as it stands",)
    return description, ()


def _refuse_other(function: Function, name: str) -> None:
    """Refuse a name under which another function is pinned."""
    spec = load_spec(function.root, name)
    pins = [(pin.symbol, path) for pin in spec.model.pins for path in pin.files]
    if (function.qualname, function.path) not in pins:
        raise AlreadyExists(
            f"the spec {name} pins something else",
            where=Where(f"{HOME}/{name}.sigil.yaml"),
            remedy="choose another name with --name",
        )
