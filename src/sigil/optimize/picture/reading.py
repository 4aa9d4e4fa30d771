"""Gather what a page needs of a record besides the journal. Reads files; decides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigil.evaluate.consistency import kinds_of
from sigil.evaluate.expressions import Objective, parse_objective
from sigil.evaluate.schema import EvalModel
from sigil.optimize.picture.facts import Recorded
from sigil.optimize.session import frozen_files
from sigil.optimize.spec import SpecModel
from sigil.store.documents import parse_document, validate
from sigil.store.records import RunRecord


def read_recorded(run: Path, repository: Path) -> Recorded:
    """Return what the record of ``run`` says about how it was run.

    Of the eval only the names of its metrics, its objective, its rule and the lines that no input
    reaches are taken: what it says about held-out inputs stays where it is.

    Args:
        run: the run's folder.
        repository: the folder that the page shall not name, nor the user's home.

    Raises:
        Corrupt: an input is not what was recorded.
    """
    record = RunRecord.open(run)
    spec = validate(_document(record, "spec"), SpecModel)
    model = _eval(record)
    tree = json.loads(record.snapshot("tree"))
    private = {str(path) for path in (repository, repository.resolve(), Path.home())}
    return Recorded(
        run=run.name,
        place=_relative(run, repository),
        workspace=run.parent.parent.name,
        spec=spec.name,
        description=spec.description,
        eval=model.name,
        objective=_objective(model),
        rule=model.accept.rule,
        inputs_hash=record.manifest.inputs_hash,
        tree=str(tree["digest"]),
        commit=spec.base_commit,
        settings=_settings(run, record),
        times={name: str(value) for name, value in record.times().items()},
        files=frozen_files(run),
        model=model,
        private=tuple(sorted(private, key=lambda path: (-len(path), path))),
        cases=json.loads(record.snapshot("cases")),
    )


def read_objective(run: Path) -> Objective:
    """Return what the record of ``run`` says that its search aimed at.

    Raises:
        Corrupt: an input is not what was recorded.
    """
    return _objective(_eval(RunRecord.open(run)))


def _eval(record: RunRecord) -> EvalModel:
    return validate(_document(record, "eval"), EvalModel)


def _objective(model: EvalModel) -> Objective:
    return parse_objective(model.aggregate.objective, kinds_of(model))


def _document(record: RunRecord, name: str) -> Any:
    return parse_document(record.snapshot(name), f"inputs/{name}")


def _settings(run: Path, record: RunRecord) -> Mapping[str, Any]:
    """Return how it was run; of a run that died at its very beginning, what is frozen of it."""
    path = run / "run.json"
    return json.loads(path.read_bytes() if path.is_file() else record.snapshot("search"))


def _relative(run: Path, repository: Path) -> str:
    found = run.resolve()
    root = repository.resolve()
    return found.relative_to(root).as_posix() if found.is_relative_to(root) else run.name
