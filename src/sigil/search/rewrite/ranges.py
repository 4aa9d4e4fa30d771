"""Loops over numbers that stand for something else: positions, counters, limits.

Not here: what else the loops do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import stays_inside
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    compared,
    conjunction,
    conjuncts,
    expression,
    index_of,
    is_steady,
    occurrences,
    same,
    small,
)

_LOOSE = (cst.IfExp, cst.Lambda, cst.BooleanOperation, cst.Comparison)


def _range(facts: Facts, node: cst.BaseExpression) -> Sequence[cst.BaseExpression]:
    """Return the plain arguments of ``range(...)``; none of anything else."""
    match node:
        case cst.Call(func=function, args=args) if facts.is_builtin(function, "range"):
            plain = all(not arg.star and arg.keyword is None for arg in args)
            return [arg.value for arg in args] if plain else ()
        case _:
            return ()


# --- positions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Walk:
    """A loop or clause ``for i in range(len(items))``, and where it uses ``i``."""

    holder: cst.For | cst.CompFor
    root: cst.CSTNode
    index: str
    items: cst.BaseExpression
    reads: Sequence[cst.Subscript]
    others: int


def _walks(facts: Facts) -> Iterator[_Walk]:
    for holder in [*facts.nodes(cst.For), *facts.nodes(cst.CompFor)]:
        limits, target = _range(facts, holder.iter), holder.target
        if len(limits) != 1 or not isinstance(target, cst.Name):
            continue
        root = holder if isinstance(holder, cst.For) else facts.parent(holder)
        match limits[0]:
            case cst.Call(func=function, args=[cst.Arg(value=cst.Name() as items)]) if (
                facts.is_builtin(function, "len") and root is not None
            ):
                found = _uses(facts, holder, root, target, items)
                if found is not None and stays_inside(facts, [target.value], root):
                    yield found
            case _:
                pass


def _uses(
    facts: Facts,
    holder: cst.For | cst.CompFor,
    root: cst.CSTNode,
    target: cst.Name,
    items: cst.Name,
) -> _Walk | None:
    """Return what is done with the index; None if the items change, or the index does."""
    if items.value in facts.changed(root):
        return None
    reads: list[cst.Subscript] = []
    others = 0
    for use in occurrences(facts, target.value, root):
        if use is target:
            continue
        if facts.is_target(use) or isinstance(facts.parent(use), cst.Param):
            return None
        read = _read_at(facts, use)
        if read is not None and same(read.value, items):
            reads.append(read)
        else:
            others += 1
    return _Walk(holder, root, target.value, items, reads, others) if reads else None


def _read_at(facts: Facts, use: cst.Name) -> cst.Subscript | None:
    """Return the subscript of which ``use`` is the only index."""
    for above in facts.ancestors(use):
        if isinstance(above, cst.Subscript):
            return above if index_of(above) is use else None
        if not isinstance(above, (cst.Index, cst.SubscriptElement)):
            return None
    return None


def _positions(facts: Facts) -> Iterator[Match]:
    """``for i in range(len(xs))`` that only reads ``xs[i]`` goes through ``xs`` itself."""
    for walk in _walks(facts):
        if walk.others == 0:
            yield _with_item(facts, walk, bare(walk.items), "{item}")


def _numbered(facts: Facts) -> Iterator[Match]:
    """Likewise by ``enumerate`` where the position is used too."""
    for walk in _walks(facts):
        if walk.others and len(walk.reads) > 1:
            yield _with_item(
                facts, walk, f"enumerate({bare(walk.items)})", f"{walk.index}, {{item}}"
            )


def _with_item(facts: Facts, walk: _Walk, source: str, target: str) -> Match:
    item = facts.fresh(_singular(bare(walk.items)))
    replace: dict[cst.CSTNode, Replacement] = {read: cst.Name(item) for read in walk.reads}
    made = expression(target.format(item=item))
    if isinstance(made, cst.Tuple):
        made = made.with_changes(lpar=(), rpar=())
    replace[walk.holder.target] = made
    replace[walk.holder.iter] = expression(source)
    return Match(walk.holder, replace)


_SINGULARS = (
    ("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("ices", "ex"),
    ("s", ""),
)  # fmt: skip


def _singular(name: str) -> str:
    """Return a name for one of what ``name`` names."""
    for ending, instead in _SINGULARS:
        if name.endswith(ending) and len(name) > len(ending) + 1 and not name.endswith("ss"):
            return name.removesuffix(ending) + instead
    return f"{name}_item"


# --- counters -------------------------------------------------------------------------------


def _counters(facts: Facts) -> Iterator[Match]:
    """``i = 0``, ``while i < n`` and ``i += 1`` become ``for i in range(n)``."""
    for loop in facts.nodes(cst.While):
        found = _counter(facts, loop)
        if found is None:
            continue
        start, step, name, text = found
        made = cst.For(
            cst.Name(name), expression(text), loop.body, leading_lines=loop.leading_lines
        )
        body = [line for line in block(loop.body) if line is not step]
        assert isinstance(loop.body, cst.IndentedBlock)
        made = made.with_changes(body=loop.body.with_changes(body=body))
        if body:
            yield Match(loop, {start: [], loop: [made]})


def _counter(
    facts: Facts, loop: cst.While
) -> tuple[cst.BaseStatement, cst.BaseStatement, str, str] | None:
    """Return the counter's first line, its step, its name and its range."""
    limit = _limit_of(loop.test)
    if limit is None or loop.orelse is not None:
        return None
    name, offset, end = limit
    step = _step(facts, loop, name)
    start = _start(facts, loop, name)
    if step is None or start is None or (offset and offset & facts.changed(loop)):
        return None
    if facts.read(end) & facts.changed(loop) or not is_steady(facts, end):
        return None
    bound = assignment(start)
    assert bound is not None
    first, by = bare(bound[1]), step[1]
    stop = _minus(loop.test, end)
    limits = [stop] if first == "0" and by == "1" else [first, stop, *([by] if by != "1" else [])]
    return start, step[0], name, f"range({', '.join(limits)})"


