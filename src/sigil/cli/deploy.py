"""`sigil deploy`: the service that an exam would ask, kept up for a person to ask."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from sigil.cli.completing import branches
from sigil.cli.options import as_json, repo_root
from sigil.cli.scenario.choosing import service_name

if TYPE_CHECKING:
    from sigil.gate.deploy import Deployment
    from sigil.gate.deploy.relay import Relay

_LOOK_EVERY_S = 0.5


@click.command()
@click.argument("ref", required=False, shell_complete=branches)
@service_name
@click.option("--port", type=click.IntRange(1, 65535), help="Of 127.0.0.1; by default a free one.")
@repo_root
@as_json
def deploy(
    ref: str | None, service: str, port: int | None, repo_root: Path | None, as_json: bool
) -> None:
    """Put a service up as an exam does, and keep it up until Ctrl-C.

    From the files as they stand, or from REF, anything that git resolves; how is read from the
    policy here. It runs where the exam's runs, with what that one gets, and nothing of it is left
    afterwards.

    Example: sigil deploy --service api
    """
    from sigil.cli.deployed import (
        by_hand,
        reset_here,
        say,
        say_nothing,
        settings_here,
        telling_its_output,
    )
    from sigil.cli.options import print_json, repository
    from sigil.errors import UsageError
    from sigil.gate.deploy.settings import External
    from sigil.gate.trees import CommitTree

    root = repository(repo_root)
    settings = settings_here(root, service)
    if isinstance(settings, External):
        raise UsageError(
            f"{service} is put up by somebody else", remedy=f"see {settings.urls.baseline}"
        )
    commit = None if ref is None else CommitTree(root, ref).commit
    tell = say_nothing if as_json else say
    deployment = by_hand(root, settings, tell, commit=commit)
    with telling_its_output(), closing(_listening(deployment, port)) as relay, deployment:
        resets = " --reset" if reset_here(root, service) else ""
        url = f"http://127.0.0.1:{relay.port}"
        with suppress(KeyboardInterrupt):  # from the first word on that it is up
            if as_json:
                print_json({"service": service, "url": url, "commit": commit})
            tell(f"{service} is up at {url}, until Ctrl-C")
            tell(f"try: sigil scenario run --all --service {service} --url {url}{resets}")
            _keep_up(deployment, service)
    tell(f"{service} is down")


def _listening(deployment: Deployment, port: int | None) -> Relay:
    """Return the address of a deployment.

    Raises:
        InvalidValue: somebody else has the port.
    """
    from sigil.errors import InvalidValue
    from sigil.gate.deploy.relay import Relay

    try:
        return Relay(deployment.connect, port or 0)
    except OSError as error:
        raise InvalidValue(
            f"port {port} is not to be had ({os.strerror(error.errno or 0)})",
            remedy="give another --port, or none",
        ) from error


def _keep_up(deployment: Deployment, service: str) -> NoReturn:
    """Wait for Ctrl-C, which is the caller's.

    Raises:
        DeploymentFailed: the service ended by itself.
    """
    import threading

    from sigil.cli.deployed import its_end

    never = threading.Event()
    while (ended := its_end(deployment, service)) is None:
        never.wait(_LOOK_EVERY_S)
    raise ended
