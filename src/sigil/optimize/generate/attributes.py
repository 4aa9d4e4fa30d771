"""The attributes of a method's object, as arguments of their own.

What a test calls a method with is mostly in the object: a book has its entries, and `domains()`
takes nothing. So the attributes of a recorded object are opened: each becomes an argument by a
name that no parameter can have, is varied and enlarged as arguments are, and is closed again to
what the adapter of a method is called with. Only attributes that the method reads are varied, one
at a time, and what follows from another follows it.

Pure. Not here: what follows from what (`sigil.optimize.generate.laws`), what the class says of
such objects (`sigil.optimize.generate.refusing`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sigil.evaluate.literals import write_literal
from sigil.optimize.generate.inputs import Key, case_text, kind_of
from sigil.optimize.generate.laws import NO_LAWS, Laws, State, laws_of
from sigil.optimize.generate.locating import Function, functions_of
from sigil.sandbox.model import Case

_SIGN = "self."
WouldHave = Callable[[Sequence[State]], Sequence[bool]]
"""Tells of each state whether the class would have it."""


def any_state(states: Sequence[State]) -> Sequence[bool]:
    """Return that the class may have each of the states."""
    return [True] * len(states)


@dataclass(frozen=True, slots=True)
class Objects:
    """What is known of the objects that a method is called on; of a function, `NO_OBJECTS`.

    Args:
        is_method: whether the first argument of a case is the state of an object.
        names: of all attributes.
        varied: names of those that are varied.
        laws: what holds among them in all known states.
        would_have: tells whether the class would have an object with such attributes.
    """

    is_method: bool = False
    names: tuple[str, ...] = ()
    varied: tuple[str, ...] = ()
    laws: Laws = NO_LAWS
    would_have: WouldHave = any_state
    _known: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def fixed(self) -> frozenset[Key]:
        """Return the arguments of an opened case that stay as they are."""
        unvaried = [f"{_SIGN}{name}" for name in self.names if name not in self.varied]
        return frozenset([0, *unvaried] if self.is_method else [])

    @property
    def attributes(self) -> frozenset[Key]:
        """Return the arguments of an opened case that are attributes."""
        return frozenset(f"{_SIGN}{name}" for name in self.names)

    def opened(self, case: Case) -> Case:
        """Return a case whose attributes are arguments by name."""
        state = state_of(case) if self.is_method else None
        if state is None:
            return case
        given = {f"{_SIGN}{name}": value for name, value in state.items()}
        return Case((None, *case.args[1:]), {**case.kwargs, **given})

    def closed(self, case: Case) -> Case:
        """Return an opened case as the method is called."""
        state = _attributes(case)
        if not self.is_method or not case.args or (case.args[0] is not None and not state):
            return case
        others = {name: value for name, value in case.kwargs.items() if not _is_attribute(name)}
        return Case((state, *case.args[1:]), others)

    def whole(self, cases: Iterable[Case]) -> list[Case]:
        """Return those of the opened cases, with what follows from others, that break no law.

        Any number of attributes may be others than in known states.
        """
        made = list(cases)
        if not self.is_method:
            return made
        mended = [self.laws.mended(_attributes(case), None) for case in made]
        pairs = [
            (case, state)
            for case, state in zip(made, mended, strict=True)
            if state is not None and self.laws.hold(state)
        ]
        allowed = self._allowed([state for _, state in pairs])
        return [_with(*pair) for pair, fits in zip(pairs, allowed, strict=True) if fits]

    def lawful(self, cases: Iterable[Case], bases: Sequence[Case]) -> list[Case]:
        """Return those of the opened cases that may be; see `mended`."""
        return [case for case in self.mended(list(cases), bases) if case is not None]

    def mended(self, cases: Sequence[Case], bases: Sequence[Case]) -> list[Case | None]:
        """Return each opened case as it may be; None if it varies two attributes, or breaks a law.

        Args:
            cases: variations; what follows from a varied attribute follows it.
            bases: what they are variations of, opened too.
        """
        if not self.is_method:
            return list(cases)
        known = [_attributes(case) for case in bases]
        states = [self._mended(_attributes(case), known) for case in cases]
        asked = iter(self._allowed([state for state in states if state is not None]))
        return [
            _with(case, state) if state is not None and next(asked) else None
            for case, state in zip(cases, states, strict=True)
        ]

    def count(self, cases: Iterable[Case]) -> int:
        """Return how many closed cases have objects of other states than known ones."""
        return sum(self.is_method and state_text(case) not in self._known for case in cases)

    def note(self, cases: Sequence[Case]) -> str | None:
        """Return which attributes the inputs of a method vary, and which not, as a clause.

        Args:
            cases: closed ones, all that candidates are measured on.
        """
        if not self.names:
            return None
        states = [state for state in map(state_of, cases) if state is not None]
        varied = [name for name in self.varied if len(_texts(states, name)) > 1]
        same = [name for name in self.varied if name not in varied]
        follow = [f"{one} follows {source}" for one, (source, _) in self.laws.follow.items()]
        bound = [one for one in varied if one in self.laws.bound]
        tidied = [one for one in varied if one in self.laws.tidied]
        unread = [
            name for name in self.names if name not in self.varied and name not in self.laws.follow
        ]
        said = [
            f"{', '.join(varied) or 'none'} varied",
            *follow,
            *([f"lengths and common texts of {' and '.join(bound)} stay"] if bound else []),
            *([f"{' and '.join(tidied)} kept in order, or without repeats"] if tidied else []),
            *([f"always the same: {', '.join(same)}"] if same else []),
            *([f"not read, not varied: {', '.join(unread)}"] if unread else []),
        ]
        advice = "; a change that ignores them is not noticed: call it on others in a test"
        return f"of its object's attributes, {'; '.join(said)}{advice if same else ''}"

    def _allowed(self, states: Sequence[State]) -> list[bool]:
        """Return of each state whether an object may have it: a known one, or as the class says."""
        known = [state_text(Case((dict(state),))) in self._known for state in states]
        others = [state for state, is_known in zip(states, known, strict=True) if not is_known]
        asked = iter(self.would_have(others))
        return [is_known or next(asked) for is_known in known]

    def _mended(self, state: State, bases: Sequence[State]) -> State | None:
        for base in bases:
            changed = [name for name in state if _differs(state, base, name)]
            if len(changed) <= 1 and state.keys() == base.keys():
                if not changed:
                    return state
                if self.laws.may_become(base, changed[0], state[changed[0]]):
                    return self.laws.mended(state, changed[0])
        return None


NO_OBJECTS = Objects()
"""Of a function that needs no object."""


def objects_of(
    function: Function,
    cases: Sequence[Case],
    would_have: WouldHave = any_state,
) -> Objects:
    """Return what known calls of a method tell of its objects; `NO_OBJECTS` for a function.

    Args:
        function: the method.
        cases: known calls.
        would_have: tells of each state whether the class would have it.
    """
    if not function.is_method:
        return NO_OBJECTS
    states = [state for state in map(state_of, cases) if state is not None]
    names = tuple(dict.fromkeys(name for state in states for name in state))
    laws = laws_of(states)
    read = attributes_read(function)
    varied = [name for name in names if (read is None or name in read) and name not in laws.follow]
    known = frozenset(map(state_text, cases))
    return Objects(True, names, tuple(varied), laws, would_have, known)


def state_text(case: Case) -> str:
    """Return the state in a closed case as Python writes it."""
    return case_text(Case(case.args[:1]))


def attributes_read(function: Function) -> frozenset[str] | None:
    """Return the attributes that a method reads, also by others of its class; None for any.

    Any may be read where the object itself is passed on.
    """
    known = dict(functions_of(function.text))
    found: set[str] = set()
    waiting, met = [function.qualname], {function.qualname}
    while waiting:
        node = known[waiting.pop()]
        me = next((one.arg for one in (*node.args.posonlyargs, *node.args.args)), None)
        names = _names_of(node, me)
        if names is None:
            return None
        for name in names:
            method = f"{function.owner}.{name}"
            found.add(name)
            if method in known and method not in met:
                met.add(method)
                waiting.append(method)
    return frozenset(found)


def _names_of(node: ast.AST, me: str | None) -> set[str] | None:
    """Return the attributes that are taken of a name; None if it is used otherwise."""
    taken = [
        one
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == me
    ]
    uses = [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id in {me, "super"}]
    return {one.attr for one in taken} if len(uses) == len(taken) else None


def state_of(case: Case) -> State | None:
    """Return the attributes in a closed case; None if there are none."""
    first = case.args[0] if case.args else None
    if kind_of(first) is not dict:
        return None
    state = cast("State", first)
    return state if all(kind_of(name) is str for name in state) else None


def _is_attribute(name: str) -> bool:
    return name.startswith(_SIGN)


def _attributes(case: Case) -> State:
    given = case.kwargs.items()
    return {name.removeprefix(_SIGN): value for name, value in given if _is_attribute(name)}


def _with(case: Case, state: Mapping[str, Any]) -> Case:
    """Return an opened case with other attributes."""
    others = {name: value for name, value in case.kwargs.items() if not _is_attribute(name)}
    return Case(case.args, {**others, **{f"{_SIGN}{name}": one for name, one in state.items()}})


def _texts(states: Sequence[State], name: str) -> set[str]:
    return {write_literal(state[name]) for state in states if name in state}


def _differs(state: State, base: State, name: str) -> bool:
    if name not in base or kind_of(state[name]) is not kind_of(base[name]):
        return True
    return state[name] is not base[name] and bool(state[name] != base[name])
