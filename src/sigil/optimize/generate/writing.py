"""The documents of a function: a spec, an eval, its case files and, if need be, an adapter.

Pure: values in, bytes by file name out. Not here: choosing the cases (`choosing`), putting the
files in place (`sigil.optimize.generate.generating`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sigil.evaluate.literals import is_json, write_literal
from sigil.optimize.generate.adapting import ENTRY, adapter_path
from sigil.optimize.generate.expecting import Stated
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.locating import Function
from sigil.optimize.generate.trying import Checked
from sigil.printable import printable
from sigil.sandbox.model import Case

MOST_INSIGNIFICANT = 0.97
"""What is not at least three percent faster is not worth a change."""
TIMEOUT_S = 10
"""How long a batch of calls may take, unless the unchanged function takes long itself."""
RELATIVE = 1e-9
"""How far apart floats may be: the default of `math.isclose`."""
_YOURS = "Yours to edit: it is read as it stands."


def spec_text(name: str, function: Function, description: str, evals: Iterable[str]) -> str:
    """Return the spec that pins one function."""
    pin = [
        f"  - id: {name}",
        "    language: python",
        f"    files: [{_quoted(function.path)}]",
        f"    symbol: {function.qualname}",
    ]
    head = [
        f"# Made by sigil from {printable(function.reference)}. {_YOURS}",
        'version: "0.1"',
        f"name: {name}",
        *([f"description: {_quoted(description)}"] if description else []),
        f"evals: [{', '.join(evals)}]",
        "pins:",
    ]
    return "\n".join([*head, *pin]) + "\n"


def speed_eval(
    name: str,
    function: Function,
    description: str,
    *,
    adapter: str | None,
    tests: str,
    floats: bool,
    seed: int,
    holdout: bool,
    timeout_s: int,
) -> str:
    """Return the eval that asks for the same answers in less time.

    ``tests`` is a command that runs the repository's own tests; empty for none. ``timeout_s`` is
    the deadline of a batch of calls.
    """
    called = f", function: {_quoted(f'{adapter_path(adapter)}:{ENTRY}')}" if adapter else ""
    called = called or f", function: {_quoted(function.reference)}"
    tolerance = f", tolerance: {{relative: {RELATIVE:g}}}" if floats else ""
    right = "same==true and tests==true" if tests else "same==true"
    return _eval(
        name,
        function,
        description,
        metrics=[
            f"  - {{id: same, kind: call, measure: matches{tolerance}{called}}}",
            *([f"  - {{id: tests, kind: checker, {_checked_by(tests)}}}"] if tests else []),
            f"  - {{id: time_ms, kind: call, measure: time{called}}}",
        ],
        objective=f"min(time_ms) subject_to {right}",
        rule=f"time_ms <= {MOST_INSIGNIFICANT} * baseline.time_ms and {right}",
        seed=seed,
        holdout=holdout,
        timeout_s=timeout_s,
    )


def repair_eval(
    name: str, function: Function, description: str, *, seed: int, holdout: bool, others: bool
) -> str:
    """Return the eval that asks for the answers that tests and docstrings state.

    ``others``: whether there are cases besides, whose answers should rather stay as they are.
    """
    called = f"function: {_quoted(function.reference)}"
    agreement = f"  - {{id: agreement, kind: call, measure: stated, goal: 1, {called}}}"
    changed = f"tolerance: {{relative: {RELATIVE:g}}}, {called}"
    return _eval(
        name,
        function,
        description,
        metrics=[
            agreement,
            *([f"  - {{id: changed, kind: call, measure: changed, {changed}}}"] if others else []),
        ],
        objective="max(agreement)" + (", tie_breakers: [min(changed)]" if others else ""),
        rule="agreement >= 1",
        seed=seed,
        holdout=holdout,
    )


def cases_file(cases: Iterable[Checked | Stated]) -> bytes:
    """Return cases as lines of JSON; what JSON cannot say is written in Python."""
    return "".join(f"{json.dumps(_row(one), ensure_ascii=True)}\n" for one in cases).encode()


def cases_path(name: str) -> str:
    """Return where the shown cases of an eval stand, relative to the root."""
    return f".sigil/{name}.cases.jsonl"


def holdout_path(name: str) -> str:
    """Return where the held-out cases of an eval stand, relative to the root."""
    return f".sigil/{name}.holdout.jsonl"


def _eval(
    name: str,
    function: Function,
    description: str,
    *,
    metrics: list[str],
    objective: str,
    rule: str,
    seed: int,
    holdout: bool,
    timeout_s: int = TIMEOUT_S,
) -> str:
    held = (
        f"holdout: {{cases: {holdout_path(name)}}}   # met at the very end; no proposer sees them"
    )
    lines = [
        f"# Made by sigil for {printable(function.reference)}. {_YOURS}",
        'version: "0.1"',
        f"name: {name}",
        f"description: {_quoted(description)}",
        f"inputs: {{cases: {cases_path(name)}}}",
        *([held] if holdout else []),
        "metrics:",
        *metrics,
        f"aggregate: {{objective: {objective}}}",
        f"accept: {{rule: {_quoted(rule)}}}",
        f"budgets: {{candidate_timeout_s: {timeout_s}}}",
        f"replay: {{seed: {seed}}}",
    ]
    return "\n".join(lines) + "\n"


def _row(one: Checked | Stated) -> dict[str, object]:
    row = _arguments(one.case)
    if isinstance(one, Stated):
        exact = is_json(one.value)
        key, value = ("expected", one.value) if exact else ("returns", write_literal(one.value))
        return {**row, key: value}
    return {**row, "raises": one.raises} if one.raises else row


def _arguments(case: Case) -> dict[str, object]:
    args, kwargs = list(case.args), dict(case.kwargs)
    if not is_json(args) or not is_json(kwargs):
        return {"call": case_text(case)}
    return {"args": args, "kwargs": kwargs} if kwargs else {"args": args}


def _checked_by(command: str) -> str:
    return f'command: {_quoted(command)}, parse: "exit_code==0"'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
