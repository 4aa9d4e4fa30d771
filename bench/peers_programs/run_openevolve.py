"""OpenEvolve on the task: ``run_openevolve.py URL COUNT FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import task
from openevolve import run_evolution
from openevolve.config import Config, LLMConfig, LLMModelConfig


def main(url, count, folder):
    config = Config(max_iterations=count, diff_based_evolution=False, log_level="ERROR")
    config.llm = LLMConfig(api_base=url, models=[LLMModelConfig(name="bench")])
    config.evaluator.parallel_evaluations = 2
    config.evaluator.cascade_evaluation = False
    config.evaluator.timeout = task.TIMEOUT_S
    config.prompt.system_message = task.PROMPT
    (folder / "f.py").write_text(task.SOURCE)
    found = run_evolution(
        folder / "f.py", task.__file__, config, count, output_dir=str(folder / "out")
    )
    (folder / "result.json").write_text(json.dumps({"score": found.best_score}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
