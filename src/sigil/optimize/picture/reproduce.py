"""How to get the same again: commands, seed, identity of the inputs, versions. Pure."""

from __future__ import annotations

import shlex

from sigil.optimize.picture.facts import Facts
from sigil.optimize.picture.markup import Markup, element
from sigil.optimize.present import SHORT


def reproduce(facts: Facts) -> Markup:
    """Return the section that says how to check the run, and how to run it again."""
    recorded = facts.recorded
    settings = recorded.settings
    environment = facts.history.environment
    told = {
        "run": recorded.run,
        "inputs hash": recorded.inputs_hash,
        "files": recorded.tree,
        "commit": recorded.commit,
        "seed": settings.get("seed"),
        "parameters": settings.get("optimizer_params") or None,
        "objective": recorded.objective.text,
        "accepts": recorded.rule,
        "Sigil": settings.get("version"),
        "Python": environment.get("python"),
        "began": recorded.times.get("created_at"),
        "ended": recorded.times.get("finished_at"),
    }
    items = [
        element(name, facts.prose(text))
        for key, value in told.items()
        if value is not None
        for name, text in (("dt", key), ("dd", str(value)))
    ]
    commands = [element("code", facts.code(command)) for command in _commands(facts)]
    return element(
        "section",
        element("h2", "How to reproduce"),
        element("p", "In the repository, with the spec and the eval as they were:", class_="quiet"),
        element("pre", *commands),
        element("dl", *items, class_="facts"),
        _packages(facts),
    )


def _commands(facts: Facts) -> list[str]:
    recorded, settings = facts.recorded, facts.recorded.settings
    named = ["--spec", recorded.spec, "--workspace", recorded.workspace]
    run = ["sigil", "run", *named, "--eval", recorded.eval]
    for key, flag in _FLAGS.items():
        if settings.get(key) is not None:
            run += [flag, f"{settings[key]:g}" if isinstance(settings[key], float) else
                    str(settings[key])]  # fmt: skip
    found = [["git", "checkout", recorded.commit]] if recorded.commit else []
    found.append(run)
    found.append(["sigil", "verify", recorded.place])
    if facts.undecided:
        longer = 2 * float(settings.get("budget_wall_clock_s") or _SHORTEST_S)
        resume = ["--resume", recorded.run, "--budget-time", f"{longer:g}s"]
        found.append(["sigil", "run", *named, *resume])
    winner = facts.winner
    if winner is not None:
        chosen = [winner.id[:SHORT], *named, "--run", recorded.run]
        found.append(["sigil", "replay", *chosen])
        found.append(["sigil", "select", *chosen, "--apply"])
    return [shlex.join(command) for command in found]


_SHORTEST_S = 60.0
_FLAGS = {
    "optimizer": "--optimizer",
    "provider": "--provider",
    "num": "--num",
    "seed": "--seed",
    "budget_evals": "--budget-evals",
    "budget_wall_clock_s": "--budget-time",
    "patience": "--patience",
}


def _packages(facts: Facts) -> Markup | None:
    packages = facts.history.environment.get("packages")
    if not packages:
        return None
    named = ", ".join(facts.prose(str(package), 80) for package in packages)
    summary = element("summary", f"{len(packages)} packages were installed")
    return element("details", summary, element("p", named, class_="quiet"))
