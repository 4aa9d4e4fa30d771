"""Which adapters of a ``.sigil`` folder belong to other evals, and so not to a run's tree?

An adapter, ``.sigil/NAME_target.py``, is what an eval calls in the place of a function. Those of
one repository stand side by side, and one more of them changes nothing that a run measures.

Promises: what the run's own spec or eval names is its own, and so is what that imports; what no
document names belongs to everybody. Only files are read.

Not here: freezing (`sigil.optimize.workbench`), writing one (`sigil.optimize.generate.adapting`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from sigil.evaluate.definition import Eval
from sigil.optimize.spec import HOME, Spec

_ADAPTERS = "*_target.py"
_DOCUMENTS = ("*.sigil.yaml", "*.eval.yaml")


def adapters_of_others(spec: Spec, definition: Eval) -> tuple[str, ...]:
    """Return the adapters in the work tree that only other evals use, as paths of the tree."""
    texts = {path.stem: _text(path) for path in _files(spec.root / HOME, _ADAPTERS)}
    mine = [one.raw.decode(errors="replace") for one in (spec.document, definition.document)]
    own = _named(mine, texts)
    if len(own) == len(texts):
        return ()
    documents = [path for one in _DOCUMENTS for path in _files(spec.home, one)]
    others = _named(map(_text, documents), texts) - own
    return tuple(f"{HOME}/{stem}.py" for stem in sorted(others))


def _named(texts: Iterable[str], adapters: Mapping[str, str]) -> set[str]:
    """Return the adapters that stand in texts, and those that stand in theirs."""
    found: set[str] = set()
    waiting = list(texts)
    while waiting:
        text = waiting.pop()
        fresh = {stem for stem in adapters.keys() - found if _stands_in(stem, text)}
        found |= fresh
        waiting += [adapters[stem] for stem in fresh]
    return found


def _stands_in(stem: str, text: str) -> bool:
    return stem in text and bool(re.search(rf"(?<![\w-]){re.escape(stem)}(?!\w)", text))


def _files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in folder.glob(pattern) if path.is_file()]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""  # whoever needs it says that it cannot be read
