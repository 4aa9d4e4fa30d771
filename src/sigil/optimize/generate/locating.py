"""Which function is meant, and what has to be known to call it?

Read from syntax alone; nothing of the repository is imported or run.

Not here: its inputs (`sigil.optimize.generate.recording`), how it is called
(`sigil.optimize.generate.adapting`).
"""

from __future__ import annotations

import ast
import difflib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sigil.errors import InvalidValue, NotFound, Where
from sigil.optimize.spec import HOME
from sigil.sandbox.tree import is_utf8
from sigil.search.definitions import NotPython, parse_python
from sigil.search.hunks import DRIVE, UNSAFE_PATH

Flow = Literal["plain", "generator", "coroutine", "async generator"]
"""What a call gives: a value, an iterator, an awaitable, or both of the latter."""

_Defining = ast.FunctionDef | ast.AsyncFunctionDef
_ROOT_MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
_UNCALLABLE = {
    "property": "is read, not called",
    "cached_property": "is read, not called",
    "setter": "is assigned to, not called",
    "overload": "is a declaration for type checkers",
    "abstractmethod": "is abstract",
    "contextmanager": "is a context manager",
    "asynccontextmanager": "is a context manager",
    "fixture": "is a fixture of tests",
}
_SHOWN = 8
_CODING = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""A coding line as PEP 263 has it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function.

    Args:
        name: of it.
        annotation: source text, or None.
        default: source text, or None if the parameter is required.
        keyword: whether it can be given by name only.
    """

    name: str
    annotation: str | None
    default: str | None
    keyword: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a repository.

    Args:
        root: the repository.
        path: of its file, relative to ``root``.
        qualname: such as ``name`` or ``Class.name``.
        text: of the whole file.
        source: its own text, decorators included.
        line: of its ``def``, from 1.
        parameters: without ``self`` or ``cls``; ``*args`` and ``**kwargs`` are left out.
        flow: what a call gives.
        is_method: whether it needs an object to be called on.
        doc: its docstring.
    """

    root: Path
    path: str
    qualname: str
    text: str
    source: str
    line: int
    parameters: tuple[Parameter, ...]
    flow: Flow
    is_method: bool
    doc: str | None

    @property
    def name(self) -> str:
        """Return the last part of the qualified name."""
        return self.qualname.rpartition(".")[2]

    @property
    def owner(self) -> str | None:
        """Return the class that it is defined in, by qualified name."""
        return self.qualname.rpartition(".")[0] or None

    @property
    def reference(self) -> str:
        """Return ``path.py:qualname``."""
        return f"{self.path}:{self.qualname}"

    @property
    def needs_adapter(self) -> bool:
        """Return whether a call of it alone gives no value that can be compared."""
        return self.is_method or self.flow != "plain"

    def where(self) -> Where:
        """Return its place."""
        return Where(self.path, self.line)


def locate_function(reference: str, given_root: Path | None = None) -> Function:
    """Return the function that ``path.py:name``, ``path.py:Class.name`` or ``path.py:line`` names.

    Args:
        reference: the path is relative to the current folder, else to ``given_root``.
        given_root: the repository; by default the nearest folder upward of the file that
            has a ``.sigil`` folder, else a ``.git`` folder or a project file, else the
            folder above its package.

    Raises:
        NotFound: no such file.
        InvalidValue: no such function in it, or one that cannot be called from outside.
    """
    written, name = _split(reference)
    file = _find_file(written, given_root)
    root = (given_root or repository_of(file)).resolve()
    if not file.is_relative_to(root):
        raise InvalidValue(f"{written} is not in the repository {root}", remedy="see --repo-root")
    path = file.relative_to(root).as_posix()
    if not is_utf8(path):
        raise InvalidValue(f"the path {path!r} is not UTF-8", remedy="rename the file or folder")
    if UNSAFE_PATH.search(path) or DRIVE.match(path):
        raise InvalidValue(f"the path {path!r} cannot stand in a diff", remedy="rename the file")
    return function_in(root, path, name)


def _split(reference: str) -> tuple[str, str]:
    """Return path and name; a path may have colons in it, and a name has none."""
    path, colon, name = reference.rpartition(":")
    return (path, name) if colon and not name.endswith(".py") else (reference, "")


def function_in(root: Path, path: str, name: str) -> Function:
    """Return a function of a repository's file; see `locate_function`."""
    text = _read(root / path, path)
    try:
        tree = parse_python(text)
    except NotPython as error:
        raise InvalidValue(
            f"not Python source: {error.problem}", where=Where(path, error.line)
        ) from error
    qualname, node = _find(tree, name, path)
    _refuse_uncallable(node, qualname, path)
    owner = qualname.rpartition(".")[0]
    is_method = bool(owner) and not _decorators(node) & {"staticmethod", "classmethod"}
    takes_first = bool(owner) and "staticmethod" not in _decorators(node)
    return Function(
        root=root,
        path=path,
        qualname=qualname,
        text=text,
        source=_source(text, node),
        line=node.lineno,
        parameters=tuple(_parameters(node.args))[1 if takes_first else 0 :],
        flow=_flow(node),
        is_method=is_method,
        doc=ast.get_docstring(node, clean=False),
    )


def _read(file: Path, path: str) -> str:
    """Return the text of a file with LF as its line ends; a byte order mark is kept."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read ({error.strerror})") from error
    try:
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        coding = next(filter(None, map(_CODING.match, data.split(b"\n", 2)[:2])), None)
        if coding is None:
            raise InvalidValue(
                f"{path} cannot be read as UTF-8 text", remedy="save it as UTF-8"
            ) from error
        raise InvalidValue(
            f"it is written in {coding[1].decode()}, as its coding line says, not in UTF-8",
            where=Where(path),
            remedy="save it as UTF-8 and remove the coding line",
        ) from error


def functions_of(text: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield the functions of a module and the methods of its classes, with qualified names.

    Raises:
        NotPython: the text does not parse.
    """
    yield from _walk(parse_python(text).body, "")


