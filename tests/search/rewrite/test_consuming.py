import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.consuming import RULES

TEXTS = st.text('ab",', max_size=9)

EXAMPLES = (
    Example(
        "read-at-a-position",
        """
        def runs(text):
            found = []
            while text != "":
                char = text[0]
                count = 0
                while len(text) > 0 and text[0] == char:
                    count += 1
                    text = text[1:]  # taken
                found.append((char, count))
            return found
        """,
        st.tuples(TEXTS),
        becomes="while position < len(text) and text[position] == char:",
    ),
    Example(
        "read-at-a-position",
        """
        def fields(lines):
            found = []
            for line in lines:
                rest = line
                field = ""
                while rest:
                    char = rest[0]
                    rest = rest[1:]
                    if char == '"' and (not rest or rest[:1] == '"' or rest.startswith("ab")):
                        rest = rest[1:]
                    field += char + str(len(rest))
                found.append(field)
            return found
        """,
        st.tuples(st.lists(st.text("ab,", max_size=9), max_size=3)),
        becomes='rest.startswith("ab", position)',
    ),
    Example(
        "read-at-a-position",
        """
        def chunks(data, size):
            found = []
            while len(data) > 0:
                chunk = data[:size + 1]
                data = data[size + 1:]
                found.append(sum(chunk))
            return found
        """,
        st.tuples(st.binary(max_size=9), st.integers(0, 3)),
        becomes="chunk = data[position:position + size + 1]",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    [
        "print(text)",
        "last = text[-1]",
        "text = text.strip()",
        "text = text[:-1]",
        "for c in text: pass",
    ],
)
def test_what_is_looked_at_as_a_whole_is_cut(line: str):
    source = f"""
    def runs(text):
        while text:
            text = text[1:]
            {line}
    """
    assert not list(rewritings(RULES[0], source))


@pytest.mark.parametrize("after", ["return text", "print(len(text))"])
def test_what_is_left_for_later_is_cut(after: str):
    source = f"""
    def runs(text):
        while text and text[0] == "a":
            text = text[1:]
        {after}
    """
    assert not list(rewritings(RULES[0], source))


def test_what_the_next_round_of_a_loop_goes_on_with_is_cut():
    source = """
    def runs(texts, text):
        for one in texts:
            while text and text[0] == one:
                text = text[1:]
    """
    assert not list(rewritings(RULES[0], source))


def test_what_a_nested_function_sees_of_it_is_cut_off():
    source = """
    def f(text):
        def first():
            return text[0]
        out = []
        while text:
            out.append(first())
            text = text[1:]
        return out
    """
    assert not list(rewritings(RULES[0], source))
