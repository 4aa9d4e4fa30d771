import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.exits import RULES

NUMBERS = st.lists(st.integers(-3, 9), max_size=6)
BY_NAME = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "divisors-to-the-root",
        """
        def is_prime(n):
            if n < 2:
                return False
            for i in range(2, n):
                if n % i == 0:
                    return False
            return True
        """,
        st.tuples(st.integers(0, 400)),
        becomes="range(2, isqrt(n) + 1)",
    ),
    Example(
        "divisors-to-the-root",
        """
        def primes(limit):
            found = []
            for n in range(2, limit):
                prime = True
                for i in range(2, n):
                    if n % i == 0:
                        prime = False
                        break
                if prime:
                    found.append(n)
            return found
        """,
        st.tuples(st.integers(0, 60)),
    ),
    Example(
        "flag-set-once",
        """
        def has_negative(xs):
            found = False
            for x in xs:
                if x < 0:
                    found = True
            return found
        """,
        st.tuples(NUMBERS),
        becomes="break",
    ),
    Example(
        "first-without-the-list",
        """
        def first_square(xs):
            return [x * x for x in xs if x > 0][0] if max(xs, default=0) > 0 else None
        """,
        st.tuples(NUMBERS),
        becomes="next(x * x for x in xs if x > 0)",
    ),
    Example(
        "counted-for-any",
        """
        def some(xs):
            return len([x for x in xs if x > 2]) > 0
        """,
        st.tuples(NUMBERS),
        becomes="any(x > 2 for x in xs)",
    ),
    Example(
        "counted-for-any",
        """
        def none(xs):
            return len([x for x in xs if x > 2]) == 0 and 1
        """,
        st.tuples(NUMBERS),
        becomes="(not any(x > 2 for x in xs)) and 1",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    [
        "if visit(x): found = True",
        "if x < 0 and not found: found = True",
        "if x < 0: found = x",
        "if x < 0: found = True\n        total += x",
    ],
)
def test_a_loop_that_does_more_than_set_a_flag_goes_on(line: str):
    source = f"""
def f(xs, visit, total=0):
    found = False
    for x in xs:
        {line}
    return found, total
"""
    assert not list(rewritings(BY_NAME["flag-set-once"], source))


def test_a_loop_whose_last_item_is_read_afterwards_goes_on():
    source = """
    def f(xs):
        found = False
        for x in xs:
            if x < 0:
                found = True
        return found, x
    """
    assert not list(rewritings(BY_NAME["flag-set-once"], source))


@pytest.mark.parametrize("body", ["found.append(i)", "return i", "n = 3", "pass"])
def test_divisors_that_matter_themselves_are_all_tried(body: str):
    source = f"""
    def f(n, found):
        for i in range(2, n):
            if n % i == 0:
                {body}
        return found
    """
    assert not list(rewritings(BY_NAME["divisors-to-the-root"], source))


def test_calls_that_may_do_something_are_all_made():
    source = """
    def f(xs, visit):
        return [visit(x) for x in xs][0]
    """
    assert not list(rewritings(BY_NAME["first-without-the-list"], source))
