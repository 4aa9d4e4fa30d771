"""The task as ShinkaEvolve's evaluator: a program that is run for each candidate.

It writes the two files that the documentation asks of an evaluator, instead of importing
ShinkaEvolve's own `run_shinka_eval`, which takes longer to import than all the rest.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import task


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program_path")
    parser.add_argument("--results_dir", type=Path)
    chosen = parser.parse_args()
    found = task.evaluate(chosen.program_path)
    error = found.get("error")
    correct = {"correct": error is None, "error": error}
    chosen.results_dir.mkdir(parents=True, exist_ok=True)
    (chosen.results_dir / "metrics.json").write_text(json.dumps(found))
    (chosen.results_dir / "correct.json").write_text(json.dumps(correct))


if __name__ == "__main__":
    main()
