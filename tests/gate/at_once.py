"""An evaluation in a process of its own: parts come in as JSON, stages and outcome go out.

Run as ``python -m tests.gate.at_once``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import pyrage
from tests.gate.evaluations import Bench, Serving
from tests.gate.exams import Exam

from sigil.gate.decision import Stage
from sigil.gate.evaluation import evaluate
from sigil.ledger import keys

_ROOT = Path(__file__).parents[2]


class Apart:
    """An evaluation of the branch ``change`` that goes on elsewhere."""

    def __init__(self, bench: Bench, signer: Path):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.gate.at_once"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        given = {"root": str(bench.root), "key": str(bench.exam.key), "signer": str(signer)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(given))
        self._process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._out.close()

    @property
    def _out(self) -> Any:
        return self._process.stdout

    def wait_for(self, *stages: Stage) -> None:
        """Wait until these stages have begun, in this order, since it was waited for the last."""
        for stage in stages:
            for line in self._out:
                if line.strip() == stage.value:
                    break
            else:
                raise AssertionError(f"it ended before {stage.value}")

    def outcome(self) -> dict[str, Any]:
        """Return what it came to, once it has ended."""
        *_, last = self._out
        return json.loads(last)


class _Aloud:
    """A watch that prints each stage."""

    def begins(self, stage: Stage) -> None:
        print(stage.value, flush=True)

    def says(self, text: str) -> None:
        pass

    def sat(self, done: int, total: int) -> None:
        pass


def _main() -> None:
    given = json.load(sys.stdin)
    root = Path(given["root"])
    exam = Exam(root, pyrage.x25519.Identity.from_str(given["key"]))
    bench = Bench(root, Serving(), exam, keys.load(Path(given["signer"])))
    outcome = evaluate(bench.wanted(), bench.parts(), _Aloud())
    told = {
        "eval": outcome.eval,
        "disclosed": outcome.feedback.disclosure.value,
        "recommended": outcome.decision.recommended.value,
        "codes": [reason.code.value for reason in outcome.decision.reasons],
        "troubles": [str(trouble) for trouble in outcome.troubles],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    _main()
