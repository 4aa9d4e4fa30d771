"""What `sigil scenario generate` says: which claim is covered by what, and what is not.

Of a holdout it says the claim and the id: nothing of its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import shown, wide_console
from sigil.printable import printable

_MOST_PICTURES = 3
_NOTICED = (
    "wrong services noticed: of the services that are wrong on purpose, how many a scenario "
    "fails; one that fails none is refused"
)
_WRONG = (
    "the service may be wrong, or the intent, if it says something else than was meant; say "
    "--expect-failing if it is right and still to be built"
)

if TYPE_CHECKING:
    from sigil.cli.scenario.generating import Generated
    from sigil.gate.generate.losses import Loss
    from sigil.gate.generate.replacing import Replaced
    from sigil.gate.generate.validating import Validation
    from sigil.gate.generate.writing import Change, Publication


def facts_of(generated: Generated) -> dict[str, Any]:
    """Return what came of an intent, for ``--json``."""
    from sigil.gate.generate.marks import is_drafted
    from sigil.gate.generate.picturing import picture

    ids, wanted, change = generated.ids, generated.wanted, generated.change
    told = generated.told
    return {
        "intent": wanted.intent.path,
        "written": generated.published is not None,
        "scenarios": [
            {
                "id": ids.get(place),
                "half": one.candidate.half,
                "clauses": list(one.candidate.clauses),
                "by_model": is_drafted(one.candidate.text),
                "baseline": None if one.baseline is None else one.baseline.value,
                "noticed": one.noticed,
                "tried": one.tried,
                "values": one.candidate.values or None,
                "refused": one.refused or None,
                "kept": one.kept or None,
                "frame": picture(one, wanted.intent) if one.refused else None,
            }
            for place, one in enumerate(wanted.validations)
        ],
        "uncompiled": [
            {"id": one.clause, "line": one.line, "reason": one.reason, "whole": one.whole}
            for one in wanted.uncompiled
        ],
        "changed": list(change.written),
        "sealed": len(change.sealed),
        "replaced": [
            {"id": id_, "half": one.half, "clauses": list(one.clauses), "reason": one.reason}
            for id_, one in change.replaced.items()
        ],
        "kept": list(change.staying),
        "model": None if told is None else {"spent": told.spent, "record": shown(told.record)},
        "lost": [
            {"id": one.id, "half": one.half, "clause": one.clause, "line": one.line,
             "reason": one.reason}
            for one in change.losses
        ],
    }  # fmt: skip


def print_generated(generated: Generated) -> None:
    """Print the table of what covers what, then what is not as it should be, then the sum."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("claim", "scenario", "baseline", "wrong services noticed"):
        table.add_column(heading, overflow="fold")
    ids = generated.ids
    order = {name: place for place, name in enumerate(_names(generated.wanted))}
    rows = sorted(
        enumerate(generated.wanted.validations),
        key=lambda pair: (order[pair[1].candidate.clauses[0]], pair[0]),
    )
    for place, one in rows:
        name = ids.get(place) or ("(refused)" if one.refused else "(holdout)")
        status = "–" if one.baseline is None else one.baseline.value
        noticed = f"{one.noticed} of {one.tried}" if one.tried else "–"
        table.add_row(*map(Text, (", ".join(one.candidate.clauses), name, status, noticed)))
    wide_console().print(table)
    found = [one for _, one in rows]
    if any(one.tried for one in found):
        click.echo(_NOTICED)
    for line in (
        *_between_rows(found),
        *_grouped(generated, found, "refused"),
        *_pictures(generated, found),
        *_grouped(generated, found, "kept"),
        *_unfinished(generated),
        *_sums(generated),
    ):
        click.echo(line)


def _between_rows(found: Sequence[Validation]) -> Iterator[str]:
    """Yield for each table whose rule is understood how much of it the sealed half asks for."""
    for one in found:
        if one.candidate.values and not one.refused:
            table, many = one.candidate.clauses[0], one.candidate.values
            yield f"{table}: the sealed half asks for {many} values between its rows"


def _pictures(generated: Generated, found: Sequence[Validation]) -> Iterator[str]:
    """Yield what the first refused visible scenarios stopped at."""
    from sigil.gate.generate.picturing import picture
    from sigil.gate.view.present import counted

    refused = [one for one in found if one.refused]
    pictures = [one for one in (picture(each, generated.wanted.intent) for each in refused) if one]
    for one in pictures[:_MOST_PICTURES]:
        yield f"\n{one}"
    if pictures:
        yield ""
    if len(pictures) > _MOST_PICTURES:
        more = counted(len(pictures) - _MOST_PICTURES, "more visible scenario")
        yield f"{more} stopped like these; --json shows each"


