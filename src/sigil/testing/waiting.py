"""A proposer that asks a model and waits for each answer.

Makes a `Proposer` of an `Inquirer`, so that `sigil.testing.proposers` can check it too. Not
here: asking many at once, retrying, budgets (`sigil.optimize`).
"""

from __future__ import annotations

from sigil.errors import ProviderFailed
from sigil.llm.model import Provider, Reply
from sigil.search.model import Inquirer, Outcome, Proposal, Question, View


class Waiting:
    """An `Inquirer` and whoever answers it, together a `Proposer`.

    Args:
        inquirer: asks.
        provider: answers; gets `Request.model` as the inquirer wrote it.
    """

    def __init__(self, inquirer: Inquirer, provider: Provider):
        self.name = inquirer.name
        self._inquirer = inquirer
        self._provider = provider

    def ask(self, view: View, count: int) -> list[Proposal]:
        """Return a proposal for each question, one after the other; see `Proposer.ask`."""
        return [self._settle(question) for question in self._inquirer.questions(view, count)]

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Pass on what became of a proposal."""
        self._inquirer.tell(proposal, outcome)

    def _settle(self, question: Question) -> Proposal:
        while True:
            reply: Reply | None = None
            failure: str | None = None
            try:
                reply = self._provider.complete(question.request)
            except ProviderFailed as error:
                failure = str(error)
            answer = self._inquirer.answered(question, reply, failure)
            if isinstance(answer, Proposal):
                return answer
            question = answer
