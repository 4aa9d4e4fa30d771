"""The names of the language: what each library offers, and which one a misspelling meant.

Pure. The table is checked against the interpreter by a test.
"""

from __future__ import annotations

import difflib

from sigil.gate.model import Capability

LIBRARIES: dict[str, tuple[str, ...]] = {
    "sigil": (
        *("browser", "delete", "env", "exec", "expect_status_class", "gen", "get", "head"),
        *("intent", "json", "judge", "options", "patch", "post", "put", "request", "sleep", "yaml"),
    ),
    "sigil.browser": (
        *("click", "cookies", "eval", "fill", "html", "open", "screenshot", "snapshot", "text"),
        *("title", "url", "visible", "wait"),
    ),
    "sigil.gen": (
        *("bool", "choice", "const", "date", "email", "float", "int", "list", "one_of"),
        *("optional", "string", "table", "uuid"),
    ),
    "sigil.json": ("array", "decode", "encode", "null"),
    "sigil.yaml": ("decode",),
}

GLOBALS = frozenset({
    *("_VERSION", "assert", "coroutine", "error", "expect", "getmetatable", "invariant", "ipairs"),
    *("math", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset", "require"),
    *("select", "setmetatable", "sigil", "string", "table", "tonumber", "tostring", "type"),
    *("utf8", "xpcall"),
})  # fmt: skip
_HTTP = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "request"})
_OTHERS = {
    "browser": Capability.BROWSER, "exec": Capability.EXEC, "intent": Capability.INTENT,
    "judge": Capability.JUDGE,
}  # fmt: skip


def capability_of(path: str) -> Capability | None:
    """Return what a name such as ``sigil.get`` needs to be declared; None for nothing."""
    name = path.split(".")[1]
    return Capability.HTTP if name in _HTTP else _OTHERS.get(name)


def unknown(library: str, name: str) -> str:
    """Return what to say of a name that a library does not have."""
    near = difflib.get_close_matches(name, LIBRARIES[library], n=1)
    meant = f"; did you mean {library}.{near[0]}?" if near else ""
    return f"there is no {library}.{name[:60]}{meant}"
