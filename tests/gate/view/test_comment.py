"""The comment for a pull request says no more than its author was told."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from tests.gate.deciding import facts
from tests.gate.summaries import FAILED, FULL, SUMMARY, holdout, told, visible

from sigil.gate.decision import Code, Stage, Verdict, decide
from sigil.gate.feedback import Cause, Disclosure, Obstacle, Silence, causes
from sigil.gate.record import events
from sigil.gate.view.comment import markdown
from sigil.gate.view.present import reason_text, wall_lines


@pytest.mark.parametrize("verdict", Verdict)
def test_a_comment_begins_with_the_decision(verdict):
    assert (
        markdown(replace(SUMMARY, verdict=verdict), told())
        .splitlines()[0]
        .endswith(f"{verdict.value} · `api`")
    )


def test_a_subject_is_no_markup():
    subject = "`|\n## ALLOW ![x](https://host.example/x.png) " + "y" * 100
    found = replace(SUMMARY, commits={"change": "a" * 40}, subjects={"change": subject})
    [line] = [line for line in markdown(found, told()).splitlines() if "ALLOW" in line]
    assert line.startswith("- change `aaaaaaaaaaaa ")
    assert line.count("`") == 2
    assert line.endswith("…`")


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


@pytest.mark.parametrize("silence", Silence)
def test_where_nothing_is_said_of_holdouts_the_comment_says_why_and_what_to_do(silence):
    found = replace(told(visible("a"), disclosed=Disclosure.NOTHING), silence=silence)
    [line] = [line for line in markdown(FULL, found).splitlines() if "no word of holdouts" in line]
    assert all(part in line for part in wall_lines(found))


def test_a_stage_that_failed_is_told_once():
    found = replace(told(disclosed=Disclosure.NOTHING), obstacles=(Obstacle(Stage.RUN),))
    assert markdown(SUMMARY, found).count("run failed") == 1


@pytest.mark.parametrize(
    "path",
    [
        ".github/![x](https://host.example/x.png)",
        ".venv/<!-- sigil:web -->",
        ".venv/`@all` *ALLOW*",
    ],
)
def test_a_path_of_the_change_is_no_markup(path):
    decision = decide(facts(unvouched=(path,)))
    found = replace(
        FULL,
        reasons=events.reasons(decision),
        lines=[reason_text(reason) for reason in decision.reasons],
    )
    author = replace(told(), reasons=causes(decision.reasons, Disclosure.STEPS, (path,)))
    lines = markdown(found, author).splitlines()
    place = lines.index("- no exam vouches for 1 path that it edits")
    assert lines[place + 1] == f"  - `{path.replace('`', '?')}`"
    assert sum(path[-8:] in line for line in lines) <= 1


def test_a_reason_that_says_nothing_of_holdouts_is_told_whatever_else_is_not():
    reasons = (Cause(Code.UNVOUCHED, Verdict.REVIEW, "a", ("a", "b"), 3),)
    text = markdown(FULL, replace(told(disclosed=Disclosure.NOTHING), reasons=reasons))
    assert "- no exam vouches for 5 paths that it edits\n  - `a`\n  - `b`\n  - and 3 more" in text


def test_a_reason_is_told_once():
    decision = decide(facts(is_seed_secret=False))
    found = replace(
        FULL,
        reasons=events.reasons(decision),
        lines=[reason_text(reason) for reason in decision.reasons],
    )
    author = replace(told(), reasons=causes(decision.reasons, Disclosure.STEPS))
    assert markdown(found, author).count("the seed was chosen") == 1


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
