"""The provider ``stub``: answers at once, without a network, with a diff that does nothing.

For trying commands and for tests. It never improves anything, and says so.
"""

from __future__ import annotations

from sigil.llm.model import Reply, Request, Usage
from sigil.llm.settings import ModelSettings

_TEXT = "The stub provider proposes no change.\n\n```diff\n```\n"


class Stub:
    """A model that has no ideas. Tokens are counted as words; nothing costs anything.

    Args:
        settings: of its entry; it needs none of them.
    """

    name = "stub"

    def __init__(self, settings: ModelSettings | None = None):
        self._model = (settings.model if settings else "") or "stub"

    def complete(self, request: Request) -> Reply:
        """Return the empty diff, whatever is asked."""
        words = sum(len(message.content.split()) for message in request.messages)
        usage = Usage(input_tokens=words, output_tokens=len(_TEXT.split()), cost_usd=0.0)
        return Reply(_TEXT, model=self._model, usage=usage, raw_id=f"stub-{request.seed}")
