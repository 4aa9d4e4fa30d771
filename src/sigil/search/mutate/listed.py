"""Single edits that mend a literal among others: one of its peers, exchanged, or respelled.

Whoever types a table mistypes it: a value of the row above, two values that changed places, two
digits or letters that did, one too few or too many.

Not here: one more or one less (`repairs`), which literals are peers (`displays`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise

from sigil.search.mutate.change import Change, placed, replaced, short
from sigil.search.mutate.fragments import atom
from sigil.search.mutate.repairs import like, literal_value
from sigil.search.mutate.sites import Site
from sigil.search.mutate.subject import Subject

_NEAREST = 8
"""So many peers on each side are looked at."""
_LONGEST_TEXT, _LONGEST_NUMBER = 24, 10
_SLIPS, _ALIKE, _SIMILARITY = 2, 4, 0.6
"""By how many letters a word may differ in length, how many are tried, and how alike they are."""


def peered(subject: Subject, site: Site) -> Iterator[Change]:
    """Another literal of the same part, the nearest first."""
    seen = {subject.source.segment(site.node)}
    for other in _nearest(subject, site):
        fragment = subject.fragment(other)
        if fragment.text not in seen:
            seen.add(fragment.text)
            yield from replaced(subject, site, fragment, "literal")


def exchanged(subject: Subject, site: Site) -> Iterator[Change]:
    """Two literals of the same part in each other's place, neighbours first."""
    source = subject.source
    for other in _nearest(subject, site):
        start, end = source.span(other)
        if start < site.end or end > subject.end:
            continue  # each two once, and both inside the region
        one, two = subject.fragment(site.node), subject.fragment(other)
        if one.text != two.text:
            edits = (
                placed(source.text, source.span(site.node), two.text),
                placed(source.text, (start, end), one.text),
            )
            note = f"{short(one.text)} ↔ {short(two.text)} at line {site.node.lineno}"
            yield Change("swap", edits, note)


def mistyped(subject: Subject, site: Site) -> Iterator[Change]:
    """`respelled`, of a literal that has peers."""
    if site.node in subject.peers:
        yield from _respelled(subject, site)


def respelled(subject: Subject, site: Site) -> Iterator[Change]:
    """A literal that has none as a slip of the hand may have changed it.

    Two letters or digits exchanged, one left out or doubled, a text in another case, or a word of
    the file that is spelled much like it.
    """
    if site.node not in subject.peers:
        yield from _respelled(subject, site)


def _respelled(subject: Subject, site: Site) -> Iterator[Change]:
    value = literal_value(site.node)
    if type(value) is int:
        digits = str(abs(value))
        likely = _slips(digits) if 1 < len(digits) <= _LONGEST_NUMBER else []
        for other in likely:
            fresh = int(other) if value > 0 else -int(other)
            yield from replaced(subject, site, like(subject, site, fresh), "literal")
    elif isinstance(site.node, ast.Constant) and isinstance(site.node.value, str):
        yield from _texts(subject, site, site.node.value)


def _texts(subject: Subject, site: Site, text: str) -> Iterator[Change]:
    written = subject.source.segment(site.node)
    # What is escaped, joined of parts or has a prefix is left alone.
    if not 0 < len(text) <= _LONGEST_TEXT or written[1:-1] != text or "\\" in text:
        return
    cases = [text.lower(), text.capitalize(), text.upper(), text.strip()]
    for other in dict.fromkeys([*cases, *_spelled_alike(subject, text), *_slips(text)]):
        fragment = atom(f"{written[0]}{other}{written[0]}", "str")
        yield from replaced(subject, site, fragment, "literal")


def _spelled_alike(subject: Subject, text: str) -> list[str]:
    """Return words of the file that may have been meant, the most alike first."""
    ends = text[0], text[-1]
    likely = [
        word
        for word in subject.words
        if abs(len(word) - len(text)) <= _SLIPS and (word[0] == ends[0] or word[-1] == ends[1])
    ]
    return get_close_matches(text, likely, n=_ALIKE, cutoff=_SIMILARITY)


def _slips(text: str) -> list[str]:
    """Return what a text may have been before a slip of the hand, each once."""
    pairs = [text[:i] + two + one + text[i + 2 :] for i, (one, two) in enumerate(pairwise(text))]
    left_out = [text[:i] + text[i + 1 :] for i in range(len(text))]
    doubled = [text[:i] + text[i] + text[i:] for i in range(len(text))]
    return list(dict.fromkeys([*pairs, *left_out, *doubled]))


def _nearest(subject: Subject, site: Site) -> list[ast.expr]:
    found = subject.peers.get(site.node)
    return [] if found is None else found.nearest(_NEAREST)
