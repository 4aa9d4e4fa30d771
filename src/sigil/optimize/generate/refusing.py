"""Would the class itself have an object with such attributes? Asked sealed, of its own code.

Where the constructor, given the attributes that it names its parameters by, makes the very state
of every known object, it has to make a varied one too: what it refuses, or strips, is no state
that an object ever has. And methods that need no argument may not fall over an object (a missing
key, a missing attribute, a failed assertion) as they do over no known one. A state of which the
class cannot be asked in time is none that an object may have.

Not here: what the states themselves show (`sigil.optimize.generate.laws`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from sigil.evaluate.target import Target
from sigil.optimize.generate.adapting import adapter_of, can_be_imported
from sigil.optimize.generate.attributes import WouldHave, any_state, state_of
from sigil.optimize.generate.laws import State
from sigil.optimize.generate.locating import Function, functions_of
from sigil.optimize.generate.sampling import spread
from sigil.optimize.generate.trying import Died, Outcome, Trial
from sigil.optimize.generate.workshop import Workshop
from sigil.sandbox.model import CandidateFailed, Case, Returned

_PATIENCE_S = 2.0
"""How long a batch of such questions may take; what takes longer is asked no more."""
_LOOKED_AT, _BATCH = 40, 60
_FALLS = frozenset(
    "AssertionError AttributeError IndexError KeyError NameError RecursionError TypeError".split()
)
"""Errors that say that an object is in a state which was not meant, and not merely empty."""
_CHECKS = re.compile(r"check|valid|invariant|ensure|verify|__post_init__", re.IGNORECASE)
"""How methods are called whose every error says so."""
_LEFT_OUT = frozenset("__init__ __new__ __del__ __enter__ __exit__ __init_subclass__".split())

_CHECKING = '''

def checked(state, names):
    """Return what the class makes of attributes: by its constructor, and by methods by name."""
    import inspect
    import marshal

    plain = marshal.dumps(state)

    def outcome(work, *given):
        try:
            return work(*given)
        except BaseException as error:
            return type(error).__name__

    def made():
        given = {{}}
        for name in inspect.signature({owner}).parameters:
            for known in (name, "_" + name):
                if known in state:
                    given[name] = marshal.loads(plain)[known]
        return "same" if vars({owner}(**given)) == state else "other"

    def called(name):
        thing = object.__new__({owner})
        object.__setattr__(thing, "__dict__", marshal.loads(plain))
        found = getattr(thing, name)
        if callable(found):
            found()
        return ""

    return [outcome(made), *(outcome(called, name) for name in names)]
'''


class _Asking:
    """Asks the class, and holds what it says against what it says of known states."""

    def __init__(self, trial: Trial, names: Sequence[str], known: Sequence[State]):
        self._trial = trial
        self._names = names
        self._is_patient = True
        self._usual = self._answered_by(known)
        if not self._usual and names:  # some method may wait for ever
            self._names, self._is_patient = (), True
            self._usual = self._answered_by(known)

    def __call__(self, states: Sequence[State]) -> Sequence[bool]:
        """Return of each state whether an object may have it; none may of which nothing is said."""
        said = self._asked(states) if self._usual else [None] * len(states)
        return [one is not None and self._is_usual(one) for one in said]

    def _answered_by(self, known: Sequence[State]) -> list[set[str]]:
        """Return what is said of known states: by the constructor, and by each method."""
        said = [one for one in self._asked(spread(known, _LOOKED_AT)) if one is not None]
        return [{"same", *row} for row in zip(*said, strict=True)]

    def _is_usual(self, said: Sequence[str]) -> bool:
        return said[0] in self._usual[0] and all(
            error in usual or not (error in _FALLS or _CHECKS.search(name))
            for name, error, usual in zip(self._names, said[1:], self._usual[1:], strict=True)
        )

    def _asked(self, states: Sequence[State]) -> list[Sequence[str] | None]:
        said: list[Sequence[str] | None] = []
        for start in range(0, len(states), _BATCH):
            batch = states[start : start + _BATCH]
            cases = [Case((dict(state), [*self._names])) for state in batch]
            answers: Sequence[Outcome] = self._answers(cases) if self._is_patient else ()
            self._is_patient &= not any(isinstance(one, Died) for one in answers)
            found: list[Any] = [one.value if isinstance(one, Returned) else None for one in answers]
            said += found or [None] * len(cases)
        return said

    def _answers(self, cases: Sequence[Case]) -> Sequence[Outcome]:
        try:
            return self._trial.answers(cases, _PATIENCE_S)
        except CandidateFailed as failed:
            return [Died(failed.kind, failed.detail)] * len(cases)


@contextmanager
def asking(workshop: Workshop, cases: Sequence[Case]) -> Generator[WouldHave]:
    """Give what tells of states whether the class would have them; any, where it cannot be asked.

    Args:
        workshop: of a method, or of a function.
        cases: known calls; of a method, the first argument is the object's attributes.
    """
    function = workshop.request.function
    known = [state for state in map(state_of, cases) if state is not None]
    if not (function.is_method and known and can_be_imported(function)):
        yield any_state
        return
    names = _names(function)
    path, target = f".sigil/{workshop.request.name}_checked.py", workshop.target
    text = adapter_of(function, prints=False) + _CHECKING.format(owner=function.owner)
    seen = Target(target.base, {**target.files, path: text}, target.interpreter)
    request = workshop.request
    underway = request.underway if request.cases is None else None
    called = f"{path}:checked"
    with Trial(seen, called, workshop.settings, request.call_s, underway) as trial:
        yield _Asking(trial, names, known)


def _names(function: Function) -> list[str]:
    """Return the other methods of the class that need nothing but the object."""
    return [
        name.rpartition(".")[2]
        for name, node in functions_of(function.text)
        if name.rpartition(".")[0] == function.owner
        and name != function.qualname
        and name.rpartition(".")[2] not in _LEFT_OUT
        and isinstance(node, ast.FunctionDef)
        and _takes_only_itself(node)
    ]


def _takes_only_itself(node: ast.FunctionDef) -> bool:
    given = [*node.args.posonlyargs, *node.args.args]
    required = len(given) - len(node.args.defaults)
    is_static = any(ast.unparse(one) == "staticmethod" for one in node.decorator_list)
    return len(given) > 0 and required <= 1 and not is_static and None not in node.args.kw_defaults
