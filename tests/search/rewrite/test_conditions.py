import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.conditions import RULES

NUMBERS = st.lists(st.integers(-9, 9), max_size=6)
RULE = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "flag-set-behind-questions",
        """
        def doubled(values):
            found = False
            for value in values:
                if value > 0:
                    if value * 2 in values:
                        found = True
            return found
        """,
        st.tuples(NUMBERS),
        becomes="                found = True\n                break",
    ),
    Example(
        "cheap-question-first",
        """
        def longest(words, text):
            best = ""
            for word in words:
                if word in text and len(word) > len(best):
                    best = word
            return best
        """,
        st.tuples(st.lists(st.text("ab", max_size=3), max_size=5), st.text("ab", max_size=8)),
        becomes="if len(word) > len(best) and word in text:",
    ),
    Example(
        "cheap-question-first",
        """
        def even(text, low):
            return [n for n in range(9) if (text[:n] == text[::-1][:n] and n >= low)]
        """,
        st.tuples(st.text("ab", max_size=8), st.integers(0, 9)),
        becomes="if (n >= low and text[:n] == text[::-1][:n])",
    ),
    Example(
        "asked-for-any",
        """
        def covered(spans, at):
            found = 0
            for point in at:
                around = [s for s in spans if s[0] <= point and point < s[1]]
                if len(around) > 0:
                    found += 1
            return found
        """,
        st.tuples(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=5), NUMBERS),
        becomes="if any(s[0] <= point and point < s[1] for s in spans):",
    ),
    Example(
        "asked-for-any",
        """
        def empty(rows):
            cells = [cell for row in rows for cell in row if cell]
            if not cells:
                return True
            return False
        """,
        st.tuples(st.lists(NUMBERS, max_size=3)),
        becomes="if not any(True for row in rows for cell in row if cell):",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "test",
    [
        "name is not None and name in names and len(name) > 3",
        "take(names) in names and count > 3",
        "name in names and prices[name] > 3",
        "count > 3 and name in names",
    ],
)
def test_questions_that_need_their_order_keep_it(test: str):
    source = f"""
    def f(name, names, prices, count, take):
        return {test}
    """
    assert not list(rewritings(RULE["cheap-question-first"], source))


@pytest.mark.parametrize(
    ("test", "after"),
    [("len(found) > 1", "return 0"), ("len(found) > 0", "return found"), ("found[0]", "return 1")],
)
def test_a_list_of_which_more_is_asked_is_made(test: str, after: str):
    source = f"""
def f(values):
    found = [value for value in values if value]
    if {test}:
        print("some")
    {after}
"""
    assert not list(rewritings(RULE["asked-for-any"], source))


@pytest.mark.parametrize(
    "body",
    ["found = value", "found = True\n                count += 1", "found = not found"],
)
def test_a_loop_that_does_more_than_set_a_flag_goes_on(body: str):
    source = f"""
def f(values):
    found, count = False, 0
    for value in values:
        if value:
            if value > 3:
                {body}
    return found, count
"""
    assert not list(rewritings(RULE["flag-set-behind-questions"], source))
