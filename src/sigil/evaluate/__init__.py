"""How good is a candidate, really? Paired with the baseline, aware of noise, cheap checks first.

    definition = load_eval(path)
    target = Target.of(base, pinned_texts, repo=repo)
    with Lanes(definition, target, settings, count=2) as lanes:
        baseline = lanes.baseline()
        evaluation = lanes.submit({"src/methods.py": text}, "screen").result()

Names are loaded when first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigil.evaluate.definition import Eval, load_eval
    from sigil.evaluate.doctor import cheat_warnings
    from sigil.evaluate.evaluator import Evaluator
    from sigil.evaluate.facts import Facts
    from sigil.evaluate.lanes import Lanes, default_count
    from sigil.evaluate.presence import preflight
    from sigil.evaluate.result import Evaluation, Failure, Interval, MetricValue
    from sigil.evaluate.settings import Effort, Settings
    from sigil.evaluate.target import Target

_WHERE = {
    "Effort": "settings",
    "Eval": "definition",
    "Evaluation": "result",
    "Evaluator": "evaluator",
    "Facts": "facts",
    "Failure": "result",
    "Interval": "result",
    "Lanes": "lanes",
    "MetricValue": "result",
    "Settings": "settings",
    "Target": "target",
    "cheat_warnings": "doctor",
    "default_count": "lanes",
    "load_eval": "definition",
    "preflight": "presence",
}

__all__ = [
    "Effort",
    "Eval",
    "Evaluation",
    "Evaluator",
    "Facts",
    "Failure",
    "Interval",
    "Lanes",
    "MetricValue",
    "Settings",
    "Target",
    "cheat_warnings",
    "default_count",
    "load_eval",
    "preflight",
]


def __getattr__(name: str) -> Any:
    """Import a public name from the module that defines it."""
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 (the point of this function)

    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
