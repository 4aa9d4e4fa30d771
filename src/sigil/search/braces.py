"""Where do C++, TypeScript and their relatives define a function or class?

A scanner, not a parser: it blanks strings and comments, finds the name where a definition
can stand, and takes the balanced block after it. Whatever it is not sure about it refuses
with `NotSure`, so that the user puts markers there instead; a wrong region would let a
candidate edit what nobody pinned.

Not here: Python (`sigil.search.definitions`); the languages that have a grammar, where it is
installed (`sigil.search.syntax`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_SEMICOLONS = frozenset({"c", "cpp", "java", "csharp"})
_KEYWORD_FIRST = {
    "go": "func",
    "rust": "fn",
    "swift": "func",
    "kotlin": "(?:fun|class)",
    "php": "function",
}
_SCRIPTS = frozenset({"typescript", "javascript"})
_TYPES = r"(?:class|struct|interface|enum|union|trait|impl|namespace|object|extension)"
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NOT_BEFORE = re.compile(r"(?:\bnew|\breturn|\bthrow|\bawait|\bcase|\belse|[.=!&|+*/%?<,(\[-])\s*$")
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\r?\n)*[^\n]*", re.MULTILINE)

LANGUAGES = {
    "c": ("c", "h"),
    "cpp": ("cc", "cpp", "cxx", "hpp", "hh", "hxx", "cu", "cuh", "ipp"),
    "java": ("java",),
    "csharp": ("cs",),
    "go": ("go",),
    "rust": ("rs",),
    "swift": ("swift",),
    "kotlin": ("kt", "kts"),
    "php": ("php",),
    "typescript": ("ts", "tsx", "mts", "cts"),
    "javascript": ("js", "jsx", "mjs", "cjs"),
}
"""Languages that this scanner reads, with the endings of their files."""


class NotSure(Exception):
    """A definition whose extent this scanner will not guess.

    Args:
        problem: what it stumbled over.
        line: 1-based.
    """

    def __init__(self, problem: str, line: int):
        super().__init__(problem)
        self.problem = problem
        self.line = line


@dataclass(frozen=True, slots=True)
class Block:
    """One definition with its balanced block.

    Args:
        first: line where its declaration begins.
        last: line of the closing brace.
        header: the declaration up to the brace, blanks collapsed, comments left out.
    """

    first: int
    last: int
    header: str


@lru_cache(maxsize=512)
def blocks(text: str, symbol: str, language: str) -> tuple[Block, ...]:
    """Return every definition of ``symbol`` in ``text``.

    Args:
        text: the source.
        symbol: a name; ``Class.method`` or ``Class::method`` looks inside ``Class``.
        language: a key of `LANGUAGES`.

    Raises:
        NotSure: it is defined in a form that this scanner does not read.
    """
    masked = _masked(text, language)
    *scopes, name = re.split(r"\.|::", symbol)
    spans = [(0, len(masked))]
    for scope in scopes:
        spans = [
            (opening, closing)
            for low, high in spans
            for _, opening, closing in _types(masked, scope, low, high)
        ]
    found: set[tuple[int, int, int]] = set()
    for low, high in spans:
        types = list(_types(masked, name, low, high))
        # The functions that are called like a type are its constructors.
        found.update(types or _functions(masked, name, low, high, language))
    if scopes and language == "cpp":
        found.update(_functions(masked, "::".join([*scopes, name]), 0, len(masked), language))
    return tuple(_block(text, masked, language, place) for place in sorted(found))


def names(text: str, language: str) -> list[str]:
    """Return identifiers that look defined in ``text``, for a did-you-mean."""
    masked = _masked(text, language)
    pattern = rf"\b{_TYPES}\s+(\w+)|\b(\w+)\s*(?:=\s*(?:async\s*)?)?\("
    return sorted({a or b for a, b in re.findall(pattern, masked)})


def without_texts(text: str, language: str) -> str:
    """Return ``text`` with comments and strings blanked, same length."""
    return _literals(language).sub(lambda found: _blank(found.group()), text)


def _masked(text: str, language: str) -> str:
    """Return ``text`` with comments, strings and preprocessor lines blanked, same length."""
    masked = without_texts(text, language)
    if language in {"c", "cpp"}:
        masked = _PREPROCESSOR.sub(lambda found: _blank(found.group()), masked)
    return masked


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


@lru_cache(maxsize=32)
def _literals(language: str) -> re.Pattern[str]:
    forms = [r"//[^\n]*", r"/\*.*?(?:\*/|\Z)"]
    if language == "cpp":
        forms.append(r'\bR"([^()\\\s]{0,16})\(.*?\)\1"')
    if language == "rust":
        forms.append(r'\br(#*)".*?"\1')
        forms.append(r"'(?:\\.[^'\n]{0,8}|[^'\\\n])'")  # a lone ' is a lifetime
    elif language != "go":
        forms.append(r"'(?:\\.|[^'\\\n])*'")
    else:
        forms.append(r"'(?:\\.[^'\n]{0,8}|[^'\\\n])'")
    if language in {"java", "swift", "kotlin"}:
        forms.append(r'""".*?"""')
    forms.append(r'"(?:\\.|[^"\\\n])*"')
    if language in _SCRIPTS or language == "go":
        forms.append(r"`(?:\\.|[^`\\])*`")
    if language in _SCRIPTS:
        # A regular expression stands where a value may begin.
        forms.append(r"(?<=[=(,:\[!&|?{};])\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/")
    return re.compile("|".join(forms), re.DOTALL)


def _types(masked: str, name: str, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Yield (start of the name, opening brace, closing brace) of each type called ``name``."""
    pattern = re.compile(rf"\b{_TYPES}\s+(?:\w+\s+)?{re.escape(name)}\b(?=[^;(){{}}=]*\{{)")
    for found in pattern.finditer(masked, low, high):
        opening = masked.index("{", found.end())
        yield found.start(), opening, _balanced(masked, opening)


