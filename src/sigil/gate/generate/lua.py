"""A sketch as Lua, in the style in which people write scenarios.

Pure. Not here: which sketches there are (`compiler`).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sigil.gate.generate.checks import checks
from sigil.gate.generate.literals import (
    indexed,
    is_name,
    literal,
    quoted,
    table_of_headers,
    text_with_slots,
)
from sigil.gate.generate.marks import COMPILED
from sigil.gate.generate.model import Exchange, Property, Request, Sketch
from sigil.gate.generate.names import captures
from sigil.gate.generate.slots import SHARED, Unresolved, drawing, with_texts
from sigil.gate.intent import Intent
from sigil.gate.intent.slots import SLOT, slots_in

_NUMBERED = re.compile(r" (?=[0-9]+\.)")
_GLUE = "\ue000"
_WIDTH = 100
_INDENT = 10
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_TAKEN = frozenset({"sigil", "expect", "invariant", "case", "type", "math", "string", "table"})


def write(sketch: Sketch, intent: Intent, note: str = "") -> str:
    """Return the text of a scenario.

    Args:
        sketch: what it holds the service to.
        intent: where that stands.
        note: a further line of its header; empty for none.

    Raises:
        Unresolved: a slot without a value.
        ValueError: a number that Lua does not have.
    """
    writer = _Writer(session=session_of(sketch))
    for number, step in enumerate(sketch.steps, 1):
        writer.begin(number, step)
        if isinstance(step, Property):
            writer.prove(step)
        else:
            writer.exchange(step)
    properties = any(isinstance(step, Property) for step in sketch.steps)
    capabilities = '"http", "property"' if properties else '"http"'
    endpoints = dict.fromkeys(quoted(_request(step).endpoint) for step in sketch.steps)
    head = [
        head_of(sketch, intent, note),
        "return {",
        f"  title = {quoted(sketch.title)},",
        f'  priority = "{intent.priority}",',
        f"  tags = {{ {quoted(intent.slug)} }},",
        f"  endpoints = {{ {', '.join(endpoints)} }},",
        f"  policy = {{ capabilities = {{ {capabilities} }} }},",
        "",
        "  run = function()",
    ]
    body = ["" if not line else f"    {line}" for line in writer.lines]
    return "\n".join([*head, *body, "  end,", "}", ""])


def head_of(sketch: Sketch, intent: Intent, note: str) -> str:
    """Return the lines that say where a scenario comes from; see `write`."""
    first = f"{COMPILED}{intent.path} ({', '.join(sketch.clauses)})."
    return f"{first}\n-- {note}" if note else first


def session_of(sketch: Sketch) -> str:
    """Return the name of the token that the requests of a sketch carry; empty for none."""
    for step in sketch.steps:
        if isinstance(step, Exchange):
            for name, _ in step.captured:
                if is_token(name):
                    return name
    return ""


def is_token(name: str) -> bool:
    """Say whether a captured value is what a session is proved by."""
    return name == "token" or name.endswith("_token")


def _request(step: Exchange | Property) -> Request:
    return step.exchange.request if isinstance(step, Property) else step.request


@dataclass(slots=True)
class _Writer:
    """The lines so far, and which local holds what.

    Args:
        session: name of the captured token; empty for none.
        lines: of the body, not indented.
        scopes: of each actor, the Lua of each name that a slot can stand for.
        names: locals that are taken.
    """

    session: str
    lines: list[str] = field(default_factory=list[str])
    scopes: dict[int, dict[str, str]] = field(default_factory=dict[int, dict[str, str]])
    names: set[str] = field(default_factory=set[str])

    def begin(self, number: int, step: Exchange | Property) -> None:
        """Write the comment of a step."""
        gist = step.exchange.gist if isinstance(step, Property) else step.gist
        if self.lines:
            self.lines.append("")
        kept = _NUMBERED.sub(_GLUE, gist)  # a line that begins so would be another step
        wrapped = textwrap.wrap(f"{number}. {kept}", _WIDTH - _INDENT, break_long_words=False)
        lines = [line.replace(_GLUE, " ") for line in wrapped]
        self.lines += [f"-- {lines[0]}", *(f"--    {line}" for line in lines[1:])]

    def exchange(self, step: Exchange) -> None:
        """Write a request, its checks, and the locals that later requests use."""
        scope = self._scope(step)
        call = self._call(step.request, scope)
        answer = self._local(_noun(step.request))
        self.lines += _assigned(answer, call)
        self.lines += _checks(step, answer, scope)
        for name, path in step.captured:
            held = self._local(name)
            self.lines.append(f"local {held} = {literal_path(answer, path)}")
            scope[name] = held

    def prove(self, step: Property) -> None:
        """Write an invariant, with the first answer that others are compared with."""
        scope = self._scope(step.exchange)
        request = self._fixed(step.exchange.request, step.drawn, scope)
        first = ""
        if step.first:
            plain = _without_drawn(request, step.drawn)
            first = self._local("first")
            self.lines += _assigned(first, self._call(plain, scope))
            self.lines += _checks(step.exchange, first, scope)
        inner = {**scope, **{name: f"case.{name}" for name in step.drawn}}
        call = self._call(request, inner)
        answer = "again" if step.first else "answer"
        body = _assigned(answer, call)
        body += _checks(step.exchange, answer, inner)
        body += [_same(answer, first, path) for path in step.same]
        self.lines += [
            f"invariant({quoted(step.name)}, {{",
            f"  cases = {step.cases},",
            *_for_all(step.drawn),
            "  check = function(case)",
            *(f"    {line}" for line in body),
            "  end,",
            "})",
        ]

    def _scope(self, step: Exchange) -> dict[str, str]:
        """Return what the slots of a step stand for."""
        if step.actor not in self.scopes:
            known = {} if step.follows is None else self.scopes.get(step.follows, {})
            self.scopes[step.actor] = dict(known)
        return self.scopes[step.actor]

    # --- requests ---------------------------------------------------------------------------

    def _call(self, request: Request, scope: dict[str, str]) -> tuple[str, list[list[str]]]:
        """Return the function of a request, and the lines of each of its arguments."""

        def resolve(slot: str, name: str) -> str:
            return self._slot(slot, name, scope)

        arguments = [[text_with_slots(request.path, resolve)]]
        headers = [(name, text_with_slots(value, resolve)) for name, value in request.headers]
        held = scope.get(self.session) if self.session and not request.anonymous else None
        if held and not any(name.lower() == "authorization" for name, _ in headers):
            headers.insert(0, ("Authorization", f'"Bearer " .. {held}'))
        body = None if request.body is None else literal(request.body, resolve)
        if body is not None or headers:
            arguments.append([body or "nil"])
        if headers:
            arguments.append(table_of_headers(headers))
        method = request.method.lower()
        return f"sigil.{method}", arguments

    def _fixed(self, request: Request, drawn: Mapping[str, str], scope: dict[str, str]) -> Request:
        """Return a request whose slots are drawn once, before all cases."""
        texts: dict[str, str] = {}
        for name, slot in slots_in([request.path, dict(request.headers), request.body]):
            if name not in drawn and name not in scope and drawing(slot) is not None:
                held = self._slot(slot, name, scope)
                known = f"{held}_drawn"  # a name of its own: <uuid> would be drawn again
                texts[slot], scope[known] = f"<{known}>", held
        return with_texts(request, texts)

    def _slot(self, slot: str, name: str, scope: dict[str, str]) -> str:
        """Return the Lua of a slot, and draw its value first if it is its first use."""
        match = SLOT.fullmatch(slot)
        called = match[1] if match else ""
        lua = drawing(slot)
        if called in scope and (lua is None or called in SHARED):
            return scope[called]
        if lua is None:
            raise Unresolved(f"nothing says what {slot} is")
        wanted = name if is_name(name) else called
        held = self._local(wanted)
        self.lines.append(f"local {held} = {lua}")
        scope[wanted] = held
        if called in SHARED:
            scope.setdefault(called, held)
        return held

    def _local(self, wanted: str) -> str:
        """Return a name for a local that no other has."""
        base = wanted if is_name(wanted) and wanted not in _TAKEN else f"{wanted or 'it'}_"
        name, number = base, 1
        while name in self.names:
            number += 1
            name = f"{base}_{number}"
        self.names.add(name)
        return name


def _checks(exchange: Exchange, answer: str, scope: Mapping[str, str]) -> list[str]:
    """Return the lines that check an answer, parts of which may be named by others of it."""
    received = {name: literal_path(answer, path) for name, path in captures(exchange)}
    return checks(exchange.expected, answer, scope, received)


def literal_path(answer: str, path: Sequence[str | int]) -> str:
    """Return the Lua of a value inside of an answer."""
    return indexed(f"{answer}.json", tuple(path))


def _noun(request: Request) -> str:
    """Return what an answer is called: the last word of its path that is no slot."""
    path = SLOT.sub("", request.path.partition("?")[0])
    words = [word for part in path.split("/") for word in _WORD.findall(part)[:1]]
    return words[-1].lower() if words else "answer"


def _assigned(name: str, call: tuple[str, list[list[str]]]) -> list[str]:
    """Return the lines that keep the answer to a call; an argument a line if they are long."""
    function, arguments = call
    joined = [_joined(argument) for argument in arguments]
    line = f"local {name} = {function}({', '.join(joined)})"
    if len(line) <= _WIDTH - _INDENT:
        return [line]
    broken = [f"local {name} = {function}("]
    for place, argument in enumerate(arguments, 1):
        short = len(joined[place - 1]) <= _WIDTH - _INDENT - 2
        lines = [joined[place - 1]] if short else argument
        comma = "," if place < len(arguments) else ""
        broken += [f"  {one}" for one in lines[:-1]] + [f"  {lines[-1]}{comma}"]
    return [*broken, ")"]


def _joined(lines: Sequence[str]) -> str:
    return " ".join(line.strip() for line in lines)


def _for_all(drawn: Mapping[str, str]) -> list[str]:
    """Return the lines that say what is drawn for each case."""
    if not drawn:
        return []
    fields = [f"{name} = {lua}" for name, lua in drawn.items()]
    line = f"  for_all = {{ {', '.join(fields)} }},"
    if len(line) <= _WIDTH - _INDENT:
        return [line]
    return ["  for_all = {", *(f"    {one}," for one in fields), "  },"]


def _without_drawn(request: Request, drawn: Mapping[str, str]) -> Request:
    """Return a request without the headers that are drawn for each case."""
    kept = tuple(
        (name, value)
        for name, value in request.headers
        if not any(slot in drawn for slot, _ in slots_in(value))
    )
    return Request(request.method, request.path, kept, request.body, request.anonymous)


def _same(answer: str, first: str, path: Sequence[str | int]) -> str:
    if not path:
        return f"expect({answer}.body == {first}.body)"
    return f"expect({literal_path(answer, path)} == {literal_path(first, path)})"
