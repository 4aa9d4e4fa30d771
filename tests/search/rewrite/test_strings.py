import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.strings import RULES

TEXT = st.text("ab -", max_size=8)
TEXTS = st.lists(TEXT, max_size=5)
BY_NAME = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "text-joined-once",
        """
        def shout(words):
            text = ""
            count = 0
            for word in words:  # each
                text += word.upper()
                if word:
                    text = text + "!"
                count += 1
            return text, count
        """,
        st.tuples(TEXTS),
        becomes='    text = "".join(pieces)\n',
    ),
    Example(
        "text-joined-once",
        """
        def listed(words):
            text = "<"
            while words:
                text += words.pop()
            return text + ">"
        """,
        st.tuples(TEXTS),
        becomes='pieces = ["<"]',
    ),
    Example(
        "text-joined-in-front",
        """
        def digits(n):
            text = ""
            while n > 0:
                text = str(n % 10) + text
                n //= 10
            return text
        """,
        st.tuples(st.integers(0, 10**9)),
        becomes='text = "".join(reversed(pieces))',
    ),
    Example(
        "text-joined-in-front",
        """
        def framed(words):
            text = "end"
            for word in words:
                text = word + text
            return text
        """,
        st.tuples(TEXTS),
    ),
    Example(
        "lists-chained",
        """
        def flat(rows):
            return sum((row[1:] for row in rows), [])
        """,
        st.tuples(st.lists(st.lists(st.integers(), max_size=3), max_size=4)),
        becomes="list(chain.from_iterable(row[1:] for row in rows))",
    ),
    Example(
        "part-in-text",
        """
        def having(words, part):
            return [w for w in words if w.find(part) != -1 and w.find("-") < 0]
        """,
        st.tuples(TEXTS, TEXT),
        becomes='("-" not in w)',
    ),
    Example(
        "several-starts-at-once",
        """
        def chosen(words):
            return [w for w in words if w.startswith("a") or w.startswith(("b", "-"))]
        """,
        st.tuples(TEXTS),
        becomes='w.startswith(("a", "b", "-"))',
    ),
    Example(
        "start-without-a-copy",
        """
        def chosen(words, start):
            return [w for w in words if w[: len(start)] == start or w[0:2] == "ab"]
        """,
        st.tuples(TEXTS, TEXT),
        becomes="w.startswith(start)",
    ),
    Example(
        "join-a-list",
        """
        def listed(words):
            return ", ".join(w.strip() for w in words)
        """,
        st.tuples(TEXTS),
        becomes='", ".join([w.strip() for w in words])',
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    [
        "print(text)",
        "text += text",
        "text = text.strip()",
        "return text",
        "last = text[-1]",
        "text = word + text",
        "text += 1; n = 2",
    ],
)
def test_a_text_that_the_loop_looks_at_is_put_together_as_before(line: str):
    source = f"""
    def f(words):
        text = ""
        for word in words:
            text += word
            {line}
        return text
    """
    assert not list(rewritings(BY_NAME["text-joined-once"], source))


def test_a_number_that_grows_is_no_text():
    source = "def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total\n"
    assert not list(rewritings(BY_NAME["text-joined-once"], source))


@pytest.mark.parametrize("test", ["w.find(p) > 0", "w.find(p) != 1", "w.find(p, 2) != -1"])
def test_where_a_part_is_may_matter(test: str):
    assert not list(rewritings(BY_NAME["part-in-text"], f"def f(w, p):\n    return {test}\n"))


@pytest.mark.parametrize(
    "test", ["w[:3] == 'ab'", "w[1:3] == 'ab'", "w[:n] == p", "w[:-2] == 'ab'"]
)
def test_a_slice_of_another_length_is_no_beginning(test: str):
    source = f"def f(w, n, p):\n    return {test}\n"
    assert not list(rewritings(BY_NAME["start-without-a-copy"], source))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def show():\n        return len(text)", "return text"),
        ("show = lambda: len(text)", "return text"),
        ("global text", "return text"),
        ("def show():\n        nonlocal text\n        text = ''", "return text"),
    ],
)
@pytest.mark.parametrize("line", ["text += word", "text = word + text"])
def test_a_text_that_others_see_grow_is_put_together_as_before(before: str, after: str, line: str):
    source = f"""
def f(words):
    {before}
    text = ""
    for word in words:
        {line}
        show()
    {after}
"""
    assert not [text for rule in RULES for text in rewritings(rule, source) if "pieces" in text]


def test_a_text_that_a_handler_sees_is_put_together_as_before():
    source = """
    def f(words):
        try:
            text = ""
            for word in words:
                text += str(int(word))
        except ValueError:
            return text
        return text

    def g(words):
        text = ""
        for word in words:
            try:
                text += word
            except TypeError:
                text += "?"
        return text
    """
    assert not list(rewritings(BY_NAME["text-joined-once"], source))


def test_an_argument_that_is_none_by_default_is_not_surely_text():
    source = """
    def f(words, start: str = None):
        text = start
        for word in words:
            text += word
        return text
    """
    assert not list(rewritings(BY_NAME["text-joined-once"], source))


def test_beginnings_that_may_be_a_tuple_of_some_are_asked_for_one_by_one():
    source = """
    def f(text, kinds):
        return text.startswith(kinds) or text.startswith("c")
    """
    assert not list(rewritings(BY_NAME["several-starts-at-once"], source))


def test_a_handler_in_the_loop_sees_nothing_where_only_texts_are_added():
    source = """
    def f(codes):
        text = ""
        for code in codes:
            try:
                text += chr(int(code, 16))
            except ValueError:
                text += "%"
        return text
    """
    example = Example("text-joined-once", source, st.tuples(st.lists(st.sampled_from(["41", "x"]))))
    follows(example, RULES)


def test_a_generator_that_takes_the_next_of_an_iterator_stays_one():
    source = """
    def f(values, known):
        return "".join(next(known) for _ in values)
    """
    rule = next(rule for rule in RULES if rule.name == "join-a-list")
    assert not list(rewritings(rule, source))


@pytest.mark.parametrize("name", ["text-joined-once", "text-joined-in-front"])
def test_a_rule_that_joins_later_says_that_it_fails_later(name: str):
    rule = next(rule for rule in RULES if rule.name == name)
    assert "no text" in rule.unless


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("get(xs).find('a')", True),
        ("xs[0].find(xs[1])", True),
        ("get(xs).find(get(xs))", False),
        ("get(xs).find(xs[0])", False),
        ("xs[0].find(get(xs))", False),
    ],
)
def test_what_is_asked_in_the_other_order_has_to_come_out_the_same(asked: str, found: bool):
    source = f"""
    def f(xs, get):
        return {asked} != -1
    """
    assert bool(list(rewritings(BY_NAME["part-in-text"], source))) is found


def test_a_beginning_that_is_another_one_each_time_is_computed_twice():
    source = """
    def f(text, parts):
        return text[:len(next(parts))] == next(parts)
    """
    assert not list(rewritings(BY_NAME["start-without-a-copy"], source))
