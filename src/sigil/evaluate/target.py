"""What is evaluated: a frozen tree, the files that may change, and what they drag along.

A function of the target is called in a sealed worker that can open no file, so everything
it may import is found beforehand, from syntax alone, and split in three:

* *live* modules are, or may reach, a pinned file: loaded afresh for every candidate;
* *stable* modules of the repository cannot: the zygote executes them once;
* the rest belongs to the interpreter: the zygote preloads it.

Not here: running any of it (`sigil.evaluate.calls`, `sigil.evaluate.commands`).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

from sigil.errors import InvalidValue, Where
from sigil.evaluate.imports import Closure, LocalModule, Tree, imported_names, unmarked
from sigil.evaluate.interpreter import Interpreter, choose_python, introduce
from sigil.sandbox.base import Base
from sigil.sandbox.model import Source

_RECENT = 16
"""Texts of which is remembered what they define."""


@dataclass(frozen=True, slots=True)
class Program:
    """A function of the target and all that it may import.

    Args:
        entry: ``module:qualname``.
        roots: folders on the program's path, relative to the repository.
        live: names of the modules to be loaded with each candidate.
        stable: modules that no candidate can influence, by name.
        preload: names that the interpreter provides.
        seen: the imports of each pinned file's baseline text; a candidate with the same
            ones needs no second look.
    """

    entry: str
    roots: tuple[str, ...]
    live: frozenset[str]
    stable: Mapping[str, Source]
    preload: tuple[str, ...]
    seen: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


@dataclass(frozen=True, slots=True)
class Target:
    """A frozen repository and what may change in it. Plain data: it travels to every lane.

    Args:
        base: the frozen tree.
        files: the baseline text of every file that a pin touches, by relative path.
        interpreter: the Python that runs the target.
        symbol: the only pinned symbol as ``path.py:qualname``; None if there are several.
    """

    base: Base
    files: Mapping[str, str]
    interpreter: Interpreter
    symbol: str | None = None

    @classmethod
    def of(
        cls,
        base: Base,
        files: Mapping[str, str],
        *,
        repo: Path,
        python: str | None = None,
        where: Where | None = None,
        symbol: str | None = None,
    ) -> Target:
        """Return the target with its interpreter chosen and asked.

        Args:
            base: the frozen tree.
            files: the pinned files' baseline text, by path relative to the root.
            repo: the user's own repository, where a ``.venv`` may be.
            python: what the eval says, or None.
            where: the place of ``python`` in the eval.
            symbol: see `Target`.

        Raises:
            InvalidValue: the interpreter does not exist or does not work.
        """
        interpreter = introduce(choose_python(repo, python, where), where)
        return cls(base, dict(files), interpreter, symbol)

    def program(self, function: str, where: Where | None = None) -> Program:
        """Return the function ``path.py:qualname`` with everything that it may import.

        Raises:
            InvalidValue: no such file or function, at ``where``.
        """
        path, _, qualname = function.rpartition(":")
        self._check_function(path, qualname, where)
        roots, module = self._roots(path)
        closure = self._tree(roots, self.files).closure([module])
        live = closure.reaching(self.files)
        return Program(
            entry=f"{module}:{qualname}",
            roots=roots,
            live=live | {module},
            stable={
                name: _source(found)
                for name, found in closure.local.items()
                if name not in live and name != module
            },
            preload=self._preload(closure),
            seen={path: _imports(text, path) for path, text in self.files.items()},
        )

    def sources(self, program: Program, files: Mapping[str, str]) -> dict[str, Source]:
        """Return the modules to load for a candidate.

        A candidate may import another module of the repository than the baseline did; the
        closure is then taken again, and whatever the zygote lacks is loaded with it.

        Args:
            program: of `program`.
            files: whole texts of the changed files, by path relative to the root.
        """
        texts = {**self.files, **files}
        tree = self._tree(program.roots, texts)
        names = set(program.live)
        changed = (path for path in files if path in program.seen)
        if any(_imports(files[path], path) != program.seen[path] for path in changed):
            names |= set(tree.closure(program.live).local) - set(program.stable)
        found = ((name, tree.find(name)) for name in sorted(names))
        return {name: _source(module) for name, module in found if module is not None}

    def has(self, path: str) -> bool:
        """Return whether the tree has a file at this relative path."""
        inside = not path.startswith("/") and ".." not in PurePosixPath(path).parts
        return inside and (self.base.path / path).is_file()

    def imported_files(self, path: str) -> list[str]:
        """Return the files of the repository that running ``path`` may import, sorted."""
        roots, module = self._roots(path)
        closure = self._tree(roots, self.files).closure([module])
        return sorted({found.path for found in closure.local.values()} - {path})

    def _roots(self, path: str) -> tuple[tuple[str, ...], str]:
        """Return the folders that an interpreter would have on its path, and the dotted name."""
        file = PurePosixPath(path)
        folder = file.parent
        while folder.name and (self.base.path / folder / "__init__.py").is_file():
            folder = folder.parent
        parts = file.relative_to(folder).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        own = "" if folder == PurePosixPath(".") else str(folder)
        return tuple(dict.fromkeys((own, "src", ""))), name

    def _tree(self, roots: tuple[str, ...], texts: Mapping[str, str]) -> Tree:
        return Tree(self.base.path, roots, texts, self.interpreter.has)

    def _preload(self, closure: Closure) -> tuple[str, ...]:
        """Return the foreign names that exist; a missing one fails where it is imported.

        Of a name without a file, such as ``os.path``, the nearest package that has one.
        """
        found: set[str] = set()
        for wanted in closure.foreign:
            name = wanted
            while name and not self.interpreter.has(name):
                name = name.rpartition(".")[0]
            found.add(name)
        return tuple(sorted(found - {""}))

    def _text(self, path: str) -> str:
        """Return a file of the tree as the baseline has it."""
        if path in self.files:
            return self.files[path]
        if not self.has(path):
            raise FileNotFoundError(path)
        return (self.base.path / path).read_text("utf-8")

    def _check_function(self, path: str, qualname: str, where: Where | None) -> None:
        if not qualname or not path.endswith(".py"):
            raise InvalidValue(
                f"not a function: {path}:{qualname}",
                where=where,
                remedy="write it as path/to/file.py:name",
            )
        try:
            names, is_method = _looked_up(self._text(path), qualname)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidValue(
                f"there is no file {path} in the repository", where=where, remedy="check the path"
            ) from error
        except (SyntaxError, ValueError) as error:
            raise InvalidValue(f"{path} is not valid Python: {error}", where=where) from error
        if "*" not in names and qualname.partition(".")[0] not in names:
            raise InvalidValue(
                f"{path} defines no {qualname}", where=where, remedy="check the function's name"
            )
        if is_method:
            raise InvalidValue(
                f"{qualname} is a method, and a call has no object to call it on",
                where=where,
                remedy="name a function, such as one in a file of its own that makes the object"
                " and calls the method",
            )


@lru_cache(maxsize=_RECENT)
def _looked_up(text: str, qualname: str) -> tuple[frozenset[str], bool]:
    """Return the names that a text binds, and whether one stands for a method.

    Raises:
        SyntaxError, ValueError: it is not Python.
    """
    tree = ast.parse(unmarked(text))
    return frozenset(_bound_names(tree)), _is_method(tree, qualname)


def _source(module: LocalModule) -> Source:
    return Source(text=module.text, path=module.path, package=module.package)


def _imports(text: str, path: str) -> frozenset[str]:
    """Return what ``text`` imports; cheap where no line mentions an import at all."""
    found = imported_names(text, "_", package=path.endswith("__init__.py"))
    return frozenset(name for name, _ in found)


def _is_method(tree: ast.Module, qualname: str) -> bool:
    """Return whether a name stands for a function that takes ``self``."""
    *classes, last = qualname.split(".")
    body: list[ast.stmt] = tree.body
    for name in classes:
        found = [node for node in body if isinstance(node, ast.ClassDef) and node.name == name]
        if not found:
            return False
        body = found[-1].body
    methods = [
        node
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == last
    ]
    return bool(classes and methods) and not any(map(_needs_no_object, methods))


def _needs_no_object(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = {node.id for node in method.decorator_list if isinstance(node, ast.Name)}
    return bool(decorators & {"staticmethod", "classmethod"})


def _bound_names(tree: ast.Module) -> set[str]:
    """Return the names that a module binds anywhere; ``*`` if it may bind any."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    return names
