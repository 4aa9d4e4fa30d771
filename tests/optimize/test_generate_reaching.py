"""Inputs that take a function where none did, kept in the real sandbox, and what is left."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from sigil.errors import InvalidValue
from sigil.evaluate.cases import GivenCase, read_cases
from sigil.evaluate.schema import EvalModel
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.sandbox.model import Case
from sigil.store.documents import parse_document, validate

SOURCES = {
    "accounts": '''\
def accounts(names):
    """Return accounts.

    >>> accounts([" Ann", "bob@x"])
    ['ann', 'bob@x']
    """
    out = []
    reserved = ["root", "admin", "daemon"]
    for name in names:
        n = name.strip().lower()
        for bad in reserved:
            if n.startswith(bad) or n.endswith("@" + bad):
                raise ValueError("reserved: " + n)
        out.append(n)
    return out
''',
    "balance": '''\
def balance(rows):
    """Return the sum.

    >>> balance([{"kind": "sale", "amount": 3}, {"kind": "sale", "amount": 4}])
    7
    """
    total = 0
    for row in rows:
        if row["kind"] == "refund":
            total -= row["amount"]
        elif row.get("void"):
            continue
        else:
            total += row["amount"]
    return total
''',
    "octets": '''\
def octets(text):
    """Return numbers.

    >>> octets("10.20.30.40")
    [10, 20, 30, 40]
    """
    out = []
    for part in text.split("."):
        number = int(part)
        if number > 255:
            raise ValueError("too large")
        out.append(number)
    return out
''',
    "halves": '''\
def halves(n):
    """Count.

    >>> halves(12)
    9
    """
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
        if steps > 40 and n > 0:
            return -1
    return steps
''',
    "listed": '''\
def listed(xs):
    """Yield.

    >>> list(listed(["a", "b"]))
    ['a', 'b']
    """
    for x in xs:
        if x == "stop":
            raise ValueError(x)
        yield x
''',
    "awaited": """\
async def awaited(xs=("a", "b")):
    if "stop" in xs:
        raise ValueError(xs)
    return len(xs)
