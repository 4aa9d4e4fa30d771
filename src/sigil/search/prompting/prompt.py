"""What a model is shown: the task, the code, where it comes from, and what was tried.

Everything that is not a template is data between marks: the words of spec and eval, the
lines around the pins, diffs, failures, notes. Nothing of a held-out input is among them; of a
visible one there is what a failure says of the case that an attempt got wrong.

Pure. Not here: which parent and which relatives (`sigil.search.prompting.relatives`), the
templates (`sigil.search.prompting.templates`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sigil.llm.model import Message
from sigil.printable import printable
from sigil.search.model import BASELINE, Parent
from sigil.search.pins import Pin, Region, locate
from sigil.search.prompting.fence import Fence
from sigil.search.prompting.relatives import difference
from sigil.search.prompting.templates import Templates

AROUND = 20
"""Lines shown before and after a pinned region, where there is room."""
CODE_BUDGET = 48_000
"""The most characters of code in a prompt, shared by the pinned regions."""
DIFF_BUDGET = 6_000
TASK_BUDGET = 8_000
METRICS_BUDGET = 8_000
ATTEMPTS_BUDGET = 8_000
ANSWER_BUDGET = 24_000
COMPLAINT_BUDGET = 2_000
NO_OBJECTIVE = "no objective"
"""Said of a number that is no cost; `sigil.llm.replay` knows by it what may differ."""
_LONGEST_ID = 80


Values = Mapping[str, float | bool]
"""A number or an answer by the name of its metric."""


def no_values(_: str) -> Values:
    """Return what is known of a candidate of which only the costs are."""
    return {}


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier attempts came to, as lines, latest last.

    Args:
        failed: what was tried and why it failed.
        tried: what was tried and could be measured.
    """

    failed: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a run is about; the same in all of its prompts.

    Args:
        task: what is to be reached and how it is judged, in words.
        objectives: the name of each cost, in order.
        baseline: text by path; empty shows differences from the parent instead.
        metrics: what is measured, in words.
        besides: from a candidate's id to what was measured of it that is no cost. It has to
            give the same whenever it is asked, or a resumed run asks everything anew.
    """

    task: str
    objectives: tuple[str, ...]
    baseline: Mapping[str, str]
    metrics: str = ""
    besides: Callable[[str], Values] = no_values


@dataclass(frozen=True, slots=True)
class Prompter:
    """Writes one prompt.

    Args:
        templates: of the run.
        fence: the marks of this prompt.
        subject: of the run.
    """

    templates: Templates
    fence: Fence
    subject: Subject

    def messages(
        self, pins: Sequence[Pin], parent: Parent, relatives: Sequence[Parent], memory: Memory
    ) -> tuple[Message, ...]:
        """Return the conversation that asks for one change of ``parent``.

        Args:
            pins: what may change.
            parent: shown as code, and as a difference from the baseline.
            relatives: shown as differences from the baseline.
            memory: of earlier attempts.

        Raises:
            PinNotFound, PinAmbiguous, InvalidValue, NotYet: ``pins`` do not fit the parent.
        """
        baseline = self.subject.baseline or parent.files
        fields = {
            "task": self._task(),
            "code": self._code(pins, parent.files),
            "parent": self._origin("parent", parent, baseline),
            "relatives": "\n\n".join(
                self._origin("relative", other, baseline) for other in relatives
            ),
            "failed": self._attempts("failed", memory.failed),
            "tried": self._attempts("tried", memory.tried),
        }
        marks = {"begin": self.fence.begin, "end": self.fence.end}
        return (
            Message("system", self.templates.render("system", marks)),
            Message("user", self.templates.render("user", fields)),
        )

    def _task(self) -> str:
        told = self.subject
        if not told.task.strip() and not told.metrics.strip():
            return ""
        fields = {
            "text": self.fence.around(told.task or "(not told)", TASK_BUDGET),
            "metrics": self.fence.around(told.metrics or "(not told)", METRICS_BUDGET),
        }
        return self.templates.render("task", fields)

    def _section(self, name: str, field: str, text: str, budget: int) -> str:
        if not text.strip():
            return ""
        return self.templates.render(name, {field: self.fence.around(text, budget)})

    def _attempts(self, name: str, lines: Sequence[str]) -> str:
        return self._section(name, "attempts", "\n".join(lines), ATTEMPTS_BUDGET)

    def _code(self, pins: Sequence[Pin], files: Mapping[str, str]) -> str:
        regions = locate(pins, files)
        budget = CODE_BUDGET // max(len(regions), 1)
        parts: list[str] = []
        for region in regions:
            start, shown = _excerpt(region, files[region.path], budget)
            fields = {
                "path": printable(region.path),
                "first": str(region.first),
                "last": str(region.last),
                "from": str(start),
                "text": self.fence.around(shown, budget),
            }
            parts.append(self.templates.render("code", fields))
        return "\n\n".join(parts)

    def _origin(self, name: str, candidate: Parent, baseline: Mapping[str, str]) -> str:
        if candidate.id == BASELINE:
            shown = "(not at all: it is the baseline)"
        else:
            shown = difference(baseline, candidate.files) or "(not at all)"
        objectives, besides = self.subject.objectives, self.subject.besides(candidate.id)
        fields = {
            "id": printable(candidate.id, _LONGEST_ID),
            "measured": measured_in_words(objectives, candidate.costs, besides),
            "costs": costs_in_words(objectives, candidate.costs),
            "diff": self.fence.around(shown, DIFF_BUDGET),
        }
        return self.templates.render(name, fields)


def mending(
    templates: Templates, fence: Fence, asked: Sequence[Message], answer: str, complaint: str
) -> tuple[Message, ...]:
    """Return a conversation that shows what was asked, a faulty answer and what is wrong.

    Args:
        templates: of the run.
        fence: new marks; those of ``asked`` are known to whoever wrote ``answer``.
        asked: the conversation that was answered; its last message is from the user.
        answer: as it came.
        complaint: why it cannot be used.
    """
    fields = {
        "answer": fence.around(answer or "(nothing)", ANSWER_BUDGET),
        "complaint": fence.around(complaint, COMPLAINT_BUDGET),
        "begin": fence.begin,
        "end": fence.end,
    }
    *before, last = asked
    again = f"{last.content}\n\n{templates.render('mend', fields)}"
    return (*before, Message(last.role, again))


def _excerpt(region: Region, text: str, budget: int) -> tuple[int, str]:
    """Return the lines of a region, with as many around as there is room for.

    Returns:
        The number of the first line shown, and the lines.
    """
    lines = text.split("\n")
    first, last = region.first - 1, region.last
    room = budget - sum(len(line) + 1 for line in lines[first:last])
    for _ in range(AROUND):
        before = len(lines[first - 1]) + 1 if first else 0
        after = len(lines[last]) + 1 if last < len(lines) else 0
        room -= before + after
        if room < 0 or not before + after:
            break
        first, last = max(first - 1, 0), min(last + 1, len(lines))
    return first + 1, "\n".join(lines[first:last])


def measured_in_words(objectives: Sequence[str], costs: Sequence[float], besides: Values) -> str:
    """Return such as ``Measured: latency_ms 12.5 (lower is better). Besides: same_rows yes.``.

    Args:
        objectives: see `costs_in_words`.
        costs: likewise.
        besides: what else was measured.
    """
    if not besides:
        return costs_in_words(objectives, costs)
    others = ", ".join(f"{printable(name)} {_besides(value)}" for name, value in besides.items())
    if not costs:
        return f"It has no costs: {others}."
    return f"{costs_in_words(objectives, costs)} Besides: {others}."


def _besides(value: float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g} ({NO_OBJECTIVE})"


def costs_in_words(objectives: Sequence[str], costs: Sequence[float]) -> str:
    """Return such as ``Measured: latency_ms 12.5 (lower is better).``.

    Args:
        objectives: the name of each cost; ``-name`` of a metric that is to be large, whose cost
            is its negative. The metric is shown as it was measured.
        costs: one for each, or none.
    """
    if not costs:
        return "It was not measured."
    names = list(objectives) if len(objectives) == len(costs) else [""] * len(costs)
    return f"Measured: {', '.join(map(_in_words, names, costs))}."


def _in_words(name: str, cost: float) -> str:
    large = name.startswith("-")
    value = f"{printable(name.removeprefix('-'))} {-cost if large else cost:.6g}".strip()
    return f"{value} ({'higher' if large else 'lower'} is better)"
