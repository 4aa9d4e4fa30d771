"""`sigil init`: everything that a repository needs before its first exam."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.options import repo_root
from sigil.cli.scenario.choosing import dry_run_flag, service_name

if TYPE_CHECKING:
    from sigil.gate.starting import Start


@click.command()
@service_name
@click.option("--command", default="", help="What starts the service; {port} becomes its port.")
@click.option("--example", is_flag=True, help="Write docs/specs/example.md too.")
@click.option("--github", is_flag=True, help="Write .github/workflows/sigil.yml too.")
@click.option("--new-ledger", is_flag=True, help="Begin a ledger without asking who has one.")
@click.option("--enroll", "enrolls", is_flag=True, help="Register it: its evaluations count.")
@dry_run_flag
@repo_root
def init(
    service: str,
    command: str,
    example: bool,
    github: bool,
    new_ledger: bool,
    enrolls: bool,
    dry_run: bool,
    repo_root: Path | None,
) -> None:
    """Set up the gate for a service: .sigil/gate.yaml, keys, a ledger, lines of .gitignore.

    Nothing that is there is written over; doing it again does what is left to do. No ledger is
    begun where a remote of the repository holds one, or its policy says that others have one:
    then it is said how to join theirs, and nothing is made.

    Example: sigil init --service api --command "python3 server.py --port {port}"
    """
    from sigil.cli.gate_context import LEDGER
    from sigil.cli.joining import refuse_beside_others
    from sigil.cli.options import repository_or_none
    from sigil.gate.starting import Start, files
    from sigil.optimize.generate.locating import repository_of
    from sigil.store.files import make_directory, write_atomic

    root = repository_or_none(repo_root) or (repo_root or repository_of(Path.cwd() / "x")).resolve()
    _refuse(Start(service, command))
    if not new_ledger and not (root / LEDGER).exists():
        refuse_beside_others(root / LEDGER)
    start = Start(service, command) if dry_run else _keys(root, service, command)
    for path, text in files(root, start, example=example, github=github).items():
        click.echo(f"{'would write' if dry_run else 'wrote'} {path}")
        if not dry_run:
            make_directory((root / path).parent)
            write_atomic(root / path, text.encode())
    _kept_command(root, start)
    if dry_run:
        click.echo("would make keys and a ledger, where there are none")
        return
    _check(root, start)
    is_enrolled = enrolls and _enroll(root, service)
    _next(root, service, enrolled=is_enrolled)


def _refuse(start: Start) -> None:
    """Refuse a name or a command before anything is made.

    Raises:
        InvalidValue: it is none; no file is to blame, since none was written.
    """
    from sigil.errors import InvalidValue, Where
    from sigil.gate.starting import policy_text

    try:
        policy_text(start)
    except InvalidValue as refused:
        if start.command and refused.where is not None:
            raise InvalidValue(
                refused.problem,
                where=Where("--command"),
                remedy='such as "python3 server.py --port {port}"',
            ) from None
        raise


def _keys(root: Path, service: str, command: str) -> Start:
    """Make keys and ledger where there are none; return what is public of them."""
    from sigil.cli.gate_context import LEDGER
    from sigil.cli.options import shown
    from sigil.cli.scenario.choosing import keys_here
    from sigil.gate.bundle.keys import identity_path, make_identity, read_identities
    from sigil.gate.starting import Start
    from sigil.ledger import keys
    from sigil.ledger.ledger import Ledger
    from sigil.ledger.pins import Pin

    file = identity_path(keys_here(), service)
    if file.exists():
        [recipient, *_] = read_identities(file).recipients
        click.echo(f"kept {file}: the key of every service here called {service},")
        click.echo("      also of other repositories; SIGIL_KEYS names another folder")
    else:
        recipient = make_identity(keys_here(), service)
        click.echo(f"made {file}: it opens holdouts; whoever writes the code must not have it")
    signing = keys.path_of()
    is_new = not signing.exists()
    signer = keys.create(signing) if is_new else keys.load(signing)
    if is_new:
        click.echo(f"made {signing}: it signs decisions")
    if not (root / LEDGER).exists():
        (root / LEDGER.parent).mkdir(exist_ok=True)
        Ledger.create(root / LEDGER, signer, Pin.of(root / LEDGER))
        click.echo(f"made {shown(root / LEDGER)}")
    return Start(service, command, recipient, signer.key)


def _kept_command(root: Path, start: Start) -> None:
    """Say that --command changes nothing where the policy says another, or none."""
    from sigil.cli.scenario.choosing import policy_of
    from sigil.gate.deploy.settings import Process
    from sigil.gate.policy import PATH
    from sigil.printable import printable

    policy = policy_of(root) if start.command else None
    if policy is None:
        return
    known = policy.gate.services.get(start.service)
    deploy = None if known is None else known.deploy
    there = (
        deploy.command if isinstance(deploy, Process) else deploy and f"backend {deploy.backend}"
    )
    if there == start.command:
        return
    click.echo(f"kept {PATH}, which is never written over: --command is not used")
    if there:
        click.echo(f"      it starts {start.service} by: {printable(there)}")
    click.echo(f"      to change that, edit services.{start.service}.deploy.command there")


def _check(root: Path, start: Start) -> None:
    """Say what a policy that was there before lacks."""
    from sigil.cli.scenario.choosing import policy_of
    from sigil.gate.policy import PATH

    policy = policy_of(root)
    assert policy is not None  # it was there, or was just written
    known = policy.gate.services.get(start.service)
    if known is None:
        click.echo(f"add to {PATH}: services.{start.service} (see docs/deployments.md)")
    if known is not None and known.deploy is None:
        click.echo(f"add to {PATH}: services.{start.service}.deploy, before anything is examined")
    if known is None or start.recipient not in known.recipients:
        click.echo(f"add to {PATH}: services.{start.service}.recipients: {start.recipient}")
    if start.evaluator not in policy.gate.evaluators:
        click.echo(f"add to {PATH}: evaluators: {start.evaluator}")


def _enroll(root: Path, service: str) -> bool:
    """Enrol a service that the policy names; return whether it is enrolled."""
    from sigil.cli.gate_context import gate_of, open_ledger
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate.acting import enroll, trust_of
    from sigil.gate.trust import Tier

    ledger, gate = open_ledger(root), gate_of(root)
    if service not in gate.services:
        return False
    if trust_of(ledger, service, gate, SYSTEM_CLOCK.now()).tier is Tier.NONE:
        click.echo(f"enrolled {service} · entry {enroll(ledger, service).seq}")
    return True


def _next(root: Path, service: str, *, enrolled: bool) -> None:
    from sigil.printable import printable

    known = sorted(path.name for path in (root / "docs" / "specs").glob("*.md"))
    spec = f"docs/specs/{printable([*known, 'NAME.md'][0])}"
    click.echo(f"next  say what is meant in {spec}")
    click.echo(f"      sigil scenario generate --from {spec} --service {service}")
    click.echo("      commit .sigil/gate.yaml and .sigil/scenarios on the base branch")
    if not enrolled:
        click.echo(f"      sigil trust enroll --service {service}")
    click.echo(f"      sigil eval BRANCH --service {service}")