""",
    "cached": '''\
from functools import lru_cache


@lru_cache(maxsize=None)
def cached(x):
    """Return.

    >>> cached("a")
    'aa'
    """
    if x == "stop":
        raise ValueError(x)
    return x + x
''',
    "beyond": '''\
def beyond(xs):
    """Return the sum.

    >>> beyond([1, 2])
    3
    """
    total = sum(xs)
    if total * 31 % 1000003 == 7 and len(xs) > 900:
        return -1
    return total
''',
    "mean": '''\
def mean(xs):
    """Return the mean.

    >>> mean([1, 3])
    2.0
    """
    if xs == 7:
        return "seven"
    return sum(xs) / len(xs)
''',
}


@cache
def documents(name: str, given: str = "", call_s: float = 5.0) -> Documents:
    """Return the eval of a function; ``given`` is the one input that a person gives."""
    with TemporaryDirectory() as place:
        root = Path(place)
        (root / f"{name}.py").write_text(SOURCES[name])
        cases = (GivenCase(Case((given,))),) if given else None
        return generate_eval(
            Request(function_in(root, f"{name}.py", name), name, seed=1, cases=cases, call_s=call_s)
        )


def files(name: str) -> list[bytes]:
    """Return the shown and the held-out inputs."""
    found = documents(name).files
    return [found[f".sigil/{name}.cases.jsonl"], found[f".sigil/{name}.holdout.jsonl"]]


def outcome(source: str, name: str, case: Case) -> Any:
    space: dict[str, Any] = {}
    exec(source, space)
    try:
        return space[name](*case.args, **case.kwargs)
    except (ValueError, TypeError, KeyError, AttributeError, ZeroDivisionError) as error:
        return type(error)


def kills(name: str, old: str, new: str) -> list[bool]:
    """Return whether a change differs on some shown input, and on some held-out one."""
    source = SOURCES[name]
    changed = source.replace(old, new)
    assert changed != source
    return [
        any(
            outcome(source, name, one.case) != outcome(changed, name, one.case)
            for one in read_cases(data, "cases", layout="jsonl")
        )
        for data in files(name)
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("accounts", " or ", " and "),
        ("accounts", ' or n.endswith("@" + bad)', ""),
        ("accounts", 'n.startswith(bad) or n.endswith("@" + bad)', "False"),
        ("accounts", ', "daemon"', ""),
        ("balance", "-=", "+="),
        ("balance", '"refund"', '"return"'),
        ("balance", "continue", "total = 0"),
        ("octets", "number > 255", "number > 999"),
        ("octets", "number > 255", "number >= 255"),
    ],
)
def test_what_no_stated_input_reaches_is_held_to_by_shown_and_held_out_ones(
    name: str, old: str, new: str
) -> None:
    assert kills(name, old, new) == [True, True]


def test_an_input_that_is_refused_is_kept_with_its_error() -> None:
    for data in files("accounts"):
        kept = [one for one in read_cases(data, "cases", layout="jsonl") if one.raises]
        assert kept
        assert {one.raises for one in kept} == {"ValueError"}


def test_what_only_breaks_a_function_is_no_input() -> None:
    for data in files("mean"):
        raised = {one.raises for one in read_cases(data, "cases", layout="jsonl")}
        assert "TypeError" not in raised


def test_where_everything_is_reached_nothing_is_noted() -> None:
    assert documents("accounts").notes == ()
    assert b"unreached" not in documents("accounts").files[".sigil/accounts.eval.yaml"]


def test_lines_that_no_input_reaches_are_noted() -> None:
    (note,) = documents("beyond").notes
    assert note.startswith("no input reaches line 9: what changes there is held to nothing")
    assert "--cases" in note


def test_the_eval_keeps_those_lines() -> None:
    text = documents("beyond").files[".sigil/beyond.eval.yaml"]
    kept = validate(parse_document(text, "an eval"), EvalModel).unreached
    assert kept is not None
    assert (kept.function, kept.lines) == ("beyond.py:beyond", "9")


def test_inputs_that_a_person_gives_are_widened_too() -> None:
    found = documents("octets", "1.2.3.4").files[".sigil/octets.cases.jsonl"]
    assert any(one.raises for one in read_cases(found, "cases", layout="jsonl"))


def test_a_function_that_loops_for_ever_on_a_constant_of_its_own_is_measured_all_the_same() -> None:
    found = documents("halves", call_s=0.5)
    assert found.goal == "speed"
    assert read_cases(found.files[".sigil/halves.cases.jsonl"], "cases", layout="jsonl")


@pytest.mark.parametrize("name", ["listed", "awaited", "cached"])
def test_every_kind_of_function_is_looked_into(name: str) -> None:
    rows = b"".join(files(name))
    assert any(one.raises == "ValueError" for one in read_cases(rows, "c", layout="jsonl"))


def with_path(folder: Path, path: str, source: str) -> Request:
    (folder / path).write_text(source)
    return Request(function_in(folder, path, "twice"), "twice", 1)


@pytest.mark.parametrize("path", ["my-script.py", "at:b.py", "class.py"])
def test_of_a_file_that_no_statement_imports_it_is_not_known_what_is_reached(
    tmp_path: Path, path: str
) -> None:
    made = generate_eval(with_path(tmp_path, path, "def twice(n: int):\n    return [n, n]\n"))
    text = made.files[".sigil/twice.eval.yaml"].decode()
    assert f'function: "{path}:twice"' in text
    assert "unreached" not in text


def test_what_has_to_be_called_through_a_statement_that_imports_it_is_refused_with_why(
    tmp_path: Path,
) -> None:
    request = with_path(tmp_path, "my-script.py", "def twice(n: int):\n    yield n\n")
    with pytest.raises(InvalidValue, match=r"my-script\.py is no name that can be imported"):
        generate_eval(request)
