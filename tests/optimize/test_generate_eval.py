"""An eval of a function, made from a real repository in the real sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigil.errors import AlreadyExists, BaselineFailed, InvalidValue
from sigil.evaluate.cases import read_cases
from sigil.evaluate.definition import load_eval
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.placing import default_name, prepare
from sigil.optimize.generate.profiling import profile_tests
from sigil.optimize.spec import load_spec, read_eval

SOURCE = '''\
import asyncio
import random
import time

COUNT = 0


def unique(items):
    seen = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return seen


def printing(xs):
    for x in xs:
        print(x)
    return len(xs)


def reading(path):
    with open(path) as file:
        return file.read()


def chance(xs):
    return random.choice(xs) + random.random()


def remembers(x):
    global COUNT
    COUNT += 1
    return x + COUNT


def clock(x):
    return time.time() + x


def forever(n):
    while True:
        n += 1


def drains(xs):
    out = []
    while xs:
        out.append(xs.pop(0))
    return out


class Bag:
    def __init__(self, items):
        self.items = items

    def counts(self, least=1):
        return {x: self.items.count(x) for x in self.items if self.items.count(x) >= least}


def squares(n):
    for i in range(n):
        yield i * i


async def soon(x):
    await asyncio.sleep(0)
    return x + 1


def pairs(xs):
    return zip(xs, xs[1:])


def holds(points, group):
    return {point: point in group for point in points}


def untested(text, sep=","):
    return [part.strip() for part in text.split(sep)]


def gap(xs):
    """Return the largest gap.

    >>> gap([1, 5, 7])
    4
    """
    xs = sorted(xs)
    return max(b - a for a, b in zip(xs, xs[2:]))


class Thing:
    name = "a"


def wants_thing(thing):
    return thing.name


def gives_thing(n):
    return Thing()


def impossible(widget):
    return widget.frobnicate().result[7]
'''

TESTS = """\
import asyncio
import pytest
import zoo


def test_calls(tmp_path):
    assert zoo.unique([3, 1, 3]) == [3, 1]
    assert zoo.unique(["a", "b", "a"]) == ["a", "b"]
    assert zoo.unique([1, 1]) == [1]
    zoo.printing([1, 2, 3])
    (tmp_path / "x").write_text("x")
    zoo.reading(str(tmp_path / "x"))
    zoo.chance([1, 2, 3])
    zoo.remembers(1)
    zoo.clock(1)
    zoo.drains([1, 2])
    zoo.Bag([1, 2, 2]).counts()
    zoo.Bag([1, 2, 2]).counts(least=2)
    list(zoo.squares(4))
    asyncio.run(zoo.soon(1))
    list(zoo.pairs([1, 2, 3]))
    zoo.holds([(1, 2), (3, 4)], {(1, 2)})
    zoo.wants_thing(zoo.Thing())
    zoo.gives_thing(1)


@pytest.mark.parametrize("xs, want", [([1, 5, 7], 4), ([3, 1], 2), ([0, 9], 9), ([0, 5, 100], 95)])
def test_gap(xs, want):
    assert zoo.gap(xs) == want
