"""The inside of a lane: one evaluator that answers its parent until the parent is gone.

Forked by `sigil.evaluate.forking`; `sigil.evaluate.lanes` owns the other end.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from sigil.errors import SandboxUnavailable, SigilError
from sigil.evaluate.definition import Eval
from sigil.evaluate.evaluator import Evaluator
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.printable import printable

_PR_SET_PDEATHSIG = 1


def main(descriptor: int, parent: int) -> None:
    """Serve the connection on ``descriptor`` until it closes.

    Args:
        descriptor: a socket, which this owns.
        parent: the process id that must still be our parent's, the nursery's.
    """
    _follow(parent)
    connection = Connection(descriptor)
    try:
        opening = pickle.loads(connection.recv_bytes())  # noqa: S301 - from our parent
        with _opened(connection, *opening) as evaluator:
            while True:
                kind, *arguments = connection.recv()
                connection.send(_answer(evaluator, kind, arguments))
    except (EOFError, OSError):
        return


def _opened(
    connection: Connection, definition: Eval, target: Target, settings: Settings
) -> Evaluator:
    """Make an evaluator with open sandboxes, and say how that went."""
    try:
        evaluator = Evaluator(definition, target, settings=settings)
        evaluator.open()
    except SigilError as error:
        connection.send((False, error))
        sys.exit(1)
    connection.send((True, None))
    return evaluator


def _answer(evaluator: Evaluator, kind: str, arguments: list[Any]) -> tuple[bool, Any]:
    try:
        if kind == "baseline":
            evaluator.baseline()
            return True, evaluator.facts
        if kind == "environment":
            return True, evaluator.describe_environment()
        if kind == "adopt":
            return True, evaluator.adopt(*arguments)
        return True, evaluator.evaluate(arguments[0], effort=arguments[1], bar=arguments[2])
    except SigilError as error:
        return False, error
    except Exception as error:  # noqa: BLE001 - ours, whatever it is: never the candidate's
        problem = f"evaluating failed: {type(error).__name__}: {printable(str(error))}"
        return False, SandboxUnavailable(problem, remedy="this is a defect of Sigil's; report it")


def _follow(parent: int) -> None:
    """Leave Ctrl-C to others, end in good order when told to, and die with the nursery."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)  # it died before we could follow


def _leave(_signal: int, _frame: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)
