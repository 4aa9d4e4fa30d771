"""What is kept of an evaluation, and the comment that is made of it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.evaluations import Bench, Quiet, cheating
from tests.gate.view.test_comparing import FAILED, SUMMARY, holdout, told, visible

from sigil.errors import DiskFull
from sigil.gate.decision import Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.feedback import Disclosure
from sigil.gate.record.summary import Figures, Summary
from sigil.gate.scoring import Pair, Score
from sigil.gate.view.comment import markdown
from sigil.gate.view.summarizing import figures, summary

SHARES = st.fractions(0, 1)
PAIRS = st.builds(Pair, SHARES, SHARES)
FULL = replace(
    SUMMARY,
    scores={
        "visible": Figures("1.00", "1.00", "+0.00"),
        "holdout": Figures("0.55", "1.00", "−0.45"),
        "overall": Figures("0.85", "1.00", "−0.15"),
    },
)


def score(*pairs: Pair | None) -> Score:
    visible_half, holdout_half, overall = pairs
    assert overall is not None
    return Score(visible_half, holdout_half, overall, ())


# --- figures ----------------------------------------------------------------------------------


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


def test_halves_stand_in_the_order_in_which_people_read_them():
    mixed = {name: FULL.scores[name] for name in ("overall", "holdout", "visible")}
    halves = [name for name, _ in replace(FULL, scores=mixed).halves()]
    assert halves == ["visible", "holdout", "overall"]


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


# --- the comment --------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", Verdict)
def test_a_comment_begins_with_the_decision(verdict):
    assert (
        markdown(replace(SUMMARY, verdict=verdict), told())
        .splitlines()[0]
        .endswith(f"{verdict.value} · `api`")
    )


def test_scores_of_holdouts_are_told_while_their_steps_are():
    rows = [line for line in markdown(FULL, told()).splitlines() if line.startswith("| ")]
    assert "| holdout | 0.55 | 1.00 | −0.45 |" in rows


@pytest.mark.parametrize("disclosed", [Disclosure.SPECS, Disclosure.NOTHING])
def test_scores_and_reasons_that_rest_on_holdouts_go_with_their_steps(disclosed):
    text = markdown(FULL, told(disclosed=disclosed))
    assert "| visible | 1.00 | 1.00 | +0.00 |" in text
    for word in ("0.55", "0.85", *FULL.lines, "by the exam alone"):
        assert word not in text


def test_nothing_is_said_twice_where_the_exam_alone_says_the_same():
    assert "by the exam alone" not in markdown(FULL, told())


def test_what_was_not_recorded_says_so():
    assert "not recorded" in markdown(replace(FULL, entry=None), told())
    assert "ledger entry 3" in markdown(FULL, told())


def test_a_table_has_as_many_cells_in_each_row():
    lines = markdown(FULL, told(visible("a", FAILED), holdout(1, FAILED))).splitlines()
    tables = [
        {line.count("|") for line in group}
        for is_row, group in itertools.groupby(lines, lambda line: line.startswith("|"))
        if is_row
    ]
    assert len(tables) == 2
    assert all(len(counts) == 1 for counts in tables)
