import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.counting import RULES

BY_NAME = {rule.name: rule for rule in RULES}
NUMBERS = st.lists(st.integers(0, 5), max_size=7)
WORDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=7)

EXAMPLES = (
    Example(
        "count-by-counter",
        """
        def repeated(words):
            return [word for word in words if words.count(word) > 1]
        """,
        st.tuples(WORDS),
        becomes="if words_counts[word] > 1]",
    ),
    Example(
        "count-by-counter",
        """
        def letters(text):
            counts = {}
            for letter in set(text):
                counts[letter] = text.count(letter)
            return sorted(counts.items()), text.lower()
        """,
        st.tuples(st.text("abc", max_size=8)),
        becomes="counts[letter] = text_counts[letter]",
    ),
    Example(
        "position-by-dict",
        """
        def firsts(items):
            return [i for i in range(len(items)) if items.index(items[i]) == i]
        """,
        st.tuples(NUMBERS),
        becomes="if items_positions[items[i]] == i]",
    ),
    *(
        Example(
            "counted-by-counter",
            f"""
            def counts(words):
                found = {{}}
                for word in words:
            {body}
                return found
            """,
            st.tuples(WORDS),
            becomes=becomes,
        )
        for body, becomes in (
            (
                "        found[word] = found.get(word, 0) + 1",
                "found = dict(Counter(iter(words)))",
            ),
            (
                (
                    "        if word.upper() in found:\n"
                    "                        found[word.upper()] += 1\n"
                    "                    else:\n"
                    "                        found[word.upper()] = 1"
                ),
                "found = dict(Counter(word.upper() for word in words))",
            ),
            (
                (
                    "        if word not in found:\n"
                    "                        found[word] = 0\n"
                    "                    found[word] += 1"
                ),
                "found = dict(Counter(iter(words)))",
            ),
        )
    ),
    Example(
        "counted-in-a-sum",
        """
        def large(numbers):
            count = 0
            for number in numbers:
                if number > 2:
                    count += 1
            return count
        """,
        st.tuples(NUMBERS),
        becomes="count = sum(1 for number in numbers if number > 2)",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize("name", ["count-by-counter", "position-by-dict"])
@pytest.mark.parametrize("line", ["words.append(word)", "words = []", "keep(words)"])
def test_a_list_that_changes_is_asked_anew(name: str, line: str):
    source = f"""
    def repeated(words, asked):
        for word in asked:
            print(words.count(word), words.index(word))
            {line}
    """
    assert not list(rewritings(BY_NAME[name], source))


def test_a_text_is_not_counted_by_letter():
    source = """
    def repeated(text, words):
        return [text.count(word) for word in words], text.lower()
    """
    assert not list(rewritings(BY_NAME["count-by-counter"], source))


@pytest.mark.parametrize(
    ("head", "end"), [("try:", "except ValueError: pass"), ("with suppress(ValueError):", "pass")]
)
def test_a_position_that_may_be_missing_is_asked_for_as_before(head: str, end: str):
    source = f"""
    def places(items, asked):
        for one in asked:
            {head}
                print(items.index(one))
            {end}
    """
    assert not list(rewritings(BY_NAME["position-by-dict"], source))


@pytest.mark.parametrize(
    "body",
    [
        "found[word] = found.get(word, 1) + 1",
        "found[word] = found.get(other, 0) + 1",
        "found[word] = found.get(word, 0) + 2",
        "found[len(found)] = found.get(len(found), 0) + 1",
    ],
)
def test_what_is_not_counting_is_left_alone(body: str):
    source = f"""
    def counts(words, other):
        found = {{}}
        for word in words:
            {body}
        return found
    """
    assert not list(rewritings(BY_NAME["counted-by-counter"], source))
