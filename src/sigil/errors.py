"""Every error that Sigil itself raises, and the exit code of each.

One line says what was wrong, where (file, line, field) and what to do:

    walltime.eval.yaml:12: metrics[1].parse: no group in the regex; put ( ) around the number

Bad input of any kind ends in one of these, never in a traceback. Not here: what a
candidate did wrong. A candidate that fails is a result (`sigil.sandbox.CandidateFailed`),
and is never mixed up with `SandboxUnavailable`, where *we* could not run it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a problem. Every part may be unknown.

    Args:
        file: a path as the user would type it.
        line: 1-based line in ``file``.
        field: a dotted path into a document, such as ``metrics[1].parse``.
    """

    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        """Render as ``file:line: field``, leaving out what is unknown."""
        place = self.file or ""
        if self.line is not None:
            place = f"{place or 'line'}:{self.line}"
        return ": ".join(part for part in (place, self.field) if part)


class SigilError(Exception):
    """The root of all errors of Sigil.

    Args:
        problem: what was wrong, as a short clause.
        where: file, line and field, as far as they are known.
        remedy: what the reader can do about it.
    """

    exit_code = 1

    def __init__(self, problem: str, *, where: Where | None = None, remedy: str | None = None):
        super().__init__(problem)
        self.problem = problem
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """Render the one line that a user reads."""
        place = str(self.where) if self.where else ""
        line = f"{place}: {self.problem}" if place else self.problem
        link = " " if line.endswith("?") else "; "
        line = f"{line}{link}{self.remedy}" if self.remedy else line
        return " ".join(line.split())


class UsageError(SigilError):
    """The command line asks for something that does not exist or does not fit."""

    exit_code = 2


# --- documents that a person writes -----------------------------------------------------


class MalformedDocument(SigilError):
    """A YAML or JSON file that cannot be read or parsed at all."""

    exit_code = 10


class UnknownKey(SigilError):
    """A key that the format does not have, most often a misspelling."""

    exit_code = 11


class InvalidValue(SigilError):
    """A value of the wrong type, out of range, or missing."""

    exit_code = 12


class InvalidExpression(SigilError):
    """An objective, tie breaker or accept rule that does not parse or names no metric."""

    exit_code = 13


class InvalidParse(SigilError):
    """A metric's ``parse`` that is not one of the forms, or a regex that does not compile."""

    exit_code = 14


class NotYet(SigilError):
    """A documented feature that this version does not have."""

    exit_code = 15


# --- pins and patches -------------------------------------------------------------------


class PinNotFound(SigilError):
    """A pin that matches nothing in the tree."""

    exit_code = 20


class PinAmbiguous(SigilError):
    """A pin that matches more than once."""

    exit_code = 21


class MalformedPatch(SigilError):
    """A text that is not a unified diff."""

    exit_code = 22


class PatchDoesNotApply(SigilError):
    """A hunk whose context is not in the tree."""

    exit_code = 23


class PatchOutsidePins(SigilError):
    """A patch that touches what no pin allows."""

    exit_code = 24


class PatchBreaksInterface(SigilError):
    """A patch after which a pinned file does not parse or a pinned signature differs."""

    exit_code = 25


# --- measuring --------------------------------------------------------------------------


class BaselineFailed(SigilError):
    """The unchanged code fails its own eval, so nothing can be compared with it."""

    exit_code = 30


class CommandMissing(SigilError):
    """A metric, build or generator command whose program does not exist."""

    exit_code = 31


class CommandTimedOut(SigilError):
    """A command of the eval that did not end within its budget on the baseline."""

    exit_code = 32


class OutputFlood(SigilError):
    """A command of the eval that printed more than its cap on the baseline."""

    exit_code = 33


class ParseMatchedNothing(SigilError):
    """A ``parse`` that finds no value in what the baseline's command printed."""

    exit_code = 34


