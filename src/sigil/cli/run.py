"""`sigil run`: search for a better version of what a spec pins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli import kinds
from sigil.cli.completing import optimizers, providers
from sigil.cli.lazy import INTERRUPTED
from sigil.cli.options import (
    as_json,
    eval_name,
    repo_root,
    spec_name,
    unsafe,
    workspace_name,
)

if TYPE_CHECKING:
    from sigil.optimize.spec import Spec

LATEST = "latest"


class Parsed(click.ParamType[Any]):
    """A flag whose text is read by the same function as the setting of its name."""

    def __init__(self, name: str):
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value in the setting's own type."""
        try:
            return kinds.SETTINGS[self.name].parse(str(value))
        except ValueError as error:
            self.fail(f"{value!r} does not fit; give {error}", param, ctx)


def setting(name: str) -> Any:
    """Return the option of a setting, with its own type and help."""
    flag = f"--{name.replace('_', '-')}"
    known = {"optimizer": optimizers, "provider": providers}.get(name)
    return click.option(
        flag, name, type=Parsed(name), help=kinds.SETTINGS[name].help, shell_complete=known
    )


@click.command()
@spec_name
@workspace_name
@eval_name
@setting("optimizer")
@setting("provider")
@setting("model")
@setting("base_url")
@setting("exchanges")
@setting("backend")
@setting("num")
@setting("lanes")
@setting("seed")
@setting("budget_evals")
@setting("budget_time")
@setting("budget_usd")
@setting("budget_tokens")
@setting("in_flight")
@setting("patience")
@setting("sandbox")
@click.option(
    "--resume",
    is_flag=False,
    flag_value=LATEST,
    metavar="[RUN]",
    help="Go on with a run, by default the latest. Optimizer, num, seed and models are its own; "
    "its backend, budgets, patience and in-flight hold unless you give others.",
)
@click.option("--dry-run", is_flag=True, help="Check everything and say what would be done.")
@unsafe
@repo_root
@as_json
def run(
    spec_name: str,
    workspace_name: str,
    eval_name: str | None,
    resume: str | None,
    dry_run: bool,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Search for a better version of what a spec pins.

    Needs no model and no key: rewrite, mutate and tune propose unless a model is named. Ends by
    budget, by convergence or when the eval's goal is reached; Ctrl-C leaves a run that --resume
    goes on with.

    Example: sigil run --spec symbolic_regression --workspace demo --num 3
    """
    from sigil.evaluate.nursery import ahead
    from sigil.importing import to_stay

    if not dry_run:
        click.get_current_context().with_resource(ahead())  # while the rest is imported

    with to_stay():
        from sigil.cli.options import repository
        from sigil.cli.planning import make_plan
        from sigil.optimize.spec import check_name, load_spec
        from sigil.optimize.workbench import open_workbench

    spec = load_spec(repository(repo_root), spec_name)
    check_name(workspace_name, "workspace")
    existing = None if resume is None else _run_of(spec, workspace_name, resume)
    plan = make_plan(spec, eval_name, flags, unsafe=unsafe, recorded=existing)
    if dry_run:
        from sigil.cli.progress import print_dry_run
        from sigil.optimize.workspace import open_workspace

        print_dry_run(plan, open_workspace(spec, workspace_name), as_json=as_json)
        return
    with open_workbench(plan) as bench:
        with to_stay():  # while the lanes open
            from sigil.cli.progress import choose_report, print_summary
            from sigil.optimize.run import run as search
            from sigil.optimize.workspace import open_workspace

        workspace = open_workspace(spec, workspace_name)
        with choose_report(plan) as report:
            summary = search(plan, workspace, report, existing=existing, bench=bench)
    print_summary(plan, workspace, summary, as_json=as_json)
    if summary.interrupted:
        raise click.exceptions.Exit(INTERRUPTED)


def _run_of(spec: Spec, workspace: str, name: str) -> Path:
    """Return the folder of a run to go on with."""
    from sigil.optimize.workspace import open_workspace

    return open_workspace(spec, workspace).find_run(None if name == LATEST else name)
