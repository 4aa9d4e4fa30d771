"""What `sigil evolve` does once its flags are parsed: documents, search, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from sigil.canonical import digest
from sigil.cli.looking import looking
from sigil.cli.options import print_json, shown
from sigil.cli.planning import make_plan
from sigil.cli.progress import choose_report, print_summary, summary_json
from sigil.cli.settings import resolve
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.placing import Placed, files_of, prepare, standing
from sigil.optimize.plan import Plan
from sigil.optimize.promote import select
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import Workspace, open_workspace

BUDGET_S = 60.0
"""How long a search takes of which nobody said how long it may."""
PATIENCE_FOR_A_GOAL = 3000
"""Evaluations without progress where a goal says when it is enough: they take milliseconds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a search is to be run and shown.

    Args:
        workspace: name of it.
        fresh: whether to make the documents anew.
        apply: whether to write an accepted change into the user's file.
        as_json: whether to print JSON alone.
    """

    workspace: str
    fresh: bool = False
    apply: bool = False
    as_json: bool = False


def evolve_function(request: Request, wish: Wish, flags: Mapping[str, Any]) -> Summary:
    """Make the documents of a function, search, and print what came of it.

    Raises:
        SigilError: the function cannot be measured, or a flag does not fit.
    """
    with looking(request):
        placed = prepare(request, fresh=wish.fresh, make=generate_eval)
    _tell(request, placed)
    plan, workspace = plan_of(request, placed, wish.workspace, flags)
    with choose_report(plan) as report:
        summary = run(plan, workspace, report)
    applied = _apply(plan, workspace, summary) if wish.apply else ()
    if wish.as_json:
        print_json(
            {
                **summary_json(plan, summary),
                **_about(request, placed),
                "written": list(placed.written),
                "applied": list(applied),
            }
        )
        return summary
    print_summary(plan, workspace, summary, as_json=False)
    if summary.history.winner:  # without one it is said already how to see what was tried
        inspect = f"sigil inspect --spec {placed.name} --workspace {wish.workspace}"
        click.echo(f"look at it  {inspect}")
    for path in applied:
        click.echo(f"changed     {path}")
    return summary


def plan_of(
    request: Request, placed: Placed, workspace: str, flags: Mapping[str, Any]
) -> tuple[Plan, Workspace]:
    """Return the plan of a search by documents that stand in the repository."""
    root = request.function.root
    spec = load_spec(root, placed.name)
    given = dict(flags)
    settings = resolve(root, flags)
    if settings["budget_time"].value is None:
        given["budget_time"] = BUDGET_S
    plan = make_plan(spec, placed.eval_name, given, unsafe=request.unsafe)
    has_goal = any(metric.goal is not None for metric in plan.definition.model.metrics)
    if has_goal and settings["patience"].source == "default":
        plan = replace(plan, limits=replace(plan.limits, patience=PATIENCE_FOR_A_GOAL))
    return plan, open_workspace(spec, workspace)


def print_dry_run(request: Request, *, fresh: bool, as_json: bool) -> None:
    """Say what would be measured, having tried inputs on the unchanged function if need be.

    Of what is held out only the number and a digest are told.

    Raises:
        SigilError: the function cannot be measured, or its name is taken.
    """
    placed = standing(request, fresh=fresh)
    if placed is not None:
        _print_standing(request, placed, as_json=as_json)
        return
    with looking(request):
        documents = generate_eval(request)
    files = files_of(request, documents)
    if as_json:
        print_json(
            {
                "function": request.function.reference,
                "goal": documents.goal,
                "inputs": documents.description,
                "notes": list(documents.notes),
                "files": {path: _facts(path, data) for path, data in files.items()},
            }
        )
        return
    _print_function(request)
    click.echo(f"goal      {documents.goal}")
    click.echo(f"inputs    {documents.description}")
    for note in documents.notes:
        click.echo(f"note      {note}")
    for path, data in files.items():
        click.echo(f"would be  {path}, {len(data)} bytes")
    click.echo("the unchanged function was called, sealed; nothing was written")


def _about(request: Request, placed: Placed) -> dict[str, object]:
    """Return what is told of the documents that a search uses."""
    return {
        "function": request.function.reference,
        "spec": placed.name,
        "eval": placed.eval_name,
        "inputs": placed.description,
        "notes": list(placed.notes),
    }


def _print_standing(request: Request, placed: Placed, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                **_about(request, placed),
                "files": {},
            }
        )
        return
    _print_function(request)
    if placed.description:
        click.echo(f"inputs    {placed.description}")
    for note in placed.notes:
        click.echo(f"note      {note}")
    click.echo(f"{_used(placed)}; nothing was called or written")


def _print_function(request: Request) -> None:
    click.echo(f"function  {request.function.reference}, in {shown(request.function.root)}")


def _facts(path: str, data: bytes) -> dict[str, object]:
    facts: dict[str, object] = {"bytes": len(data), "digest": digest(data)}
    return {**facts, "cases": len(data.splitlines())} if path.endswith(".jsonl") else facts


def _used(placed: Placed) -> str:
    return f"using the spec {placed.name} and the eval {placed.eval_name} of before"


def _tell(request: Request, placed: Placed) -> None:
    for line in (placed.description, *(f"note: {note}" for note in placed.notes)):
        if line:
            click.echo(line, err=True)
    root = request.function.root
    names = [shown(root / path) for path in placed.written]
    click.echo(f"wrote {', '.join(names)}" if names else _used(placed), err=True)


def _apply(plan: Plan, workspace: Workspace, summary: Summary) -> tuple[str, ...]:
    if summary.interrupted or summary.history.winner is None:
        return ()
    return select(plan.spec, workspace, Path(summary.run), None, apply=True).applied
