"""Measure every figure and print it beside its peer or floor, from one run.

    make bench                          all of it
    make bench ARGS="sandbox search"    some of it
    make bench ARGS="--json out.json"   as JSON too

Each module has `rows()`, which yields `bench.Row`s. Figures are medians; what counts is
the ratio, because both sides were measured on the same machine at the same time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from bench.row import Row

MODULES = (
    *("startup", "sandbox", "commands", "store", "proposers", "measuring", "search", "slow"),
    *("symbolic", "repair", "models", "optimizers", "tasks", "peers"),
    *("ledger", "service", "scenarios", "exam"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(MODULES)}; all by default")
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    chosen = parser.parse_args()
    unknown = sorted({*chosen.modules} - {*MODULES})
    if unknown:
        parser.error(f"no module {unknown[0]}; there are {', '.join(MODULES)}")
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} "
        f"{platform.release().split('-')[0]}\n"
    )
    rows: list[Row] = []
    for name in chosen.modules or MODULES:
        print(f"{name}")
        for row in importlib.import_module(f"bench.{name}").rows():
            rows.append(row)
            print(f"  {row}", flush=True)
        print()
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    missed = [row for row in rows if row.met is False]
    print(f"{len(rows)} figures, {len(missed)} beside their target")
    return 0


if __name__ == "__main__":
    sys.exit(main())
