"""What the docs say works: every command in a console block is run, every page builds."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.shell import Shell

from sigil import errors
from sigil.cli.sigil import COMMANDS
from sigil.store.documents import parse_document

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    blocks = [body for kind, body in BLOCK.findall(page.read_text()) if kind == "console"]
    return [line[2:] for body in blocks for line in body.splitlines() if line.startswith("$ ")]


def shortened(command: str) -> str:
    """Return a search that time may end, so nothing hangs on what it finds, with less to do."""
    return re.sub(r"--budget-evals \d+ (?=--budget-time )", "--budget-evals 6 ", command)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page)], ids=lambda page: page.name
)
def test_every_command_of_a_page_works(page: Path, tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("workspaces", "cache", "__pycache__", "index.sqlite")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=ignored)
    folder = tmp_path
    for command in commands(page):
        if command.startswith("cd "):
            folder = tmp_path / shlex.split(command)[1]
        elif command.split()[0] in {"sigil", "sg"}:
            done = Shell(folder, tmp_path)(shortened(command))
            assert done.code == 0, f"{command}: {done.err}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_yaml_of_a_page_parses(page: Path) -> None:
    for kind, body in BLOCK.findall(page.read_text()):
        if kind == "yaml":
            parse_document(body.encode(), page.name)


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    assert [name for name in COMMANDS if f"sigil {name}" not in page] == []


def test_every_error_and_its_code_is_documented() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = [kind for kind in kinds if issubclass(kind, errors.SigilError)]
    assert [k for k in ours if f"| {k.exit_code} | `{k.__name__}` |" not in page] == []


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
