"""The tools of an intent: calls that its scenario could make, and `complete`.

A tool that is not declared does not exist. Arguments are checked as a scenario's are
(`sigil.gate.lua.requests`); a wrong one is told to the model, and is no failure of anybody else.

Not here: the conversation (`sigil.gate.agent.pursuing`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sigil.gate.effects import Call, EffectFailed, EffectMissing, Json
from sigil.gate.lua import requests
from sigil.gate.lua.values import Refused

COMPLETE: Final = "complete"
_HEADERS: Final = ("content-type", "location", "retry-after", "allow")
"""What a model sees of a response's headers."""
_HOLE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_LONGEST_SUMMARY: Final = 2_000

Perform = Callable[[Call], Json]


class Misused(Exception):
    """A tool was not called as it is to be.

    Args:
        problem: for the model.
    """

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Finished:
    """What `complete` was called with.

    Args:
        completed: whether the objective is met.
        summary: in the model's words.
        captured: values of the declared types.
    """

    completed: bool
    summary: str
    captured: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as a model sees it.

    Args:
        name: of it.
        shape: its arguments, as JSON with a type in the place of each value.
        what: it does.
    """

    name: str
    shape: str
    what: str


_HTTP: Final = Tool(
    "http",
    '{"method": "GET", "path": "/…", "headers": {…}, "body": …}',
    "sends a request to the service; headers and body may be missing; a body that is no text is "
    "sent as JSON",
)
_BROWSER: Final = (
    ("open", ("url",), "opens a path such as /account; shows the page"),
    ("click", ("selector",), "clicks an element, by CSS selector; shows the page"),
    ("fill", ("selector", "value"), "fills in a field"),
    ("text", ("selector",), "gives an element's text"),
    ("html", ("selector?",), "gives an element's HTML, or the page's"),
    ("title", (), "gives the page's title"),
    ("url", (), "gives the page's address"),
    ("snapshot", (), "shows the page as an outline of roles, names and texts"),
    ("visible", ("selector",), "says whether an element can be seen"),
    ("eval", ("script",), "gives the value of a JavaScript expression in the page"),
)
_PARAMETERS: Final = {name: list(parameters) for name, parameters, _ in _BROWSER}
_SHOWING: Final = frozenset({"open", "click", "wait"})
"""After these the page is shown without being asked for."""


def tools_of(request: Mapping[str, Any]) -> list[Tool]:
    """Return the tools that an intent has."""
    found: list[Tool] = []
    if "http" in request["capabilities"]:
        found.append(_HTTP)
    if "browser" in request["capabilities"]:
        found += [
            Tool(f"browser.{name}", _shape(parameters), what) for name, parameters, what in _BROWSER
        ]
        found.append(
            Tool("browser.wait", '{"text": "…"} or {"selector": "…"}', "waits until it is seen")
        )
    return [*found, _complete(request["capture"])]


def _shape(parameters: tuple[str, ...]) -> str:
    inner = ", ".join(f'"{name.rstrip("?")}": "…"' for name in parameters)
    return f"{{{inner}}}"


def _complete(capture: Mapping[str, Mapping[str, str]]) -> Tool:
    fields = {"completed": "boolean", "summary": "string: one sentence on what was done"}
    fields |= {name: f"{one['type']}: {one['description']}" for name, one in capture.items()}
    what = "ends the task; every field is needed if completed is true"
    return Tool(COMPLETE, json.dumps(fields, ensure_ascii=False), what)


class Tools:
    """Carries out what a model calls.

    Args:
        request: of the intent.
        perform: answers the calls.
    """

    def __init__(self, request: Mapping[str, Any], perform: Perform):
        self._capabilities = frozenset(request["capabilities"])
        self._capture: Mapping[str, Mapping[str, str]] = request["capture"]
        self._values = _values(request.get("context"))
        self._perform = perform

    def use(self, tool: str, arguments: dict[str, Any]) -> dict[str, Json] | Finished:
        """Return what came of a tool.

        Raises:
            Misused: there is no such tool, or its arguments do not fit.
            EffectFailed: it could not be done.
        """
        if tool == COMPLETE:
            return self._finished(arguments)
        family, _, action = tool.partition(".")
        if family not in self._capabilities:
            raise Misused(f"there is no tool {tool[:40]}")
        try:
            if tool == "http":
                return self._http(self._filled(arguments))
            if family == "browser":
                return self._browser(action, self._filled(arguments))
        except Refused as refused:
            raise Misused(refused.problem) from None
        raise Misused(f"there is no tool {tool[:40]}")

    def _filled(self, value: Any) -> Any:
        """Return arguments with ``{{name}}`` replaced by that value of the context."""
        if isinstance(value, dict):
            given = cast("dict[str, Any]", value)
            return {name: self._filled(one) for name, one in given.items()}
        if isinstance(value, list):
            return [self._filled(one) for one in cast("list[Any]", value)]
        if isinstance(value, str):
            return _HOLE.sub(lambda hole: self._values.get(hole[1], hole[0]), value)
        return value

    # --- the service ------------------------------------------------------------------------

    def _http(self, given: dict[str, Any]) -> dict[str, Json]:
        _refuse_others(given, {"method", "path", "headers", "body"})
        body = given.get("body")
        headers: Any = given.get("headers") or {}
        if not isinstance(headers, dict):
            raise Misused("http: headers is an object")
        headers = dict(cast("dict[str, Any]", headers))
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
            if "content-type" not in {name.lower() for name in headers}:
                headers["Content-Type"] = "application/json"
        request = requests.http(
            "http", given.get("method", "GET"), given.get("path"), body, {"headers": headers}
        )
        reply = self._perform(Call("http", request))
        shown = {name: reply["headers"][name] for name in _HEADERS if name in reply["headers"]}
        return {"status": reply["status"], "headers": shown, "body": reply["body"]}

    def _browser(self, action: str, given: dict[str, Any]) -> dict[str, Json]:
        if action == "wait":
            request = requests.wait(given)
        elif action in _PARAMETERS:
            parameters = _PARAMETERS[action]
            names = [name.rstrip("?") for name in parameters]
            _refuse_others(given, set(names))
            request = requests.browser(action, parameters, [given.get(name) for name in names])
        else:
            raise Misused(f"there is no tool browser.{action[:40]}")
        reply = self._perform(Call("browser", request))
        return self._page() if action in _SHOWING else {"result": reply}

    def _page(self) -> dict[str, Json]:
        shown: dict[str, Json] = {}
        for name, action in (("url", "url"), ("page", "snapshot")):
            try:
                shown[name] = self._perform(Call("browser", {"action": action}))
            except EffectMissing:
                raise
            except EffectFailed as failed:
                shown[name] = f"({failed.problem})"
        return shown

    # --- the end ----------------------------------------------------------------------------

    def _finished(self, given: dict[str, Any]) -> Finished:
        done, summary = given.get("completed"), given.get("summary")
        if not isinstance(done, bool) or not isinstance(summary, str):
            raise Misused("complete: completed is true or false, and summary is a text")
        _refuse_others(given, {"completed", "summary", *self._capture})
        captured: dict[str, Any] = {}
        for name, wanted in self._capture.items():
            value = given.get(name)
            if value is None and not done:
                continue
            if not is_a(wanted["type"], value):
                raise Misused(f"complete: {name} has to be a {wanted['type']}")
            captured[name] = value
        return Finished(done, summary[:_LONGEST_SUMMARY], captured)


def _values(context: Any) -> dict[str, str]:
    """Return what can be filled in: the plain values of a context, as text."""
    if not isinstance(context, dict):
        return {}
    given = cast("dict[str, Any]", context)
    return {name: str(one) for name, one in given.items() if isinstance(one, str | int | float)}


def _refuse_others(given: Mapping[str, Any], known: set[str]) -> None:
    for name in sorted(given):
        if name not in known:
            raise Misused(
                f"there is no argument {name[:40]}; there are: {', '.join(sorted(known))}"
            )


def is_a(kind: str, value: object) -> bool:
    """Say whether a value is of the type that a capture names."""
    if kind == "string":
        return isinstance(value, str)
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int)
    return kind == "number" and isinstance(value, int | float) and math.isfinite(value)
