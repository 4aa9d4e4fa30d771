"""`sigil scenario run`: the visible half before anything is pushed, a draft before it is sealed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import at_once, service_name
from sigil.cli.scenario.drafts import drafts, names_a_draft, on_terminal

if TYPE_CHECKING:
    from sigil.gate.deploy import Deployment
    from sigil.gate.deploy.settings import Deploy, External
    from sigil.gate.model import Scenario
    from sigil.gate.policy import Service
    from sigil.gate.sittings import Observed

FAILED = 1
SECOND_MS = 1000
NOWHERE = "http://nowhere.invalid"
"""The side that a rehearsal does not have."""


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID…|FILE.lua…|-]")
@service_name
@click.option("--all", "everything", is_flag=True, help="All visible scenarios.")
@click.option("--tag", "tags", multiple=True, help="Those with this tag.")
@click.option("--skip-tag", "skipped", multiple=True, help="Not those with this tag.")
@click.option("--deploy", "deploys", is_flag=True, help="Put the service up from the files here.")
@click.option("--url", help="Where the service runs already, such as http://127.0.0.1:8000.")
@click.option("--reset", "resets", is_flag=True, help="With --url: send the policy's reset there.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True)
@at_once
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML here.")
@repo_root
@as_json
@click.pass_context
def run(
    ctx: click.Context,
    ids: tuple[str, ...],
    service: str,
    everything: bool,
    tags: tuple[str, ...],
    skipped: tuple[str, ...],
    deploys: bool,
    url: str | None,
    resets: bool,
    seed: int,
    lanes: int,
    junit: Path | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Run visible scenarios on the files as they stand; no key is needed, and none is used.

    ID may be a pattern, such as 'billing/*'. With - the Lua on standard input is run, or FILE.lua
    from outside of the bundle: a holdout can be tried before it is sealed. It is written nowhere,
    and frames of it are shown on your terminal alone. What answers at --url is not reset unless you
    say --reset. Ends with code 1 if a scenario does not pass.
    """
    from sigil.cli.deployed import (
        by_hand,
        say,
        say_nothing,
        settings_here,
        telling_its_output,
    )
    from sigil.cli.options import repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.errors import UsageError
    from sigil.gate.exam.answerers import Answerers
    from sigil.gate.exam.examining import SITTING_S
    from sigil.gate.exam.rehearsing import SIDE, rehearse
    from sigil.gate.exam.resetting import refuse_several
    from sigil.gate.model import Status
    from sigil.gate.view.present import counted

    of_drafts = any(map(names_a_draft, ids))
    chooses = bool(tags or skipped or everything)
    if of_drafts and (as_json or junit or chooses or not all(map(names_a_draft, ids))):
        raise UsageError(
            "a draft is run alone, and for a terminal",
            remedy="leave out --json, --junit, --all, --tag, --skip-tag and ids",
        )
    if not (ids or chooses):
        raise UsageError("which scenarios?", remedy="name some, or say --all or --tag")
    if deploys == (url is not None):
        raise UsageError("where is the service?", remedy="say --deploy or --url")
    root = repository(repo_root)
    asked_of = _service(root, service)
    if of_drafts:
        scenarios = drafts(root, service, ids)
    else:
        scenarios = _visible(root, service, ids, tags, skipped)
    start = SYSTEM_CLOCK.monotonic_ns()
    with telling_its_output(), ExitStack() as standing:
        answerers = standing.enter_context(Answerers(os.environ))
        tell = say_nothing if as_json else say
        settings = settings_here(root, service) if url is None else _running(url)
        reset = _reset(asked_of.reset, settings, tell, wanted=resets)
        refuse_several(reset, lanes)
        deployment = standing.enter_context(by_hand(root, settings, tell))
        asked = counted(len(scenarios), "draft" if of_drafts else "visible scenario")
        tell(f"running {asked} against {service}")
        observed = rehearse(
            scenarios,
            deployment,
            answerers.make(asked_of, {SIDE: deployment}),
            seed=seed,
            lanes=lanes,
            most_seconds=SITTING_S,
            reset=reset,
        )
        _warn_if_gone(deployment, service)
    elapsed = (SYSTEM_CLOCK.monotonic_ns() - start) / 1e9
    if junit is not None:
        _write_junit(junit, service, observed)
    if as_json:
        print_json([_facts(one) for one in observed])
    else:
        _print(observed, elapsed, of_drafts=of_drafts)
    if any(one.result.status is not Status.PASS for one in observed):
        ctx.exit(FAILED)


