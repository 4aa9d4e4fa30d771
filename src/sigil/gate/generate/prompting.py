"""What a model is asked that drafts scenarios.

It sees the intent, what the compiler made of each clause, some visible scenarios, and the language
in short. Never a holdout, nor anything that holdouts are drawn from. All of it is data between
marks that nobody who wrote it could know.

Pure but for reading our own templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from sigil.canonical import digest_value
from sigil.gate.generate.model import Uncompiled
from sigil.gate.generate.traceability import lines_of
from sigil.gate.generate.validating import Candidate
from sigil.gate.intent import Intent, Kind
from sigil.llm.model import Message
from sigil.search.prompting.fence import Fence
from sigil.search.prompting.prompt import mending
from sigil.search.prompting.templates import Templates

VERSION = "v1"
NAMES = ("system", "user", "mend")
MOST_DRAFTS = 6
"""Scenarios of one answer."""
_INTENT_BUDGET = 40_000
_CLAUSES_BUDGET = 8_000
_VISIBLE_BUDGET = 16_000
_BOUNDARY = 16


@dataclass(frozen=True, slots=True)
class Shown:
    """What a model is shown of an intent.

    Args:
        intent: that scenarios are wanted for.
        source: its text.
        visible: scenarios that were compiled; holdouts among them are an error.
        uncompiled: what was not, and why.
    """

    intent: Intent
    source: str
    visible: Sequence[Candidate]
    uncompiled: Sequence[Uncompiled]

    def __post_init__(self) -> None:
        """Refuse holdouts.

        Raises:
            ValueError: there is one.
        """
        if any(one.half != "visible" for one in self.visible):
            raise ValueError("a holdout is shown to no model")

    @property
    def clauses(self) -> tuple[str, ...]:
        """Ids of what may be drafted for.

        Rows are not among them: those that are sealed must not be told from the others, nor
        become visible in a model's words. Nor is what only a judge can tell.
        """
        lost = {one.clause for one in self.uncompiled if one.whole}
        ours = [one.id for one in self.intent.clauses if one.kind is not Kind.QUALITY]
        return (*ours, *(table.id for table in self.intent.tables if table.id in lost))

    @property
    def state(self) -> str:
        """Each of them on a line: its line of the intent, and what was compiled of it."""
        reasons = {one.clause: one.reason for one in self.uncompiled}
        compiled = {clause for one in self.visible for clause in one.clauses}
        lines = lines_of(self.intent)
        return "\n".join(
            f"{name}, line {lines[name]}: {_covered(name in compiled, reasons.get(name))}"
            for name in self.clauses
        )


def _covered(compiled: bool, reason: str | None) -> str:
    there = "compiled" if compiled else "nothing compiled"
    return there if reason is None else f"{there} ({reason})"


def asked(shown: Shown) -> tuple[tuple[Message, ...], Fence]:
    """Return the question for scenarios, and its marks."""
    texts = [one.text for one in shown.visible]
    fence = _fence(shown.source, shown.state, *texts)
    marks = {"begin": fence.begin, "end": fence.end, "priority": shown.intent.priority.value}
    fields = {
        "intent": fence.around(shown.source, _INTENT_BUDGET),
        "clauses": fence.around(shown.state, _CLAUSES_BUDGET),
        "visible": fence.around("\n".join(texts) or "(none)", _VISIBLE_BUDGET),
        "most": str(MOST_DRAFTS),
    }
    system, user = _templates().render("system", marks), _templates().render("user", fields)
    return (Message("system", system), Message("user", user)), fence


def mended(
    question: Sequence[Message], fence: Fence, answer: str, complaint: str
) -> tuple[Message, ...]:
    """Return the question for what could not be used of an answer, without its faults."""
    again = _fence(answer, complaint, fence.boundary)
    return mending(_templates(), again, question, answer, complaint)


def _fence(*facts: str) -> Fence:
    return Fence(digest_value(list(facts)).rpartition(":")[2][:_BOUNDARY])


@lru_cache(maxsize=1)
def _templates() -> Templates:
    folder = resources.files("sigil.gate.generate") / "templates" / VERSION
    texts: Mapping[str, str] = {name: (folder / f"{name}.txt").read_text("utf-8") for name in NAMES}
    return Templates(VERSION, texts)
