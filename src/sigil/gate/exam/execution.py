"""`sigil.exec`: a command of a scenario, in the sandbox, on a checkout of the side under test.

Every call gets a fresh checkout of that side's commit, without any network, and leaves nothing
behind; the service that runs beside it has a checkout of its own. Only for the backend
``process``: other backends have no files that we know of.

Not here: the sandbox (`sigil.sandbox`).
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from sigil.errors import SigilError
from sigil.evaluate.interpreter import choose_python
from sigil.gate.deploy import Deployment
from sigil.gate.deploy.process import ProcessDeployment
from sigil.gate.effects import Call, EffectFailed, EffectMissing, Json
from sigil.gate.model import SideName
from sigil.gate.sittings import Sitting
from sigil.sandbox.base import frozen
from sigil.sandbox.checkout import open_checkout
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.model import CandidateFailed, CommandResult, Limits
from sigil.store.files import temporary_directory

OUTPUT_BYTES: Final = 4 * 2**20
_MISSING: Final = 127
"""What a shell says of a program that does not exist."""
_MEGABYTE: Final = 2**20


class Execution:
    """Answers calls of kind ``exec``, one at a time for each side. Close it.

    Args:
        deployments: of both sides.
    """

    def __init__(self, deployments: Mapping[SideName, Deployment]):
        self._deployments = deployments
        self._sandboxes: dict[SideName, CommandSandbox] = {}
        self._held = ExitStack()
        self._lock = threading.Lock()
        self._is_closed = False

    def close(self) -> None:
        """End whatever runs, and start nothing any more; idempotent."""
        with self._lock:
            self._is_closed = True
        self._held.close()

    def answer(self, sitting: Sitting, call: Call) -> Json:
        """Return ``{exit_code, stdout, stderr, elapsed_ms}``; see `Handler`.

        Raises:
            EffectFailed: the command ended otherwise than by exiting, or was never started.
        """
        deployment = self._deployments[sitting.side]
        if not isinstance(deployment, ProcessDeployment):
            raise EffectMissing("commands run only where the backend of the service is process")
        words = [str(word) for word in call.request["command"]]
        try:
            result = self._run(sitting.side, deployment, words, call.request["timeout_ms"] / 1000)
        except (SigilError, CandidateFailed, OSError) as error:
            problem = f"the command could not be run ({type(error).__name__})"
            raise EffectFailed(problem, is_ours=True) from error
        return _reply(result)

    def _run(
        self, side: SideName, deployment: ProcessDeployment, words: list[str], wall_s: float
    ) -> CommandResult:
        source = deployment.order.source
        with (
            frozen(source.repository, deployment.order.cache, commit=source.commit) as base,
            temporary_directory(Path(tempfile.gettempdir())) as scratch,
            open_checkout(base, {}, scratch=scratch, method="reflink") as checkout,
        ):
            sandbox = self._sandbox(side, deployment)
            return sandbox.run(
                words,
                checkout=checkout,
                env=deployment.environment(),
                limits=_limits(deployment, wall_s),
            )

    def _sandbox(self, side: SideName, deployment: ProcessDeployment) -> CommandSandbox:
        with self._lock:
            if self._is_closed:  # nobody would end what is started now
                raise EffectFailed("the exam is over", is_ours=True)
            if side not in self._sandboxes:
                settings, repository = deployment.settings, deployment.order.source.repository
                self._sandboxes[side] = self._held.enter_context(
                    CommandSandbox(
                        python=choose_python(repository, settings.python),
                        readable=[Path(folder).expanduser() for folder in settings.readable],
                        warm=False,
                    )
                )
            return self._sandboxes[side]


def _limits(deployment: ProcessDeployment, wall_s: float) -> Limits:
    settings = deployment.settings
    return Limits(
        wall_s=wall_s,
        memory_bytes=settings.memory_mb * _MEGABYTE,
        output_bytes=OUTPUT_BYTES,
        processes=settings.processes,
        file_bytes=settings.file_mb * _MEGABYTE,
    )


def _reply(result: CommandResult) -> Json:
    match result.ending:
        case "exited" | "missing":
            return {
                "exit_code": _MISSING if result.exit_code is None else result.exit_code,
                "stdout": result.stdout.decode(errors="replace"),
                "stderr": result.stderr.decode(errors="replace"),
                "elapsed_ms": result.elapsed_ns // 1_000_000,
            }
        case "timeout":
            raise EffectFailed("the command did not end in time")
        case "flood":
            raise EffectFailed("the command printed or wrote too much")
        case "memory":
            raise EffectFailed("the command ran out of memory")
        case "signalled":
            raise EffectFailed("the command was killed by a signal")
