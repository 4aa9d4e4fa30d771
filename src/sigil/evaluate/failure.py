"""How measuring can end without a value, and what that means for whom.

The same event is a finding about a candidate and an error in the eval if it happens to the
unchanged code: `failure_of` and `status_of` say the one, `error_of` the other.
"""

from __future__ import annotations

from collections.abc import Mapping

from sigil.errors import (
    BaselineFailed,
    CommandMissing,
    CommandTimedOut,
    NotANumber,
    OutputFlood,
    ParseMatchedNothing,
    SigilError,
    Where,
)
from sigil.evaluate.result import Failure, Status

_TIMES_OUT = frozenset({"timeout", "cpu", "slow"})
_SAYS_NO = frozenset({"check", "constraint", "holdout", "stage"})

_ERRORS: Mapping[str, tuple[type[SigilError], str]] = {
    "timeout": (CommandTimedOut, "raise budgets.candidate_timeout_s, or measure less"),
    "cpu": (CommandTimedOut, "raise budgets.candidate_timeout_s, or measure less"),
    "slow": (CommandTimedOut, "write a regex that does not backtrack"),
    "flood": (OutputFlood, "print less, or raise budgets.output_mb"),
    "missing": (CommandMissing, "check the path, and that the file is executable"),
    "nothing": (ParseMatchedNothing, "compare the parse with what the command prints"),
    "number": (NotANumber, "make it a finite number"),
    "memory": (BaselineFailed, "raise budgets.memory_mb"),
}


class Failed(Exception):
    """Something could not be measured, or a check said no.

    Args:
        metric: the id of the metric or of the stage, or ``build``.
        kind: a `sigil.sandbox.FailureKind`, a kind of `sigil.evaluate.parsing.ParseFailed`,
            ``missing``, ``raised``, ``check``, ``constraint``, ``stage`` or ``holdout``.
        detail: one escaped line.
        key: the key of the metric in the eval that it concerns.
    """

    def __init__(self, metric: str, kind: str, detail: str, *, key: str = ""):
        super().__init__(f"{metric}: {kind}: {detail}")
        self.metric = metric
        self.kind = kind
        self.detail = detail
        self.key = key


def failure_of(failed: Failed) -> Failure:
    """Return what stands in the evaluation of a candidate."""
    return Failure(failed.metric, failed.kind, failed.detail)


def status_of(failed: Failed) -> Status:
    """Return what kind of end it is for a candidate."""
    if failed.kind in _SAYS_NO:
        return "failed"
    return "timeout" if failed.kind in _TIMES_OUT else "error"


def error_of(failed: Failed, where: Where) -> SigilError:
    """Return the error to raise where the unchanged code ends like this."""
    kind, remedy = _ERRORS.get(
        failed.kind, (BaselineFailed, "mend the unchanged code or the eval first")
    )
    return kind(f"on the unchanged code: {failed.detail}", where=where, remedy=remedy)
