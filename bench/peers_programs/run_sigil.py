"""Sigil on the task: ``run_sigil.py URL COUNT FOLDER``, a process of its own as the peers are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import task

from bench.models import IN_FLIGHT, LANES, write_repository
from sigil.evaluate.nursery import ahead
from sigil.importing import to_stay


def main(url: str, count: int, folder: Path) -> None:
    root = folder / "repository"
    write_repository(root, url)
    definition = root / ".sigil" / "agreement.eval.yaml"
    budget = f"budgets: {{candidate_timeout_s: {task.TIMEOUT_S}}}\n"
    definition.write_text(definition.read_text() + budget)
    with ahead():  # and the rest is imported meanwhile, as `sigil run` does
        result = searched(root, count)
    (folder / "result.json").write_text(json.dumps(result))


def searched(root: Path, count: int) -> dict[str, Any]:
    """Search ``count`` candidates in a repository, and return what came of it."""
    with to_stay():
        from sigil.cli.planning import make_plan
        from sigil.optimize.spec import load_spec
        from sigil.optimize.workbench import open_workbench

    spec = load_spec(root, "fit")
    flags: dict[str, Any] = {"budget_evals": count, "patience": 2 * count, "lanes": LANES}
    plan = make_plan(spec, None, {**flags, "num": 2 * IN_FLIGHT, "in_flight": IN_FLIGHT})
    with open_workbench(plan) as bench:
        with to_stay():
            from sigil.cli.progress import Silent
            from sigil.optimize.run import run
            from sigil.optimize.workspace import open_workspace

        history = run(plan, open_workspace(spec, "bench"), Silent(), bench=bench).history
    verdicts = [candidate.verdict for candidate in history.ranked()]
    errors = [verdict.costs[0] for verdict in verdicts if verdict]
    return {
        "score": 1 / (1 + min(errors)),
        "evaluated": history.measured(),
        "accepted": history.winner is not None,
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
