"""What commands that ask a model for a document share: flags and printing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import print_json, shown
from sigil.cli.run import setting
from sigil.errors import UsageError

if TYPE_CHECKING:
    from sigil.cli.describing import Described

_SETTINGS = ("base_url", "budget_tokens", "budget_usd", "exchanges", "model", "provider")


def model_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags that say which model is asked, and what that may cost."""
    for name in _SETTINGS:
        command = setting(name)(command)
    return command


def by_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags that say which model is asked, and what becomes of its answer."""
    command = model_flags(command)
    dry_run = click.option(
        "--dry-run", is_flag=True, help="Of a model's answer: show it, and write nothing."
    )
    return dry_run(command)


def refuse_flags_of_models(flags: Mapping[str, Any], switch: str) -> None:
    """Raise for a flag that means nothing unless a model is asked.

    Args:
        flags: values; None for those that were not given.
        switch: the flag with which they would mean something.

    Raises:
        UsageError: there is one.
    """
    given = next((name for name, value in flags.items() if value is not None), None)
    if given is not None:
        flag = f"--{given.strip('-').replace('_', '-')}"
        raise UsageError(f"{flag} goes with {switch}", remedy=f"add {switch}, or leave it out")


def print_described(made: Described, *, as_json: bool) -> None:
    """Print what a model wrote, what was checked, and what it cost."""
    from sigil.optimize.present import measured

    if as_json:
        print_json(
            {
                "name": made.name,
                "about": made.about,
                "files": {path: data.decode() for path, data in made.files.items()},
                "written": [shown(path) for path in made.written],
                "model": made.spent,
                "record": shown(made.record),
                "baseline": made.baseline.to_json() if made.baseline else None,
                "warnings": list(made.warnings),
            }
        )
        return
    if made.written:
        click.echo(f"wrote {', '.join(shown(path) for path in made.written)}: {made.about}")
    for path, data in made.files.items() if not made.written else ():
        click.echo(f"# would write {path}\n{data.decode()}")
    if made.baseline is not None:
        values = ", ".join(f"{name} {measured(v)}" for name, v in made.baseline.metrics.items())
        click.echo(f"baseline: {values}")
    for line in made.warnings:
        click.echo(f"note: {line}")
    click.echo(f"model {made.spent}; its answers are in {shown(made.record)}")
