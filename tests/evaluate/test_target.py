"""What a target drags along, and the interpreter that runs it."""

from __future__ import annotations

import pickle
import platform
import re
import sys
from collections.abc import Mapping
from importlib.metadata import distributions as metadata_of_all
from pathlib import Path

import pytest

from sigil.errors import InvalidValue, Where
from sigil.evaluate.interpreter import Interpreter, choose_python, distributions, introduce
from sigil.evaluate.target import Target
from sigil.sandbox.base import freeze

HERE = introduce(Path(sys.executable))


def target_of(tmp_path: Path, files: Mapping[str, str], pinned: str) -> Target:
    repo = tmp_path / "repo"
    for path, text in files.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    base = freeze(repo, tmp_path / "cache")
    return Target(base, {pinned: files[pinned]}, HERE)


F = "def f():\n    return 1\n"


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("methods.py", "methods:f"),
        ("src/methods.py", "methods:f"),
        ("src/pkg/methods.py", "methods:f"),
        ("deep/er/methods.py", "methods:f"),
    ],
)
def test_a_function_is_named_from_the_folder_that_would_be_on_the_path(
    tmp_path: Path, path: str, entry: str
):
    assert target_of(tmp_path, {path: F}, path).program(f"{path}:f").entry == entry


def test_a_function_in_a_package_is_named_from_above_the_package(tmp_path: Path):
    files = {"lib/pkg/__init__.py": "", "lib/pkg/sub/__init__.py": "", "lib/pkg/sub/mod.py": F}
    target = target_of(tmp_path, files, "lib/pkg/sub/mod.py")
    assert target.program("lib/pkg/sub/mod.py:f").entry == "pkg.sub.mod:f"


def test_only_what_reaches_a_pinned_file_is_loaded_with_each_candidate(tmp_path: Path):
    files = {
        "bench.py": "import fast, tables\nfrom math import pi\ndef f(): ...\n",
        "fast.py": "import tables\n",
        "tables.py": "import json\n",
        "unused.py": "import ssl\n",
    }
    program = target_of(tmp_path, files, "fast.py").program("bench.py:f")
    assert (program.live, set(program.stable)) == ({"bench", "fast"}, {"tables"})
    assert {"json", "math"} <= set(program.preload)
    assert "ssl" not in program.preload


def test_an_entry_that_reaches_no_pin_is_loaded_all_the_same(tmp_path: Path):
    target = target_of(tmp_path, {"bench.py": F, "fast.py": F}, "fast.py")
    assert target.program("bench.py:f").live == {"bench"}


def test_sources_hold_the_changed_text_and_the_frozen_rest(tmp_path: Path):
    files = {"bench.py": "import fast\ndef f(): ...\n", "fast.py": "x = 1\n"}
    target = target_of(tmp_path, files, "fast.py")
    sources = target.sources(target.program("bench.py:f"), {"fast.py": "x = 2\n"})
    assert {name: source.text for name, source in sources.items()} == {
        "bench": files["bench.py"],
        "fast": "x = 2\n",
    }


def test_a_module_that_only_the_candidate_imports_is_loaded_with_it(tmp_path: Path):
    target = target_of(tmp_path, {"fast.py": F, "spare.py": "y = 3\n"}, "fast.py")
    program = target.program("fast.py:f")
    sources = target.sources(program, {"fast.py": f"import spare\n{F}"})
    assert set(sources) == {"fast", "spare"}


def test_a_module_that_the_zygote_has_is_not_loaded_again(tmp_path: Path):
    target = target_of(tmp_path, {"fast.py": f"import spare\n{F}", "spare.py": ""}, "fast.py")
    program = target.program("fast.py:f")
    assert set(target.sources(program, {"fast.py": f"import spare, os\n{F}"})) == {"fast"}


def test_a_third_party_module_that_is_not_installed_is_not_preloaded(tmp_path: Path):
    text = f"try:\n    import surely_not_installed\nexcept ImportError:\n    pass\n{F}"
    program = target_of(tmp_path, {"fast.py": text}, "fast.py").program("fast.py:f")
    assert "surely_not_installed" not in program.preload


