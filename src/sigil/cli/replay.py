"""`sigil replay`: measure a recorded candidate again and compare."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import (
    as_json,
    eval_name,
    print_json,
    repo_root,
    run_name,
    spec_name,
    unsafe,
    workspace_name,
)


@click.command()
@click.argument("candidate", required=False)
@spec_name
@workspace_name
@eval_name
@run_name
@unsafe
@repo_root
@as_json
def replay(
    candidate: str | None,
    spec_name: str,
    workspace_name: str,
    eval_name: str | None,
    run_name: str | None,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Measure CANDIDATE (by default the winner of the latest run) again and compare.

    Exact metrics have to be equal; for noisy ones the intervals of the gain have to overlap, and
    what was accepted has to be accepted again. Exit code 52 if the record is not reproduced.
    """
    from sigil.cli.options import repository
    from sigil.cli.planning import make_plan
    from sigil.errors import ReplayDiffers
    from sigil.optimize.present import SHORT, gain, measured
    from sigil.optimize.replay import replay as measure_again
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace

    spec = load_spec(repository(repo_root), spec_name)
    run = open_workspace(spec, workspace_name).find_run(run_name)
    plan = make_plan(spec, eval_name, {}, unsafe=unsafe, recorded=run)
    found = measure_again(plan, run, candidate)
    rows = [
        {
            "metric": c.metric,
            "recorded": gain(c.recorded) or measured(c.recorded),
            "now": gain(c.now) or measured(c.now),
            "agrees": c.agrees,
        }
        for c in found.comparisons
    ]
    if as_json:
        facts = {"candidate": found.candidate.id, "agrees": found.agrees, "metrics": rows}
        print_json({**facts, "evaluation": found.now.to_json()})
    else:
        for row in rows:
            word = "agrees" if row["agrees"] else "DIFFERS"
            click.echo(f"{row['metric']}: recorded {row['recorded']}, now {row['now']}: {word}")
    if not found.agrees:
        failure = found.now.failure
        raise ReplayDiffers(
            f"candidate {found.candidate.id[:SHORT]} does not reproduce its record",
            remedy=f"{failure.metric}: {failure.detail}" if failure else "see the values above",
        )
    if not as_json:
        click.echo(f"candidate {found.candidate.id[:SHORT]} reproduces its record")
