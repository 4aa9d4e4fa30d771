"""What a pin says, and the lines that it turns out to mean.

Not here: finding them in a tree (`sigil.search.pins`, which also offers these names).
"""

from __future__ import annotations

from dataclasses import dataclass

from sigil.search import braces, globs


@dataclass(frozen=True, slots=True)
class Pin:
    """One place that may change.

    Args:
        id: its identity, stable across revisions.
        language: such as ``python``; decides whether signature and syntax can be checked.
            None means what the file's ending says.
        files: globs relative to the root.
        symbol: a function, method or class by dotted name; None pins by the rest.
        start: regex of the line after which the pinned text begins; None without delimiters.
        end: regex of the line before which it ends.
        ast_query: a tree-sitter query; its capture ``@pin``, or its only one, is pinned.
    """

    id: str
    language: str | None
    files: tuple[str, ...]
    symbol: str | None = None
    start: str | None = None
    end: str | None = None
    ast_query: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """The lines of one file that a pin allows to change.

    Args:
        pin_id: of the `Pin`.
        path: relative to the root.
        first: 1-based line, counting line feeds only.
        last: inclusive; ``first - 1`` where the region has no lines yet.
        signature: what must stay, normalised; None where the pin names no symbol.
        whole: whether the pin takes the file as such, so that it may come and go.
    """

    pin_id: str
    path: str
    first: int
    last: int
    signature: str | None = None
    whole: bool = False


def selects(pin: Pin, path: str) -> bool:
    """Return whether the globs of ``pin`` select ``path``."""
    return any(globs.matches(pattern, path) for pattern in pin.files)


def language_of(pin: Pin, path: str) -> str | None:
    """Return the language of a pinned file: as declared, else by its ending, else None."""
    if pin.language:
        name = pin.language.lower()
        return {"c++": "cpp", "py": "python", "ts": "typescript", "js": "javascript"}.get(
            name, name
        )
    ending = path.rpartition(".")[2].lower()
    if ending in {"py", "pyi"}:
        return "python"
    return next((name for name, endings in braces.LANGUAGES.items() if ending in endings), None)


def count_lines(text: str) -> int:
    """Return how many lines a diff counts in ``text``."""
    return text.count("\n") + (not text.endswith("\n") and text != "")
