"""Which function is meant, and what kind is it?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sigil.errors import InvalidValue, NotFound, SigilError
from sigil.optimize.generate.locating import function_in, locate_function, repository_of
from sigil.optimize.generate.requesting import make_request

SOURCE = '''\
import contextlib

def plain(a, b=2, *, c=None):
    """Say."""
    return a

def outer(xs):
    def inner(x):
        return x
    return [inner(x) for x in xs]

class Bag:
    def __init__(self, items):
        self.items = items

    def count(self, item):
        return self.items.count(item)

    @staticmethod
    def total(xs):
        return sum(xs)

    @property
    def size(self):
        return len(self.items)

def each(n):
    yield from range(n)

async def soon(x):
    return x

@contextlib.contextmanager
def opened():
    yield
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "mod.py").write_text(SOURCE)
    return tmp_path


def test_a_function_has_its_parameters_and_its_docstring(root: Path) -> None:
    found = function_in(root, "pkg/mod.py", "plain")
    assert [(one.name, one.default, one.keyword) for one in found.parameters] == [
        ("a", None, False),
        ("b", "2", False),
        ("c", "None", True),
    ]
    assert found.doc == "Say."


@pytest.mark.parametrize(
    ("name", "flow", "is_method"),
    [
        ("plain", "plain", False),
        ("Bag.count", "plain", True),
        ("Bag.total", "plain", False),
        ("each", "generator", False),
        ("soon", "coroutine", False),
    ],
)
def test_the_kind_of_a_function_is_read_from_its_syntax(
    root: Path, name: str, flow: str, is_method: bool
) -> None:
    found = function_in(root, "pkg/mod.py", name)
    assert (found.flow, found.is_method) == (flow, is_method)


def test_self_is_no_parameter(root: Path) -> None:
    found = function_in(root, "pkg/mod.py", "Bag.count")
    assert [one.name for one in found.parameters] == ["item"]


def test_a_line_names_the_function_around_it(root: Path) -> None:
    assert function_in(root, "pkg/mod.py", "17").qualname == "Bag.count"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("inner", "defined inside outer"),
        ("Bag", "is a class"),
        ("Bag.size", "is read, not called"),
        ("Bag.__init__", "makes or ends an object"),
        ("opened", "is a context manager"),
        ("plian", "there is: plain"),
        ("", "no function is named"),
        ("1", "no function stands there"),
    ],
)
def test_what_cannot_be_called_is_refused_with_the_reason(root: Path, name: str, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        function_in(root, "pkg/mod.py", name)


def test_the_repository_is_found_from_the_file_upward(root: Path) -> None:
    assert repository_of(root / "pkg" / "mod.py") == root.resolve()


def test_a_folder_of_ours_comes_before_any_other_mark(root: Path) -> None:
    (root / "pkg" / ".sigil").mkdir()
    assert repository_of(root / "pkg" / "mod.py") == (root / "pkg").resolve()


def test_a_file_is_found_from_where_one_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "pkg")
    assert locate_function("mod.py:plain").path == "pkg/mod.py"


def test_a_file_that_is_not_there_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with pytest.raises(NotFound, match=r"nix\.py"):
        locate_function("nix.py:plain")


def test_a_file_in_another_encoding_is_refused_with_what_to_do(root: Path) -> None:
    (root / "old.py").write_bytes(b"# -*- coding: latin-1 -*-\ndef f(x):\n    return '\xe9'\n")
    with pytest.raises(InvalidValue, match="written in latin-1") as refused:
        function_in(root, "old.py", "f")
    assert "save it as UTF-8" in (refused.value.remedy or "")


def test_what_is_no_file_is_called_what_it_is(root: Path) -> None:
    (root / "folder.py").mkdir()
    os.mkfifo(root / "pipe.py")
    (root / "dangling.py").symlink_to("nowhere.py")
    for name, said in (
        ("folder.py", "is a folder"),
        ("pipe.py", "is no regular file"),
        ("dangling.py", "is a link to a file that is not there"),
        ("missing.py", "there is no file"),
    ):
        with pytest.raises(SigilError, match=said):
            locate_function(f"{name}:f", root)


@pytest.mark.parametrize("name", [b"\xff.py", b"d\xff/a.py"])
def test_a_file_whose_name_is_not_utf8_is_refused_at_once(root: Path, name: bytes) -> None:
    file = root / os.fsdecode(name)
    file.parent.mkdir(exist_ok=True)
    file.write_text(SOURCE)
    with pytest.raises(InvalidValue, match="is not UTF-8; rename the file or folder") as refused:
        locate_function(f"{file}:plain", root)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(("name", "kind"), [("folder", "a folder"), ("pipe", "no regular file")])
def test_inputs_that_are_no_file_are_called_what_they_are(root: Path, name: str, kind: str) -> None:
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")
    with pytest.raises(InvalidValue, match=f"{name} is {kind}"):
        make_request("pkg/mod.py:plain", cases=root / name, root=root)


def test_an_empty_name_is_no_name(root: Path) -> None:
    with pytest.raises(InvalidValue, match="not a plain name"):
        make_request("pkg/mod.py:plain", name="", root=root)


def test_a_path_may_have_colons_in_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "at:b.py").write_text(SOURCE)
    monkeypatch.chdir(root)
    assert locate_function("at:b.py:plain").reference == "at:b.py:plain"
    assert locate_function("at:b.py:7").qualname == "outer"
    with pytest.raises(InvalidValue, match="no function is named"):
        locate_function("at:b.py")


@pytest.mark.parametrize("name", ["qu'o\"te.py", "tab\t.py", "back\\slash.py", "a:b.py"])
def test_a_file_whose_changes_no_diff_can_name_is_refused_at_once(root: Path, name: str) -> None:
    (root / name).write_text(SOURCE)
    with pytest.raises(InvalidValue, match="cannot stand in a diff; rename the file"):
        locate_function(f"{root / name}:plain", root)
