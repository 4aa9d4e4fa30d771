"""How long `sigil --help` takes, beside the interpreter's own start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row, median_seconds


def rows() -> Iterator[Row]:
    for name in ("sigil", "sg"):
        command = [str(Path(sys.executable).with_name(name)), "--help"]
        took = median_seconds(
            lambda c=command: subprocess.run(c, capture_output=True, check=True), 9
        )
        yield Row(f"{name} --help", took, None, "", "s", at_most=0.15)
