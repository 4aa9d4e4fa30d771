"""For which inputs may a mutation differ from its parent? A clause behind its note.

No mutation keeps what code does for sure: one that agrees with its parent on all inputs agrees on
these. Where it drops a call, that call says which other inputs to think of.

Pure. Not here: what was changed, in words (`change`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from keyword import iskeyword

_CALL = re.compile(r"(\.?)\b([^\W\d]\w*)\(")
_NAMED = 3
_PADDED = "texts that are padded"
_CASED = "texts in other case"
_EMPTY = "what is empty"
_HOLDING: Mapping[str, str] = {
    **dict.fromkeys((".strip()", ".lstrip()", ".rstrip()", ".split()"), _PADDED),
    **dict.fromkeys(
        (".lower()", ".upper()", ".casefold()", ".title()", ".capitalize()", ".swapcase()"), _CASED
    ),
    **dict.fromkeys((".replace()", ".removeprefix()", ".removesuffix()", ".startswith()",
                     ".endswith()", ".translate()"), "texts that hold what it looks for"),
    **dict.fromkeys(("abs()", "max()", "min()"), "numbers below zero or out of bounds"),
    **dict.fromkeys((".get()", ".setdefault()"), "keys that are missing"),
    **dict.fromkeys(("sorted()", ".sort()", "reversed()", ".reverse()"), "another order"),
    **dict.fromkeys(("set()", "frozenset()"), "duplicates"),
    **dict.fromkeys(("len()", "any()", "all()", "bool()"), _EMPTY),
    **dict.fromkeys(("int()", "float()", "str()", "round()"), "values of another type or size"),
    **dict.fromkeys(("list()", "tuple()", "dict()", ".copy()", ".deepcopy()", "deepcopy()"),
                    "arguments that are used again"),
}  # fmt: skip
_ELSE = "inputs that need it"


def doubt(edits: Iterable[tuple[str, str]], operators: Iterable[str]) -> str:
    """Return when a mutation may differ, as a clause; empty if it only adds or renames.

    Args:
        edits: the text before and after each.
        operators: the kinds of its changes.
    """
    dropped = Counter[str]()
    for before, after in edits:
        dropped.update(_calls(before))
        dropped.subtract(_calls(after))
    names = [name for name, count in dropped.items() if count > 0]
    if names:
        holding = dict.fromkeys(_HOLDING.get(name, _ELSE) for name in names[:_NAMED])
        more = f" and {len(names) - _NAMED} more calls" if len(names) > _NAMED else ""
        return f"drops {', '.join(names[:_NAMED])}{more}; may differ for {' or '.join(holding)}"
    kinds = set(operators)
    if "delete" in kinds:
        return "may differ for inputs that need what is deleted"
    return "may differ for inputs unlike those tried" if "operator" in kinds else ""


def _calls(text: str) -> list[str]:
    return [f"{dot}{name}()" for dot, name in _CALL.findall(text) if not iskeyword(name)]
