"""Questions to one model, each exchange on disk before its answer is read.

The record is a file with one exchange a line, which the provider ``replay`` reads as well. What
is on record is not asked again: a command that is repeated, or that ended half-way, goes on
from there for nothing. Failures are asked again.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sigil.llm.asking import Asking
from sigil.llm.budget import Budget, Spent
from sigil.llm.model import Message, Request, Usage
from sigil.llm.recorded import read_exchanges
from sigil.llm.settings import ModelSettings
from sigil.store.files import lock, make_directory, write_atomic

FOLDER = ".sigil/generated"
INBOX = "inbox"
MAX_TOKENS = 8192
"""Of an answer: a spec, or an eval with its scripts."""


@dataclass(slots=True)
class Conversation:
    """One model, and what it was asked.

    Args:
        model: who answers.
        record: the file of exchanges.
        seed: tells apart conversations about the same thing.
        asking: to whom questions go.
        spent: what was paid for now, without what was on record.
    """

    model: ModelSettings
    record: Path
    seed: int
    asking: Asking
    spent: Spent = field(default_factory=Spent)

    def ask(self, messages: Sequence[Message]) -> str:
        """Return what the model says.

        Raises:
            ProviderFailed: it does not answer.
        """
        request = Request(tuple(messages), self.model.name, 0.0, self.seed, MAX_TOKENS)
        return self.asking.submit(request).result().text


@contextmanager
def open_conversation(
    root: Path, name: str, model: ModelSettings, budget: Budget, seed: int
) -> Generator[Conversation]:
    """Begin to ask, or go on; what is under way at the end is recorded if it arrives soon.

    Args:
        root: the repository; the record is ``.sigil/generated/<name>.jsonl``.
        name: of what is asked for.
        model: who answers.
        budget: what may be spent now.
        seed: see `Conversation`.

    Raises:
        WorkspaceBusy: somebody else is asking for the same.
        ProviderFailed, DependencyMissing, InvalidValue: the model cannot be asked.
    """
    folder = root / FOLDER
    make_directory(folder)
    write_atomic(folder / ".gitignore", b"*\n")
    if model.provider == INBOX and not model.path:
        model = replace(model, path=str(folder / INBOX))
    file = folder / f"{name}.jsonl"
    with lock(folder / f"{name}.lock"):
        known = _read(file)
        lines = list(known)

        def record(exchange: Mapping[str, Any]) -> None:
            lines.append(exchange)
            write_atomic(file, b"".join(json.dumps(one).encode() + b"\n" for one in lines))
            if "reply" in exchange:
                conversation.spent = conversation.spent.plus(Usage(**exchange["reply"]["usage"]))

        asking = Asking(
            {model.name: model},
            known=[exchange for exchange in known if "reply" in exchange],
            record=record,
            budget=budget,
            spent=Spent(),
        )
        conversation = Conversation(model, file, seed, asking)
        try:
            asking.ready()
            yield conversation
        finally:
            asking.close()


def _read(file: Path) -> Sequence[Mapping[str, Any]]:
    if not file.is_file():
        return []
    return read_exchanges(file, remedy="move the file away; what it holds is asked anew then")
