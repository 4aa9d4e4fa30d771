"""A spec from a name, from files, from words, or from a profile; and its list of evals.

Not here: evals (`sigil.optimize.generate.generating`), profiling itself
(`sigil.optimize.generate.profiling`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from sigil.errors import InvalidValue, NotFound, Where
from sigil.optimize.generate.locating import Function, function_in, functions_of
from sigil.optimize.generate.testing import is_test
from sigil.optimize.spec import HOME, Spec
from sigil.sandbox.tree import FolderTree
from sigil.search.definitions import NotPython

_FLOW = re.compile(r"^evals:[ \t]*\[(?P<inside>[^\]\n]*)\]", re.MULTILINE)
_BLOCK = re.compile(r"^evals:[ \t]*\n(?=(?P<indent>[ \t]*)- )", re.MULTILINE)
_PINS = re.compile(r"^pins:", re.MULTILINE)
_SHOWN = 6


def spec_of_files(name: str, files: Sequence[str], description: str) -> str:
    """Return a spec that pins whole files."""
    pins: list[str] = []
    for number, path in enumerate(files):
        stem = re.sub(r"[^A-Za-z0-9_]+", "_", PurePosixPath(path).stem)
        identity = stem if number == 0 else f"{stem}_{number + 1}"
        pins += [f"  - id: {identity}", f"    files: [{json.dumps(path)}]"]
    head = [
        "# Made by sigil. Yours to edit: it is read as it stands.",
        'version: "0.1"',
        f"name: {name}",
        *([f"description: {json.dumps(description, ensure_ascii=False)}"] if description else []),
        "evals: []",
        "pins:",
    ]
    return "\n".join([*head, *pins]) + "\n"


def function_in_words(root: Path, words: str) -> Function:
    """Return the one function of a repository whose name stands in a description.

    Raises:
        NotFound: none does.
        InvalidValue: several do; the remedy lists them.
    """
    mentioned = set(re.findall(r"[A-Za-z_][\w.]*", words))
    files = {word for word in mentioned if word.endswith(".py")}
    found: list[tuple[str, str]] = []
    for entry in FolderTree(root).entries:
        if not entry.path.endswith(".py") or is_test(entry.path):
            continue
        if files and PurePosixPath(entry.path).name not in files:
            continue
        found += [(entry.path, name) for name in _named(Path(entry.source), mentioned)]
    if not found:
        raise NotFound(
            "the description names no function of the repository",
            remedy="name one with --function path.py:name, or files with --files, or --profile",
        )
    if len(found) > 1:
        listed = ", ".join(f"{path}:{name}" for path, name in found[:_SHOWN])
        raise InvalidValue(
            "the description names several functions", remedy=f"choose with --function: {listed}"
        )
    return function_in(root, *found[0])


def pinned_function(spec: Spec) -> Function:
    """Return the function that a spec pins.

    Raises:
        InvalidValue: it pins more than one place, or none by a symbol.
    """
    pins = spec.model.pins
    if len(pins) != 1 or pins[0].symbol is None or len(pins[0].files) != 1:
        raise InvalidValue(
            "without a model, an eval is made for one function that is pinned by its symbol",
            where=spec.document.where("pins"),
            remedy="sigil generate-spec NAME --function path.py:name makes such a spec",
        )
    return function_in(spec.root, pins[0].files[0], pins[0].symbol)


def with_eval(text: str, name: str, shown: str) -> str:
    """Return the text of a spec with one more eval listed, all else as it was.

    Raises:
        InvalidValue: its list of evals is written in a way that is not understood.
    """
    flow = _FLOW.search(text)
    if flow is not None:
        inside = [part.strip() for part in flow["inside"].split(",") if part.strip()]
        listed = ", ".join(inside if name in inside else [*inside, name])
        return f"{text[: flow.start()]}evals: [{listed}]{text[flow.end() :]}"
    block = _BLOCK.search(text)
    if block is not None:
        if re.search(rf"^[ \t]*- {re.escape(name)}[ \t]*$", text, re.MULTILINE):
            return text
        return f"{text[: block.end()]}{block['indent']}- {name}\n{text[block.end() :]}"
    pins = _PINS.search(text)
    if pins is None or re.search(r"^evals:", text, re.MULTILINE):
        raise InvalidValue(
            "its list of evals is not understood",
            where=Where(shown, field="evals"),
            remedy=f"write evals: [{name}]",
        )
    return f"{text[: pins.start()]}evals: [{name}]\n{text[pins.start() :]}"


def spec_file(name: str) -> str:
    """Return where a spec stands, relative to the root."""
    return f"{HOME}/{name}.sigil.yaml"


def _named(file: Path, mentioned: set[str]) -> list[str]:
    try:
        names = [name for name, _ in functions_of(file.read_text("utf-8"))]
    except (NotPython, OSError, UnicodeDecodeError):
        return []
    return [name for name in names if name in mentioned]
