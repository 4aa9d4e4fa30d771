"""What was computed before is not computed again: recursion, helpers, repeated calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.likely import kind_here, value_here
from sigil.search.rewrite.places import base_of, changed_as_items, repeated_in
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import bare, nested_function, occurrences, slice_of, statements

_TWICE = 2


def _recursion(facts: Facts) -> Iterator[Match]:
    """A function that calls itself twice or more keeps its results for the time of one call.

    The body moves into an inner function of the arguments that change from call to call.
    """
    found = _recursive(facts)
    if found is not None:
        outer, names, varying = found
        yield _with_inner(facts, outer, names, varying, frozenset())


def _recursion_on_parts(facts: Facts) -> Iterator[Match]:
    """The same for a list of which a part is handed on: as a tuple it can be hashed."""
    found = _recursive(facts)
    if found is not None:
        outer, names, varying = found
        lists = frozenset(name for name in varying if _is_cut(facts, name))
        if lists:
            yield _with_inner(facts, outer, names, varying, lists)


def _recursive(facts: Facts) -> tuple[cst.FunctionDef, list[str], list[str]] | None:
    """Return the function, its parameters and those that vary, if keeping results may pay."""
    outer = facts.definition
    if not isinstance(outer, cst.FunctionDef) or outer.asynchronous or _is_generator(facts, outer):
        return None
    if outer.decorators:
        return None  # calls go through what decorates it
    calls = [c for c in facts.nodes(cst.Call) if _is_call_of(c, outer.name.value)]
    names = _plain_parameters(outer)
    again = len(calls) >= _TWICE or any(repeated_in(facts, call, ()) for call in calls)
    if not again or names is None or _has_effects(facts, outer):
        return None
    if len(list(occurrences(facts, outer.name.value))) != len(calls) + 1:
        return None
    varying = _varying(facts, calls, names)
    if not varying or any(_is_handed_a_list(facts, call) for call in calls):
        return None
    return outer, names, varying


def _is_cut(facts: Facts, name: str) -> bool:
    """Return whether a parameter may be a list of which parts are handed on by slices.

    It must not be used as text, nor for anything that a tuple does not do.
    """
    cut = False
    for use in occurrences(facts, name):
        above = facts.parent(use)
        match above:
            case cst.Subscript():
                cut = cut or isinstance(above.slice[0].slice, cst.Slice)
            case cst.Arg():
                call = facts.parent(above)
                if not isinstance(call, cst.Call) or not facts.is_pure_call(call):
                    return False
            case cst.Param() | cst.If() | cst.UnaryOperation() | cst.BooleanOperation():
                pass
            case cst.For(iter=source) | cst.CompFor(iter=source):
                if source is not use:
                    return False
            case _:
                return False
    return cut


def _is_generator(facts: Facts, function: cst.FunctionDef) -> bool:
    return any(True for _ in facts.nodes(cst.Yield, function))


def _is_call_of(call: cst.Call, name: str) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value == name


def _plain_parameters(function: cst.FunctionDef) -> list[str] | None:
    """Return the names of parameters that can all be handed over by position."""
    given = function.params
    if given.kwonly_params or given.star_kwarg or isinstance(given.star_arg, cst.Param):
        return None
    return [p.name.value for p in (*given.posonly_params, *given.params)]


def _has_effects(facts: Facts, function: cst.FunctionDef) -> bool:
    """Return whether a function plainly does more than return something.

    It changes an argument or what it is handed to, declares a global name, or reads or writes
    by a built-in. What other functions do that it calls is not known: the rules say so.
    """
    if _changes(facts, function) & set(facts.parameters):
        return True
    if any(True for _ in facts.nodes(cst.Global, function)):
        return True
    return any(
        facts.is_builtin(call.func) and bare(call.func) in {"print", "input", "open", "next"}
        for call in facts.nodes(cst.Call, function)
    )


def _changes(facts: Facts, function: cst.FunctionDef) -> frozenset[str]:
    """Return the names whose objects a function may change, other than by calling itself."""
    found: set[str] = set()
    for node in facts.walk(function.body):
        if isinstance(node, (cst.Subscript, cst.Attribute)) and facts.is_target(node):
            found |= base_of(node)
        elif isinstance(node, cst.Call) and not _is_call_of(node, function.name.value):
            found |= frozenset() if facts.is_harmless(node) else facts.read(node)
    return frozenset(found)


def _varying(facts: Facts, calls: Sequence[cst.Call], names: Sequence[str]) -> list[str] | None:
    """Return the parameters that are not handed on as they are in every call.

    None if a call cannot be followed, as with a star.
    """
    same = set(names) - facts.assigned(facts.definition.body)
    for call in calls:
        handed = dict(zip(names, call.args, strict=False))
        if len(call.args) > len(names) or any(arg.star or arg.keyword for arg in call.args):
            return None
        same -= {n for n in same if n not in handed or bare(handed[n].value) != n}
    return [name for name in names if name not in same]


def _with_inner(
    facts: Facts,
    outer: cst.FunctionDef,
    names: Sequence[str],
    varying: Sequence[str],
    lists: frozenset[str],
) -> Match:
    inner = facts.fresh(f"{outer.name.value}_of")
    changed = outer.body.visit(_Redirecting(outer.name.value, inner, names, varying))
    assert isinstance(changed, (cst.IndentedBlock, cst.SimpleStatementSuite))
    kept, rest = _docstring_and_rest(outer, changed)
    head = f"@cache\ndef {inner}({_with_defaults(outer, varying)}):"
    function = nested_function(head, rest)
    handed = (f"tuple({name})" if name in lists else name for name in varying)
    result = statements(f"return {inner}({', '.join(handed)})")
    whole = cst.IndentedBlock([*kept, function, *result])
    return Match(outer, {outer.body: whole}, imports=[("functools", "cache")])


def _with_defaults(outer: cst.FunctionDef, varying: Sequence[str]) -> str:
    """Return the text of the inner function's parameters, with their defaults."""
    found: list[str] = []
    for parameter in (*outer.params.posonly_params, *outer.params.params):
        if parameter.name.value in varying:
            default = parameter.default
            text = f"={bare(default)}" if default is not None else ""
            found.append(f"{parameter.name.value}{text}")
    return ", ".join(found)


