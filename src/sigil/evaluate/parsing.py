r"""How a number or an answer is read from what a command left: its exit code and stdout.

Pure. The forms of ``parse``:

* ``exit_code==0`` (or another number, or ``!=``): an answer; checkers only;
* ``regex:p50=([0-9.]+)``, or a bare regex with one group: the number in the group, or in the
  whole match if ``regex:`` has no group; for a checker, whether it matches at all. Lines as
  in ``re.MULTILINE``; the first match counts;
* ``json:results[0].p50`` or ``json:$.a.b``: the value at that path, where stdout, or else
  its last line, is JSON;
* nothing: a timer is the command's wall time, a checker its exit code, a numeric the whole stdout.

Output is untrusted. Numbers are decimal, finite and nothing else. Whoever can print can print a
second result, so more matches than the baseline had are refused. A regex may backtrack
for ever on hostile text: `sigil.evaluate.matching` bounds that, and `read` takes it as
``search``. The default `plain_search` is for trusted text alone.

Not here: running commands.
"""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, cast

from sigil.errors import InvalidParse, Where

CommandKind = Literal["timer", "checker", "numeric"]
FailedKind = Literal["nothing", "number", "surplus", "slow", "flood"]

MAX_TEXT = 4 * 2**20
MAX_PATTERN = 1_000
MAX_MATCHES = 10_000
MAX_DIGITS = 400  # beyond the longest float that anybody prints in full
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_EXIT_CODE = re.compile(r"exit_code\s*(==|!=)\s*([0-9]{1,3})")
_STEP = re.compile(r"\.?([A-Za-z_][\w-]*)|\[(-?[0-9]{1,9})\]|\[\"([^\"]*)\"\]|\['([^']*)'\]")
_SHOWN = 60


class ParseFailed(Exception):
    """Output that holds no value. A finding about what ran, not an error of Sigil.

    Args:
        kind: ``nothing`` matched; not a finite ``number`` (or answer); a ``surplus`` of
            matches; too ``slow`` or too large to match; a ``flood`` of text.
        detail: one clause; what it quotes is escaped and cut.
    """

    def __init__(self, kind: FailedKind, detail: str):
        super().__init__(detail)
        self.kind: FailedKind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value, and in how many places the output offered one.

    Args:
        value: a finite float, or the answer of a checker.
        matches: the baseline's is the most that a candidate may have.
    """

    value: float | bool
    matches: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Args:
        first: the group of the first match, or the whole match; None if nothing matched.
        matches: how many there are, counted up to `MAX_MATCHES`.
    """

    first: str | None
    matches: int


Search = Callable[[re.Pattern[str], str], Found]


# --- forms ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WallTime:
    """The command's wall time, in ms; nothing is parsed."""


@dataclass(frozen=True, slots=True)
class ExitCode:
    """Whether the exit code is, or is not, ``code``."""

    code: int = 0
    equal: bool = True


@dataclass(frozen=True, slots=True)
class Regex:
    """A number in the first match, or, for a checker, whether there is one."""

    pattern: re.Pattern[str]
    answer: bool = False


@dataclass(frozen=True, slots=True)
class JsonPath:
    """The value at a path of keys and indices; for a checker it must be true or false."""

    steps: tuple[str | int, ...]
    answer: bool = False


@dataclass(frozen=True, slots=True)
class WholeOutput:
    """All of stdout, white space at its ends aside, is the number."""


Form = WallTime | ExitCode | Regex | JsonPath | WholeOutput


def parse_form(text: str | None, kind: CommandKind, *, where: Where | None = None) -> Form:
    """Parse the ``parse`` of a metric.

    Args:
        text: as its author wrote it, None where there is none.
        kind: of the metric; it decides what the value must be.
        where: its place in the document.

    Raises:
        InvalidParse: none of the forms, or one that does not fit ``kind``.
    """
    if text is None:
        return {"timer": WallTime(), "checker": ExitCode(), "numeric": WholeOutput()}[kind]
    text = text.strip()
    if not text:
        raise InvalidParse("empty", where=where, remedy="write a form, or leave the key out")
    if text.startswith("exit_code"):
        return _exit_code(text, kind, where)
    if text.startswith("json:"):
        return JsonPath(_steps(text.removeprefix("json:").strip(), where), kind == "checker")
    return _regex(text, kind, where)


def _exit_code(text: str, kind: CommandKind, where: Where | None) -> ExitCode:
    match = _EXIT_CODE.fullmatch(text)
    if match is None:
        raise InvalidParse(f"{text!r} is not a form", where=where, remedy="write exit_code==0")
    if kind != "checker":
        raise InvalidParse(
            f"an exit code is no number for a {kind}",
            where=where,
            remedy="use kind: checker, or a regex with one group",
        )
    return ExitCode(int(match[2]), match[1] == "==")


def _steps(path: str, where: Where | None) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    position = 1 if path.startswith("$") else 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise InvalidParse(
                f"json path: {path[position]!r} at character {position + 1} means nothing here",
                where=where,
                remedy="write a path such as json:results[0].p50",
            )
        name, index = next(filter(None, (match[1], match[3], match[4])), ""), match[2]
        steps.append(int(index) if index else name)
        position = match.end()
    return tuple(steps)


