"""A service put up by hand, as an exam would put it up: what `deploy` and `scenario run` share."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.errors import DeploymentFailed

if TYPE_CHECKING:
    from sigil.gate.deploy import Deployment
    from sigil.gate.deploy.settings import Deploy

HERE = "the service as it stands here"
RUNS_ALREADY = "what runs already"


def settings_here(root: Path, service: str) -> Deploy:
    """Return how the policy of the working tree puts a service up.

    Raises:
        NotFound: there is no policy, it has no such service, or does not say how.
    """
    from sigil.cli.gate_context import policy_here

    return policy_here(root).deployment(service)


def reset_here(root: Path, service: str) -> str | None:
    """Return how the policy of the working tree resets a service; None if it does not."""
    from sigil.cli.scenario.choosing import policy_of

    policy = policy_of(root)
    return None if policy is None else policy.service(service).reset


def by_hand(
    root: Path, settings: Deploy, say: Callable[[str], None], *, commit: str | None = None
) -> Deployment:
    """Return a deployment that counts as ours, so that its output is kept; not started yet.

    Args:
        root: the repository.
        settings: how, from the working tree.
        say: hears what is being waited for.
        commit: whose files; by default those of the working tree.
    """
    from sigil.gate.deploy import Source, deploy
    from sigil.gate.deploy.settings import External
    from sigil.gate.exam.rehearsing import SIDE

    name = HERE if commit is None else f"the service of {commit[:12]}"
    if isinstance(settings, External):
        name = RUNS_ALREADY
    return deploy(
        settings,
        Source(root, commit),
        SIDE,
        control=None if commit is None else Source(root),
        cache=root / ".sigil" / "cache",
        progress=lambda text: say(text.replace(SIDE, name)),
    )


@contextmanager
def telling_its_output() -> Generator[None]:
    """Have the last lines of a service that fails on standard error, above what became of it.

    It runs from the files or a commit of whoever typed the command, so there is no wall here.
    """
    try:
        yield
    except DeploymentFailed as failed:
        tell_output(failed)
        raise


def tell_output(failed: DeploymentFailed) -> None:
    """Print the last lines of a service on standard error, without what looks like a secret."""
    from sigil.gate.telling import for_operator

    for line in for_operator(failed.output):
        click.echo(f"  │ {line}", err=True)


def its_end(deployment: Deployment, service: str) -> DeploymentFailed | None:
    """Return how a service that was up ended by itself; None if it has not."""
    from sigil.gate.deploy.process import ProcessDeployment

    if isinstance(deployment, ProcessDeployment):
        failed = deployment.failure()
    else:
        failed = None if deployment.alive else DeploymentFailed("the service is gone")
    if failed is None:
        return None
    how = failed.problem.removeprefix("the service ")
    return DeploymentFailed(f"{service} ended by itself: it {how}", output=failed.output)


def say(text: str) -> None:
    """Tell somebody who waits at a terminal."""
    click.echo(f" {text}")


def say_nothing(text: str) -> None:
    """Tell nobody: JSON is all that is printed."""
    del text