def _functions(
    masked: str, name: str, low: int, high: int, language: str
) -> Iterator[tuple[int, int, int]]:
    """Yield (start of the name, opening brace, closing brace) of each function ``name``."""
    for found in re.finditer(rf"(?<![\w$.]){re.escape(name)}(?![\w$])", masked[low:high]):
        at, end = low + found.start(), low + found.end()
        line_start = masked.rfind("\n", 0, at) + 1
        arrow = language in _SCRIPTS and _is_bound(masked, line_start, at, end)
        if not arrow and not _may_define(masked, name, at, line_start, language):
            continue
        opening = _body_of_value(masked, end) if arrow else _body(masked, end, language)
        if opening is not None and not (language in _SCRIPTS and _is_call(masked, at, opening)):
            yield at, opening, _balanced(masked, opening)


def _is_call(masked: str, at: int, opening: int) -> bool:
    """Return whether this is a call without semicolon, and the block after it another thing."""
    gap = masked[masked.rfind(")", at, opening) + 1 : opening]
    return gap.isspace() and "\n" in gap and not re.search(r"function\b[\s*]*$", masked[:at][-40:])


def _may_define(masked: str, name: str, at: int, line_start: int, language: str) -> bool:
    before = masked[line_start:at]
    keyword = _KEYWORD_FIRST.get(language)
    if keyword is not None:
        return (
            re.search(rf"\b{keyword}\b\s*(?:\([^()]*\)\s*|&\s*|<[^<>]*>\s*)?$", before) is not None
        )
    if "::" in masked[max(at - 2, 0) : at] and "::" not in name:
        return False
    before_pointer = re.sub(r"(?<=\w)(?:\s*[*&])+\s*$|(?<=\w)\s+(?:[*&]\s*)+$", "", before)
    if language in _SEMICOLONS and before_pointer != before:
        before = before_pointer
    elif language in _SCRIPTS:
        before = re.sub(r"\bfunction\s*\*\s*$|^\s*\*\s*$", "", before)
    return not _NOT_BEFORE.search(re.sub(r">\s*$", "", before))


def _is_bound(masked: str, line_start: int, at: int, end: int) -> bool:
    """Return whether the name is bound by const, let or var, or is a field, to a value."""
    declared = re.search(
        r"\b(?:const|let|var|readonly|static|private|public)\s+$", masked[line_start:at]
    )
    return (
        bool(declared) and re.match(r"\s*(?::[^=;]*(?:=>[^=;]*)*)?=(?!=)", masked[end:]) is not None
    )


def _body_of_value(masked: str, end: int) -> int | None:
    """Return the brace of ``= function (…) {`` or ``= (…) => {``, or None for other values."""
    value = re.compile(r"=(?![=>])\s*(?:async\s+|async(?=\())?").search(masked, end)
    if value is None:
        return None
    function = re.compile(r"function\b\s*\*?\s*\w*\s*").match(masked, value.end())
    if function:
        return _body(masked, function.end(), "typescript")
    if masked[value.end() : value.end() + 1] == "(":
        after = _balanced(masked, value.end()) + 1
        arrow = re.compile(r"\s*(?::[^{};]*?)?=>\s*").match(masked, after)
    else:
        arrow = re.compile(r"\w+\s*=>\s*").match(masked, value.end())
    if arrow is None:
        return None
    if masked[arrow.end() : arrow.end() + 1] != "{":
        raise NotSure("an arrow function without braces", _line(masked, end))
    return arrow.end()


