import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.sorting import RULES

BY_NAME = {rule.name: rule for rule in RULES}
NUMBERS = st.lists(st.integers(-5, 5), max_size=7)
SOME = st.lists(st.integers(-5, 5), min_size=1, max_size=7)
PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=7)

EXAMPLES = (
    Example(
        "extreme-without-sorting",
        """
        def ends(numbers):
            return sorted(numbers)[0], sorted(numbers)[-1], sorted(numbers, reverse=True)[0]
        """,
        st.tuples(SOME),
        becomes="return min(numbers),",
    ),
    Example(
        "extreme-without-sorting",
        """
        def ends(pairs):
            return sorted(pairs, key=lambda pair: pair[0])[-1]
        """,
        st.tuples(PAIRS),
        becomes="max(reversed(list(pairs)), key=lambda pair: pair[0])",
    ),
    Example(
        "extreme-without-sorting",
        """
        def ends(pairs):
            return sorted(pairs, key=lambda pair: pair[0], reverse=True)[0]
        """,
        st.tuples(PAIRS),
        becomes="max(pairs, key=lambda pair: pair[0])",
    ),
    Example(
        "extreme-of-sorted-name",
        """
        def latest(groups):
            found = []
            for group in groups:
                group = [pair for pair in group]
                ordered = sorted(group, key=lambda pair: pair[0])
                found.append(ordered[-1])
            return found
        """,
        st.tuples(st.lists(PAIRS, max_size=3)),
        becomes="most = max(reversed(list(group)), key=lambda pair: pair[0])",
    ),
    Example(
        "few-without-sorting",
        """
        def best(pairs, count):
            return sorted(pairs, key=lambda pair: pair[0], reverse=True)[:count]
        """,
        st.tuples(PAIRS, st.integers(0, 4)),
        becomes="return nlargest(count, pairs, key=lambda pair: pair[0])",
    ),
    Example(
        "sorted-after-the-loop",
        """
        def positive(numbers):
            found = []
            for number in numbers:
                if number > 0:
                    found.append(number)
                    found = sorted(found)
            return found
        """,
        st.tuples(NUMBERS),
        becomes="            found.append(number)\n    found.sort()\n    return found",
    ),
    Example(
        "heap-instead-of-sorting",
        """
        def merged(numbers):
            found = []
            pending = [number for number in numbers]
            while len(pending) > 0:
                pending = sorted(pending)
                number = pending.pop(0)
                found.append(number)
                if number < 0:
                    pending.append(number + 3)
            return found
        """,
        st.tuples(NUMBERS),
        becomes="number = heappop(pending)",
    ),
    Example(
        "heap-instead-of-sorting",
        """
        def total(numbers):
            cost = 0
            pending = list(numbers)
            while len(pending) > 1:
                left = min(pending)
                pending.remove(left)
                right = min(pending)
                pending.remove(right)
                cost += left + right
                pending.append(left + right)
            return cost
        """,
        st.tuples(NUMBERS),
        becomes="right = heappop(pending)",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line", ["print(found[0])", "found.pop()", "if len(found) > 3: break", "keep(found)"]
)
def test_a_list_whose_order_the_loop_sees_is_sorted_in_it(line: str):
    source = f"""
    def positive(numbers):
        found = []
        for number in numbers:
            found.append(number)
            found.sort()
            {line}
        return found
    """
    assert not list(rewritings(BY_NAME["sorted-after-the-loop"], source))


@pytest.mark.parametrize("line", ["print(pending)", "pending[0] = 1", "return pending"])
def test_a_list_that_is_seen_otherwise_is_no_heap(line: str):
    source = f"""
    def merged(numbers):
        pending = list(numbers)
        while pending:
            pending.sort()
            number = pending.pop(0)
            {line}
    """
    assert not list(rewritings(BY_NAME["heap-instead-of-sorting"], source))


@pytest.mark.parametrize("use", ["ordered[1]", "ordered", "ordered[0], ordered[-1]", "ordered[:2]"])
def test_a_sorted_list_that_is_used_otherwise_stays(use: str):
    source = f"""
    def latest(group):
        ordered = sorted(group)
        return {use}
    """
    assert not list(rewritings(BY_NAME["extreme-of-sorted-name"], source))


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_rule_about_an_order_names_what_has_none(name: str):
    assert "NaN" in BY_NAME[name].unless


@pytest.mark.parametrize("end", ["[0]", "[-1]"])
@pytest.mark.parametrize("reverse", ["False", "True"])
def test_of_equal_items_the_same_is_taken_with_a_key(end: str, reverse: str):
    reverse = ", reverse=True" if reverse == "True" else ""
    source = f"""
    def ends(pairs):
        return sorted(pairs, key=lambda pair: pair[0]{reverse}){end}
    """
    follows(Example("extreme-without-sorting", source, st.tuples(PAIRS)), RULES)
