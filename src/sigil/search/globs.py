"""Which paths does a glob mean? Paths are relative to the root and use ``/``.

``*`` and ``?`` stay inside one component, ``**`` crosses any number of them, ``[ab]`` is a
set. Pure: the caller lists the tree.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sigil.errors import InvalidValue

_MOST_CROSSINGS = 4
"""Each ``**`` multiplies the ways to match, so that a long row of them would never end."""

_WILD = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|[^*?\[]+|\[")


def matches(pattern: str, path: str) -> bool:
    """Return whether ``path`` is one that ``pattern`` means.

    Raises:
        InvalidValue: the pattern is empty, absolute or climbs with ``..``.
    """
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    trimmed = pattern
    while trimmed.startswith("./"):
        trimmed = trimmed[2:]
    if not trimmed or trimmed.startswith("/") or ".." in trimmed.split("/"):
        raise InvalidValue(
            f"the glob {pattern!r} does not stay below the root",
            remedy="write it relative to repo_root, such as src/**/*.py",
        )
    if trimmed.count("**") > _MOST_CROSSINGS:
        raise InvalidValue(
            f"the glob has more than {_MOST_CROSSINGS} **", remedy="one ** crosses any depth"
        )
    return re.compile("".join(map(_regex, _WILD.findall(trimmed))), re.DOTALL)


def _regex(part: str) -> str:
    match part:
        case "**/":
            return "(?:[^/]+/)*"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if part[0] == "[" and part != "[":
            negated = part[1] == "!"
            members = re.escape(part[2 if negated else 1 : -1]).replace(r"\-", "-")
            return f"[{'^/' if negated else ''}{members}]"
        case _:
            return re.escape(part)
