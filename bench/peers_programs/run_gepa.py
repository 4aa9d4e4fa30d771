"""GEPA on the task: ``run_gepa.py URL COUNT FOLDER``.

Its documented way for a model of one's own is a function from prompt to text, here over one
connection that stays open, and for code an evaluator that gets it as text.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import task
from gepa.optimize_anything import (
    EngineConfig,
    GEPAConfig,
    ReflectionConfig,
    optimize_anything,
)


def main(url, count, folder):
    engine = EngineConfig(run_dir=str(folder / "out"), max_candidate_proposals=count, max_workers=2)
    engine.cache_evaluation = True
    engine.raise_on_exception = False
    found = optimize_anything(
        task.SOURCE,
        evaluator=evaluate,
        objective=task.PROMPT,
        config=GEPAConfig(engine=engine, reflection=ReflectionConfig(reflection_lm=asking(url))),
    )
    best = max(found.val_aggregate_scores)
    (folder / "result.json").write_text(json.dumps({"score": best}))


def evaluate(candidate):
    """Return the score of a program given as text."""
    task.note(candidate)
    scope = {}
    exec(compile(candidate, "program", "exec"), scope)
    return task.score([scope["f"](x) for x, _ in task.CASES])


def asking(url):
    """Return a function that asks the model behind ``url``."""
    place, own = urlsplit(url), threading.local()

    def ask(prompt):
        said = prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]
        if not hasattr(own, "connection"):
            own.connection = http.client.HTTPConnection(place.hostname, place.port)
        body = json.dumps({"model": "bench", "messages": said})
        header = {"Content-Type": "application/json"}
        own.connection.request("POST", f"{place.path}/chat/completions", body, header)
        answer = json.load(own.connection.getresponse())
        return answer["choices"][0]["message"]["content"]

    return ask


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
