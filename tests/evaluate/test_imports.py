"""What a file imports is read from its syntax, and nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from sigil.evaluate.imports import Closure, Tree, imported_names


def names(text: str, module: str = "pkg.mod", *, package: bool = False) -> set[str]:
    return {name for name, _ in imported_names(text, module, package=package)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a.b as c, d", {"a.b", "d"}),
        ("from a import b", {"a", "a.b"}),
        ("from a import *", {"a"}),
        ("from . import b", {"pkg", "pkg.b"}),
        ("from .b import c", {"pkg.b", "pkg.b.c"}),
        ("from .. import c", set()),
        ("def f():\n    import late", {"late"}),
        ("try:\n    import fast\nexcept ImportError:\n    import slow", {"fast", "slow"}),
        ("import importlib\nimportlib.import_module('dyn.amic')", {"importlib", "dyn.amic"}),
        ("from typing import TYPE_CHECKING as T", {"typing", "typing.TYPE_CHECKING"}),
        ("if TYPE_CHECKING:\n    import hints\nelse:\n    import real", {"real"}),
        ("import typing\nif typing.TYPE_CHECKING:\n    import hints", {"typing"}),
        ("def f(:", set()),
    ],
)
def test_the_names_that_a_text_imports(text: str, expected: set[str]):
    assert names(text) == expected


def test_a_relative_import_in_a_package_is_relative_to_the_package_itself():
    assert names("from . import b", "pkg.sub", package=True) == {"pkg.sub", "pkg.sub.b"}


def test_a_byte_order_mark_hides_no_import_and_reaches_no_compiler(tmp_path: Path):
    closure = closed(tmp_path, {"entry.py": "\ufeffimport b\n", "b.py": ""})
    assert closure.edges["entry"] == {"b"}
    assert closure.local["entry"].text == "import b\n"


def test_a_local_module_hides_one_of_the_interpreter(tmp_path: Path):
    tree = written(tmp_path, {"json.py": ""})
    assert tree.find("json") is not None


def test_a_bare_folder_is_a_package_only_where_the_interpreter_has_none(tmp_path: Path):
    tree = written(tmp_path, {"json/notes.txt": "", "mine/mod.py": ""})
    assert tree.find("json") is None
    assert tree.find("mine.mod") is not None


def test_an_import_that_leads_to_a_pinned_file_makes_its_importers_live(tmp_path: Path):
    closure = closed(
        tmp_path,
        {
            "entry.py": "import middle, aside",
            "middle.py": "def f():\n    from pinned import g",
            "pinned.py": "import math",
            "aside.py": "import os",
        },
    )
    assert closure.reaching(["pinned.py"]) == {"entry", "middle", "pinned"}


def test_what_stands_in_a_live_package_is_live(tmp_path: Path):
    closure = closed(
        tmp_path,
        {
            "entry.py": "import pkg.calm",
            "pkg/__init__.py": "from pkg import pinned",
            "pkg/pinned.py": "",
            "pkg/calm.py": "",
        },
    )
    assert closure.reaching(["pkg/pinned.py"]) == {"entry", "pkg", "pkg.pinned", "pkg.calm"}


def test_what_stands_beside_a_pinned_module_stays_stable(tmp_path: Path):
    closure = closed(
        tmp_path,
        {
            "entry.py": "import pkg.calm, pkg.pinned",
            "pkg/__init__.py": "",
            "pkg/pinned.py": "from . import calm",
            "pkg/calm.py": "",
        },
    )
    assert closure.reaching(["pkg/pinned.py"]) == {"entry", "pkg.pinned"}


def test_modules_that_import_each_other_are_followed_once(tmp_path: Path):
    closure = closed(tmp_path, {"entry.py": "import other", "other.py": "import entry"})
    assert set(closure.local) == {"entry", "other"}


def test_a_name_taken_from_a_local_module_is_not_foreign(tmp_path: Path):
    closure = closed(tmp_path, {"entry.py": "from other import f\nimport os", "other.py": ""})
    assert closure.foreign == {"os"}


def written(folder: Path, files: Mapping[str, str]) -> Tree:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return Tree(folder, ["src", ""], {}, lambda name: name in {"json", "os", "math"})


def closed(folder: Path, files: Mapping[str, str]) -> Closure:
    return written(folder, files).closure(["entry"])


def test_what_a_large_text_imports_is_found_once(monkeypatch):
    """A search asks the same of the same file for each trial of its function."""
    text = "import this_is_asked_once\n"
    asked: list[str] = []
    monkeypatch.setattr(
        ast, "parse", lambda text, parse=ast.parse: asked.append(text) or parse(text)
    )
    for _ in range(3):
        assert list(imported_names(text, "m", package=False)) == [("this_is_asked_once", True)]
    assert asked == [text]


def test_a_text_that_speaks_of_no_import_is_not_parsed(monkeypatch):
    monkeypatch.setattr(ast, "parse", None)
    assert list(imported_names("def f(:\n", "m", package=False)) == []
