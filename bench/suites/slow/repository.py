"""A scratch repository in which one slow function is to be made faster."""

from __future__ import annotations

import json
from pathlib import Path

from bench.suites.slow.registry import Slow
from bench.suites.slow.wire import encoded, needs_decoding

NAME = "slow"
VISIBLE_SEED, HELD_OUT_SEED, JUDGE_SEED = 1, 2, 3

_SPEC = """\
version: "0.1"
name: {spec}
description: make {function} faster
repo_root: .
evals: [latency]
pins:
  - {{id: {function}, language: python, files: [{kind}.py], symbol: {function}}}
"""
_EVAL = """\
version: "0.1"
name: latency
inputs: {{cases: visible.jsonl}}
holdout: {{cases: held_out.jsonl}}
metrics:
  - id: same
    kind: call
    function: {target}
    measure: matches
    tolerance: {{relative: {tolerance}}}
  - id: latency_ms
    kind: call
    function: {target}
    measure: time
aggregate: {{objective: min(latency_ms) subject_to same==true}}
accept: {{rule: latency_ms <= 0.95 * baseline.latency_ms and same==true}}
budgets: {{candidate_timeout_s: 10, max_blocks: 60}}
preload: {preload}
replay: {{seed: 17}}
"""
_ENTRY = '''\
"""Calls {function} with bytes, which JSON has not."""

from {kind} import {function}


def call(*arguments):
    return {function}(*[bytes.fromhex(a["hex"]) if isinstance(a, dict) else a for a in arguments])
'''


def write_repository(slow: Slow, root: Path) -> None:
    """Write source, cases, spec and eval of a function into an empty folder.

    Args:
        slow: which function.
        root: the folder.
    """
    visible = slow.inputs.visible_calls(VISIBLE_SEED)
    target = f"{slow.kind}.py:{slow.name}"
    if needs_decoding(visible):
        target = "entry.py:call"
        (root / "entry.py").write_text(_ENTRY.format(kind=slow.kind, function=slow.name))
    (root / f"{slow.kind}.py").write_text(slow.path.read_text())
    _write_cases(root / "visible.jsonl", visible)
    held_out = slow.inputs.held_out_calls(HELD_OUT_SEED, visible=visible)
    _write_cases(root / "held_out.jsonl", held_out)
    (root / ".sigil").mkdir()
    (root / ".sigil" / f"{NAME}.sigil.yaml").write_text(
        _SPEC.format(spec=NAME, function=slow.name, kind=slow.kind)
    )
    (root / ".sigil" / "latency.eval.yaml").write_text(
        _EVAL.format(
            target=target, tolerance=slow.inputs.tolerance, preload=json.dumps(slow.preload)
        )
    )


def _write_cases(path: Path, calls: list[list[object]]) -> None:
    path.write_text("".join(json.dumps({"args": encoded(call)}) + "\n" for call in calls))
