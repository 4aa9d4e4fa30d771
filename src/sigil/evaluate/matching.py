r"""Match a regex against hostile text, without ever hanging on it.

Python's ``re`` backtracks and cannot be interrupted from outside: a pattern as plain as
``(\d+\.?\d*)%`` takes time quadratic in a line of digits, and nested repeats are
exponential. So the matching is done by a small process of our own, which arms the kernel's
timer on itself before it looks at the text: past the deadline the kernel ends it, even if
nobody is left to read the answer. The next search starts another.

One round trip costs about 20 µs for short text; the process starts with the first search.

Not here: what a match means (`sigil.evaluate.parsing`).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from sigil.evaluate.parsing import MAX_MATCHES, Found, ParseFailed

_PROGRAM = """\
import json, re, resource, signal, sys
deadline, memory, most = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
signal.signal(signal.SIGALRM, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
for line in sys.stdin.buffer:
    pattern, flags, text = json.loads(line)
    signal.setitimer(signal.ITIMER_REAL, deadline)
    first, count = None, 0
    compiled = re.compile(pattern, flags)
    for match in compiled.finditer(text):
        if not count:
            first = match[compiled.groups]
        count += 1
        if count == most:
            break
    signal.setitimer(signal.ITIMER_REAL, 0)
    sys.stdout.write(json.dumps([first, count]) + "\\n")
    sys.stdout.flush()
"""


class Matcher:
    """A context manager whose `search` is bounded in time and memory. For one thread.

    Args:
        deadline_s: wall time of one search.
        memory_bytes: address space of the process that searches.
    """

    def __init__(self, *, deadline_s: float = 2.0, memory_bytes: int = 2**30):
        self._arguments = [str(deadline_s), str(memory_bytes), str(MAX_MATCHES)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Return itself; nothing is started before the first search."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()

    def search(self, pattern: re.Pattern[str], text: str) -> Found:
        """Return what ``pattern`` finds in ``text``; see `sigil.evaluate.parsing.read`.

        Raises:
            ParseFailed: ``slow``, when the deadline or the memory did not suffice.
        """
        process = self._process or self._start()
        answer = self._ask(process, [pattern.pattern, pattern.flags, text])
        if not answer.endswith(b"\n"):
            self.close()
            raise ParseFailed("slow", "matching the regex took too long, or too much memory")
        first, matches = json.loads(answer)
        return Found(first, matches)

    def close(self) -> None:
        """End the process; a later search starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):  # of a question that it did not live to read
                if pipe is not None:
                    pipe.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM, *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], question: list[Any]) -> bytes:
        """Return the answer's line; without its newline if the process ended instead."""
        if process.stdin is None or process.stdout is None:
            raise ValueError("the matching process has no pipes")
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return b""
        return process.stdout.readline()