def _docstring_and_rest(
    outer: cst.FunctionDef, body: cst.BaseSuite
) -> tuple[Sequence[cst.BaseStatement], cst.BaseSuite]:
    if outer.get_docstring(clean=False) is None or not isinstance(body, cst.IndentedBlock):
        return [], body
    return body.body[:1], body.with_changes(body=body.body[1:])


class _Redirecting(cst.CSTTransformer):
    """Lets calls of one function call another, with only some of the arguments."""

    def __init__(self, name: str, other: str, names: Sequence[str], varying: Sequence[str]):
        super().__init__()
        self._name, self._other = name, other
        self._kept = [n in varying for n in names]

    def leave_Call(  # noqa: N802 - as LibCST calls it
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.Call:
        if not _is_call_of(original_node, self._name):
            return updated_node
        args = [arg for arg, kept in zip(updated_node.args, self._kept, strict=False) if kept]
        if args:
            args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(func=cst.Name(self._other), args=args)


# --- nested functions -----------------------------------------------------------------------


def _nested(facts: Facts) -> Iterator[Match]:
    """A nested function that only computes, called in a loop or by itself, keeps results."""
    for function in facts.nodes(cst.FunctionDef):
        if function is facts.definition or not _only_computes(facts, function):
            continue
        calls = [c for c in facts.nodes(cst.Call) if _is_call_of(c, function.name.value)]
        own = [c for c in calls if function in facts.ancestors(c)]
        looped = [c for c in calls if repeated_in(facts, c, ()) is not None and c not in own]
        if any(_is_handed_a_list(facts, call) for call in calls):
            continue
        if len(own) >= _TWICE or looped:
            new = function.with_changes(decorators=[cst.Decorator(cst.Name("cache"))])
            yield Match(function, {function: new}, imports=[("functools", "cache")])


def _is_handed_a_list(facts: Facts, call: cst.Call) -> bool:
    """Return whether an argument is, or was just made of, what cannot be hashed."""
    for arg in call.args:
        value = value_here(facts, arg.value)
        if kind_here(facts, arg.value) in {"list", "dict", "set"}:
            return True
        if isinstance(value, cst.BinaryOperation) and slice_of(value.right) is not None:
            return True
    return False


def _only_computes(facts: Facts, function: cst.FunctionDef) -> bool:
    if function.asynchronous or function.decorators or _is_generator(facts, function):
        return False
    if any(True for _ in facts.nodes(cst.Nonlocal, function)):
        return False
    names = _plain_parameters(function)
    if not names:
        return False
    # What it reads from around it must not change while results are kept, and what it returns
    # must not be changed by who gets it.
    outside = facts.read(function.body) - facts.assigned(function)
    around = facts.assigned(facts.definition.body) - {function.name.value}
    if _changes(facts, function) & (set(names) | outside) or outside & _given(facts, function):
        return False
    return all(_bound_once_before(facts, name, function) for name in outside & around)


def _given(facts: Facts, function: cst.FunctionDef) -> frozenset[str]:
    """Return the parameters of the functions around ``function`` that change while they run."""
    found = frozenset[str]()
    for above in facts.ancestors(function):
        if isinstance(above, cst.FunctionDef):
            names = frozenset(p.name.value for p in facts.nodes(cst.Param, above.params))
            items = facts.changed(above.body) | changed_as_items(facts, above.body)
            found |= names & items
    return found


def _bound_once_before(facts: Facts, name: str, function: cst.FunctionDef) -> bool:
    """Return whether a name gets its value before ``function``, and keeps it."""
    targets = [use for use in occurrences(facts, name) if facts.is_target(use)]
    if len(targets) != 1 or facts.loop_around(targets[0]) is not None:
        return False
    line = facts.statement_of(targets[0])
    around = facts.parent(function)
    inside = around.body if isinstance(around, cst.IndentedBlock) else ()
    if line not in inside or inside.index(line) > inside.index(function):
        return False
    return all(name not in facts.changed(later) for later in inside[inside.index(line) + 1 :])


# --- calls in a loop ------------------------------------------------------------------------


def _calls(facts: Facts) -> Iterator[Match]:
    """A function of the module that a loop calls with plain arguments keeps its results."""
    for call in facts.nodes(cst.Call):
        name = _outside_function(facts, call)
        place = repeated_in(facts, call, {name}) if name else None
        if name is None or place is None:
            continue
        fresh = facts.fresh(f"cached_{name.rpartition('.')[2]}")
        others = [c for c in facts.nodes(cst.Call, place) if bare(c.func) == name]
        if any(_is_waited_for(facts, other) for other in others):
            continue
        yield Match(
            call,
            {
                place: [*statements(f"{fresh} = cache({name})"), place],
                **{other.func: cst.Name(fresh) for other in others},
            },
            imports=[("functools", "cache")],
        )


def _is_waited_for(facts: Facts, call: cst.Call) -> bool:
    """Return whether a call gives what can be waited for once."""
    match facts.parent(call):
        case cst.For(asynchronous=waits) | cst.CompFor(asynchronous=waits):
            return waits is not None
        case above:
            return isinstance(above, cst.Await)


def _outside_function(facts: Facts, call: cst.Call) -> str | None:
    """Return the dotted name of a called function of elsewhere that may be worth keeping."""
    name = bare(call.func)
    arguments = [arg for arg in call.args if not arg.star]
    plain = all(facts.read(arg.value) for arg in arguments[:1])
    if not arguments or len(arguments) != len(call.args) or not plain:
        return None
    match call.func:
        case cst.Name(value=own):
            known = own not in facts.bound and not facts.is_builtin(call.func)
            # A class has names in capitals: each call has to make a new object.
            return name if known and own[:1].islower() else None
        case cst.Attribute():
            dotted = facts.stands_for(call.func)
            return name if dotted and dotted in _SLOW else None
        case _:
            return None


_SLOW = frozenset(
    "datetime.datetime.strptime datetime.datetime.fromisoformat datetime.date.fromisoformat "
    "unicodedata.normalize json.dumps math.factorial math.comb "
    "urllib.parse.quote urllib.parse.unquote html.escape html.unescape".split()
)
"""Functions of the standard library that take longer than to look a result up, and return what
cannot change."""


RULES = (
    Rule(
        "recursion-on-tuples-with-cache",
        "a recursion on parts of a list gets them as tuples, and keeps its results for one call",
        Gain.ORDER,
        _recursion_on_parts,
        unless="if it goes deep, returns a part, cannot hash an item (1, 1.0 and True are one), "
        "or sees more than its arguments",
    ),
    Rule(
        "recursion-with-cache",
        "a recursion that meets the same arguments again keeps its results for one call",
        Gain.ORDER,
        _recursion,
        unless="if it goes deep, arguments cannot be hashed (1, 1.0 and True are one), "
        "results are changed, or it sees more than arguments",
    ),
    Rule(
        "helper-with-cache",
        "a nested function that only computes keeps its results for one call",
        Gain.ORDER,
        _nested,
        unless=(
            "if arguments cannot be hashed (1, 1.0 and True are one), results are changed, "
            "or what it reads changes under another name"
        ),
    ),
    Rule(
        "calls-with-cache",
        "a function that a loop calls with the same arguments again keeps its results",
        Gain.LARGE,
        _calls,
        unless="if it does or sees more than its arguments, cannot hash them (1, 1.0 and True are "
        "one), or results change or are used up",
    ),
)