def test_a_submodule_is_preloaded_and_a_function_is_not(tmp_path: Path):
    text = f"from xml.etree import ElementTree\nfrom json import dumps\n{F}"
    preload = target_of(tmp_path, {"fast.py": text}, "fast.py").program("fast.py:f").preload
    assert "xml.etree.ElementTree" in preload
    assert "json.dumps" not in preload


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("gone.py:f", "there is no file gone.py"),
        ("fast.py:g", "fast.py defines no g"),
        ("fast.py", "not a function"),
        ("fast.txt:f", "not a function"),
        ("../fast.py:f", "there is no file"),
        ("/etc/hostname.py:f", "there is no file"),
    ],
)
def test_a_function_that_does_not_exist_is_named(tmp_path: Path, function: str, problem: str):
    target = target_of(tmp_path, {"fast.py": F}, "fast.py")
    with pytest.raises(InvalidValue, match=problem) as raised:
        target.program(function, Where("x.eval.yaml", 7, "metrics[0].function"))
    assert "x.eval.yaml:7: metrics[0].function" in str(raised.value)


def test_a_target_travels_to_another_process(tmp_path: Path):
    target = target_of(tmp_path, {"fast.py": F}, "fast.py")
    assert pickle.loads(pickle.dumps(target)) == target


# --- the interpreter --------------------------------------------------------------------


def test_the_virtual_environment_of_the_repository_is_preferred(tmp_path: Path):
    own = tmp_path / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.symlink_to(sys.executable)
    assert choose_python(tmp_path, None) == own


def test_without_one_it_is_our_own(tmp_path: Path):
    assert choose_python(tmp_path, None) == Path(sys.executable)


def test_what_the_eval_says_wins(tmp_path: Path):
    assert choose_python(tmp_path, sys.executable) == Path(sys.executable)


@pytest.mark.parametrize("wanted", ["./no/python", "no-such-python"])
def test_an_interpreter_that_does_not_exist_is_named(tmp_path: Path, wanted: str):
    with pytest.raises(InvalidValue, match=f"there is no interpreter {wanted}"):
        choose_python(tmp_path, wanted)


def test_a_program_that_is_no_interpreter_is_named():
    with pytest.raises(InvalidValue, match="does not answer as a Python"):
        introduce(Path("/bin/false"))


@pytest.mark.parametrize(
    "said",
    [
        "", "12", "[1]", "{}", "{[]: 1}", "-" * 100_000, "1" + "+1" * 100_000, "[" * 100_000,
        "print('no')", "{'version': 'abc', 'implementation': [], 'stdlib': 3}", "\u00e4",
        "{'version': '3.12', 'implementation': '', 'stdlib': ['\\x00'], 'path': [], 'builtin': []}",
        "x" * 3_000_000,
    ],
    ids=range(13),
)  # fmt: skip
def test_a_program_that_says_something_else_is_no_interpreter(said: str, tmp_path: Path):
    (tmp_path / "said").write_text(said)
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/said\n")
    program.chmod(0o755)
    with pytest.raises(InvalidValue, match="does not answer as a Python"):
        introduce(program)


def test_an_interpreter_says_what_it_is():
    assert HERE.version == platform.python_version()
    assert HERE.implementation == platform.python_implementation()


def test_an_interpreter_knows_its_modules():
    found = {name: HERE.has(name) for name in ("sys", "json", "math", "pytest", "os.path", "gone")}
    expected = dict.fromkeys(("sys", "json", "math", "pytest"), True)
    assert found == expected | {"os.path": False, "gone": False}


def test_what_is_installed_is_listed_with_versions():
    found = distributions(HERE)
    plain = re.compile(r"[-_.]+")
    told = {f"{plain.sub('-', one.name).lower()}=={one.version}" for one in metadata_of_all()}
    assert found == sorted(told)


def test_an_egg_is_listed_and_a_path_entry_that_is_no_folder_has_nothing(tmp_path):
    (tmp_path / "Some_Thing-1.2.post1-py3.11.egg-info").mkdir()
    (tmp_path / "archive.zip").write_bytes(b"")
    path = (tmp_path, tmp_path / "archive.zip", tmp_path / "gone")
    assert distributions(Interpreter(Path("python"), "3.12.0", "CPython", path=path)) == [
        "some-thing==1.2.post1"
    ]


def test_an_interpreter_without_files_has_only_what_is_built_in():
    bare = Interpreter(Path("python"), "3.12.0", "CPython", builtin=frozenset({"sys"}))
    assert (bare.has("sys"), bare.has("json")) == (True, False)
