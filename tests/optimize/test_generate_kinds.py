"""Functions of odd kinds, in a real repository and sandbox: handled, or told what helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.errors import BaselineFailed, NotFound
from sigil.evaluate.cases import read_cases
from sigil.optimize.generate.gathering import gather, known_cases
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.placing import default_name
from sigil.optimize.generate.profiling import profile_tests
from sigil.optimize.generate.workshop import open_workshop
from sigil.sandbox.model import Case, Returned

SOURCE = """\
import functools


def counted(function):
    @functools.wraps(function)
    def counting(*args):
        return (function(*args), len(args))

    return counting


@counted
def wrapped(items):
    return [x for x in items if items.count(x) == 1]


@functools.lru_cache(maxsize=None)
def cached(n):
    return sum(i * i for i in range(n))


def flat(items):
    out = []
    for item in items:
        out.extend(flat(item) if isinstance(item, list) else [item])
    return out


async def ticks(n):
    for i in range(n):
        yield i * i


def reads(path):
    return path.read_text().split()


def total_of(order):
    return sum(order.prices)


class Order:
    def __init__(self, prices, lock):
        self.prices = prices
        self.lock = lock

    def total(self, factor, state=0):
        return sum(self.prices) * factor + state

    def tell(self, first):
        return [first, *self.prices]


class Small:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def twice(self):
        return 2 * self.x
"""

TESTS = """\
import asyncio
import threading
import kinds


async def listed(items):
    return [item async for item in items]


def test_calls():
    kinds.wrapped([1, 2, 2])
    kinds.cached(4)
    kinds.flat([1, [2, [3, [4]]]])
    asyncio.run(listed(kinds.ticks(3)))
    kinds.total_of(kinds.Order([1], None))
    kinds.Order([1, 2], threading.Lock()).total(2)
    kinds.Small(3).twice()


def test_reads(tmp_path):
    (tmp_path / "x").write_text("a b")
    kinds.reads(tmp_path / "x")
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("kinds")
    (home / "kinds.py").write_text(SOURCE)
    (home / "test_kinds.py").write_text(TESTS)
    return home


def wanted(root: Path, name: str, cases: bytes | None = None) -> Request:
    function = function_in(root, "kinds.py", name)
    given = read_cases(cases, "c.jsonl", layout="jsonl") if cases is not None else None
    return Request(function, default_name(function), 1, cases=given, call_s=2.0)


def answered(root: Path, name: str, cases: bytes | None = None) -> list[tuple[Case, object]]:
    """Return the inputs that are found, with what the unchanged function answers, sealed."""
    with open_workshop(wanted(root, name, cases)) as workshop:
        found, _, _ = known_cases(workshop, gather(workshop))
        with workshop.trial(workshop.plain_adapter()) as trial:
            answers = [
                one.value if isinstance(one, Returned) else one for one in trial.answers(found)
            ]
    return list(zip(found, answers, strict=True))


def remedy(root: Path, name: str, cases: bytes | None = None) -> str:
    with pytest.raises(BaselineFailed) as refused:
        generate_eval(wanted(root, name, cases))
    return refused.value.remedy or ""


@pytest.mark.parametrize(
    ("name", "argument", "answer"),
    [
        ("wrapped", [1, 2, 2], ([1], 1)),
        ("cached", 4, 14),
        ("ticks", 3, [0, 1, 4]),
    ],
)
def test_what_is_decorated_or_an_async_generator_is_recorded_and_answers(
    root: Path, name: str, argument: object, answer: object
) -> None:
    assert answered(root, name) == [(Case((argument,)), answer)]


def test_only_the_outermost_call_of_a_recursion_is_recorded(root: Path) -> None:
    assert answered(root, "flat") == [(Case(([1, [2, [3, [4]]]],)), [1, 2, 3, 4])]


@pytest.mark.parametrize("cases", [None, b'{"args": ["x.txt"]}\n'])
def test_a_function_that_reads_a_path_is_to_be_split_and_given_no_cases(
    root: Path, cases: bytes | None
) -> None:
    said = remedy(root, "reads", cases)
    assert "works on files: split off" in said
    assert "--cases" not in said


@pytest.mark.parametrize("cases", [None, b'{"args": ["x.txt"]}\n'])
def test_a_function_that_takes_an_object_is_to_be_split_and_given_no_cases(
    root: Path, cases: bytes | None
) -> None:
    said = remedy(root, "total_of", cases)
    assert "works on plain data" in said
    assert "--cases" not in said


@pytest.mark.parametrize("name", ["Order.total", "Small.twice"])
def test_a_method_of_an_object_that_is_no_plain_data_is_to_be_split(root: Path, name: str) -> None:
    said = remedy(root, name)
    assert "split off the part" in said
    assert "--cases" not in said


def test_the_template_of_a_method_holds_the_state_of_its_object(root: Path) -> None:
    template = '{"args": [{"prices": "…", "lock": "…"}], "kwargs": {"first": "…"}}'
    assert template in remedy(root, "Order.tell")


def test_a_template_that_is_filled_in_is_answered(root: Path) -> None:
    given = b'{"args": [{"prices": [1, 2], "lock": null}], "kwargs": {"first": 4}}\n'
    assert [value for _, value in answered(root, "Order.tell", given)] == [[4, 1, 2]]


def test_a_method_may_have_a_parameter_called_state(root: Path) -> None:
    given = b'{"args": [{"prices": [1, 2]}], "kwargs": {"factor": 4, "state": 3}}\n'
    assert [value for _, value in answered(root, "Order.total", given)] == [15]


def test_a_test_file_that_cannot_be_imported_keeps_no_other_from_running(tmp_path: Path) -> None:
    (tmp_path / "kinds.py").write_text(SOURCE)
    (tmp_path / "test.py").write_text("from nowhere import cached\n")
    (tmp_path / "test_kinds.py").write_text(TESTS)
    assert answered(tmp_path, "cached") == [(Case((4,)), 14)]


def test_a_profile_of_tests_that_call_nothing_says_how_they_ended(tmp_path: Path) -> None:
    (tmp_path / "kinds.py").write_text(SOURCE)
    (tmp_path / "test_kinds.py").write_text("from nowhere import cached\n")
    with pytest.raises(NotFound, match=r"call none of its functions \(1 error"):
        profile_tests(tmp_path, seconds=60)


def test_a_profile_of_tests_that_cannot_be_imported_says_why_and_what_helps(
    tmp_path: Path,
) -> None:
    (tmp_path / "kinds.py").write_text(SOURCE)
    (tmp_path / "test_kinds.py").write_text("from nowhere import cached\n")
    with pytest.raises(NotFound) as refused:
        profile_tests(tmp_path, seconds=60)
    assert (
        "test_kinds.py cannot be imported (ModuleNotFoundError: No module named 'nowhere'); "
        "install nowhere into"
    ) in str(refused.value)
