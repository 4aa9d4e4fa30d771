import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.membership import RULES

TEXTS = st.lists(st.sampled_from("abcd"), max_size=6)

EXAMPLES = (
    Example(
        "membership-in-a-set",
        """
        def common(left, right: list):
            found = []
            for item in left:
                if item in right:  # kept
                    found.append(item)
            return found
        """,
        st.tuples(TEXTS, TEXTS),
        becomes="if item in right_set:  # kept",
    ),
    Example(
        "constants-in-a-set",
        """
        def vowels(text):
            return [c for c in text if c in ["a", "e", "i"]]
        """,
        st.tuples(st.text("abcei", max_size=8)),
        becomes='c in {"a", "e", "i"}',
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    ["right.append(item)", "right = right + [item]", "grow(right)", "del right[0]"],
)
def test_a_list_that_the_loop_changes_is_no_set(line: str):
    source = f"""
    def common(left, right: list):
        for item in left:
            if item in right:
                {line}
        return right
    """
    assert not list(rewritings(RULES[0], source))