def _limit_of(test: cst.BaseExpression) -> tuple[str, frozenset[str], cst.BaseExpression] | None:
    """Return counter, the names added to it and the limit of ``i < n`` or ``i + k < n``."""
    sides = compared(test, cst.LessThan)
    match sides:
        case (cst.Name(value=name), end):
            return name, frozenset(), end
        case (cst.BinaryOperation(left=cst.Name(value=name), operator=cst.Add(), right=added), end):
            if isinstance(added, cst.Integer):
                return name, frozenset(), end
            return (name, frozenset({added.value}), end) if isinstance(added, cst.Name) else None
        case _:
            return None


def _minus(test: cst.BaseExpression, end: cst.BaseExpression) -> str:
    """Return the text of the limit less what the test adds to the counter."""
    text = f"({bare(end)})" if isinstance(end, _LOOSE) else bare(end)
    match test:
        case cst.Comparison(left=cst.BinaryOperation(right=added)):
            return f"{text} - {bare(added)}"
        case _:
            return text


def _step(facts: Facts, loop: cst.While, name: str) -> tuple[cst.BaseStatement, str] | None:
    """Return the only line that moves the counter, by how much, if nothing needs it after."""
    found: tuple[cst.BaseStatement, str] | None = None
    for line in block(loop.body):
        if found is not None:
            if name in facts.read(line) | facts.assigned(line):
                return None
            continue
        by = _moved(line, name)
        if by is not None:
            found = line, by
        elif name in facts.assigned(line) or any(facts.nodes(cst.Continue, line)):
            return None
    return found


def _moved(line: cst.BaseStatement, name: str) -> str | None:
    """Return the positive whole number that a line adds to a counter."""
    match small(line):
        case cst.AugAssign(
            target=cst.Name(value=target), operator=cst.AddAssign(), value=cst.Integer() as by
        ):
            pass
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name(value=target))],
            value=cst.BinaryOperation(
                left=cst.Name(value=left), operator=cst.Add(), right=cst.Integer() as by
            ),
        ) if left == target:
            pass
        case _:
            return None
    return bare(by) if target == name and by.evaluated_value > 0 else None


def _start(facts: Facts, loop: cst.While, name: str) -> cst.BaseStatement | None:
    """Return the line that starts the counter, if nobody but the loop sees it."""
    around = facts.parent(loop)
    if not isinstance(around, cst.IndentedBlock):
        return None
    for line in reversed(around.body[: around.body.index(loop)]):
        bound = assignment(line)
        if bound is not None and bound[0] == name:
            mine = {*facts.walk(loop), *facts.walk(line)}
            scope = facts.scope_of(loop)
            alone = all(use in mine for use in occurrences(facts, name, scope))
            sure = facts.kind(bound[1]) == "int" and is_steady(facts, bound[1])
            return (
                line if alone and sure and isinstance(bound[1], (cst.Integer, cst.Name)) else None
            )
        if name in facts.read(line) | facts.assigned(line):
            return None
    return None


# --- limits ---------------------------------------------------------------------------------


