"""What `sigil setup` writes: choices put into ``sigil.yaml``, all else in it as it was.

Promises: no key is ever written; the new text was read by the code that a run reads it with; a
file that changed since it was shown is not overwritten.

Not here: asking a person (`sigil.cli.interview`).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sigil.cli.planning import NO_MODEL, check_provider, chosen_models
from sigil.cli.settings import config_file, models_in, resolve
from sigil.errors import AlreadyExists, MalformedDocument, UsageError, Where
from sigil.llm.asking import Asking
from sigil.llm.budget import Budget
from sigil.llm.model import Message, Reply, Request
from sigil.llm.settings import KEY_VARIABLES, ModelSettings, read_settings
from sigil.search.optimizers import check_name
from sigil.store.documents import is_blank, parse_document
from sigil.store.files import make_directory, read_file, write_atomic
from sigil.store.yaml_edits import with_value, without

ENTRY = "default_llm"
_NEW = 'version: "0.1"\n'
_OF_THE_HOST = ("base_url", "key_variable")
_OF_THE_MODEL = ("price_input_usd", "price_output_usd")
_OF_A_RUN = ("inbox", "replay")
_CHECK = "Answer with the single word: ready"
_CHECK_TOKENS = 256
"""Room for a model that thinks before it says one word."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What is to be set; None leaves it as it is.

    Args:
        provider: who answers; ``none`` for no model.
        model: as the provider calls it.
        base_url: of the provider.
        key_variable: the environment variable that holds the key.
        rate_limit_qps: requests a second.
        optimizer: how the search proceeds, and whose models are set.
        budget_usd: what a run may cost.
    """

    provider: str | None = None
    model: str | None = None
    base_url: str | None = None
    key_variable: str | None = None
    rate_limit_qps: float | None = None
    optimizer: str | None = None
    budget_usd: float | None = None

    @property
    def empty(self) -> bool:
        """Return whether nothing is to be set."""
        return all(getattr(self, field.name) is None for field in fields(self))

    def entry(self) -> dict[str, Any]:
        """Return the keys of the model's entry that are to be set."""
        names = ("provider", "model", *_OF_THE_HOST, "rate_limit_qps")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


@dataclass(frozen=True, slots=True)
class Change:
    """A ``sigil.yaml`` as it is and as it should be.

    Args:
        path: of the file.
        shown: as a person calls it.
        before: its text; None if there is no file.
        after: the text to write.
        model: the entry that was set; None if no model was.
    """

    path: Path
    shown: str
    before: str | None
    after: str
    model: ModelSettings | None

    @property
    def diff(self) -> str:
        """Return what changes, as a unified diff; empty if nothing does."""
        old = (self.before or "").splitlines(keepends=True)
        new = self.after.splitlines(keepends=True)
        ended = (
            line if line.endswith("\n") else f"{line}\n"
            for line in difflib.unified_diff(old, new, self.shown, self.shown)
        )
        return "".join(ended)


def plan_change(root: Path, choices: Choices) -> Change:
    """Return what ``choices`` make of the settings of a repository; nothing is written.

    Raises:
        UsageError: no such provider or optimizer, or a model is missing.
        SigilError: a value does not fit, or the file that is there is wrong.
    """
    shown = config_file(root)
    path = root / shown
    before = _read(path, shown)
    optimizer = choices.optimizer or str(resolve(root)["optimizer"].value)
    check_name(optimizer)
    text = before or ""
    if is_blank(text.encode()):
        text += "\n" * (not text.endswith("\n") and bool(text)) + _NEW
    if choices.optimizer is not None:
        text = with_value(text, ("defaults", "optimizer"), optimizer, shown)
    if choices.budget_usd is not None:
        text = with_value(text, ("defaults", "budget_usd"), _short(choices.budget_usd), shown)
    if choices.provider == NO_MODEL:
        text = with_value(text, ("defaults", "provider"), NO_MODEL, shown)
        return Change(path, shown, before, text, None)
    if not choices.entry():
        return Change(path, shown, before, text, None)
    text = _with_model(text, optimizer, choices, shown)
    for name in ("provider", "model"):  # as defaults, they would stand before the entry
        text = without(text, ("defaults", name), shown)
    models = {one.name: one for one in models_in(parse_document(text.encode(), shown), optimizer)}
    return Change(path, shown, before, text, models[ENTRY])


