"""A sealed Lua 5.4: a fresh heap, a budget, and no way out but the calls that are handed in.

Promises: the host's functions are reached through Lua closures only; text goes in as source, never
as bytecode; no exception of Python enters Lua; running out of memory never jumps over Python.

Not here: what a scenario finds inside (`prelude/`), what its calls do (`host`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn
from weakref import WeakMethod

from sigil.errors import DependencyMissing, MalformedScenario, Where, install
from sigil.gate.lua.limits import Limits
from sigil.gate.lua.values import Translator

Answer = Callable[..., tuple[Any, ...]]
LuaFunction = Any

MAIN: Final = "scenario"
"""What messages of Lua call the scenario's own text."""
_PARTS = (
    *("seal", "library", "names", "expect", "chance", "calls", "agents", "browser", "gen"),
    *("invariant", "world"),
)
_PRELUDE = Path(__file__).parent / "prelude"
_PLACE = re.compile(r"([^:\n]*):([0-9]+): (.*)", re.DOTALL)


class Interpreter:
    """One heap, for one scenario.

    Args:
        limits: of memory and instructions.
        answer: a method that performs a call of the host, by name; it never raises, and its
            object outlives the interpreter.

    Attributes:
        inside: the table that the prelude's parts share.
        translator: carries values over.

    Raises:
        DependencyMissing: the extra ``gate`` is not installed.
    """

    def __init__(self, limits: Limits, answer: Answer):
        lua: Any = _lua()
        self._limits = limits
        self._runtime: Any = lua.LuaRuntime(
            encoding="latin-1",
            source_encoding="utf-8",
            register_eval=False,
            register_builtins=False,
            attribute_filter=_nothing,
            unpack_returned_tuples=True,
            max_memory=0,
        )
        self._errors: tuple[type[Exception], ...] = (lua.LuaSyntaxError, lua.LuaError)
        self.inside: Any = self._runtime.table_from({
            "budget": limits.instructions,
            "text_bytes": limits.text_bytes,
            "host": self._runtime.table_from({
                "enter": _weak(self.unlimited), "leave": _weak(self.limited),
                "answer": _weak(answer),
            }),
        })  # fmt: skip
        for name in _PARTS:
            self._runtime.compile(_part(name), name=f"={name}", mode="b")(self.inside)
        outer: Any = self._runtime.globals()
        for name in list(outer.keys()):
            outer[name] = None
        self.translator = Translator(
            self._runtime, self.inside.null, self.inside.array, self.inside.kind_of, limits
        )

    def unlimited(self) -> None:
        """Lift the limit of memory, while Python fills the heap."""
        self._runtime.set_max_memory(0)

    def limited(self) -> None:
        """Set the limit of memory again."""
        self._runtime.set_max_memory(self._limits.memory_bytes)

    def compile(self, text: str, name: str, path: str) -> LuaFunction:
        """Return source text as a function.

        Args:
            text: of a chunk.
            name: what messages of Lua call it.
            path: what our error calls it.

        Raises:
            MalformedScenario: Lua does not accept it.
        """
        try:
            return self._runtime.compile(text, name=f"={name}", mode="t")
        except self._errors as error:
            refuse(str(error), path)

    def table(self, values: dict[Any, Any]) -> Any:
        """Return a flat table."""
        return self._runtime.table_from(values)


def refuse(message: str, path: str) -> NoReturn:
    """Raise what Lua said of a text, with its line."""
    line, problem = split_place(message)
    remedy = "nest less deeply" if "stack overflow" in problem else None
    raise MalformedScenario(problem, where=Where(path, line), remedy=remedy)


def split_place(message: str) -> tuple[int | None, str]:
    """Return the line of the scenario that a message of Lua names, and the rest of it.

    A message of a helper keeps its place, one of our own loses it: neither is a line of the
    scenario.
    """
    first = message.split("\nstack traceback:", 1)[0]
    found = _PLACE.fullmatch(first)
    if found is None or found[1].startswith("lib."):
        return None, first
    return (int(found[2][:9]) if found[1] == MAIN else None), found[3]


def load_prelude() -> None:
    """Load what every interpreter is made of, once for this process and its forks.

    Raises:
        DependencyMissing: the extra ``gate`` is not installed.
    """
    for name in _PARTS:
        _part(name)


def _weak(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls a method and does not keep its object.

    What Lua holds Python cannot collect: a heap that held its own interpreter would stay for ever.
    """
    reference = WeakMethod(method)

    def call(*arguments: Any) -> Any:
        found = reference()
        assert found is not None
        return found(*arguments)

    return call


def _nothing(_object: object, _name: object, _setting: bool) -> NoReturn:
    raise AttributeError("sealed")


@cache
def _part(name: str) -> bytes:
    """Return a part of the prelude as bytecode of this process's Lua, never read from a file."""
    text = (_PRELUDE / f"{name}.lua").read_text(encoding="utf-8")
    maker: Any = _lua().LuaRuntime(encoding="latin-1", source_encoding="utf-8")
    compiled: str = maker.eval("string.dump")(maker.compile(text, name=f"={name}", mode="t"))
    return compiled.encode("latin-1")


@cache
def _lua() -> Any:
    try:
        from lupa import lua54  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise DependencyMissing("scenarios need Lua", remedy=install("gate")) from error
    return lua54