class NotANumber(SigilError):
    """A metric that is NaN, infinite or not a number on the baseline."""

    exit_code = 35


class FlakyCheck(SigilError):
    """A check that gives different answers for the same unchanged code."""

    exit_code = 36


# --- the disk ---------------------------------------------------------------------------


class Unwritable(SigilError):
    """A directory or file that cannot be created or written."""

    exit_code = 40


class DiskFull(SigilError):
    """No space is left, or a quota is reached."""

    exit_code = 41


class WorkspaceBusy(SigilError):
    """Another process is writing to the same workspace."""

    exit_code = 42


class Corrupt(SigilError):
    """Stored bytes that are not what was written."""

    exit_code = 43


class NotFound(SigilError):
    """A run, candidate or record that is not there."""

    exit_code = 44


class AlreadyExists(SigilError):
    """A name for a new run or record that is taken."""

    exit_code = 45


class Unreadable(SigilError):
    """A file that is there and cannot be read."""

    exit_code = 46


# --- running ----------------------------------------------------------------------------


class SandboxUnavailable(SigilError):
    """This machine cannot isolate untrusted code as strongly as was asked."""

    exit_code = 50


class DependencyMissing(SigilError):
    """An optional library that this command needs is not installed."""

    exit_code = 51


def install(extra: str) -> str:
    """Return the remedy for a library that is not installed.

    It names a checkout and no index: on the public one, our name is another project's. Editable
    (``-e``), as `make demo` sets it up: a copy would take its place, and see no later change.

    Args:
        extra: of ours, which brings the library.
    """
    return f"pip install -e '.[{extra}]' in a checkout of Sigil"


class ReplayDiffers(SigilError):
    """A replay whose outcome is not what the record says."""

    exit_code = 52


class ProviderFailed(SigilError):
    """A model that cannot be asked, or did not answer: no network, over its rate."""

    exit_code = 53


class ProviderRefused(ProviderFailed):
    """A model that will not answer however often it is asked: a wrong key, an unknown model."""

    exit_code = 54


class BudgetSpent(ProviderFailed):
    """A question that the budget of money or tokens has nothing left for."""

    exit_code = 55


# --- the gate ---------------------------------------------------------------------------


class LedgerBroken(SigilError):
    """A ledger that is truncated, damaged, or signed by a key that is not trusted."""

    exit_code = 60


class LedgerForked(SigilError):
    """Two histories of one ledger, neither of which continues the other."""

    exit_code = 61


class KeyMissing(SigilError):
    """A private key that is not here, cannot be used, or that others may read."""

    exit_code = 62


class SealBroken(SigilError):
    """A bundle that is not what was sealed, or that this key does not open."""

    exit_code = 63


class MalformedScenario(SigilError):
    """A scenario that cannot be read or parsed, or that uses what the language does not have."""

    exit_code = 64


class DeploymentFailed(SigilError):
    """A service that could not be put up, ended, or was not healthy in time.

    Args:
        problem: as `SigilError`.
        where: likewise.
        remedy: likewise.
        output: the end of what it printed until then, in whole lines, as it was printed: fit to
            be shown only by `sigil.gate.telling`.
        tree: the folder that its own files were in, as it saw it; empty if that is not known.
        ending: what happened, in fixed words without one of the service; empty if there are none.
    """

    exit_code = 65

    def __init__(
        self,
        problem: str,
        *,
        where: Where | None = None,
        remedy: str | None = None,
        output: tuple[str, ...] = (),
        tree: str = "",
        ending: str = "",
    ):
        super().__init__(problem, where=where, remedy=remedy)
        self.output = output
        self.tree = tree
        self.ending = ending


class IntentMalformed(SigilError):
    """An intent that cannot be read, asks for nothing, or has a file name that no id can have."""

    exit_code = 66


class ForgeFailed(SigilError):
    """A pull request that cannot be read, commented or merged: the forge refuses or is away."""

    exit_code = 67
