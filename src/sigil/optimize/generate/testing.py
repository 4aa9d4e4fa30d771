"""Where are a repository's tests, and which of them are about a function?

A test file is known by its name, as pytest and unittest know it. Files that mention the
function come first, then those that mention its module, then the rest.

Pure but for reading files. Not here: running any (`sigil.optimize.generate.recording`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from sigil.optimize.generate.locating import Function

_PATTERNS = ("test_*.py", "*_test.py", "test.py", "tests.py", "test*.py")
_LARGEST = 2**21
MENTIONS = 2
"""The nearness of a file that mentions the function."""


@dataclass(frozen=True, slots=True)
class TestFile:
    """One file of tests.

    Args:
        path: relative to the root.
        text: of it.
        nearness: 2 where it mentions the function, 1 its module or class, 0 neither.
    """

    __test__ = False  # pytest shall not take it for a test

    path: str
    text: str
    nearness: int


def find_tests(tree: Path, paths: Iterable[str], function: Function) -> list[TestFile]:
    """Return the tests of a repository, nearest to the function first, then by path.

    Args:
        tree: a folder that holds the files.
        paths: of all files in it.
        function: what the tests should be about.
    """
    found: list[TestFile] = []
    for path in paths:
        if not is_test(path) or path == function.path:
            continue
        text = _read(tree / path)
        if text is not None:
            found.append(TestFile(path, text, _nearness(text, function)))
    return sorted(found, key=lambda one: (-one.nearness, one.path))


def is_test(path: str) -> bool:
    """Return whether a path looks like a file of tests."""
    name = PurePosixPath(path).name
    return any(fnmatchcase(name, pattern) for pattern in _PATTERNS)


def _nearness(text: str, function: Function) -> int:
    if _mentions(text, function.name):
        return MENTIONS
    module = PurePosixPath(function.path)
    stem = module.parent.name if module.stem == "__init__" else module.stem
    return int(any(_mentions(text, name) for name in (stem, function.owner or "") if name))


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _read(file: Path) -> str | None:
    try:
        if file.is_symlink() or file.stat().st_size > _LARGEST:
            return None
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
