"""`sigil replay`: measure a recorded candidate again and compare."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.completing import evaluations
from sigil.cli.options import (
    as_json,
    eval_name,
    print_json,
    repo_root,
    run_name,
    unsafe,
    workspace_name,
)
from sigil.cli.scenario.choosing import key_descriptor, key_file_option


@click.command()
@click.argument("candidate", required=False, shell_complete=evaluations)
@click.option("--spec", "spec_name", help="Name of the spec.")
@workspace_name
@eval_name
@run_name
@unsafe
@key_file_option
@key_descriptor
@repo_root
@as_json
def replay(
    candidate: str | None,
    spec_name: str | None,
    workspace_name: str,
    eval_name: str | None,
    run_name: str | None,
    unsafe: bool,
    key_file: Path | None,
    key_fd: int | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Measure CANDIDATE (by default the winner of the latest run) again and compare.

    Exact metrics have to be equal; for noisy ones the intervals of the gain have to overlap, and
    what was accepted has to be accepted again. Exit code 52 if the record is not reproduced.

    An evaluation, eval_…, is run again from its recorded replies, which needs the key of its exam:
    every result, every piece of evidence and the score have to be the same.
    """
    if candidate is not None and candidate.startswith("eval_"):
        _replay_evaluation(candidate, repo_root, key_file, key_fd, as_json=as_json)
        return
    from sigil.cli.options import repository
    from sigil.cli.planning import make_plan
    from sigil.errors import ReplayDiffers, UsageError
    from sigil.optimize.present import SHORT, gain, measured
    from sigil.optimize.replay import replay as measure_again
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace

    if spec_name is None:
        raise UsageError("which spec?", remedy="name it with --spec, or an evaluation, eval_…")
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


def _replay_evaluation(
    name: str, given: Path | None, key_file: Path | None, key_fd: int | None, *, as_json: bool
) -> None:
    from sigil.cli.options import repository
    from sigil.cli.repeated import replay_evaluation
    from sigil.cli.scenario.choosing import identities_of
    from sigil.gate.record import dossier

    root = repository(given)
    service = dossier.read_summary(dossier.find(root, name)).service
    identities = identities_of(service, key_file, key_fd)
    replay_evaluation(root, name, identities, as_json=as_json)
