"""The calls to the service under test and to its browser: checked on the way out and back.

Pure. A request that is not as it should be is the scenario's fault, a reply that is not is the
effect's: neither is ever a failed check.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from sigil.gate.lua.limits import Limits
from sigil.gate.lua.values import Refused

TIMEOUT_MS = 10_000
MOST_TIMEOUT_MS = 300_000
MOST_SLEEP_S = 60.0
_METHOD = re.compile(r"[A-Z]{1,20}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TEXTS = frozenset({"text", "html", "title", "url", "screenshot"})


@dataclass(frozen=True, slots=True)
class Response:
    """What a service answered.

    Args:
        status: of HTTP.
        headers: value by name in lower case.
        body: as text, or one character per byte where it is none.
        elapsed_ms: as the effect measured it.
    """

    status: int
    headers: dict[str, str]
    body: str
    elapsed_ms: int | float


def http(name: str, method: Any, path: Any, body: str | None, options: Any) -> dict[str, Any]:
    """Return the request of a call of `sigil.get` and its kin.

    Raises:
        Refused: an argument is not as it should be.
    """
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        raise Refused(f"{name}: a method is written in capitals, such as GET")
    if not isinstance(path, str) or not path.startswith("/"):
        raise Refused(f"{name}: a path starts with /; base_url is an option")
    if any(ord(letter) <= ord(" ") or letter == "\x7f" for letter in path):
        raise Refused(f"{name}: a path has neither blanks nor control characters; encode them")
    given = _options(name, options, {"headers", "timeout_ms", "base_url"})
    base_url = given.get("base_url")
    if base_url is not None and not isinstance(base_url, str):
        raise Refused(f"{name}: base_url is a text")
    return {
        "method": method,
        "path": path,
        "body": body,
        "headers": _headers(name, given.get("headers")),
        "timeout_ms": _timeout(name, given.get("timeout_ms")),
        "base_url": base_url,
    }


def response(name: str, reply: Any, limits: Limits) -> Response:
    """Return the reply to a request.

    Raises:
        Refused: it is no response, or too large.
    """
    match reply:
        case {"status": int(status), "headers": dict(), "body": str(body)}:
            headers: dict[Any, Any] = reply["headers"]
        case _:
            raise Refused(f"{name}: the reply is no response", "effect")
    _size(name, body, limits)
    lowered = {str(key).lower(): str(value) for key, value in sorted(headers.items())}
    return Response(status, lowered, body, _elapsed(reply))


def command(program: Any, arguments: Any, options: Any) -> dict[str, Any]:
    """Return the request of a call of `sigil.exec`.

    Raises:
        Refused: it is no list of texts.
    """
    name = "sigil.exec"
    words: Any = arguments or []
    if not isinstance(program, str) or not program or not isinstance(words, list):
        raise Refused(f"{name} needs a command and a list of arguments")
    line: list[Any] = [program, *words]
    if not all(isinstance(word, str) and "\0" not in word for word in line):
        raise Refused(f"{name}: every argument is a text")
    given = _options(name, options, {"timeout_ms"})
    return {"command": line, "timeout_ms": _timeout(name, given.get("timeout_ms"))}


def executed(reply: Any, limits: Limits) -> dict[str, Any]:
    """Return what a command did.

    Raises:
        Refused: the reply is not as it should be.
    """
    match reply:
        case {"exit_code": int(code), "stdout": str(out), "stderr": str(err)}:
            _size("sigil.exec", out + err, limits)
            return {
                "exit_code": code, "stdout": out, "stderr": err, "elapsed_ms": _elapsed(reply),
            }  # fmt: skip
        case _:
            raise Refused("sigil.exec: the reply is not that of a command", "effect")


def seconds(value: Any) -> float:
    """Return how long to sleep.

    Raises:
        Refused: it is no number from 0 to 60.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("sigil.sleep needs a number of seconds")
    if not 0 <= value <= MOST_SLEEP_S:
        raise Refused(f"sigil.sleep takes 0 to {MOST_SLEEP_S:g} seconds")
    return float(value)


