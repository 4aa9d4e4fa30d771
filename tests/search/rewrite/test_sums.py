import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.sums import RULES

BY_NAME = {rule.name: rule for rule in RULES}
NUMBERS = st.lists(st.integers(-5, 5), max_size=7)

EXAMPLES = (
    Example(
        "running-totals",
        """
        def windows(numbers, width):
            return [sum(numbers[i:i + width]) for i in range(len(numbers))]
        """,
        st.tuples(NUMBERS, st.integers(0, 4)),
        becomes="numbers_totals[min(i + width, len(numbers))] - numbers_totals[i]",
    ),
    Example(
        "running-totals",
        """
        def balances(numbers):
            found = []
            for i in range(len(numbers)):
                found.append(sum(numbers[:i + 1]) * sum(numbers[i:]))
            return found
        """,
        st.tuples(NUMBERS),
        becomes="numbers_totals[i + 1]",
    ),
    Example(
        "running-extremes",
        """
        def drops(numbers):
            return [max(numbers[:i + 1]) - min(numbers[i:]) for i in range(len(numbers))]
        """,
        st.tuples(NUMBERS),
        becomes="numbers_max[i]",
    ),
    Example(
        "growing-part",
        """
        def best(numbers):
            most = 0
            for left in range(len(numbers)):
                for right in range(left, len(numbers)):
                    if right > 5:
                        continue
                    most = max(most, min(numbers[left:right + 1]) * (right - left))
            return most
        """,
        st.tuples(NUMBERS),
        becomes="least = numbers[right] if right == left else min(least, numbers[right])",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize("name", ["running-totals", "running-extremes", "growing-part"])
@pytest.mark.parametrize("line", ["numbers[i] = 0", "numbers.pop()", "numbers = numbers[1:]"])
def test_a_list_that_changes_is_added_up_anew(name: str, line: str):
    source = f"""
    def parts(numbers):
        for k in range(3):
            for i in range(k, len(numbers)):
                print(sum(numbers[k:i]), max(numbers[:i]), min(numbers[k:i + 1]))
                {line}
    """
    assert not list(rewritings(BY_NAME[name], source))


def test_a_sum_that_is_asked_for_once_is_added_up():
    source = """
    def part(numbers, i, j):
        return sum(numbers[i:j])
    """
    assert not list(rewritings(BY_NAME["running-totals"], source))


@pytest.mark.parametrize("part", ["left + 1:right + 1", "left:right + 2", "left:left + 1"])
def test_a_part_that_does_not_grow_by_one_item_is_gone_through(part: str):
    source = f"""
    def best(numbers):
        for left in range(len(numbers)):
            for right in range(left, len(numbers)):
                print(min(numbers[{part}]))
    """
    assert not list(rewritings(BY_NAME["growing-part"], source))
