"""`sigil plugins` with packages as an installer leaves them: modules and a .dist-info folder."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.shell import BIN, Done, environment

from sigil.search.optimizers import built_in_names

pytestmark = pytest.mark.e2e
OPTIMIZER = """\
from sigil.search.population import BestFirst
from sigil.search.rounds import Rounds


def make(problem, params):
    return Rounds(problem, BestFirst(parents=1), name="greedy")
"""


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

    def __call__(self, *arguments: str) -> Done:
        done = subprocess.run(
            [str(BIN / "sigil"), *arguments],
            env=environment(self.folder) | {"PYTHONPATH": str(self.folder)},
            cwd=self.folder,
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