"""


def zoo(folder: Path) -> Path:
    """Write the repository and return its root."""
    home = folder / "repository"
    (home / "tests").mkdir(parents=True)
    (home / "zoo.py").write_text(SOURCE)
    (home / "tests" / "test_zoo.py").write_text(TESTS)
    return home


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return zoo(tmp_path)


@pytest.fixture(scope="module", autouse=True)
def _tests_are_a_check_however_slow_the_machine_is() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sigil.optimize.generate.suite.MOST_S", 50.0)
        patch.setattr("sigil.optimize.generate.suite.DEADLINE_S", 60.0)
        yield


class Made:
    """What is made of functions of one repository that nobody changes; of each once."""

    def __init__(self, root: Path):
        self.root = root
        self.before = mtimes(root)
        self._made: dict[str, Documents] = {}

    def __call__(self, name: str) -> Documents:
        if name not in self._made:
            self._made[name] = made(self.root, name)
        return self._made[name]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(zoo(tmp_path_factory.mktemp("zoo")))


def mtimes(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in root.rglob("*")}


def wanted(root: Path, name: str, **more: object) -> Request:
    function = function_in(root, "zoo.py", name)
    facts = {"call_s": 2.0, **more}
    return Request(function, default_name(function), 1, **facts)  # type: ignore[arg-type]


def made(root: Path, name: str, **more: object) -> Documents:
    return generate_eval(wanted(root, name, **more))


def lines(documents: Documents, ending: str) -> list[str]:
    (data,) = [data for path, data in documents.files.items() if path.endswith(ending)]
    cases = read_cases(data, ending, layout="jsonl")
    return [case_text(one.case) for one in cases]


def test_recorded_calls_varied_ones_and_larger_ones_are_measured_on(documents: Made) -> None:
    found = documents("unique")
    shown = lines(found, ".cases.jsonl")
    assert "([3, 1, 3])" in shown
    assert "calls recorded from tests/test_zoo.py" in found.description
    assert max(map(len, shown)) > 1_000
    assert len(shown) > 20


def test_what_is_held_out_is_not_among_what_is_shown(documents: Made) -> None:
    found = documents("unique")
    held = lines(found, ".holdout.jsonl")
    assert len(held) > 10
    assert not {*held} & {*lines(found, ".cases.jsonl")}


def test_the_documents_load_as_they_are(documents: Made, tmp_path: Path) -> None:
    (tmp_path / ".sigil").mkdir()
    for path, data in documents("unique").files.items():
        (tmp_path / path).write_bytes(data)
    definition = load_eval(tmp_path / ".sigil" / "unique.eval.yaml")
    assert [metric.id for metric in definition.model.metrics] == ["same", "tests", "time_ms"]


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("Bag.counts", "object.__new__(Bag)"),
        ("squares", "list(squares("),
        ("soon", "_run(soon("),
        ("pairs", "list(pairs("),
        ("printing", "redirect_stdout"),
    ],
)
def test_what_cannot_be_called_alone_is_called_by_an_adapter(
    documents: Made, name: str, holds: str
) -> None:
    found = documents(name)
    (adapter,) = [data for path, data in found.files.items() if path.endswith("_target.py")]
    assert holds in adapter.decode()
    assert len(lines(found, ".cases.jsonl")) > 1


def test_arguments_that_json_cannot_say_are_written_in_python(root: Path) -> None:
    assert "([(1, 2), (3, 4)], {(1, 2)})" in lines(made(root, "holds"), ".cases.jsonl")


def test_a_function_that_changes_its_arguments_is_measured(root: Path) -> None:
    assert "([1, 2])" in lines(made(root, "drains"), ".cases.jsonl")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("reading", "can use no file"),
        ("chance", "not always answered alike"),
        ("remembers", "not always answered alike"),
        ("clock", "not always answered alike"),
        ("wants_thing", r"no plain data \(Thing"),
        ("gives_thing", "returns what is no plain data: a value of type Thing"),
        ("impossible", "takes none of the inputs guessed"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_the_reason(
    root: Path, name: str, said: str
) -> None:
    with pytest.raises(BaselineFailed, match=said) as refused:
        made(root, name)
    assert refused.value.remedy


def test_a_function_that_never_returns_is_refused_with_the_reason(root: Path) -> None:
    with pytest.raises(BaselineFailed, match="does not return in time") as refused:
        made(root, "forever", call_s=0.2)
    assert refused.value.remedy


def test_a_function_that_no_test_calls_gets_guesses_and_a_note(root: Path) -> None:
    found = made(root, "untested")
    assert "guesses" in found.description
    assert any("--cases" in note for note in found.notes)


def test_a_function_that_fails_its_tests_is_to_be_repaired(root: Path) -> None:
    found = made(root, "gap")
    assert found.goal == "repair"
    assert b"max(agreement)" in found.files[".sigil/gap.eval.yaml"]
    assert b'"expected": 4' in found.files[".sigil/gap.cases.jsonl"]


def test_a_passing_assertion_that_is_misread_asks_for_no_repair(root: Path) -> None:
    test = "import zoo\n\ndef test_it(monkeypatch):\n"
    test += (
        "    monkeypatch.setattr(zoo, 'unique', lambda xs: 7)\n    assert zoo.unique([1]) == 7\n"
    )
    (root / "tests" / "test_patched.py").write_text(test)
    assert made(root, "unique").goal == "speed"


def test_nothing_to_repair_is_said(root: Path) -> None:
    with pytest.raises(BaselineFailed, match="nothing to repair"):
        made(root, "unique", goal="repair")


def test_given_cases_come_before_any_test(root: Path) -> None:
    cases = read_cases(b'{"args": [[5, 5, 6]]}\n', "c.jsonl", layout="jsonl")
    found = made(root, "unique", cases=cases)
    assert "([5, 5, 6])" in lines(found, ".cases.jsonl")
    assert "([3, 1, 3])" not in lines(found, ".cases.jsonl")


def test_given_answers_that_are_not_given_ask_for_a_repair(root: Path) -> None:
    cases = read_cases(b'{"args": [[5, 5]], "expected": [5, 5]}\n', "c.jsonl", layout="jsonl")
    assert made(root, "unique", cases=cases).goal == "repair"


def test_the_repository_is_only_read(documents: Made) -> None:
    documents("unique")
    assert mtimes(documents.root) == documents.before


# --- putting them in place --------------------------------------------------------------


class Counting:
    """Makes documents without a sandbox, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, request: Request) -> Documents:
        self.times += 1
        name = request.name
        text = f"version: '0.1'\nname: {name}\n"
        return Documents({f".sigil/{name}.eval.yaml": text.encode()}, "speed", "made", ())


