"""The tools that read: specs, runs, candidates, records, the machine.

Each is a function of a repository and of names, and returns a type of
`sigil.cli.serving.results`; errors are those of every command. Case files, evals and logs
are not among what can be read.

Not here: answering for a model (`sigil.cli.serving.requests`), the protocol
(`sigil.cli.serving.server`).
"""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from sigil.cli.doctor import eval_warnings, extras_here
from sigil.cli.inspect import show_run
from sigil.cli.serving import results
from sigil.cli.serving.places import inbox_of, spec_names, workspace_names
from sigil.cli.serving.requests import waiting
from sigil.errors import SigilError
from sigil.evaluate.result import Evaluation
from sigil.optimize.candidates import validate_patch as validate
from sigil.optimize.history import History
from sigil.optimize.present import refusals
from sigil.optimize.promote import preview
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import load_history, open_workspace, state
from sigil.sandbox import probe
from sigil.sandbox.commands import probe as probe_commands
from sigil.store.verify import verify as check

_WIDTH = 160
_REFUSALS = 5


def specs(repository: Path) -> results.Specs:
    """Return the specs of a repository; one that is wrong says so in its own line."""
    return results.Specs([_spec(repository, name) for name in spec_names(repository)])


def runs(repository: Path, spec: str, workspace: str, last: int) -> results.Runs:
    """Return the latest runs of a workspace, latest first."""
    opened = open_workspace(load_spec(repository, spec), workspace)
    names = opened.run_names()
    latest = names[::-1][:last]
    return results.Runs([_run(repository, opened.runs / name) for name in latest], len(names))


def run_report(run: Path, top: int) -> tuple[results.RunReport, str]:
    """Return a run as data, and as `sigil inspect` shows it."""
    history = load_history(run)
    text = StringIO()
    console = Console(file=text, width=_WIDTH, color_system=None)
    show_run(_visible(history), console, top, state(run, history))
    return _report(run, history, top), f"{run.name}\n{text.getvalue()}"


def _visible(history: History) -> History:
    """Return a history that says nothing of held-out inputs but whether they were met."""
    candidates = {
        name: replace(
            one,
            evaluation=_without_held_out(one.evaluation),
            remeasured=_without_held_out(one.remeasured),
            confirmed=_without_held_out(one.confirmed),
        )
        for name, one in history.candidates.items()
    }
    return replace(history, candidates=candidates)


def _without_held_out(found: Evaluation | None) -> Evaluation | None:
    if found is None:
        return None
    failure = found.failure
    if failure and failure.kind == "holdout":
        failure = replace(failure, detail=results.HELD_OUT)
    return replace(found, holdout={}, failure=failure)


def candidate_report(run: Path, prefix: str) -> results.CandidateReport:
    """Return one candidate with its change."""
    history = load_history(run)
    candidate = history.candidate(prefix)
    return results.CandidateReport(
        results.found(candidate),
        [step.id for step in history.lineage(candidate)],
        candidate.patch,
        preview(run, candidate.id),
    )


def validated(repository: Path, spec: str, patch: str) -> results.Valid:
    """Return which files a diff changes.

    Raises:
        SigilError: it is malformed, does not apply, leaves the pins or breaks an interface.
    """
    return results.Valid(sorted(validate(load_spec(repository, spec), patch)))


def verified(run: Path) -> results.Verified:
    """Re-derive every hash of a run."""
    report = check(run)
    findings = [
        f"{Path(one.path).relative_to(run)}: {one.kind}: {one.problem}" for one in report.findings
    ]
    return results.Verified(report.intact, report.files, report.frames, findings)


def machine(repository: Path, spec: str | None) -> results.Machine:
    """Return what can be isolated here, and what an eval could be cheated by."""
    faces = {"calls": probe(), "commands": probe_commands()}
    rungs = [
        results.Rung(face, rung.level, rung.holds, rung.reason or "")
        for face, found in faces.items()
        for rung in found
    ]
    return results.Machine(rungs, extras_here(), eval_warnings(spec, repository) if spec else [])


def _spec(repository: Path, name: str) -> results.SpecLine:
    try:
        model = load_spec(repository, name).model
    except SigilError as error:
        return results.SpecLine(name, "", [], [], str(error))
    workspaces = workspace_names(repository, name)
    return results.SpecLine(name, model.description, model.evals, workspaces, None)


def _run(repository: Path, run: Path) -> results.RunLine:
    history = load_history(run)
    return results.RunLine(
        run.name,
        history.measured(),
        waiting(inbox_of(repository, run)),
        history.ended,
        history.winner,
    )


def _report(run: Path, history: History, top: int) -> results.RunReport:
    ranked = history.ranked()
    best = history.lineage(ranked[0]) if ranked else []
    return results.RunReport(
        run.name,
        history.ended,
        history.winner,
        history.measured(),
        results.metrics(history.baseline),
        [results.found(candidate) for candidate in ranked[:top]],
        [candidate.id for candidate in history.front()],
        [step.id for step in best],
        results.failures(history.candidates.values()),
        [line.strip() for line in refusals(history, at_most=_REFUSALS)],
    )
