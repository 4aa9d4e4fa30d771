"""Plugins, listed and in runs: packages as an installer leaves them, modules and a .dist-info."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.asking import make_repository
from tests.e2e.shell import BIN, Done, environment

from sigil.search.optimizers import built_in_names

pytestmark = pytest.mark.e2e
OPTIMIZER = """\
from sigil.search.population import BestFirst
from sigil.search.rounds import Rounds


def make(problem, params):
    return Rounds(problem, BestFirst(parents=1), name="greedy")
"""

LEADING = """\
from pathlib import Path

from sigil.search.population import BestFirst
from sigil.search.rounds import Rounds


class Noting(BestFirst):
    def parents(self, turn, stream):
        with (Path.home() / "turns").open("a") as file:
            print(turn, file=file)
        return super().parents(turn, stream)


def make(problem, params):
    if params:
        raise ValueError(f"it takes no {' '.join(params)}")
    return Rounds(problem, Noting(parents=1), name="greedy")
"""
LEADING_POINTS = "[sigil.optimizers]\ngreedy = leading:make\n"
HOUSE = """\
from pathlib import Path
from threading import Lock

from sigil.llm.model import Reply, Usage

ASKED = Path.home() / "asked"
ONE_AT_A_TIME = Lock()


class House:
    name = "house"

    def __init__(self, settings):
        self.settings = settings

    def complete(self, request):
        with ONE_AT_A_TIME:
            with ASKED.open("a") as file:
                print(self.settings.model, file=file)
            number = len(ASKED.read_text().splitlines())
        body = "x * x" if number == 3 else f"x * {number}"
        text = f"Try.\\n\\n```python\\ndef square(x):\\n    return {body}\\n```\\n"
        return Reply(text, model="ours", usage=Usage(10, 5), raw_id=str(number))
