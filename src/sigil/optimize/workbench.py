"""A frozen tree and the lanes that measure changes of it: what every command that measures needs.

The user's work tree is read once, when it is frozen; nothing here writes to it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from sigil.evaluate.backend import Backend, Order
from sigil.evaluate.definition import Eval
from sigil.evaluate.doctor import cheat_warnings
from sigil.evaluate.interpreter import choose_python, introduce
from sigil.evaluate.lanes import default_count
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.optimize.adapters import adapters_of_others
from sigil.optimize.backends import opened
from sigil.optimize.plan import Plan
from sigil.optimize.spec import Spec
from sigil.sandbox.base import Base, freeze
from sigil.sandbox.overlay import MEMORY, memory_folder
from sigil.search.pins import Pin, Region
from sigil.store.files import make_directory, sweep, temporary_directory, write_atomic


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything needed to measure a change.

    Args:
        target: the frozen tree with the pinned files' text.
        pins: what may change.
        lanes: evaluators, ready or starting.
        warnings: how a candidate could cheat the eval.
    """

    target: Target
    pins: tuple[Pin, ...]
    lanes: Backend
    warnings: list[str]

    @property
    def files(self) -> Mapping[str, str]:
        """Return the pinned files' baseline text, by path."""
        return self.target.files

    def exists(self, path: str) -> bool:
        """Return whether the frozen tree has something at ``path``."""
        return (self.target.base.path / path).exists()


@contextmanager
def open_workbench(plan: Plan) -> Generator[Workbench]:
    """Freeze the tree and start the lanes; everything is ended and deleted on leaving.

    Raises:
        SigilError: a pin or the interpreter is wrong, or the sandbox is not to be had.
    """
    spec, definition = plan.spec, plan.definition
    with ThreadPoolExecutor(1) as beside:  # each waits for a process that it starts
        memory = beside.submit(memory_folder) if definition.runs_commands else None
        target = read_target(spec, definition)
    count = plan.lanes or default_count(timed=definition.timed)
    scratch_home = (memory and memory.result()) or Path(tempfile.gettempdir())
    for place in {scratch_home, MEMORY}:
        sweep(place)  # what killed processes left there
    with temporary_directory(scratch_home) as scratch:
        settings = Settings(
            scratch=scratch,
            cache=cache_folder(spec.home),
            seed=plan.seed,
            level=plan.level,
            unsafe=plan.unsafe,
            confirm_s=plan.limits.confirming_s,
        )
        with opened(plan.backend, Order(definition, target, settings, count)) as lanes:
            yield Workbench(target, spec.pins(), lanes, cheat_warnings(definition, target))


def pinned_tree(spec: Spec) -> Path:
    """Return the tree that the spec's pins speak of: its base commit, or the work tree."""
    commit = spec.model.base_commit
    return freeze(spec.root, cache_folder(spec.home), commit=commit).path if commit else spec.root


def read_target(spec: Spec, definition: Eval) -> Target:
    """Freeze the tree that ``spec`` speaks of and find the pins in it.

    Raises:
        SigilError: a pin matches nothing or twice, or the interpreter is wrong.
    """
    where = definition.where("python")
    python = choose_python(spec.root, definition.model.python, where)
    with ThreadPoolExecutor(1) as beside:
        interpreter = beside.submit(introduce, python, where)
        base = _frozen(spec, definition, without=foreign_adapters(spec, definition))
        files = spec.read_pinned(base.path)
        symbol = _only_symbol(spec, spec.locate(files))
    return Target(base, files, interpreter.result(), symbol)


def foreign_adapters(spec: Spec, definition: Eval) -> tuple[str, ...]:
    """Return the adapters of other evals, which are not measured with: none at a base commit."""
    return () if spec.model.base_commit else adapters_of_others(spec, definition)


def whole_tree(spec: Spec, definition: Eval) -> Base:
    """Freeze the tree with the adapters of other evals in it, as runs of 0.1 had it."""
    return _frozen(spec, definition, without=())


def _frozen(spec: Spec, definition: Eval, *, without: Sequence[str]) -> Base:
    exclude = [*definition.hidden_files, *map(escape, without)]
    commit = spec.model.base_commit
    return freeze(spec.root, cache_folder(spec.home), commit=commit, exclude=exclude)


def _only_symbol(spec: Spec, regions: Sequence[Region]) -> str | None:
    """Return the pinned symbol as ``path.py:name``, if the spec pins exactly one place."""
    symbol = spec.pins()[0].symbol
    return f"{regions[0].path}:{symbol}" if symbol and len(regions) == 1 else None


def cache_folder(home: Path) -> Path:
    """Return the folder of frozen trees below a ``.sigil``, which git is told to ignore."""
    cache = home / "cache"
    if not (cache / ".gitignore").is_file():
        make_directory(cache)
        write_atomic(cache / ".gitignore", b"*\n")
    return cache
