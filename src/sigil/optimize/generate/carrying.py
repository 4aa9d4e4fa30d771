"""A function that is running right now, as files of a repository of its own.

A function of a module takes its module's file along, and whatever of the same tree that
imports. One of a script or a notebook takes only the names that it uses: the script itself
must not run again. What comes from the interpreter or is installed stays where it is.

Pure but for reading source files. Not here: what is done with the files (`sigil.evolving`).
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import inspect
import re
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import FunctionType, ModuleType
from typing import Any, cast

from sigil.errors import InvalidValue
from sigil.evaluate.imports import Tree
from sigil.evaluate.literals import NotLiteral, write_literal

_FUTURE = "from __future__ import annotations\n"
_FUTURE_FLAG = 0x1000000


@dataclass(frozen=True, slots=True)
class Carried:
    """A function as files.

    Args:
        files: texts by relative path.
        path: the file that defines the function.
        qualname: of the function in that file.
    """

    files: dict[str, str]
    path: str
    qualname: str


def carry(function: Callable[..., object]) -> Carried:
    """Return a function with all that it needs, as files.

    Raises:
        InvalidValue: it has no source, or uses what cannot be written down.
    """
    plain = inspect.unwrap(function)
    if inspect.ismethod(plain):
        name = _shown(plain)
        raise InvalidValue(
            f"{name} is bound to an object or a class, which no input can hold",
            remedy="give a function that takes what it needs as plain values; a method that stands "
            f"in a file is searched by the command: sigil evolve file.py:{name}",
        )
    if not isinstance(plain, FunctionType):
        raise InvalidValue(
            f"{_shown(function)} is no function written in Python",
            remedy="give a function; for a method, use sigil evolve file.py:Class.method",
        )
    if plain.__name__ == "<lambda>" or "<locals>" in plain.__qualname__:
        raise InvalidValue(
            f"{plain.__qualname__} is a lambda or is defined inside another function",
            remedy="define it at the level of the module, and pass what it takes from outside",
        )
    if plain.__module__ != "__main__" and _source_of_module(plain.__module__):
        return _with_module(plain)
    return _Slice(plain).carried()


# --- a function of a module -------------------------------------------------------------


def _with_module(function: FunctionType) -> Carried:
    name = function.__module__
    file = Path(str(sys.modules[name].__file__))
    depth = name.count(".") + (file.name == "__init__.py")
    root = file.parents[depth]
    return Carried(
        _local_files(root, [name]), file.relative_to(root).as_posix(), function.__qualname__
    )


def _source_of_module(name: str) -> bool:
    file = getattr(sys.modules.get(name), "__file__", None)
    return isinstance(file, str) and file.endswith(".py") and Path(file).is_file()


def _local_files(root: Path, names: list[str]) -> dict[str, str]:
    """Return the files below a root that importing some modules may import."""
    tops = {name.partition(".")[0] for name in names}

    def is_foreign(name: str) -> bool:
        return name not in tops and (_is_installed(root) or _is_foreign(name))

    found = Tree(root, ("",), {}, is_foreign).closure(names)
    return {
        module.path: module.text
        for module in found.local.values()
        if module.path.endswith(".py")
        and (module.name.partition(".")[0] in tops or not is_foreign(module.name.partition(".")[0]))
    }


def _is_installed(folder: Path) -> bool:
    paths = sysconfig.get_paths()
    kept = {Path(paths[key]).resolve() for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    return folder.resolve() in kept


def _is_foreign(top: str) -> bool:
    """Return whether a top-level module belongs to the interpreter or is installed."""
    if top in sys.stdlib_module_names or top in sys.builtin_module_names:
        return True
    return _root_of(top) is None


def _root_of(top: str) -> Path | None:
    """Return the folder that holds a module of the user's own; None for any other."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    file = Path(spec.origin)
    root = file.parent.parent if file.name == "__init__.py" else file.parent
    return None if _is_installed(root) else root


# --- a function of a script or a notebook -----------------------------------------------


