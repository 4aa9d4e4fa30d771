"""How much one scenario may use up before it is stopped.

The instruction budget comes first, because it falls at the same place in every process. Time spent
inside one C function, such as a pattern that backtracks, is not counted by it: only the process's
own wall clock (`sigil.gate.exam.hall`) ends that.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use.

    Args:
        instructions: of the Lua machine; a call to the world counts as some of them.
        memory_bytes: of the Lua heap.
        text_bytes: of the source, of one string that is built by repetition, and of one reply.
        json_values: values in one document that is decoded or encoded.
        json_depth: nesting of one document.
        calls: to the world.
    """

    instructions: int = 200_000_000
    memory_bytes: int = 64 * 2**20
    text_bytes: int = 8 * 2**20
    json_values: int = 200_000
    json_depth: int = 64
    calls: int = 20_000
