"""The language as an editor sees it: a stub with types for the Lua language server (LuaLS).

Pure. Which names there are comes from `sigil.gate.lua.names`, the table that lint and interpreter
go by; here stands only how each is called. A name without a signature is an error of ours, which a
test finds before anybody else.

Source of the annotations: https://luals.github.io/wiki/annotations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sigil.gate.lua.names import LIBRARIES
from sigil.gate.model import Capability, Priority

MARK = "-- Written by `sigil generate-types`."
"""The second line of a stub: a file with it may be written over."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How something is called.

    Args:
        about: one line.
        takes: names and types of its parameters; a name that ends with ``?`` may be left out.
        gives: type of what it returns; empty for nothing.
    """

    about: str
    takes: tuple[tuple[str, str], ...] = ()
    gives: str = ""


_BODY = (("path", "string"), ("body?", "string|table"), ("options?", "sigil.RequestOptions"))
_SELECTOR = ("selector", "string")
_COUNT = ("size?", "integer|sigil.Bounds")


def _request(method: str) -> Signature:
    return Signature(f"Send a {method} request to the service.", _BODY, "sigil.Response")


_SIGIL = {
    **{name: _request(name.upper()) for name in ("delete", "get", "head", "options", "patch")},
    **{name: _request(name.upper()) for name in ("post", "put")},
    "request": Signature(
        "Send a request with any method.", (("method", "string"), *_BODY), "sigil.Response"
    ),
    "env": Signature(
        "A value of the evaluator's environment; nil unless it is allowed.",
        (("name", "string"),),
        "string|nil",
    ),
    "exec": Signature(
        "Run a command. Needs the capability exec.",
        (
            ("command", "string"),
            ("arguments?", "string[]"),
            ("options?", "{ timeout_ms: integer }"),
        ),
        "sigil.Exec",
    ),
    "expect_status_class": Signature(
        'Expect a status from 200 to 299 for 2 or "2xx", and give the response back.',
        (("response", "sigil.Response"), ("class", "integer|string")),
        "sigil.Response",
    ),
    "intent": Signature(
        "Have a model reach the objective in the --- block above.",
        (("options?", "sigil.IntentOptions"),),
        "sigil.Intent",
    ),
    "judge": Signature(
        "Have a model grade a value by the --- block above.",
        (("subject", "any"), ("options?", "sigil.JudgeOptions")),
        "sigil.Judged",
    ),
    "sleep": Signature("Wait, at most 60 seconds.", (("seconds", "number"),)),
}  # fmt: skip
_BROWSER = {
    "click": Signature("Click on an element.", (_SELECTOR,)),
    "cookies": Signature("The session's cookies.", gives="table[]"),
    "eval": Signature("What a script of the page comes to.", (("script", "string"),), "any"),
    "fill": Signature("Fill in a field.", (_SELECTOR, ("text", "string"))),
    "html": Signature(
        "Of an element, or of the page.", (("selector?", "string"),), "string"
    ),
    "open": Signature("Go to a page of the service.", (("url", "string"),)),
    "screenshot": Signature("Take a picture.", (("name?", "string"),), "string"),
    "snapshot": Signature("The accessibility tree.", gives="any"),
    "text": Signature("The text of an element.", (_SELECTOR,), "string"),
    "title": Signature("The page's title.", gives="string"),
    "url": Signature("Where the browser is.", gives="string"),
    "visible": Signature("Whether an element can be seen.", (_SELECTOR,), "boolean"),
    "wait": Signature("Wait until something is there.", (("wanted", "sigil.Wanted"),)),
}  # fmt: skip
_GEN = {
    "bool": Signature("True or false.", gives="boolean"),
    "choice": Signature("An element of a list.", (("list", "any[]"),), "any"),
    "const": Signature("The value.", (("value", "any"),), "any"),
    "date": Signature("A date as text.", (("from?", "string"), ("to?", "string")), "string"),
    "email": Signature("An address below example.com.", gives="string"),
    "float": Signature(
        "A float, 0 to 1 if nothing is said.", (("min?", "number"), ("max?", "number")), "number"
    ),
    "int": Signature(
        "A whole number.", (("min?", "integer"), ("max?", "integer")), "integer"
    ),
    "list": Signature("An array of what is generated.", (("of", "any"), _COUNT), "any[]"),
    "one_of": Signature("What one of several generates.", (("...", "any"),), "any"),
    "optional": Signature("What is generated, or nil.", (("of", "any"),), "any|nil"),
    "string": Signature(
        "Letters and digits if nothing is said.",
        (("options?", "integer|sigil.TextOptions"),),
        "string",
    ),
    "table": Signature(
        "A table of what is generated.", (("keys", "any"), ("values", "any"), _COUNT), "table"
    ),
    "uuid": Signature("A random UUID.", gives="string"),
}  # fmt: skip
_JSON = {
    "array": Signature(
        "The table as an array, also where it is empty.", (("t", "table"),), "table"
    ),
    "decode": Signature("A text as a value.", (("text", "string"),), "any"),
    "encode": Signature("A value as text.", (("value", "any"),), "string"),
}
_YAML = {"decode": Signature("A text as a value.", (("text", "string"),), "any")}
SIGNATURES: dict[str, dict[str, Signature]] = {
    "sigil": _SIGIL,
    "sigil.browser": _BROWSER,
    "sigil.gen": _GEN,
    "sigil.json": _JSON,
    "sigil.yaml": _YAML,
}
CONSTANTS = {"sigil.json": {"null": "What JSON calls null: true in a condition, not nil."}}


def _words(kind: type[Priority | Capability]) -> str:
    return "|".join(f'"{one.value}"' for one in kind)


_CLASSES: dict[str, dict[str, str]] = {
    "Response": {
        "status": "integer", "headers": "table<string, string>", "body": "string", "json": "any",
        "elapsed_ms": "number",
    },
    "RequestOptions": {
        "headers?": "table<string, string>", "timeout_ms?": "integer", "base_url?": "string",
    },
    "Exec": {
        "exit_code": "integer", "stdout": "string", "stderr": "string", "elapsed_ms": "number",
    },
    "Bounds": {"min?": "integer", "max?": "integer"},
    "TextOptions": {"min?": "integer", "max?": "integer", "alphabet?": "string"},
    "Wanted": {"text?": "string", "selector?": "string", "timeout_ms?": "integer"},
    "IntentOptions": {
        "capabilities?": f"({_words(Capability)})[]", "context?": "table",
        "capture?": "table<string, string>", "max_steps?": "integer",
    },
    "Intent": {
        "completed": "boolean", "summary": "string", "steps": "integer", "[string]": "any",
    },
    "JudgeOptions": {"min_score?": "number", "rubric_id?": "string", "provider?": "string"},
    "Judged": {"score": "any", "rationale": "string"},
    "Claim": {
        "cases?": "integer", "for_all": "table<string, any>",
        "check": "fun(case: table<string, any>): boolean?", "shrink?": "integer|false",
    },
    "Scenario": {
        "title?": "string", "priority?": _words(Priority), "tags?": "string[]",
        "endpoints?": "string[]", "budget?": "{ max_seconds: number }",
        "policy?": f"{{ capabilities: ({_words(Capability)})[] }}", "run": "fun()",
    },
}  # fmt: skip
_GLOBALS = {
    "expect": Signature(
        "Fail unless the value is true; give the values back.",
        (("value", "any"), ("message?", "string")),
        "any",
    ),
    "invariant": Signature(
        "Claim something of every case, and show the simplest that breaks it.",
        (("name", "string"), ("claim", "sigil.Claim")),
    ),
}


def stub() -> str:
    """Return the stub: Lua that is never run.

    Raises:
        KeyError: a name of the language has no signature.
    """
    return "\n".join([*_head(), *_classes(), *_libraries(), *_functions("", _GLOBALS), ""])


def _head() -> Iterator[str]:
    yield "---@meta"
    yield MARK
    yield "-- Types of the scenario language, for editors; docs/scenarios.md is its manual."
    yield ""


def _classes() -> Iterator[str]:
    for name, fields in _CLASSES.items():
        yield f"---@class sigil.{name}"
        yield from (f"---@field {field} {kind}" for field, kind in fields.items())
        yield ""


def _libraries() -> Iterator[str]:
    for library, names in LIBRARIES.items():
        yield f"{library} = {{}}"
        yield ""
        known, constants = SIGNATURES[library], CONSTANTS.get(library, {})
        callables = [n for n in names if n not in constants and f"{library}.{n}" not in LIBRARIES]
        for name, about in constants.items():
            yield f"---{about}"
            yield f"{library}.{name} = {{}}"
            yield ""
        yield from _functions(f"{library}.", {name: known[name] for name in callables})


def _functions(prefix: str, known: dict[str, Signature]) -> Iterator[str]:
    for name, one in known.items():
        yield f"---{one.about}"
        yield from (f"---@param {parameter} {kind}" for parameter, kind in one.takes)
        if one.gives:
            yield f"---@return {one.gives}"
        names = ", ".join(parameter.rstrip("?") for parameter, _ in one.takes)
        yield f"function {prefix}{name}({names}) end"
        yield ""