def browser(action: str, parameters: list[str], values: list[Any]) -> dict[str, Any]:
    """Return the request of an action or getter of the browser.

    Args:
        action: its name.
        parameters: what it takes, in order; a name that ends in ``?`` may be missing.
        values: what it was given.

    Raises:
        Refused: an argument is missing, too much, or no text.
    """
    name = f"sigil.browser.{action}"
    while values and values[-1] is None:
        values = values[:-1]
    if len(values) > len(parameters):
        raise Refused(f"{name} takes {len(parameters)} arguments at most")
    request: dict[str, Any] = {"action": action}
    for place, parameter in enumerate(parameters):
        value = values[place] if place < len(values) else None
        if value is None and not parameter.endswith("?"):
            raise Refused(f"{name} needs a {parameter}")
        if value is not None and not isinstance(value, str):
            raise Refused(f"{name}: its {parameter.rstrip('?')} is a text")
        request[parameter.rstrip("?")] = value
    return request


def wait(wanted: Any) -> dict[str, Any]:
    """Return the request of `sigil.browser.wait`.

    Raises:
        Refused: it names neither a text nor a selector, or both.
    """
    name = "sigil.browser.wait"
    given = _options(name, wanted, {"text", "selector", "timeout_ms"})
    sought = {key: given[key] for key in ("text", "selector") if key in given}
    if len(sought) != 1 or not all(isinstance(value, str) for value in sought.values()):
        raise Refused(f"{name} needs either a text or a selector")
    return {"action": "wait", **sought, "timeout_ms": _timeout(name, given.get("timeout_ms"))}


def shown(action: str, reply: Any, limits: Limits) -> Any:
    """Return what a getter gave; None of an action.

    Raises:
        Refused: it is not of the getter's type.
    """
    if isinstance(reply, str):
        _size(f"sigil.browser.{action}", reply, limits)
    wrong = (action in _TEXTS and not isinstance(reply, str)) or (
        action == "visible" and not isinstance(reply, bool)
    )
    if wrong:
        raise Refused(f"sigil.browser.{action}: the reply is not of its type", "effect")
    return reply


def _options(name: str, options: Any, known: set[str]) -> dict[str, Any]:
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise Refused(f"{name}: its options are a table with names")
    for key in sorted(map(str, options)):  # type: ignore[reportUnknownArgumentType]
        if key not in known:
            raise Refused(
                f"{name}: there is no option {key[:60]}; there are {', '.join(sorted(known))}"
            )
    return dict(options)  # type: ignore[reportUnknownArgumentType]


def _headers(name: str, headers: Any) -> dict[str, str]:
    if headers is None:
        return {}
    if not isinstance(headers, dict):
        raise Refused(f"{name}: headers is a table with names")
    made = dict[str, str]()
    for key, value in sorted(headers.items()):  # type: ignore[misc]
        shown_value = str(value) if isinstance(value, int | float) else value  # type: ignore[misc]
        if not isinstance(key, str) or not _TOKEN.fullmatch(key):
            raise Refused(f"{name}: a header's name is a token of HTTP")
        if not isinstance(shown_value, str) or any(
            ord(c) < ord(" ") and c != "\t" for c in shown_value
        ):
            raise Refused(f"{name}: the header {key} is no text on one line")
        made[key] = shown_value
    return made


def _timeout(name: str, value: Any) -> int:
    if value is None:
        return TIMEOUT_MS
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 < value <= MOST_TIMEOUT_MS
    ):
        raise Refused(f"{name}: timeout_ms is a number up to {MOST_TIMEOUT_MS}")
    return math.ceil(value)


def _elapsed(reply: dict[str, Any]) -> int | float:
    value = reply.get("elapsed_ms", 0)
    valid = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if valid else 0


def _size(name: str, text: str, limits: Limits) -> None:
    if len(text) > limits.text_bytes:
        raise Refused(f"{name}: the reply is longer than {limits.text_bytes} bytes", "service")
