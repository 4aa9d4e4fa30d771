import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.membership import RULES

TEXTS = st.lists(st.sampled_from("abcd"), max_size=6)
ROWS = st.lists(st.fixed_dictionaries({"id": st.integers(0, 4)}), max_size=6)
BY_NAME = {rule.name: rule for rule in RULES}

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
        "membership-in-a-likely-set",
        """
        def missing(expected, actual):
            return [item for item in expected if item not in actual]
        """,
        st.tuples(TEXTS, TEXTS),
        becomes="actual_set = set(actual)\n    return [item for item in expected if item not in",
    ),
    Example(
        "membership-in-a-set-made-once",
        """
        def unknown(wanted, rows):
            found = []
            for one in wanted:
                if one not in [row["id"] for row in rows]:
                    found.append(one)
            return found
        """,
        st.tuples(st.lists(st.integers(0, 6), max_size=6), ROWS),
        becomes='rows_set = {row["id"] for row in rows}\n    for one in wanted:',
    ),
    Example(
        "membership-in-a-set-made-once",
        """
        def allowed(pairs, banned):
            found = []
            for pair in pairs:
                pair = sorted(pair)
                if pair not in [sorted(ban) for ban in banned]:
                    found.append(pair)
            return found
        """,
        st.tuples(*(st.lists(st.lists(st.integers(0, 2), max_size=2), max_size=4),) * 2),
        becomes="if tuple(pair) not in banned_set:",
    ),
    Example(
        "any-equal-in-a-set",
        """
        def known(rows, wanted):
            return [one for one in wanted if any(row["id"] == one for row in rows)]
        """,
        st.tuples(ROWS, st.lists(st.integers(0, 6), max_size=6)),
        becomes='if one in [row["id"] for row in rows]',
    ),
    Example(
        "any-among-by-disjointness",
        """
        def linked(groups):
            found = []
            for left in groups:
                for right in groups:
                    found.append(not any(item in right for item in left))
            return found
        """,
        st.tuples(st.lists(TEXTS, max_size=4)),
        becomes="found.append(set(right).isdisjoint(left))",
    ),
    Example(
        "membership-without-a-copy",
        """
        def known(wanted, options: dict):
            return [one for one in wanted if one in list(options)]
        """,
        st.tuples(TEXTS, st.dictionaries(st.sampled_from("abc"), st.integers())),
        becomes="if one in options]",
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


def test_an_argument_that_is_used_as_text_is_no_set():
    source = """
    def within(words, text):
        return [word for word in words if word in text], text.lower()
    """
    assert not list(rewritings(BY_NAME["membership-in-a-likely-set"], source))
