"""Bring a service back to how it began, before each scenario: what the policy calls ``reset``.

So that no scenario meets what another one left. The service learns where one scenario ends, which
it can tell from the requests anyway, and nothing of what the next one asks.

Not here: when (`sigil.gate.exam.examining`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sigil.errors import UsageError
from sigil.gate.deploy import Deployment
from sigil.gate.effects import Call, EffectFailed
from sigil.gate.http.client import Caps, Http

RESET_S: Final = 10.0
"""Seconds until the service has to have answered."""
_ANSWER_BYTES: Final = 2**20
_WELL: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class NotReset(Exception):
    """The service is not as it began.

    Args:
        problem: a short clause that holds nothing of any scenario.
        is_ours: whether it may lie with whoever examines.
    """

    problem: str
    is_ours: bool = False


def refuse_several(request: str | None, lanes: int) -> None:
    """Refuse scenarios at once where each begins with a reset.

    Args:
        request: see `reset`; None where nothing is reset.
        lanes: how many are to sit at once.

    Raises:
        UsageError: one would be reset while it sits.
    """
    if request is not None and lanes > 1:
        raise UsageError(
            "a service that is reset before each scenario has one of them at a time",
            remedy=f"leave out --lanes {lanes}, or reset in .sigil/gate.yaml",
        )


def reset(deployment: Deployment, request: str) -> None:
    """Ask a service to be as it began.

    Args:
        deployment: put up.
        request: method and path, such as ``POST /test/reset``.

    Raises:
        NotReset: it does not answer, or with a status that is not 200 to 299.
    """
    method, _, path = request.partition(" ")
    asking = Http(
        deployment.connect,
        deployment.authority,
        origins=deployment.origins,
        caps=Caps(_ANSWER_BYTES, timeout_ms=int(RESET_S * 1000)),
    )
    try:
        reply = asking.perform(Call("http", {"method": method, "path": path}))
    except EffectFailed as failed:
        problem = f"the service was not reset: {failed.problem}"
        raise NotReset(problem, failed.is_ours) from failed
    finally:
        asking.close()
    if reply["status"] not in _WELL:
        raise NotReset(f"the service was not reset: {request} answers {reply['status']}")
