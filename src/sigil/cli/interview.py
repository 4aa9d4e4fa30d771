"""Ask a person at a terminal what `sigil setup` should set.

Every answer is read by the code that reads the setting itself, so that none is taken which a
run would refuse. Ctrl-C ends it, before anything is written.

Not here: what becomes of the answers (`sigil.cli.configuring`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from sigil.cli.configuring import ENTRY, Choices
from sigil.cli.kinds import amount
from sigil.cli.planning import NO_MODEL
from sigil.errors import DependencyMissing, SigilError, install
from sigil.llm.provider import provider_names
from sigil.llm.settings import KEY_VARIABLES, read_settings
from sigil.search.optimizers import optimizer_names

_LOCAL = "http://127.0.0.1:11434/v1"
_FOREIGN = "of a plugin"
OPTIMIZERS: Mapping[str, str] = {
    "simple": "from the best, the trade-offs, and some unlike all others; the default",
    "best-of-n": "from the unchanged code every time: what any other has to beat",
    "alphaevolve": "islands that exchange their best",
    "tree": "down a tree of changes, for those that pay after several steps",
    "anneal": "simulated annealing: small steps, some of them for the worse",
    "mads": "around the best, wider after success",
    "bandit-rl": "a policy that learns which candidates are worth starting from",
}
PROVIDERS: Mapping[str, str] = {
    NO_MODEL: "no model: rewrite, mutate and tune, offline",
    "anthropic": "Anthropic; a key",
    "inbox": "you, or a coding agent, by files in a folder",
    "openai": "OpenAI; a key",
    "openai-compatible": "a server at a URL: Ollama, vLLM, DeepSeek …",
    "replay": "recorded answers of an earlier run",
    "stub": "nobody: a change that does nothing, to try a set-up",
}


class Interview:
    """Questions on the terminal.

    Raises:
        DependencyMissing: questionary is not installed.
    """

    def __init__(self) -> None:
        try:
            self._ask: Any = import_module("questionary")
        except ImportError as error:
            raise DependencyMissing(
                "to be asked needs the library questionary",
                remedy=f"{install('setup')}, or say it by flags such as --provider",
            ) from error

    def choices(self, optimizer: str) -> Choices:
        """Return everything that can be chosen; ``optimizer`` is the one of today."""
        names = optimizer_names()
        chosen = Choices(
            optimizer=self._select("How should the search proceed?", names, optimizer, OPTIMIZERS),
            provider=self._select(
                "Who proposes changes?", [NO_MODEL, *provider_names()], NO_MODEL, PROVIDERS
            ),
        )
        if chosen.provider == NO_MODEL:
            return chosen
        return self._budget(self._model(chosen))

    def confirm(self, question: str, *, default: bool) -> bool:
        """Return whether the answer is yes."""
        return bool(self._ask.confirm(question, default=default).unsafe_ask())

    def missing_model(self, choices: Choices) -> Choices:
        """Return ``choices`` with the one thing asked that flags left out."""
        if choices.provider not in KEY_VARIABLES or choices.model is not None:
            return choices
        return replace(choices, model=self._text("Which model?", _needed))

    def _model(self, chosen: Choices) -> Choices:
        provider = str(chosen.provider)
        chosen = self.missing_model(chosen)
        if provider not in KEY_VARIABLES:
            return chosen
        if provider == "openai-compatible":
            url = self._text(f"At which URL? (empty for {_LOCAL})", _setting(provider, "base_url"))
            chosen = replace(chosen, base_url=url or _LOCAL)
        usual = "" if chosen.base_url else KEY_VARIABLES[provider]
        variable = self._text(
            f"Which environment variable holds the key? (empty for {usual or 'no key'})",
            _setting(provider, "key_variable"),
        )
        rate = self._text("Most requests a second? (empty for no limit)", _rate(provider))
        return replace(
            chosen,
            key_variable=None if variable in {"", usual} else variable,
            rate_limit_qps=float(rate) if rate else None,
        )

    def _budget(self, chosen: Choices) -> Choices:
        budget = self._text("Most US dollars that a run may cost? (empty for no limit)", _amount)
        return replace(chosen, budget_usd=amount(budget) if budget else None)

    def _select(
        self, question: str, options: list[str], default: str, about: Mapping[str, str]
    ) -> str:
        default = default if default in options else options[0]
        width = max(map(len, options))
        listed = [
            self._ask.Choice(f"{name:<{width}}  {about.get(name, _FOREIGN)}", value=name)
            for name in options
        ]
        return str(self._ask.select(question, listed, default=default).unsafe_ask())

    def _text(self, question: str, check: Callable[[str], bool | str]) -> str:
        def valid(said: str) -> bool | str:
            return check(said.strip())

        # Nothing stands there to be edited: what is typed would be added to it.
        asked = self._ask.text(question, validate=valid)
        return str(asked.unsafe_ask()).strip()


def _setting(provider: str, key: str) -> Callable[[str], bool | str]:
    def check(said: str) -> bool | str:
        return _fits(provider, key, said)

    return check


def _fits(provider: str, key: str, value: object) -> bool | str:
    """Return whether a model's entry takes a value; else what is wrong, in words."""
    try:
        read_settings(ENTRY, {"provider": provider, key: value})
    except SigilError as error:
        return f"{error.problem}; {error.remedy}"
    return True


def _needed(said: str) -> bool | str:
    return bool(said) or "its name, as the provider calls it"


def _rate(provider: str) -> Callable[[str], bool | str]:
    def check(said: str) -> bool | str:
        try:
            rate = float(said) if said else None
        except ValueError:
            return "not a number; give one such as 2 or 0.5, or nothing"
        return _fits(provider, "rate_limit_qps", rate)

    return check


def _amount(said: str) -> bool | str:
    try:
        return not said or amount(said) > 0
    except ValueError as error:
        return str(error)
