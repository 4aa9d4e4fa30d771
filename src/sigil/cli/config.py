"""`sigil config show`: the settings, the models, and where each value comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import as_json, print_json, repo_root, wide_console

if TYPE_CHECKING:
    from sigil.llm.settings import ModelSettings


_ONE_LINE = 100_000


@click.group()
def config() -> None:
    """Show the settings and where each comes from."""


@config.command()
@repo_root
@as_json
def show(repo_root: Path | None, as_json: bool) -> None:
    """Print every setting with its value, its source and what it does; then the models.

    Of a key it says which variable holds it and whether that is set, never the key.
    """
    from sigil.cli.options import repository_or_none
    from sigil.cli.settings import SETTINGS, all_models, optimizer_params, resolve

    repository = repository_or_none(repo_root)
    settings = resolve(repository)
    used = settings["optimizer"].value
    models = [
        {"optimizer": optimizer, "used": optimizer == used, **_facts(model), "source": source}
        for optimizer, model, source in (all_models(repository) if repository else [])
    ]
    params = [
        {"optimizer": name, "used": name == used, **found, "source": f"{where.file}:{where.line}"}
        for name, (found, where) in (optimizer_params(repository) if repository else {}).items()
        if found
    ]
    if as_json:
        values = {name: {"value": s.value, "source": s.source} for name, s in settings.items()}
        print_json({**values, "optimizer_params": params, "models": models})
        return
    _print(
        ("setting", "value", "from", "meaning"),
        [(name, s.value, s.source, SETTINGS[name].help) for name, s in settings.items()],
    )
    if params:
        click.echo()
        _print(("optimizer", "parameters", "from"), [_params_row(one) for one in params])
    if models:
        click.echo()
        names = ("optimizer", "entry", "provider", "model", "limits", "key", "from")
        _print(names, [_row(model) for model in models])


def _facts(model: ModelSettings) -> dict[str, Any]:
    from sigil.cli.configuring import key_is_set

    return {
        "entry": model.name,
        "provider": model.provider,
        "model": model.model,
        "base_url": model.base_url,
        "rate_limit_qps": model.rate_limit_qps,
        "in_flight": model.in_flight,
        "key_variable": model.key_variable,
        "key_set": key_is_set(model) if model.key_variable else None,
    }


def _row(model: dict[str, Any]) -> tuple[str | None, ...]:
    limits = [
        f"{model[key]:g} {word}"
        for key, word in (("rate_limit_qps", "a second"), ("in_flight", "at once"))
        if model[key] is not None
    ]
    state = {True: "set", False: "not set", None: ""}[model["key_set"]]
    return (
        _optimizer(model),
        model["entry"],
        f"{model['provider']} {model['base_url']}".strip(),
        model["model"] or None,
        ", ".join(limits) or None,
        f"{model['key_variable']} {state}".strip() or None,
        model["source"],
    )


def _params_row(params: dict[str, Any]) -> tuple[str, ...]:
    shown = {key: params[key] for key in params if key not in {"optimizer", "used", "source"}}
    text = ", ".join(f"{key} {value}" for key, value in shown.items())
    return _optimizer(params), text, params["source"]


def _optimizer(facts: dict[str, Any]) -> str:
    return facts["optimizer"] + ("" if facts["used"] else " (not in use)")


def _print(headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text("–" if value is None else str(value)) for value in row))
    wide_console(_ONE_LINE).print(table)