def test_documents_that_fit_are_used_again(root: Path) -> None:
    make = Counting()
    first = prepare(wanted(root, "unique"), fresh=False, make=make)
    second = prepare(wanted(root, "unique"), fresh=False, make=make)
    assert (make.times, bool(first.written), second.written) == (1, True, ())


def test_a_changed_function_gets_new_documents(root: Path) -> None:
    make = Counting()
    prepare(wanted(root, "unique"), fresh=False, make=make)
    (root / "zoo.py").write_text(SOURCE.replace("seen = []", "seen = list()"))
    prepare(wanted(root, "unique"), fresh=False, make=make)
    assert make.times == 2


def test_edited_documents_are_left_alone_until_asked(root: Path) -> None:
    make = Counting()
    prepare(wanted(root, "unique"), fresh=False, make=make)
    (root / ".sigil" / "unique.eval.yaml").write_text("version: '0.1'\nname: mine\n")
    (root / "zoo.py").write_text(SOURCE.replace("seen = []", "seen = list()"))
    kept = prepare(wanted(root, "unique"), fresh=False, make=make)
    assert any("was edited" in note for note in kept.notes)
    prepare(wanted(root, "unique"), fresh=True, make=make)
    assert make.times == 2


def test_the_name_of_another_function_is_not_taken(root: Path) -> None:
    prepare(wanted(root, "unique"), fresh=False, make=Counting())
    function = function_in(root, "zoo.py", "drains")
    with pytest.raises(AlreadyExists, match="pins something else"):
        prepare(Request(function, "unique", 1), fresh=False, make=Counting())


def test_a_bad_name_is_refused(root: Path) -> None:
    function = function_in(root, "zoo.py", "drains")
    with pytest.raises(InvalidValue, match="not a plain name"):
        prepare(Request(function, "../x", 1), fresh=False, make=Counting())


def test_the_written_spec_pins_the_function(documents: Made, root: Path) -> None:
    ready = documents("Bag.counts")
    prepare(wanted(root, "Bag.counts"), fresh=False, make=lambda _: ready)
    spec = load_spec(root, "Bag_counts")
    assert spec.model.pins[0].symbol == "Bag.counts"
    assert read_eval(spec, None).model.name == "Bag_counts"
    assert json.loads((root / ".sigil" / "Bag_counts.made.json").read_text())["function"]


def test_a_profile_puts_what_takes_longest_first(root: Path) -> None:
    slow = "\n\ndef slow():\n    return sum(i * i for i in range(300_000))\n"
    (root / "zoo.py").write_text(SOURCE + slow)
    (root / "tests" / "test_slow.py").write_text("import zoo\n\ndef test_it():\n    zoo.slow()\n")
    assert profile_tests(root, seconds=60)[0].reference == "zoo.py:slow"
