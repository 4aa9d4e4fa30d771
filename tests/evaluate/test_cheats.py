"""Every cheat scores where an eval is weak to it, and is stopped where it is not."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from sigil.evaluate.cheats.catalogue import catalogue
from sigil.evaluate.cheats.knowledge import Knowledge
from sigil.evaluate.cheats.model import Finding, Place
from sigil.evaluate.cheats.trying import Trial, try_cheats
from sigil.evaluate.lanes import Lanes

FAST = """\
def f(values):
    total = 1
    for value in values:
        total += value
    return total
"""

SLOW = """\
def f(values):
    total = 0
    for _ in range(20):
        for value in values:
            total += value
    return total
"""


def found(bed, *only: str, admits=lambda _: "", within_s: float = 100) -> dict[str, Finding]:
    """Try cheats on what the bed has, with the whole of fast.py pinned."""
    text = bed.target.files["fast.py"]
    place = Place("fast.py", 1, text.count("\n"), "python", symbol=False)
    settings = replace(bed.settings, confirm_s=0.5)
    with Lanes(bed.definition, bed.target, settings, 1) as lanes:
        trial = Trial(bed.definition, bed.target, [place], lanes, admits)
        return {one.cheat.id: one for one in try_cheats(trial, within_s=within_s, only=only)}


def scored(bed, command: str = "python bench.py", parse: str = "score: ([-0-9.a-z]+)") -> None:
    """Define an eval of a command whose score has to reach one hundred."""
    bed.define(
        f"metrics:\n- {{id: score, kind: numeric, command: {command!r}, parse: {parse!r}}}\n"
        "aggregate: {objective: max(score)}\naccept: {rule: score >= 100}\n"
    )


def timed(bed, rest: str = "") -> None:
    """Define an eval of a command that prints its own time."""
    bed.define(
        "metrics:\n- {id: ms, kind: timer, command: python bench.py, parse: 'took ([-0-9.e]+)'}\n"
        f"{rest}"
        "aggregate: {objective: min(ms)}\naccept: {rule: ms <= 0.8 * baseline.ms}\n"
        "budgets: {max_blocks: 4, confidence: 0.5}\n"
    )


CLOCK = "import time\nfrom fast import f\nbegan = time.perf_counter()\n"
TOOK = "print('took', (time.perf_counter() - began) * 1e3)\n"

# The program that each cheat deceives, and how its score is read.
WEAK = {
    "printed_metric": "print('score:', 100 if f([1]) == 1 else 25)",
    "printed_and_silenced": "print('score:', 100 if f([1]) == 1 else 25)",
    "nan": "print('score:', 25 if abs(f([1]) - 1) > 0.1 else 100)",
    "infinity": "print('score:', min(100, f([1])))",
    "minus_infinity": "print('score:', 100 - max(0, f([1])))",
    "equal_to_all": "print('score:', 100 if f([1]) == 1 else 25)",
    "spoofed_subclass": "r = f([1])\nprint('score:', 100 if isinstance(r, int) and r == 7 else 25)",
    "patched_checker": "r = f([1])\nprint('score:', 100 if abs(r - 7) <= 0.1 else 25)",
    "read_from_frames": "expected = 7\nprint('score:', 100 if f([1]) == expected else 25)",
    "read_from_files": (
        "import json\ncase = json.load(open('cases.json'))[0]\n"
        "print('score:', 100 if f(*case['args']) == case['expected'] else 25)"
    ),
    "changed_inputs": "data = [4, 5]\nprint('score:', 100 if f(data) == 1 + 2 * sum(data) else 25)",
}


@pytest.mark.parametrize("cheat", WEAK)
def test_a_scorer_beside_the_candidate_lets_it_score(bed, cheat: str):
    files = {
        "fast.py": FAST,
        "bench.py": f"from fast import f\n{WEAK[cheat]}\n",
        "cases.json": '[{"args": [[1]], "expected": 7}]',
    }
    bed.write(files, pinned="fast.py")
    scored(bed)
    finding = found(bed, cheat)[cheat]
    assert finding.outcome == "scored", finding.how
    assert finding.remedy.startswith("x.eval.yaml:4: candidate code runs where this is measured")


def test_a_claim_after_the_end_scores_where_the_last_line_counts(bed):
    program = "from fast import f\nprint('score:', f([1]))\n"
    bed.write({"fast.py": FAST, "bench.py": program}, pinned="fast.py")
    scored(bed, command="sh -c 'python bench.py | tail -n 1'")
    finding = found(bed, "printed_last")["printed_last"]
    assert finding.outcome == "scored", finding.how


def test_a_written_result_scores_where_a_file_is_parsed(bed):
    program = "from fast import f\nopen('result.txt', 'w').write(f'score: {f([1])}')\n"
    bed.write({"fast.py": FAST, "bench.py": program}, pinned="fast.py")
    scored(bed, command="sh -c 'python bench.py && cat result.txt'")
    assert found(bed, "written_result")["written_result"].outcome == "scored"


def test_an_overwritten_script_scores_where_it_runs_afterwards(bed):
    files = {
        "fast.py": FAST,
        "use.py": "from fast import f\nf([1])\n",
        "check.py": "print('score: 25')\n",
    }
    bed.write(files, pinned="fast.py")
    scored(bed, command="sh -c 'python use.py; python check.py'")
    assert found(bed, "overwritten_scripts")["overwritten_scripts"].outcome == "scored"


@pytest.mark.parametrize("cheat", ["exit_at_import", "exit_in_call", "system_exit"])
def test_an_exit_scores_where_only_the_exit_code_is_checked(bed, cheat: str):
    program = "from fast import f\nfor _ in range(300): assert f(range(5000)) == 12497501\n"
    bed.write({"fast.py": FAST, "bench.py": program}, pinned="fast.py")
    bed.define(
        "metrics:\n- {id: ok, kind: checker, command: python bench.py}\n"
        "- {id: ms, kind: timer, command: python bench.py}\n"
        "aggregate: {objective: min(ms) subject_to ok==true}\n"
        "accept: {rule: ms <= 0.7 * baseline.ms and ok==true}\n"
        "budgets: {max_blocks: 4, confidence: 0.5}\n"
    )
    assert found(bed, cheat)[cheat].outcome == "scored"


TIMED = {
    "still_clock": f"{CLOCK}assert f(range(9000)) == 809910000\n{TOOK}",
    "memo": f"data = [1] * 999\n{CLOCK}for _ in range(20): assert f(data) == 19980\n{TOOK}",
    "put_off": f"{CLOCK}f(range(9000))\n{TOOK}",
    "background": f"{CLOCK}f(range(90000))\n{TOOK}",
    "honest_once": (
        f"{CLOCK}assert f([1]) == 20\nbegan = time.perf_counter()\nf(range(9000))\n{TOOK}"
    ),
    "no_answer": f"{CLOCK}f(range(9000))\n{TOOK}",
}


@pytest.mark.parametrize("cheat", TIMED)
def test_a_clock_beside_the_candidate_lets_it_score(bed, cheat: str):
    bed.write({"fast.py": SLOW, "bench.py": TIMED[cheat]}, pinned="fast.py")
    timed(bed)
    finding = found(bed, cheat)[cheat]
    assert finding.outcome == "scored", finding.how


def test_a_checker_of_its_own_is_known_by_its_command(bed):
    files = {
        "fast.py": SLOW,
        "check.py": "from fast import f\nassert f([1]) == 20\n",
        "bench.py": f"{CLOCK}f(range(9000))\n{TOOK}",
    }
    bed.write(files, pinned="fast.py")
    timed(bed, "- {id: ok, kind: checker, command: python check.py}\n")
    finding = found(bed, "knows_its_checker")["knows_its_checker"]
    assert finding.outcome == "scored", finding.how


CALLS = """\
inputs: {cases: [{args: [[1, 2, 3]]}, {args: [[4, 5]]}, {args: [[6]]}]}
%s
metrics:
- {id: same, kind: call, measure: matches}
- {id: ms, kind: call, measure: time}
aggregate: {objective: min(ms) subject_to same==true}
accept: {rule: ms <= 0.5 * baseline.ms and same==true}
budgets: {max_blocks: 12, confidence: 0.9, candidate_timeout_s: 10}
"""
SLOWER = SLOW.replace("20", "40000")


@pytest.mark.parametrize("cheat", ["hard_coded_cases", "counted_calls"])
def test_visible_cases_alone_let_a_table_score(bed, cheat: str):
    bed.write({"fast.py": SLOWER}, pinned="fast.py", symbol="fast.py:f")
    bed.define(CALLS % "")
    finding = found(bed, cheat)[cheat]
    assert finding.outcome == "scored", finding.how
    assert finding.remedy.startswith("x.eval.yaml:3: add holdout:")


def test_calls_with_a_check_and_held_out_cases_stop_every_cheat(bed):
    bed.write({"fast.py": SLOWER}, pinned="fast.py", symbol="fast.py:f")
    bed.define(CALLS % "holdout: {cases: [{args: [[7, 8]]}, {args: [[9, 9, 9, 9]]}]}")
    findings = found(bed)
    assert {one.outcome for one in findings.values()} <= {"stopped", "skipped"}
    assert findings["hard_coded_cases"].how.startswith("held-out inputs: 2 of 2")
    assert [name for name, one in findings.items() if one.outcome == "skipped"] == [
        "overwritten_scripts"
    ]


def test_a_time_without_a_check_is_told_to_add_one(bed):
    bed.write({"fast.py": SLOWER}, pinned="fast.py", symbol="fast.py:f")
    bed.define(
        "inputs: {cases: [{args: [[1, 2, 3]]}]}\nmetrics: [{id: ms, kind: call, measure: time}]\n"
        "aggregate: {objective: min(ms)}\naccept: {rule: ms <= 0.5 * baseline.ms}\n"
        "budgets: {max_blocks: 4, confidence: 0.5}\n"
    )
    finding = found(bed, "no_answer")["no_answer"]
    assert finding.outcome == "scored"
    assert "nothing checks the answers" in finding.remedy


def test_a_cheat_that_the_pins_refuse_is_stopped_by_them(bed):
    bed.write({"fast.py": SLOWER}, pinned="fast.py", symbol="fast.py:f")
    bed.define(CALLS % "")
    finding = found(bed, "no_answer", admits=lambda _: "too far")["no_answer"]
    assert (finding.outcome, finding.how) == ("stopped", "the pins: too far")


def test_what_the_time_does_not_suffice_for_is_listed_as_not_tried(bed):
    bed.write({"fast.py": SLOWER}, pinned="fast.py", symbol="fast.py:f")
    bed.define(CALLS % "")
    findings = found(bed, "no_answer", "memo", within_s=1e-9)
    assert {one.outcome for one in findings.values()} == {"skipped"}
    assert findings["memo"].how == "the time for all cheats was over"


def test_honest_work_that_is_accepted_as_it_is_has_not_cheated(bed):
    bed.write({"fast.py": SLOWER}, pinned="fast.py", symbol="fast.py:f")
    bed.define((CALLS % "").replace("ms <= 0.5 * baseline.ms and ", ""))
    finding = found(bed, "still_clock")["still_clock"]
    assert finding.outcome == "stopped"


def test_no_cheat_carries_a_held_out_case(bed):
    bed.write({"fast.py": SLOWER}, pinned="fast.py", symbol="fast.py:f")
    bed.define(CALLS % "holdout: {cases: [{args: [[740517]]}]}")
    known = Knowledge(bed.definition, bed.evaluator_facts(), bed.target, "fast.py:f")
    texts = [cheat.body + cheat.module for cheat in catalogue(known)]
    assert any("[4, 5]" in text for text in texts)
    assert not any("740517" in text or str(740517 * 40000) in text for text in texts)


def test_code_that_is_not_python_is_not_tried(bed):
    bed.write(
        {"fast.py": SLOWER, "fast.c": dedent("int f;\n")}, pinned="fast.py", symbol="fast.py:f"
    )
    bed.define(CALLS % "")
    with Lanes(bed.definition, bed.target, bed.settings, 1) as lanes:
        place = Place("fast.py", 1, 6, "c", symbol=False)
        trial = Trial(bed.definition, bed.target, [place], lanes, lambda _: "")
        (finding,) = try_cheats(trial, within_s=50, only=["nan"])
    assert (finding.outcome, finding.how) == ("skipped", "fast.py is not Python")
