"""Words of a clause that nothing was made of.

A clause is compiled whole only if every word of it was taken up by a pattern, or says nothing by
itself: those words are a closed list, and so are the phrases in which others say nothing. What is
left is named, as it was written.

Pure. Not here: the patterns (`expects`, `properties`), words that turn a meaning around
(`clauses`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

TAKEN = "∎"
"""Stands in a text where something was taken up."""
_ACTOR = (
    r"(?:users?|clients?|callers?|accounts?|visitors?|customers?|anyone|anybody|someone|somebody"
    r"|strangers?|persons?|people|whoever|requests?)"
)
_IS_KIND = r"(?:new|fresh|free(?:[- ]tier)?|registered|(?:signed|logged)[- ]in|authenticated)"
_FILLERS = frozenset(
    "a an the its their it itself they them this that these those which who there and but both also"
    " too again still even so as with of in to for on from by at into is are was were be been being"
    " return returns returned respond responds answer answers answered reply replies receive"
    " receives received give gives given yield yields get gets have has had contain contains"
    " include includes show shows lists carry carries come comes back hold holds say says names"
    " must should shall will always succeed succeeds fail fails redirect redirects redirected"
    " response responses result results status code http error field fields value values header"
    " headers service server api endpoint then".split()
)
"""Say nothing by themselves of an answer, but for what they stand beside."""
_SENDING = frozenset(
    "send sends sending sent use uses using pass passes passing call calls calling hit hits make"
    " makes making do does doing ask asks asking request requests requesting read reads reading"
    " fetch fetches fetching create creates creating update updates updating delete deletes"
    " deleting remove removes removing post posts posting put puts putting patch patches patching"
    " submit submits submitting open opens opening sign signs signing signed register registers"
    " registering up log logs logging logged in body payload json query parameter parameters same"
    " session token authenticated after afterwards next now later once when if i you we".split()
)
"""Say nothing by themselves of a request: it stands beside them, in a code span."""
_PHRASES = re.compile(
    r"\bon the (?:very )?next (?:read|request|call|visit|time)\b|\bafter that\b|\bafterwards\b"
    r"|\bfrom then on\b|\bby then\b|\bas well\b|\bthe (?:(?:answer|response|reply)(?:'s)? )?body\b"
    rf"|\b(?:the|an?) {_ACTOR}(?= (?:is|are|gets?|receives?|sees?|has)\b| ?{TAKEN})",
    re.IGNORECASE,
)
_WHO = re.compile(rf"\b(?:{_IS_KIND} )*{_ACTOR}(?:'s)?(?=[^\w'-]|$)", re.IGNORECASE)
_ENDS = re.compile(rf"[{TAKEN};:()!?\u2013\u2014]|[.](?=\s|$)")
_MARK = re.compile(r"«[a-z ]+ \d+»")
_OPENING = re.compile(r"^(?:[,\s]|(?:and|but|then|it|also)\b)+", re.IGNORECASE)


def unused(left: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """Return what was not understood of an answer, as it was written; none if all of it was.

    Args:
        left: what no pattern took up; code spans in it are marks, and count as taken up.
        known: further words that say nothing, in small letters.
    """
    return _unused(left, lambda run: _telling(run, _FILLERS.union(known)))


def unused_of_request(left: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """Return what was not understood of a request and of who makes it; see `unused`."""
    fillers = _FILLERS | _SENDING.union(known)
    return _unused(left, lambda run: _telling(_WHO.sub(" ", run), fillers))


def _unused(left: str, telling: Callable[[str], list[str]]) -> tuple[str, ...]:
    text = _PHRASES.sub(TAKEN, _MARK.sub(TAKEN, left))
    runs = (" ".join(run.split()) for run in _ENDS.split(text))
    return tuple(_OPENING.sub("", run).strip(" ,") for run in runs if telling(run))


def refers(said: str, earlier: str) -> bool:
    """Say whether words are a name for what an earlier clause does, such as "after checkout"."""
    there = earlier.lower()
    return all(
        word[: max(4, len(word) - 3)] in there
        for word in _telling(said.replace(",", " "), _FILLERS | _SENDING)
    )


def not_used(said: Collection[str]) -> str:
    """Return why a clause is compiled in part, if these words of it were not understood."""
    named = ", ".join(f'"{one}"' for one in dict.fromkeys(said))
    return (
        f"no scenario looks at what {named} says; say it in words that are known, or seal a "
        "scenario of your own"
    )


def _telling(text: str, fillers: Collection[str]) -> list[str]:
    """Return the words that say something."""
    words = (word.strip(",'-*_").lower() for word in text.split())
    return [word for word in words if word and word not in fillers]
