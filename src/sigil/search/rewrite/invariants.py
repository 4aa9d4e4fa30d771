"""What a loop computes again although it comes out the same is computed before the loop.

A whole statement moves if it can; otherwise an expression gets a name. What may fail for lack
of anything to go through moves behind a question whether there is anything.

Not here: searches and sums over what a loop has seen so far; those are no invariants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import libcst as cst

from sigil.search.rewrite.facts import Comprehension, Facts
from sigil.search.rewrite.places import changed_as_items, repeated_in, stays_inside
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    is_steady,
    occurrences,
    same,
    statements,
)
from sigil.search.rewrite.sharing import (
    is_fixed,
    is_risky,
    is_used_up,
    may_be_shared,
    title,
    uses_only_read,
)

Kind = Callable[[Facts, cst.BaseExpression], bool]
_REDIRECTED = frozenset({"sys.stdin", "sys.stdout", "sys.stderr"})
"""What is made to stand for something else while other code runs."""
_PATTERNS_AND_SELDOM = (cst.MatchPattern, cst.Annotation, cst.Raise)
_LEAVES = (cst.Break, cst.Continue, cst.Return, cst.Raise)
_LINEAR = frozenset("sorted set list tuple frozenset dict sum min max any all Counter".split())
_QUICK = frozenset({"len", "range", "isinstance", "ord", "chr", "bool"})
_LINEAR_METHODS = frozenset(
    "split splitlines rsplit join replace translate keys values items union intersection "
    "difference count index".split()
)


# --- statements -----------------------------------------------------------------------------


def _statements(facts: Facts) -> Iterator[Match]:
    """``mean = sum(xs) / len(xs)`` in a loop that leaves both alone moves before it."""
    for loop in facts.nodes(cst.BaseCompoundStatement):
        if not isinstance(loop, (cst.For, cst.While)) or not _in_block(facts, loop):
            continue
        body = block(loop.body)
        for at, line in enumerate(body):
            bound = assignment(line)
            if bound is None or len(body) == 1 or not _moves(facts, loop, line):
                continue
            if not is_risky(facts, bound[1]):
                yield Match(line, {loop: [line, loop], line: []})
            elif not any(_leaves(facts, before) for before in body[:at]):
                yield Match(line, _behind_a_question(facts, loop, line))


def _moves(facts: Facts, loop: cst.For | cst.While, line: cst.BaseStatement) -> bool:
    """Return whether a line of a loop's own block gives the same name the same each time."""
    bound = assignment(line)
    if bound is None:
        return False
    name, value = bound
    if not _is_invariant(facts, value, loop) or not _is_work(value):
        return False
    uses = list(occurrences(facts, name, loop))
    targets = [use for use in uses if facts.is_target(use)]
    if len(targets) != 1 or not uses or uses[0] is not targets[0]:
        return False
    if not stays_inside(facts, [name], loop):
        return False
    return is_fixed(facts, value) or uses_only_read(facts, name, loop)


def _is_work(value: cst.BaseExpression) -> bool:
    """Return whether computing ``value`` takes any time."""
    return not isinstance(value, (cst.Name, cst.BaseNumber, cst.SimpleString, cst.GeneratorExp))


def _is_invariant(facts: Facts, value: cst.BaseExpression, loop: cst.CSTNode) -> bool:
    if not is_steady(facts, value):
        return False
    return not _free(facts, value) & facts.changed(loop) and not _is_passing(facts, value, loop)


def _is_passing(facts: Facts, value: cst.CSTNode, place: cst.CSTNode) -> bool:
    """Return whether ``value`` goes through what changes in ``place`` under another name.

    That is an iterator, which is used up, or a list of which a loop changes the items.
    """
    if any(is_used_up(facts, name) for name in _free(facts, value)):
        return True
    lengths = {
        node.args[0].value for node in facts.nodes(cst.Call, value) if _is_length(facts, node)
    }
    used = {node.value for node in facts.nodes(cst.Name, value) if node not in lengths}
    return bool(used & changed_as_items(facts, place))


def _free(facts: Facts, node: cst.CSTNode) -> frozenset[str]:
    return facts.read(node) - facts.assigned(node)


