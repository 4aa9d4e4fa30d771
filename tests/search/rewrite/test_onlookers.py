"""Who sees a value before it is done: who catches, what is called, what is evaluated later.

Each source is one that a rule would change the result of; each rule finds its plain examples
in the test module of its family.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.catalogue import RULES

BY_NAME = {rule.name: rule for rule in RULES}
FILLED = (
    ("append-loop", "[]", "made.append(int(x))"),
    ("add-loop", "set()", "made.add(int(x))"),
    ("store-loop", "{}", "made[x] = int(x)"),
    ("sum-loop", "0", "made += int(x)"),
    ("product-loop", "1", "made *= int(x)"),
    ("text-joined-once", '""', "made += str(int(x))"),
    ("bytes-in-a-buffer", 'b""', "made += bytes([int(x)])"),
    ("counted-by-counter", "{}", "made[int(x)] = made.get(int(x), 0) + 1"),
    ("counted-in-a-sum", "0", "if int(x) > 1: made += 1"),
    ("only-first-kept-by-dict", "[]", "if int(x) not in made: made.append(int(x))"),
)


def filling(first: str, line: str, around: str) -> str:
    """Return a function that fills ``made`` below a line ``around``."""
    asked, _, added = line.rpartition(": ")
    core = [f"{asked}:", f"    {added}"] if asked else [line]
    body = [f"made = {first}", "for x in xs:", *(f"    {one}" for one in core)]
    lines = [f"    {around}", *(f"        {one}" for one in body), "    return made"]
    return "\n".join(["from contextlib import suppress", "def f(xs):", *lines, ""])


@pytest.mark.parametrize(("rule", "first", "line"), FILLED, ids=[one[0] for one in FILLED])
def test_what_is_made_where_a_failure_is_suppressed_is_made_step_by_step(
    rule: str, first: str, line: str
):
    """The same is rewritten below a question, and where a file is opened, which ends none."""
    assert list(rewritings(BY_NAME[rule], filling(first, line, "if xs:")))
    assert list(rewritings(BY_NAME[rule], filling(first, line, 'with open("x"):')))
    assert not list(rewritings(BY_NAME[rule], filling(first, line, "with suppress(ValueError):")))


def test_a_text_that_grows_where_a_failure_is_suppressed_grows_at_once():
    source = """
    def f(xs):
        text = ""
        for x in xs:
            with suppress(TypeError):
                text += x
        return text
    """
    assert not list(rewritings(BY_NAME["text-joined-once"], source))


@pytest.mark.parametrize(
    "onlooker", ["lambda: len(made)", "(len(made) for _ in xs)", "map(lambda x: len(made), xs)"]
)
@pytest.mark.parametrize(
    ("rule", "first", "line"),
    [
        ("append-loop", "[]", "made.append(size(x))"),
        ("add-loop", "set()", "made.add(size(x))"),
        ("store-loop", "{}", "made[x] = size(x)"),
    ],
)
def test_a_collection_that_something_looks_at_later_is_filled_step_by_step(
    rule: str, first: str, line: str, onlooker: str
):
    """What is gone through at once is no onlooker."""
    source = """
    def f(xs, size):
        watch = {onlooker}
        made = {first}
        for x in xs:
            {line}
        return watch, made
    """
    kept = source.format(onlooker=onlooker, first=first, line=line)
    let_go = source.format(onlooker="list(map(lambda x: made, xs))", first=first, line=line)
    assert not list(rewritings(BY_NAME[rule], kept))
    assert list(rewritings(BY_NAME[rule], let_go))


def test_a_count_that_a_generator_asks_for_is_counted_step_by_step():
    source = """
    def f(xs):
        def first_two():
            for x in xs:
                if n < 2:
                    yield x
        n = 0
        for x in first_two():
            if x > 0:
                n += 1
        return n
    """
    assert not list(rewritings(BY_NAME["counted-in-a-sum"], source))


@pytest.mark.parametrize("asks", ["eval('x * n')", "locals()['x']", "vars()['x']", "dir()"])
def test_what_asks_for_the_names_around_it_gets_no_scope_of_its_own(asks: str):
    source = f"""
    def f(xs, n):
        made = []
        for x in xs:
            made.append({asks})
        return made
    """
    assert not list(rewritings(BY_NAME["append-loop"], source))


# --- evaluated later ------------------------------------------------------------------------

LATER = (
    ("invariant-collection", "watch = lambda: sum(ys)"),
    ("invariant-collection", "watch.append(lambda: sum(ys))"),
    ("invariant-collection", "watch = map(lambda x: x + sum(ys), xs)"),
    ("invariant-length", "watch = (x + len(ys) for x in xs)"),
    ("membership-in-a-likely-set", "watch = (x for x in xs if x in ys)"),
)


@pytest.mark.parametrize(("rule", "line"), LATER)
@pytest.mark.parametrize("change", ["ys.append(1)", "ys = ys + [1]", "for x in xs: ys.append(x)"])
def test_what_is_evaluated_later_is_not_computed_before_a_change(rule: str, line: str, change: str):
    """The same is computed once where nothing changes afterwards."""
    source = """
    def f(xs, ys, watch):
        {line}
        {change}
        return watch
    """
    assert list(rewritings(BY_NAME[rule], source.format(line=line, change="pass")))
    assert not list(rewritings(BY_NAME[rule], source.format(line=line, change=change)))


def test_what_a_loop_goes_through_by_and_by_sees_what_the_loop_changes():
    source = """
    def f(xs):
        known = [5]
        for x in filter(lambda x: x not in known, xs):
            known.append(x)
        return known
    """
    assert not list(rewritings(BY_NAME["membership-in-a-set"], source))


def test_what_is_gone_through_at_once_does_not_see_what_changes_later():
    example = Example(
        "membership-in-a-likely-set",
        """
        def f(xs, ys):
            found = sorted(filter(lambda x: x in ys, xs))
            ys.append(1)
            return found
        """,
        st.tuples(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9))),
        becomes="ys_set = set(ys)",
    )
    follows(example, RULES)


def test_what_a_nested_function_binds_is_computed_anew_after_any_call():
    source = """
    def f(xs, calls):
        k = 0
        def bump():
            nonlocal k
            k += 1
        calls.append(bump)
        out = []
        for x in xs:
            y = max(k, x, 0)
            out.append(max(k, 0) + y)
            calls[0]()
        return out
    """
    assert not list(rewritings(BY_NAME["invariant-collection"], source))


# --- what comes by and by -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("counted-for-any", "return len([x {loop} x in xs if x > 1]) > 0"),
        ("first-without-the-list", "return [x {loop} x in xs][0]"),
        ("deciding-list", "return any([x > 1 {loop} x in xs])"),
        ("named-count-for-any", "n = [x {loop} x in xs if x]\n        if n: return 1"),
        ("list-only-counted", "n = [x {loop} x in xs if x]\n        return len(n)"),
        ("count-by-bisection", "return [len([x {loop} x in xs if x < k]) for k in (1, 2)]"),
    ],
)
def test_an_asynchronous_comprehension_stays_one(rule: str, line: str):
    source = "    async def f(xs):\n        {line}\n"
    assert list(rewritings(BY_NAME[rule], source.format(line=line.format(loop="for"))))
    assert not list(rewritings(BY_NAME[rule], source.format(line=line.format(loop="async for"))))


# --- what is counted ------------------------------------------------------------------------


def test_the_keys_of_a_mapping_are_counted_not_its_values_taken():
    example = Example(
        "counted-by-counter",
        """
        def f(known):
            counts = {}
            for key in known:
                counts[key] = counts.get(key, 0) + 1
            return counts
        """,
        st.tuples(st.dictionaries(st.integers(0, 3), st.integers(2, 9))),
    )
    follows(example, RULES)


def test_a_least_that_the_loop_begins_with_stays():
    source = """
    def f(xs):
        best = 0
        for x in xs[best:]:
            if x > best:
                best = x
        return best
    """
    assert not list(rewritings(BY_NAME["extreme-loop"], source))