class _Slice:
    """Collects what a function uses of the names around it."""

    def __init__(self, function: FunctionType):
        self._function = function
        self._names = function.__globals__
        self._imports: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self._local: dict[str, str] = {}
        self._under_way: set[str] = set()
        self._statements = dict(_bindings(inspect.getmodule(function)))

    def carried(self) -> Carried:
        """Return the files."""
        function = self._function
        text = _source(function)
        self._need(text, function.__name__)
        future = _FUTURE if function.__code__.co_flags & _FUTURE_FLAG else ""
        imports = "\n".join(dict.fromkeys(self._imports.values()))
        parts = [future + imports, *self._parts.values(), text]
        stem = function.__name__
        stem = f"{stem}_" if stem in {*sys.stdlib_module_names, *self._imports} else stem
        module = "\n\n".join(part.rstrip() for part in parts if part.strip()) + "\n"
        path = PurePosixPath(f"{stem}.py").as_posix()
        return Carried({**self._local, path: module}, path, function.__name__)

    def _need(self, text: str, own: str) -> None:
        """Carry every name of the surroundings that a text uses."""
        for name in _used(text):
            if name == own or name in self._parts or name in self._under_way:
                continue
            if name in self._names:
                self._under_way.add(name)
                self._carry(name, self._names[name])

    def _carry(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType):
            self._import(name, f"import {value.__name__} as {name}", value.__name__)
        elif isinstance(value, FunctionType | type) and value.__module__ != "__main__":
            self._import(
                name, f"from {value.__module__} import {value.__qualname__} as {name}",
                value.__module__,
            )  # fmt: skip
        elif isinstance(value, FunctionType | type):
            self._keep(name, _source(value))
        else:
            self._keep(name, self._written(name, value))

    def _keep(self, name: str, text: str) -> None:
        self._need(text, name)
        self._parts[name] = text

    def _import(self, name: str, line: str, module: str) -> None:
        same = module == name or line.endswith(f" import {name} as {name}")
        self._imports[name] = line.removesuffix(f" as {name}") if same else line
        top = module.partition(".")[0]
        root = _root_of(top)
        if root is not None and not _is_foreign(top):
            self._local.update(_local_files(root, [module]))

    def _written(self, name: str, value: Any) -> str:
        """Return a statement that gives a name its value."""
        if isinstance(value, re.Pattern):
            self._imports.setdefault("re", "import re")
            pattern = cast("re.Pattern[str]", value)
            return f"{name} = re.compile({pattern.pattern!r}, {pattern.flags & ~re.UNICODE})\n"
        try:
            return f"{name} = {write_literal(value)}\n"
        except (NotLiteral, RecursionError):
            if name in self._statements:
                return self._statements[name]
        home = getattr(value, "__module__", None)
        if getattr(value, "__name__", None) and isinstance(home, str) and home != "__main__":
            self._imports[name] = f"from {home} import {value.__name__} as {name}"
            return ""
        raise InvalidValue(
            f"{self._function.__name__} uses {name}, a {type(value).__name__}, which cannot be "
            "written down",
            remedy="pass it as an argument, or put the function into a module",
        )


def _used(text: str) -> Iterator[str]:
    """Yield the names that a text reads, each once, in order."""
    seen: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id not in seen and not hasattr(builtins, node.id):
            seen.add(node.id)
            yield node.id


def _bindings(module: ModuleType | None) -> Iterator[tuple[str, str]]:
    """Yield the statements of a script that bind one name, by that name."""
    try:
        text = inspect.getsource(module) if module is not None else ""
        body = ast.parse(text).body
    except (OSError, TypeError, SyntaxError):
        return
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if len(targets) == 1 and isinstance(targets[0], ast.Name):
            yield targets[0].id, f"{ast.get_source_segment(text, node)}\n"


def _source(thing: FunctionType | type) -> str:
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError) as error:
        raise InvalidValue(
            f"the source of {_shown(thing)} is not to be had",
            remedy="define it in a file, a script or a notebook cell",
        ) from error


def _shown(thing: object) -> str:
    return str(getattr(thing, "__qualname__", None) or type(thing).__name__)