def _leaves(facts: Facts, statement: cst.BaseStatement) -> bool:
    return any(isinstance(node, _LEAVES) for node in facts.walk(statement))


def _behind_a_question(
    facts: Facts, loop: cst.For | cst.While, line: cst.BaseStatement
) -> dict[cst.CSTNode, Replacement]:
    """Return the replacements that put ``line`` before ``loop``, both only if it is entered."""
    test = _entered(loop)
    if test is None or loop.orelse is not None or _is_asked(facts, loop, test):
        return {loop: [line, loop], line: []}
    assert isinstance(loop.body, cst.IndentedBlock)
    rest = [statement for statement in loop.body.body if statement is not line]
    inner = loop.with_changes(body=loop.body.with_changes(body=rest), leading_lines=())
    asked = cst.If(
        test.deep_clone(), cst.IndentedBlock([line, inner]), leading_lines=loop.leading_lines
    )
    return {loop: [asked]}


def _entered(loop: cst.For | cst.While) -> cst.BaseExpression | None:
    """Return the condition for a loop to be entered, where that is simple."""
    if isinstance(loop, cst.While):
        return None
    match loop.iter:
        case cst.Name():
            return loop.iter
        case (
            cst.Call(
                func=cst.Name(value="range"),
                args=[
                    cst.Arg(value=cst.Call(func=cst.Name(value="len"), args=[cst.Arg(value=of)]))
                ],
            )
            | cst.Call(func=cst.Name(value="enumerate" | "reversed"), args=[cst.Arg(value=of), *_])
        ):
            return of if isinstance(of, cst.Name) else None
        case _:
            return None


def _is_asked(facts: Facts, loop: cst.CSTNode, test: cst.BaseExpression) -> bool:
    for above in facts.ancestors(loop):
        if isinstance(above, cst.If) and same(above.test, test):
            return True
    return False


def _in_block(facts: Facts, node: cst.CSTNode) -> bool:
    return isinstance(facts.parent(node), cst.IndentedBlock)


# --- expressions ----------------------------------------------------------------------------


def _expressions(facts: Facts, wanted: Kind) -> Iterator[Match]:
    """An expression of a kind that comes out the same gets a name before what repeats it."""
    done: set[cst.CSTNode] = set()
    groups: dict[tuple[cst.CSTNode, str], list[cst.BaseExpression]] = {}
    places: dict[cst.CSTNode, cst.BaseStatement] = {}
    for node in facts.nodes(cst.BaseExpression):
        if node in done:
            continue
        place = _place(facts, node) if wanted(facts, node) else None
        if place is not None:
            done.update(facts.walk(node))
            places[place] = place
            groups.setdefault((place, bare(node)), []).append(node)
    for (above, text), nodes in groups.items():
        yield _named(facts, places[above], text, nodes)


def _place(facts: Facts, node: cst.BaseExpression) -> cst.BaseStatement | None:
    """Return the statement before which ``node`` can be computed for all of its repetitions."""
    if facts.is_target(node) or not is_steady(facts, node) or not may_be_shared(facts, node):
        return None
    names = _free(facts, node)
    place = repeated_in(facts, node, names)
    if place is None or _is_guarded(facts, node, place, names):
        return None
    return None if _is_passing(facts, node, place) else place


def _is_guarded(facts: Facts, node: cst.CSTNode, place: cst.CSTNode, names: frozenset[str]) -> bool:
    """Return whether something on the way to ``node`` may keep it from failing."""
    below = node
    for above in facts.ancestors(node):
        if above is place:
            return False
        match above:
            case cst.Try():
                return True
            case cst.If(test=test) | cst.IfExp(test=test) | cst.BooleanOperation(left=test):
                if below is not test and names & facts.read(test):
                    return True
            case _:
                pass
        below = above
    return False


def _named(
    facts: Facts, place: cst.BaseStatement, text: str, nodes: list[cst.BaseExpression]
) -> Match:
    fresh = facts.fresh(title(nodes[0]))
    replace: dict[cst.CSTNode, Replacement] = {node: cst.Name(fresh) for node in nodes}
    replace[place] = [*statements(f"{fresh} = {text}"), place]
    return Match(nodes[0], replace)


