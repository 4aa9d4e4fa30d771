"""Inputs that a signature allows and no known call has."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.evaluate.cases import read_cases
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.signing import EACH, signed
from sigil.sandbox.model import Case

SOURCE = """\
def spell(text: str | bytes, wide=False):
    text = text.decode("ascii") if isinstance(text, bytes) else text
    return list(text) if wide else text.upper()
"""
TESTS = """\
import m


def test_spell():
    for text in (b"ab", b"cd", b"abcd", b"x y z"):
        m.spell(text)
"""


def made(folder: Path, signature: str, *cases: Case, name: str = "f") -> list[Case]:
    (folder / "m.py").write_text(f"{signature}\n        return 1\n")
    return signed(function_in(folder, "m.py", name), cases)


def test_a_type_of_a_union_that_no_call_has_is_made_of_what_they_have(tmp_path: Path) -> None:
    assert made(tmp_path, "def f(v: str | bytes):", Case((b"ab",)))[0] == Case(("ab",))


@pytest.mark.parametrize(
    ("annotation", "value", "wanted"),
    [
        ("int | float", 3, 3.0),
        ("list[int] | tuple[int, ...]", [1, 2], (1, 2)),
        ("Union[set, frozenset]", {1}, frozenset({1})),
        ("Optional[int]", 3, None),
    ],
)
def test_the_content_stays(tmp_path: Path, annotation: str, value: object, wanted: object) -> None:
    (found,) = {
        repr(one.args[0]) for one in made(tmp_path, f"def f(v: {annotation}):", Case((value,)))
    }
    assert found == repr(wanted)


def test_a_flag_that_no_call_sets_is_set(tmp_path: Path) -> None:
    cases = [Case((n,)) for n in range(EACH)]
    wanted = [Case((n,), {"wide": True}) for n in range(EACH)]
    assert made(tmp_path, "def f(n, wide=False):", *cases) == wanted


def test_a_keyword_only_flag_is_set_by_name(tmp_path: Path) -> None:
    found = made(tmp_path, "def f(n, *, wide=False):", Case((1,)))
    assert found == [Case((1,), {"wide": True})]


def test_what_calls_have_is_not_made_again(tmp_path: Path) -> None:
    calls = [Case((b"a", True)), Case(("a", False))]
    assert made(tmp_path, "def f(v: str | bytes, wide=False):", *calls) == []


def test_a_parameter_that_takes_anything_gets_nothing(tmp_path: Path) -> None:
    assert made(tmp_path, "def f(v: Any, w: typing.Any, x: object):", Case((1, 2, 3))) == []


def test_the_state_of_an_object_stays(tmp_path: Path) -> None:
    source = "class C:\n    def f(self, n, wide=False):"
    found = made(tmp_path, source, Case(({"x": 1}, 2)), name="C.f")
    assert found == [Case(({"x": 1}, 2), {"wide": True})]


def test_what_cannot_be_converted_is_guessed(tmp_path: Path) -> None:
    (found, *_) = made(tmp_path, "def f(v: str | bytes):", Case(("é",)))
    assert isinstance(found.args[0], bytes)


def test_the_eval_of_a_function_shows_and_holds_out_what_its_tests_never_give(
    tmp_path: Path,
) -> None:
    (tmp_path / "m.py").write_text(SOURCE)
    (tmp_path / "test_m.py").write_text(TESTS)
    made = generate_eval(Request(function_in(tmp_path, "m.py", "spell"), "spell", 1, call_s=2.0))
    for ending in (".cases.jsonl", ".holdout.jsonl"):
        given = read_cases(made.files[f".sigil/spell{ending}"], ending, layout="jsonl")
        assert any(isinstance(one.case.args[0], str) for one in given), ending
        assert any(one.case.kwargs.get("wide") for one in given), ending
