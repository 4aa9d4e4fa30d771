"""`sigil doctor`: what this machine can isolate, and what an eval could be cheated by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.options import as_json, eval_name, print_json, repo_root

if TYPE_CHECKING:
    from sigil.sandbox import Rung

RUNGS = {
    "L3": "seccomp, landlock and namespaces",
    "L2": "seccomp and landlock",
    "L1": "seccomp",
    "L0": "a bare process, only with --unsafe",
}


@click.command()
@click.option("--spec", "spec_name", help="Look at this spec and its eval too.")
@eval_name
@repo_root
@as_json
def doctor(
    spec_name: str | None, eval_name: str | None, repo_root: Path | None, as_json: bool
) -> None:
    """Say which rungs of the sandbox hold here, and what is installed.

    With --spec (and --eval) also whether candidate code could print a metric itself. Ends with
    code 50 if no rung holds.
    """
    from sigil.errors import SandboxUnavailable
    from sigil.sandbox import probe

    rungs = probe()
    warnings = _warnings(spec_name, eval_name, repo_root) if spec_name else []
    extras = _extras()
    if as_json:
        print_json(
            {
                "rungs": [
                    {
                        "level": rung.level,
                        "holds": rung.holds,
                        "reason": rung.reason,
                        "isolation": rung.isolation.as_dict() if rung.isolation else None,
                    }
                    for rung in rungs
                ],
                "extras": extras,
                "warnings": warnings,
            }
        )
    else:
        _print(rungs, extras, warnings, checked=spec_name is not None)
    if not any(rung.holds for rung in rungs if rung.level != "L0"):
        raise SandboxUnavailable(
            "no rung of the sandbox holds on this machine", remedy="use Linux 5.13 or later"
        )


def _print(
    rungs: list[Rung], extras: dict[str, bool], warnings: list[str], *, checked: bool
) -> None:
    click.echo("sandbox")
    for rung in rungs:
        mark = "holds" if rung.holds else "no   "
        click.echo(f"  {rung.level}  {mark}  {RUNGS[rung.level]}")
        if rung.reason:
            click.echo(f"             {rung.reason}")
    best = next((rung for rung in rungs if rung.holds and rung.isolation), None)
    if best and best.isolation:
        found = best.isolation
        spaces = " ".join(found.namespaces) or "none"
        click.echo(
            f"  in use by default: {found.level}, landlock ABI {found.landlock_abi}, "
            f"namespaces {spaces}, cgroup {found.cgroup or 'none'}, uid {found.uid}, "
            f"self-test {found.self_test}"
        )
    click.echo("extras")
    for name, there in extras.items():
        click.echo(f"  {name}: {'installed' if there else f'missing; pip install sigil[{name}]'}")
    if checked:
        click.echo("eval")
        for warning in warnings or ["no way seen for candidate code to print a metric itself"]:
            click.echo(f"  {warning}")


def _warnings(spec_name: str, eval_name: str | None, repo_root: Path | None) -> list[str]:
    from sigil.cli.options import repository
    from sigil.evaluate.doctor import cheat_warnings
    from sigil.optimize.spec import load_spec, read_eval
    from sigil.optimize.workbench import read_target

    spec = load_spec(repository(repo_root), spec_name)
    definition = read_eval(spec, eval_name)
    return cheat_warnings(definition, read_target(spec, definition))


def _extras() -> dict[str, bool]:
    from importlib.util import find_spec

    return {"tune": find_spec("optuna") is not None}
