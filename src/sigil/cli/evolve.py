"""`sigil evolve`: a better version of one function, from nothing but its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sigil.cli import kinds
from sigil.cli.completing import functions
from sigil.cli.lazy import INTERRUPTED
from sigil.cli.options import as_json, unsafe, workspace_name
from sigil.cli.run import setting


class Duration(click.ParamType[float]):
    """A flag such as ``10s``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return seconds."""
        try:
            return kinds.duration(str(value))
        except ValueError as error:
            self.fail(f"{value!r} does not fit; give {error}", param, ctx)


goal = click.option(
    "--goal",
    type=click.Choice(["auto", "speed", "repair"]),
    default="auto",
    show_default=True,
    help="What better means; auto repairs a function that fails what its tests state.",
)
cases = click.option(
    "--cases",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A .json or .jsonl file of inputs; then no test is run.",
)


@click.command()
@click.argument("function", shell_complete=functions)
@click.option("--name", help="Name of the spec and the eval; by default the function's.")
@goal
@cases
@click.option(
    "--timeout",
    type=Duration(),
    default="5s",
    show_default=True,
    help="Deadline of the unchanged function while its inputs are tried.",
)
@setting("budget_time")
@setting("budget_evals")
@setting("seed")
@workspace_name
@setting("optimizer")
@setting("provider")
@setting("model")
@setting("base_url")
@setting("budget_usd")
@setting("budget_tokens")
@setting("num")
@setting("lanes")
@setting("patience")
@setting("sandbox")
@click.option("--fresh", is_flag=True, help="Make the spec and the eval anew, even if edited.")
@click.option("--dry-run", is_flag=True, help="Show what would be measured and write nothing.")
@click.option("--apply", "apply_it", is_flag=True, help="Write an accepted change to your file.")
@unsafe
@click.option(
    "--repo-root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The repository; by default found from the function's file upward.",
)
@as_json
def evolve(
    function: str,
    name: str | None,
    goal: Any,
    cases: Path | None,
    timeout: float,
    workspace_name: str,
    fresh: bool,
    dry_run: bool,
    apply_it: bool,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Search for a better version of FUNCTION, written path/to/file.py:name or file.py:Class.name.

    Makes a spec and an eval in .sigil from the calls that the repository's tests make, then does
    what `sigil run` does. Your files stay as they are unless you say --apply.

    Example: sigil evolve textstats.py:word_counts --budget-time 60s
    """
    from sigil.evaluate.nursery import ahead
    from sigil.importing import to_stay

    if not dry_run:
        click.get_current_context().with_resource(ahead())  # while the rest is imported

    with to_stay():
        from sigil.cli.evolving import Wish, evolve_function, print_dry_run
        from sigil.optimize.generate.requesting import make_request
        from sigil.optimize.spec import check_name

    check_name(workspace_name, "workspace")
    request = make_request(
        function,
        name=name,
        goal=goal,
        cases=cases,
        call_s=timeout,
        seed=flags["seed"],
        level=flags["sandbox"],
        unsafe=unsafe,
        root=repo_root,
    )
    if dry_run:
        print_dry_run(request, fresh=fresh, as_json=as_json)
        return
    wish = Wish(workspace_name, fresh=fresh, apply=apply_it, as_json=as_json)
    if evolve_function(request, wish, flags).interrupted:
        raise click.exceptions.Exit(INTERRUPTED)
