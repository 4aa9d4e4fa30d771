"""A running function, as files of its own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from sigil.errors import InvalidValue
from sigil.optimize.generate.carrying import Carried, carry

SCRIPT = '''\
from __future__ import annotations

import math
import re as patterns
from collections import Counter as Tally

from neighbour import twice

LIMIT = 3
RULE = patterns.compile("[a-z]+")
BIG = sum(range(10))
for HANDLE in [open(__file__)]:
    pass


def helper(x: int) -> int:
    return twice(x) + LIMIT


class Box:
    def __init__(self, x):
        self.x = helper(x)


def evolving(x):
    """Do."""
    return math.floor(Box(x).x) + len(RULE.findall("ab")) + BIG + Tally("a")["a"]


def held(x):
    return HANDLE, x


def recursive(n):
    return n and recursive(n - 1)


def outer():
    def inner(x):
        return x
    return inner


short = lambda x: x
'''


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A script as it runs, with a module of the user's own beside it."""
    (tmp_path / "neighbour.py").write_text("def twice(x):\n    return 2 * x\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = importlib.util.spec_from_file_location("__main__", tmp_path / "script.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "__main__", module)
    spec.loader.exec_module(module)
    yield module
    module.HANDLE.close()
    sys.modules.pop("neighbour", None)


def called(carried: Carried, folder: Path) -> Callable[..., object]:
    for path, text in carried.files.items():
        (folder / path).write_text(text)
    names: dict[str, object] = {"__name__": "carried"}
    exec(compile(carried.files[carried.path], carried.path, "exec"), names)
    return names[carried.qualname]  # type: ignore[return-value]


def test_a_function_of_a_script_takes_along_what_it_uses(
    script: ModuleType, tmp_path: Path
) -> None:
    carried = carry(script.evolving)
    (tmp_path / "out").mkdir()
    assert called(carried, tmp_path / "out")(5) == script.evolving(5)
    assert "neighbour.py" in carried.files
    assert "HANDLE" not in carried.files[carried.path]


def test_a_function_that_calls_itself_is_carried(script: ModuleType) -> None:
    assert "def recursive" in carry(script.recursive).files["recursive.py"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("held", "uses HANDLE"), ("short", "a lambda"), ("Box", "no function written in Python")],
)
def test_what_cannot_be_carried_is_refused(script: ModuleType, name: str, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        carry(getattr(script, name))


def test_a_function_inside_another_is_refused(script: ModuleType) -> None:
    with pytest.raises(InvalidValue, match="inside another function"):
        carry(script.outer())


def test_a_function_of_a_module_takes_its_file_along() -> None:
    import textwrap

    carried = carry(textwrap.shorten)
    assert (carried.path, carried.qualname) == ("textwrap.py", "shorten")
    assert list(carried.files) == ["textwrap.py"]


class Counting:
    def up(self) -> int:
        return 1

    @classmethod
    def made(cls) -> int:
        return 2


@pytest.mark.parametrize("method", [Counting().up, Counting.made])
def test_a_bound_method_is_called_one_and_not_denied_to_be_python(
    method: Callable[[], int],
) -> None:
    with pytest.raises(InvalidValue, match=r"Counting\.\w+ is bound to an object") as refused:
        carry(method)
    assert f"sigil evolve file.py:{method.__qualname__}" in str(refused.value)


def test_a_builtin_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no function written in Python"):
        carry(len)
