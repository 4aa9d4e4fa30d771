"""Cheats tried on an eval, as `sigil doctor --eval` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sigil.cli.options import wide_console
from sigil.cli.planning import make_plan
from sigil.errors import InvalidValue, NotFound, SigilError, UsageError
from sigil.evaluate.cheats.model import Finding, Outcome, Place
from sigil.evaluate.cheats.trying import Trial, try_cheats
from sigil.optimize.spec import HOME, Spec, load_spec
from sigil.optimize.workbench import Workbench, open_workbench
from sigil.printable import shorten
from sigil.search.patch import check, diff
from sigil.search.pins import Pin, Region, language_of, locate, selects

if TYPE_CHECKING:
    from sigil.optimize.plan import Plan

WORDS: Mapping[Outcome, str] = {
    "stopped": "stopped",
    "scored": "WOULD HAVE SCORED",
    "skipped": "not tried",
}
_SHOWN = 90
_SPEC_ENDING = ".sigil.yaml"
_SHORT_RUN_S = 20.0
"""Seconds of the run that the plan is made for: a quarter of it confirms one cheat at most."""


def spec_of(repository: Path, spec_name: str | None, eval_name: str) -> Spec:
    """Return the spec of that name, or the only one that lists the eval.

    Raises:
        NotFound: no spec lists it.
        UsageError: several do.
        SigilError: a spec is wrong.
    """
    if spec_name is not None:
        return load_spec(repository, spec_name)
    names = sorted(
        path.name.removesuffix(_SPEC_ENDING)
        for path in (repository / HOME).glob(f"*{_SPEC_ENDING}")
    )
    specs = [load_spec(repository, name) for name in names]
    fitting = [spec for spec in specs if eval_name in spec.model.evals]
    if not fitting:
        raise NotFound(
            f"no spec in {HOME} lists the eval {eval_name!r}",
            remedy=f"name one with --spec: {', '.join(names) or 'there are none yet'}",
        )
    if len(fitting) > 1:
        several = ", ".join(spec.name for spec in fitting)
        raise UsageError(
            f"several specs list the eval {eval_name!r}", remedy=f"name one with --spec: {several}"
        )
    return fitting[0]


def tried(
    spec: Spec, eval_name: str, *, within_s: float, unsafe: bool, quiet: bool
) -> list[Finding]:
    """Try every cheat, with progress on standard error, and return what became of each.

    Args:
        spec: what may change.
        eval_name: what measures it.
        within_s: wall time of all cheats together, the baseline aside.
        unsafe: whether no isolation at all is acceptable.
        quiet: show no progress.

    Raises:
        SigilError: a document is wrong, or the unchanged code cannot be measured.
    """
    plan = make_plan(spec, eval_name, {"budget_time": _SHORT_RUN_S}, unsafe=unsafe)
    with open_workbench(plan) as bench:
        findings = try_cheats(_trial(plan, bench), within_s=within_s)
        return list(findings if quiet else _watched(findings))


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 3 if a cheat would have scored, else 0."""
    return 3 if any(finding.outcome == "scored" for finding in findings) else 0


def findings_json(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Return the findings as ``--json`` prints them."""
    return [
        {
            "cheat": finding.cheat.id,
            "does": finding.cheat.title,
            "outcome": finding.outcome,
            "how": finding.how,
            "remedy": finding.remedy,
        }
        for finding in findings
    ]


def print_findings(findings: Sequence[Finding]) -> None:
    """Print a table of all cheats, those that scored first, and one line that sums it up."""
    console = wide_console()
    table = Table(box=None, pad_edge=False)
    for heading in ("cheat", "what it does", "outcome", "how"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"cheat", "outcome"})
    order: list[Outcome] = ["scored", "stopped", "skipped"]
    for finding in sorted(findings, key=lambda finding: order.index(finding.outcome)):
        how = shorten(finding.how, _SHOWN)
        row = (finding.cheat.id, finding.cheat.title, WORDS[finding.outcome], how)
        style = "bold red" if finding.outcome == "scored" else ""
        table.add_row(*(Text(cell, style=style) for cell in row))
    console.print(table)
    for remedy, names in _remedies(findings).items():
        console.print(f"\n{', '.join(names)}:", markup=False, highlight=False, soft_wrap=True)
        console.print(f"  {remedy}", markup=False, highlight=False, soft_wrap=True)
    counts = {word: sum(f.outcome == key for f in findings) for key, word in WORDS.items()}
    console.print()
    summed = ", ".join(f"{count} {word.lower()}" for word, count in counts.items())
    console.print(f"{len(findings)} cheats: {summed}", markup=False, highlight=False)
    if all(finding.outcome == "skipped" for finding in findings):
        console.print("nothing was tried, so this says nothing for the eval")


def _remedies(findings: Sequence[Finding]) -> dict[str, list[str]]:
    """Return the cheats that each remedy is for."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        if finding.remedy:
            found.setdefault(finding.remedy, []).append(finding.cheat.id)
    return found


def _trial(plan: Plan, bench: Workbench) -> Trial:
    def admits(files: Mapping[str, str]) -> str:
        try:
            check(
                diff(bench.files, {**bench.files, **files}),
                bench.files,
                bench.pins,
                exists=bench.exists,
            )
        except SigilError as error:
            return error.problem
        return ""

    regions = locate(bench.pins, bench.files)
    places = tuple(_place(region, bench.pins) for region in regions if region.last >= region.first)
    if not places:
        raise InvalidValue("the pins hold no line", remedy="pin code that exists")
    return Trial(plan.definition, bench.target, places, bench.lanes, admits)


def _place(region: Region, pins: Sequence[Pin]) -> Place:
    pin = next(pin for pin in pins if pin.id == region.pin_id and selects(pin, region.path))
    language = language_of(pin, region.path)
    return Place(region.path, region.first, region.last, language, region.signature is not None)


def _watched(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Pass findings on, and say on standard error how far it is."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from _told(findings, console)
        return
    spinner = Spinner("dots", Text("measuring the unchanged code"))
    with Live(spinner, console=console, refresh_per_second=8, transient=True):
        for number, finding in enumerate(findings, start=1):
            text = f"{number} cheats · {finding.cheat.id}: {WORDS[finding.outcome]}"
            spinner.update(text=Text(text))
            yield finding


def _told(findings: Iterator[Finding], console: Console) -> Iterator[Finding]:
    console.print("measuring the unchanged code, then trying every cheat")
    yield from findings
