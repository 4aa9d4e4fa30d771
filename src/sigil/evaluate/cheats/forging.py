"""What a command of the eval would have printed for a far better candidate.

It is the output of the unchanged code with better numbers in it: a candidate's author can
see that output, or the program that prints it, so a forger has it too.

Pure. Not here: reading output (`sigil.evaluate.parsing`).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, cast

from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.facts import Facts
from sigil.evaluate.parsing import ExitCode, JsonPath, Regex, WholeOutput

_NUMBER = re.compile(r"(?<![\w.])-?[0-9]+(?:\.[0-9]+)?")
_COMMAND = re.compile(r"\$ (.*) -> \w+ (?:None|-?[0-9]+)")
_DATA = {".json", ".txt", ".csv", ".log", ".xml", ".out", ".dat", ".tsv", ".yaml", ".yml"}
_BETTER = 1000
USUAL_NAMES = ("result.json", "results.json", "score.txt", "metrics.json")


def forged_outputs(definition: Eval, facts: Facts) -> list[tuple[list[str], str]]:
    """Return a text for each command whose output is parsed, with the words of the command."""
    found: dict[str, list[Metric]] = {}
    for metric in definition.model.metrics:
        if metric.command is not None:
            found.setdefault(metric.command, []).append(metric)
    said = _said(facts)
    texts = ((c, _forged(said.get(c, []), ms, definition, facts)) for c, ms in found.items())
    return [(words_of(command), text) for command, text in texts if text]


def plain_claim(definition: Eval, facts: Facts) -> str:
    """Return lines that claim a better value of every metric, for where none is parsed."""
    better = {m.id: better_value(m, definition, facts) for m in definition.model.metrics}
    lines = [f"{name}: {value}" for name, value in better.items()]
    return "\n".join([*lines, json.dumps(better), "PASS", ""])


def better_value(metric: Metric, definition: Eval, facts: Facts) -> float | bool:
    """Return a value of a metric that a cheat would claim: past every bar, yet finite."""
    found = facts.evaluation.metrics.get(metric.id)
    value = found.value if found else 0.0
    less = definition.objective.minimised.get(metric.id)
    if isinstance(value, bool) or less is None:
        return True if isinstance(value, bool) else value
    if metric.goal is not None:
        return metric.goal
    if less:
        claim = value / _BETTER if value > 0 else 10 * value - 1
        return min([claim, *_bars_of(metric.id, value, definition.model.accept.rule)])
    bars = [float(n) for n in _NUMBER.findall(definition.model.accept.rule) if float(n) > value]
    return min(bars) if bars else abs(value) * 10 + 1


def _bars_of(name: str, value: float, rule: str) -> list[float]:
    """Return the numbers that a rule wants a metric to reach from above: ``wrong == 0``."""
    bars = re.findall(rf"\b{re.escape(name)}\s*(?:<=|==)\s*({_NUMBER.pattern})", rule)
    return [float(bar) for bar in bars if value <= 0 or float(bar) >= 0]


def words_of(command: str) -> list[str]:
    """Return the words of a command, with those of a shell line in it."""
    words: list[str] = []
    for word in shlex.split(command):
        try:
            words += shlex.split(word) if " " in word else [word]
        except ValueError:
            words.append(word)
    return words


def result_files(definition: Eval) -> list[str]:
    """Return the files that look like results, in the commands or by habit."""
    commands = [metric.command for metric in definition.model.metrics if metric.command]
    named = {
        word
        for command in commands
        for word in words_of(command)
        if PurePosixPath(word).suffix in _DATA and not word.startswith("/")
    }
    return sorted(named | set(USUAL_NAMES))


def _said(facts: Facts) -> dict[str, list[str]]:
    """Return what each command printed about the unchanged code, by command."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in facts.evaluation.log.splitlines():
        title = _COMMAND.fullmatch(line)
        if title is not None:
            lines = found.setdefault(title[1], [])
        else:
            lines.append(line)
    return found


def _forged(lines: list[str], metrics: list[Metric], definition: Eval, facts: Facts) -> str:
    text = "".join(f"{line}\n" for line in lines)
    document: Any = _last_json(lines)
    parsed = False
    for metric in metrics:
        form = definition.forms[metric.id]
        value = better_value(metric, definition, facts)
        if isinstance(form, Regex) and not form.answer:
            text = _with_number(text, form, value)
        elif isinstance(form, JsonPath):
            document = _with_step(document, form.steps, value)
        elif isinstance(form, WholeOutput):
            text = f"{value}\n"
        parsed = parsed or not isinstance(form, ExitCode)
    if any(isinstance(definition.forms[metric.id], JsonPath) for metric in metrics):
        return json.dumps(document) + "\n"
    return text if parsed else ""


def _last_json(lines: list[str]) -> object:
    for text in ("\n".join(lines), lines[-1] if lines else ""):
        try:
            return json.loads(text)
        except ValueError:
            continue
    return {}


def _with_number(text: str, form: Regex, value: float) -> str:
    found = form.pattern.search(text)
    if found is None:
        return text
    start, end = found.span(form.pattern.groups)
    return f"{text[:start]}{value}{text[end:]}"


def _with_step(document: Any, steps: tuple[str | int, ...], value: float) -> Any:
    """Return a document that has ``value`` at a path; what does not fit there is made anew."""
    if not steps:
        return value
    step, *rest = steps
    if isinstance(step, int):
        items: list[Any] = [*cast("list[Any]", document)] if isinstance(document, list) else []
        at = step if step >= 0 else max(0, len(items) + step)
        items += [None] * (at + 1 - len(items))
        items[at] = _with_step(items[at], tuple(rest), value)
        return items
    fields: dict[str, Any] = {}
    if isinstance(document, dict):
        fields |= cast("dict[str, Any]", document)
    fields[step] = _with_step(fields.get(step), tuple(rest), value)
    return fields


def scripts_of(definition: Eval) -> Iterator[str]:
    """Yield every word of the commands that looks like a file, in order."""
    for metric in definition.model.metrics:
        for word in words_of(metric.command or ""):
            if not word.startswith(("-", "/")) and ".." not in word:
                yield str(PurePosixPath(word))
