"""What a model is told of an eval and of a candidate, without a word of any input."""

from pathlib import Path

import pytest

from sigil.evaluate.definition import Eval, eval_of
from sigil.evaluate.result import Evaluation, MetricValue
from sigil.optimize.history import Candidate, History
from sigil.optimize.telling import Besides, eval_in_words
from sigil.search.model import BASELINE
from sigil.store.documents import read_document

METRICS = {
    "matches": "{kind: call, measure: matches, tolerance: {relative: 0.001}}",
    "share": "{kind: call, function: a.py:f, measure: agreement, goal: 1}",
    "error": "{kind: call, measure: error}",
    "took": "{kind: call, measure: time, unit: us}",
    "area": "{kind: call, measure: bench/score.py:area}",
    "wall": "{kind: timer, command: ./sort keys.bin 31337}",
    "inner": "{kind: timer, command: python3 bench.py --seed 31337, parse: 't=([0-9.]+)'}",
    "size": "{kind: numeric, command: wc -c 31337}",
    "right": "{kind: checker, command: sh -c 'test 31337 = 31337', parse: 'regex:^31337$'}",
}
PINNED, AIM = "the pinned function", "higher is better; enough at 1"
ALSO = (
    "holdout: {cases: [{args: [-31337], expected: 31337}]}\n"
    "stages: [{id: few, cases: 1, promote: error <= 3}]\n"
)


def definition(tmp_path: Path, *, objective: str, rule: str = "error <= 1", ties: str = "") -> Eval:
    lines = [f"  - {text.replace('{', f'{{id: {name}, ', 1)}" for name, text in METRICS.items()]
    path = tmp_path / "e.eval.yaml"
    path.write_text(
        'version: "0.1"\nname: e\ninputs: {cases: [{args: [31337], expected: 31337}]}\n'
        + ALSO
        + "metrics:\n"
        + "\n".join(lines)
        + f"\naggregate: {{objective: '{objective}', tie_breakers: [{ties}]}}\n"
        + f"accept: {{rule: '{rule}'}}\n"
    )
    return eval_of(read_document(path), lambda name: b"")


def told(tmp_path: Path, **aims: str) -> dict[str, str]:
    lines = eval_in_words(definition(tmp_path, **aims)).split("\n")
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (
            "matches",
            f"whether every call of {PINNED} gives what is expected; tolerance 0.001 relative",
        ),
        ("share", f"the share of the calls of a.py:f that give what is expected, 0 to 1; {AIM}"),
        ("took", f"the time of the calls of {PINNED}, in us"),
        ("area", f"the mean of bench/score.py:area over the calls of {PINNED}"),
        ("wall", "the wall time of the command ./sort …, in ms"),
        ("inner", "a time that the command python3 bench.py … prints"),
        ("size", "a number that the command wc … prints"),
        ("right", "whether the command sh … succeeds"),
    ],
)
def test_a_metric_is_a_line(tmp_path: Path, metric: str, words: str) -> None:
    assert told(tmp_path, objective="max(share)")[metric] == words


@pytest.mark.parametrize(
    ("metric", "role"),
    [
        ("error", "lower is better"),
        ("share", AIM),
        ("wall", "part of the objective"),
        ("right", "a condition"),
        ("size", "a condition"),
    ],
)
def test_a_line_ends_with_what_the_metric_is_for(tmp_path: Path, metric: str, role: str) -> None:
    aims = {
        "objective": "min(error), max(share), min(wall + took) subject_to right==true",
        "rule": "error <= 1 and size < 9",
    }
    assert told(tmp_path, **aims)[metric].partition("; ")[2] == role


def test_tie_breakers_and_stages_are_told(tmp_path: Path) -> None:
    lines = told(tmp_path, objective="max(share)", ties="p95(took), -mean(size)")
    assert lines["of equals the better one by"] == (
        "p95(took), lower is better; then mean(size), higher is better"
    )
    assert lines["before all of it, the stage few, passed if"] == "error <= 3"


def test_no_input_and_no_answer_is_told(tmp_path: Path) -> None:
    assert "31337" not in eval_in_words(definition(tmp_path, objective="max(share)"))


# --- what a candidate came to ----------------------------------------------------------


def found(share: float, right: bool, *, costs: tuple[float, ...] = (1.0,)) -> Evaluation:
    values = {"right": MetricValue(right, 1), "share": MetricValue(share, 1)}
    return Evaluation("measured", values, {"size": MetricValue(31337.0, 1)}, costs)


def besides(tmp_path: Path, candidate: str, **known: Evaluation) -> dict[str, float | bool]:
    one = Candidate("c", BASELINE, "", "model", **known)
    baseline = found(0.5, False, costs=())
    history = History(baseline=baseline, candidates={"c": one})
    return Besides(definition(tmp_path, objective="max(share)"), history)(candidate)


def test_besides_its_costs_a_candidate_has_what_was_measured_in_view(tmp_path: Path) -> None:
    assert besides(tmp_path, "c", evaluation=found(1, True)) == {"right": True}


def test_what_a_second_measurement_finds_changes_no_prompt(tmp_path: Path) -> None:
    again = {"evaluation": found(1, True), "remeasured": found(1, False)}
    assert besides(tmp_path, "c", **again) == {"right": True}


def test_code_without_costs_has_all_its_values_in_the_order_of_the_eval(tmp_path: Path) -> None:
    assert list(besides(tmp_path, BASELINE).items()) == [("share", 0.5), ("right", False)]


def test_nothing_is_known_of_what_was_not_measured(tmp_path: Path) -> None:
    assert besides(tmp_path, "c") == besides(tmp_path, "stranger") == {}
