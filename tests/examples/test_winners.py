"""The winning diffs of the pages of the tasks, applied: they are worth what the pages say.

Values are compared within half a percent. The solutions come from long chains of floating
point, so another mathematical library may end on a neighbouring hill.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TASKS = {
    "autocorrelation": ("autocorrelation", "validator:autocorrelation_constant"),
    "bin_packing": ("table:priorities", "packing:excess"),
    "cap_set": ("cap_set", "validator:size"),
    "circle_packing": ("circle_packing", "validator:sum_of_radii"),
    "circles_in_rectangle": ("circles_in_rectangle", "validator:sum_of_radii"),
    "heilbronn": ("heilbronn", "validator:smallest_area"),
    "minimum_overlap": ("minimum_overlap", "validator:largest_overlap"),
    "point_spread": ("point_spread", "validator:squared_ratio"),
}
CASES = re.compile(r"^  cases: (\[.*\])$", re.MULTILINE)
CALL = """
import importlib, json, sys
module, _, name = sys.argv[1].partition(":")
function = getattr(importlib.import_module(module), name or module)
print(json.dumps([function(*each) for each in json.load(sys.stdin)]))
"""


def run(folder: Path, *arguments: str, given: object = None) -> str:
    command = [sys.executable, "-B", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={"SIGIL_SEED": "17"},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def cases(folder: Path) -> list[dict[str, object]]:
    """Return the visible cases of the only eval, as a scorer is told them."""
    [text] = [path.read_text() for path in (folder / ".sigil").glob("*.eval.yaml")]
    listed = CASES.search(text)
    if listed:
        return [{"args": each} for each in json.loads(listed.group(1))]
    [generator] = folder.glob("make_*.py")
    return [json.loads(line) for line in run(folder, generator.name).splitlines()]


def worth(name: str, folder: Path) -> float:
    """Return the mean score of what a process of its own returns for the cases."""
    function, scorer = TASKS[name]
    told = cases(folder)
    values = run(folder, "-c", CALL, function, given=[case["args"] for case in told])
    pairs = [list(pair) for pair in zip(told, json.loads(values), strict=True)]
    scores = json.loads(run(folder, "-c", CALL, scorer, given=pairs))
    return float(sum(scores) / len(scores))


def stated(name: str, row: str) -> float:
    page = (EXAMPLES / name / "README.md").read_text()
    found = re.search(rf"^\| {row} \| ([0-9.]+)", page, re.MULTILINE)
    assert found is not None
    return float(found.group(1))


@pytest.mark.parametrize("name", TASKS)
def test_before_and_after_are_worth_what_the_page_says(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    ignored = shutil.ignore_patterns("workspaces", "cache", "__pycache__", "index.sqlite")
    shutil.copytree(EXAMPLES / name, folder, ignore=ignored)
    assert worth(name, folder) == pytest.approx(stated(name, "before"), rel=5e-3)
    page = (folder / "README.md").read_text()
    [diff] = re.findall(r"^```diff\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (folder / "winner.diff").write_text(diff)
    subprocess.run(["git", "apply", "winner.diff"], cwd=folder, check=True)
    assert worth(name, folder) == pytest.approx(stated(name, "after"), rel=5e-3)