"""
HOUSE_POINTS = "[sigil.providers]\nhouse = house:House\n"


class Site:
    """A folder of installed packages, and the command that sees them."""

    def __init__(self, folder: Path):
        self.folder = folder

    def install(self, name: str, module: str, points: str, version: str = "1.2") -> None:
        (self.folder / f"{name}.py").write_text(module)
        about = self.folder / f"{name}-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        (about / "entry_points.txt").write_text(points)

    def remove(self, name: str, version: str = "1.2") -> None:
        (self.folder / f"{name}.py").unlink()
        shutil.rmtree(self.folder / f"{name}-{version}.dist-info")

    def __call__(self, *arguments: str, at: Path | None = None) -> Done:
        done = subprocess.run(
            [str(BIN / "sigil"), *arguments],
            env=environment(self.folder) | {"PYTHONPATH": str(self.folder)},
            cwd=at or self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def listed(self) -> dict[tuple[str, str], dict[str, Any]]:
        done = self("plugins", "--json")
        assert done.code == 0, done.err
        return {
            (part["kind"], part["distribution"] + ":" + part["name"]): part for part in done.json()
        }

    def run(self, repository: Path, *arguments: str) -> dict[str, Any]:
        done = self("run", "--spec", "square", "--json", *arguments, at=repository)
        assert done.code == 0, done.err
        return done.json()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_ours_are_listed_with_our_version(site: Site) -> None:
    parts = site.listed()
    for name in built_in_names():
        assert parts["optimizer", f"sigil:{name}"]["works"]
    for kind, name in (("proposer", "mutate"), ("provider", "stub"), ("backend", "local")):
        assert parts[kind, f"sigil:{name}"]["works"]


def test_a_plugin_that_loads_works_and_names_its_distribution(site: Site) -> None:
    site.install("greedy", OPTIMIZER, "[sigil.optimizers]\ngreedy = greedy:make\n")
    part = site.listed()["optimizer", "greedy:greedy"]
    assert (part["works"], part["version"], part["why"]) == (True, "1.2", None)


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("raise RuntimeError('first line\\nsecond line')", "RuntimeError: first line second line"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("print('\\x1b[2J'); raise RuntimeError('\\x1b[31m')", r"RuntimeError: \x1b[31m"),
        ("import a_library_that_is_not_there", "ModuleNotFoundError"),
        ("this is no python", "SyntaxError"),
        ("other = 1", "AttributeError"),
        ("make = 7", "it names nothing that can be called"),
    ],
    ids=[
        "raises",
        "exits",
        "interrupts",
        "prints",
        "imports",
        "syntax",
        "lacks-the-name",
        "is-no-function",
    ],
)
def test_a_plugin_that_cannot_be_had_is_a_line(site: Site, module: str, why: str) -> None:
    site.install("odd", module, "[sigil.optimizers]\nodd = odd:make\n")
    done = site("plugins")
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    (line,) = [line for line in done.out.splitlines() if " odd " in line]
    assert "\x1b" not in done.out
    assert "odd 1.2" in line
    assert f"broken: {why}" in line


def test_every_group_is_looked_at(site: Site) -> None:
    groups = ("optimizers", "proposers", "providers", "backends", "deployers")
    points = "".join(f"[sigil.{group}]\nodd = odd:make\n" for group in groups)
    site.install("odd", "raise RuntimeError('no')", points)
    parts = site.listed()
    whys = {group: parts[group.removesuffix("s"), "odd:odd"]["why"] for group in groups}
    assert whys == dict.fromkeys(groups, "RuntimeError: no")


def test_what_a_plugin_prints_while_it_loads_does_not_spoil_json(site: Site) -> None:
    site.install(
        "loud", "print('hello')\ndef make(): ...\n", "[sigil.proposers]\nloud = loud:make\n"
    )
    assert site.listed()["proposer", "loud:loud"]["works"]


def test_a_plugin_has_no_power_over_the_terminal(site: Site) -> None:
    site.install("rude", "raise ValueError('\\x1b[2J')\n", "[sigil.backends]\nrude = rude:make\n")
    done = site("plugins")
    assert "\x1b" not in done.out
    assert "rude" in done.out


def test_one_of_ours_is_never_replaced(site: Site) -> None:
    site.install("greedy", OPTIMIZER, "[sigil.optimizers]\nsimple = greedy:make\n")
    part = site.listed()["optimizer", "greedy:simple"]
    assert (part["works"], part["why"]) == (False, "the name is taken by one of ours")


def test_of_two_of_one_name_the_second_is_a_line(site: Site) -> None:
    for name in ("one", "two"):
        site.install(name, OPTIMIZER, f"[sigil.optimizers]\ngreedy = {name}:make\n")
    parts = [part for key, part in site.listed().items() if part["name"] == "greedy"]
    assert sorted(part["works"] for part in parts) == [False, True]
    assert [p["why"] for p in parts if p["why"]] == ["the name is taken by another plugin"]


def test_a_distribution_without_metadata_is_no_crash(site: Site) -> None:
    site.install("bare", OPTIMIZER, "[sigil.optimizers]\nbare = bare:make\n")
    (site.folder / "bare-1.2.dist-info" / "METADATA").unlink()
    done = site("plugins")
    assert done.code == 0, done.err
    assert [line for line in done.out.splitlines() if " bare " in line and "works" in line]


def test_a_plugin_leads_a_run_and_its_resumption_and_is_missed_when_it_is_gone(
    site: Site, tmp_path: Path
) -> None:
    site.install("leading", LEADING, LEADING_POINTS)
    repository = make_repository(tmp_path / "repository")
    begun = site.run(repository, "--optimizer", "greedy", "--budget-evals", "8")
    turns = (tmp_path / "turns").read_text().splitlines()
    assert turns
    resumed = site.run(repository, "--resume", "--budget-evals", "24")
    assert (resumed["run"], resumed["evaluated"]) == (begun["run"], 24)
    assert len((tmp_path / "turns").read_text().splitlines()) > 2 * len(turns)
    site.remove("leading")
    missed = site("run", "--spec", "square", "--resume", "--budget-evals", "32", at=repository)
    assert missed.code != 0
    assert "'greedy'" in missed.err


def test_what_a_plugin_says_of_its_parameters_is_one_line(site: Site, tmp_path: Path) -> None:
    site.install("leading", LEADING, LEADING_POINTS)
    repository = make_repository(tmp_path / "repository")
    params = {"optimizer_params": {"greedy": {"width": 3}}}
    (repository / ".sigil" / "sigil.yaml").write_text(json.dumps(params))
    done = site("run", "--spec", "square", "--optimizer", "greedy", at=repository)
    assert done.code != 0
    assert "'greedy' refuses its parameters: it takes no width" in done.err
    assert "Traceback" not in done.err


def test_a_plugin_answers_for_a_model_and_is_asked_nothing_twice(
    site: Site, tmp_path: Path
) -> None:
    site.install("house", HOUSE, HOUSE_POINTS)
    repository = make_repository(tmp_path / "repository")
    entry = {"provider": "house", "model": "large"}
    models = {"optimizer_params": {"simple": {"models": {"default_llm": entry}}}}
    (repository / ".sigil" / "sigil.yaml").write_text(json.dumps(models))
    begun = site.run(repository, "--budget-evals", "4")
    assert "x * x" in begun["winner"]["patch"]
    assert begun["winner"]["proposer"] == "model"
    resumed = site.run(repository, "--resume", "--budget-evals", "8")
    assert (resumed["run"], resumed["evaluated"]) == (begun["run"], 8)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["large"] * resumed["models"]["exchanges"]
