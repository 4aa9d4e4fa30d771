"""Which backend puts a service up?

Not here: any of them.
"""

from __future__ import annotations

from pathlib import Path

from sigil.gate.deploy.model import Deployment, Order, Progress, Source, silent
from sigil.gate.deploy.settings import Compose, Deploy, External, Process
from sigil.gate.model import SideName


def deploy(
    settings: Deploy,
    source: Source,
    side: SideName,
    *,
    cache: Path,
    control: Source | None = None,
    progress: Progress = silent,
) -> Deployment:
    """Return a deployment, not started yet: enter it, or call ``start``.

    Args:
        settings: the ``deploy`` section of the service, from the control revision.
        source: whose service it is.
        side: the change under test or its baseline.
        cache: where frozen trees are kept, such as ``.sigil/cache``.
        control: where ``settings`` came from; None where that is ``source``.
        progress: hears what is being waited for.

    Raises:
        DependencyMissing: a plugin does not work here.
    """
    order = Order(settings, source, side, control, cache, progress)
    match settings:
        case Process():
            from sigil.gate.deploy.process import ProcessDeployment  # noqa: PLC0415 - dear, and one of four

            return ProcessDeployment(order, settings)
        case Compose():
            from sigil.gate.deploy.compose import ComposeDeployment  # noqa: PLC0415 - dear, and one of four

            return ComposeDeployment(order, settings)
        case External():
            from sigil.gate.deploy.external import ExternalDeployment  # noqa: PLC0415 - dear, and one of four

            return ExternalDeployment(order, settings)
        case _:
            from sigil.gate.deploy.plugins import from_plugin  # noqa: PLC0415 - dear, and one of four

            return from_plugin(settings.backend, order)
