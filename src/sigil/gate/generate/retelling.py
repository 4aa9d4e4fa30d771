"""Sealed variants of a scenario that a model wrote, and that it therefore knows.

Its constants that may vary become other ones, and three strangers do its steps in rounds, as in
variants of what was compiled. Which constants, and in which order, is drawn from a secret that is
inside of the seals alone.

Pure. Not here: variants of sketches (`variants`).
"""

from __future__ import annotations

import random
import re
from itertools import pairwise

from sigil.gate.generate.variants import STRANGERS
from sigil.gate.lua.outline import outline
from sigil.gate.lua.syntax import Node, Program, parse, walk

_LITERAL = r'(?:-?[0-9]{1,15}|"[^"\\\n]*")'
_VARIES = re.compile(
    rf"^(?P<head>[ \t]*local [A-Za-z_]\w* = )(?P<now>{_LITERAL})(?P<tail>[ \t]*-- varies: "
    r"(?:(?P<low>-?[0-9]{1,15})\.\.(?P<high>-?[0-9]{1,15})|"
    rf"(?P<all>{_LITERAL}(?:, ?{_LITERAL})*))[ \t]*)$",
    re.MULTILINE,
)
_FUNCTIONS = frozenset({"function_definition", "function_declaration"})
_STRANGER = "stranger"


def retold(text: str, note: str, chance: random.Random) -> tuple[str, ...]:
    """Return sealed variants of a visible scenario, the one that asks the most first.

    Args:
        text: that was linted.
        note: a further line of its header.
        chance: decides constants and orders.

    Returns:
        None where nothing in it is drawn or varies.
    """
    first, _, rest = text.partition("\n")
    headed = f"{first}\n-- {note}\n{rest}"
    fresh = _VARIES.sub(lambda match: _varied(match, chance), headed)
    rounds = _in_rounds(parse(fresh, "a draft"), chance)
    found = [rounds] if rounds is not None else []
    if fresh != headed:
        found.append(fresh)
    return tuple(found)


def _varied(match: re.Match[str], chance: random.Random) -> str:
    """Return a line with another constant, if there is another."""
    now = match["now"]
    if match["all"] is not None:
        others = [one for one in re.findall(_LITERAL, match["all"]) if one != now]
        chosen = chance.choice(others) if others else now
    else:
        chosen = _other_number(int(match["low"]), int(match["high"]), now, chance)
    return f"{match['head']}{chosen}{match['tail']}"


def _other_number(low: int, high: int, now: str, chance: random.Random) -> str:
    present = int(now) if not now.startswith('"') else low - 1
    if low > high or low == high == present:
        return now
    inside = low <= present <= high
    drawn = chance.randint(low, high - inside)
    return str(drawn + (inside and drawn >= present))


def _in_rounds(program: Program, chance: random.Random) -> str | None:
    """Return a scenario whose steps three strangers do in rounds; None if they would not differ."""
    shape = outline(program)
    run = shape.run
    body = None if run is None else run.child_by_field_name("body")
    if body is None or not shape.sections or _returns(body) or not _draws(program, body):
        return None
    starts = [node.start_byte for node in shape.sections[1:]]
    pieces = _cut(program.source, body.start_byte, starts, body.end_byte)
    told = "\n      coroutine.yield()\n      ".join(piece.decode().rstrip() for piece in pieces)
    turns: list[str] = []
    for order in STRANGERS.orders(len(pieces), chance):
        for actor in order:
            turns += [
                f"    -- {len(turns) // 2 + 1}. In turns.",
                f"    {_STRANGER}s[{actor + 1}]()",
            ]
    strangers = ", ".join([f"coroutine.wrap({_STRANGER})"] * len(STRANGERS.actors))
    inner = "\n".join([
        f"local function {_STRANGER}()",
        f"      {told.lstrip()}",
        "    end",
        f"    local {_STRANGER}s = {{ {strangers} }}",
        *turns,
    ])  # fmt: skip
    # Comments before the first statement go: the first of them would begin a step of its own.
    before = program.source[: body.parent.child_by_field_name("parameters").end_byte]
    return f"{before.decode()}\n    {inner}{program.source[body.end_byte :].decode()}"


def _cut(source: bytes, start: int, places: list[int], end: int) -> list[bytes]:
    edges = [start, *places, end]
    return [source[low:high] for low, high in pairwise(edges)]


def _returns(body: Node) -> bool:
    """Say whether a run may end before its last step."""
    return any(
        node.type == "return_statement" and _function_around(node).id == body.parent.id
        for node in walk(body)
    )


def _function_around(node: Node) -> Node:
    while node.type not in _FUNCTIONS:
        node = node.parent
    return node


def _draws(program: Program, body: Node) -> bool:
    """Say whether something is drawn outside of invariants."""
    for node in walk(body):
        if node.type != "dot_index_expression" or program.text(node) != "sigil.gen":
            continue
        if not _is_of_an_invariant(program, node, body):
            return True
    return False


def _is_of_an_invariant(program: Program, node: Node, body: Node) -> bool:
    while node.id != body.id:
        if node.type == "function_call":
            name = node.child_by_field_name("name")
            if name is not None and program.text(name) == "invariant":
                return True
        node = node.parent
    return False
