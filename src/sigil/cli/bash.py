"""Completion of words with colons in bash, which takes them apart.

Bash breaks words at what `COMP_WORDBREAKS` holds, by default at colons too: of `a.py:name` the
completion is told `a.py`, `:` and `name`, and what it answers replaces `name` alone. So what was
taken apart is joined again, and answers begin behind the last colon. Where a person took the
colon out of `COMP_WORDBREAKS`, words come whole, and so do answers.

Not here: what is proposed (`sigil.cli.completing`).
"""

from __future__ import annotations

from typing import Any

from click.shell_completion import BashComplete, CompletionItem, add_completion_class


class ColonsJoined(BashComplete):
    """The completion of bash, told whole words."""

    _told = ""
    """What bash keeps of the word that is being typed."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is being typed, and that one."""
        args, incomplete = super().get_completion_args()
        joined = _joined([*args, incomplete] if incomplete else args)
        if not incomplete:
            return joined, ""
        if joined[-1] != incomplete:
            self._told = joined[-1][: joined[-1].rindex(":") + 1]
        return joined[:-1], joined[-1]

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return an answer without what bash keeps."""
        return f"{item.type},{str(item.value).removeprefix(self._told)}"


def join_colons() -> None:
    """Have bash told whole words by whatever is completed from now on."""
    add_completion_class(ColonsJoined)


def _joined(words: list[str]) -> list[str]:
    """Return words with colons as they were typed, if no blank was typed beside a colon."""
    found: list[str] = []
    for word in words:
        if found and (not word.strip(":") or found[-1].endswith(":")):
            found[-1] += word
        else:
            found.append(word)
    return found
