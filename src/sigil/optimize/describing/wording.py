"""What a model is asked: templates that come with Sigil, by version, and data between marks.

Contents of files and words of a person are data: redacted, cut to a budget, between marks that
follow from everything that they hold, so that nothing among it can know them.

Pure but for reading our own templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from sigil.canonical import digest_value
from sigil.llm.model import Message
from sigil.printable import printable
from sigil.search.prompting.fence import Fence
from sigil.search.prompting.prompt import mending
from sigil.search.prompting.templates import Templates

VERSION = "v1"
NAMES = ("spec_system", "spec_user", "eval_system", "eval_user", "file", "mend")
FILE_BUDGET = 60_000
"""Characters of one file."""
FILES_BUDGET = 240_000
"""Characters of all files."""
_WORDS_BUDGET = 8_000
_PATHS_BUDGET = 8_000
_BOUNDARY = 16


@dataclass(frozen=True, slots=True)
class Wording:
    """Writes the questions of one conversation.

    Args:
        fence: the marks around data.
        templates: ours.
    """

    fence: Fence
    templates: Templates

    @classmethod
    def about(cls, *facts: object) -> Wording:
        """Return the wording for questions that show ``facts``, JSON-like."""
        boundary = digest_value(list(facts)).rpartition(":")[2][:_BOUNDARY]
        return cls(Fence(boundary), _templates())

    def ask_for_spec(self, words: str, files: Mapping[str, str]) -> tuple[Message, ...]:
        """Return the question for the pins of a spec.

        Args:
            words: what a person wants to be better.
            files: text by path, all that may be pinned.
        """
        return self._ask("spec", words, files)

    def ask_for_eval(
        self, name: str, words: str, files: Mapping[str, str], pins: str, paths: Sequence[str]
    ) -> tuple[Message, ...]:
        """Return the question for an eval.

        Args:
            name: of the eval.
            words: what a person wants to be measured.
            files: the pinned files' text by path.
            pins: what may change, a line each.
            paths: what else is in the repository.
        """
        return self._ask(
            "eval",
            words,
            files,
            name=name,
            pins=self.fence.around(pins, _WORDS_BUDGET),
            paths=self.fence.around("\n".join(paths), _PATHS_BUDGET),
        )

    def mend(self, asked: Sequence[Message], answer: str, complaint: str) -> tuple[Message, ...]:
        """Return the question for the same answer without its fault."""
        fence = Wording.about(answer, complaint, self.fence.boundary).fence
        return mending(self.templates, fence, asked, answer, complaint)

    def _ask(
        self, kind: str, words: str, files: Mapping[str, str], **more: str
    ) -> tuple[Message, ...]:
        marks = {"begin": self.fence.begin, "end": self.fence.end, "name": more.get("name", "")}
        budget = min(FILE_BUDGET, FILES_BUDGET // max(len(files), 1))
        shown = [
            self.templates.render(
                "file", {"path": printable(path), "text": self.fence.around(text, budget)}
            )
            for path, text in files.items()
        ]
        fields = {
            "words": self.fence.around(words, _WORDS_BUDGET),
            "files": "\n\n".join(shown),
            **more,
        }
        return (
            Message("system", self.templates.render(f"{kind}_system", marks)),
            Message("user", self.templates.render(f"{kind}_user", fields)),
        )


@lru_cache(maxsize=1)
def _templates() -> Templates:
    folder = resources.files("sigil.optimize.describing") / "templates" / VERSION
    return Templates(VERSION, {name: (folder / f"{name}.txt").read_text("utf-8") for name in NAMES})
