"""Evals whose score a candidate could print are found before any run."""

from __future__ import annotations

import pytest

from sigil.evaluate.doctor import cheat_warnings

FILES = {
    "fast.py": "def f(x):\n    return x\n",
    "middle.py": "import fast\n",
    "bench.py": "import middle\nprint(1)\n",
    "alone.py": "print(1)\n",
    "run.sh": "./fast\n",
    "src/pkg/__init__.py": "",
    "src/pkg/bench.py": "import fast\n",
}


def warned(bed, metric: str) -> list[str]:
    bed.write(FILES, pinned="fast.py", symbol="fast.py:f")
    bed.define(
        f"inputs: {{cases: [1]}}\nmetrics:\n- {{id: m, {metric}}}\n"
        "aggregate: {objective: min(m)}\naccept: {rule: m < 1}\n"
    )
    return cheat_warnings(bed.definition, bed.target)


def test_a_measuring_program_that_is_pinned_is_an_error(bed):
    (line,) = warned(bed, "kind: numeric, command: python fast.py")
    assert line.startswith("error: x.eval.yaml:5: metrics[0].command: fast.py is pinned")


def test_a_measuring_program_that_imports_a_pinned_file_is_warned_of(bed):
    (line,) = warned(bed, "kind: numeric, command: python3 bench.py --reps 3")
    assert line.startswith("warning: x.eval.yaml:5: metrics[0].command: bench.py imports fast.py")
    assert line.endswith("prefer kind: call")


def test_a_script_that_is_run_directly_is_looked_into(bed):
    assert len(warned(bed, "kind: numeric, command: ./bench.py")) == 1


def test_a_wall_time_cannot_be_printed(bed):
    assert warned(bed, "kind: timer, command: python bench.py") == []


def test_a_program_that_reaches_no_pin_is_fine(bed):
    assert warned(bed, "kind: numeric, command: python alone.py") == []


def test_a_call_is_fine(bed):
    assert warned(bed, "kind: call, measure: agreement") == []


def test_a_time_whose_answers_nobody_checks_is_warned_of(bed):
    (line,) = warned(bed, "kind: call, measure: time")
    assert line.startswith("warning: x.eval.yaml:5: metrics[0]: nothing checks the answers")


def test_a_scorer_inside_a_pin_is_noted(bed):
    (line,) = warned(bed, "kind: call, measure: 'fast.py:f'")
    assert "the unchanged text" in line


def built(bed, build: str, metric: str) -> list[str]:
    """Return what is said of a pinned fast.c and an eval that builds something."""
    bed.write(FILES | {"fast.c": "int main(void) { return 0; }\n"}, pinned="fast.c")
    bed.define(
        f"build: [{build}]\nmetrics:\n- {{id: m, {metric}}}\n"
        "aggregate: {objective: min(m)}\naccept: {rule: m < 1}\n"
    )
    return cheat_warnings(bed.definition, bed.target)


@pytest.mark.parametrize("build", ["cc -o fast fast.c", "sh -c 'cc -o fast ./fast.c'"])
def test_a_program_that_is_built_from_a_pinned_file_is_warned_of(bed, build: str):
    (line,) = built(bed, build, "kind: numeric, command: ./fast --twice")
    assert line.startswith("warning: x.eval.yaml:5: metrics[0].command: what it starts is built")
    assert "from fast.c" in line


@pytest.mark.parametrize(
    ("build", "metric"),
    [
        ("cc -o fast fast.c", "kind: timer, command: ./fast"),
        ("cc -o fast fast.c", "kind: numeric, command: python alone.py"),
        ("cc -o fast fast.c", "kind: numeric, command: ./run.sh"),
        ("cc -o fast other.c", "kind: numeric, command: ./fast"),
    ],
    ids=["a wall time", "a program beside it", "a script of the tree", "built of something else"],
)
def test_a_command_that_starts_nothing_built_from_a_pin_is_fine(bed, build: str, metric: str):
    assert built(bed, build, metric) == []