def _regex(text: str, kind: CommandKind, where: Where | None) -> Regex:
    pattern = _compile(text.removeprefix("regex:"), where)
    if pattern.groups > 1:
        raise InvalidParse(
            f"{pattern.groups} groups in the regex",
            where=where,
            remedy="keep ( ) around the number and write (?: ) for the others",
        )
    bare = not text.startswith("regex:")
    if bare and pattern.groups == 0 and kind != "checker":
        raise InvalidParse("no group in the regex", where=where, remedy="put ( ) around the number")
    return Regex(pattern, kind == "checker")


def _compile(expression: str, where: Where | None) -> re.Pattern[str]:
    if not expression:
        raise InvalidParse("the regex is empty", where=where)
    if len(expression) > MAX_PATTERN:
        raise InvalidParse(f"a regex longer than {MAX_PATTERN:,} characters", where=where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "[[" may mean something else one day
            return re.compile(expression, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else error
        raise InvalidParse(
            f"the regex does not compile: {problem}",
            where=where,
            remedy="in YAML write it in single quotes",
        ) from error


# --- reading ----------------------------------------------------------------------------


def plain_search(pattern: re.Pattern[str], text: str) -> Found:
    """Search here and now, without a bound in time: for trusted text."""
    first: str | None = None
    count = 0
    for match in pattern.finditer(text):
        if count == 0:
            first = match[pattern.groups]
        count += 1
        if count == MAX_MATCHES:
            break
    return Found(first, count)


def read(
    form: Form,
    exit_code: int,
    stdout: bytes,
    *,
    allowed: int | None = None,
    search: Search = plain_search,
) -> Parsed:
    """Return the value that a command's output holds.

    Args:
        form: how to read it; not `WallTime`, which is not in the output.
        exit_code: 0 to 255. Only `ExitCode` looks at it: whether a timer that fails may
            have a value at all is the caller's decision.
        stdout: undecodable bytes count as U+FFFD.
        allowed: `Parsed.matches` of the baseline; None while the baseline itself is read.
        search: how a regex is matched; bounded for untrusted text.

    Raises:
        ParseFailed: there is no value, or more of them than ``allowed``.
    """
    if isinstance(form, ExitCode):
        return Parsed((exit_code == form.code) is form.equal)
    if len(stdout) > MAX_TEXT:
        raise ParseFailed("flood", f"more than {MAX_TEXT // 2**20} MiB to parse")
    text = stdout.decode("utf-8", "replace")
    match form:
        case Regex():
            parsed = _read_regex(form, text, search)
        case JsonPath():
            parsed = _read_json(form, text)
        case WholeOutput():
            parsed = Parsed(_number(text.strip()))
        case WallTime():
            raise ValueError("a wall time is not in the output")
    if allowed is not None and parsed.matches > allowed:
        raise ParseFailed("surplus", f"{parsed.matches} values where the baseline has {allowed}")
    return parsed


def _read_regex(form: Regex, text: str, search: Search) -> Parsed:
    found = search(form.pattern, text)
    if form.answer:
        return Parsed(found.matches > 0, found.matches)
    if found.first is None:
        raise ParseFailed("nothing", f"the regex matches nothing in {_quoted(text)}")
    return Parsed(_number(found.first), found.matches)


def _read_json(form: JsonPath, text: str) -> Parsed:
    lines = [line for line in text.split("\n") if line.strip()]
    whole = _document(text)
    if whole is not None:
        return Parsed(_leaf(form, whole.value))
    last = _document(lines[-1]) if lines else None
    if last is None:
        raise ParseFailed("nothing", f"no JSON in {_quoted(text)}")
    parsed = Parsed(_leaf(form, last.value))
    return Parsed(parsed.value, 1 + sum(_offers(form, line) for line in lines[:-1]))


def _offers(form: JsonPath, line: str) -> bool:
    """Return whether an earlier line would have been read as a value, too."""
    document = _document(line) if line.lstrip().startswith(("{", "[")) else None
    if document is None:
        return False
    try:
        _at(document.value, form.steps)
    except ParseFailed:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Document:
    value: object


def _document(text: str) -> _Document | None:
    try:
        return _Document(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _leaf(form: JsonPath, document: object) -> float | bool:
    value = _at(document, form.steps)
    if form.answer or isinstance(value, bool):
        if form.answer and isinstance(value, bool):
            return value
        wanted = "true or false" if form.answer else "a number"
        raise ParseFailed("number", f"{_quoted(value)} is not {wanted}")
    if not isinstance(value, int | float):
        raise ParseFailed("number", f"{_quoted(value)} is not a number")
    return _finite(value)


def _at(document: object, steps: tuple[str | int, ...]) -> object:
    value: Any = document
    for step in steps:
        inside = isinstance(value, dict if isinstance(step, str) else list)
        try:
            value = cast("object", value[step]) if inside else _absent(step)
        except (KeyError, IndexError):
            _absent(step)
    return value


def _absent(step: str | int) -> NoReturn:
    raise ParseFailed("nothing", f"the JSON has no {_quoted(str(step))} there")


def _number(text: str) -> float:
    # The length comes first: matching takes time quadratic in a long run of digits.
    if len(text) > MAX_DIGITS or not _NUMBER.fullmatch(text):
        raise ParseFailed("number", f"{_quoted(text)} is not a finite number")
    return _finite(float(text))


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ParseFailed("number", "not a finite number")
    return number


def _quoted(value: object) -> str:
    """Return data of unknown origin in printable form, cut to one short piece."""
    text = value if isinstance(value, str) else type(value).__name__
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return ascii(cut) if isinstance(value, str) else cut
