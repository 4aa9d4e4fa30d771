"""Which modules a sealed worker has without being told: pure, common, and cheap to fork.

A sealed worker reads no files, so a module that was not imported before the seal does not
exist in it. Each entry makes every fork a little dearer; what is rarer than these is named
by whoever needs it (`CallSandbox` ``preload``).
"""

from __future__ import annotations

from typing import Final

DEFAULT: Final = (
    "abc",
    "array",
    "bisect",
    "cmath",
    "collections",
    "collections.abc",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "numbers",
    "operator",
    "random",
    "re",
    "statistics",
    "string",
    "struct",
    "textwrap",
    "time",
    "typing",
    "unicodedata",
    "warnings",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
)
