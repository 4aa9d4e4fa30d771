"""`sigil generate-eval`: a check, a timer and held-out inputs from the repository's own tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

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
@click.option("--via-description", is_flag=True, help="Let a model write it; still to come.")
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
    force: bool,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Write an eval, .sigil/NAME.eval.yaml, for the function that a spec pins, and try it once.

    Inputs are the calls that the repository's tests make, variations of them, and larger ones
    for the timer; the unchanged function says what is expected.

    Example: sigil generate-eval --spec wrap speed
    """
    from sigil.cli.generating import WantedEval, write_eval
    from sigil.cli.options import repository
    from sigil.errors import NotYet
    from sigil.optimize.present import measured

    if via_description:
        raise NotYet("evals from a model are still to come", remedy="leave --via-description out")
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
