import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.deciding import RULES

BY_NAME = {rule.name: rule for rule in RULES}
NUMBERS = st.lists(st.integers(0, 9), max_size=7)

EXAMPLES = (
    Example(
        "list-only-counted",
        """
        def large(groups):
            found = []
            for group in groups:
                several = [number for number in group if number > 2]
                found.append(len(several) * 2 - len(several))
            return found
        """,
        st.tuples(st.lists(NUMBERS, max_size=4)),
        becomes="several_count = sum(1 for number in group if number > 2)",
    ),
    Example(
        "named-count-for-any",
        """
        def primes(limit):
            found = []
            for number in range(2, limit):
                divisors = sum(1 for prime in found if number % prime == 0)
                if divisors == 0:
                    found.append(number)
            return found
        """,
        st.tuples(st.integers(0, 30)),
        becomes="any_divisors = any(number % prime == 0 for prime in found)",
    ),
    Example(
        "named-count-for-any",
        """
        def covered(spans, points):
            count = 0
            for point in points:
                covering = [span for span in spans if span[0] <= point and point < span[1]]
                if len(covering) > 0:
                    count += 1
            return count
        """,
        st.tuples(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5), NUMBERS),
        becomes="if any_covering:",
    ),
    Example(
        "cheap-question-first",
        """
        def longest(text):
            best = ""
            for start in range(len(text)):
                for end in range(len(text), start, -1):
                    part = text[start:end]
                    if part == part[::-1] and len(part) > len(best):
                        best = part
            return best
        """,
        st.tuples(st.text("ab", max_size=7)),
        becomes="if len(part) > len(best) and part == part[::-1]:",
    ),
    Example(
        "work-after-the-guard",
        """
        def longest(words, least):
            best = ""
            for word in words:
                turned = word[::-1].strip("a")
                if len(word) > least and len(best) < 9 and turned == word and turned:
                    best = turned
            return best
        """,
        st.tuples(st.lists(st.text("ab", max_size=4), max_size=5), st.integers(0, 3)),
        becomes='len(best) < 9:\n            turned = word[::-1].strip("a")\n            if turned',
    ),
    Example(
        "length-of-a-part",
        """
        def longest(text):
            best = ""
            for start in range(len(text)):
                for end in range(start, len(text) + 1):
                    part = text[start:end]
                    if len(part) > len(best) and len(part) * 2 > 3 and part == part[::-1]:
                        best = part
            return best
        """,
        st.tuples(st.text("ab", max_size=7)),
        becomes="if end - start > len(best)",
    ),
    Example(
        "nested-questions-joined",
        """
        def between(numbers, low, high):
            found = []
            for number in numbers:
                # in between
                if number > low or number == 3:
                    if number < high:
                        found.append(number)  # kept
            return found
        """,
        st.tuples(NUMBERS, st.integers(0, 9), st.integers(0, 9)),
        becomes="if (number > low or number == 3) and number < high:",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize("use", ["several", "len(several), several", "several.count(len(several))"])
def test_a_list_that_is_wanted_is_made(use: str):
    source = f"""
    def large(group):
        several = [number for number in group if number > 2]
        return {use}
    """
    assert not list(rewritings(BY_NAME["list-only-counted"], source))


@pytest.mark.parametrize("use", ["if count > 1: pass", "print(count)", "return count + 1"])
def test_a_count_that_is_wanted_is_taken(use: str):
    source = f"""
    def primes(found, number):
        count = sum(1 for prime in found if number % prime == 0)
        if count == 0:
            pass
        {use}
    """
    assert not list(rewritings(BY_NAME["named-count-for-any"], source))


@pytest.mark.parametrize(
    "test",
    [
        "x[0] == y[::-1] and x[1] > 2",
        "check(x) and x > 2",
        "x in y and y.index(x) > 2",
        "x > 2 and x == y[::-1]",
    ],
)
def test_a_question_that_is_not_known_to_be_quicker_stays_behind(test: str):
    source = f"""
    def ask(x, y):
        return {test}
    """
    assert not list(rewritings(BY_NAME["cheap-question-first"], source))


@pytest.mark.parametrize("other", ["else:\n            pass", "elif x:\n            pass"])
def test_conditions_with_something_else_stay_two(other: str):
    source = f"""
    def ask(x, y):
        if x > 2:
            if y > 2:
                return 1
        {other}
    """
    assert not list(rewritings(BY_NAME["nested-questions-joined"], source))


@pytest.mark.parametrize(
    "after",
    [
        "if x > 2 and y: pass\n        print(y)",
        "if y and x > 2: pass",
        "if x > 2: pass\n        else: print(y)",
    ],
)
def test_what_is_needed_anyway_is_computed_before_the_question(after: str):
    source = f"""
    def ask(x):
        y = str(x).strip()
        {after}
    """
    assert not list(rewritings(BY_NAME["work-after-the-guard"], source))


@pytest.mark.parametrize("bounds", ["start:end + 1", "start:last", "start:"])
def test_the_length_of_what_may_be_shorter_is_asked_for(bounds: str):
    source = f"""
    def ask(text, last):
        for start in range(5):
            for end in range(9):
                part = text[{bounds}]
                print(len(part))
    """
    assert not list(rewritings(BY_NAME["length-of-a-part"], source))


@pytest.mark.parametrize(
    "between", ["part.append(1)", "part[0:0] = [1]", "for end in range(3): f()"]
)
def test_the_length_of_a_part_that_changes_is_asked_for(between: str):
    source = """
    def f(items):
        out = []
        for start in range(len(items)):
            for end in range(start, len(items)):
                part = items[start:end]
                {between}
                out.append(len(part))
        return out
    """
    assert not list(rewritings(BY_NAME["length-of-a-part"], source.format(between=between)))
    assert list(rewritings(BY_NAME["length-of-a-part"], source.format(between="best = part")))


def test_what_a_value_is_is_asked_before_its_length():
    source = """
    def f(rows):
        return [row for row in rows if isinstance(row, str) and len(row) > 2]
    """
    dear = source.replace("isinstance(row, str)", "row in rows")
    assert not list(rewritings(BY_NAME["cheap-question-first"], source))
    assert list(rewritings(BY_NAME["cheap-question-first"], dear))
