"""Which modules does a Python file import? Read from its syntax, never by running it.

Pure but for reading files below the roots that it is given. Everything that *may* be
imported counts, wherever it stands (in a function, in a ``try``), because a sealed worker
cannot open a file later; only what stands under ``if TYPE_CHECKING`` does not.

Not here: what of it a candidate may change (`sigil.evaluate.target`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

_RECENT = 64
"""Texts of which is remembered what they import."""


@dataclass(frozen=True, slots=True)
class LocalModule:
    """A module of the repository.

    Args:
        name: its dotted name.
        path: its file, relative to the root of the repository; for a folder without
            ``__init__.py`` the folder itself.
        package: whether it is a package.
        text: its source, without a byte order mark; empty for a folder without
            ``__init__.py``.
    """

    name: str
    path: str
    package: bool
    text: str


@dataclass(frozen=True, slots=True)
class Closure:
    """Everything that importing some modules may import.

    Args:
        local: the repository's own modules by name.
        edges: the local modules that each of them needs: imported ones and its packages.
        foreign: names that the repository does not have: standard library, third party.
    """

    local: Mapping[str, LocalModule] = field(default_factory=dict[str, LocalModule])
    edges: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    foreign: frozenset[str] = frozenset()

    def reaching(self, paths: Iterable[str]) -> frozenset[str]:
        """Return the names of the modules that are, or need, a file of ``paths``."""
        wanted = set(paths)
        found = {name for name, module in self.local.items() if module.path in wanted}
        grew = True
        while grew:
            more = {name for name, needs in self.edges.items() if needs & found} - found
            grew = bool(more)
            found |= more
        return frozenset(found)


class Tree:
    """The Python modules of a repository, as an interpreter with ``roots`` on its path sees them.

    Args:
        folder: the root of the repository.
        roots: folders relative to it, first match wins; ``""`` is the root itself.
        overrides: texts that replace those of files, by path relative to ``folder``.
        is_foreign: whether a name belongs to the interpreter; asked before a bare folder
            is taken for a package, as an interpreter does.
    """

    def __init__(
        self,
        folder: Path,
        roots: Sequence[str],
        overrides: Mapping[str, str],
        is_foreign: Callable[[str], bool],
    ):
        self._folder = folder
        self._roots = tuple(roots)
        self._overrides = overrides
        self._is_foreign = is_foreign

    def find(self, name: str) -> LocalModule | None:
        """Return the module called ``name``, or None if the repository has none."""
        stems = [str(PurePosixPath(root, *name.split("."))) for root in self._roots]
        for stem in stems:
            for path, package in ((f"{stem}/__init__.py", True), (f"{stem}.py", False)):
                text = self._text(path)
                if text is not None:
                    return LocalModule(name, path, package, unmarked(text))
        if self._is_foreign(name.partition(".")[0]):
            return None
        for stem in stems:
            if (self._folder / stem).is_dir():
                return LocalModule(name, stem, package=True, text="")
        return None

    def closure(self, names: Iterable[str]) -> Closure:
        """Return what importing ``names`` may import, directly or not."""
        local: dict[str, LocalModule] = {}
        edges: dict[str, frozenset[str]] = {}
        foreign: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in local or name in foreign:
                continue
            module = self.find(name)
            if module is None:
                foreign.add(name)
                continue
            needs = self._needs(module, foreign)
            local[name] = module
            edges[name] = frozenset(needs)
            waiting.extend(needs)
        return Closure(local, edges, frozenset(foreign))

    def _needs(self, module: LocalModule, foreign: set[str]) -> set[str]:
        """Return the local modules that ``module`` needs; add the others to ``foreign``."""
        needs = set(_packages_of(module.name))
        for name, certain in imported_names(module.text, module.name, package=module.package):
            if self.find(name) is not None:
                needs.update((*_packages_of(name), name))
            elif certain or not self._is_local(name):
                foreign.add(name)
        return {name for name in needs if self.find(name) is not None}

    def _is_local(self, name: str) -> bool:
        top = name.partition(".")[0]
        return self.find(top) is not None

    def _text(self, path: str) -> str | None:
        if path in self._overrides:
            return self._overrides[path]
        try:
            return (self._folder / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def unmarked(text: str) -> str:
    """Return source without a byte order mark, as an interpreter reads a file."""
    return text.removeprefix("\ufeff")


def imported_names(text: str, module: str, *, package: bool) -> Iterator[tuple[str, bool]]:
    """Yield the absolute names that ``text`` may import, and whether each must be a module.

    ``from a import b`` yields ``("a", True)`` and ``("a.b", False)``, for ``b`` may as well
    be a function. A text that does not parse imports nothing: whoever loads it says why. What
    was asked of lately is remembered: each trial of a function asks the same of its large file.

    Args:
        text: Python source.
        module: its own dotted name, to which relative imports are relative.
        package: whether it is a package's ``__init__``.
    """
    if "import" in text:  # which ``__import__`` and ``importlib`` have in them, too
        yield from _imported_names(text, module, package)


@lru_cache(maxsize=_RECENT)
def _imported_names(text: str, module: str, package: bool) -> Sequence[tuple[str, bool]]:
    return tuple(_read_imports(text, module, package=package))


def _read_imports(text: str, module: str, *, package: bool) -> Iterator[tuple[str, bool]]:
    try:
        root = ast.parse(unmarked(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in _walk_runtime(root):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, True
        elif isinstance(node, ast.ImportFrom):
            yield from _from_import(node, module, package=package)
        elif isinstance(node, ast.Call):
            yield from _dynamic_import(node)


def _walk_runtime(root: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without the bodies that only a type checker reads."""
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and _mentions_type_checking(node.test):
            waiting.extend(node.orelse)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _mentions_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _from_import(node: ast.ImportFrom, module: str, *, package: bool) -> Iterator[tuple[str, bool]]:
    origin = _absolute(node, module, package=package)
    if origin is None:
        return
    yield origin, True
    for alias in node.names:
        if alias.name != "*":
            yield f"{origin}.{alias.name}", False


def _absolute(node: ast.ImportFrom, module: str, *, package: bool) -> str | None:
    """Return the absolute name of the module after ``from``; None if it leaves the package."""
    if node.level == 0:
        return node.module
    parts = module.split(".")
    up = node.level - 1 if package else node.level
    kept = parts[: len(parts) - up] if up <= len(parts) else []
    return ".".join([*kept, *([node.module] if node.module else [])]) or None


def _dynamic_import(node: ast.Call) -> Iterator[tuple[str, bool]]:
    called = (
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    )
    if called not in {"import_module", "__import__"} or not node.args:
        return
    first = node.args[0]
    name = first.value if isinstance(first, ast.Constant) else None
    if isinstance(name, str) and name and not name.startswith("."):
        yield name, True


def _packages_of(name: str) -> list[str]:
    """Return the packages that importing ``name`` imports first: ``a``, ``a.b`` of ``a.b.c``."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
