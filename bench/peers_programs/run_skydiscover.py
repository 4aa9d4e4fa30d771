"""SkyDiscover's top-k search on the task: ``run_skydiscover.py URL COUNT FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import task
from skydiscover import run_discovery
from skydiscover.config import Config


def main(url, count, folder):
    config = Config(max_iterations=count, diff_based_generation=False, log_level="ERROR")
    config.evaluator.parallel_evaluations = 2
    config.evaluator.cascade_evaluation = False
    config.evaluator.timeout = task.TIMEOUT_S
    (folder / "f.py").write_text(task.SOURCE)
    found = run_discovery(
        folder / "f.py",
        task.__file__,
        config,
        count,
        output_dir=str(folder / "out"),
        model="bench",
        search="topk",
        system_prompt=task.PROMPT,
        api_base=url,
    )
    (folder / "result.json").write_text(json.dumps({"score": found.best_score}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
