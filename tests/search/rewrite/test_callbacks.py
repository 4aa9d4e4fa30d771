import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.callbacks import RULES

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.text("ab", max_size=2)), max_size=6)
NUMBERS = st.lists(st.integers(-9, 9), max_size=6)
RULE = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "key-in-c",
        """
        def ordered(pairs):
            pairs.sort(key=lambda pair: pair[-1])
            last = max(pairs, key=lambda p: p[0])
            return sorted(pairs, key=lambda pair: (pair[1], pair[0])), last
        """,
        st.tuples(PAIRS),
        becomes="key=itemgetter(1, 0)",
    ),
    Example(
        "key-in-c",
        """
        def by_size(numbers):
            return sorted(numbers, key=lambda number: number.real)
        """,
        st.tuples(NUMBERS),
        becomes='key=attrgetter("real")',
    ),
    Example(
        "mapped-in-place",
        """
        def odd(numbers):
            odd = list(filter(lambda n: n % 2, numbers))
            return list(map(lambda n: (n, -n), odd)), set(map(lambda n: 1 if n > 0 else 0, odd))
        """,
        st.tuples(NUMBERS),
        becomes="[(n, -n) for n in odd]",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "key",
    [
        "lambda p: p[i]",
        "lambda p: p[0][1]",
        "lambda p: -p[0]",
        "lambda p, q=1: p[0]",
        "lambda p: other[0]",
        "lambda *p: p[0]",
        "lambda p: (p[0], p.name)",
        "lambda p: (*p[0], p[1])",
        "lambda p: p.__name",
    ],
)
def test_a_key_that_computes_is_called(key: str):
    source = f"def f(pairs, i, other):\n    return sorted(pairs, key={key})\n"
    assert not list(rewritings(RULE["key-in-c"], source))


@pytest.mark.parametrize(
    "call",
    [
        "map(lambda n: n + 1, numbers)",
        "list(map(lambda n, m: n + m, numbers, numbers))",
        "list(map(lambda n: lambda: n, numbers))",
        "list(map(take, numbers))",
        "list(map(lambda n: n, *numbers))",
    ],
)
def test_other_calls_of_map_stay(call: str):
    source = f"def f(numbers, take):\n    return {call}\n"
    assert not list(rewritings(RULE["mapped-in-place"], source))


def test_a_key_of_one_part_in_a_tuple_stays():
    source = "def f(rows):\n    return sorted(rows, key=lambda row: (row[0],))\n"
    assert not list(rewritings(RULE["key-in-c"], source))


@pytest.mark.parametrize(
    "call",
    [
        "list(map(lambda _: next(numbers), range(5)))",
        "list(map(lambda n: take(n), numbers))",
        "list(map(lambda row: (n + row[0] for n in row), numbers))",
        "list(map(lambda row: enumerate(n + row[0] for n in row), numbers))",
        "list(map(lambda n: n + 1, (m * 2 for m in numbers)))",
        "list(map(lambda n: n + 1, (take, take)))",
        "list(map(lambda n: n + 1, (m := numbers)))",
        "list(map(lambda n: n + 1, numbers[(m := 1):]))",
        "list(map(lambda n: (m := n) + 1, numbers))",
    ],
)
def test_a_function_that_means_something_else_in_place_is_called(call: str):
    source = f"def f(numbers, take):\n    return {call}\n"
    assert not list(rewritings(RULE["mapped-in-place"], source))


def test_a_generator_that_is_added_up_at_once_may_stand_in_place():
    source = "def f(rows):\n    return list(map(lambda row: sum(n * n for n in row), rows))\n"
    assert list(rewritings(RULE["mapped-in-place"], source))
