"""ShinkaEvolve on the task: ``run_shinka.py URL COUNT FOLDER``.

Its evaluator is a program of its own for each candidate (`shinka_evaluator`).
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import task
from shinka.core import EvolutionConfig, ShinkaEvolveRunner
from shinka.database import DatabaseConfig
from shinka.launch import LocalJobConfig


def main(url, count, folder):
    (folder / "initial.py").write_text(task.SOURCE)
    evolution = EvolutionConfig(
        num_generations=count + 1,  # the first is the unchanged program
        llm_models=[f"local/bench@{url}"],
        embedding_model=None,
        patch_types=["full"],
        patch_type_probs=[1.0],
        init_program_path=str(folder / "initial.py"),
        results_dir=str(folder / "out"),
        language="python",
        task_sys_msg=task.PROMPT,
    )
    job = LocalJobConfig(
        eval_program_path=str(Path(__file__).with_name("shinka_evaluator.py")),
        time=f"00:00:{task.TIMEOUT_S:02}",
    )
    runner = ShinkaEvolveRunner(
        evo_config=evolution,
        job_config=job,
        db_config=DatabaseConfig(),
        max_evaluation_jobs=2,
        max_proposal_jobs=2,
        verbose=False,
    )
    runner.run()
    (found,) = (folder / "out").glob("*.sqlite")
    with sqlite3.connect(found) as database:
        query = "select max(combined_score) from programs where correct"
        (best,) = database.execute(query).fetchone()
    (folder / "result.json").write_text(json.dumps({"score": best}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
