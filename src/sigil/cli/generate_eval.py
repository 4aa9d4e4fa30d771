"""`sigil generate-eval`: a check, a timer and held-out inputs from the repository's own tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sigil.cli.by_model import by_model, print_described, refuse_flags_of_models
from sigil.cli.evolve import Duration, cases, goal
from sigil.cli.options import as_json, print_json, repo_root, shown, spec_name, unsafe


@click.command("generate-eval")
@spec_name
@click.argument("name")
@click.argument("description", required=False, default="")
@goal
@cases
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of inputs.")
@click.option(
    "--timeout", type=Duration(), default="5s", show_default=True, help="Deadline of the calls."
)
@click.option("--via-description", is_flag=True, help="Let a model write it from DESCRIPTION.")
@by_model
@click.option("--force", is_flag=True, help="Overwrite an eval of that name.")
@unsafe
@repo_root
@as_json
def generate_eval(
    spec_name: str,
    name: str,
    description: str,
    goal: Any,
    cases: Path | None,
    seed: int,
    timeout: float,
    via_description: bool,
    dry_run: bool,
    force: bool,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Write an eval, .sigil/NAME.eval.yaml, for the function that a spec pins, and try it once.

    Inputs are the calls that the repository's tests make, variations of them, and larger ones
    for the timer; the unchanged function says what is expected.

    With --via-description a model writes it, and the unchanged code is measured by it, sealed,
    before anything is written.

    Example: sigil generate-eval --spec wrap speed
    """
    from sigil.cli.describing import Wanted, eval_by_model
    from sigil.cli.generating import WantedEval, write_eval
    from sigil.cli.options import repository
    from sigil.errors import UsageError
    from sigil.optimize.present import measured

    if via_description:
        if unsafe or cases is not None:
            flag = "--unsafe" if unsafe else "--cases"
            raise UsageError(f"{flag} does not go with --via-description", remedy="leave it out")
        asked = Wanted(name, description, seed, force=force, dry_run=dry_run, flags=flags)
        made_by_model = eval_by_model(asked, spec_name, repository(repo_root))
        print_described(made_by_model, as_json=as_json)
        if made_by_model.written and not as_json:
            click.echo(f"next  sigil run --spec {spec_name} --eval {name}")
        return
    refuse_flags_of_models({"--dry-run": dry_run or None, **flags}, "--via-description")
    wanted = WantedEval(
        spec_name, name, description, goal, cases, seed, timeout, force=force, unsafe=unsafe
    )
    made = write_eval(wanted, repository(repo_root))
    if as_json:
        print_json(
            {
                "eval": name,
                "goal": made.goal,
                "inputs": made.description,
                "notes": list(made.notes),
                "written": [shown(path) for path in made.written],
                "baseline": made.baseline.to_json(),
            }
        )
        return
    click.echo(made.description)
    for note in made.notes:
        click.echo(f"note: {note}")
    click.echo(f"wrote {', '.join(shown(path) for path in made.written)}")
    values = ", ".join(f"{n} {measured(v)}" for n, v in made.baseline.metrics.items())
    click.echo(f"baseline: {values}")
    click.echo(f"next  sigil run --spec {spec_name} --eval {name}")
