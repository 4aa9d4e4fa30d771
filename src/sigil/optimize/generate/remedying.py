"""What helps a function that has no inputs: more of them, or another function?

Where it takes objects or functions, or works on files, no input that can be written down is of
use, and a remedy that asks for some sends a person round in a circle. What kept its calls from
being recorded, what it raises when it is given plain data, and what it does with its parameters
tell which it is.

Pure. Not here: collecting inputs (`gathering`), which of them are of use (`choosing`).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator

from sigil.optimize.generate.advising import PYTHON, Advice
from sigil.optimize.generate.locating import Function, functions_of
from sigil.sandbox.model import Raised

OF_FILES = "it works on files: split off the part that computes from what they hold, and name that"
OF_CALLABLES = (
    "it takes a function, and no input that is written down can be one: split off the part that "
    "works on plain data, and name that"
)
OF_OBJECTS = "split off the part that works on plain data, and name that"
OF_METHODS = (
    "split off the part that works on plain data as a function, and name that; or write an eval "
    "whose `function` makes the object from plain data"
)
_FILES = frozenset(
    "PosixPath WindowsPath PurePosixPath PureWindowsPath TextIOWrapper BufferedReader "
    "BufferedWriter BufferedRandom FileIO StringIO BytesIO".split()
)
_OF_A_FILE = frozenset(
    "read_text read_bytes write_text write_bytes open exists is_file is_dir iterdir glob rglob "
    "stat read readline readlines write seek fileno".split()
)
SEALED = frozenset({"PermissionError", "BlockingIOError", "OSError", "FileNotFoundError"})
"""What a sealed call raises that asks for more than it may have."""
_OF_FOLDERS = frozenset({"NotADirectoryError", "IsADirectoryError"})
_OPENING = frozenset({"open", "Path", "listdir", "scandir"})
_NOT_CALLABLE = re.compile(r"'\w+' object is not callable")
_TOO_MUCH = re.compile(r"data |a float |an integer ")
"""How the recorder begins to say what smaller or other data would not be."""
_MISSING = re.compile(r"'\w+' object has no attribute '(\w+)'")
_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, type(None))


def instead_of_calls(function: Function, not_plain: str) -> str | None:
    """Return what helps a function that is called with what is no plain data.

    None stands for inputs: those that were met are too large or odd, and others would do.
    ``not_plain`` is what kept calls from being recorded, such as the name of a class.
    """
    if _TOO_MUCH.match(not_plain):
        return None
    if not_plain in _FILES:
        return OF_FILES
    return OF_METHODS if function.is_method else OF_OBJECTS


def instead_of_inputs(raised: Iterable[Raised]) -> str | None:
    """Return what helps a function that raises on plain data; None stands for other inputs.

    It does if it asks something of them that no plain data has.
    """
    for one in raised:
        if one.error in SEALED | _OF_FOLDERS:
            return OF_FILES
        if one.error == "TypeError" and _NOT_CALLABLE.match(one.message):
            return OF_CALLABLES
        found = _MISSING.match(one.message) if one.error == "AttributeError" else None
        if found is None or _is_of_plain(found[1]):
            continue
        return OF_FILES if found[1] in _OF_A_FILE else OF_OBJECTS
    return None


def instead_of_guesses(function: Function) -> str | None:
    """Return what helps a function that calls a parameter, or opens what one names.

    None stands for inputs: nothing of the kind stands in its source.
    """
    names = {one.name for one in function.parameters}
    for node in ast.walk(dict(functions_of(function.text))[function.qualname]):
        match node:
            case ast.Call(ast.Name(name)) if name in names:
                return OF_CALLABLES
            case ast.Call(ast.Name(name) | ast.Attribute(_, name), [ast.Name(given), *_]) if (
                name in _OPENING and given in names
            ):
                return OF_FILES
            case ast.Attribute(ast.Name(name), asked) if (
                name in names and asked in _OF_A_FILE and not _is_of_plain(asked)
            ):
                return OF_FILES
            case _:
                continue
    return None


def if_it_hangs(advice: Advice) -> str:
    """Return what helps a function that does not come back from any guess."""
    return (
        f"if it comes back at all, allow it more with {advice.timeout} or give smaller inputs with "
        f"{advice.cases}; one that never does cannot be measured"
    )


def _is_of_plain(attribute: str) -> bool:
    return any(hasattr(kind, attribute) for kind in _PLAIN)


def how_to_give(function: Function, advice: Advice) -> str:
    """Return how inputs are given, as a remedy."""
    one = _template(function)
    state = ", the first argument being the object's attributes" if function.is_method else ""
    if advice is PYTHON:
        return f"give them with {advice.cases}, a list of tuples or of dicts as {one}{state}"
    return f"write them to a file, one a line as {one}{state}, and give {advice.cases}"


def _template(function: Function) -> str:
    names = [one.name for one in function.parameters if one.default is None]
    if not function.is_method:
        row: dict[str, object] = {"kwargs": dict.fromkeys(names or ["name"], "…")}
    else:
        row = {"args": [dict.fromkeys([*_attributes(function)] or ["attribute"], "…")]}
        row |= {"kwargs": dict.fromkeys(names, "…")} if names else {}
    return json.dumps(row, ensure_ascii=False)


def _attributes(function: Function) -> dict[str, None]:
    """Return the attributes that the methods of a class assign, in order."""
    found: dict[str, None] = {}
    for qualname, node in functions_of(function.text):
        if qualname.rpartition(".")[0] == function.owner:
            found.update(dict.fromkeys(_assigned(node)))
    return found


def _assigned(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the attributes that a method assigns to its first parameter."""
    first = next(iter([*node.args.posonlyargs, *node.args.args]), None)
    for inner in ast.walk(node):
        match inner:
            case ast.Attribute(ast.Name(name), attribute, ast.Store()) if first is not None:
                yield from [attribute] if name == first.arg else []
            case _:
                continue
