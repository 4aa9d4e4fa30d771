"""`sigil setup`: write ``sigil.yaml`` from questions or from flags."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import repo_root
from sigil.cli.run import setting

if TYPE_CHECKING:
    from sigil.cli.configuring import Change
    from sigil.cli.interview import Interview
    from sigil.llm.settings import ModelSettings

FLAGS = (
    "--provider, --model, --base-url, --key-variable, --rate-limit-qps, --optimizer, --budget-usd"
)


@click.command()
@setting("provider")
@setting("model")
@click.option("--base-url", help="Of the provider, such as http://127.0.0.1:11434/v1.")
@click.option("--key-variable", help="The environment variable that holds the key; never the key.")
@click.option("--rate-limit-qps", type=float, help="Most requests a second to the model.")
@setting("optimizer")
@setting("budget_usd")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--check", is_flag=True, help="Ask the model one tiny question, and say its cost.")
@repo_root
def setup(yes: bool, dry_run: bool, check: bool, repo_root: Path | None, **flags: Any) -> None:
    """Write .sigil/sigil.yaml: which model proposes, under which terms, and what it may cost.

    Asks on a terminal; elsewhere, flags say it all, and --check alone tries what is configured.
    What stands in the file and is not asked about stays as it is. A key
    is never written: it stays in its environment variable.

    Example: sigil setup --provider openai --model gpt-5-mini --budget-usd 2 --yes
    """
    from sigil.cli.configuring import Choices, configured, plan_change, refuse_trial, write_change
    from sigil.cli.options import repository_or_none
    from sigil.cli.settings import resolve
    from sigil.errors import UsageError
    from sigil.optimize.generate.locating import repository_of

    root = repository_or_none(repo_root) or (repo_root or repository_of(Path.cwd() / "x")).resolve()
    choices, interview = Choices(**flags), None
    if not (yes or dry_run) and sys.stdin.isatty() and sys.stdout.isatty():
        interview = _interview(needed=choices.empty)
    if interview is not None:
        optimizer = str(resolve(root)["optimizer"].value)
        choices = (
            interview.choices(optimizer) if choices.empty else interview.missing_model(choices)
        )
    if choices.empty and check:
        _try(configured(root))
        return
    if choices.empty:
        raise UsageError("there is no terminal to ask on", remedy=f"say it by flags: {FLAGS}")
    change = plan_change(root, choices)
    if check and change.model is not None:
        refuse_trial(change.model)
    if _agreed(change, interview, yes=yes, dry_run=dry_run):
        write_change(change)
        click.echo(f"wrote {change.shown}")
    _conclude(change, interview, check=check, asked=not dry_run)


def _interview(*, needed: bool) -> Interview | None:
    """Return who asks; None where nobody can and nothing needs to be asked."""
    from sigil.cli.interview import Interview
    from sigil.errors import DependencyMissing

    try:
        return Interview()
    except DependencyMissing:
        if needed:
            raise
        return None


def _agreed(change: Change, interview: Interview | None, *, yes: bool, dry_run: bool) -> bool:
    """Show what changes, and return whether it is to be written."""
    from sigil.errors import AlreadyExists, Where

    click.echo(change.diff or f"{change.shown} says so already", nl=not change.diff)
    if dry_run or not change.diff:
        return False
    if yes or (interview is None and change.before is None):
        return True
    if interview is None:
        raise AlreadyExists(
            "it is there, and nobody can be asked whether to change it",
            where=Where(change.shown),
            remedy="--yes writes what is shown, --dry-run only shows it",
        )
    if interview.confirm(f"Write {change.shown}?", default=True):
        return True
    raise click.Abort


def _conclude(change: Change, interview: Interview | None, *, check: bool, asked: bool) -> None:
    """Say what to do about the key, and try the model if that is wanted."""
    from sigil.cli.configuring import key_is_set
    from sigil.llm.prices import FREE

    model = change.model
    if model is None:
        if check:
            click.echo("no model was chosen, so there is none to try")
        return
    click.echo(f"key   {_key_line(model)}")
    ready = key_is_set(model) and model.provider not in FREE
    if not check and interview is not None and asked and ready:
        check = interview.confirm("Ask the model one tiny question now?", default=False)
    if check:
        _try(model)
    click.echo("next  sigil config show")


def _key_line(model: ModelSettings) -> str:
    """Return what to do about a model's key."""
    from sigil.cli.configuring import key_is_set

    variable = model.key_variable
    if not variable:
        return "none is needed"
    return f"{variable} is set" if key_is_set(model) else f"export {variable}=…   (it is not set)"


def _try(model: ModelSettings) -> None:
    from sigil.cli.configuring import try_model
    from sigil.cli.spending import spent_line
    from sigil.llm.budget import Budget, Spent

    reply = try_model(model, Budget())
    click.echo(f"model {spent_line(reply.model, Spent().plus(reply.usage))}")