def _narrowed(facts: Facts) -> Iterator[Match]:
    """A loop over numbers that skips those outside of limits does not visit them."""
    for loop in facts.nodes(cst.For):
        limits = _range(facts, loop.iter)
        inside = block(loop.body)
        if not isinstance(loop.target, cst.Name) or len(limits) not in {1, 2} or len(inside) != 1:
            continue
        branch, name = inside[0], loop.target.value
        if not isinstance(branch, cst.If) or branch.orelse is not None or loop.orelse is not None:
            continue
        if not stays_inside(facts, [name], loop):
            continue
        made = _narrower(facts, loop, branch, name, limits)
        if made is not None:
            yield Match(loop, made)


def _narrower(
    facts: Facts, loop: cst.For, branch: cst.If, name: str, limits: Sequence[cst.BaseExpression]
) -> dict[cst.CSTNode, Replacement] | None:
    lows: list[str] = []
    highs: list[str] = []
    rest: list[cst.BaseExpression] = []
    for part in conjuncts(branch.test):
        limit = _limit(facts, loop, part, name)
        if limit is None or rest:
            rest.append(part)
        else:
            (lows if limit[0] else highs).append(limit[1])
    if not lows and not highs:
        return None
    first = bare(limits[0]) if len(limits) > 1 else "0"
    low = f"max({', '.join([first, *lows])})" if lows else first
    high = f"min({', '.join([bare(limits[-1]), *highs])})" if highs else bare(limits[-1])
    text = f"range({high})" if low == "0" else f"range({low}, {high})"
    assert isinstance(branch.body, cst.IndentedBlock)
    replace: dict[cst.CSTNode, Replacement] = {loop.iter: expression(text)}
    if rest:
        replace[branch.test] = expression(conjunction(rest))
    else:
        replace[branch] = list(branch.body.body)
    return replace


_ORDER: dict[type[cst.BaseCompOp], tuple[bool, str]] = {
    cst.GreaterThanEqual: (True, ""),
    cst.GreaterThan: (True, " + 1"),
    cst.LessThan: (False, ""),
    cst.LessThanEqual: (False, " + 1"),
}
_TURNED: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.GreaterThanEqual: cst.LessThanEqual,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.LessThan: cst.GreaterThan,
    cst.GreaterThan: cst.LessThan,
}


def _limit(
    facts: Facts, loop: cst.For, part: cst.BaseExpression, name: str
) -> tuple[bool, str] | None:
    """Return whether ``part`` limits the number from below, and the range's limit."""
    match part:
        case cst.Comparison(
            left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]
        ) if type(operator) in _ORDER:
            kind = type(operator)
        case _:
            return None
    if name not in facts.read(left):
        left, right, kind = right, left, _TURNED[kind]
    known = facts.read(right)
    if known & facts.changed(loop) or name in known or not is_steady(facts, right):
        return None
    shift = _shift(facts, loop, left, name)
    if shift is None:
        return None
    below, more = _ORDER[kind]
    return below, f"{_term(right)}{shift}{more}"


def _term(node: cst.BaseExpression) -> str:
    return f"({bare(node)})" if isinstance(node, _LOOSE) else bare(node)


def _shift(facts: Facts, loop: cst.For, side: cst.BaseExpression, name: str) -> str | None:
    """Return what to take away from the other side if this is ``i`` or ``i + k``."""
    match side:
        case cst.Name(value=found) if found == name:
            return ""
        case cst.BinaryOperation(
            left=cst.Name(value=found), operator=cst.Add(), right=cst.Name() | cst.Integer() as by
        ) if found == name and not facts.read(by) & facts.changed(loop):
            return f" - {bare(by)}"
        case _:
            return None


RULES = (
    Rule(
        "narrowed-range",
        "a loop goes only through the numbers within the limits that it asks for",
        Gain.ORDER,
        _narrowed,
        unless="if a limit is no whole number, or is not asked for because there are no numbers",
    ),
    Rule(
        "items-by-themselves",
        "a loop goes through the items instead of looking each up by its position",
        Gain.LARGE,
        _positions,
        unless="if what it goes through is no sequence, or changes under another name",
    ),
    Rule(
        "items-with-numbers",
        "a loop goes through items and positions together instead of looking each item up",
        Gain.SMALL,
        _numbered,
        unless="if what it goes through is no sequence, or changes under another name",
    ),
    Rule(
        "counter-by-range",
        "range counts in C what a while loop counts by hand",
        Gain.LARGE,
        _counters,
        unless="if the limit is no whole number, or changes under another name",
    ),
)
