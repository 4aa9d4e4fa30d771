"""Which modules a sealed worker has without being told: pure, common, and cheap to fork.

A sealed worker reads no files, so a module that was not imported before the seal does not
exist in it. Each one makes every fork dearer (about 60 µs a MiB), so there are two lists:
`DEFAULT` is in every zygote, and `ON_DEMAND` joins it once a source names one of them. What
is rarer than these is named by whoever needs it (`CallSandbox` ``preload``).

Pure. Not here: importing anything (`inside/calls.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

DEFAULT: Final = (
    "__future__",
    "array",
    "bisect",
    "cmath",
    "collections",
    "collections.abc",
    "functools",
    "heapq",
    "itertools",
    "math",
    "operator",
    "random",
    "struct",
    "time",
)

ON_DEMAND: Final = (
    "abc",
    "base64",
    "binascii",
    "calendar",
    "colorsys",
    "contextlib",
    "copy",
    "copyreg",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "gc",
    "graphlib",
    "hashlib",
    "hmac",
    "html",
    "inspect",
    "io",
    "json",
    "keyword",
    "locale",
    "logging",
    "numbers",
    "pprint",
    "queue",
    "re",
    "reprlib",
    "secrets",
    "statistics",
    "string",
    "textwrap",
    "threading",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "uuid",
    "warnings",
    "weakref",
    "zlib",
)
_KNOWN: Final = frozenset(ON_DEMAND)
_WORDS: Final = re.compile(r"\w+")

_IMPORTED_BY_USE: Final = {
    "idna": "encodings.idna",
    "punycode": "encodings.punycode",
    "strptime": "_strptime",
    "\\N{": "unicodedata",
}
"""What the interpreter imports on its own when a text is used, by what such a source holds."""


def named_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the modules that sources seem to need beyond `DEFAULT`.

    That is, those of `ON_DEMAND` that stand on a line with the word ``import``. A search for
    words in linear time, not a parse: the sources are hostile, and a word that is no import
    costs some memory and nothing else.
    """
    found: set[str] = set()
    for text in texts:
        at = text.find("import")
        while at >= 0:
            end = text.find("\n", at)
            line = text[text.rfind("\n", 0, at) + 1 : end if end >= 0 else len(text)]
            found |= _KNOWN.intersection(_WORDS.findall(line))
            at = text.find("import", end) if end >= 0 else -1
        found |= {module for use, module in _IMPORTED_BY_USE.items() if use in text}
    return frozenset(found)
