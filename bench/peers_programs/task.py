"""The task as a peer's evaluator: how near a program's ``f`` comes to three points.

`evaluate` is the contract that OpenEvolve and SkyDiscover document, written as in their examples:
the program is imported where the evaluator runs. Every evaluation leaves one line in the file
that ``BENCH_EVALUATED`` names, so that candidates are counted in the same way for all.
"""

from __future__ import annotations

import importlib.util
import os
import zlib
from pathlib import Path

SOURCE = """\
# EVOLVE-BLOCK-START
def f(x):
    return x
# EVOLVE-BLOCK-END
"""
CASES = ((0.5, 7.125), (2, 31.7), (3.5, -4.75))
TIMEOUT_S = 3
PROMPT = "Fit f to the points."


def evaluate(program_path):
    """Return the score of a program, in (0, 1]; 0 if it raises."""
    note(Path(program_path).read_text())
    try:
        found = importlib.util.spec_from_file_location("program", program_path)
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        return {"combined_score": score([module.f(x) for x, _ in CASES])}
    except Exception as error:  # noqa: BLE001 - whatever a program raises, it has no score
        return {"combined_score": 0.0, "error": str(error)}


def score(values):
    """Return 1 for exact values, less the farther they are."""
    gaps = [abs(value - wanted) for value, (_, wanted) in zip(values, CASES, strict=True)]
    return 1 / (1 + sum(gaps) / len(gaps))


def note(program):
    """Count a program."""
    line = f"{zlib.crc32(program.encode()):08x}\n".encode()
    log = os.open(os.environ["BENCH_EVALUATED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(log, line)
    os.close(log)
