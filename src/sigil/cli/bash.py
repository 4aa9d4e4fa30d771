"""Completion of words with colons in bash, which takes them apart.

Bash breaks words at what `COMP_WORDBREAKS` holds, by default at colons too: of `a.py:name` the
completion is told `a.py`, `:` and `name`, and what it answers replaces `name` alone. So what was
taken apart is joined again, and answers begin behind the last colon. Where a person took the
colon out of `COMP_WORDBREAKS`, words come whole, and so do answers.

A file that a function's name follows gets no blank behind it.

Not here: what is proposed (`sigil.cli.completing`).
"""

from __future__ import annotations

from typing import Any

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

_FILE = """\
        elif [[ $type == 'file' ]]; then
            COMPREPLY=()
            compopt -o default
"""
_UNFINISHED = """\
        elif [[ $type == 'unfinished' ]]; then
            compopt -o nospace
"""


class ColonsJoined(BashComplete):
    """The completion of bash, told whole words."""

    source_template = BashComplete.source_template.replace(_FILE, _FILE + _UNFINISHED)
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
        said = f"{item.type},{str(item.value).removeprefix(self._told)}"
        # A line of its own: a script from before knows no such type, and still completes files.
        return f"{said}\nunfinished," if item.unfinished else said


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
