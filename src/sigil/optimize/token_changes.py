"""Small changes of Python that hide in lines which are new as a whole, and the text without them.

A rewrite moves lines, renames and wraps; an edit of one operator or number among them stands in
no stretch of lines of its own. It is found by comparing tokens, whatever their layout.

Pure. Not here: whether a change brings anything (`sigil.optimize.simplifying`).
"""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

_SPOKEN = frozenset({tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.OP})
_LONGEST = 4
"""Tokens on either side of a small change."""
_MOST_PAIRS = 50_000
"""Pairs of equal tokens: what comparing two texts costs grows with them, and faster."""


@dataclass(frozen=True, slots=True)
class TokenChange:
    """Some tokens in the place of others.

    Args:
        start: index of the first character of the new text.
        end: index after its last one.
        text: what stands there; empty if something was only left out.
        instead: what stood there before.
        line: of the new text, from 1.
        names: whether a name is among the tokens of either side.
    """

    start: int
    end: int
    text: str
    instead: str
    line: int
    names: bool

    def __str__(self) -> str:
        """Return it as a person would say it."""
        text, instead = " ".join(self.text.split()), " ".join(self.instead.split())
        if not text:
            return f"the removal of {instead} at line {self.line}"
        return (
            f"{text} for {instead} at line {self.line}"
            if instead
            else f"{text} at line {self.line}"
        )


@dataclass(frozen=True, slots=True)
class _Token:
    kind: int
    text: str
    start: int
    end: int
    line: int


def small_changes(before: str, after: str) -> list[TokenChange]:
    """Return the small changes between two texts of Python, in order of the second.

    A change that brings a name which was nowhere before belongs to something larger, and is none.
    None if one of them cannot be read as tokens, or if too much differs.
    """
    old, new = _tokens(before), _tokens(after)
    same = _alike(old, new)
    ending = _alike(old[same:][::-1], new[same:][::-1])
    old_middle, new_middle = old[same : len(old) - ending], new[same : len(new) - ending]
    if not old or not new or _pairs(old_middle, new_middle) > _MOST_PAIRS:
        return []
    known = {token.text for token in old if token.kind == tokenize.NAME}
    compared = SequenceMatcher(
        None, [one.text for one in old_middle], [one.text for one in new_middle], autojunk=False
    )
    found: list[TokenChange] = []
    for kind, i, j, k, m in compared.get_opcodes():
        removed, added = old_middle[i:j], new_middle[k:m]
        small = max(len(removed), len(added)) <= _LONGEST
        names = {one.text for one in added if one.kind == tokenize.NAME}
        fresh = {name for name in names - known if not keyword.iskeyword(name)}
        if kind != "equal" and small and not fresh:
            last = new[same + k - 1] if same + k else None
            found.append(_change(before, after, removed, added, last))
    return found


def without(text: str, changes: Sequence[TokenChange]) -> str | None:
    """Return ``text`` with what stood there before, or None if that is no Python."""
    for one in sorted(changes, key=lambda change: -change.start):
        start, end = (one.start, one.end) if one.instead else _emptied(text, one.start, one.end)
        text = f"{text[:start]}{one.instead}{text[end:]}"
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return text


def _emptied(text: str, start: int, end: int) -> tuple[int, int]:
    """Return what to cut so that neither an empty line nor a space before a mark is left."""
    first, after = text.rfind("\n", 0, start) + 1, text.find("\n", end) + 1
    before = text[first:start]
    if after and not f"{before}{text[end:after]}".strip():
        return first, after
    spaced = before.strip() and before.endswith(" ") and text[end : end + 1] in set(" :,)]}\n")
    return start - bool(spaced), end


def _change(
    before: str,
    after: str,
    removed: Sequence[_Token],
    added: Sequence[_Token],
    last: _Token | None,
) -> TokenChange:
    """Return a change; ``last`` is the token before it, behind which what was removed stood."""
    at, line = (last.end, last.line) if last else (0, 1)
    start, end = (added[0].start, added[-1].end) if added else (at, at)
    instead = before[removed[0].start : removed[-1].end] if removed else ""
    if not added:
        instead = f" {instead}" if last else f"{instead} "
    names = any(one.kind == tokenize.NAME for one in (*removed, *added))
    return TokenChange(
        start, end, after[start:end], instead, added[0].line if added else line, names
    )


def _tokens(text: str) -> list[_Token]:
    starts = [0, *accumulate(map(len, io.StringIO(text, newline="")))]
    try:
        return list(_spoken(text, starts))
    except (tokenize.TokenError, SyntaxError, IndexError):
        return []


def _spoken(text: str, starts: Sequence[int]) -> Iterator[_Token]:
    for one in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        if one.type in _SPOKEN:
            (row, column), (last_row, last_column) = one.start, one.end
            first, last = starts[row - 1] + column, starts[last_row - 1] + last_column
            yield _Token(one.type, one.string, first, last, row)


def _pairs(old: Sequence[_Token], new: Sequence[_Token]) -> int:
    """Return how many tokens of two texts are equal to how many of the other."""
    counts = Counter(token.text for token in old)
    return sum(counts[token.text] for token in new)


def _alike(old: Sequence[_Token], new: Sequence[_Token]) -> int:
    """Return how many tokens two texts begin with alike."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one.text != other.text:
            break
        count += 1
    return count
