"""Which lines may change: pins, located in the text of the tree.

A pin means, in this order: what its query captures; its symbol; the lines between its
delimiters; the lines between comment markers that carry its id,

    # sigil: begin my_pin
    # sigil: end my_pin

(any comment leader; the marker lines stay as they are); else every file that its globs
select, whole. Pure: the caller reads the tree.

Not here: what pins and regions are (`sigil.search.regions`); what a patch may do
to a region (`sigil.search.patch`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sigil.errors import (
    DependencyMissing,
    InvalidValue,
    NotYet,
    PinAmbiguous,
    PinNotFound,
    Where,
)
from sigil.search import braces
from sigil.search.definitions import NotPython, interface, outline
from sigil.search.markers import marked
from sigil.search.recent import Recent
from sigil.search.regions import Pin, Region, count_lines, language_of, selects
from sigil.search.syntax import capturing, grammars
from sigil.search.syntax import definitions as syntax
from sigil.search.syntax.query import BadQuery

__all__ = ["Pin", "Region", "count_lines", "language_of", "locate", "selects"]

_SHOWN = 3
_USE_MARKERS = "put `sigil: begin {id}` and `sigil: end {id}` in comments around the code instead"


def locate(
    pins: Sequence[Pin], files: Mapping[str, str], where: Mapping[str, Where] | None = None
) -> tuple[Region, ...]:
    """Return the regions of ``pins``, ordered as the pins are, then by path and line.

    Args:
        pins: with distinct ids.
        files: text by path relative to the root; those that no pin selects are ignored.
        where: the place of each pin in the spec, by pin id, for messages.

    Raises:
        PinNotFound: a pin matches nothing.
        PinAmbiguous: a symbol or delimiter matches more than once.
        InvalidValue: pins overlap or share an id, a marker is malformed, a pinned file
            does not parse, a regex does not compile.
        NotYet: a symbol in a language that is not known, or of an uncertain extent.
        DependencyMissing: a query, and the extra ``languages`` is not installed.
    """
    key = tuple(pins), tuple(files.items())
    known = _located.get(key)
    if known is not None:
        return known
    ids = {pin.id for pin in pins}
    regions: list[Region] = []
    for pin in pins:
        place = (where or {}).get(pin.id) or Where(field=f"pins.{pin.id}")
        if sum(other.id == pin.id for other in pins) > 1:
            raise InvalidValue(f"two pins are called {pin.id!r}", where=place, remedy="rename one")
        regions += _locate(pin, files, place, ids)
    _refuse_overlaps(regions, where or {})
    return _located.keep(key, tuple(regions))


# A parent is located for its prompt, for the answer and for each check of a change.
_located: Recent[tuple[tuple[Pin, ...], tuple[tuple[str, str], ...]], tuple[Region, ...]] = Recent(
    32
)


def _locate(pin: Pin, files: Mapping[str, str], place: Where, ids: set[str]) -> list[Region]:
    try:
        selected = {path: files[path] for path in sorted(files) if selects(pin, path)}
    except InvalidValue as error:
        raise InvalidValue(error.problem, where=place, remedy=error.remedy) from error
    if not selected:
        raise PinNotFound(
            f"no file matches {', '.join(pin.files) or 'an empty list of files'}",
            where=place,
            remedy=_did_you_mean(pin.files[0] if pin.files else "", files),
        )
    if pin.ast_query is not None:
        return [_by_query(pin, pin.ast_query, selected, place)]
    if pin.symbol is not None:
        return [_by_symbol(pin, pin.symbol, selected, place)]
    if pin.start is not None or pin.end is not None:
        return [_by_delimiters(pin, selected, place)]
    return _by_markers(pin, selected, place, ids) or [
        Region(pin.id, path, 1, count_lines(text), whole=True) for path, text in selected.items()
    ]


# --- by symbol --------------------------------------------------------------------------


def _by_symbol(pin: Pin, symbol: str, files: Mapping[str, str], place: Where) -> Region:
    name = symbol.replace(".<locals>.", ".")
    words = re.findall(r"\w+", name)
    mentioned = words[-1] if words else name
    found: list[Region] = []
    for path, text in files.items():
        if mentioned in text:
            found += _definitions(pin, name, path, text, place)
    if not found:
        raise PinNotFound(
            f"{symbol!r} is not defined in {_listed(files)}",
            where=place,
            remedy=_did_you_mean(name, _symbols(pin, files)),
        )
    if len(found) > 1:
        raise _ambiguous(f"{symbol!r} is defined", [(r.path, r.first) for r in found], pin, place)
    return found[0]


def _definitions(pin: Pin, name: str, path: str, text: str, place: Where) -> list[Region]:
    language = language_of(pin, path)
    if language == "python":
        return _python_definitions(pin, name, path, text)
    grammar = grammars.grammar_of(language, path)
    try:
        if grammar is not None and grammars.available(grammar):
            return _syntax_definitions(pin, name, path, text, grammar)
        if language in braces.LANGUAGES:
            found = braces.blocks(text, name, language)
            return [Region(pin.id, path, block.first, block.last, block.header) for block in found]
    except braces.NotSure as error:
        raise NotYet(
            f"{path}:{error.line}: the extent of {name!r} is not certain: {error.problem}",
            where=place,
            remedy=_USE_MARKERS.format(id=pin.id),
        ) from error
    except grammars.Unparsable as error:
        raise _unparsable(path, error) from error
    raise NotYet(
        f"no symbols can be found in {path} ({language or 'unknown language'})",
        where=place,
        remedy=_USE_MARKERS.format(id=pin.id),
    )


def _syntax_definitions(pin: Pin, name: str, path: str, text: str, grammar: str) -> list[Region]:
    among = syntax.definitions(text, grammar)
    return [
        Region(pin.id, path, one.first, one.last, syntax.interface(one, among))
        for one in syntax.find(text, name, grammar)
    ]


def _unparsable(path: str, error: grammars.Unparsable) -> InvalidValue:
    return InvalidValue(
        f"no syntax tree can be made of it: {error.problem}",
        where=Where(path, error.line),
        remedy="pin by markers, or mend it",
    )


def _python_definitions(pin: Pin, name: str, path: str, text: str) -> list[Region]:
    try:
        all_of_them = outline(text)
    except NotPython as error:
        raise _not_python(path, error) from error
    return [
        Region(pin.id, path, one.first, one.last, interface(one, all_of_them))
        for one in all_of_them
        if one.name == name
    ]


def _not_python(path: str, error: NotPython) -> InvalidValue:
    return InvalidValue(
        f"not Python source: {error.problem}",
        where=Where(path, error.line),
        remedy="mend it before pinning anything in it",
    )


def _symbols(pin: Pin, files: Mapping[str, str]) -> list[str]:
    """Return what could have been meant; a file that does not parse offers nothing."""
    known: list[str] = []
    for path, text in files.items():
        language = language_of(pin, path)
        grammar = grammars.grammar_of(language, path)
        try:
            if language == "python":
                known += [one.name for one in outline(text)]
            elif grammar is not None and grammars.available(grammar):
                known += [one.name for one in syntax.definitions(text, grammar)]
            elif language in braces.LANGUAGES:
                known += braces.names(text, language)
        except (NotPython, grammars.Unparsable):
            continue
    return known


# --- by query ---------------------------------------------------------------------------


def _by_query(pin: Pin, query: str, files: Mapping[str, str], place: Where) -> Region:
    found: list[Region] = []
    for path, text in files.items():
        language = language_of(pin, path)
        grammar = grammars.grammar_of(language, path)
        if grammar is None:
            raise InvalidValue(
                f"there is no grammar for {path} ({language or 'unknown language'})",
                where=place,
                remedy=f"set language to one of {', '.join(grammars.LANGUAGES)}",
            )
        found += _captured(pin, query, grammar, (path, text), place)
    if not found:
        problem = f"ast_query matches nothing in {_listed(files)}"
        raise PinNotFound(problem, where=place, remedy="compare it with the syntax tree")
    if len(found) > 1:
        raise _ambiguous("ast_query matches", [(r.path, r.first) for r in found], pin, place)
    return found[0]


def _captured(
    pin: Pin, query: str, grammar: str, file: tuple[str, str], place: Where
) -> list[Region]:
    path, text = file
    try:
        found = capturing.capture(text, query, grammar)
    except BadQuery as error:
        raise InvalidValue(
            f"ast_query: {error.problem}", where=place, remedy=error.remedy
        ) from error
    except DependencyMissing as error:
        raise DependencyMissing(error.problem, where=place, remedy=error.remedy) from error
    except braces.NotSure as error:
        raise InvalidValue(
            f"{path}:{error.line}: what ast_query captures has no lines of its own: "
            f"{error.problem}",
            where=place,
            remedy="capture a node that begins and ends its lines",
        ) from error
    except grammars.Unparsable as error:
        raise _unparsable(path, error) from error
    return [
        Region(pin.id, path, one.first, one.last, _kept(one, grammar, path, text)) for one in found
    ]


def _kept(one: capturing.Captured, grammar: str, path: str, text: str) -> str | None:
    """Return the signature that has to stay; that of Python is the one its symbol has."""
    if grammar != "python" or one.definition is None:
        return one.signature
    try:
        known = outline(text)
    except NotPython as error:
        raise _not_python(path, error) from error
    same = (d for d in known if d.name == one.definition and d.last == one.last_of_definition)
    return next((interface(definition, known) for definition in same), one.signature)


# --- by delimiters and markers ----------------------------------------------------------


def _by_delimiters(pin: Pin, files: Mapping[str, str], place: Where) -> Region:
    if pin.start is None or pin.end is None:
        raise InvalidValue(
            "a pin by delimiters needs both start and end", where=place, remedy="add the other one"
        )
    start, end = _regex(pin.start, "start", place), _regex(pin.end, "end", place)
    begins = [
        (path, number)
        for path, text in files.items()
        for number, line in enumerate(text.split("\n"), 1)
        if start.search(line)
    ]
    if not begins:
        remedy = f"correct the regex {pin.start!r}"
        raise PinNotFound(f"no line of {_listed(files)} matches start", where=place, remedy=remedy)
    if len(begins) > 1:
        raise _ambiguous("start matches", begins, pin, place)
    path, opening = begins[0]
    for number, line in enumerate(files[path].split("\n")[opening:], opening + 1):
        if end.search(line):
            return Region(pin.id, path, opening + 1, number - 1)
    raise PinNotFound(
        f"no line after {path}:{opening} matches end",
        where=place,
        remedy=f"correct the regex {pin.end!r}",
    )


@lru_cache(maxsize=256)
def _regex(pattern: str, key: str, place: Where) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InvalidValue(
            f"{key}: not a regular expression: {error}",
            where=place,
            remedy="escape special characters",
        ) from error


def _by_markers(pin: Pin, files: Mapping[str, str], place: Where, ids: set[str]) -> list[Region]:
    found: list[Region] = []
    strangers: list[tuple[str, str, int]] = []
    for path, text in files.items():
        if "sigil:" not in text:
            continue
        for name, first, last in marked(path, text):
            if name == pin.id:
                found.append(Region(pin.id, path, first, last))
            elif name not in ids:
                strangers.append((name, path, first - 1))
    if len(found) > 1:
        places = [(region.path, region.first - 1) for region in found]
        raise _ambiguous(f"`sigil: begin {pin.id}` stands", places, pin, place)
    if not found and strangers:
        # A misspelt marker must not quietly open the whole file.
        name, path, line = strangers[0]
        raise PinNotFound(
            f"{path}:{line} marks {name!r}, and nothing marks {pin.id!r}",
            where=place,
            remedy="give pin and marker one name, or take the marker away to pin whole files",
        )
    return found


# --- messages ---------------------------------------------------------------------------


def _refuse_overlaps(regions: Sequence[Region], where: Mapping[str, Where]) -> None:
    previous: Region | None = None
    for region in sorted(regions, key=lambda r: (r.path, r.first, r.last)):
        if previous and previous.path == region.path and region.first <= previous.last:
            raise InvalidValue(
                f"{region.pin_id!r} and {previous.pin_id!r} both pin "
                f"{region.path}:{region.first}-{min(region.last, previous.last)}",
                where=where.get(region.pin_id) or Where(field=f"pins.{region.pin_id}"),
                remedy="let every line belong to one pin",
            )
        previous = region


def _ambiguous(
    what: str, places: Sequence[tuple[str, int]], pin: Pin, place: Where
) -> PinAmbiguous:
    shown = " and ".join(f"{path}:{line}" for path, line in places[:4])
    return PinAmbiguous(
        f"{what} {len(places)} times: {shown}",
        where=place,
        remedy=f"narrow `files`, or {_USE_MARKERS.format(id=pin.id)}",
    )


def _listed(files: Iterable[str]) -> str:
    paths = list(files)
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    options = sorted(set(known))
    tails = {option.rpartition(".")[2]: option for option in reversed(options)}
    close = difflib.get_close_matches(name, options, n=1) or [
        tails[tail] for tail in difflib.get_close_matches(name.rpartition(".")[2], tails, n=1)
    ]
    if close:
        return f"did you mean {close[0]}?"
    return f"there are: {_listed(options)}" if options else "there is nothing to pin"
