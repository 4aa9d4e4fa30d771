"""Values of the vault, taken out of whatever is kept or shown: their names stand in their place.

One redactor for recordings, for evidence and for what models were asked. It finds a value as it
is, and as it is spelled inside of JSON that is inside of JSON up to `NESTED` times, in a URL, in
HTML and as bytes that were read as latin-1, in hexadecimal of either case. One of more than
`LONGEST_SPELLED` characters is looked for in a plain form of the text instead, in which all
spellings are one: a pattern of it would take minutes to compile.

A name is written so that none of these spellings changes it. So what was redacted inside of a text
is what is read out of it later, and a recording repeats with names where there were values.

Pure. Not here: a value that was changed otherwise, as by base64; shapes of keys that nobody told us
(`sigil.llm.redaction`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from heapq import heapify, heappop, heapreplace
from html import unescape
from html.entities import codepoint2name
from typing import Any, Final

from sigil.gate.effects import Answered, Call, Json

LEAST: Final = 4
"""Characters of a value that is hidden. A shorter one is a setting and no secret, and taking it out
would blank half of what is kept."""
NESTED: Final = 3
"""How often JSON may stand in JSON."""
LONGEST_SPELLED: Final = 64
"""Characters of a value that is found by a pattern of all its spellings."""
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]")
_SAFE_RUN = re.compile(rf"{_UNRESERVED.pattern}+")
_LETTERS: Final = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


def mark(name: str) -> str:
    """Return what stands in the place of a value."""
    return f"__{name}__"


class Redactor:
    """Takes values out of text.

    Args:
        secrets: value by name; one of fewer than `LEAST` characters stays.
        also: name by further text that stands for it, such as a line of a value.
    """

    def __init__(self, secrets: Mapping[str, str], also: Mapping[str, str] | None = None):
        values = {value: name for name, value in sorted(secrets.items(), reverse=True)}
        known = {**(also or {}), **values}
        hidden = sorted((value for value in known if len(value) >= LEAST), key=_longest_first)
        self._long = [
            (value, _core(value), mark(known[value]))
            for value in hidden
            if len(value) > LONGEST_SPELLED
        ]
        self._short = [
            (value, _verbatim(value), mark(known[value])) for value in hidden[len(self._long) :]
        ]

    def text(self, text: str) -> str:
        """Return a text with names in the place of values."""
        for value, _, name in self._long:
            text = text.replace(value, name)
        return self._without_short(self._without_long(text))

    def json(self, value: Json) -> Any:
        """Return what JSON can hold, redacted in each text and each name of a field."""
        if not self._hides:
            return value
        return _each_text(value, self.text)

    def answered(self, one: Answered) -> Answered:
        """Return a call with its reply, redacted."""
        if not self._hides:
            return one
        return Answered(
            Call(one.call.kind, self.json(one.call.request)),
            self.json(one.reply),
            self.json(one.failure),
        )

    @property
    def _hides(self) -> bool:
        return bool(self._long or self._short)

    def _without_long(self, text: str) -> str:
        """Return a text without long values that are spelled in another way than as they are."""
        spans = [
            (*span, name)
            for plain in (_plain_forms(text) if self._long else ())
            for _, core, name in self._long
            for span in plain.spans(core)
        ]
        left: list[str] = []
        at = 0
        for begin, end, name in sorted(spans):
            if begin >= at:
                left += (text[at:begin], name)
            at = max(at, end)
        return "".join([*left, text[at:]])

    def _without_short(self, text: str) -> str:
        """Return a text without short values, the first one first, of several the longest.

        Each is looked for by a pattern of its own, and only where what all its spellings share
        stands in the text: a pattern of all values costs each character of the text all of them.
        """
        there = [(value, name) for value, verbatim, name in self._short if verbatim in text]
        nearest = [
            (found.start(), order, found)
            for order, (value, _) in enumerate(there)
            if (found := _pattern(value).search(text))
        ]
        heapify(nearest)
        left: list[str] = []
        at = 0
        while nearest:
            begin, order, found = nearest[0]
            value, name = there[order]
            if begin >= at:
                left += (text[at:begin], name)
                at = found.end()
            again = _pattern(value).search(text, at)
            if again is None:
                heappop(nearest)
            else:
                heapreplace(nearest, (again.start(), order, again))
        return "".join([*left, text[at:]])


def restored(one: Answered, secrets: Mapping[str, str]) -> Answered:
    """Return a redacted call with its reply, in which values stand in the place of names again.

    A text that is JSON has them as JSON spells them, any other one as they are. The call stays
    redacted: how it spelled a value is not on record.

    Args:
        one: redacted.
        secrets: value by name; a name that is not among them stays.
    """

    def text(found: str) -> str:
        named = [name for name in secrets if mark(name) in found]
        in_json = bool(named) and _is_json(found)
        for name in named:
            value = secrets[name]
            spelled = json.dumps(value, ensure_ascii=False)[1:-1] if in_json else value
            found = found.replace(mark(name), spelled)
        return found

    return Answered(one.call, _each_text(one.reply, text), _each_text(one.failure, text))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _each_text(value: Json, change: Callable[[str], str]) -> Any:
    """Return what JSON can hold, with each text and each name of a field changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {
            _each_text(key, change): _each_text(inner, change)
            for key, inner in value.items()  # pyright: ignore[reportUnknownVariableType]
        }
    if isinstance(value, list | tuple):
        return [_each_text(inner, change) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _longest_first(value: str) -> tuple[int, str]:
    return (-len(value), value)


def _verbatim(value: str) -> str:
    """Return the longest part of a value that every spelling of it has as it is."""
    return max(_SAFE_RUN.findall(value), key=len, default="")


@lru_cache(maxsize=4096)
def _pattern(value: str) -> re.Pattern[str]:
    """Return what matches a value in any of its spellings."""
    return re.compile(_spelled(value))


def _spelled(value: str) -> str:
    """Return a pattern of a value in all its spellings.

    How many backslashes stand before a character is a matter of how deep in JSON the whole value
    is, so there is one branch for each depth, and in none of them can two parts match the same
    backslash: time grows with the length of the text, whatever it holds.
    """
    branches = ("".join(_at_depth(letter, depth) for letter in value) for depth in _DEPTHS)
    return "|".join(dict.fromkeys(branches))


_DEPTHS: Final = range(NESTED, -1, -1)
"""The deepest first: what is escaped twice begins like what is escaped once."""


@lru_cache(maxsize=4096)
def _at_depth(letter: str, depth: int) -> str:
    """Return a pattern of a character that is so deep in JSON."""
    if _UNRESERVED.fullmatch(letter):
        return re.escape(letter)
    ways = [*_escapes(letter, depth), *_references(letter)]
    if letter == "\\":
        ways.append(_backslashes(2**depth))
    elif letter == '"':
        ways.append(_backslashes(2**depth - 1) + _raw(letter))
    elif letter == "/":
        ways.append(f"{_backslashes(0, 2**depth - 1)}{_raw(letter)}")  # any depth may escape it
    else:
        ways.append(_raw(letter))
    return f"(?:{'|'.join(ways)})"


def _escapes(letter: str, depth: int) -> Iterator[str]:
    """Yield how JSON escapes a character, as it is once that was put into JSON again."""
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    for count in _counts(depth):
        slashes = _backslashes(count)
        yield "".join(f"{slashes}u{_hex(units[at : at + 4])}" for at in range(0, len(units), 4))
        if letter in _LETTERS:
            yield slashes + _LETTERS[letter]


def _counts(depth: int) -> list[int]:
    """Return how many backslashes one is that any of so many depths has added."""
    return [2**below for below in range(depth)]


def _backslashes(least: int, most: int | None = None) -> str:
    """Return a pattern of so many backslashes; of none but so many, unless more are allowed."""
    most = least if most is None else most
    return f"(?:{_raw(chr(92))}){{{least},{most}}}" if most else ""


def _raw(letter: str) -> str:
    """Return a pattern of a character as it is, as bytes taken for latin-1, or in a URL."""
    data = letter.encode("utf-8", "surrogatepass")
    in_url = "".join(f"%(?:25){{0,{NESTED}}}{_hex(f'{one:02x}')}" for one in data)
    ways = [in_url, re.escape(letter)]  # the longer first: a percent sign begins "%25"
    if letter == " ":
        ways.append(rf"\+|%(?:25){{0,{NESTED}}}{_hex('2b')}")  # a plus, quoted again
    if len(data) > 1:
        ways.insert(0, re.escape(data.decode("latin-1")))
    return f"(?:{'|'.join(ways)})"


def _references(letter: str) -> Iterator[str]:
    """Yield how HTML refers to a character."""
    number = ord(letter)
    yield f"&(?:amp;)?#(?:0{{0,3}}{number}|[xX]0{{0,3}}{_hex(f'{number:x}')});"
    if number in codepoint2name:
        yield f"&(?:amp;)?{codepoint2name[number]};"


def _hex(digits: str) -> str:
    return f"(?i:{digits})"


# --- long values --------------------------------------------------------------------------------

_EDGE: Final = 8
"""Bytes at either end of a long value that what stands beside it may have changed the reading of:
they are hidden with it, and not looked for."""
_BACKSLASH: Final = r"(?:\\|%(?:25)*5[Cc])"
_PAIR: Final = rf"u([dD][89abAB][0-9a-fA-F]{{2}}){_BACKSLASH}+u([dD][c-fC-F][0-9a-fA-F]{{2}})"
_READ: Final = re.compile(
    rf"{_BACKSLASH}+(?:{_PAIR}|u([0-9a-fA-F]{{4}})|[bfnrt])?|%(?:25)*([0-9a-fA-F]{{2}})"
)
_REFERENCE: Final = re.compile(
    rf"{_READ.pattern}|(&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z]{{2,10}});)"
)
_BLANK: Final = frozenset([*range(0x21), 0x2B, 0x7F])
"""What is left out of a plain form: control characters and the two spellings of a space."""


class _Plain:
    """A text as bytes in which all spellings are one, and where in the text each of them stands.

    Backslashes are left out, and so are the letters of their escapes and blanks: JSON in JSON adds
    to them, a URL swaps them. A value that holds what looks like an escape is read like one that
    holds what it stands for, which is why its plain form and that of its spellings agree.
    """

    def __init__(self, text: str, tokens: re.Pattern[str], encoding: str = "utf-8"):
        self.read = bytearray()
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._length, self._encoding = len(text), encoding
        at = 0
        for found in tokens.finditer(text):
            self._keep_raw(text, at, found.start())
            self._keep(_meant(found), found.start(), found.end())
            at = found.end()
        self._keep_raw(text, at, len(text))

    def spans(self, core: bytes) -> Iterator[tuple[int, int]]:
        """Yield where in the text a long value stands, by the plain form of all but its ends."""
        at = self.read.find(core) if core else -1
        while at >= 0:
            before, after = at - _EDGE - 1, at + len(core) + _EDGE
            yield (
                self._ends[before] if before >= 0 else 0,
                self._begins[after] if after < len(self._begins) else self._length,
            )
            at = self.read.find(core, at + len(core))

    def _keep_raw(self, text: str, begin: int, end: int) -> None:
        for at in range(begin, end):
            letter = text[at]
            narrow = self._encoding == "utf-8" or letter <= "\xff"
            encoding = self._encoding if narrow else "utf-8"
            self._keep(letter.encode(encoding, "surrogatepass"), at, at + 1)

    def _keep(self, data: bytes, begin: int, end: int) -> None:
        for byte in data:
            if byte not in _BLANK:
                self.read.append(byte)
                self._begins.append(begin)
                self._ends.append(end)


def _meant(found: re.Match[str]) -> bytes:
    """Return the bytes of the characters that an escape stands for; none for a control's."""
    high, low, single, in_url, reference = (*found.groups(), None)[:5]
    if units := single or (high or "") + (low or ""):
        return (
            bytes.fromhex(units)
            .decode("utf-16-be", "surrogatepass")
            .encode("utf-8", "surrogatepass")
        )
    if in_url is not None:
        return bytes.fromhex(in_url)
    if reference is not None:
        return unescape(reference).encode("utf-8", "surrogatepass")
    return b""


def _plain_forms(text: str) -> Iterator[_Plain]:
    """Yield what a text may mean: as it is, as HTML, as bytes that were read as latin-1."""
    yield _Plain(text, _READ)
    if "&" in text:
        yield _Plain(text, _REFERENCE)
    if not text.isascii():
        yield _Plain(text, _READ, "latin-1")


def _core(value: str) -> bytes:
    """Return what is looked for of a long value; nothing if it is hardly more than blanks."""
    return bytes(_Plain(value, _READ).read[_EDGE:-_EDGE])
