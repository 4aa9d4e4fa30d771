"""What a model's answer means: one exact unified diff against the parent, or what is wrong.

Not here: who is asked to mend it (`sigil.search.model_proposer`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigil.errors import SigilError
from sigil.llm.redaction import redact
from sigil.printable import printable
from sigil.search.patch import check, diff, recount
from sigil.search.pins import Pin

_LONGEST_NOTE = 160
_FENCED = re.compile(r"^(`{3,}|~{3,})[ \t]*(\w*)[^\n]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_BARE = re.compile(r"^(?:diff --git |--- \S+[^\n]*\n\+\+\+ )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer comes to.

    Args:
        patch: an exact unified diff against the parent; empty where there is a failure.
        failure: what is wrong, for the model and for the record; None if nothing is.
        mendable: whether asking again may help; not if the answer means to change nothing.
    """

    patch: str
    failure: str | None = None
    mendable: bool = True


NOTHING = Reading("", "the answer changes nothing", mendable=False)


def read_reply(text: str, files: Mapping[str, str], pins: Sequence[Pin]) -> Reading:
    """Return what an answer means for ``files``; never raises."""
    answer = text.replace("\r\n", "\n")
    found = extract_diff(answer)
    if found is None:
        return Reading("", "the answer holds no diff")
    if not found.strip():
        return NOTHING
    found = recount(found)
    if all("\r\n" in content for content in files.values()):
        found = found.replace("\n", "\r\n")
    try:
        after = check(found, files, pins, source="answer")
    except SigilError as error:
        return Reading("", str(error))
    patch = diff(files, after)
    return Reading(patch) if patch else NOTHING


def extract_diff(reply: str) -> str | None:
    """Return the unified diff in a model's answer; None where there is none.

    A fenced block that is called diff or patch, else any fenced block that holds one, else
    everything from the first header on. Several blocks are taken together.
    """
    blocks = [(found[2].lower(), found[3]) for found in _FENCED.finditer(reply)]
    named = [body for name, body in blocks if name in {"diff", "patch"}]
    if named:
        return "".join(named)
    other = [body for _, body in blocks if _BARE.search(body)]
    if other:
        return "".join(other)
    bare = _BARE.search(reply)
    return reply[bare.start() :] if bare else None


def note_of(reply: str) -> str:
    """Return the first line of an answer that is not part of its change, printable and short."""
    prose = _FENCED.sub("", reply)
    bare = _BARE.search(prose)
    prose = prose[: bare.start()] if bare else prose
    line = next((line.strip() for line in prose.splitlines() if line.strip()), "no comment")
    return printable(redact(line), _LONGEST_NOTE)