def _body(masked: str, end: int, language: str) -> int | None:
    """Return the opening brace of the body after a name, or None if this defines nothing."""
    at = _after_blank(masked, end)
    if masked[at : at + 1] == "<":
        generic = re.compile(r"<[^;{}()]*>\s*(?=\()").match(masked, at)
        if generic is None:
            return None
        at = generic.end()
    if masked[at : at + 1] == "[" and language == "go":
        at = _after_blank(masked, _balanced(masked, at) + 1)
    if masked[at : at + 1] != "(":
        return None
    return _brace_after_parameters(masked, _balanced(masked, at) + 1, language)


def _brace_after_parameters(masked: str, at: int, language: str) -> int | None:
    """Return the brace after specifiers such as ``const noexcept`` or ``where T: X``."""
    if language in _SCRIPTS:
        return _brace_after_type(masked, at)
    signs = re.compile(r"[{(\[;)}\]=]|(?<!:):(?!:)")
    while found := signs.search(masked, at):
        char, at = found.group(), found.end()
        if char == "{":
            return found.start()
        if char in "([":
            at = _balanced(masked, found.start()) + 1
        elif char in ";)}]=":
            return None  # a call, a declaration, `= 0`, or an expression for a body
        elif language == "cpp":
            raise NotSure("a constructor with an initialiser list", _line(masked, at))
    return None


def _brace_after_type(masked: str, at: int) -> int | None:
    """Return the brace after an optional result type, whose own braces are skipped."""
    at = start = _after_blank(masked, at)
    typed = masked[at : at + 1] == ":"
    while masked[at : at + 1] == "{" or (typed and at < len(masked)):
        if masked[at] == "{" and not re.search(r"(?:[:|&<,]|=>)\s*$", masked[start:at]):
            return at
        if masked[at] in _CLOSING:
            at = _balanced(masked, at)
        elif masked[at] in ";)}]" or re.match(r"=(?!>)", masked[at : at + 2]):
            return None
        at += 1
    return None


def _balanced(masked: str, opening: int) -> int:
    """Return the index of the bracket that closes the one at ``opening``."""
    waiting: list[str] = []
    for found in re.compile(r"[()\[\]{}]").finditer(masked, opening):
        char = found.group()
        if char in _CLOSING:
            waiting.append(_CLOSING[char])
        elif waiting.pop() != char:
            raise NotSure("brackets that do not match", _line(masked, found.start()))
        if not waiting:
            return found.start()
    raise NotSure("a bracket that is never closed", _line(masked, opening))


def _block(text: str, masked: str, language: str, place: tuple[int, int, int]) -> Block:
    name, opening, closing = place
    first = masked.rfind("\n", 0, name) + 1
    while first > 0 and _continues(masked, first, language):
        first = masked.rfind("\n", 0, first - 1) + 1
    end_of_line = masked.find("\n", closing)
    tail = masked[closing + 1 : end_of_line if end_of_line >= 0 else len(masked)]
    before = masked[first:name]
    if re.search(r"[;{}]", before) or tail.strip(" \t\r;,)"):
        raise NotSure("other code on the same lines", _line(masked, name))
    header = " ".join(
        re.sub(r"//[^\n]*|/\*.*?\*/", " ", text[first:opening], flags=re.DOTALL).split()
    )
    return Block(_line(masked, first), _line(masked, closing), header)


def _continues(masked: str, first: int, language: str) -> bool:
    """Return whether the line above belongs to the declaration that begins at ``first``."""
    start = masked.rfind("\n", 0, first - 1) + 1
    above = masked[start : first - 1].strip()
    if above.startswith("@") or (language in {"rust", "csharp"} and above.startswith(("#[", "["))):
        return True
    if language not in _SEMICOLONS or not above:
        return False
    return not above.endswith((";", "{", "}", ":", ",", ")"))


def _after_blank(masked: str, at: int) -> int:
    while at < len(masked) and masked[at].isspace():
        at += 1
    return at


def _line(masked: str, at: int) -> int:
    return masked.count("\n", 0, at) + 1
