"""The functions of a Python file that a command line may name, for completion.

Read from syntax alone, and without what a search loads: the shell waits for it. What `sigil
evolve` would refuse at a glance is left out.

Promises: a file that cannot be read or parsed has none, and nothing is said of it.

Not here: which function is meant in the end (`sigil.optimize.generate.locating`).
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

_DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef)
_LARGEST = 2**21
_NOT_COMPARED = frozenset({"__init__", "__new__", "__init_subclass__", "__del__"})
_NOT_CALLED = frozenset(
    "property cached_property setter overload abstractmethod contextmanager "
    "asynccontextmanager fixture".split()
)


def named_functions(file: Path) -> list[str]:
    """Return the functions of a file and the methods of its classes, in order, each once."""
    found: list[str] = []
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if file.is_file() and file.stat().st_size <= _LARGEST:
            found += _names(ast.parse(file.read_bytes()).body, "")
    return list(dict.fromkeys(found))


def _names(body: Sequence[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _names(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, _DEFINING):
            if node.name not in _NOT_COMPARED and not _NOT_CALLED & _decorators(node):
                yield f"{prefix}{node.name}"
        elif isinstance(node, ast.If | ast.Try):
            handlers = node.handlers if isinstance(node, ast.Try) else []
            for block in (node.body, node.orelse, *(one.body for one in handlers)):
                yield from _names(block, prefix)


def _decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    called = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
    return {ast.unparse(one).rpartition(".")[2] for one in called}
