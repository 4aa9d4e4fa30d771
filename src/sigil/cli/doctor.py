"""`sigil doctor`: what this machine can isolate, and what an eval could be cheated by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.evolve import Duration
from sigil.cli.options import as_json, print_json, repo_root, unsafe

if TYPE_CHECKING:
    from sigil.sandbox import Isolation, Rung

RUNGS = {
    "L3": "seccomp, landlock and namespaces",
    "L2": "seccomp and landlock",
    "L1": "seccomp",
    "L0": "a bare process; refused without --unsafe",
}


@click.command()
@click.option("--spec", "spec_name", help="Look at this spec and its eval too.")
@click.option("--eval", "eval_name", help="Try every cheat against this eval.")
@click.option(
    "--budget-time",
    "budget_time",
    type=Duration(),
    default="300s",
    show_default=True,
    help="How long all cheats together may take.",
)
@unsafe
@repo_root
@as_json
@click.pass_context
def doctor(
    context: click.Context,
    spec_name: str | None,
    eval_name: str | None,
    budget_time: float,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Say which rungs of the sandbox hold here, and what is installed.

    With --spec also whether candidate code could print a metric itself. With --eval instead
    every cheat is tried against that eval, in the sandbox, as a candidate would be; ends with
    code 3 if one would have scored. Otherwise ends with code 50 if no rung holds.
    """
    if eval_name:
        context.exit(_cheats(spec_name, eval_name, budget_time, repo_root, unsafe, as_json))
    _machine(spec_name, repo_root, as_json=as_json)


def _cheats(
    spec_name: str | None,
    eval_name: str,
    within_s: float,
    repo_root: Path | None,
    unsafe: bool,
    as_json: bool,
) -> int:
    from sigil.cli import cheating
    from sigil.cli.options import repository

    spec = cheating.spec_of(repository(repo_root), spec_name, eval_name)
    findings = cheating.tried(spec, eval_name, within_s=within_s, unsafe=unsafe, quiet=as_json)
    if as_json:
        print_json({"eval": eval_name, "cheats": cheating.findings_json(findings)})
    else:
        cheating.print_findings(findings)
    return cheating.exit_code(findings)


def _machine(spec_name: str | None, repo_root: Path | None, *, as_json: bool) -> None:
    from sigil.errors import SandboxUnavailable
    from sigil.sandbox import probe
    from sigil.sandbox.commands import probe as probe_commands

    faces = {"calls": probe(), "commands": probe_commands()}
    warnings = eval_warnings(spec_name, repo_root) if spec_name else []
    extras = extras_here()
    if as_json:
        rungs = {face: list(map(_rung_json, found)) for face, found in faces.items()}
        print_json({"rungs": rungs, "extras": extras, "warnings": warnings})
    else:
        _print(faces, extras)
        if spec_name:
            click.echo("eval")
            for warning in warnings or ["no candidate code runs where a metric is printed"]:
                click.echo(f"  {warning}")
    if not any(rung.holds for rung in faces["calls"] if rung.level != "L0"):
        raise SandboxUnavailable(
            "no rung of the sandbox holds on this machine", remedy="use Linux 5.13 or later"
        )


def _print(faces: dict[str, list[Rung]], extras: dict[str, bool]) -> None:
    for face, rungs in faces.items():
        click.echo(face)
        for rung in rungs:
            click.echo(f"  {rung.level}  {'holds' if rung.holds else 'no   '}  {RUNGS[rung.level]}")
            if rung.reason:
                click.echo(f"             {rung.reason}")
        best = next((rung.isolation for rung in rungs if rung.holds), None)
        if best:
            click.echo(f"  by default: {_describe(best)}")
    click.echo("extras")
    for name, there in extras.items():
        missing = f"missing; pip install 'sigil[{name}]'"
        click.echo(f"  {name}: {'installed' if there else missing}")


def _describe(found: Isolation) -> str:
    namespaces = " ".join(found.namespaces) or "none"
    return (
        f"{found.level}, landlock ABI {found.landlock_abi}, namespaces {namespaces}, "
        f"cgroup {found.cgroup or 'none'}, uid {found.uid}, self-test {found.self_test}"
    )


def _rung_json(rung: Rung) -> dict[str, object]:
    isolation = rung.isolation.as_dict() if rung.isolation else None
    return {
        "level": rung.level,
        "holds": rung.holds,
        "reason": rung.reason,
        "isolation": isolation,
    }


def eval_warnings(spec_name: str, repo_root: Path | None) -> list[str]:
    """Return what candidates of a spec could cheat its eval by, one line each."""
    from sigil.cli.options import repository
    from sigil.evaluate.doctor import cheat_warnings
    from sigil.optimize.spec import load_spec, read_eval
    from sigil.optimize.workbench import read_target

    spec = load_spec(repository(repo_root), spec_name)
    definition = read_eval(spec, None)
    return cheat_warnings(definition, read_target(spec, definition))


def extras_here() -> dict[str, bool]:
    """Return which optional parts are installed."""
    from importlib.util import find_spec

    needs = {
        "anthropic": "anthropic",
        "languages": "tree_sitter",
        "mcp": "mcp",
        "openai": "openai",
        "rewrite": "libcst",
        "setup": "questionary",
    }
    return {extra: find_spec(library) is not None for extra, library in needs.items()}