def _grouped(generated: Generated, found: Sequence[Validation], what: str) -> Iterator[str]:
    """Yield a line for each reason, with the claims that it is about and their lines."""
    from sigil.gate.generate.traceability import lines_of
    from sigil.gate.generate.validating import FAILS

    lines = lines_of(generated.wanted.intent)
    claims: dict[str, list[str]] = {}
    for one in found:
        reason = one.refused if what == "refused" else one.kept
        clause = one.candidate.clauses[0]
        if reason:
            claims.setdefault(reason, []).append(f"{clause} (line {lines[clause]})")
    for reason, named in claims.items():
        more = f"; {_WRONG}" if reason == FAILS else ""
        why = f"{printable(reason)}{more if what == 'refused' else ', and stays part of the exam'}"
        yield f"{what}: {', '.join(dict.fromkeys(named))}: {why}"


def _unfinished(generated: Generated) -> Iterator[str]:
    wanted = generated.wanted
    for one in wanted.uncompiled:
        what = "not compiled" if one.whole else "in part"
        yield (
            f"{what}: {printable(wanted.intent.path)}:{one.line}: {one.clause}: "
            f"{printable(one.reason)}"
        )
    for lost in generated.change.losses:
        yield f"{_fate(generated)}: {printable(lost.id)}: {_cause(lost)}"
    what = "replaced" if generated.published is not None else "would be replaced"
    for reason, named in _by_reason(generated.change.replaced).items():
        yield f"{what}: {', '.join(named)}: {reason}"


def _by_reason(replaced: Mapping[str, Replaced]) -> dict[str, list[str]]:
    """Return scenarios, each with its claims, by what became of those."""
    found: dict[str, list[str]] = {}
    for id_, one in replaced.items():
        named = f"{printable(id_)} ({', '.join(map(printable, one.clauses))})"
        found.setdefault(one.reason, []).append(named)
    return found


def _fate(generated: Generated) -> str:
    if generated.published is not None:
        return "removed"
    return "would be removed" if generated.prune else "would be lost without --prune"


def _cause(lost: Loss) -> str:
    where = f"{printable(lost.where)}: " if lost.where else ""
    return f"{where}{printable(lost.reason)}"


def _sums(generated: Generated) -> Iterator[str]:
    wanted = generated.wanted
    halves = [one.half for one in wanted.passed]
    whole = sum(one.whole for one in wanted.uncompiled)
    in_part = len(wanted.uncompiled) - whole
    refused = sum(bool(one.refused) for one in wanted.validations)
    more = f" · {in_part} in part" if in_part else ""
    more += f" · {refused} refused" if refused else ""
    yield (
        f"{printable(wanted.intent.path)}: {halves.count('visible')} visible · "
        f"{halves.count('holdout')} holdout · {whole} not compiled{more}"
    )
    if generated.told is not None:
        record = shown(generated.told.record)
        yield f"model {generated.told.spent}; its answers are in {record}"
    published = generated.published
    if published is None:
        yield f"dry run: {_whether(generated)}{_did(generated.change, 'would be written')}"
        return
    yield _did(generated.change, "written")
    manifest = published.update.manifest
    is_same = not (published.update.changes or generated.change.written)
    same = " · nothing has changed" if is_same else ""
    yield f"{manifest.service}: {manifest.version} · {manifest.set_hash}{same}"


def _did(change: Change, written: str) -> str:
    """Return what is written, sealed, replaced, removed and kept, in figures."""
    from sigil.gate.view.present import counted

    replaced, removed, kept = map(len, (change.replaced, change.losses, change.staying))
    return ", ".join(
        [
            f"{counted(len(change.written), 'file')} {written}",
            f"{counted(len(change.sealed), 'holdout')} sealed",
            *([f"{counted(replaced, 'scenario')} replaced"] if replaced else []),
            *([f"{counted(removed, 'scenario')} removed"] if removed else []),
            *([f"{counted(kept, 'scenario')} kept"] if kept else []),
        ]
    )


def _whether(generated: Generated) -> str:
    """Return what a dry run says first if the command would write nothing."""
    from sigil.gate.view.present import counted

    lost = len(generated.change.losses)
    if not lost or generated.prune:
        return ""
    return f"nothing without --prune, as {counted(lost, 'scenario')} would be lost; with it "


def _names(wanted: Publication) -> list[str]:
    names = [clause.id for clause in wanted.intent.clauses]
    for table in wanted.intent.tables:
        names += [table.id, *(row.id for row in table.rows)]
    return names
