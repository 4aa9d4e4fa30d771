"""The inputs of call metrics, and whether two values agree.

Pure: bytes in, cases out. A case is an object with any of ``args``, ``kwargs``,
``expected`` and ``raises``, or a bare list (the positional arguments), or any other bare
value (the one argument). What JSON cannot say is written in Python: ``call`` stands for
``args`` and ``kwargs``, as in ``"([1, 2], sep=b',')"``, and ``returns`` for ``expected``.

Not here: calling anything (`sigil.evaluate.measure`), reading files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, NoReturn, cast

from sigil.errors import InvalidValue, MalformedDocument, Where
from sigil.evaluate.agreement import EXACT, Incomparable, Tolerance, agrees, as_json, difference
from sigil.evaluate.literals import NotLiteral, read_arguments, read_literal
from sigil.sandbox.model import Case

__all__ = [
    "EXACT", "MISSING", "GivenCase", "Incomparable", "Tolerance", "agrees", "as_json", "difference",
    "inline_cases", "read_cases",
]  # fmt: skip

MAX_CASES = 100_000
MAX_BYTES = 64 * 2**20
MAX_DEPTH = 100
_KEYS = frozenset({"args", "kwargs", "expected", "raises", "call", "returns"})


class _Missing(Enum):
    """A type with one value, which no document can contain."""

    MISSING = "missing"


MISSING = _Missing.MISSING
"""Stands where a case says nothing about the expected value; None is an expected value."""


@dataclass(frozen=True, slots=True)
class GivenCase:
    """One case as its author gave it.

    Args:
        case: the arguments.
        expected: JSON-like, or `MISSING`; then what the baseline returned is expected.
        raises: the class name of the exception that is expected instead of a value.
        typed: whether ``expected`` was written in Python, so that its types count.
    """

    case: Case
    expected: object = MISSING
    raises: str | None = None
    typed: bool = False

    @property
    def asks_baseline(self) -> bool:
        """Return whether what the unchanged code returns is what is expected."""
        return self.expected is MISSING and self.raises is None

    def accepts(
        self, value: object, tolerance: Tolerance = EXACT, *, baseline: object = MISSING
    ) -> bool:
        """Return whether ``value`` is what this case expects.

        Args:
            value: what the candidate returned.
            tolerance: for numbers.
            baseline: what the baseline returned; it counts where the case says nothing.

        An ``expected`` of a document is JSON, which has no tuples: there a list agrees
        with a tuple. What the baseline returned is compared exactly.
        """
        if self.expected is MISSING:
            return agrees(value, baseline, tolerance)
        found = value if self.typed else as_json(value)
        return agrees(found, self.expected, tolerance)

    def distance(self, value: object, *, baseline: object = MISSING) -> float:
        """Return the mean absolute difference between ``value`` and what is expected.

        Raises:
            Incomparable: the shapes differ, or something is not a finite number.
        """
        return difference(value, baseline if self.expected is MISSING else self.expected)


# --- reading ----------------------------------------------------------------------------


def read_cases(
    raw: bytes, shown_as: str, *, layout: Literal["json", "jsonl"] = "json"
) -> tuple[GivenCase, ...]:
    """Return the cases in the bytes of a file, or in what a generator printed.

    Args:
        raw: UTF-8 text. ``json``: one array of cases, or, if it is not that, one case a line.
            ``jsonl``: always one case a line. Blank lines are skipped.
        shown_as: the file's name in errors.
        layout: ``jsonl`` for ``*.jsonl`` and ``*.ndjson``, else ``json``.

    Raises:
        MalformedDocument: not UTF-8, not JSON, NaN, a key twice, too large, too deep.
        InvalidValue: no case at all, too many, or a case of the wrong shape. Each names
            the line and the case.
    """
    if len(raw) > MAX_BYTES:
        raise MalformedDocument(
            f"larger than {MAX_BYTES // 2**20} MiB",
            where=Where(shown_as),
            remedy="use fewer or smaller cases",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MalformedDocument(
            "not UTF-8 text", where=Where(shown_as, line), remedy="save the file as UTF-8"
        ) from error
    array = layout == "json" and text.lstrip().startswith("[") and not _is_lines(text)
    values = _array_items(text, shown_as) if array else _line_items(text, shown_as)
    return _collect(values, shown_as)


def inline_cases(
    values: list[object], name: str, place: Callable[[str], Where]
) -> tuple[GivenCase, ...]:
    """Return the cases that stand in the eval itself.

    Args:
        values: plain data, as a `sigil.store.documents.Document` holds it.
        name: the field that holds the list, such as ``inputs.cases``.
        place: gives the place of a field.

    Raises:
        InvalidValue: see `read_cases`.
    """
    placed = ((value, place(f"{name}[{i}]")) for i, value in enumerate(values))
    return _checked(placed, place(name))


def _collect(values: Iterator[tuple[object, int]], shown: str) -> tuple[GivenCase, ...]:
    placed = (
        (value, Where(shown, line, f"case {i}")) for i, (value, line) in enumerate(values, start=1)
    )
    return _checked(placed, Where(shown))


def _checked(placed: Iterator[tuple[object, Where]], where: Where) -> tuple[GivenCase, ...]:
    cases: list[GivenCase] = []
    for value, place in placed:
        if len(cases) == MAX_CASES:
            raise InvalidValue(
                f"more than {MAX_CASES:,} cases", where=place, remedy="use fewer cases"
            )
        _require_plain(value, place)
        cases.append(_given(value, place))
    if not cases:
        raise InvalidValue("there is no case", where=where, remedy="give at least one case")
    return tuple(cases)


def _given(value: Any, where: Where) -> GivenCase:
    if isinstance(value, list):
        return GivenCase(Case(args=tuple(cast("list[object]", value))))
    fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    if not _KEYS & fields.keys():
        return GivenCase(Case(args=(cast("object", value),)))
    unknown = sorted(fields.keys() - _KEYS)
    if unknown:
        raise InvalidValue(
            f"unknown key {unknown[0]!r} beside {min(_KEYS & fields.keys())!r}",
            where=where,
            remedy="a case has args, kwargs, expected or raises; wrap an argument: {args: [...]}",
        )
    if "call" in fields or "returns" in fields:
        return _written_in_python(fields, where)
    args, kwargs = fields.get("args", []), fields.get("kwargs", {})
    if not isinstance(args, list):
        raise InvalidValue("args is not a list", where=where, remedy="write args: [...]")
    if not isinstance(kwargs, dict):
        raise InvalidValue("kwargs is not a mapping", where=where, remedy="write kwargs: {...}")
    case = Case(tuple(cast("list[object]", args)), cast("dict[str, object]", kwargs))
    raises = fields.get("raises")
    if raises is not None and ("expected" in fields or not isinstance(raises, str)):
        raise InvalidValue(
            "raises is not the name of an exception, beside no expected value",
            where=where,
            remedy="write raises: ValueError, or expected: ..., not both",
        )
    return GivenCase(case, fields.get("expected", MISSING), raises)


def _written_in_python(fields: dict[str, object], where: Where) -> GivenCase:
    """Return a case whose arguments, or whose value, JSON could not say."""
    pairs = (("args", "call"), ("kwargs", "call"), ("expected", "returns"), ("raises", "returns"))
    for one, other in pairs:
        if one in fields and other in fields:
            problem = f"both {one} and {other}"
            raise InvalidValue(problem, where=where, remedy="keep one of them")
    rest = {key: value for key, value in fields.items() if key not in {"call", "returns"}}
    plain = _given(rest | ({"args": []} if "call" in fields else {}), where)
    try:
        case = plain.case
        if "call" in fields:
            case = Case(*read_arguments(str(fields["call"])))
        if "returns" not in fields:
            return GivenCase(case, plain.expected, plain.raises)
        return GivenCase(case, read_literal(str(fields["returns"])), None, typed=True)
    except NotLiteral as error:
        raise InvalidValue(
            f"{error}", where=where, remedy="""write literals alone, as in call: "([1, 2], n=3)" """
        ) from error


def _require_plain(value: object, where: Where) -> None:
    """Refuse what JSON cannot say, such as a NaN of YAML, and nesting beyond `MAX_DEPTH`."""
    pending: list[tuple[object, int]] = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise InvalidValue(f"nested deeper than {MAX_DEPTH}", where=where)
        if isinstance(item, dict):
            pending.extend((child, depth + 1) for child in cast("dict[str, object]", item).values())
        elif isinstance(item, list):
            pending.extend((child, depth + 1) for child in cast("list[object]", item))
        elif isinstance(item, float) and not math.isfinite(item):
            raise InvalidValue(f"{item} is not a JSON number", where=where)
        elif item is not None and not isinstance(item, str | int | float):
            raise InvalidValue(f"a {type(item).__name__} is not JSON-like", where=where)


def _is_lines(text: str) -> bool:
    """Return whether a text that starts with ``[`` goes on after that array: one case a line."""
    try:
        _, end = _DECODER.raw_decode(text, len(text) - len(text.lstrip()))
    except (ValueError, RecursionError):
        return False  # reading it as an array says what is wrong, and where
    return bool(text[end:].strip())


def _array_items(text: str, shown: str) -> Iterator[tuple[object, int]]:
    """Yield the items of the one JSON array in ``text``, each with its line."""
    position, line = _skip(text, text.index("[") + 1), 1
    counted = 0
    while not text.startswith("]", position):
        line, counted = line + text.count("\n", counted, position), position
        value, position = _decode(text, position, shown, 0)
        yield value, line
        position = _skip(text, position)
        if text.startswith(",", position):
            position = _skip(text, position + 1)
            if text.startswith("]", position):
                _malformed("a comma before the closing bracket", shown, text, position)
        elif not text.startswith("]", position):
            _malformed("expected , or ] after a case", shown, text, position)


def _line_items(text: str, shown: str) -> Iterator[tuple[object, int]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            start = _skip(line, 0)
            value, end = _decode(line, start, shown, number - 1)
            if line[end:].strip():
                raise MalformedDocument(
                    "more than one value in the line",
                    where=Where(shown, number),
                    remedy="write one case a line",
                )
            yield value, number


def _decode(text: str, start: int, shown: str, lines_before: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        where = Where(shown, lines_before + error.lineno)
        raise MalformedDocument(
            f"not valid JSON: {error.msg} at column {error.colno}", where=where
        ) from error
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        problem = "nested too deeply" if deep else f"not valid JSON: {error}"
        line = lines_before + text.count("\n", 0, start) + 1
        raise MalformedDocument(problem, where=Where(shown, line)) from error


def _malformed(problem: str, shown: str, text: str, position: int) -> NoReturn:
    line = text.count("\n", 0, position) + 1
    raise MalformedDocument(f"not valid JSON: {problem}", where=Where(shown, line))


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise ValueError(f"the key {twice!r} stands twice")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_once_each)
