"""A larger text with other words and numbers in it, where those that are known are few.

A text that only repeats what it holds never fills what a function remembers of it: a list of the
words seen so far stays as short as it was. So about half of the pieces (lines, words or fields)
get other words and numbers. What makes a text parse is kept: separators and punctuation, the
order of lines and a heading above them, digits where digits stand, upper and lower case, and the
letters themselves, which are drawn from those that are there. A letter that stands alone is a
sign of its own and is kept too. A text of one piece grows by what joins its words (`a-b`, `a/b`,
`a=1&b=2`), behind what it is now; a word alone grows by further words, as a sentence does.

Pure. Not here: whether the function still takes such a text, and whether it is worth timing
(`sigil.optimize.generate.scaling`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import cycle

_LETTER = re.compile(r"[^\W\d_]")
_UPPER = "[A-Z]"
_WORD = f"{_LETTER.pattern}{{2,}}"
_NUMBER = r"(?<![0-9])[0-9]{1,18}(?![0-9])"
FIGURES = re.compile(_NUMBER)
"""Numbers alone."""
_HAS_WORD = re.compile(_WORD)
WORDS = re.compile(f"{_WORD}|{_NUMBER}")
"""Words and numbers."""
SMALL = re.compile(f"(?!{_UPPER}{{2}})(?<!{_UPPER}){_WORD}|{_NUMBER}")
"""The same without what begins like a code in upper case, such as the level of a message."""

_JOINED = "_.:/-"
"""A number that one of these joins to something is a part: of a date, an address, a version."""
_ALONE = re.compile(r"\b[0-9]+\b")
_FIELDS = re.compile(r"[^,;|]*[,;|]")
_JOINTS = "/&-_+.:~"
"""What may join words to a text of one piece; of several the most frequent one does."""
_PLAIN = re.compile(r"[\w=%.-]+")
_SENTENCE, _FIELD = " ", ","
_SHORT_WORD, _SHORT_NUMBER = 4, 6
_GROWTH = (0, 1, 2)
"""By how many letters or digits a short one may grow: of three letters there are few words."""


def has_any(text: str, runs: re.Pattern[str]) -> bool:
    """Return whether a text is in pieces, some of which hold what can be varied.

    Texts of single letters or digits do not: of these, each is a sign of its own.
    """
    parts = _body(text) or pieces(text)
    return any(len(run) > 1 for part in parts for run in runs.findall(part))


def reworded(
    text: str, seen: Sequence[str], factor: int, runs: re.Pattern[str], stream: random.Random
) -> str:
    """Return a text that is about ``factor`` times as long, with other words and numbers.

    Args:
        text: one for which `has_any` holds.
        seen: texts from which words are drawn if ``text`` is of one line.
        factor: how much longer it becomes.
        runs: what is varied: `WORDS`, `SMALL` or `FIGURES`.
        stream: of all that is drawn.
    """
    wanted = len(text) * factor
    body = _body(text)
    if body is not None:
        vary = _Varied(runs, [text], stream, 1 / 2)
        lines = _taken(wanted - len(text), cycle(body), vary)
        end = "\n" if text.endswith("\n") else ""
        return "\n".join([text.removesuffix("\n"), *lines]) + end
    joint = _joint(text)
    others = (one for one in seen if one != text and "\n" not in one.strip())
    like = [text, *(one for one in others if _joint(one) == joint)]
    known = [piece for one in like for piece in pieces(one)]
    drawn = iter(lambda: stream.choice(known), None)
    kept = f"{text.rstrip()}{joint}" if joint and joint in _JOINTS else ""
    made = "".join(_taken(wanted - len(kept), drawn, _Varied(runs, like, stream, 1.0)))
    return kept + made[:-1] + text[len(text.rstrip()) :]


def pieces(text: str) -> list[str]:
    """Return the words of a text, or its fields, each with what separates it from the next.

    What is neither words nor joined ones, such as a number or a code, has none.
    """
    joint, bare = _joint(text), text.strip()
    if joint is None:
        return []
    if joint in _JOINTS:
        return [f"{part}{joint}" for part in bare.split(joint) if _is_plain(part)]
    if joint == _SENTENCE:
        words = re.findall(r"\S+\s*", bare)
        return [*words[:-1], f"{words[-1]} "]
    fields: list[str] = _FIELDS.findall(bare)
    tail = bare[sum(map(len, fields)) :]
    return [*fields, tail + fields[-1][-1]] if tail else fields


def _joint(text: str) -> str | None:
    """Return what stands between the pieces of a text of one line; None if it has none."""
    bare = text.strip()
    if re.search(r"\s", bare) or (_HAS_WORD.fullmatch(bare) and not bare.isupper()):
        return _SENTENCE
    if _FIELDS.search(bare):
        return _FIELD
    joint = max(_JOINTS, key=bare.count)
    parts = [part for part in bare.split(joint) if part]
    plain = sum(map(_is_plain, parts))
    return joint if len(parts) > 1 and 2 * plain > len(parts) else None


def _is_plain(part: str) -> bool:
    """Return whether something joined holds a word and nothing that begins another part."""
    return _HAS_WORD.search(part) is not None and _PLAIN.fullmatch(part) is not None


def _body(text: str) -> list[str] | None:
    """Return the lines of which there may be more; None for a text of one line.

    A first line without a number, before others with some, names the columns: it comes once.
    """
    lines = text.removesuffix("\n").split("\n")
    if not any(line.strip() for line in lines[1:]):
        return None
    numbered = [_ALONE.search(line) is not None for line in lines]
    return lines[1:] if any(numbered[1:]) and not numbered[0] else lines


def _taken(wanted: int, source: Iterable[str], vary: Callable[[str], str]) -> list[str]:
    """Return varied parts, of so many characters together at least."""
    made: list[str] = []
    length = 0
    for part in source:
        if length >= wanted:
            break
        made.append(vary(part))
        length += len(made[-1]) + 1
    return made


class _Varied:
    """Gives every other piece other words and numbers.

    Args:
        runs: what is varied.
        texts: whose letters are used.
        stream: of all that is drawn.
        share: of the words of a piece that is varied, how many are.
    """

    def __init__(
        self, runs: re.Pattern[str], texts: Iterable[str], stream: random.Random, share: float
    ):
        self._runs = runs
        self._stream = stream
        self._share = share
        letters = sorted({letter for text in texts for letter in _LETTER.findall(text)})
        self._letters = {
            kind: [one for one in letters if _letter_case(one) == kind]
            for kind in map(_letter_case, letters)
        }

    def __call__(self, piece: str) -> str:
        """Return a piece as it is, or varied."""
        if self._stream.random() < 1 / 2:
            return piece
        return self._runs.sub(self._run, piece)

    def _run(self, found: re.Match[str]) -> str:
        if self._stream.random() >= self._share:
            return found.group()
        return self._number(found) if found.group().isdecimal() else self._word(found.group())

    def _word(self, word: str) -> str:
        """Return another word; only a short one grows, unless it is a code in upper case."""
        grows = len(word) <= _SHORT_WORD and not word.isupper()
        like = word + word[-1] * (self._stream.choice(_GROWTH) if grows else 0)
        return "".join(self._stream.choice(self._letters[_letter_case(one)]) for one in like)

    def _number(self, found: re.Match[str]) -> str:
        """Return another number; one that is part of something is never above what was there."""
        digits = found.group()
        width, most = len(digits), int(digits)
        least = 1 if digits[0] == "0" or width == 1 else 10 ** (width - 1)
        if not most:
            return digits
        if not _is_part(found) and digits[0] != "0":
            grown = self._stream.choice(_GROWTH) if width <= _SHORT_NUMBER else 0
            most = 10 ** (width + grown) - 1
        return str(self._stream.randint(least, most)).zfill(width)


def _is_part(found: re.Match[str]) -> bool:
    """Return whether a number stands beside a letter or what joins it to something."""
    before = found.string[: found.start()][-1:]
    after = found.string[found.end() :][:2]
    ends_sentence = after[:1] in ".:" and not after[1:].isalnum()
    return any(one.isalpha() or one in _JOINED for one in before) or (
        not ends_sentence and any(one.isalpha() or one in _JOINED for one in after[:1])
    )


def _letter_case(letter: str) -> str:
    return "upper" if letter.isupper() else "lower" if letter.islower() else "neither"
