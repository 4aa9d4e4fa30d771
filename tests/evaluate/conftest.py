"""A test bed: a small repository, an eval of it, and an evaluator of both."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from sigil.evaluate.definition import Eval, eval_of
from sigil.evaluate.evaluator import Evaluator
from sigil.evaluate.facts import Facts
from sigil.evaluate.interpreter import introduce
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.sandbox.base import freeze
from sigil.store.documents import read_document

INTERPRETER = introduce(Path(sys.executable))


class Bed:
    """Files, an eval and the folders that measuring needs."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.repo = folder / "repo"
        self.settings = Settings(scratch=folder / "scratch", cache=folder / "cache", seed=7)
        self.definition: Eval
        self.target: Target

    def write(self, files: Mapping[str, str], *, pinned: str, symbol: str | None = None) -> None:
        """Write the repository and freeze it."""
        for path, text in files.items():
            file = self.repo / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text))
            if text.startswith("#!"):
                file.chmod(0o755)
        base = freeze(self.repo, self.settings.cache)
        texts = {pinned: (self.repo / pinned).read_text()}
        self.target = Target(base, texts, INTERPRETER, symbol)

    def define(self, text: str) -> None:
        """Write the eval."""
        path = self.folder / "x.eval.yaml"
        path.write_text("version: 0.1\nname: x\n" + dedent(text))
        document = read_document(path, "x.eval.yaml")
        self.definition = eval_of(document, lambda name: (self.repo / name).read_bytes())

    def evaluator(self) -> Evaluator:
        """Return an evaluator that is not opened yet."""
        return Evaluator(self.definition, self.target, settings=self.settings)

    def evaluator_facts(self) -> Facts:
        """Return the baseline, measured here."""
        with self.evaluator() as evaluator:
            return evaluator.facts


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    """Give an empty test bed; the folders go with the test."""
    return Bed(tmp_path)


@pytest.fixture(scope="module")
def shared_bed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Bed]:
    """Return what gives empty test beds that several tests of a module may use."""
    return lambda: Bed(tmp_path_factory.mktemp("bed"))
