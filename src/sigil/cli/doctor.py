"""`sigil doctor`: what this machine can isolate, and what an eval could be cheated by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.evolve import Duration
from sigil.cli.options import as_json, print_json, repo_root, unsafe
from sigil.errors import install

if TYPE_CHECKING:
    from sigil.cli.programs import Program
    from sigil.sandbox import Isolation, Rung

RUNGS = {
    "L3": "seccomp, landlock and namespaces",
    "L2": "seccomp and landlock",
    "L1": "seccomp",
    "L0": "a bare process; refused without --unsafe",
}
LIBRARIES = {
    "anthropic": ("anthropic", "genai_prices"),
    "browser": ("playwright",),
    "gate": (
        "cryptography", "lupa", "pygit2", "pyrage", "rfc8785", "tree_sitter", "tree_sitter_lua",
    ),
    "languages": (
        "tree_sitter", "tree_sitter_c", "tree_sitter_cpp", "tree_sitter_go", "tree_sitter_java",
        "tree_sitter_javascript", "tree_sitter_python", "tree_sitter_rust",
        "tree_sitter_typescript",
    ),
    "mcp": ("anyio", "mcp", "pydantic"),
    "openai": ("openai", "genai_prices"),
    "rewrite": ("libcst",),
    "setup": ("questionary",),
}  # fmt: skip
"""What is imported of each extra."""


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
    from sigil.cli.programs import programs_here
    from sigil.errors import SandboxUnavailable
    from sigil.sandbox import probe
    from sigil.sandbox.commands import probe as probe_commands

    faces = {"calls": probe(), "commands": probe_commands()}
    warnings = eval_warnings(spec_name, repo_root) if spec_name else []
    programs = programs_here()
    if as_json:
        rungs = {face: list(map(_rung_json, found)) for face, found in faces.items()}
        print_json(
            {
                "rungs": rungs,
                "extras": extras_here(),
                "programs": {program.name: _program_json(program) for program in programs},
                "warnings": warnings,
            }
        )
    else:
        _print(faces)
        _print_installed(programs)
        if spec_name:
            click.echo("eval")
            for warning in warnings or ["no candidate code runs where a metric is printed"]:
                click.echo(f"  {warning}")
    if not any(rung.holds for rung in faces["calls"] if rung.level != "L0"):
        raise SandboxUnavailable(
            "no rung of the sandbox holds on this machine", remedy="use Linux 5.13 or later"
        )


def _print(faces: dict[str, list[Rung]]) -> None:
    for face, rungs in faces.items():
        click.echo(face)
        for rung in rungs:
            click.echo(f"  {rung.level}  {'holds' if rung.holds else 'no   '}  {RUNGS[rung.level]}")
            if rung.reason:
                click.echo(f"             {rung.reason}")
        best = next((rung.isolation for rung in rungs if rung.holds), None)
        if best:
            click.echo(f"  by default: {describe(best)}")


def _print_installed(programs: list[Program]) -> None:
    click.echo("extras")
    for name in LIBRARIES:
        lacks = ", ".join(missing(name))
        said = f"missing {lacks}; {install(name)}" if lacks else "installed"
        click.echo(f"  {name}: {said}")
    click.echo("programs")
    for one in programs:
        said = "works" if one.works else f"{one.problem}; for {one.needed}: {one.remedy}"
        click.echo(f"  {one.name}: {said}")


def describe(found: Isolation) -> str:
    """Return one line of what surrounds the code, with what its locks are seen on if any."""
    namespaces = " ".join(found.namespaces) or "none"
    shared = f", locks on {' '.join(found.shared)} seen outside" if found.shared else ""
    return (
        f"{found.level}, landlock ABI {found.landlock_abi}, namespaces {namespaces}, "
        f"cgroup {found.cgroup or 'none'}, uid {found.uid}, self-test {found.self_test}{shared}"
    )


def _rung_json(rung: Rung) -> dict[str, object]:
    isolation = rung.isolation.as_dict() if rung.isolation else None
    return {
        "level": rung.level,
        "holds": rung.holds,
        "reason": rung.reason,
        "isolation": isolation,
    }


def _program_json(program: Program) -> dict[str, object]:
    return {
        "works": program.works,
        "found": program.found,
        "problem": program.problem,
        "needed": program.needed,
        "remedy": program.remedy,
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
    """Return which optional parts are installed, all of each."""
    return {extra: not missing(extra) for extra in LIBRARIES}


def missing(extra: str) -> list[str]:
    """Return the libraries of an extra that are not installed."""
    from importlib.util import find_spec

    return [library for library in LIBRARIES[extra] if find_spec(library) is None]
