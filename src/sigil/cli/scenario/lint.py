"""`sigil scenario lint`: what is wrong with scenarios before they run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import key_descriptor, key_file_option, service_name
from sigil.cli.scenario.drafts import on_terminal

if TYPE_CHECKING:
    from sigil.gate.model import Scenario


@click.command()
@click.argument("draft", required=False, type=click.Choice(["-"]))
@service_name
@click.option("--holdouts", is_flag=True, help="The sealed half too; needs the key.")
@key_file_option
@key_descriptor
@repo_root
@as_json
def lint(
    draft: str | None,
    service: str,
    holdouts: bool,
    key_file: Path | None,
    key_fd: int | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Check visible scenarios and helpers of a service, or with - the one on standard input.

    Of holdouts it says line and rule alone, because a problem quotes the text; so of a scenario on
    standard input, unless a terminal shows it. Ends with code 64 if there is an error; warnings
    alone end well.
    """
    from dataclasses import asdict

    from sigil.cli.options import repository
    from sigil.errors import MalformedScenario
    from sigil.gate.bundle.linting import flaws, flaws_of_helpers
    from sigil.gate.trees import FolderTree
    from sigil.gate.view.present import counted
    from sigil.printable import printable

    root = repository(repo_root)
    if draft is not None:
        quotes = on_terminal() and not as_json
        scenarios = [_on_standard_input(root, service, quotes=quotes)]
    else:
        scenarios = _of_service(root, service)
        if holdouts:
            scenarios += _opened(root, service, key_file, key_fd)
    found = list(flaws(scenarios))
    if draft is None:
        found += flaws_of_helpers(FolderTree(root), service)
    if as_json:
        print_json([asdict(flaw) for flaw in found])
    else:
        for flaw in found:
            click.echo(printable(str(flaw)))
        click.echo(f"{counted(len(scenarios), 'scenario')}, {counted(len(found), 'finding')}")
    if any(flaw.severity == "error" for flaw in found):
        raise SystemExit(MalformedScenario.exit_code)


def _of_service(root: Path, service: str) -> list[Scenario]:
    from sigil.gate.bundle.linting import visible_scenarios
    from sigil.gate.trees import FolderTree

    return visible_scenarios(FolderTree(root), service)


def _on_standard_input(root: Path, service: str, *, quotes: bool) -> Scenario:
    """Read a draft; what quotes it is for the terminal of whoever typed it."""
    from sigil.cli.scenario.choosing import read_draft
    from sigil.gate.bundle.changing import checked
    from sigil.gate.bundle.linting import DRAFT, helpers
    from sigil.gate.model import Scenario
    from sigil.gate.trees import FolderTree

    text = checked(read_draft())
    half = "visible" if quotes else "holdout"
    return Scenario(DRAFT, half, text, DRAFT, library=helpers(FolderTree(root), service))


def _opened(root: Path, service: str, file: Path | None, descriptor: int | None) -> list[Scenario]:
    from sigil.cli.scenario.choosing import identities_of
    from sigil.gate.bundle.read import read_bundle
    from sigil.gate.evaluator import open_bundle
    from sigil.gate.trees import FolderTree

    identities = identities_of(service, file, descriptor)
    return list(open_bundle(read_bundle(FolderTree(root), service), identities).holdouts)
