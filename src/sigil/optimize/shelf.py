"""Put a search down now and then, so that a resumed run need not do it all again.

A search is rebuilt by asking and telling it what the journal holds, which takes as long as
proposing did. Now and then (`is_due`) its state is therefore put on the shelf, a file in
the user's own cache, and the search goes on *from what was put there*: whatever a state
leaves out, such as caches, the search that goes on and the one that is resumed lack alike.
A search that is rebuilt from the journal does the same at the same places.

Promises: a state is taken up only if its bytes are those that were written, by the code that
is there now and under this interpreter, and the journal's rounds and results up to there are
those it saw; else the journal alone is believed. It is no part of a record, which never holds
anything that could act: a state is a pickle. It is read only from a folder outside of the
repository, and only if folder and file are this user's and closed to all others, as neither
a checkout nor an archive of somebody else's makes them. A search whose parts cannot be pickled
is never put down.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import pickle
import platform
import stat
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigil import __version__
from sigil.canonical import compact_json, digest
from sigil.errors import SigilError
from sigil.optimize.history import History
from sigil.search.optimizer import Optimizer
from sigil.store.files import read_file, write_unsynced

LEAST, PART = 256, 20
"""Candidates between two states: so many, or that part of the run if it is more."""

_KEPT_FILES = 8
_SUFFIX = ".search"


@dataclass(frozen=True, slots=True)
class State:
    """A search between two rounds, as bytes.

    Args:
        data: a pickle.
        modules: where the classes in it are defined.
    """

    data: bytes
    modules: Sequence[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A search as it was put down.

    Args:
        optimizer: goes on where it was.
        rounds: how many rounds it had been asked for.
        asked: how many candidates these had.
        waiting: what had not been told: ids of candidates that were first measured.
        waiting_again: the same of elites that were measured a second time.
    """

    optimizer: Optimizer
    rounds: int
    asked: int
    waiting: Sequence[str]
    waiting_again: Sequence[str]


