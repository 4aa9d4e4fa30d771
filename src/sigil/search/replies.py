"""What a model's answer means: one exact unified diff against the parent, or what is wrong.

An answer is a unified diff, blocks of search and replacement, or definitions and files whole;
one form, not several. Whatever it holds, it ends in a patch that passes `check` or in a
sentence that says what to do, and never in an exception.

Not here: the forms (`sigil.search.answers`), who is asked to mend a faulty answer
(`sigil.search.model_proposer`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigil.errors import MalformedPatch, SigilError, Where
from sigil.llm.redaction import REDACTED, redact
from sigil.printable import printable
from sigil.search.answers.definitions import read_blocks
from sigil.search.answers.diffs import diff_in, read_diff
from sigil.search.answers.fences import Answer, is_fence, take_apart
from sigil.search.answers.placing import SOURCE
from sigil.search.answers.search_replace import read_replacements, replacements_in
from sigil.search.patch import check, diff
from sigil.search.pins import Pin

MAX_CHARACTERS = 1 << 18
"""Of an answer that is read: of 65,536 tokens. Reading takes the thread that runs the search."""
MAX_LINES = 20_000
_LONGEST_NOTE = 160
_NOTE_WITHIN = 1 << 16
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_HEADERS = ("diff --git ", "--- ", "+++ ", "@@", "<<<<<<<", "=======", ">>>>>>>")


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
    """Return what an answer means.

    Args:
        text: as it came.
        files: the parent's text by path.
        pins: what may change.
    """
    try:
        after = _meant(_sound(text), files, pins)
        _refuse_redacted(files, after)
        patch = diff(files, after)
        if not patch:
            return NOTHING
        check(patch, files, pins, source="the change")
    except SigilError as error:
        return Reading("", _said(error))
    return Reading(patch)


def note_of(reply: str) -> str:
    """Return the first line of an answer that is not part of its change, printable and short."""
    prose: list[str] = []
    answer = take_apart(reply[:_NOTE_WITHIN])
    inside = {
        number
        for block in answer.blocks
        for number in range(block.first - 2, block.first + len(block.lines))
    }
    for number, line in enumerate(answer.lines):
        if line.startswith(_HEADERS):
            break
        if number not in inside and line.strip() and not is_fence(line):
            prose.append(line.strip())
            break
    return printable(redact(prose[0] if prose else "no comment"), _LONGEST_NOTE)


def _said(error: SigilError) -> str:
    """Return an error on one line with every blank in it: in code, they are what is wrong."""
    place = f"{error.where}: " if error.where else ""
    remedy = f"; {error.remedy}" if error.remedy else ""
    return " ".join(f"{place}{error.problem}{remedy}".splitlines())


def _sound(text: str) -> Answer:
    """Return the parts of an answer that is text, of a size that can be read.

    Raises:
        MalformedPatch: it is not.
    """
    lines = text.count("\n") + 1
    if len(text) > MAX_CHARACTERS or lines > MAX_LINES:
        raise MalformedPatch(
            f"the answer has {len(text)} characters on {lines} lines; at most {MAX_CHARACTERS} "
            f"on {MAX_LINES} are read",
            remedy="answer with the change alone",
        )
    text = text.replace("\r\n", "\n")
    bad = _NO_TEXT.search(text)
    if bad is not None:
        raise MalformedPatch(
            f"not text: the character U+{ord(bad[0]):04X}",
            where=Where(SOURCE, text.count("\n", 0, bad.start()) + 1),
            remedy="answer in plain UTF-8 text",
        )
    return take_apart(text)


def _refuse_redacted(files: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Raise if an answer writes what a prompt shows in place of a secret."""
    for path in sorted(after):
        if after[path].count(REDACTED) > files.get(path, "").count(REDACTED):
            raise MalformedPatch(
                f"{path} would hold {REDACTED!r}, which stands for text that was not shown",
                where=Where(SOURCE),
                remedy="leave that line out of the change",
            )


def _meant(answer: Answer, files: Mapping[str, str], pins: Sequence[Pin]) -> dict[str, str]:
    """Return the files that an answer leaves, in whichever form it is written."""
    replacements = replacements_in(answer.lines)
    found = diff_in(answer)
    if found is not None and replacements:
        raise MalformedPatch(
            "the answer holds a diff and blocks of search and replacement",
            remedy="use one form",
        )
    if replacements:
        return read_replacements(replacements, files, pins)
    if answer.unclosed is not None:
        raise MalformedPatch(
            "the fenced block that begins here never ends",
            where=Where(SOURCE, answer.unclosed),
            remedy="give the whole answer, shorter if it was cut off",
        )
    if found is not None:
        return read_diff(found, files, pins) if found.strip() else dict(files)
    if answer.blocks:
        return read_blocks(answer.blocks, files, pins)
    raise MalformedPatch(
        "the answer holds no change",
        remedy="give a unified diff, blocks of search and replacement, or whole definitions",
    )
