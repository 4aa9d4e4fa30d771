import textwrap

import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.bisecting import RULES

[RULE] = RULES
NUMBERS = st.lists(st.integers(0, 9), max_size=8)
ORDERED = NUMBERS.map(sorted)

RANKS = """
def ranks(numbers, asked):
    ordered = sorted(numbers)
    found = []
    for one in asked:
        at = 0
        while {test}:
            {step}
        found.append(at)
    return found
"""

EXAMPLES = (
    *(
        Example(
            "position-by-bisection",
            RANKS.format(test=test, step=step),
            st.tuples(NUMBERS, NUMBERS),
            becomes=f"        at = bisect_{side}(ordered, one)\n        found.append(at)",
        )
        for test, step, side in (
            ("at < len(ordered) and ordered[at] < one", "at += 1", "left"),
            ("at < len(ordered) and ordered[at] <= one", "at = at + 1", "right"),
            ("at != len(ordered) and one > ordered[at]", "at += 1", "left"),
            ("at < len(ordered) and one >= ordered[at]", "at += 1", "right"),
        )
    ),
    *(
        Example(
            "position-by-bisection",
            f"""
            def ranks(ordered, asked):
                return [
                    next((at for at, n in enumerate(ordered) if {test}), len(ordered))
                    for one in asked
                ]
            """,
            st.tuples(ORDERED, NUMBERS),
            becomes=f"bisect_{side}(ordered, one)",
        )
        for test, side in (
            ("n >= one", "left"),
            ("n > one", "right"),
            ("one <= n", "left"),
            ("one < n", "right"),
        )
    ),
    Example(
        "position-by-bisection",
        """
        def put_in_order(numbers):
            done = []
            for number in numbers:
                at = 0
                while at < len(done) and done[at] <= number:
                    at += 1
                done.insert(at, number)
            return done
        """,
        st.tuples(NUMBERS),
        becomes="        at = bisect_right(done, number)\n        done.insert(at, number)",
    ),
    Example(
        "position-by-bisection",
        """
        def grades(limits, points):
            limits.sort()
            found = []
            for one in points:
                # The first that is more.
                at = 0
                while at < len(limits) and limits[at] <= one * 2:
                    at += 1
                found.append("abcdefghi"[at])
            return found
        """,
        st.tuples(NUMBERS, NUMBERS),
        becomes="# The first that is more.\n        at = bisect_right(limits, one * 2)",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


def searching(first: str, begin: str, test: str, body: str, after: str) -> str:
    return f"""
    def places(given, asked):
        {first}
        for one in asked:
            at = {begin}
            while {test}:
                {body}
            {after}
    """


WITHIN = "at < len(items) and items[at] < one"


def test_the_search_that_is_varied_below_is_found_as_it_stands_here():
    source = searching("items = sorted(given)", "0", WITHIN, "at += 1", "print(at)")
    assert list(rewritings(RULE, source))


@pytest.mark.parametrize(
    ("begin", "test", "body"),
    [
        ("1", WITHIN, "at += 1"),
        ("0", WITHIN, "at += 2"),
        ("0", WITHIN, "at += 1; print(at)"),
        ("0", WITHIN, "one += 1"),
        ("0", "at < len(given) and items[at] < one", "at += 1"),
        ("0", "at < len(items) and given[at] < one", "at += 1"),
        ("0", "at < len(items) and items[0] < one", "at += 1"),
        ("0", "at < len(items) and items[at] < at", "at += 1"),
        ("0", "at < len(items) and items[at] < items[0]", "at += 1"),
        ("0", "at < len(items) and items[at] < ask(one)", "at += 1"),
        ("0", "at < len(items) and items[at] > one", "at += 1"),
        ("0", "at < len(items) and items[at] != one", "at += 1"),
        ("0", "at < len(items) or items[at] < one", "at += 1"),
        ("0", "items[at] < one", "at += 1"),
    ],
)
def test_what_is_no_search_for_a_place_is_left_alone(begin: str, test: str, body: str):
    source = searching("items = sorted(given)", begin, test, body, "print(at)")
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize(
    ("first", "after"),
    [
        ("items = given", "print(at)"),
        ("items = list(given)", "print(at)"),
        ("items = sorted(given, reverse=True)", "print(at)"),
        ("items = sorted(given, key=abs)", "print(at)"),
        ("items = [2, 1]", "print(at)"),
        ("items = [*given]", "print(at)"),
        ("items = list(given)\n        items.sort(reverse=True)", "print(at)"),
        ("items = list(given)\n        other.sort()", "print(at)"),
        ("items = list(given)\n        if asked:\n            items.sort()", "print(at)"),
        ("items = sorted(given)", "items.append(one)"),
        ("items = sorted(given)", "items.insert(0, one)"),
        ("items = sorted(given)", "items.insert(at, -one)"),
        ("items = sorted(given)", "items[at] = one"),
        ("items = sorted(given)", "change(items)"),
        ("items = sorted(given)", "items = given"),
        ("items = list(given)", "items.sort()"),
        ("items = list(given); held = items\n        items.sort()", "held.append(one)"),
        ("items = list(given); held = [items]\n        items.sort()", "held[0].append(one)"),
        ("items = list(given); add = items.append\n        items.sort()", "add(one)"),
        ("items = []; add = lambda: items.append(one)\n        items.sort()", "add()"),
    ],
)
def test_a_list_that_may_be_in_no_order_is_gone_through(first: str, after: str):
    source = searching(first, "0", WITHIN, "at += 1", after)
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize("first", ["items = []", "items = [0]", "items = sorted(given)"])
def test_a_list_that_grows_where_the_search_says_stays_in_order(first: str):
    source = searching(first, "0", WITHIN, "at += 1", "items.insert(at, one)")
    assert list(rewritings(RULE, source))


def test_a_list_that_is_handed_in_and_changed_may_be_in_no_order():
    source = searching("given.append(1)", "0", WITHIN.replace("items", "given"), "at += 1", "pass")
    assert not list(rewritings(RULE, source))


def test_a_single_search_does_not_pay_for_an_import():
    source = """
    def place(items, one):
        at = 0
        while at < len(items) and items[at] < one:
            at += 1
        return at
    """
    assert not list(rewritings(RULE, source))


def test_a_list_that_a_nested_function_changes_may_be_in_no_order():
    source = """
    def places(given, asked):
        items = []
        def put(one):
            items.append(one)
        items = sorted(given)
        for one in asked:
            at = 0
            while at < len(items) and items[at] < one:
                at += 1
            put(-at)
    """
    assert not list(rewritings(RULE, source))


def test_what_is_handed_to_a_nested_function_is_another_list_than_the_one_in_order():
    source = """
    def places(given, tables, one):
        items = sorted(given)
        def place(items):
            for _ in items:
                at = 0
                while at < len(items) and items[at] < one:
                    at += 1
            return at
        return [place(table) for table in tables]
    """
    assert not list(rewritings(RULE, source))


def test_a_list_that_was_handed_to_a_function_before_it_was_sorted_is_in_order():
    source = searching(
        "items = []; fill(items)\n        items.sort()", "0", WITHIN, "at += 1", "at"
    )
    assert list(rewritings(RULE, source))


@pytest.mark.parametrize("own", ["enumerate", "len", "next"])
def test_a_function_that_is_called_like_a_builtin_is_not_taken_for_it(own: str):
    source = f"""
    def {own}(*given):
        return given[0]

    def ranks(ordered, asked):
        return [
            next((at for at, n in enumerate(ordered) if n >= one), len(ordered)) for one in asked
        ]
    """
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize(
    "first", ["bisect_left = given", "given.append(bisect_left)", "def bisect_left(): ..."]
)
def test_a_name_that_means_something_else_is_not_imported(first: str):
    source = searching(
        f"{first}\n        items = sorted(given)", "0", WITHIN, "at += 1", "print(at)"
    )
    assert not list(rewritings(RULE, source))


def test_a_name_that_is_imported_already_is_used():
    source = searching(
        "bisect_left(asked, 1)", "0", WITHIN.replace("items", "given"), "at += 1", "at"
    )
    assert list(rewritings(RULE, "from bisect import bisect_left\n" + textwrap.dedent(source)))
