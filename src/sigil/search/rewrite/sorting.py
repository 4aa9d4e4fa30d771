"""Sorting less: for an extreme, for a few, after the loop instead of in it, by a heap."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts, Loop
from sigil.search.rewrite.places import uses_after
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    appended,
    assignment,
    bare,
    call_of,
    expression,
    index_of,
    is_empty,
    is_list,
    is_number,
    line_before,
    occurrences,
    slice_of,
    small,
    statements,
)


def _sorted_call(facts: Facts, node: cst.CSTNode) -> cst.Call | None:
    """Return ``node`` if it is a call of ``sorted`` with an iterable and keywords."""
    if not isinstance(node, cst.Call) or not facts.is_builtin(node.func, "sorted"):
        return None
    plain = len([a for a in node.args if a.keyword is None and not a.star]) == 1
    return node if plain and not any(a.star for a in node.args) else None


def _end(item: cst.Subscript) -> int | None:
    """Return 0 or -1 for an item at that end of a list; None for any other."""
    at = index_of(item)
    return 0 if is_number(at, 0) else -1 if is_number(at, -1) else None


def _extreme(call: cst.Call, end: int) -> str | None:
    """Return the text of what is at an end of what ``call`` sorts; None if that is not known."""
    reverse, key = False, ""
    for arg in call.args[1:]:
        match arg:
            case cst.Arg(keyword=cst.Name(value="reverse"), value=cst.Name(value="True")):
                reverse = True
            case cst.Arg(keyword=cst.Name(value="key"), value=value):
                key = f", key={bare(value)}"
            case _:
                return None
    items = bare(call.args[0].value)
    if end == 0:
        return f"{'max' if reverse else 'min'}({items}{key})"
    # Of equal items, sorting leaves the last one last, and min and max take the first.
    if key:
        items = (
            f"reversed(list({items}))" if not isinstance(call.args[0].value, cst.List) else items
        )
    return f"{'min' if reverse else 'max'}({items}{key})"


def _extreme_of_sorted(facts: Facts) -> Iterator[Match]:
    """``sorted(xs)[0]`` is ``min(xs)``."""
    for item in facts.nodes(cst.Subscript):
        call, end = _sorted_call(facts, item.value), _end(item)
        text = _extreme(call, end) if call is not None and end is not None else None
        if text is not None:
            yield Match(item, {item: expression(text)})


def _extreme_of_named(facts: Facts) -> Iterator[Match]:
    """``ys = sorted(xs)`` of which only ``ys[0]`` is used is ``min(xs)``."""
    for line in facts.nodes(cst.SimpleStatementLine):
        bound = assignment(line)
        call = _sorted_call(facts, bound[1]) if bound else None
        if bound is None or call is None:
            continue
        items = _items_after(facts, bound[0], line)
        ends = {_end(item) for item in items or ()}
        if items is None or len(ends) != 1 or None in ends:
            continue
        text = _extreme(call, ends.pop() or 0)
        if text is not None:
            name = facts.fresh("least" if text.startswith("min") else "most")
            replace: dict[cst.CSTNode, Replacement] = {item: cst.Name(name) for item in items}
            yield Match(line, {line: statements(f"{name} = {text}"), **replace})


def _items_after(
    facts: Facts, name: str, line: cst.SimpleStatementLine
) -> list[cst.Subscript] | None:
    """Return the subscripts that are all that is done with ``name`` after ``line``."""
    found: list[cst.Subscript] = []
    for use in uses_after(facts, name, line) or ():
        item = facts.parent(use)
        if not isinstance(item, cst.Subscript) or item.value is not use:
            return None
        found.append(item)
    return found


def _few(facts: Facts) -> Iterator[Match]:
    """``sorted(xs)[:k]`` is what heapq finds without sorting the others."""
    for item in facts.nodes(cst.Subscript):
        call, part = _sorted_call(facts, item.value), slice_of(item)
        if call is None or part is None or part.upper is None or is_number(part.upper, -1):
            continue
        if part.lower is not None and not is_number(part.lower, 0):
            continue
        function, keys = "nsmallest", ""
        for arg in call.args[1:]:
            if arg.keyword and arg.keyword.value == "reverse":
                if bare(arg.value) != "True":
                    break
                function = "nlargest"
            else:
                keys = f", key={bare(arg.value)}"
        else:
            text = f"{function}({bare(part.upper)}, {bare(call.args[0].value)}{keys})"
            yield Match(item, {item: expression(text)}, imports=[("heapq", function)])


# --- in a loop ------------------------------------------------------------------------------


def _sorts(facts: Facts, line: cst.BaseStatement | None) -> tuple[str, str] | None:
    """Return the name and the arguments of a line that sorts a list: in place, or anew."""
    match small(line):
        case cst.Expr(value=value):
            match call_of(value, "sort"):
                case (cst.Name(value=name), args):
                    return name, ", ".join(_argument(a) for a in args)
                case _:
                    return None
        case cst.Assign():
            bound = assignment(line)
            call = _sorted_call(facts, bound[1]) if bound else None
            if bound and call and bare(call.args[0].value) == bound[0]:
                return bound[0], ", ".join(_argument(a) for a in call.args[1:])
            return None
        case _:
            return None


def _argument(arg: cst.Arg) -> str:
    return f"{arg.keyword.value}={bare(arg.value)}" if arg.keyword else bare(arg.value)


def _after_the_loop(facts: Facts) -> Iterator[Match]:
    """A list that a loop sorts again after each item that it adds is sorted once after it."""
    for line in facts.nodes(cst.SimpleStatementLine):
        found, loop = _sorts(facts, line), facts.loop_around(line)
        if found is None or loop is None or found[0] in facts.parameters:
            continue
        name, arguments = found
        outermost: cst.For | cst.While | None = None
        around: cst.For | cst.While | None = loop
        while around is not None and _only_grows(facts, name, around, line):
            outermost, around = around, facts.loop_around(around)
        if outermost is None or not _is_local_list(facts, name, line):
            continue
        after = statements(f"{name}.sort({arguments})")
        yield Match(line, {line: [], outermost: [outermost, *after]})


def _only_grows(
    facts: Facts, name: str, loop: cst.For | cst.While, line: cst.SimpleStatementLine
) -> bool:
    """Return whether all that ``loop`` does with a list is to add to it and go through it."""
    grows = False
    for use in occurrences(facts, name, loop):
        if line in facts.ancestors(use):
            continue
        other = facts.statement_of(use)
        item = appended(other)
        if item is not None and item[0] == name and name not in facts.read(item[1]):
            grows = True
            continue
        match facts.parent(use):
            case cst.For(iter=source) | cst.CompFor(iter=source):
                if source is not use:
                    return False
            case cst.ComparisonTarget(operator=operator):
                if not isinstance(operator, (cst.In, cst.NotIn)):
                    return False
            case _:
                return False
    return grows


def _is_local_list(facts: Facts, name: str, line: cst.SimpleStatementLine) -> bool:
    """Return whether each binding of a name but that in ``line`` makes a new list."""
    for use in occurrences(facts, name):
        other = facts.statement_of(use)
        if not facts.is_target(use) or other is line:
            continue
        bound = assignment(other)
        if bound is None or bound[0] != name or not is_list(facts, bound[1]):
            return False
    return True


# --- heaps ----------------------------------------------------------------------------------


def _by_heap(facts: Facts) -> Iterator[Match]:
    """A list that is sorted anew to take the first from it becomes a heap."""
    for name in sorted(facts.bound - frozenset(facts.parameters)):
        replace: dict[cst.CSTNode, Replacement] = {}
        taken = [use for use in occurrences(facts, name) if _takes_least(facts, use, replace)]
        if not taken or not any(facts.loop_around(use) for use in taken):
            continue
        rest = [use for use in occurrences(facts, name) if not _is_replaced(facts, use, replace)]
        if all(_as_heap(facts, use, replace) for use in rest):
            functions = ("heapify", "heappop", "heappush")
            text = " ".join(_texts(replace))
            used = [("heapq", f) for f in functions if f in text]
            yield Match(taken[0], replace, imports=used)


def _texts(replace: dict[cst.CSTNode, Replacement]) -> Iterator[str]:
    for new in replace.values():
        parts = [new] if isinstance(new, cst.CSTNode) else new
        yield from (cst.Module([]).code_for_node(part) for part in parts)


def _is_replaced(facts: Facts, use: cst.Name, replace: dict[cst.CSTNode, Replacement]) -> bool:
    return any(above in replace for above in facts.ancestors(use))


def _takes_least(facts: Facts, use: cst.Name, replace: dict[cst.CSTNode, Replacement]) -> bool:
    """Note how to take the least from a heap where a list is sorted, and its first taken.

    Either ``xs.sort()`` (or ``xs = sorted(xs)``) before ``xs.pop(0)``, or ``x = min(xs)``
    before ``xs.remove(x)``.
    """
    line = facts.statement_of(use)
    method = facts.parent(use)
    call = facts.parent(method) if method is not None else None
    before = line_before(facts, line) if line is not None else None
    if line is None or before is None or not isinstance(call, cst.Call):
        return False
    match method, call.args:
        case cst.Attribute(value=value, attr=cst.Name(value="pop")), [cst.Arg(value=at)]:
            if value is use and is_number(at, 0) and _sorts(facts, before) == (use.value, ""):
                replace[before] = []
                replace[call] = expression(f"heappop({use.value})")
                return True
        case cst.Attribute(value=value, attr=cst.Name(value="remove")), [cst.Arg(value=gone)]:
            bound = assignment(before)
            least = f"min({use.value})"
            if (
                value is use
                and bound
                and bound == (bare(gone), bound[1])
                and bare(bound[1]) == least
            ):
                replace[before] = statements(f"{bound[0]} = heappop({use.value})")
                replace[line] = []
                return True
        case _:
            pass
    return False


def _as_heap(facts: Facts, use: cst.Name, replace: dict[cst.CSTNode, Replacement]) -> bool:
    """Note what stands in the place of another use of the list; return False if nothing can."""
    line, above = facts.statement_of(use), facts.parent(use)
    if line is None:
        return False
    if facts.is_target(use):
        return _begins_heap(facts, use, line, replace)
    item = appended(line)
    if item is not None and item[0] == use.value and use.value not in facts.read(item[1]):
        replace[line] = statements(f"heappush({use.value}, {bare(item[1])})")
        return True
    return _asks_how_many(facts, above)


def _begins_heap(
    facts: Facts, use: cst.Name, line: cst.BaseStatement, replace: dict[cst.CSTNode, Replacement]
) -> bool:
    bound = assignment(line)
    if bound is None or bound[0] != use.value or not is_list(facts, bound[1]):
        return False
    if any(isinstance(above, Loop) for above in facts.ancestors(line)):
        return False
    if not is_empty(bound[1]):
        replace[line] = [line, *statements(f"heapify({use.value})")]
    return True


def _asks_how_many(facts: Facts, above: cst.CSTNode | None) -> bool:
    match above:
        case cst.Arg():
            call = facts.parent(above)
            return isinstance(call, cst.Call) and facts.is_builtin(call.func, "len")
        case cst.UnaryOperation(operator=operator):
            return isinstance(operator, cst.Not)
        case _:
            return isinstance(above, (cst.While, cst.If, cst.BooleanOperation))


_SAME = "if items that compare as equal can be told apart"

RULES = (
    Rule(
        "heap-instead-of-sorting",
        "a list that is sorted again for each item taken from it becomes a heap",
        Gain.ORDER,
        _by_heap,
        unless=(
            f"{_SAME}, or the list is seen as such from elsewhere, holds NaN, "
            "or is empty where its least is sought"
        ),
    ),
    Rule(
        "sorted-after-the-loop",
        "a list that is sorted again for each item added to it is sorted once after the loop",
        Gain.ORDER,
        _after_the_loop,
        unless=(
            "if its order matters in the loop, the loop is left in the middle, "
            "or it holds NaN or is known under another name"
        ),
    ),
    Rule(
        "extreme-without-sorting",
        "the least or greatest is found in one pass, without sorting all",
        Gain.ORDER,
        _extreme_of_sorted,
        unless=f"{_SAME}, or there is none, or NaN",
    ),
    Rule(
        "extreme-of-sorted-name",
        "a sorted list of which only one end is used is not sorted, but searched for it",
        Gain.ORDER,
        _extreme_of_named,
        unless=f"{_SAME}, or there is none, or NaN",
    ),
    Rule(
        "few-without-sorting",
        "the first few in order are found by heapq without sorting the others",
        Gain.LARGE,
        _few,
        unless="if how many are wanted is negative or no number, or items have no order, or NaN",
    ),
)
