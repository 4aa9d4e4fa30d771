"""What does a change edit that no exam of its behaviour can vouch for?

Two kinds of paths, and a person looks at a change that touches one, however well it does:

- what later changes are judged by: the policy, the exam, and the workflows that hold keys;
- what would be merged and was never run: names that no tree is frozen with, such as
  ``__pycache__`` or ``.venv``, submodules, and names that are no text.

Not here: freezing (`sigil.sandbox.tree`), what follows (`sigil.gate.decision`).
"""

from __future__ import annotations

from sigil.gate.policy import PATH
from sigil.gate.trees import CommitTree
from sigil.sandbox.tree import is_excluded

JUDGES = (".sigil/scenarios/", ".github/")
_SUBMODULE = 0o160000
_LONGEST = 200


def unvouched(change: CommitTree, baseline: CommitTree) -> tuple[str, ...]:
    """Return the paths that differ between two commits and that no exam vouches for, in order.

    Raises:
        SigilError: one of the two cannot be read whole.
    """
    ours, theirs = (
        {(path, mode, held) for path, mode, held in tree.contents() if _is_unvouched(path, mode)}
        for tree in (change, baseline)
    )
    return tuple(sorted({_shown(path) for path, _, _ in ours ^ theirs}))


def _is_unvouched(path: str, mode: int) -> bool:
    is_judge = path == PATH or path.startswith(JUDGES)
    return is_judge or is_excluded(path, ()) or mode == _SUBMODULE or not _is_text(path)


def _shown(path: str) -> str:
    """Return a path as ASCII of moderate length, as it may stand in the ledger."""
    return path.encode("unicode_escape").decode("ascii")[:_LONGEST]


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
