"""Which grammars there are, and parsing with them inside a budget.

The grammars are the official wheels, one a language, each with its parser compiled in:
nothing is fetched when they are used. They are imported when a language is first met.

The budget counts steps of the parser and not seconds, so that the answer is a function of
the text.
"""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sigil.errors import DependencyMissing, install

if TYPE_CHECKING:
    from tree_sitter import Language, Tree

MAX_BYTES = 2 * 2**20
"""A text above this size is not parsed."""
_FREE_STEPS = 2_000
_BYTES_A_STEP = 20  # ordinary code takes 60 bytes a step, the worst that ends at all about 10
KEPT_CHARACTERS = 2**18
"""Trees of texts above this size are not kept: they take much more memory than the text."""
_CHUNK = 2**16
_MOST_ANGLES = 500
_ANGLE = re.compile(r"(?<!<)<(?![<=])")
_UNREADABLE = re.compile(r"\x00|\r(?!\n)")

_MODULES = {
    "python": ("tree_sitter_python", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
}
LANGUAGES = tuple(name for name in _MODULES if name != "tsx")
"""Languages that have a grammar."""


class Unparsable(Exception):
    """A text that no tree can be made of within the limits.

    Args:
        problem: as a short clause.
        line: 1-based, or None where it is about the whole text.
    """

    def __init__(self, problem: str, line: int | None = None):
        super().__init__(problem)
        self.problem = problem
        self.line = line


def grammar_of(language: str | None, path: str) -> str | None:
    """Return the grammar for a file of ``language``, or None if there is none.

    TypeScript with JSX has a grammar of its own, which the file's ending decides.
    """
    if language == "typescript" and path.lower().endswith(".tsx"):
        return "tsx"
    return language if language in _MODULES else None


def available(grammar: str | None) -> bool:
    """Return whether ``grammar`` can be loaded here."""
    try:
        return grammar is not None and bool(load(grammar))
    except DependencyMissing:
        return False


@lru_cache(maxsize=16)
def load(grammar: str) -> Language:
    """Return the grammar, imported at its first use.

    Raises:
        DependencyMissing: the extra ``languages`` is not installed.
    """
    module, function = _MODULES[grammar]
    try:
        library: Any = importlib.import_module("tree_sitter")
        return library.Language(getattr(importlib.import_module(module), function)())
    except (ImportError, ValueError) as error:  # ValueError: built for another parser
        raise DependencyMissing(
            f"the syntax of {grammar} needs tree-sitter and {module.replace('_', '-')}",
            remedy=install("languages"),
        ) from error


def parse(text: str, grammar: str) -> Tree:
    """Return the syntax tree of ``text``, in which the parser marks what it cannot read.

    Raises:
        DependencyMissing: see `load`.
        Unparsable: larger than `MAX_BYTES`, out of steps, binary, or with bare carriage
            returns, which some languages take for line ends and a diff does not.
    """
    return _kept(text, grammar) if len(text) <= KEPT_CHARACTERS else _parse(text, grammar)


def _parse(text: str, grammar: str) -> Tree:
    unreadable = _UNREADABLE.search(text)
    if unreadable:
        problem = "a null byte" if unreadable.group() == "\0" else "a bare carriage return"
        raise Unparsable(problem, text.count("\n", 0, unreadable.start()) + 1)
    # A lone surrogate has no bytes; as the mark of an unknown character it is one token too.
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_BYTES:
        raise Unparsable(f"larger than {MAX_BYTES // 2**20} MiB")
    if grammar == "java" and _is_angled(text):
        raise Unparsable(f"more than {_MOST_ANGLES} `<` without `>` in one statement")
    library: Any = importlib.import_module("tree_sitter")
    parser = library.Parser(load(grammar))
    left = _FREE_STEPS + len(data) // _BYTES_A_STEP

    def read(offset: int, _point: object) -> bytes:
        return data[offset : offset + _CHUNK]

    def exhausted(_offset: int, _has_error: bool) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    try:
        return parser.parse(read, progress_callback=exhausted)
    except ValueError as error:
        raise Unparsable("the parser does not get through it in its budget of steps") from error


def _is_angled(text: str) -> bool:
    """Return whether one step of Java's parser might take long.

    It keeps ``a < b`` and ``A<B`` open side by side, and its time is quadratic in them.
    """
    stretches = re.split(r"[;{}]", text)
    return any(
        len(_ANGLE.findall(stretch)) - stretch.count(">") > _MOST_ANGLES for stretch in stretches
    )


_kept = lru_cache(maxsize=16)(_parse)
