"""Single edits that make an expression richer: combined, wrapped, guarded, copied.

Not here: grown at random (`grammar`, `chance`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from sigil.search.mutate.change import (
    Change,
    Numeric,
    describe,
    is_local,
    numeric,
    replaced,
    spaced,
)
from sigil.search.mutate.fragments import (
    Fragment,
    binary,
    call,
    conditional,
    fits,
    negative,
    number,
)
from sigil.search.mutate.repairs import literal_value
from sigil.search.mutate.sites import Site, may_be_copied
from sigil.search.mutate.source import Edit
from sigil.search.mutate.subject import Subject

_MOST_FACTORS = 4
_LARGEST_SQUARED = 8


def _growing(site: Site) -> bool:
    return (
        numeric(site) and site.role in ("value", "iterated")
        and not isinstance(site.parent, (ast.Compare, ast.Dict, ast.Starred))
        and not isinstance(site.node, (ast.Tuple, ast.List, ast.Dict, ast.Set))
    )  # fmt: skip


def combined(subject: Subject, site: Site) -> Iterator[Change]:
    """The expression combined with itself, small constants and names in scope."""
    if not _growing(site) or literal_value(site.node) is not None:
        return
    whole = subject.fragment(site.node, site.kind)
    one, two = number(1), number(2)
    squarable = whole.size <= _LARGEST_SQUARED and may_be_copied(site.node)
    fresh = [binary("*", whole, whole)] if squarable else []
    fresh += [binary("+", whole, one), binary("-", whole, one), binary("*", two, whole)]
    fresh += [negative(whole), binary("/", whole, two)]
    for change in fresh:
        yield from replaced(subject, site, change, "combine")


def combined_with_names(subject: Subject, site: Site) -> Iterator[Change]:
    """The expression combined with each local number."""
    yield from _combined_with(subject, site, [v for v in site.scope.values if is_local(v, site)])


def with_constants(subject: Subject, site: Site) -> Iterator[Change]:
    """A constant of the module instead of a name or literal, or combined with an expression."""
    others = [value for value in site.scope.values if not is_local(value, site)]
    if isinstance(site.node, (ast.Name, ast.Constant)):
        for value in others:
            if fits(value.kind, site.kind):
                yield from replaced(subject, site, value, "name")
    yield from _combined_with(subject, site, others)


def _combined_with(subject: Subject, site: Site, values: Iterable[Fragment]) -> Iterator[Change]:
    if not _growing(site):
        return
    whole = subject.fragment(site.node, site.kind)
    for value in values:
        if fits(value.kind, "number") and value.text != whole.text:
            for symbol in "+*-/":
                yield from replaced(subject, site, binary(symbol, whole, value), "combine")
            yield from replaced(subject, site, binary("-", value, whole), "combine")


def combined_with_products(subject: Subject, site: Site) -> Iterator[Change]:
    """The expression plus or minus the product of two numbers in scope."""
    if not _growing(site):
        return
    whole = subject.fragment(site.node, site.kind)
    near = [value for value in site.scope.values if is_local(value, site)]
    names = [value for value in near if fits(value.kind, "number")][:_MOST_FACTORS]
    for position, one in enumerate(names):
        for two in names[position:]:
            for symbol in "+-":
                fresh = binary(symbol, whole, binary("*", one, two))
                yield from replaced(subject, site, fresh, "combine")


def wrapped(subject: Subject, site: Site) -> Iterator[Change]:
    """The expression as the argument of a call that takes its kind."""
    if site.role not in ("value", "iterated", "index") or literal_value(site.node) is not None:
        return
    whole = subject.fragment(site.node, site.kind)
    for function in site.scope.functions:
        if (
            len(function.takes) == 1 and _exact(site.kind, function.takes[0])
            and fits(function.gives, site.want) and not whole.text.startswith(f"{function.text}(")
        ):  # fmt: skip
            yield from _wrapped_in(subject, site, function.text, whole)
    if site.kind in Numeric:
        for name in ("max", "min"):
            yield from replaced(
                subject,
                site,
                call(name, site.kind, whole, number(0 if name == "max" else 1)),
                "wrap",
            )
    if site.kind == "seq" and site.role == "iterated":
        yield from replaced(subject, site, Fragment(f"{whole.at(15)}[::-1]", 15, "seq"), "wrap")


def _exact(have: str, want: str) -> bool:
    return (
        have == want
        or (have in Numeric and want in Numeric)
        or (have == "unknown" == want)
        or (have == "unknown" and want == "number")
    )


def _wrapped_in(subject: Subject, site: Site, name: str, whole: Fragment) -> Iterator[Change]:
    """Insert ``name(`` and ``)`` around the site and leave its own characters alone."""
    if isinstance(site.node, ast.GeneratorExp):
        return
    before = subject.source.text[site.start - 1 : site.start]
    edits = (
        Edit(site.start, site.start, spaced(before, f"{name}(", "")),
        Edit(site.end, site.end, ")"),
    )
    note = describe(site, whole.text, f"{name}({whole.text})")
    yield Change("wrap", edits, note)


def guarded_division(subject: Subject, site: Site) -> Iterator[Change]:
    """A division that gives 0 where the divisor is 0."""
    match site.node:
        case ast.BinOp(op=(ast.Div() | ast.FloorDiv() | ast.Mod()), right=right):
            if isinstance(right, ast.Constant) or not may_be_copied(right):
                return
            whole = subject.fragment(site.node)
            safe = conditional(whole, subject.fragment(right), number(0))
            yield from replaced(subject, site, safe, "guard")
        case _:
            return


def reused(subject: Subject, site: Site) -> Iterator[Change]:
    """Another expression of the same region whose names have values here."""
    if site.role not in ("value", "index", "test"):
        return
    for other in subject.reusables:
        if fits(other.fragment.kind, site.want) and other.names <= site.scope.names:
            yield from replaced(subject, site, other.fragment, "reuse")
