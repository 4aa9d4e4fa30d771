"""An evaluation in figures and words: no better than it is, and no text of the exam."""

from __future__ import annotations

from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.evaluations import Bench, Quiet, cheating

from sigil.errors import DiskFull
from sigil.gate.decision import Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.record.summary import Summary
from sigil.gate.scoring import Pair, Score
from sigil.gate.view.summarizing import figures, summary

SHARES = st.fractions(0, 1)
PAIRS = st.builds(Pair, SHARES, SHARES)


def score(*pairs: Pair | None) -> Score:
    visible_half, holdout_half, overall = pairs
    assert overall is not None
    return Score(visible_half, holdout_half, overall, ())


# --- figures ---------------------------------------------------------------------------------


@given(PAIRS)
def test_columns_subtract_to_the_letter(pair):
    kept = figures(score(pair, None, pair))["visible"]
    assert kept is not None
    change, baseline = (round(float(text) * 100) for text in (kept.pr, kept.baseline))
    assert change - baseline == round(float(kept.delta.replace("−", "-")) * 100)


@given(PAIRS)
def test_what_is_not_whole_is_never_kept_as_whole(pair):
    kept = figures(score(None, None, pair))["overall"]
    assert kept is not None
    assert (kept.pr == "1.00") == (pair.pr == 1)
    assert Fraction(kept.pr) <= pair.pr


def test_a_half_that_is_empty_has_no_figures():
    whole = Pair(Fraction(1), Fraction(1))
    assert figures(score(whole, None, whole))["holdout"] is None


def test_nothing_of_no_score():
    assert figures(None) == {}


# --- out of an evaluation -----------------------------------------------------------------------


def evaluated(bench: Bench, **parts) -> Summary:
    return summary(evaluate(bench.wanted(), bench.parts(**parts), Quiet()))


def test_it_names_the_three_commits(bench):
    found = evaluated(bench)
    change, base = bench.git("rev-parse", "change", "main").split()
    assert found.commits == {"change": change, "baseline": base, "control": base}


def test_words_and_reasons_stand_side_by_side(bench):
    bench.serving.pr = cheating
    found = evaluated(bench)
    assert found.verdict is Verdict.BLOCK
    assert len(found.lines) == len(found.reasons) > 0


def test_it_holds_no_text_of_the_exam(bench):
    bench.serving.pr = cheating
    kept = msgspec.json.encode(evaluated(bench)).decode()
    assert "canary-title" not in kept
    assert "8400" not in kept


def test_a_stage_that_failed_is_kept_with_its_problem(bench):
    def full(*_):
        raise DiskFull("no space left")

    found = evaluated(bench, keep=full)
    assert [trouble["stage"] for trouble in found.troubles] == ["dossier"]
    assert "no space left" in found.troubles[0]["problem"]
    assert found.verdict is Verdict.REVIEW


def test_it_comes_back_as_it_was_kept(bench):
    found = evaluated(bench)
    data = msgspec.json.encode(msgspec.to_builtins(found))
    assert msgspec.json.decode(data, type=Summary) == found
