import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.ranges import RULES

NUMBERS = st.lists(st.integers(-9, 9), max_size=8)
SMALL = st.integers(-2, 9)
RULE = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "narrowed-range",
        """
        def between(values, start, size):
            found = []
            for i in range(len(values)):
                if i >= start and i < start + size and values[i]:
                    # Only these.
                    found.append(values[i])
            return found
        """,
        st.tuples(NUMBERS, SMALL, SMALL),
        becomes="for i in range(max(0, start), min(len(values), start + size)):\n        if values",
    ),
    Example(
        "narrowed-range",
        """
        def windows(values, width):
            found = []
            for i in range(len(values)):
                if i + width <= len(values):
                    found.append(values[i : i + width])
            return found
        """,
        st.tuples(NUMBERS, SMALL),
        becomes="for i in range(min(len(values), len(values) - width + 1)):\n        found",
    ),
    Example(
        "narrowed-range",
        """
        def above(low, high, least):
            found = []
            for i in range(low, high):
                if least < i:
                    found.append(i)
            return found
        """,
        st.tuples(SMALL, SMALL, SMALL),
        becomes="range(max(low, least + 1), high)",
    ),
    Example(
        "items-by-themselves",
        """
        def doubled(entries):
            found = []
            for i in range(len(entries)):
                if entries[i]:
                    found.append(entries[i] * 2)
            return found
        """,
        st.tuples(NUMBERS | st.text(max_size=5)),
        becomes="for entry in entries:\n        if entry:\n            found.append(entry * 2)",
    ),
    Example(
        "items-by-themselves",
        """
        def doubled(values):
            return [values[i] * values[i] for i in range(len(values))]
        """,
        st.tuples(NUMBERS),
        becomes="[value * value for value in values]",
    ),
    Example(
        "items-with-numbers",
        """
        def positive(boxes):
            found = []
            for i in range(len(boxes)):
                if boxes[i] > 0:
                    found.append((i, boxes[i]))
            return found
        """,
        st.tuples(NUMBERS),
        becomes="for i, box in enumerate(boxes):",
    ),
    Example(
        "counter-by-range",
        """
        def even(values):
            found = []
            i = 0
            # Every other one.
            while i + 1 < len(values):
                found.append(values[i] - values[i + 1])
                i += 2
            return found
        """,
        st.tuples(NUMBERS),
        becomes="    # Every other one.\n    for i in range(0, len(values) - 1, 2):",
    ),
    Example(
        "counter-by-range",
        """
        def stripped(lines):
            found = []
            i = 0
            while i < len(lines):
                line = lines[i].strip()
                i = i + 1
                if not line:
                    continue
                found.append(line)
            return found
        """,
        st.tuples(st.lists(st.text("a ", max_size=3), max_size=4)),
        becomes="for i in range(len(lines)):",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "body",
    [
        "values[i] = values[i] + 1",
        "print(values[i])\n        values.append(1)",
        "print(values[i])\n        i = 0",
        "print(values[i - 1])",
        "print(others[i])",
    ],
)
def test_a_loop_over_positions_that_matter_stays(body: str):
    source = f"""
def f(values, others):
    for i in range(len(values)):
        {body}
"""
    assert not list(rewritings(RULE["items-by-themselves"], source))


@pytest.mark.parametrize(
    "body",
    [
        "i += values[i]",
        "i += 1\n        print(i)",
        "if values[i]:\n            continue\n        i += 1",
        "if values[i]:\n            i += 1\n        i += 1",
        "values.append(i)\n        i += 1",
        "i += 0",
    ],
)
def test_a_counter_that_does_more_than_count_stays(body: str):
    source = f"""
def f(values):
    i = 0
    while i < len(values):
        print(values[i])
        {body}
"""
    assert not list(rewritings(RULE["counter-by-range"], source))


def test_a_counter_that_is_read_after_the_loop_stays():
    source = """
    def f(values):
        i = 0
        while i < len(values):
            print(values[i])
            i += 1
        return i
    """
    assert not list(rewritings(RULE["counter-by-range"], source))


@pytest.mark.parametrize(
    ("test", "body"),
    [("i >= low", "low = i"), ("i >= pop()", "pass"), ("i != low", "pass"), ("i < i + 1", "pass")],
)
def test_a_range_whose_limits_are_not_sure_stays(test: str, body: str):
    source = f"""
def f(count, low, pop):
    for i in range(count):
        if {test}:
            {body}
"""
    assert not list(rewritings(RULE["narrowed-range"], source))


def test_a_range_with_an_else_stays():
    source = """
    def f(count, low):
        for i in range(count):
            if i >= low:
                print(i)
            else:
                print("low")
    """
    assert not list(rewritings(RULE["narrowed-range"], source))


def test_a_parameter_named_like_the_position_is_no_position():
    source = """
    def f(xs):
        out = []
        for i in range(len(xs)):
            out.append((i, xs[i], max(range(3), key=lambda i: xs[i])))
        return out
    """
    assert not list(rewritings(RULE["items-with-numbers"], source))
