"""One evaluation on this machine, from what is wanted to a dossier on disk: `eval` and `ci`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from sigil.cli.evaluation_shown import Shown
from sigil.cli.gate_context import own_ledger, share_ledger
from sigil.cli.scenario.choosing import identities_of
from sigil.errors import SigilError
from sigil.gate.bundle.sealing import seal_bytes
from sigil.gate.evaluation import evaluate
from sigil.gate.exam.answerers import Answerers
from sigil.gate.outcome import Outcome
from sigil.gate.parts import Parts, Wanted
from sigil.gate.record.dossier import (
    folder_of,
    keep_exchanges,
    keep_observations,
    keep_summary,
    refuse_unwritable,
)
from sigil.gate.record.summary import Summary
from sigil.gate.revisions import Revisions, resolve
from sigil.gate.sittings import Observed
from sigil.gate.view.summarizing import summary
from sigil.printable import printable_once


def examination(
    wanted: Wanted,
    key: tuple[Path | None, int | None],
    *,
    quiet: bool,
    find: Callable[..., Revisions] = resolve,
    tell: Callable[[str], str] = str,
) -> tuple[Outcome, Summary]:
    """Evaluate, and keep the dossier.

    Args:
        wanted: what is to be evaluated.
        key: file and descriptor of the private key, as they were given.
        quiet: say nothing while it goes on.
        find: finds the commits; see `Parts`.
        tell: makes a warning fit for whoever reads it.

    Warnings are told on standard error, quiet or not. One of them is a copy on disk that could not
    be kept: what counts is the decision, which is on record by then.

    Raises:
        UsageError: the base branch knows no such service.
        SigilError: there is no such change, or nothing can be recorded.
    """
    root = wanted.root

    def found_first(*asked: Any, **named: Any) -> Revisions:
        revisions = find(*asked, **named)
        if revisions.doubt:  # before the exam: it may be another one that is wanted
            _warn(tell(revisions.doubt))
        return revisions

    with Answerers(os.environ) as answerers, Shown(quiet=quiet) as shown:
        parts = Parts(
            identities=lambda: identities_of(wanted.service, *key),
            ledger=lambda: own_ledger(root),
            share=partial(share_ledger, root),
            answerer=answerers.make,
            keep=partial(_keep, root, answerers),
            ready=partial(_try_to_keep, root),
            cache=root / ".sigil" / "cache",
            resolve=found_first,
        )
        outcome = evaluate(wanted, parts, shown)
    for warning in outcome.warnings:
        _warn(tell(warning))
    found = summary(outcome)
    folder = folder_of(root, outcome.eval)
    try:
        keep_summary(folder, found, outcome.feedback)
    except SigilError as error:  # the decision is on record: to end as if there were none would lie
        _warn(tell(f"the decision stands, and no copy of it could be kept: {error}"))
    return outcome, found


def _warn(text: str) -> None:
    click.echo(f"sigil: warning: {printable_once(text)}", err=True)


def _try_to_keep(root: Path, recipients: Sequence[str]) -> None:
    refuse_unwritable(root, lambda data: seal_bytes(data, recipients))


def _keep(
    root: Path,
    answerers: Answerers,
    name: str,
    observed: Sequence[Observed],
    recipients: Sequence[str],
) -> str:
    def seal(data: bytes) -> bytes:
        return seal_bytes(data, recipients)

    folder = folder_of(root, name)
    keep_exchanges(folder, answerers.exchanges, seal)
    return keep_observations(folder, observed, seal)
