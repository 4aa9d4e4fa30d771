"""Run both examples as their documentation says, on this machine, without a key.

What is printed is what the commands print; the records stay in examples/*/.sigil.
"""

import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
STORIES = (
    (
        "symbolic_regression",
        "Find x**2, told only on how many points a function agrees with it.",
        ("sigil run --spec symbolic_regression --workspace demo --num 3",),
    ),
    (
        "close_pairs",
        "Find the grid size at which a neighbour search is fastest, same answers demanded.",
        ("sigil run --spec close_pairs --workspace demo --budget-time 25s",),
    ),
)


def main() -> int:
    for folder, story, commands in STORIES:
        print(f"\n── examples/{folder}: {story}", flush=True)
        for command in commands:
            print(f"$ {command}", flush=True)
            program, *arguments = shlex.split(command)
            done = subprocess.run([BIN / program, *arguments], cwd=HERE / folder, check=False)
            if done.returncode:
                return done.returncode
    print("\nTo go on: source .venv/bin/activate && cd examples/close_pairs")
    print("  sigil inspect --spec close_pairs --workspace demo    what was tried, and why")
    print("Your own function next: docs/your-own-code.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
