"""Scenarios about notes, run in this process on a service that may be wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.gate.generate.notes import Notes

from sigil.gate.effects import Answered, Call
from sigil.gate.generate.validating import Ran
from sigil.gate.lua import run_scenario
from sigil.gate.model import Scenario


@dataclass
class Local:
    """A service that answers in this process, and what it was asked."""

    notes: Notes
    answered: list[Answered] = field(default_factory=list)

    def perform(self, call: Call) -> Any:
        request = call.request
        token = (request["headers"].get("Authorization") or "").removeprefix("Bearer ")
        sent = None if request["body"] is None else json.loads(request["body"])
        status, value = self.notes.answer(request["method"], request["path"], token, sent)
        reply = {"status": status, "headers": {}, "body": json.dumps(value), "encoding": "utf-8",
                 "elapsed_ms": 1}  # fmt: skip
        self.answered.append(Answered(call, reply))
        return reply


class Picky(Notes):
    """Answers with one note of the caller, whatever id is asked for.

    Args:
        which: place of it, among those of the caller or of everybody.
        of_all: whether it looks at everybody's.
    """

    def __init__(self, which: int, *, of_all: bool):
        super().__init__()
        self.which, self.of_all = which, of_all

    def _notes(self, method: str, path: str, token: str, sent: Any) -> tuple[int, Any]:
        if method == "GET" and path.startswith("/notes/"):
            titles = [t for (owner, _), t in self.notes.items() if self.of_all or owner == token]
            return 200, {"title": titles[self.which]}
        return super()._notes(method, path, token, sent)


def ran(text: str, notes: Notes) -> Ran:
    service = Local(notes)
    run = run_scenario(Scenario("x", "holdout", text, "x.lua"), service, seed=3)
    return Ran(run.result.status, tuple(service.answered), run.evidence, 3)
