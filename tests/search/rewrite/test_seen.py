import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.seen import RULES

TEXTS = st.lists(st.sampled_from("abcd"), max_size=6)
ROWS = st.lists(st.fixed_dictionaries({"id": st.integers(0, 4)}), max_size=6)
BY_NAME = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "only-first-kept-by-dict",
        """
        def ids(rows):
            found = []
            # in order of appearance
            for row in rows:
                if row["id"] not in found:
                    found.append(row["id"])
            return found
        """,
        st.tuples(ROWS),
        becomes=(
            '# in order of appearance\n    found = list(dict.fromkeys(row["id"] for row in rows))'
        ),
    ),
    Example(
        "only-asked-list-is-a-set",
        """
        def firsts(items):
            seen = ["a"]
            found = []
            for item in items:
                if item in seen:
                    continue
                seen.append(item)
                found.append(item * 2)
            return found
        """,
        st.tuples(TEXTS),
        becomes='seen = {"a"}',
    ),
    Example(
        "membership-beside-a-list",
        """
        def reached(edges):
            found = [0]
            queue = [0]
            while queue:
                node = queue.pop(0)
                for left, right in edges:
                    if left == node and right not in found:
                        found.append(right)
                        queue.append(right)
            return found
        """,
        st.tuples(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8)),
        becomes="found.append(right)\n                found_set.add(right)",
    ),
    Example(
        "membership-beside-a-list",
        """
        def without_case(words):
            kept = []
            for word in words:
                if word.lower() not in [other.lower() for other in kept]:
                    kept.append(word.strip())
            return kept
        """,
        st.tuples(st.lists(st.sampled_from(["a", "A", " a", "b"]), max_size=6)),
        becomes="kept_set.add(kept[-1].lower())",
    ),
    Example(
        "membership-beside-a-list",
        """
        def pairs(words, banned):
            found = []
            for left in words:
                for right in words:
                    pair = sorted([left, right])
                    if pair not in found:
                        found.append(pair)
            return found
        """,
        st.tuples(TEXTS, TEXTS),
        becomes="if tuple(pair) not in found_set:",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    ["seen.remove(item)", "seen[0] = item", "seen = [item]", "forget(seen)", "seen.pop()"],
)
def test_a_list_that_also_shrinks_gets_no_set_beside_it(line: str):
    source = f"""
    def firsts(items):
        seen = []
        for item in items:
            if item not in seen:
                seen.append(item)
            {line}
        return seen
    """
    assert not list(rewritings(BY_NAME["membership-beside-a-list"], source))


@pytest.mark.parametrize("line", ["return seen", "return len(seen)", "return seen[0]"])
def test_a_list_that_is_wanted_as_such_stays_one(line: str):
    source = f"""
    def firsts(items):
        seen = []
        for item in items:
            if item not in seen:
                seen.append(item)
        {line}
    """
    assert not list(rewritings(BY_NAME["only-asked-list-is-a-set"], source))


@pytest.mark.parametrize(
    ("source", "kept", "after"),
    [("items", "item.strip()", ""), ("found", "item", ""), ("items", "item", "print(item)")],
)
def test_what_is_kept_otherwise_is_not_the_keys_of_a_dict(source: str, kept: str, after: str):
    text = f"""
    def kept(items):
        found = []
        for item in {source}:
            if item not in found:
                found.append({kept})
        {after}
        return found, items
    """
    assert not list(rewritings(BY_NAME["only-first-kept-by-dict"], text))
