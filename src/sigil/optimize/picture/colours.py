"""Tell the parts of a line of code apart, by the lexers that come with rich.

Pure. Says of what kind a piece is; which colour that has is the page's affair.
"""

from __future__ import annotations

from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax

Piece = tuple[str, str]
"""A class of ``page.css`` (empty for plain text), and the text."""
Lines = list[list[Piece]]

_CLASSES = {
    ("Keyword",): "k",
    ("Literal", "String"): "s",
    ("Literal", "Number"): "n",
    ("Comment",): "c",
    ("Name", "Function"): "f",
    ("Name", "Class"): "f",
    ("Name", "Builtin"): "b",
    ("Name", "Decorator"): "b",
    ("Operator", "Word"): "k",
}
_THEME = ANSISyntaxTheme({kind: Style(meta={"class": name}) for kind, name in _CLASSES.items()})  # pyright: ignore[reportArgumentType] - a token type is a tuple of names
_MOST = 200_000
"""Characters: beyond, a lexer takes longer than its colours are worth."""


def coloured(path: str, code: str) -> Lines:
    """Return the lines of ``code`` in pieces; the pieces of a line are its text again.

    Args:
        path: of the file, whose suffix tells the language.
        code: its lines, each with its line feed but perhaps the last.
    """
    plain = [[("", line)] for line in code.split("\n")]
    if len(code) > _MOST:
        return plain
    syntax = Syntax(code, Syntax.guess_lexer(path, code), theme=_THEME, tab_size=0)
    text = syntax.highlight(code)
    if text.plain.removesuffix("\n") != code.removesuffix("\n"):
        return plain  # a lexer that changes what it reads is not to be trusted with it
    kinds = [""] * len(text.plain)
    for span in text.spans:
        if isinstance(span.style, Style):
            name = str(span.style.meta.get("class", ""))
            kinds[span.start : span.end] = [name] * (span.end - span.start)
    return _lines(code, kinds)


def _lines(code: str, kinds: list[str]) -> Lines:
    lines: Lines = [[]]
    start = 0
    for at in range(len(code) + 1):
        ends = at == len(code) or code[at] == "\n"
        if ends or (at > start and kinds[at] != kinds[start]):
            if at > start:
                lines[-1].append((kinds[start], code[start:at]))
            start = at
        if ends and at < len(code):
            lines.append([])
            start = at + 1
    return lines
