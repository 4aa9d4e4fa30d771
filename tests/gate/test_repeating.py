"""An evaluation again, from what was observed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.gate.evaluations import Bench, Quiet, cheating

from sigil.canonical import digest
from sigil.gate.evaluation import evaluate
from sigil.gate.model import Status
from sigil.gate.record.dossier import SEALED, folder_of, keep_summary
from sigil.gate.repeating import disagreements, repeat
from sigil.gate.view import reporting
from sigil.gate.view.summarizing import figures, summary


@pytest.fixture
def taken(auto_bench: Bench):
    """An evaluation of a cheating change, with its dossier opened."""
    auto_bench.serving.pr = cheating
    outcome = evaluate(auto_bench.wanted(), auto_bench.parts(), Quiet())
    folder = folder_of(auto_bench.root, outcome.eval)
    keep_summary(folder, summary(outcome), outcome.feedback)
    scenarios, recorded = reporting.opened(auto_bench.root, folder, auto_bench.exam.identities)
    return outcome, folder, scenarios, recorded


def again(scenarios, recorded):
    weights = (Fraction(2), Fraction(1))
    return repeat(recorded, scenarios, weights=weights, lanes=2, most_seconds=60)


def test_everything_comes_out_as_it_was(taken):
    outcome, _, scenarios, recorded = taken
    found = again(scenarios, recorded)
    assert found.count == len(outcome.observed)
    assert not any(found.differing.values())
    assert figures(found.score) == summary(outcome).scores


def test_a_reply_that_was_changed_makes_a_difference(taken):
    _, _, scenarios, recorded = taken
    index, one = next(
        (index, one) for index, one in enumerate(recorded) if one.result.status is Status.PASS
    )
    reply = {**one.answered[0].reply, "status": 500}
    recorded[index] = replace(one, answered=(replace(one.answered[0], reply=reply),))
    assert sum(again(scenarios, recorded).differing.values()) == 1


def test_the_dossier_is_held_against_the_ledger(taken, auto_bench):
    outcome, folder, scenarios, recorded = taken
    found = again(scenarios, recorded).score
    entries = [one for one in auto_bench.ledger().entries() if one.kind == "eval.complete"]
    from sigil.gate.record.events import Signers, completed

    signers = Signers(frozenset({auto_bench.signer.key}))
    known = completed(entries[-1:], "api", signers)[0]
    assert known.eval == outcome.eval
    sealed = digest((folder / SEALED).read_bytes())
    assert disagreements(known, sealed, recorded, found, scenarios) == []
    other = [replace(recorded[0], seed=1), *recorded[1:]]
    assert disagreements(known, "sha256:0", other, found, scenarios) == [
        "the observations",
        "the seeds",
    ]
    rubric = replace(known, rubrics=["sha256:0"])
    assert disagreements(rubric, sealed, recorded, found, scenarios) == ["the rubrics"]
    before = replace(known, rubrics=None)
    assert disagreements(before, sealed, recorded, found, scenarios) == []
