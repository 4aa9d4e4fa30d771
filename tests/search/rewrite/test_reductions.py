import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.reductions import RULES

NUMBERS = st.lists(st.integers(-9, 9), max_size=6)
SOME = st.lists(st.integers(-9, 9), min_size=1, max_size=6)
SQUARE = st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), min_size=3, max_size=3)
RULE = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "first-match-ends-the-loop",
        """
        def first_above(values, limit):
            found = None
            for value in values:
                double = value * 2
                if double > limit and found is None:
                    found = value
            return found
        """,
        st.tuples(NUMBERS, st.integers(-9, 9)),
        becomes="found = value\n            break",
    ),
    Example(
        "factorial",
        """
        import math

        def orders(items):
            return math.prod(range(1, len(items) + 1))
        """,
        st.tuples(NUMBERS),
        becomes="math.factorial(len(items))",
    ),
    Example(
        "columns-taken-once",
        """
        def product(left, right):
            n = len(left)
            rows = []
            for i in range(n):
                rows.append([sum([left[i][k] * right[k][j] for k in range(n)]) for j in range(n)])
            return rows
        """,
        st.tuples(SQUARE, SQUARE),
        becomes="    right_columns = list(zip(*right))\n    for i in range(n):",
    ),
    Example(
        "sum-of-products",
        """
        def dot(left, right):
            return sum([left[k] * right[k] for k in range(3)])
        """,
        st.tuples(*[st.lists(st.integers(), min_size=3, max_size=3)] * 2),
        becomes="sum(map(mul, left, right))",
    ),
    Example(
        "sum-loop",
        """
        def total(rows):
            total = 0
            for row in rows:
                for value in row:
                    if value > 0:
                        total += value * 2
            return total
        """,
        st.tuples(st.lists(NUMBERS, max_size=3)),
        becomes="total = sum([value * 2 for row in rows for value in row if value > 0])",
    ),
    Example(
        "sum-loop",
        """
        def total(values):
            total = 0
            for value in values:
                total = total + value
            return total
        """,
        st.tuples(NUMBERS),
        becomes="total = sum(values)",
    ),
    Example(
        "product-loop",
        """
        def product(values):
            product = 1
            for value in values:
                product *= value
            return product
        """,
        st.tuples(NUMBERS),
        becomes="product = math.prod(values)",
    ),
    Example(
        "product-loop",
        """
        def multiplied(values, start: int):
            product = start
            for value in range(1, len(values) + 1):
                product = product * value
            return product
        """,
        st.tuples(NUMBERS, st.integers()),
        becomes="product *= math.prod(range(1, len(values) + 1))",
    ),
    Example(
        "extreme-loop",
        """
        def least(values):
            best = values[0]
            for value in values[1:]:
                if value < best:
                    best = value
            return best
        """,
        st.tuples(SOME),
        becomes="best = min(values)",
    ),
    Example(
        "extreme-loop",
        """
        def greatest(values):
            best = None
            for value in values:
                if best is None or best < value:
                    best = value
            return best
        """,
        st.tuples(NUMBERS),
        becomes="best = max(values, default=None)",
    ),
    Example(
        "extreme-loop",
        """
        def greatest(values):
            best = 0
            for value in values:
                if value > best:
                    best = value
            return best
        """,
        st.tuples(NUMBERS),
        becomes="best = max(0, max(values, default=0))",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "body",
    [
        "total += total * value",
        "total += value\n        print(total)",
        'total += "x"',
        "total += value\n        if value:\n            break",
        "total -= value",
    ],
)
def test_a_loop_that_does_not_add_up_numbers_stays(body: str):
    source = f"""
def f(values):
    total = 0
    for value in values:
        {body}
    return total
"""
    assert not list(rewritings(RULE["sum-loop"], source))


@pytest.mark.parametrize("test", ["value <= best", "value < -best", "best is None or value"])
def test_a_loop_that_keeps_something_else_than_the_least_stays(test: str):
    source = f"""
def f(values):
    best = values[0]
    for value in values:
        if {test}:
            best = value
    return best
"""
    assert not list(rewritings(RULE["extreme-loop"], source))


@pytest.mark.parametrize(
    ("line", "last"), [("print(value)", "found"), ("last = value", "last"), ("pass", "value")]
)
def test_a_search_that_does_more_than_find_goes_on(line: str, last: str):
    source = f"""
def f(values):
    found = last = value = None
    for value in values:
        {line}
        if value > 3 and found is None:
            found = value
    return found, {last}
"""
    assert not list(rewritings(RULE["first-match-ends-the-loop"], source))


def test_columns_of_a_matrix_that_changes_are_taken_anew():
    source = """
    def f(left, right):
        for i in range(3):
            right[0] = sum([left[k] * right[k][i] for k in range(3)])
    """
    assert not list(rewritings(RULE["columns-taken-once"], source))


def test_columns_of_a_matrix_whose_rows_change_are_taken_anew():
    source = """
    def f(m, v, n):
        found = []
        for j in range(n):
            for row in m:
                row[j] = 1
            found.append(sum([m[k][j] * v[k] for k in range(n)]))
        return found
    """
    assert not list(rewritings(RULE["columns-taken-once"], source))