def _is_passage(facts: Facts, node: cst.BaseExpression) -> bool:
    """Return whether computing ``node`` goes through something."""
    match node:
        case cst.Call(func=cst.Name(value=name)):
            return name in _LINEAR
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
            return method in _LINEAR_METHODS
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Slice())]):
            return True
        case cst.BinaryOperation(left=left, right=right):
            return any(_is_passage(facts, side) for side in (left, right))
        case _:
            return isinstance(node, Comprehension)


def _is_call(facts: Facts, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Call(func=cst.Name(value=name)) if name in _QUICK:
            return False
        case cst.Call():
            return not _is_passage(facts, node)
        case _:
            return False


def _is_length(facts: Facts, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Call(func=function, args=[cst.Arg(star="")]):
            return facts.is_builtin(function, "len")
        case _:
            return False


def _is_row(facts: Facts, node: cst.BaseExpression) -> bool:
    """Return whether ``node`` is ``a[i]`` in ``a[i][j]``."""
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index())]):
            above = facts.parent(node)
            return isinstance(above, cst.Subscript) and above.value is node
        case _:
            return False


def _is_attribute(facts: Facts, node: cst.BaseExpression) -> bool:
    """Return whether ``node`` is an attribute, all the way, that is only read.

    What is called is none: CPython finds ``items.append`` and ``math.sqrt`` in a call as fast
    as a name for them, or faster.
    """
    if not isinstance(node, cst.Attribute) or _is_elsewhere(facts, node):
        return False
    above = facts.parent(node)
    inner = node.value
    while isinstance(inner, cst.Attribute):
        inner = inner.value
    # Whose methods are called may change it.
    if isinstance(above, (cst.Call, cst.Attribute)) or not isinstance(inner, cst.Name):
        return False
    if inner.value in _calls_methods(facts):
        return False
    dotted = facts.stands_for(node)
    # To a comprehension, names from around it are no nearer than those of a module.
    return dotted is None or (dotted not in _REDIRECTED and facts.loop_around(node) is not None)


def _is_elsewhere(facts: Facts, node: cst.CSTNode) -> bool:
    """Return whether ``node`` is seldom read, or in a pattern, where a name means otherwise."""
    for above in facts.ancestors(node):
        if isinstance(above, _PATTERNS_AND_SELDOM):
            return True
        if isinstance(above, cst.BaseStatement):
            break
    return False


def _calls_methods(facts: Facts) -> frozenset[str]:
    """Return the names of which a method is called that is not known to change nothing."""
    return frozenset(
        name
        for call in facts.nodes(cst.Call)
        if isinstance(call.func, cst.Attribute) and not facts.is_harmless(call)
        for name in facts.read(call.func.value)
    )


_UNLESS = (
    "if a loop never entered, or a branch never taken, kept it from failing, "
    "or it is used up, or changes under another name"
)

RULES = (
    Rule(
        "invariant-statement",
        "a statement of a loop that gives the same each time is carried out once before it",
        Gain.ORDER,
        _statements,
        unless=_UNLESS,
    ),
    Rule(
        "invariant-collection",
        "what a loop collects, sorts or adds up anew each time is computed once before it",
        Gain.ORDER,
        partial(_expressions, wanted=_is_passage),
        unless=_UNLESS,
    ),
    Rule(
        "invariant-call",
        "a call that gives the same each time is made once before the loop",
        Gain.LARGE,
        partial(_expressions, wanted=_is_call),
        unless=_UNLESS,
    ),
    Rule(
        "invariant-row",
        "the row that an inner loop takes its items from is looked up once before it",
        Gain.SMALL,
        partial(_expressions, wanted=_is_row),
        unless=_UNLESS,
    ),
    Rule(
        "invariant-attribute",
        "an attribute, also of a module, that a loop does not change is looked up once before it",
        Gain.SMALL,
        partial(_expressions, wanted=_is_attribute),
        unless="if it is computed anew each time, or changes under another name",
    ),
    Rule(
        "invariant-length",
        "a length that does not change in a loop is asked for once before it",
        Gain.SMALL,
        partial(_expressions, wanted=_is_length),
        unless=_UNLESS,
    ),
)
