import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.thresholds import RULES

BY_NAME = {rule.name: rule for rule in RULES}
NUMBERS = st.lists(st.integers(0, 9), max_size=7)
SPANS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6)

EXAMPLES = (
    *(
        Example(
            "count-by-bisection",
            f"""
            def ranks(numbers, asked):
                return [len([n for n in numbers if {test}]) for one in asked]
            """,
            st.tuples(NUMBERS, NUMBERS),
            becomes=becomes,
        )
        for test, becomes in (
            ("n < one", "bisect_left(sorted_keys, one)"),
            ("n <= one", "bisect_right(sorted_keys, one)"),
            ("n > one", "len(sorted_keys) - bisect_right(sorted_keys, one)"),
            ("one <= n", "len(sorted_keys) - bisect_left(sorted_keys, one)"),
            ("one <= n < 5", "max(bisect_left(sorted_keys, 5) - bisect_left("),
        )
    ),
    *(
        Example(
            "spans-by-bisection",
            f"""
            def present(spans):
                found = []
                for point in range(10):
                    found.append(sum(1 for span in spans if {test}))
                return found
            """,
            st.tuples(SPANS),
            becomes=f"for span in spans if span[0] {operator} span[1])",
        )
        for test, operator in (
            ("span[0] <= point and span[1] > point", "<="),
            ("span[0] < point and span[1] >= point", "<="),
            ("span[0] <= point <= span[1]", "<="),
            ("span[0] < point < span[1]", "<"),
        )
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "body",
    [
        "print(sum(1 for n in numbers if n < one)); numbers.append(one)",
        "print(sum(2 for n in numbers if n < one))",
        "print(sum(1 for n in numbers if n < one and n % 2))",
        "print(sum(1 for n in numbers if n < one and n[0] > 2))",
        "print(sum(1 for n in numbers))",
    ],
)
@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_no_count_by_bounds_is_left_alone(name: str, body: str):
    source = f"""
    def ranks(numbers, asked):
        for one in asked:
            {body}
    """
    assert not list(rewritings(BY_NAME[name], source))
