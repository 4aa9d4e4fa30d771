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
from sigil.optimize.spec import HOME, Spec, check_name, load_spec, read_eval
from sigil.store.files import make_directory, write_atomic

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Placed:
    """Documents that stand in a repository.

    Args:
        name: of the spec.
        eval_name: of the eval.
        written: paths that were written now, relative to the root.
        description: where the inputs are from; empty for documents that somebody wrote.
        notes: what a person should know, each a clause.
    """

    name: str
    eval_name: str
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
        AlreadyExists: the name is taken, by documents of another function or by hand.
        SigilError: they cannot be made; nothing was written.
    """
    found = standing(request, fresh=fresh)
    if found is not None:
        return found
    root, name = request.function.root, request.name
    made_path = f"{HOME}/{name}.made.json"
    documents = make(request)
    files = files_of(request, documents)
    facts = {
        **_facts(request),
        "description": documents.description,
        "files": {path: digest(data) for path, data in files.items()},
    }
    place(root, {**files, made_path: snapshot_json(facts)})
    return Placed(name, name, tuple(files), documents.description, documents.notes)


def files_of(request: Request, documents: Documents) -> dict[str, bytes]:
    """Return the contents of the spec of a function and of its other documents, by path."""
    name = request.name
    spec = spec_text(name, request.function, f"Improve {request.function.reference}.", [name])
    return {f"{HOME}/{name}.sigil.yaml": spec.encode(), **documents.files}


def standing(request: Request, *, fresh: bool) -> Placed | None:
    """Return the documents that stand there and are used; None if new ones have to be made.

    Raises:
        AlreadyExists: the name is taken, by documents of another function or by hand.
    """
    root, name = request.function.root, check_name(request.name, "spec")
    spec_path, made_path = f"{HOME}/{name}.sigil.yaml", f"{HOME}/{name}.made.json"
    made = _made(root / made_path)
    if not (root / spec_path).is_file():
        _refuse_by_hand(root, f"{HOME}/{name}.eval.yaml", made)
        return None
    spec = _spec_of(request.function, name)
    if not made:
        return _by_hand(spec, request, fresh=fresh)
    edited = [path for path in made if _digest(root / path) != made[path]]
    if not fresh and (edited or _fits(root / made_path, request)):
        return Placed(name, name, (), *_said(root, made_path, edited))
    return None


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


def _spec_of(function: Function, name: str) -> Spec:
    """Return the spec of that name, which has to pin the function."""
    spec = load_spec(function.root, name)
    pins = [(pin.symbol, path) for pin in spec.model.pins for path in pin.files]
    if (function.qualname, function.path) not in pins:
        raise AlreadyExists(
            f"the spec {name} pins something else",
            where=Where(f"{HOME}/{name}.sigil.yaml"),
            remedy="choose another name with --name",
        )
    return spec


def _by_hand(spec: Spec, request: Request, *, fresh: bool) -> Placed:
    """Return a spec that a person wrote, with the one eval that it lists."""
    wanted = fresh or request.cases is not None or request.goal != "auto"
    evals = spec.model.evals
    if not wanted and len(evals) == 1:
        read_eval(spec, evals[0])
        return Placed(spec.name, evals[0], (), "", ())
    run = f"sigil run --spec {spec.name}"
    if wanted:
        problem, other = "was not made by evolve, so it is not made anew", f"{run} uses it"
    elif evals:
        problem, other = f"lists several evals ({', '.join(evals)})", f"{run} --eval {evals[0]}"
    else:
        problem = "lists no eval"
        other = f"sigil generate-eval --spec {spec.name} {spec.name} makes one"
    raise AlreadyExists(
        f"the spec {spec.name} stands there and {problem}",
        where=Where(f"{HOME}/{spec.name}.sigil.yaml"),
        remedy=f"choose another name with --name; or {other}",
    )


def _refuse_by_hand(root: Path, path: str, made: Mapping[str, str]) -> None:
    """Refuse to overwrite an eval that is not one of those that were made."""
    if path not in made and (root / path).exists():
        raise AlreadyExists(
            "an eval stands there that was not made by evolve",
            where=Where(path),
            remedy="choose another name with --name",
        )
