"""Which one thing does a name mean that somebody types for a change?

Git takes a tag before a branch of the same name, and whoever can push a tag would choose what is
examined. So a name that means two things is refused, also where both are one commit now: they need
not be a moment later. What begins with ``refs/`` means itself alone.

Not here: reading the commit (`sigil.gate.trees`), the base branch, which is never looked for among
tags (`sigil.gate.revisions`).
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from sigil.errors import InvalidValue
from sigil.printable import printable
from sigil.store.git_objects import objects_of, refuse_torn

_PLACES = (
    "{}",
    "refs/{}",
    "refs/tags/{}",
    "refs/heads/{}",
    "refs/remotes/{}",
    "refs/remotes/{}/HEAD",
)
"""Where git looks for a name (gitrevisions(7)), in its order."""
_BEHIND = re.compile(r"[~^:]|@\{")
"""What no name can hold, and what git goes on from there with begins with."""
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.IGNORECASE)
_BEGINNING = re.compile(r"(?:.+-g)?([0-9a-f]{4,63})", re.IGNORECASE)
"""The beginning of an id, alone or as `git describe` puts it."""
_LONG = 60


def unambiguous(repository: Any, reference: str) -> str:
    """Return a reference as one that means the same thing to every reader.

    Args:
        repository: of pygit2.
        reference: anything that git resolves.

    Raises:
        InvalidValue: its name is that of two references, or of one and of a commit.
        KeyError: it begins with ``refs/``, or is an id in full, and there is no such thing.
        Corrupt: the commit that it may be the beginning of was cut.
    """
    name = _BEHIND.split(reference, maxsplit=1)[0]
    rest = reference[len(name) :]
    if name in ("", "@", "HEAD"):
        return reference  # git looks for these first, so that no reference comes before them
    if _ID.fullmatch(name):
        if name not in repository:  # where git would look for a reference of this name
            raise KeyError(name)
        return reference
    if name.startswith("refs/"):
        repository.references[name]  # raises, where git would look for a tag of this name
        return reference
    found = [whole for place in _PLACES if _is_there(repository, whole := place.format(name))]
    meant = [(one, one) for one in found]
    if found and (commit := _beginning_of(repository, name)):
        meant.append((f"the commit {commit}", "the commit's id in full"))
    if len(meant) > 1:
        (one, write_one), (other, write_other), *_ = [
            (printable(said, _LONG), printable(written, _LONG)) for said, written in meant
        ]
        raise InvalidValue(
            f"{printable(name, _LONG)!r} is both {one} and {other}",
            remedy=f"write {write_one} or {write_other}",
        )
    return f"{found[0]}{rest}" if found else reference


def _is_there(repository: Any, whole: str) -> bool:
    with suppress(KeyError, ValueError, OSError):  # none of this name, or none at all
        repository.references[whole]
        return True
    return False


def _beginning_of(repository: Any, name: str) -> str:
    """Return the commits of which a name is the beginning, in words; empty if of none."""
    digits = _BEGINNING.fullmatch(name)
    if digits is None:
        return ""
    try:
        found = repository.expand_id(digits[1])
    except KeyError:
        return ""
    except ValueError:  # several objects begin like this
        return f"{digits[1]}…"
    refuse_torn(objects_of(Path(repository.path)), str(found))
    return str(found)[:12] if repository[found].type_str in ("commit", "tag") else ""
