"""Can scenarios be called after the file of an intent?

The id of each is the file's name, a slash, and the id of its clause or row. What no scenario can be
called is refused before any is made, because it would only be noticed once all of them were tried.

Pure. Not here: what an id may be (`sigil.gate.names`), what rows are called (`intent.rows`).
"""

from __future__ import annotations

from typing import Final

from sigil.errors import IntentMalformed, Where
from sigil.gate.intent import Intent, Kind
from sigil.gate.names import MAX_ID, VISIBLE_ID

_OF_DRAFTS: Final = len("-drafted-99")


def check_ids(intent: Intent, *, drafting: bool) -> None:
    """See to it that all scenarios of an intent can be called what they would be called.

    Args:
        intent: whose file is looked at, as far as its name goes.
        drafting: whether a model is to draft further ones, whose ids are longer.

    Raises:
        IntentMalformed: they cannot, because of the letters of the file's name, or of how many
            there are.
    """
    name, where = intent.slug, Where(intent.path)
    if not VISIBLE_ID.fullmatch(name):
        raise IntentMalformed(
            "no scenario can be called after this file",
            where=where,
            remedy="rename it: letters from a to z, digits, _, - and dots, the first no - or dot",
        )
    compiled = [one.id for one in intent.clauses if drafting or one.kind is not Kind.QUALITY]
    rows = [row.id for table in intent.tables for row in table.rows]
    longest = max([*compiled, *rows], key=len)
    most = MAX_ID - len(f"/{longest}") - (_OF_DRAFTS if drafting else 0)
    if len(name) > most:
        raise IntentMalformed(
            f"the file's name has {len(name)} letters, and {most} are the most with which "
            f"{longest} has an id of at most {MAX_ID}",
            where=where,
            remedy="give the file a shorter name",
        )
