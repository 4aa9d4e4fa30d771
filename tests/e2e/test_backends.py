"""`sigil run --backend` with a package that brings a backend, and one that is broken."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.asking import make_repository
from tests.e2e.shell import BIN, Done, environment
from tests.e2e.test_plugins import Site
from tests.optimize import apart

from sigil.errors import DependencyMissing, InvalidValue

pytestmark = pytest.mark.e2e
POINTS = "[sigil.backends]\napart = apart:Apart\n"
Sigil = Callable[..., Done]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


@pytest.fixture
def sigil(tmp_path: Path, repository: Path) -> Sigil:
    """Type `sigil run` in the repository, with the packages of the folder."""

    def typed(*arguments: str) -> Done:
        done = subprocess.run(
            [str(BIN / "sigil"), "run", "--spec", "square", *arguments],
            env=environment(tmp_path) | {"PYTHONPATH": str(tmp_path)},
            cwd=repository,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return typed


def install(folder: Path, module: str | None = None) -> None:
    text = Path(apart.__file__).read_text() if module is None else module
    Site(folder).install("apart", text, POINTS)


def profile(repository: Path, name: str, **settings: object) -> None:
    config = {"backend_profiles": {name: settings}}
    (repository / ".sigil" / "sigil.yaml").write_text(json.dumps(config))


def recorded(repository: Path) -> tuple[str, str]:
    (path,) = repository.glob(".sigil/square/workspaces/*/runs/*/run.json")
    found = json.loads(path.read_text())
    return found["backend"], found["backend_kind"]


def refused(done: Done) -> str:
    """Return the only line of an error."""
    assert "Traceback" not in done.err
    lines = [line for line in done.err.splitlines() if line.startswith("sigil")]
    assert len(lines) == 1, done.err
    return lines[0]


def test_a_run_is_measured_by_a_backend_of_a_package_and_goes_on_there(
    tmp_path: Path, repository: Path, sigil: Sigil
) -> None:
    install(tmp_path)
    log = tmp_path / "measured"
    profile(repository, "apart", log=str(log))
    begun = sigil("--backend", "apart", "--budget-evals", "6", "--json")
    assert begun.code == 0, begun.err
    first = len(log.read_text().splitlines())
    assert first >= 6
    assert recorded(repository) == ("apart", "apart")
    resumed = sigil("--resume", "--budget-evals", "12", "--json")
    assert resumed.code == 0, resumed.err
    assert resumed.json()["run"] == begun.json()["run"]
    assert len(log.read_text().splitlines()) >= first + 6
    assert recorded(repository) == ("apart", "apart")


def test_a_run_that_is_interrupted_goes_on_there(
    tmp_path: Path, repository: Path, sigil: Sigil
) -> None:
    install(tmp_path)
    log = tmp_path / "measured"
    os.mkfifo(log)
    profile(repository, "apart", log=str(log))
    run = subprocess.Popen(
        [str(BIN / "sigil"), "run", "--spec", "square", "--backend", "apart"],
        env=environment(tmp_path) | {"PYTHONPATH": str(tmp_path)},
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with run, log.open() as measured:
        assert measured.readline() == "screen\n"
        run.send_signal(signal.SIGINT)
        measured.read()
        said, wrong = run.communicate(timeout=60)
    assert run.returncode == 130, wrong
    assert "the record is whole" in said
    log.unlink()
    done = sigil("--resume", "--budget-evals", "6")
    assert done.code == 0, done.err
    assert log.read_text()


def test_a_profile_has_a_name_of_its_own(tmp_path: Path, repository: Path, sigil: Sigil) -> None:
    install(tmp_path)
    log = tmp_path / "measured"
    profile(repository, "large", kind="apart", log=str(log))
    done = sigil("--backend", "large", "--budget-evals", "4", "--json")
    assert done.code == 0, done.err
    assert log.is_file()
    assert recorded(repository) == ("large", "apart")


def test_a_run_whose_backend_is_gone_says_so_and_goes_on_elsewhere_if_told(
    tmp_path: Path, repository: Path, sigil: Sigil
) -> None:
    install(tmp_path)
    assert sigil("--backend", "apart", "--budget-evals", "4").code == 0
    (tmp_path / "apart-1.2.dist-info" / "entry_points.txt").unlink()
    done = sigil("--resume", "--budget-evals", "8")
    assert done.code == DependencyMissing.exit_code
    assert "the run was measured by the backend 'apart', which is not here" in refused(done)
    done = sigil("--resume", "--budget-evals", "8", "--backend", "local")
    assert done.code == 0, done.err
    assert recorded(repository) == ("local", "local")


def test_settings_that_a_backend_refuses_are_told_in_its_words(
    tmp_path: Path, repository: Path, sigil: Sigil
) -> None:
    install(tmp_path)
    profile(repository, "apart", cpu=4)
    done = sigil("--backend", "apart")
    assert done.code == InvalidValue.exit_code
    assert "'apart' refuses its settings: apart takes log, and no cpu" in refused(done)


HALF = """\
class Apart:
    def __init__(self, order, settings): ...

    @property
    def submit(self):
        raise RuntimeError("half")
"""
DYING = """\
from sigil.evaluate.lanes import Lanes


class Apart(Lanes):
    def __init__(self, order, settings):
        super().__init__(order.definition, order.target, order.settings, order.count)
        self.left = 3

    def submit(self, files, effort, bar=()):
        self.left -= 1
        if not self.left:
            raise {}
        return super().submit(files, effort, bar)
"""


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("raise RuntimeError('\\x1b[31mno')", r"RuntimeError: \x1b[31mno"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("Apart = 7", "it names nothing that can be called"),
        ("class Apart: pass", "Apart() takes no arguments"),
        ("def Apart(order, settings): raise SystemExit(0)", "SystemExit: 0"),
        (HALF, "RuntimeError: half"),
        ("def Apart(order, settings): return []", "what it makes has no facts, baseline, adopt"),
        (DYING.format("OSError('gone\\nfor ever')"), "OSError: gone for ever"),
        (DYING.format("SystemExit"), "SystemExit"),
    ],
    ids=[
        "raises",
        "exits",
        "uncallable",
        "odd",
        "exits-later",
        "half",
        "lacks-all",
        "dies",
        "ends",
    ],
)
def test_a_broken_backend_is_one_line_with_its_name(
    tmp_path: Path, sigil: Sigil, module: str, why: str
) -> None:
    install(tmp_path, module)
    done = sigil("--backend", "apart")
    assert done.code == DependencyMissing.exit_code, done.err
    said = refused(done)
    assert "'apart'" in said
    assert why in said


def test_what_a_backend_measured_before_it_died_is_kept(
    tmp_path: Path, repository: Path, sigil: Sigil
) -> None:
    install(tmp_path, DYING.format("OSError('gone')"))
    assert sigil("--backend", "apart", "--budget-evals", "6").code == DependencyMissing.exit_code
    done = sigil("--resume", "--backend", "local", "--json")
    assert done.code == 0, done.err
    assert done.json()["evaluated"] == 6


def test_a_name_that_is_misspelt_is_told_with_the_right_one(
    tmp_path: Path, repository: Path, sigil: Sigil
) -> None:
    install(tmp_path)
    done = sigil("--backend", "apar")
    assert done.code == 2
    assert refused(done).endswith("no backend 'apar'; did you mean apart?")
    profile(repository, "big", kind="k8s", cpu=4)
    done = sigil("--backend", "big")
    assert done.code == InvalidValue.exit_code
    assert "sigil.yaml:1: backend_profiles.big: no backend 'k8s'; there are: apart, local" in (
        refused(done)
    )
