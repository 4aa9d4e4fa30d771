import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.preparing import RULES

TEXT = st.text("ab c", max_size=8)
TEXTS = st.lists(TEXT, max_size=4)
WHOLE = st.integers(-99, 99)
RULE = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "prepared-for-the-inner-loop",
        """
        import re

        def marked(texts, terms):
            found = []
            for text in texts:
                for term in sorted(terms, key=lambda t: (-len(t), t)):
                    if not term:
                        continue
                    pattern = re.compile(re.escape(term))
                    text = pattern.sub("*" * len(term), text)
                found.append(text)
            return found
        """,
        st.tuples(TEXTS, TEXTS),
        becomes="        for term, pattern in prepared:\n            text =",
    ),
    Example(
        "prepared-for-the-inner-loop",
        """
        def matches(texts, terms):
            found = 0
            for text in texts:
                for term in terms:
                    low = term.lower()
                    high = term.upper()
                    if low in text or high in text:
                        found += 1
            return found
        """,
        st.tuples(TEXTS, TEXTS),
        becomes="        prepared.append((term, low, high))\n    for text in texts:",
    ),
    Example(
        "runs-in-one-substitution",
        """
        def squeezed(text: str):
            while "  " in text:
                text = text.replace("  ", " ", 1)
            while ".." in text:
                text = text.replace("..", ".")
            return text
        """,
        st.tuples(st.text(" .a", max_size=12)),
        becomes='text = re.sub(" {2,}", " ", text)',
    ),
    Example(
        "square-by-product",
        """
        import math

        def squares(x, y):
            return x ** 2 + y ** 2 - x ** 2 ** y % 3
        """,
        st.tuples(WHOLE, st.integers(0, 3)),
        becomes="(x * x)",
    ),
    Example(
        "distance-by-hypot",
        """
        import math

        def distance(x, y):
            return round(math.sqrt(math.pow(x, 2) + y * y), 9)
        """,
        st.tuples(WHOLE, WHOLE),
        becomes="math.hypot(x, y)",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    [
        "low = term.lower() + text",
        "low = term.lower()\n            low = low + text",
        "term = term.lower()\n            low = term",
        "low = list(term)\n            kept.append(low)",
        "low = take(term)",
        "low = len(term)",
    ],
)
def test_what_is_not_the_same_for_each_pass_is_computed_in_the_loop(line: str):
    source = f"""
def f(texts, terms, kept, take):
    for text in texts:
        for term in terms:
            {line}
            print(low, text)
"""
    assert not list(rewritings(RULE["prepared-for-the-inner-loop"], source))


def test_what_is_read_after_the_loop_is_computed_in_it():
    source = """
    def f(texts, terms):
        low = ""
        for text in texts:
            for term in terms:
                low = term.lower()
                print(low, text)
        return low
    """
    assert not list(rewritings(RULE["prepared-for-the-inner-loop"], source))


@pytest.mark.parametrize(
    ("test", "value"),
    [
        ('"  " in text', 'text.replace("  ", "")'),
        ('"ab" in text', 'text.replace("ab", "a")'),
        ('"  " in text', 'other.replace("  ", " ")'),
        ('"   " in text', 'text.replace("   ", " ")'),
        ("double in text", 'text.replace(double, " ")'),
    ],
)
def test_other_replacements_are_repeated(test: str, value: str):
    source = f"""
def f(text, other, double):
    while {test}:
        text = {value}
    return text
"""
    assert not list(rewritings(RULE["runs-in-one-substitution"], source))


@pytest.mark.parametrize("sum_", ["x ** 3 + y ** 2", "x ** 2 - y ** 2", "x ** 2", "x * y + y * y"])
def test_other_roots_are_taken_as_before(sum_: str):
    source = f"import math\ndef f(x, y):\n    return math.sqrt({sum_})\n"
    assert not list(rewritings(RULE["distance-by-hypot"], source))
