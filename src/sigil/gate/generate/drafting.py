"""From an intent to candidates: compiled, split into halves, written as Lua.

Pure. Not here: whether they are any good (`validating`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from sigil.effects import random_stream
from sigil.gate.generate.between import between, values_asked
from sigil.gate.generate.compiler import compile_intent
from sigil.gate.generate.halves import Split
from sigil.gate.generate.lua import write
from sigil.gate.generate.marks import secret_note
from sigil.gate.generate.model import Sketch, Uncompiled
from sigil.gate.generate.recalling import Recall
from sigil.gate.generate.slots import Unresolved
from sigil.gate.generate.traceability import lines_of
from sigil.gate.generate.validating import Candidate
from sigil.gate.intent import Intent
from sigil.gate.model import Half


@dataclass(frozen=True, slots=True)
class Drafted:
    """What an intent comes to before anything is run.

    Args:
        candidates: visible ones first.
        uncompiled: ascending by line.
    """

    candidates: tuple[Candidate, ...] = field(repr=False)
    uncompiled: tuple[Uncompiled, ...]


def draft(
    intent: Intent, *, ratio: float, seed: int, secret: int, held: Collection[str] = ()
) -> Drafted:
    """Return the scenarios of an intent.

    Args:
        intent: what is compiled.
        ratio: of holdouts among the scenarios of one claim, 0 to 1.
        seed: decides which rows of a table are held out.
        secret: decides all else of the holdouts.
        held: texts that are sealed; those that still hold are drafted as they are.
    """
    compiled = compile_intent(intent)
    halves = Split(ratio, seed, secret, random_stream).of(compiled.sketches)
    between_rows = [
        between(
            rule, intent.slug, intent.title, random_stream(secret, "between", rule.tied.table.id)
        )
        for rule in compiled.rules
        if ratio > 0
    ]
    asked = [sketch for sketch in between_rows if sketch is not None]
    sealed = [*halves.holdout, *((sketch,) for sketch in asked)]
    seen = [(sketch,) for sketch in halves.visible]
    nothing = Recall(intent, "", (), ())
    recall = Recall(intent, secret_note(secret), compiled.sketches, held)
    refused: dict[str, Uncompiled] = {}
    visible = _written(seen, "visible", nothing, refused)
    holdout = _written(sealed, "holdout", recall, refused)
    values = {one.name: values_asked(one) for one in asked}
    holdout = [replace(one, values=values.get(one.name, 0)) for one in holdout]
    uncompiled = {*compiled.uncompiled, *refused.values()}
    return Drafted(
        (*visible, *holdout), tuple(sorted(uncompiled, key=lambda one: (one.line, one.clause)))
    )


def _written(
    claimed: Sequence[Sequence[Sketch]],
    half: Half,
    recall: Recall,
    refused: dict[str, Uncompiled],
) -> list[Candidate]:
    """Return sketches as candidates; what cannot be written is refused by its clause."""
    made: list[Candidate] = []
    intent, note = recall.intent, recall.note
    for sketches in claimed:
        first = sketches[0]
        clause = first.clauses[0]
        try:
            text, *plainer = [write(sketch, intent, note) for sketch in sketches]
        except (Unresolved, ValueError) as error:
            refused[clause] = Uncompiled(clause, lines_of(intent)[clause], str(error))
            continue
        sealed = recall.text(sketches)
        if sealed is not None:
            text, plainer = sealed, []
        made.append(Candidate(first.name, half, first.clauses, text, tuple(plainer)))
    return made
