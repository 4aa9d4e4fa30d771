"""A repository with an intent about notes, and a service that does what it says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result
from tests.gate.generate.notes import INTENT, Notes, serving

from sigil.cli.scenario.generate import REFUSED
from sigil.cli.sigil import sigil
from sigil.gate.bundle.keys import read_identities
from sigil.gate.bundle.read import read_bundle
from sigil.gate.evaluator import open_bundle
from sigil.gate.trees import FolderTree

SPEC = "docs/specs/notes.md"
FOLDER = Path(".sigil/scenarios/api")


@dataclass
class Repository:
    """A repository with an intent, and a service that does what it says."""

    root: Path
    keys: Path
    notes: Notes = field(default_factory=Notes)

    def command(self, *arguments: str) -> Result:
        """Type a command of ``sigil scenario``."""
        runner = CliRunner(env={"SIGIL_KEYS": str(self.keys)})
        return runner.invoke(sigil, ["scenario", *arguments, "--repo-root", str(self.root)])

    def write(self, intent: str) -> None:
        (self.root / SPEC).write_text(intent)

    def generate(self, *more: str) -> Result:
        spec = self.root / SPEC
        return self.command("generate", "--from", str(spec), "-s", "api", *more)

    def make(self, *more: str) -> Result:
        """Generate, and see to it that it ends well, if with scenarios that are refused."""
        result = self.generate(*more)
        assert result.exit_code in {0, REFUSED}, result.exception
        return result

    def generated(self, *more: str) -> dict:
        return json.loads(self.make("--json", *more).stdout)

    def holdouts(self) -> dict[str, str]:
        bundle = read_bundle(FolderTree(self.root), "api")
        identities = read_identities(self.keys / "api.agekey")
        return {one.id: one.text for one in open_bundle(bundle, identities).holdouts}

    def files(self) -> dict[str, bytes]:
        folder = self.root / FOLDER
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def clauses(self) -> dict[str, tuple[int, int]]:
        """Return how many scenarios of each half every clause has."""
        table = json.loads((self.root / FOLDER / "traceability.json").read_text())
        clauses = table["intents"][SPEC]["clauses"]
        return {one["id"]: (len(one["visible"]), len(one["holdout"])) for one in clauses}


@contextmanager
def a_repository(folder: Path) -> Iterator[Repository]:
    """Make a repository without an exam, whose service is up."""
    made = Repository(folder / "repository", folder / "keys")
    (made.root / "docs" / "specs").mkdir(parents=True)
    (made.root / ".sigil").mkdir()
    assert made.command("keys", "--new", "-s", "api").exit_code == 0
    made.write(INTENT)
    with _served(made):
        yield made


@contextmanager
def a_copy(source: Repository, folder: Path) -> Iterator[Repository]:
    """Copy a repository with its exam and its keys; the copy has a service of its own."""
    made = Repository(folder / "repository", folder / "keys")
    shutil.copytree(source.root, made.root)
    shutil.copytree(source.keys, made.keys)
    with _served(made):
        yield made


@contextmanager
def _served(made: Repository) -> Iterator[None]:
    (public,) = json.loads(made.command("keys", "-s", "api", "--json").stdout)[0]["public"]
    with serving(made.notes) as url:
        (made.root / ".sigil" / "gate.yaml").write_text(
            "services:\n  api:\n"
            "    deploy:\n      backend: external\n"
            f"      urls: {{pr: http://127.0.0.1:1, baseline: {url}}}\n"
            f"    recipients: [{public}]\n"
        )
        yield
