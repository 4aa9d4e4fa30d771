"""Is something among many? A list is looked through, a set is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst
import libcst.matchers as m

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.growing import Growing, growing
from sigil.search.rewrite.likely import kind_here, likely_kind, value_here
from sigil.search.rewrite.places import repeated_in, share_a_loop, stays_inside
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    appended,
    assignment,
    bare,
    compared,
    enclosed,
    expression,
    is_empty,
    is_steady,
    line_before,
    renamed,
    slice_of,
    sole,
    statements,
    target_names,
)

_CONSTANT = m.Element(m.SimpleString() | m.Integer() | m.Name("None"))
_ASKS = (cst.In, cst.NotIn)
_LOOKED_THROUGH = {"list", "tuple", "dict_values", None}
_COPIES = ("list", "tuple", "sorted")


def _asked(facts: Facts) -> Iterator[cst.ComparisonTarget]:
    """Yield every ``in …`` and ``not in …``."""
    for target in facts.nodes(cst.ComparisonTarget):
        if isinstance(target.operator, _ASKS):
            yield target


def _among_constants(facts: Facts) -> Iterator[Match]:
    """``x in [1, 2]`` becomes ``x in {1, 2}``, which the compiler makes once."""
    for target in _asked(facts):
        items = target.comparator
        if not isinstance(items, (cst.List, cst.Tuple)):
            continue
        if len(items.elements) > 1 and all(m.matches(e, _CONSTANT) for e in items.elements):
            yield Match(target, {items: cst.Set([cst.Element(e.value) for e in items.elements])})


def _of_the_list(facts: Facts, target: cst.ComparisonTarget) -> cst.BaseStatement | None:
    """Return the statement before which a list that is asked for members can be made a set."""
    name = target.comparator
    if not isinstance(name, cst.Name):
        return None
    return repeated_in(facts, target, {name.value})


def _in_a_loop(facts: Facts) -> Iterator[Match]:
    """A list that does not change in what asks it again and again is made a set before."""
    for target in _asked(facts):
        items, place = target.comparator, _of_the_list(facts, target)
        if place is None or not isinstance(items, cst.Name):
            continue
        if facts.kind(items) in {"list", "tuple"}:
            yield _set_before(facts, target, place, f"set({items.value})", items.value)


def _likely_list_in_a_loop(facts: Facts) -> Iterator[Match]:
    """The same where nothing says that it is a list, and nothing that it is not."""
    for target in _asked(facts):
        items, place = target.comparator, _of_the_list(facts, target)
        if place is None or not isinstance(items, cst.Name):
            continue
        if facts.kind(items) is not None or likely_kind(facts, items) not in {"list", None}:
            continue
        if not _asks_for_a_part(facts, target):
            yield _set_before(facts, target, place, f"set({items.value})", items.value)


def _asks_for_a_part(facts: Facts, target: cst.ComparisonTarget) -> bool:
    """Return whether a slice is looked for, which is rather a part of a text than an item."""
    asked = facts.parent(target)
    assert isinstance(asked, cst.Comparison)
    value = value_here(facts, asked.left)
    return value is not None and slice_of(value) is not None


def _made_again_and_again(facts: Facts) -> Iterator[Match]:
    """``x in [f(y) for y in ys]`` in a loop asks a set comprehension made before it."""
    for target in _asked(facts):
        items = target.comparator
        if not isinstance(items, (cst.ListComp, cst.GeneratorExp, cst.Call, cst.Attribute)):
            continue
        made = _as_set(facts, items)
        if made is None or not is_steady(facts, items):
            continue
        place = repeated_in(facts, target, facts.read(items) - facts.assigned(items))
        if place is not None:
            yield _set_before(facts, target, place, made, _title(items))


def _as_set(facts: Facts, items: cst.BaseExpression) -> str | None:
    """Return the text of a set of what ``items`` gives; None if it is quick to ask itself."""
    match items:
        case cst.ListComp(elt=elt, for_in=for_in) | cst.GeneratorExp(elt=elt, for_in=for_in):
            made = f"tuple({bare(elt)})" if facts.kind(elt) == "list" else bare(elt)
            return bare(cst.SetComp(expression(made), for_in))
        case cst.Call(func=cst.Name() as function, args=[cst.Arg(value=inner), *_]) if any(
            facts.is_builtin(function, name) for name in _COPIES
        ):
            return f"set({bare(inner)})"
        case _:
            return f"set({bare(items)})" if facts.kind(items) in _LOOKED_THROUGH else None


def _title(items: cst.BaseExpression) -> str:
    """Return a name for a set of ``items``, from the first variable that they come from."""
    match items:
        case cst.ListComp(for_in=for_in) | cst.GeneratorExp(for_in=for_in):
            return _title(for_in.iter)
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name
        case cst.Call(args=[cst.Arg(value=inner), *_]):
            return _title(inner)
        case cst.Call(func=cst.Attribute(value=inner)) | cst.Subscript(value=inner):
            return _title(inner)
        case _:
            return "known"


def _set_before(
    facts: Facts, target: cst.ComparisonTarget, place: cst.BaseStatement, made: str, title: str
) -> Match:
    fresh = facts.fresh(f"{title}_set")
    items, asked = target.comparator, facts.parent(target)
    replace: dict[cst.CSTNode, Replacement] = {
        place: [*statements(f"{fresh} = {made}"), place],
        items: cst.Name(fresh),
    }
    if made.startswith("{tuple(") and isinstance(asked, cst.Comparison):
        replace[asked.left] = expression(f"tuple({bare(asked.left)})")
    return Match(target, replace)


def _of_a_copy(facts: Facts) -> Iterator[Match]:
    """``x in list(xs)`` and ``x in d.keys()`` ask ``xs`` and ``d`` themselves."""
    for target in _asked(facts):
        match target.comparator:
            case cst.Call(func=cst.Name() as function, args=[cst.Arg(value=inner, star="")]) if any(
                facts.is_builtin(function, name) for name in _COPIES
            ):
                kind = facts.kind(inner)
            case cst.Call(
                func=cst.Attribute(value=inner, attr=cst.Name(value="keys")), args=[]
            ) if likely_kind(facts, inner) == "dict":
                kind = "dict"
            case _:
                continue
        if kind in {"list", "tuple", "set", "frozenset", "dict", "dict_keys", "range"}:
            yield Match(target, {target.comparator: inner})


# --- lists that grow ------------------------------------------------------------------------


def _asked_while_growing(facts: Facts) -> Iterator[Match]:
    """A list that grows between the questions gets a set beside it that grows too."""
    for target in _asked(facts):
        asked = _named(target.comparator)
        if asked is None:
            continue
        name, key = asked
        grown = growing(facts, name)
        if grown is None or not _reaches(facts, grown, target):
            continue
        fresh = facts.fresh(f"{name}_set")
        lists = _asks_for_lists(facts, target)
        if lists and key is None:
            key = "item", expression("tuple(item)")
        beside = grown.beside(
            f"{fresh} = {_first(grown, key)}",
            f"{fresh} = set()",
            f"{fresh}.add({_of_item(key)})",
        )
        yield Match(target, {**beside, **_asking(facts, asked, fresh, lists=lists)})


def _named(
    items: cst.BaseExpression,
) -> tuple[str, tuple[str, cst.BaseExpression] | None] | None:
    """Return which list is asked, and what of its items: (variable, expression), or None."""
    match items:
        case cst.Name(value=name):
            return name, None
        case cst.ListComp(
            elt=elt,
            for_in=cst.CompFor(
                target=cst.Name(value=item),
                iter=cst.Name(value=name),
                ifs=[],
                inner_for_in=None,
            ),
        ):
            return name, (item, elt)
        case _:
            return None


def _reaches(facts: Facts, grown: Growing, target: cst.ComparisonTarget) -> bool:
    """Return whether the list is asked in a loop that it grows in, by something steady."""
    if not any(target in facts.ancestors(node) for node in grown.reads):
        return False
    asked = _named(target.comparator)
    if asked and asked[1]:
        item, elt = asked[1]
        if not is_steady(facts, elt) or not facts.read(elt) <= {item}:
            return False
    return any(share_a_loop(facts, target, line) for line, _ in grown.appends)


def _first(grown: Growing, key: tuple[str, cst.BaseExpression] | None) -> str:
    """Return the text of the set of what is in the list at first."""
    if key is not None:
        item, elt = key
        return f"{{{bare(elt)} for {item} in {grown.name}}}"
    return f"set({grown.name})"


def _of_item(key: tuple[str, cst.BaseExpression] | None) -> str:
    if key is None:
        return "{item}"
    item, elt = key
    # The braces are put in after the renaming: they are no name.
    return bare(renamed(elt, {item: "ITEM"})).replace("ITEM", "{item}")


def _asks_for_lists(facts: Facts, target: cst.ComparisonTarget) -> bool:
    """Return whether lists are looked for, for which tuples stand in a set."""
    asked = facts.parent(target)
    return isinstance(asked, cst.Comparison) and kind_here(facts, asked.left) == "list"


def _asking(
    facts: Facts,
    asked: tuple[str, tuple[str, cst.BaseExpression] | None],
    fresh: str,
    *,
    lists: bool,
) -> dict[cst.CSTNode, Replacement]:
    """Return the replacements by which all that ask the same of the list ask the set."""
    replace: dict[cst.CSTNode, Replacement] = {}
    for target in _asked(facts):
        other, around = _named(target.comparator), facts.parent(target)
        if other is None or other[0] != asked[0] or (other[1] is None) != (asked[1] is None):
            continue
        if other[1] and asked[1] and bare(other[1][1]) != bare(asked[1][1]):
            continue
        if isinstance(around, cst.Comparison) and _asks_for_lists(facts, target) == lists:
            replace[target.comparator] = cst.Name(fresh)
            if lists:
                replace[around.left] = expression(f"tuple({bare(around.left)})")
    return replace


def _only_asked(facts: Facts) -> Iterator[Match]:
    """A list that is only appended to and asked for members is a set from the start."""
    for name in sorted(facts.bound):
        grown = growing(facts, name)
        if grown is None or not grown.reads:
            continue
        if not all(isinstance(facts.parent(node), cst.ComparisonTarget) for node in grown.reads):
            continue
        replace: dict[cst.CSTNode, Replacement] = {grown.value: _started(grown)}
        for line, _ in grown.appends:
            for call in facts.nodes(cst.Attribute, line):
                if call.attr.value == "append" and bare(call.value) == name:
                    replace[call.attr] = cst.Name("add")
                    break
        if len(replace) == len(grown.appends) + 1:
            yield Match(grown.start, replace)


def _started(grown: Growing) -> cst.BaseExpression:
    if is_empty(grown.value):
        return expression("set()")
    if isinstance(grown.value, cst.List):
        return cst.Set(grown.value.elements)
    return expression(f"set({bare(grown.value)})")


def _without_repetitions(facts: Facts) -> Iterator[Match]:
    """``for x in xs: if f(x) not in out: out.append(f(x))`` keeps the keys of a dict instead."""
    for loop in facts.nodes(cst.For):
        found = _kept_once(facts, loop)
        if found is None:
            continue
        start, name, key = found
        source, target = bare(loop.iter), bare(loop.target)
        items = source if key == target else f"{key} for {target} in {source}"
        made = statements(f"{name} = list(dict.fromkeys({items}))")
        yield Match(loop, {start: [], loop: made})


def _kept_once(facts: Facts, loop: cst.For) -> tuple[cst.BaseStatement, str, str] | None:
    """Return the line before a loop that starts a list, its name and what the loop keeps once."""
    question = sole(loop.body)
    if loop.orelse or loop.asynchronous or not isinstance(question, cst.If) or question.orelse:
        return None
    asked, kept = compared(question.test, cst.NotIn), appended(sole(question.body))
    start = line_before(facts, loop)
    bound = assignment(start)
    if asked is None or kept is None or bound is None or start is None:
        return None
    name, key = kept
    targets = target_names(loop.target)
    fits = (
        bare(asked[0]) == bare(key)
        and bare(asked[1]) == bound[0] == name
        and is_empty(bound[1])
        and targets is not None
        and stays_inside(facts, targets, loop)
        and is_steady(facts, key)
        and is_steady(facts, loop.iter)
        and name not in facts.read(loop.iter) | facts.read(key)
    )
    return (start, name, bare(key)) if fits else None


# --- any(x == y for y in ys) ----------------------------------------------------------------


def _any_equal(facts: Facts) -> Iterator[Match]:
    """``any(f(y) == x for y in ys)`` asks a set, which a later look makes before the loop."""
    wanted: Mapping[str, tuple[type[cst.BaseCompOp], str]] = {
        "any": (cst.Equal, "in"),
        "all": (cst.NotEqual, "not in"),
    }
    for call in facts.nodes(cst.Call):
        match call:
            case cst.Call(
                func=cst.Name(value="any" | "all" as name) as function,
                args=[cst.Arg(value=(cst.GeneratorExp() | cst.ListComp()) as items)],
            ) if facts.is_builtin(function):
                operator, word = wanted[name]
                text = _as_question(facts, items, operator, word)
            case _:
                continue
        if text is not None:
            asked = expression(text)
            yield Match(call, {call: enclosed(facts, call, asked)})


def _as_question(
    facts: Facts,
    items: cst.GeneratorExp | cst.ListComp,
    operator: type[cst.BaseCompOp],
    word: str,
) -> str | None:
    sides, names = compared(items.elt, operator), target_names(items.for_in.target)
    if sides is None or names is None or items.for_in.inner_for_in or not is_steady(facts, items):
        return None
    key, sought = sides if facts.read(sides[0]) & names else sides[::-1]
    if facts.read(sought) & names or not facts.read(key) & names:
        return None
    if repeated_in(facts, items, facts.read(items) - names - facts.read(sought)) is None:
        return None
    return f"{bare(sought)} {word} {bare(cst.ListComp(key, items.for_in))}"


_HASHABLE = "if something in it cannot be hashed, or it changes under another name"

RULES = (
    Rule(
        "only-first-kept-by-dict",
        "items kept once, each compared with all kept before, become the keys of a dict",
        Gain.ORDER,
        _without_repetitions,
        unless="if an item cannot be hashed, or is not equal to itself",
    ),
    Rule(
        "only-asked-list-is-a-set",
        "a list that is only appended to and asked for members is a set from the start",
        Gain.ORDER,
        _only_asked,
        unless=_HASHABLE,
    ),
    Rule(
        "membership-beside-a-list",
        "a growing list that is asked for members gets a set beside it that grows too",
        Gain.ORDER,
        _asked_while_growing,
        unless=_HASHABLE,
    ),
    Rule(
        "membership-in-a-set",
        "a loop that asks whether things are in a list asks a set made before it instead",
        Gain.ORDER,
        _in_a_loop,
        unless=_HASHABLE,
    ),
    Rule(
        "membership-in-a-likely-set",
        "a loop that asks whether things are in an argument asks a set of it made before",
        Gain.ORDER,
        _likely_list_in_a_loop,
        unless="if it is text, or something in it cannot be hashed",
    ),
    Rule(
        "membership-in-a-set-made-once",
        "a list that is made anew for each question becomes a set made before the loop",
        Gain.ORDER,
        _made_again_and_again,
        unless="if something in it cannot be hashed, or the list is never needed and fails",
    ),
    Rule(
        "any-equal-in-a-set",
        "comparing with each item in turn becomes one question of membership",
        Gain.ORDER,
        _any_equal,
        unless="if something compared cannot be hashed, or is not equal to itself",
    ),
    Rule(
        "membership-without-a-copy",
        "membership is asked of the collection itself, not of a copy made to be asked",
        Gain.LARGE,
        _of_a_copy,
        unless="if what is looked for cannot be hashed",
    ),
    Rule(
        "constants-in-a-set",
        "membership among constants is looked up in a set instead of compared with each",
        Gain.SMALL,
        _among_constants,
        unless="if what is looked for cannot be hashed",
    ),
)
