import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.classes import RULES

EXAMPLES = (
    Example(
        "slots",
        """
        class Point:
            \"\"\"A place.\"\"\"

            def __init__(self, x, y):
                self.x, self.y = x, y

            def moved(self, by):
                self.x += by
                return self.x

        def moved(x, y, by):
            return Point(x, y).moved(by)
        """,
        st.tuples(st.integers(), st.integers(), st.integers()),
        becomes='__slots__ = ("x", "y",)',
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_class_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "source",
    [
        "class A(B):\n    def __init__(self):\n        self.x = 1\n",
        "class A:\n    x = 0\n    def __init__(self):\n        self.x = 1\n",
        "class A:\n    def __init__(me):\n        me.x = 1\n    def f(self):\n        self.y = 2",
        "class A:\n    def f(self):\n        self.y = 2\n",
        "@d\nclass A:\n    def __init__(self):\n        self.x = 1\n",
        "class A:\n    def __init__(self, d):\n        self.x = 1\n        self.__dict__ |= d\n",
    ],
)
def test_a_class_with_other_attributes_keeps_its_dict(source: str):
    assert not list(rewritings(RULES[0], source))


@pytest.mark.parametrize(
    "method",
    [
        "def x(self):\n        return 2",
        "def f(me):\n        me.y = 2",
        "@cached_property\n    def y(self):\n        return 2",
    ],
)
def test_a_class_whose_methods_stand_in_the_way_of_slots_keeps_its_dict(method: str):
    source = f"class A:\n    def __init__(self):\n        self.x = 1\n    {method}\n"
    assert not list(rewritings(RULES[0], source))
    assert list(rewritings(RULES[0], source.replace(method, "def y(self):\n        return 2")))


def test_a_class_that_calls_itself_otherwise_keeps_its_dict():
    source = """
    class A:
        def __init__(me):
            me.x = 1
            self = me
            self.y = 2
    """
    assert not list(rewritings(RULES[0], source))
