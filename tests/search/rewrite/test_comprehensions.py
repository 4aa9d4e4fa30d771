import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.comprehensions import RULES

NUMBERS = st.lists(st.integers(-9, 9), max_size=6)
TABLE = st.lists(NUMBERS, max_size=4)
MAP = st.dictionaries(st.sampled_from("abc"), st.integers())
RULE = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "append-loop",
        """
        def halves(table):
            # Of each row.
            found = []
            for row in table:
                if not row:
                    continue
                for value in row:
                    if value > 0:
                        # Only what is there.
                        found.append(12 // (value - 1))
            return found
        """,
        st.tuples(TABLE),
        becomes="    # Of each row.\n    # Only what is there.\n    found = [12",
    ),
    Example(
        "append-loop",
        """
        def pairs(values):
            found = []
            for value in values:
                found.append((value, -value))
            return found
        """,
        st.tuples(NUMBERS),
        becomes="found = [(value, -value) for value in values]",
    ),
    Example(
        "append-loop",
        """
        def listed(values):
            found = []
            for value in values:
                found.append(value)
            return found
        """,
        st.tuples(NUMBERS | st.text()),
        becomes="found = list(values)",
    ),
    Example(
        "extend-loop",
        """
        def after_all(values):
            found = [0]
            for value in values:
                found.append(value * 2)
            return found
        """,
        st.tuples(NUMBERS),
        becomes="found.extend([value * 2 for value in values])",
    ),
    Example(
        "add-loop",
        """
        def different(table):
            seen = set()
            for row in table:
                for value in row:
                    seen.add(abs(value))
            return seen
        """,
        st.tuples(TABLE),
        becomes="seen = {abs(value) for row in table for value in row}",
    ),
    Example(
        "store-loop",
        """
        def doubled(prices):
            found = {}
            for name, price in prices.items():
                if price:
                    found[name] = price * 2
            return found
        """,
        st.tuples(MAP),
        becomes="found = {name: price * 2 for name, price in prices.items() if price}",
    ),
    Example(
        "copying-comprehension",
        """
        def copied(prices):
            return {name: prices[name] for name in prices.keys()}
        """,
        st.tuples(MAP),
        becomes="return dict(prices)",
    ),
    Example(
        "copying-comprehension",
        """
        def copied(prices, names):
            return [{k: v for k, v in prices.items()}, [n for n in names], {n for n in names}]
        """,
        st.tuples(MAP, NUMBERS),
    ),
    Example(
        "copying-comprehension",
        """
        def copied(pairs):
            return {key: value for key, value in pairs}
        """,
        st.tuples(
            st.lists(st.tuples(st.text(), st.integers()))
            | st.dictionaries(st.text(min_size=2, max_size=2), st.integers(), min_size=1)
        ),
        becomes="return dict(iter(pairs))",
    ),
    Example(
        "copying-comprehension",
        """
        def copied(names, prices):
            return {name: price for name, price in zip(names, prices)}
        """,
        st.tuples(st.lists(st.text()), NUMBERS),
        becomes="return dict(zip(names, prices))",
    ),
    Example(
        "copying-comprehension",
        """
        def copied(prices):
            return {name: price for name, price in prices.items()}
        """,
        st.tuples(MAP),
        becomes="return dict(prices.items())",
    ),
    Example(
        "deciding-list",
        """
        def positive(values):
            return all([value > 0 for value in values])
        """,
        st.tuples(NUMBERS),
        becomes="all(value > 0 for value in values)",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "body",
    [
        "if value not in found:\n            found.append(value)",
        "found.append(len(found))",
        "found.append(value)\n        print(value)",
        "found.append(value)\n        if value:\n            break",
        "found.append((yield value))",
        "if value:\n            found.append(value)\n        else:\n            found.append(0)",
        "found.append(await value)",
    ],
)
def test_a_loop_that_does_more_than_append_stays(body: str):
    keyword = "async def" if "await" in body else "def"
    source = f"""
{keyword} f(values):
    found = []
    for value in values:
        {body}
    return found
"""
    assert not list(rewritings(RULE["append-loop"], source))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("found = []", "return found, value"),
        ("found = []\n    print(found)", "return found"),
        ("found = []\n    mine = lambda: found", "return found"),
        ("found = values", "return found"),
    ],
)
def test_a_loop_whose_names_are_seen_elsewhere_stays(before: str, after: str):
    source = f"""
def f(values, value=None):
    {before}
    for value in values:
        found.append(value)
    {after}
"""
    assert not list(rewritings(RULE["append-loop"], source))


def test_a_loop_in_a_try_stays():
    source = """
    def f(values):
        found = []
        try:
            for value in values:
                found.append(1 // value)
        except ZeroDivisionError:
            pass
        return found
    """
    assert not list(rewritings(RULE["append-loop"], source))


def test_a_loop_with_an_else_stays():
    source = """
    def f(values):
        found = []
        for value in values:
            found.append(value)
        else:
            found.append(0)
        return found
    """
    assert not list(rewritings(RULE["append-loop"], source))


def test_a_list_of_what_has_effects_is_made_whole():
    source = """
    def f(values):
        return any([values.pop() for _ in range(3)])
    """
    assert not list(rewritings(RULE["deciding-list"], source))


@pytest.mark.parametrize(
    "line",
    [
        "found[len(values)] = values.pop()",
        "found[count[0]] = tick()",
        "found[tick()] = count[0]",
        "found[LIMITS[0]] = change(value)",
    ],
)
def test_a_key_that_the_value_changes_is_stored_after_it(line: str):
    source = f"""
    def f(values, change):
        count = [0]
        def tick():
            count[0] += 1
            return count[0]
        found = {{}}
        for value in range(2):
            {line}
        return found
    """
    assert not list(rewritings(RULE["store-loop"], source))


def test_a_value_that_anybody_computes_is_stored_under_a_plain_name():
    source = """
    def f(values, change):
        found = {}
        for value in values:
            found[value] = change(value)
        return found
    """
    assert list(rewritings(RULE["store-loop"], source))


@pytest.mark.parametrize("rule", ["append-loop", "extend-loop"])
def test_a_loop_that_needs_the_class_around_it_stays(rule: str):
    source = """
    class A(B):
        n = 3
        found = [0]
        other = []
        for i in range(3):
            other.append(i * n)
        for i in range(3):
            found.append(i * n)

        def go(self, values):
            found = [0]
            other = []
            for value in values:
                found.append(super().change(value))
            for value in values:
                other.append(super().change(value))
            return found, other
    """
    assert not list(rewritings(RULE[rule], source))


def test_a_list_that_a_nested_function_looks_at_is_not_extended_at_once():
    source = """
    def f(values):
        def size():
            return len(found)

        found = [0]
        for value in values:
            found.append(size())
        return found
    """
    assert not list(rewritings(RULE["extend-loop"], source))


@pytest.mark.parametrize(
    "made",
    [
        "{key: table[key] for key in table}",
        "[(a, b) for a, b in table]",
        "{(a, b) for a, b in table}",
    ],
)
def test_a_comprehension_that_may_make_something_else_of_a_list_is_no_copy(made: str):
    source = f"""
    def f(table):
        return {made}
    """
    assert not list(rewritings(RULE["copying-comprehension"], source))