def is_due(asked: int, put_down_at: int) -> bool:
    """Return whether to put a search down that was asked for ``asked`` candidates so far.

    A state grows with its run. The distance grows alike, so that a candidate costs no more of
    that work late than early; a resumed run proposes so many a second time, at most.
    """
    return asked - put_down_at >= max(LEAST, asked // PART)


class Shelf:
    """The place for the state of one run.

    Args:
        folder: where states are kept; made on demand.
        run: what tells the run from all others.
        exists: the function of the `Problem` that asks the tree; it stays outside of states.
        apart_from: the repository, in which no state is kept and none is believed.
    """

    def __init__(
        self,
        folder: Path,
        run: str,
        exists: Callable[[str], bool],
        apart_from: Path | None = None,
    ):
        self._folder = folder
        inside = apart_from is not None and folder.resolve().is_relative_to(apart_from.resolve())
        self._path = folder / f"{digest(run.encode())[-32:]}{_SUFFIX}"
        self._exists = exists
        self._able = not inside
        self._believed = not inside

    def state_of(self, optimizer: Optimizer) -> State | None:
        """Return the state of a search between two rounds; None if it has no such form.

        Once it has none it is not asked for again.
        """
        state = self._pickled(optimizer) if self._able else None
        self._able = state is not None
        return state

    def search_of(self, state: State) -> Optimizer:
        """Return the search that goes on from a state of `state_of`."""
        optimizer: Optimizer = _Unpickler(io.BytesIO(state.data), self._exists).load()
        return optimizer

    def put_down(self, state: State, history: History, facts: Mapping[str, Any]) -> None:
        """Keep a state.

        Args:
            state: of a search between two rounds.
            history: all that the search was told, and nothing else.
            facts: the other fields of `Kept`.
        """
        code = {"trace": history.trace, "state": digest(state.data), **_code(state.modules)}
        self._write(compact_json({**facts, **code}) + b"\n" + state.data)

    def take_up(self, history: History) -> Kept | None:
        """Return the search of a run whose journal holds ``history``, if one is kept."""
        try:
            if not (self._believed and _is_ours(self._folder) and _is_ours(self._path)):
                return None
            line, _, data = read_file(self._path).partition(b"\n")
            head = json.loads(line)
            if not _fits(head, data, history):
                return None
            state = State(data, list(head["modules"]))
            return Kept(
                self.search_of(state),
                int(head["rounds"]),
                int(head["asked"]),
                list(head["waiting"]),
                list(head["waiting_again"]),
            )
        except Exception:  # noqa: BLE001 - whatever a stale state does: the journal is enough
            return None

    def _pickled(self, optimizer: Optimizer) -> State | None:
        buffer = io.BytesIO()
        pickler = _Pickler(buffer, self._exists)
        try:
            pickler.dump(optimizer)
        except Exception:  # noqa: BLE001 - parts of others, and each fails in its own way
            return None
        # Functions, such as rules, are written by name: their code counts as well.
        searching = {name for name in sys.modules if name.startswith("sigil.search.")}
        return State(buffer.getvalue(), sorted(pickler.modules | searching))

    def _write(self, data: bytes) -> None:
        """Write a state, if the cache can be written; a run does without it otherwise."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            write_unsynced(self._path, data)
            self._path.chmod(0o600)
            old = sorted(self._folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
            for path in old[:-_KEPT_FILES]:
                path.unlink(missing_ok=True)
        except (OSError, SigilError):
            return


def user_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this user's states (XDG base directories: a relative one is ignored)."""
    base = environment.get("XDG_CACHE_HOME") or ""
    absolute = base if Path(base).is_absolute() else "~/.cache"
    return Path(absolute).expanduser() / "sigil" / "searches"


class _Pickler(pickle.Pickler):
    """Leaves the tree outside, writes modules by name, and notes where classes come from."""

    def __init__(self, file: io.BytesIO, exists: Callable[[str], bool]):
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.modules: set[str] = set()
        self._exists = exists

    def reducer_override(self, obj: Any) -> Any:
        if obj is self._exists:
            return _the_tree, ()
        if isinstance(obj, types.ModuleType):
            return importlib.import_module, (obj.__name__,)
        if isinstance(obj, type):
            self.modules.add(obj.__module__)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, exists: Callable[[str], bool]):
        super().__init__(file)
        self._exists = exists

    def find_class(self, module: str, name: str) -> Any:
        found, exists = super().find_class(module, name), self._exists
        # Nothing that is read may hold the reader, which holds all that it read.
        return (lambda: exists) if found is _the_tree else found


def _the_tree() -> Callable[[str], bool]:
    """Stand in a state for the function that asks the tree; the reader puts in its own."""
    raise pickle.UnpicklingError("a state needs a tree to ask")


def _code(modules: Sequence[str]) -> dict[str, Any]:
    """Return what a state depends on besides the run: the code of its classes."""
    return {
        "version": __version__,
        "python": platform.python_version(),
        "modules": {name: _stamp(name) for name in modules},
    }


def _stamp(module: str) -> list[int]:
    """Return size and time of a module's file; nothing for those of the interpreter."""
    path = getattr(importlib.import_module(module), "__file__", None)
    if path is None:
        return []
    found = Path(path).stat()
    return [found.st_size, found.st_mtime_ns]


def _is_ours(path: Path) -> bool:
    """Return whether ``path`` is this user's and closed to all others."""
    found = path.lstat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def _fits(head: Mapping[str, Any], data: bytes, history: History) -> bool:
    number = int(head["rounds"])
    rounds = history.rounds
    trace = rounds[number].trace if number < len(rounds) else history.trace
    if head["trace"] != trace or head["state"] != digest(data):
        return False
    code = _code(list(head["modules"]))
    return {name: head[name] for name in code} == code