def repository_of(file: Path) -> Path:
    """Return the folder that a file's repository most likely is."""
    folders = list(file.resolve().parents)
    for marks in ((HOME,), _ROOT_MARKS):
        for folder in folders:
            if any((folder / mark).exists() for mark in marks):
                return folder
    folder = folders[0]
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder


def _find_file(written: str, given_root: Path | None) -> Path:
    places = [Path.cwd(), *([given_root] if given_root else [])]
    files = [Path(os.path.normpath(place / Path(written).expanduser())) for place in places]
    for file in files:
        if file.is_file():
            if file.suffix != ".py":
                raise InvalidValue(f"{written} is no Python file", remedy="name a .py file")
            return file.resolve()
    remedy = "write path/to/file.py:function"
    for file in files:
        if file.is_symlink() and not file.exists():
            raise NotFound(f"{written} is a link to a file that is not there", remedy=remedy)
        if file.exists():
            kind = "a folder" if file.is_dir() else "no regular file"
            raise InvalidValue(f"{written or '.'} is {kind}", remedy=remedy)
    raise NotFound(f"there is no file {written}", remedy=remedy)


def _find(tree: ast.Module, name: str, path: str) -> tuple[str, _Defining]:
    known = dict(_walk(tree.body, ""))
    if name in known:
        return name, known[name]
    if name.isdigit():
        line = int(name)
        for qualname, node in known.items():
            if node.lineno <= line <= (node.end_lineno or node.lineno):
                return qualname, node
        raise InvalidValue(
            "no function stands there", where=Where(path, line), remedy=_listed(list(known))
        )
    problem, remedy = _why_not(tree, name, list(known))
    raise InvalidValue(problem, where=Where(path), remedy=remedy)


def _why_not(tree: ast.Module, name: str, known: list[str]) -> tuple[str, str]:
    if not name:
        return "no function is named", _listed(known)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            methods = [one for one in known if one.startswith(f"{name}.")]
            return f"{name} is a class", _listed(methods)
    outer = _outer_of(tree, name)
    if outer is not None:
        return (
            f"{name} is defined inside {outer}, so nothing else can call it",
            f"name {outer}, or move {name} to the module's level",
        )
    alike = sorted(one for one in known if one.rpartition(".")[2] == name)
    return f"it defines no function {name or '(none named)'}", _listed(alike or known, name)


def _outer_of(tree: ast.Module, name: str) -> str | None:
    wanted = name.replace(".<locals>", "").rpartition(".")[2]
    for qualname, node in _walk(tree.body, ""):
        inner = (n for n in ast.walk(node) if isinstance(n, _Defining) and n is not node)
        if any(one.name == wanted for one in inner):
            return qualname
    return None


def _listed(known: list[str], near: str = "") -> str:
    if not known:
        return "it defines no function at all"
    close = difflib.get_close_matches(near, known, n=_SHOWN)
    names = close or known[:_SHOWN]
    more = "" if len(names) == len(known) or close else f" and {len(known) - len(names)} more"
    return f"there is: {', '.join(names)}{more}"


def _walk(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, _Defining]]:
    for node in body:
        if isinstance(node, _Defining):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _walk(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            blocks = [node.body, node.orelse]
            blocks += [h.body for h in node.handlers] if isinstance(node, ast.Try) else []
            for block in blocks:
                yield from _walk(block, prefix)


def _decorators(node: _Defining) -> set[str]:
    names: set[str] = set()
    for decorator in node.decorator_list:
        found = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(found, ast.Attribute):
            names.add(found.attr)
        elif isinstance(found, ast.Name):
            names.add(found.id)
    return names


def _refuse_uncallable(node: _Defining, qualname: str, path: str) -> None:
    where = Where(path, node.lineno)
    for name in sorted(_decorators(node) & _UNCALLABLE.keys()):
        raise InvalidValue(
            f"{qualname} {_UNCALLABLE[name]}",
            where=where,
            remedy="name a plain function, such as one that holds the work that it does",
        )
    if node.name in {"__init__", "__new__", "__init_subclass__", "__del__"}:
        raise InvalidValue(
            f"{qualname} makes or ends an object and returns nothing to compare",
            where=where,
            remedy="name a function or another method",
        )


def _flow(node: _Defining) -> Flow:
    yields = any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in _own(node))
    if isinstance(node, ast.AsyncFunctionDef):
        return "async generator" if yields else "coroutine"
    return "generator" if yields else "plain"


def _own(node: _Defining) -> Iterator[ast.AST]:
    """Walk a function without the functions and lambdas inside it."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        inner = waiting.pop()
        yield inner
        if not isinstance(inner, _Defining | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(inner))


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    plain = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    for one, default in zip(plain, [*missing, *arguments.defaults], strict=True):
        yield _parameter(one, default, keyword=False)
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(one, default, keyword=True)


def _parameter(one: ast.arg, default: ast.expr | None, *, keyword: bool) -> Parameter:
    annotation = ast.unparse(one.annotation) if one.annotation else None
    return Parameter(one.arg, annotation, ast.unparse(default) if default else None, keyword)


def _source(text: str, node: _Defining) -> str:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return "\n".join(text.split("\n")[first - 1 : node.end_lineno]) + "\n"
