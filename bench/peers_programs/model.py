"""A model that answers each request with another valid program, one of them hostile if asked.

    python model.py          distinct quadratics
    python model.py FILE     the same, but one answer is the program in FILE

Prints its address, serves until its standard input ends, then prints how many seconds lay between
the first and the last request. The answer has the code block that all want, inside of the tags
that one of them wants.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sigil.testing.model_server import ModelServer

HOSTILE_AT = 4
"""Which request, from 0, gets the hostile program."""

ANSWER = """\
<NAME>
try_{number}
</NAME>
<DESCRIPTION>
Try {number}.
</DESCRIPTION>
<CODE>
```python
{program}```
</CODE>
"""


def main() -> None:
    hostile = Path(sys.argv[1]).read_text() if sys.argv[1:] else ""

    asked: list[float] = []

    def answer(_request: object, number: int) -> str:
        asked.append(time.perf_counter())
        body = f"    return {number} * x * x + {number % 97} * x + {number % 89}\n"
        program = hostile if hostile and number == HOSTILE_AT else "def f(x):\n" + body
        return ANSWER.format(number=number, program=program)

    with ModelServer(answer) as server:
        print(server.openai_url, flush=True)
        sys.stdin.read()
    print(max(asked) - min(asked) if asked else 0.0)


if __name__ == "__main__":
    main()