def _visible(
    root: Path,
    service: str,
    ids: tuple[str, ...],
    tags: tuple[str, ...],
    skipped: tuple[str, ...],
) -> list[Scenario]:
    from sigil.gate.bundle.linting import visible_scenarios
    from sigil.gate.exam.rehearsing import chosen
    from sigil.gate.trees import FolderTree

    return chosen(visible_scenarios(FolderTree(root), service), ids, tags, skipped)


def _reset(
    request: str | None, settings: Deploy, tell: Callable[[str], None], *, wanted: bool
) -> str | None:
    """Return what is asked of the service before each scenario, and say so; None for nothing.

    A reset wipes what it is sent to. What we put up holds nothing but what scenarios left; what
    runs already may be anybody's.

    Raises:
        UsageError: it is wanted, and the policy has none.
    """
    from sigil.errors import UsageError
    from sigil.gate.deploy.settings import External
    from sigil.gate.policy import PATH
    from sigil.printable import printable

    if request is None:
        if wanted:
            raise UsageError(f"{PATH} has no reset", remedy="leave out --reset, or add it there")
        return None
    if isinstance(settings, External) and not wanted:
        tell(f"not sent, as it may wipe what is there: {printable(request)} (--reset sends it)")
        return None
    tell(f"{printable(request)} before each scenario")
    return request


def _warn_if_gone(deployment: Deployment, service: str) -> None:
    """Say on standard error that the service ended while it was asked, and what it printed."""
    from sigil.cli.deployed import its_end, tell_output

    if (ended := its_end(deployment, service)) is not None:
        tell_output(ended)
        click.echo(f"sigil: warning: {ended}", err=True)


def _running(url: str) -> External:
    """Return how to reach a service that runs already; there is no other side.

    Raises:
        InvalidValue: the address is none.
    """
    from sigil.errors import InvalidValue
    from sigil.gate.deploy.settings import External, Urls
    from sigil.printable import printable
    from sigil.store.shapes import Misfit

    try:
        return External(backend="external", urls=Urls(pr=NOWHERE, baseline=url))
    except Misfit as error:
        raise InvalidValue(
            f"{printable(url, 80)!r} is no address of a service",
            remedy="say scheme, host and port, such as http://127.0.0.1:8000",
        ) from error


def _service(root: Path, service: str) -> Service:
    """Return what the policy says of a service; nothing, where there is no policy."""
    from sigil.cli.scenario.choosing import policy_of
    from sigil.gate import policy

    known = policy_of(root)
    return policy.Service() if known is None else known.service(service)


def _facts(observed: Observed) -> dict[str, Any]:
    from sigil.gate.view.reporting import frame

    return {
        "scenario": observed.sitting.scenario.id,
        "status": observed.result.status.value,
        "steps": [step.value for step in observed.result.steps],
        "expects_passed": observed.result.expects_passed,
        "elapsed_ms": observed.elapsed_ms,
        "frame": None if observed.evidence is None else frame(observed),
    }


def _print(observed: list[Observed], elapsed_s: float, *, of_drafts: bool) -> None:
    from sigil.gate.model import Status
    from sigil.gate.view.reporting import frame

    click.echo()
    width = max(len(one.sitting.scenario.id) for one in observed)
    for one in observed:
        name = one.sitting.scenario.id
        click.echo(f"  {name:<{width}}  {one.result.status.value:<12}  ({_time(one.elapsed_ms)})")
    passed = sum(one.result.status is Status.PASS for one in observed)
    click.echo(f"  {passed}/{len(observed)} passed\n")
    with_frames = not of_drafts or on_terminal()
    for one in observed:
        if one.evidence is not None and with_frames:
            click.echo(f"{frame(one)}\n")
        elif one.evidence is not None:
            steps = " ".join(step.value for step in one.result.steps)
            unread = "no step; what is wrong may be told by: sigil scenario lint -"
            click.echo(f"  {one.sitting.scenario.id}: {steps or unread}; frames need a terminal")
    left = "no draft was written anywhere" if of_drafts else "holdout scenarios not run"
    click.echo(f" {left} · {elapsed_s:.1f}s total")


def _time(elapsed_ms: int) -> str:
    return f"{elapsed_ms}ms" if elapsed_ms < SECOND_MS else f"{elapsed_ms / SECOND_MS:.1f}s"


def _write_junit(path: Path, service: str, observed: list[Observed]) -> None:
    from sigil.gate.view.junit import Case, junit
    from sigil.gate.view.reporting import frame
    from sigil.store.files import write_atomic

    cases = [
        Case(
            one.sitting.scenario.id,
            one.result.status,
            one.elapsed_ms / 1000,
            "" if one.evidence is None else frame(one),
        )
        for one in observed
    ]
    write_atomic(path, junit(service, cases))