def write_change(change: Change) -> None:
    """Write the new text, whole or not at all.

    Raises:
        AlreadyExists: the file is not what it was when the change was planned.
        SigilError: the disk refuses.
    """
    if _read(change.path, change.shown) != change.before:
        raise AlreadyExists(
            "it was changed meanwhile",
            where=Where(change.shown),
            remedy="call sigil setup again",
        )
    make_directory(change.path.parent)
    write_atomic(change.path.resolve(), change.after.encode())


def key_is_set(model: ModelSettings, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the variable that an entry names holds something, or none is named."""
    return not model.key_variable or bool(environment.get(model.key_variable, "").strip())


def refuse_trial(model: ModelSettings) -> None:
    """Raise unless a model can be asked without a run.

    Raises:
        UsageError: whoever answers looks into a run's folder, or knows only what a run asks.
    """
    if model.provider in _OF_A_RUN:
        raise UsageError(
            f"the provider {model.provider!r} answers the questions of a run alone",
            remedy="leave out --check",
        )


def configured(root: Path) -> ModelSettings:
    """Return the first model that a run would ask.

    Raises:
        UsageError: there is none, or it cannot be tried without a run.
    """
    models = chosen_models(root, {name: one.value for name, one in resolve(root).items()})
    if not models:
        raise UsageError("no model is configured", remedy="say --provider and --model")
    refuse_trial(models[0])
    return models[0]


def try_model(model: ModelSettings, budget: Budget) -> Reply:
    """Ask a model one tiny question.

    Raises:
        ProviderFailed, DependencyMissing, InvalidValue: it does not answer.
    """
    asking = Asking(
        {model.name: replace(model, retries=min(model.retries, 1))},
        record=lambda _: None,  # it is worth nothing tomorrow
        budget=budget,
    )
    try:
        asking.ready()
        question = Request((Message("user", _CHECK),), model.name, max_tokens=_CHECK_TOKENS)
        return asking.submit(question).result()
    finally:
        asking.close()


def _with_model(text: str, optimizer: str, choices: Choices, shown: str) -> str:
    """Return ``text`` with the entry set, without what belonged to another host or model."""
    path = ("optimizer_params", optimizer, "models", ENTRY)
    models = models_in(parse_document(text.encode(), shown), optimizer)
    there = next((one for one in models if one.name == ENTRY), None)
    chosen = choices.entry()
    provider = chosen.get("provider", there.provider if there else None)
    if provider is None:
        raise UsageError("no provider is chosen", remedy="say --provider")
    check_provider(provider)
    same_host = there is not None and all(
        getattr(there, key) == chosen.get(key, getattr(there, key))
        for key in ("provider", "base_url")
    )
    same_model = same_host and chosen.get("model") in {None, there.model if there else None}
    if provider in KEY_VARIABLES and not chosen.get("model") and not same_model:
        raise UsageError(f"no model of {provider} is chosen", remedy="say --model")
    read_settings(ENTRY, {"provider": provider, **chosen})
    stale = (*(() if same_host else _OF_THE_HOST), *(() if same_model else _OF_THE_MODEL))
    for key in stale:
        if key not in chosen:
            text = without(text, (*path, key), shown)
    for key, value in chosen.items():
        plain = _short(value) if isinstance(value, float) else value
        text = with_value(text, (*path, key), plain, shown)
    return text


def _short(number: float) -> float | int:
    """Return 2 for 2.0, as a person writes it."""
    return int(number) if number.is_integer() else number


def _read(path: Path, shown: str) -> str | None:
    if not path.is_file():
        return None
    try:
        return read_file(path.resolve()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedDocument(
            "not UTF-8 text", where=Where(shown), remedy="save the file as UTF-8"
        ) from error
