"""An eval that a model wrote, tried on the unchanged code before anybody uses it.

Promises: nothing is written to the repository; what a model wrote ran nowhere but in the sandbox;
its files have names of their own in ``.sigil`` and stand in for no other file; nothing of it
could read the held-out inputs of any eval.

Not here: asking for it (`describing`).
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sigil.errors import AlreadyExists, InvalidValue, Where
from sigil.evaluate.definition import Eval, eval_of
from sigil.evaluate.doctor import cheat_warnings
from sigil.evaluate.lanes import Lanes
from sigil.evaluate.result import Evaluation
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.optimize.describing.answering import Parts, only
from sigil.optimize.describing.hidden import held_out_files
from sigil.optimize.spec import HOME, Spec
from sigil.optimize.workbench import cache_folder
from sigil.printable import printable
from sigil.sandbox.base import Base, freeze
from sigil.sandbox.overlay import memory_folder
from sigil.store.documents import parse_document
from sigil.store.files import is_confined, temporary_directory
from sigil.store.yaml_text import yaml_text

_KEYS = ("description", "inputs", "holdout", "metrics", "aggregate", "accept", "budgets", "build")
_ECHOED = ("version", "name", "replay")
"""Keys that an answer may repeat; ours count."""
_HEAD = "# Made by sigil from a model's answer. Yours to edit: it is read as it stands.\n"
_LARGEST_FILE = 200_000
_LONGEST_TIMEOUT_S = 300.0
_MOST_MEMORY_MB = 4096
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class CheckedEval:
    """An eval that holds for the unchanged code.

    Args:
        files: contents by path relative to the root, the eval's own document first.
        description: what is measured.
        baseline: how the unchanged code measures.
        warnings: how a candidate could cheat it, a line each.
    """

    files: Mapping[str, bytes]
    description: str
    baseline: Evaluation
    warnings: tuple[str, ...]


def check_eval(
    parts: Parts, spec: Spec, name: str, words: str, *, seed: int, force: bool
) -> CheckedEval:
    """Return the eval in an answer, with the baseline measured once by it.

    Args:
        parts: of the answer.
        spec: what may change.
        name: of the eval.
        words: of the user, if the answer has no description.
        seed: for ``replay``.
        force: whether files of an eval of that name may be replaced.

    Raises:
        SandboxUnavailable: this machine cannot isolate what a model wrote.
        SigilError: what is wrong with the answer.
    """
    kept = {key: value for key, value in parts.document.items() if key not in _ECHOED}
    said = only(kept, _KEYS)
    description = str(said.pop("description", None) or words)
    path = f"{HOME}/{name}.eval.yaml"
    head = {"version": "0.1", "name": name, "description": description}
    text = _HEAD + yaml_text({**head, **said, "replay": {"seed": seed}})
    _check_files(parts.files, spec, name, text, force=force)
    definition = eval_of(parse_document(text.encode(), path), _reader(parts.files))
    _check_budgets(definition)
    baseline, warnings = _measured(spec, definition, parts.files)
    files = {path: text.encode(), **{p: t.encode() for p, t in parts.files.items()}}
    return CheckedEval(files, description, baseline, warnings)


def _check_files(
    files: Mapping[str, str], spec: Spec, name: str, text: str, *, force: bool
) -> None:
    """Refuse a file that has not a name of its own, or that nothing uses."""
    own = re.compile(rf"\.sigil/{re.escape(name)}_[A-Za-z0-9_]{{1,40}}(?:_target\.py|\.jsonl?)")
    before = spec.home / f"{name}.eval.yaml"
    replaced = before.read_text("utf-8", "replace") if force and before.is_file() else ""
    for path, content in files.items():
        where = Where(printable(path, _LONGEST_NAME))
        if not own.fullmatch(path) or not is_confined(path):
            raise InvalidValue(
                "not a file that an answer may add",
                where=where,
                remedy=f"scripts are {HOME}/{name}_WORD_target.py, cases {HOME}/{name}_WORD.jsonl",
            )
        if len(content) > _LARGEST_FILE:
            raise InvalidValue(f"longer than {_LARGEST_FILE:,} characters", where=where)
        if path not in text:
            raise InvalidValue("nothing in the eval uses it", where=where, remedy="leave it out")
        if (spec.root / path).exists() and path not in replaced:
            raise AlreadyExists("it is there already", where=where, remedy="choose another name")
    if files and (spec.model.base_commit or spec.root != spec.home.parent):
        raise InvalidValue(
            "an eval of this spec can have no files of its own, since it measures another tree",
            where=spec.document.where("base_commit" if spec.model.base_commit else "repo_root"),
            remedy="use metrics of kind call, with cases in the document",
        )


def _reader(files: Mapping[str, str]) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path not in files:
            raise InvalidValue(
                "no file of the answer",
                where=Where(printable(path, _LONGEST_NAME)),
                remedy="give the cases in the document, or the file beside it",
            )
        return files[path].encode()

    return read


def _check_budgets(definition: Eval) -> None:
    budgets = definition.model.budgets
    if budgets.candidate_timeout_s > _LONGEST_TIMEOUT_S:
        raise InvalidValue(
            "too long for a first try",
            where=definition.where("budgets.candidate_timeout_s"),
            remedy=f"at most {_LONGEST_TIMEOUT_S:g}",
        )
    if (budgets.memory_mb or 0) > _MOST_MEMORY_MB:
        raise InvalidValue(
            "too much for a first try",
            where=definition.where("budgets.memory_mb"),
            remedy=f"at most {_MOST_MEMORY_MB}",
        )


def _measured(
    spec: Spec, definition: Eval, files: Mapping[str, str]
) -> tuple[Evaluation, tuple[str, ...]]:
    """Return how the unchanged code measures, in a frozen tree that has the new files."""
    # Those of other evals as well: what a model's command prints may be shown to the model.
    hidden = (*definition.hidden_files, *sorted(held_out_files(spec.home.parent)))
    base = freeze(spec.root, cache_folder(spec.home), commit=spec.model.base_commit, exclude=hidden)
    with temporary_directory(memory_folder() or Path(tempfile.gettempdir())) as scratch:
        cache = scratch / "cache"
        cache.mkdir()
        if files:
            base = freeze(_copied(base, files, scratch / "tree"), cache, exclude=hidden)
        texts = spec.read_pinned(base.path)
        regions = spec.locate(texts)
        symbol = spec.pins()[0].symbol if len(regions) == 1 else None
        target = Target.of(
            base, texts, repo=spec.root, symbol=f"{regions[0].path}:{symbol}" if symbol else None
        )
        warnings = cheat_warnings(definition, target)
        for line in warnings:
            if line.startswith("error"):
                raise InvalidValue(line, remedy="measure in another way")
        settings = Settings(scratch, cache, seed=definition.model.replay.seed)
        with Lanes(definition, target, settings, 1) as lanes:
            baseline = lanes.baseline()
    _check_holds(definition, baseline)
    return baseline, tuple(warnings)


def _check_holds(definition: Eval, baseline: Evaluation) -> None:
    """Refuse an eval whose checks the unchanged code does not pass."""
    for metric, reason in baseline.refusals.items():
        raise InvalidValue(
            f"the unchanged code does not pass it: {reason}",
            where=definition.where_metric(metric),
            remedy="expect what it returns now; to have it mended, use measure: agreement and "
            "the objective max(agreement)",
        )


def _copied(base: Base, files: Mapping[str, str], tree: Path) -> Path:
    """Return a copy of a frozen tree with further files."""
    shutil.copytree(base.path, tree, symlinks=True)
    tree.chmod(0o755)
    (tree / HOME).mkdir(exist_ok=True)
    (tree / HOME).chmod(0o755)
    for path, text in files.items():
        (tree / path).unlink(missing_ok=True)
        (tree / path).write_text(text, "utf-8")
    return tree
