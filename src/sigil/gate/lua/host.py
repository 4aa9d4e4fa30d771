"""What a scenario asks of the outside: its calls, checked, performed, and translated back.

Every call of Lua to Python ends here. It returns a tag and values and never raises: a call that is
not as it should be is an error in Lua, and whatever else goes wrong stops the run and is raised
again once Lua has returned.

Not here: who performs a call (`sigil.gate.effects`), how one is checked (`requests`, `models`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sigil import canonical
from sigil.gate.effects import Call, EffectFailed, Effects
from sigil.gate.lua import models, names, requests
from sigil.gate.lua.documents import read_json, read_yaml, write_json
from sigil.gate.lua.interpreter import Interpreter, LuaFunction
from sigil.gate.lua.limits import Limits
from sigil.gate.lua.rewrite import Site
from sigil.gate.lua.values import Refused, as_bytes, as_text, is_table
from sigil.gate.model import Capability


class Host:
    """The one partner of an interpreter.

    Args:
        effects: answers the calls.
        seed: of chance.
        limits: of calls and replies.
        helper: gives the chunk of a helper by its name.

    Attributes:
        capabilities: what the scenario declared; to be set before it runs.
        sites: its claims, by number; likewise.
        secrets: each value that it read of the environment, with its name.
        judged: the lowest score of a judge.
        failure: what went wrong and is no error of the scenario; raised once Lua has returned.
    """

    def __init__(
        self,
        effects: Effects,
        *,
        seed: int,
        limits: Limits,
        helper: Callable[[str], LuaFunction],
    ):
        self._effects, self._seed, self._limits, self._helper = effects, seed, limits, helper
        self._lua: Interpreter
        self._calls = 0
        self.capabilities = frozenset[Capability]()
        self.sites: Mapping[int, Site] = {}
        self.secrets: dict[str, str] = {}
        self.judged: float | None = None
        self.failure: BaseException | None = None
        self._handlers: dict[str, Callable[..., tuple[Any, ...]]] = {
            "chance": self._chance, "encode": self._encode, "decode": self._decode,
            "body": self._body, "yaml": self._yaml, "http": self._http, "exec": self._exec,
            "env": self._env, "sleep": self._sleep, "browser": self._browser, "wait": self._wait,
            "intent": self._intent, "judge": self._judge, "helper": self._require,
            "unknown": self._unknown,
        }  # fmt: skip

    def attach(self, lua: Interpreter) -> None:
        """Serve this interpreter."""
        self._lua = lua

    def answer(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        """Perform a call: ``("ok", …)``, or whose fault it was and a message."""
        try:
            return ("ok", *self._handlers[name](*arguments))
        except Refused as refused:
            return (refused.kind, as_bytes(refused.problem))
        except EffectFailed as failed:
            return ("effect", as_bytes(failed.problem.encode(errors="replace").decode()))
        except BaseException as error:  # noqa: BLE001 (raised again outside of Lua)
            if self._lua.inside.dead is None:  # else the budget ended while we asked Lua something
                self.failure = error
            return ("abort",)

    def _perform(self, kind: str, request: dict[str, Any]) -> Any:
        self._calls += 1
        if self._calls > self._limits.calls:
            raise Refused(f"more than {self._limits.calls} calls")
        return self._effects.perform(Call(kind, request))

    def _json(self, value: Any) -> Any:
        return self._lua.translator.to_json(value)

    def _give(self, value: Any) -> Any:
        return self._lua.translator.to_lua(value)

    # Documents and chance ---------------------------------------------------------------------

    def _chance(self, label: str, index: int, block: int) -> tuple[str]:
        drawn = canonical.chance_block(self._seed, label.encode("latin-1"), index, block)
        return (drawn.decode("latin-1"),)

    def _encode(self, value: Any) -> tuple[str]:
        return (as_bytes(write_json(self._json(value))),)

    def _decode(self, text: Any) -> tuple[Any]:
        return (self._give(read_json(_text("sigil.json.decode", text))),)

    def _body(self, text: Any) -> tuple[Any]:
        try:
            return (self._give(read_json(_text("json", text))),)
        except Refused as refused:
            raise Refused(f"the body of the response: {refused.problem}", "service") from None

    def _yaml(self, text: Any) -> tuple[Any]:
        return (self._give(read_yaml(_text("sigil.yaml.decode", text))),)

    # The world --------------------------------------------------------------------------------

    def _http(self, name: str, method: Any, path: Any, body: Any, options: Any) -> tuple[Any, ...]:
        written = self._json(options)
        request = requests.http(name, method, path, self._written(body), written)
        content = "content-type"
        if is_table(body) and content not in {key.lower() for key in request["headers"]}:
            request["headers"]["Content-Type"] = "application/json"
        response = requests.response(name, self._perform("http", request), self._limits)
        headers = self._lua.table({as_bytes(k): as_bytes(v) for k, v in response.headers.items()})
        return (response.status, headers, as_bytes(response.body), response.elapsed_ms)

    def _written(self, body: Any) -> str | None:
        if body is None or isinstance(body, str):
            return None if body is None else as_text(body)
        return write_json(self._json(body))

    def _exec(self, command: Any, arguments: Any, options: Any) -> tuple[Any]:
        given = [self._json(one) for one in (command, arguments, options)]
        reply = self._perform("exec", requests.command(*given))
        return (self._give(requests.executed(reply, self._limits)),)

    def _env(self, name: Any) -> tuple[str | None]:
        wanted = _text("sigil.env", name)
        value = self._perform("env", {"name": wanted})
        if value is None:
            return (None,)
        if not isinstance(value, str):
            raise Refused(f"sigil.env: {wanted} is no text", "effect")
        self.secrets[wanted] = value
        return (as_bytes(value),)

    def _sleep(self, seconds: Any) -> tuple[()]:
        self._perform("sleep", {"seconds": requests.seconds(seconds)})
        return ()

    def _browser(self, action: str, parameters: Any, *values: Any) -> tuple[Any, ...]:
        given = [self._json(value) for value in values]
        request = requests.browser(action, list(parameters.values()), given)
        reply = requests.shown(action, self._perform("browser", request), self._limits)
        return () if reply is None else (self._give(reply),)

    def _wait(self, wanted: Any) -> tuple[()]:
        self._perform("browser", requests.wait(self._json(wanted)))
        return ()

    # Models -----------------------------------------------------------------------------------

    def _intent(self, site: Any, request: Any) -> tuple[Any]:
        asked = models.intent(self.sites.get(site), self._json(request), self.capabilities)
        return (self._give(models.completed(asked, self._perform("intent", asked))),)

    def _judge(self, site: Any, subject: Any, options: Any) -> tuple[Any, ...]:
        asked = models.judgement(self.sites.get(site), self._json(subject), self._json(options))
        score, rationale = models.judged(self._perform("judge", asked))
        if score is not None:
            self.judged = score if self.judged is None else min(score, self.judged)
        return (score, as_bytes(rationale), asked["min_score"])

    # Names ------------------------------------------------------------------------------------

    def _require(self, name: Any) -> tuple[LuaFunction]:
        return (self._helper(_text("require", name)),)

    def _unknown(self, library: str, name: Any) -> tuple[str]:
        return (as_bytes(names.unknown(library, _text(library, name))),)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(f"{name} needs a text")
    return as_text(value)
