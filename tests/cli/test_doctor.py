"""`sigil doctor --eval`: findings, their exit code, and bad input."""

from __future__ import annotations

import json
import re
import shutil
from importlib import metadata, util
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sigil.cli.doctor import LIBRARIES, describe, doctor
from sigil.errors import NotFound, UsageError
from sigil.sandbox import Isolation

SPEC = """\
version: "0.1"
name: {name}
evals: [{evals}]
pins: [{{id: f, language: python, files: [fast.py], symbol: f}}]
"""
EVAL = """\
version: "0.1"
name: {name}
{inputs}
metrics: [{metric}]
aggregate: {{objective: max(score)}}
accept: {{rule: score >= 1}}
"""
CALLED = "{id: score, kind: call, measure: agreement}"
PRINTED = "{id: score, kind: numeric, command: python bench.py, parse: 'score ([0-9.]+)'}"
CASES = "inputs: {cases: [{args: [2], expected: 4}]}\nholdout: {cases: [{args: [3], expected: 9}]}"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with an eval of calls, one of a command, and a spec of both."""
    home = tmp_path / "repository" / ".sigil"
    home.mkdir(parents=True)
    (home / "both.sigil.yaml").write_text(SPEC.format(name="both", evals="called, printed"))
    (home / "called.eval.yaml").write_text(EVAL.format(name="called", inputs=CASES, metric=CALLED))
    (home / "printed.eval.yaml").write_text(EVAL.format(name="printed", inputs="", metric=PRINTED))
    (home.parent / "fast.py").write_text("def f(x):\n    return x\n")
    (home.parent / "bench.py").write_text("from fast import f\nprint('score', int(f(2) == 4))\n")
    monkeypatch.chdir(home.parent)
    monkeypatch.setenv("HOME", str(tmp_path))
    return home.parent


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(doctor, list(arguments), standalone_mode=False)


def test_an_eval_that_lets_no_cheat_through_ends_with_0(repository: Path):
    done = typed("--eval", "called", "--json")
    assert done.return_value == 0, done.output
    cheats = json.loads(done.output)["cheats"]
    assert {cheat["outcome"] for cheat in cheats} == {"stopped", "skipped"}
    assert all(cheat["how"] for cheat in cheats)
    assert len(cheats) == len({cheat["cheat"] for cheat in cheats}) >= 12


def test_an_eval_that_lets_a_cheat_through_ends_with_3_and_says_what_to_change(repository: Path):
    done = typed("--eval", "printed", "--spec", "both")
    assert done.return_value == 3, done.output
    assert "WOULD HAVE SCORED" in done.stdout
    assert ".sigil/printed.eval.yaml:4: candidate code runs where this is measured" in done.stdout
    assert "\x1b" not in done.output


def test_a_pin_in_c_is_cheated_too(repository: Path):
    if shutil.which("cc") is None:
        pytest.skip("there is no cc here")
    program = (
        "#include <stdio.h>\n\nint f(int x) { return x; }\n\n"
        'int main(void) { printf("score %d\\n", f(2) == 4); return 0; }\n'
    )
    (repository / "fast.c").write_text(program)
    spec = SPEC.format(name="c", evals="compiled").replace("python", "c").replace(".py", ".c")
    (repository / ".sigil" / "c.sigil.yaml").write_text(spec)
    metric = PRINTED.replace("python bench.py", "./fast")
    text = EVAL.format(name="compiled", inputs="build: [cc -o fast fast.c]", metric=metric)
    (repository / ".sigil" / "compiled.eval.yaml").write_text(text)
    done = typed("--eval", "compiled", "--json")
    assert done.return_value == 3, done.output
    cheats = {cheat["cheat"]: cheat for cheat in json.loads(done.output)["cheats"]}
    assert cheats["printed_metric"]["outcome"] == "scored"
    assert cheats["memo"]["outcome"] == "skipped"


def test_cheats_write_nothing_into_the_repository(repository: Path):
    before = {path: path.read_bytes() for path in repository.glob("*") if path.is_file()}
    typed("--eval", "printed", "--budget-time", "60s")
    assert {path: path.read_bytes() for path in repository.glob("*") if path.is_file()} == before


def test_an_eval_that_no_spec_lists_is_named(repository: Path):
    assert isinstance(typed("--eval", "other").exception, NotFound)


def test_an_eval_that_several_specs_list_asks_for_one(repository: Path):
    text = SPEC.format(name="also", evals="called")
    (repository / ".sigil" / "also.sigil.yaml").write_text(text)
    error = typed("--eval", "called").exception
    assert isinstance(error, UsageError)
    assert "also, both" in str(error)


def test_without_an_eval_the_machine_is_looked_at(repository: Path):
    done = typed("--json")
    assert set(json.loads(done.output)) == {"rungs", "extras", "programs", "warnings"}


def test_every_extra_is_looked_for_with_all_of_its_libraries():
    named: dict[str, set[str]] = {
        extra: set() for extra in metadata.metadata("sigil").get_all("Provides-Extra")
    }
    for requirement in metadata.requires("sigil") or []:
        found = re.fullmatch(r"([\w.-]+)[^;]*; extra == ['\"]([\w-]+)['\"]", requirement)
        if found:
            named[found[2]].add(found[1].replace("-", "_"))
    assert {extra: set(libraries) for extra, libraries in LIBRARIES.items()} == named


def test_a_library_that_is_missing_is_named_with_what_brings_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
):
    there = util.find_spec
    gone = {"lupa", "pyrage"}
    monkeypatch.setattr(util, "find_spec", lambda name: None if name in gone else there(name))
    assert (
        "  gate: missing lupa, pyrage; pip install -e '.[gate]' in a checkout of Sigil\n"
        in typed().stdout
    )


def test_a_program_that_is_missing_is_named_with_its_remedy(
    repository: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", "/nonexistent")
    said = typed().stdout
    assert "  chromium: missing; for sigil.browser: apt-get install chromium\n" in said
    assert "  podman compose: missing; for the backend compose: install podman" in said


def test_every_cheat_has_its_row_in_the_docs(repository: Path):
    page = (Path(__file__).parents[2] / "docs" / "anti-gaming.md").read_text()
    cheats = json.loads(typed("--eval", "called", "--budget-time", "0.001s", "--json").output)
    assert [one["cheat"] for one in cheats["cheats"] if f"`{one['cheat']}`" not in page] == []
    assert f"tries {len(cheats['cheats'])} cheats" in page


def test_what_shares_its_locks_with_the_machine_is_named():
    found = Isolation("L3", 7, ("user",), None, 0, "passed", shared=("/data", "/opt/tools"))
    assert describe(found).endswith("locks on /data /opt/tools seen outside")
