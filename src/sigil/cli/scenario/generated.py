"""What `sigil scenario generate` says: which claim is covered by what, and what is not.

Of a holdout it says the claim and the id: nothing of its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from sigil.printable import printable

if TYPE_CHECKING:
    from sigil.gate.generate.drafting import Drafted
    from sigil.gate.generate.validating import Validation
    from sigil.gate.generate.writing import Published
    from sigil.gate.intent import Intent


def facts_of(
    intent: Intent, drafted: Drafted, validations: Sequence[Validation], published: Published | None
) -> dict[str, Any]:
    """Return what came of an intent, for ``--json``."""
    ids = _ids(validations, published)
    return {
        "intent": intent.path,
        "written": published is not None,
        "scenarios": [
            {
                "id": ids.get(place),
                "half": one.candidate.half,
                "clauses": list(one.candidate.clauses),
                "baseline": None if one.baseline is None else one.baseline.value,
                "noticed": one.noticed,
                "tried": one.tried,
                "refused": one.refused or None,
            }
            for place, one in enumerate(validations)
        ],
        "uncompiled": [
            {"id": one.clause, "line": one.line, "reason": one.reason, "whole": one.whole}
            for one in drafted.uncompiled
        ],
    }


def _ids(validations: Sequence[Validation], published: Published | None) -> dict[int, str]:
    """Return the id of each validation's scenario, by its place."""
    kept = [place for place, one in enumerate(validations) if not one.refused]
    if published is None:
        return {
            p: validations[p].candidate.name
            for p in kept
            if validations[p].candidate.half == "visible"
        }
    return dict(zip(kept, published.ids, strict=True))


def print_generated(
    intent: Intent, drafted: Drafted, validations: Sequence[Validation], published: Published | None
) -> None:
    """Print the table of what covers what, then what could not be compiled, then the sum."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    ids = _ids(validations, published)
    table = Table(box=None, pad_edge=False)
    for heading in ("claim", "scenario", "baseline", "wrong services noticed"):
        table.add_column(heading, overflow="fold")
    order = {name: place for place, name in enumerate(_names(intent))}
    rows = sorted(enumerate(validations), key=lambda p: (order[p[1].candidate.clauses[0]], p[0]))
    for place, one in rows:
        candidate = one.candidate
        name = ids.get(place) or ("(refused)" if one.refused else "(holdout)")
        status = "–" if one.baseline is None else one.baseline.value
        noticed = f"{one.noticed} of {one.tried}" if one.tried else "–"
        table.add_row(*map(Text, (", ".join(candidate.clauses), name, status, noticed)))
    Console().print(table)
    for _, one in rows:
        if one.refused:
            click.echo(
                f"refused: {', '.join(one.candidate.clauses)} ({one.candidate.half}): {one.refused}"
            )
    for lost in drafted.uncompiled:
        what = "not compiled" if lost.whole else "in part"
        click.echo(
            f"{what}: {printable(intent.path)}:{lost.line}: {lost.clause}: {printable(lost.reason)}"
        )
    passed = [one.candidate.half for one in validations if not one.refused]
    click.echo(
        f"{printable(intent.path)}: {passed.count('visible')} visible · "
        f"{passed.count('holdout')} holdout · {len(drafted.uncompiled)} not compiled"
    )
    if published is not None and published.update is not None:
        manifest = published.update.manifest
        click.echo(f"{manifest.service}: {manifest.version} · {manifest.set_hash}")


def _names(intent: Intent) -> list[str]:
    names = [clause.id for clause in intent.clauses]
    for table in intent.tables:
        names += [table.id, *(row.id for row in table.rows)]
    return names
