import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.regexes import RULES

TEXTS = st.lists(st.text("ab, -", max_size=8), max_size=4)
BY_NAME = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "pattern-compiled-once",
        """
        import re

        def tidy(lines):
            out = []
            for line in lines:
                out.append(re.sub(r"[ ,]+", "-", line))
            return out
        """,
        st.tuples(TEXTS),
        becomes='pattern = re.compile(r"[ ,]+")',
    ),
    Example(
        "pattern-compiled-once",
        """
        import re

        def words(lines):
            return [re.findall("A+", line, re.IGNORECASE) for line in lines]
        """,
        st.tuples(TEXTS),
        becomes='re.compile("A+", re.IGNORECASE)',
    ),
    Example(
        "text-instead-of-pattern",
        """
        import re

        def tidy(lines):
            return [re.sub("a-", "b", line) for line in lines]
        """,
        st.tuples(TEXTS),
        becomes='line.replace("a-", "b")',
    ),
    Example(
        "text-instead-of-pattern",
        """
        import re

        def parts(lines):
            return [re.split(", ", line) for line in lines]
        """,
        st.tuples(TEXTS),
        becomes='line.split(", ")',
    ),
    Example(
        "text-instead-of-pattern",
        """
        import re

        def chosen(lines):
            return [line for line in lines if re.match("ab", line) or not re.search(",", line)]
        """,
        st.tuples(TEXTS),
        becomes='line.startswith("ab")',
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "call",
    [
        're.sub("a.", "b", s)',
        're.sub("a", r"\\1", s)',
        're.sub("a", make, s)',
        're.sub("a", "b", s, 1)',
        're.sub("", "b", s)',
        're.split(",", s, 1)',
        're.match("a", s)',
        're.search("a", s, re.I)',
    ],
)
def test_what_a_method_would_not_say_stays_a_pattern(call: str):
    source = f"import re\ndef f(s, make):\n    return {call}\n"
    assert not list(rewritings(BY_NAME["text-instead-of-pattern"], source))


@pytest.mark.parametrize("pattern", ["p", '"("', 'f"{p}"'])
def test_only_a_literal_pattern_that_compiles_is_compiled_before(pattern: str):
    source = f"import re\ndef f(p, xs):\n    return [re.search({pattern}, x) for x in xs]\n"
    assert not list(rewritings(BY_NAME["pattern-compiled-once"], source))


def test_a_pattern_that_is_used_once_stays():
    source = 'import re\ndef f(s):\n    return re.findall("a+", s)\n'
    assert not list(rewritings(BY_NAME["pattern-compiled-once"], source))


def test_a_module_of_the_same_name_is_another():
    source = 'import mine as re\ndef f(xs):\n    return [re.sub("a", "b", x) for x in xs]\n'
    assert not [text for rule in RULES for text in rewritings(rule, source)]


def test_a_pattern_is_not_compiled_before_its_module_is_imported():
    source = """
    def f(lines):
        found = 0
        for line in lines:
            import re
            found += len(re.sub("a+", "", line))
        return found
    """
    assert not list(rewritings(BY_NAME["pattern-compiled-once"], source))


def test_a_pattern_is_compiled_after_its_module_is_imported():
    source = """
    def f(lines):
        import re
        return [re.sub("a+", "", line) for line in lines]
    """
    [text] = rewritings(BY_NAME["pattern-compiled-once"], source)
    assert text.index("import re") < text.index("pattern = ")


def test_a_comprehension_in_a_class_body_keeps_its_pattern():
    source = """
    import re

    class A:
        names = [re.sub("a+", "", name) for name in ("aab", "c")]
    """
    assert not list(rewritings(BY_NAME["pattern-compiled-once"], source))
