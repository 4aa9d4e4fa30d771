import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.memoising import RULES
from sigil.search.rewrite.rule import Rule

BY_NAME = {rule.name: rule for rule in RULES}
NUMBERS = st.lists(st.integers(0, 5), max_size=7)

EXAMPLES = (
    Example(
        "recursion-on-tuples-with-cache",
        """
        def ways(amount, coins):
            if amount == 0:
                return 1
            if amount < 0 or len(coins) == 0:
                return 0
            count = 0
            used = 0
            while used * (coins[0] + 1) <= amount:
                count += ways(amount - used * (coins[0] + 1), coins[1:])
                used += 1
            return count
        """,
        st.tuples(st.integers(-1, 9), NUMBERS),
        becomes="return ways_of(amount, tuple(coins))",
    ),
    Example(
        "recursion-with-cache",
        '''
        def steps(count, reach=2):
            """In how many ways."""
            if count < 2:
                return 1
            return steps(count - 1, reach) + steps(count - reach, reach)
        ''',
        st.tuples(st.integers(0, 9), st.integers(1, 3)),
        becomes="return steps_of(count - 1) + steps_of(count - reach)",
    ),
    Example(
        "recursion-with-cache",
        """
        def best(weights, i, room):
            if i == len(weights):
                return 0
            without = best(weights, i + 1, room)
            if weights[i] > room:
                return without
            return max(without, weights[i] + best(weights, i + 1, room - weights[i]))
        """,
        st.tuples(NUMBERS, st.just(0), st.integers(0, 9)),
        becomes="def best_of(i, room):",
    ),
    Example(
        "helper-with-cache",
        """
        def all_lengths(numbers):
            def length(number):
                if number < 2:
                    return 1
                return length(number - 1) + length(number - 2)

            return [length(number) for number in numbers]
        """,
        st.tuples(NUMBERS),
        becomes="@cache\n    def length(number):",
    ),
    Example(
        "calls-with-cache",
        """
        def root(number):
            return sum(i * i for i in range(number))

        def roots(numbers):
            found = []
            for number in numbers:
                found.append(root(number))
            return found
        """,
        st.tuples(NUMBERS),
        becomes="found.append(cached_root(number))",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line", ["items.append(n)", "print(n)", "yield n", "global seen", "walk = None"]
)
def test_a_recursion_that_does_more_than_compute_is_left_alone(line: str):
    source = f"""
    def walk(items, n):
        {line}
        if n < 2:
            return n
        return walk(items, n - 1) + walk(items, n - 2)
    """
    assert not list(rewritings(BY_NAME["recursion-with-cache"], source))


def test_a_recursion_that_never_meets_the_same_again_is_left_alone():
    source = """
    def total(n):
        return n + total(n - 1) if n else 0
    """
    assert not list(rewritings(BY_NAME["recursion-with-cache"], source))


@pytest.mark.parametrize("line", ["seen.append(n)", "nonlocal last; last = n"])
def test_a_helper_that_does_more_than_compute_is_left_alone(line: str):
    source = f"""
    def total(items):
        seen = []
        last = 0

        def one(n):
            {line}
            return n

        return [one(item) for item in items], seen
    """
    assert not list(rewritings(BY_NAME["helper-with-cache"], source))


def test_a_helper_that_sees_what_changes_later_is_left_alone():
    source = """
    def total(items):
        known = []

        def one(n):
            return n in known

        for item in items:
            if not one(item):
                known.append(item)
        return known
    """
    assert not list(rewritings(BY_NAME["helper-with-cache"], source))


def test_objects_are_made_anew_each_time():
    source = """
    def total(items):
        return [Item(item) for item in items]
    """
    assert not list(rewritings(BY_NAME["calls-with-cache"], source))


@pytest.mark.parametrize(
    "use", ["coins.append(1)", "coins.index(1)", "print(coins)", "return coins", "coins + [1]"]
)
def test_a_list_that_a_tuple_cannot_stand_for_stays_one(use: str):
    source = f"""
    def ways(amount, coins):
        {use}
        return ways(amount - 1, coins[1:]) + ways(amount - 2, coins)
    """
    assert not list(rewritings(BY_NAME["recursion-on-tuples-with-cache"], source))


def test_a_helper_that_is_handed_lists_is_left_alone():
    source = """
    def total(items):
        def one(part):
            return sum(part)

        return [one([item, item]) for item in items]
    """
    assert not list(rewritings(BY_NAME["helper-with-cache"], source))


def test_a_recursion_on_lists_that_it_makes_is_left_alone():
    source = """
    def best(items):
        if not items:
            return 0
        rest = [item for item in items if item > items[0]]
        return max(best(rest), 1 + best(rest))
    """
    assert not list(rewritings(BY_NAME["recursion-with-cache"], source))


@pytest.mark.parametrize(
    "line", ["items[0] += 1", "items.append(n)", "items = items[1:]", "change(items)"]
)
def test_a_helper_that_sees_an_argument_change_is_left_alone(line: str):
    source = f"""
    def totals(items, change):
        def total(n):
            return sum(items[:n])

        found = []
        for n in [1, 1]:
            found.append(total(n))
            {line}
        return found
    """
    assert not list(rewritings(BY_NAME["helper-with-cache"], source))


def test_a_helper_that_sees_an_argument_stay_as_it_is_keeps_its_results():
    source = """
    def totals(items, counts):
        def total(n):
            return sum(items[:n])

        return [total(n) for n in counts]
    """
    assert list(rewritings(BY_NAME["helper-with-cache"], source))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_that_keeps_results_by_equal_arguments_says_so(rule: Rule):
    assert "1, 1.0 and True are one" in rule.unless


def test_a_recursion_goes_on_through_what_decorates_it():
    source = """
    @counted
    def f(n):
        if n < 2:
            return n
        return f(n - 1) + f(n - 2)
    """
    assert not list(rewritings(BY_NAME["recursion-with-cache"], source))
    assert list(rewritings(BY_NAME["recursion-with-cache"], source.replace("@counted", "")))


@pytest.mark.parametrize(
    ("made", "found"),
    [("get(x)", True), ("await get(x)", False), ("[y async for y in get(x)]", False)],
)
def test_what_can_be_waited_for_once_is_made_anew(made: str, found: bool):
    source = f"""
    async def f(xs):
        return [{made} for x in xs]
    """
    assert bool(list(rewritings(BY_NAME["calls-with-cache"], source))) is found
