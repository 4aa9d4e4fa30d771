"""A proposer that asks a model.

An answer becomes one exact patch (`sigil.search.replies`). One that cannot is shown to the
model once more, with what is wrong about it; if that does not help, it becomes a proposal
without a patch whose ``data["failure"]`` says why, so that what was paid for is in the record.

Not here: what a prompt holds (`sigil.search.prompting`), which model is asked
(`sigil.search.ensemble`), who answers (`sigil.llm.provider`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sigil.effects import random_stream
from sigil.llm.model import Reply, Request
from sigil.printable import printable_once
from sigil.search.credit import gain_of
from sigil.search.ensemble import Ensemble
from sigil.search.model import Outcome, Proposal, Question, View
from sigil.search.prompting.fence import Fence
from sigil.search.prompting.prompt import (
    Memory,
    Prompter,
    Subject,
    Values,
    costs_in_words,
    mending,
    no_values,
)
from sigil.search.prompting.relatives import relatives_of
from sigil.search.prompting.templates import Templates
from sigil.search.replies import Reading, note_of, read_reply

REMEMBERED_FAILURES = 6
REMEMBERED_ATTEMPTS = 20
_LONGEST_FAILURE = 600


class ModelProposer:
    """Proposes what a model answers. Implements `Inquirer`.

    Args:
        name: of the proposer, for the record.
        task: what is to be reached and how it is judged, in words, from the spec and the
            eval; shown as data.
        objectives: the name of each cost, in order.
        metrics, besides: see `Subject`.
        baseline: text by path, what other candidates are shown as differences from; empty
            shows them as differences from the parent.
        ensemble: chooses the entry of ``models`` that `Request.model` names.
        templates: of the prompts.
        temperature: of every request.
        max_tokens: of every answer.
    """

    def __init__(
        self,
        name: str,
        *,
        task: str = "",
        objectives: Sequence[str] = (),
        metrics: str = "",
        besides: Callable[[str], Values] = no_values,
        baseline: Mapping[str, str],
        ensemble: Ensemble,
        templates: Templates,
        temperature: float = 0.8,
        max_tokens: int = 8192,
    ):
        self.name = name
        self._subject = Subject(task, tuple(objectives), dict(baseline), metrics, besides)
        self._ensemble = ensemble
        self._templates = templates
        self._temperature = temperature
        self._max_tokens = max_tokens
        self._failed: deque[str] = deque(maxlen=REMEMBERED_FAILURES)
        self._tried: deque[str] = deque(maxlen=REMEMBERED_ATTEMPTS)

    def questions(self, view: View, count: int) -> list[Question]:
        """Return ``count`` questions; see `Inquirer.questions`."""
        return [self._question(view) for _ in range(count)]

    def answered(
        self, question: Question, reply: Reply | None, failure: str | None = None
    ) -> Proposal | Question:
        """Return what an answer is worth; see `Inquirer.answered`."""
        if reply is None:
            return self._unanswered(question, failure or "nobody said why")
        reading = read_reply(reply.text, question.parent.files, question.pins)
        if reading.failure is None or not reading.mendable or question.faulty is not None:
            return self._proposal(question, reply, reading)
        stream = random_stream(question.request.seed, "mend")
        conversation = mending(
            self._templates,
            Fence.drawn(stream),
            question.request.messages,
            reply.text,
            reading.failure,
        )
        again = replace(question.request, messages=conversation, seed=stream.getrandbits(31))
        return replace(question, request=again, faulty=reply)

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Remember what became of a proposal, for the next prompts and the choice of models."""
        if outcome.failure is not None:
            if "replies" in proposal.data:  # that nobody answered teaches a model nothing
                why = printable_once(outcome.failure, _LONGEST_FAILURE)
                _remember(self._failed, f"{proposal.note}: {why}")
        else:
            costs = costs_in_words(self._subject.objectives, outcome.costs)
            best = " Among the best." if outcome.elite else ""
            _remember(self._tried, f"{proposal.note}: {costs}{best}")
        self._reward(proposal.data, outcome)

    def _reward(self, data: Mapping[str, Any], outcome: Outcome) -> None:
        """Tell the ensemble what an answer was worth beside the parent that it changed."""
        if "replies" not in data:
            return  # nobody answered: nothing was learned, and nothing paid
        gain = gain_of(data["parent_costs"] or None, outcome.costs, elite=outcome.elite)
        tokens = data["input_tokens"] + data["output_tokens"]
        self._ensemble.tell(data["entry"], gain, data["cost_usd"], tokens)

    def _question(self, view: View) -> Question:
        # Squared, so that the first parents, which are the best, are drawn most.
        parent = view.parents[int(view.random.random() ** 2 * len(view.parents))]
        entry = self._ensemble.choose(view.random)
        prompter = Prompter(self._templates, Fence.drawn(view.random), self._subject)
        relatives = relatives_of(parent, view.parents, self._subject.baseline or parent.files)
        memory = Memory(tuple(self._failed), tuple(self._tried))
        request = Request(
            messages=prompter.messages(view.pins, parent, relatives, memory),
            model=entry,
            temperature=self._temperature,
            seed=view.random.getrandbits(31),
            max_tokens=self._max_tokens,
        )
        return Question(request, parent, self.name, view.seed, pins=tuple(view.pins))

    def _unanswered(self, question: Question, failure: str) -> Proposal:
        reading = Reading("", f"no answer: {failure}")
        if question.faulty is not None:
            first = read_reply(question.faulty.text, question.parent.files, question.pins)
            reading = Reading("", f"{first.failure}; and no mended answer: {failure}")
        return self._proposal(question, None, reading)

    def _proposal(self, question: Question, reply: Reply | None, reading: Reading) -> Proposal:
        replies = [one for one in (question.faulty, reply) if one is not None]
        return Proposal(
            parent=question.parent.id,
            patch=reading.patch,
            proposer=self.name,
            note=note_of(replies[-1].text) if replies else "no answer",
            seed=question.seed,
            data=_data(question, replies, reading.failure),
        )


def _remember(lines: deque[str], line: str) -> None:
    """Note a line as the latest; one that says the same as an earlier one takes its place."""
    if line in lines:
        lines.remove(line)
    lines.append(line)


def _data(question: Question, replies: Sequence[Reply], failure: str | None) -> dict[str, object]:
    """Return what the record keeps: who was asked and answered, and what all of it took.

    What was said stands in the recorded exchange alone.
    """
    costs = question.parent.costs
    data: dict[str, object] = {
        "entry": question.request.model,
        # JSON knows no infinity; without costs, whatever works is a step forward.
        "parent_costs": list(costs) if all(map(math.isfinite, costs)) else [],
    }
    if replies:
        prices = [reply.usage.cost_usd for reply in replies]
        known = [price for price in prices if price is not None]
        data |= {
            "model": replies[-1].model,
            "replies": len(replies),
            "input_tokens": sum(reply.usage.input_tokens for reply in replies),
            "output_tokens": sum(reply.usage.output_tokens for reply in replies),
            "cost_usd": sum(known) if len(known) == len(prices) else None,
        }
    if failure is not None:
        data["failure"] = failure
    return data
