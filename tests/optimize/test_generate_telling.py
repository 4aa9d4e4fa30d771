"""What is said of where inputs are from, and of what a function needs that has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.errors import BaselineFailed
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in

FUNCTION = "def total(xs):\n    return sum(xs)\n"
TESTS = "from sums import total\n\n\ndef test_total():\n    total([1, 2])\n    total([7])\n"


def generated(root: Path, others: dict[str, str]) -> Documents:
    files = {"sums.py": FUNCTION, "tests/test_sums.py": TESTS, **others}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return generate_eval(Request(function_in(root, "sums.py", "total"), "total", seed=1))


def test_inputs_are_from_the_files_that_call_however_many_ran(tmp_path: Path) -> None:
    passing = "def test_else():\n    pass\n"
    found = generated(tmp_path, {"tests/test_b.py": passing, "tests/test_c.py": passing})
    assert "2 inputs from calls recorded from tests/test_sums.py" in found.description


def test_failing_tests_of_another_module_are_not_told(tmp_path: Path) -> None:
    failing = "def test_else():\n    raise ValueError\n"
    broken = "import nothing_of_this_name\n"
    found = generated(tmp_path, {"tests/test_b.py": failing, "tests/test_c.py": broken})
    assert not any("not all tests passed" in note for note in found.notes)


def test_failing_tests_beside_those_that_call_are_told(tmp_path: Path) -> None:
    found = generated(tmp_path, {"tests/test_sums.py": f"{TESTS}\n\ndef test_b():\n    raise X\n"})
    assert any("not all tests passed" in note for note in found.notes)


# --- what helps instead -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(path):\n    with open(path) as file:\n        return file.read()\n", "files"),
        ("def f(g, xs):\n    return [g(x) for x in xs]\n", "it takes a function"),
        ("def f(xs, key):\n    return sorted(xs, key=key)\n", "it takes a function"),
        (
            'if True:\n    def f(g):\n        """Text\nat the edge."""\n        return g()\n',
            "a function",
        ),
    ],
)
def test_a_function_that_takes_no_plain_data_is_not_asked_for_cases(
    tmp_path: Path, source: str, said: str
) -> None:
    (tmp_path / "mod.py").write_text(source)
    with pytest.raises(BaselineFailed) as caught:
        generate_eval(Request(function_in(tmp_path, "mod.py", "f"), "f", seed=1, call_s=1.0))
    assert said in caught.value.remedy
    assert "split off the part" in caught.value.remedy
    assert "--cases" not in caught.value.remedy


def test_of_a_function_that_never_returns_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text("def f(n):\n    while True:\n        n += 1\n")
    with pytest.raises(BaselineFailed, match="does not return in time") as caught:
        generate_eval(Request(function_in(tmp_path, "mod.py", "f"), "f", seed=1, call_s=0.2))
    assert "--timeout" in caught.value.remedy
    assert "…" not in caught.value.remedy
