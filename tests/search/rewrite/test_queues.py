import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.queues import RULES

BY_NAME = {rule.name: rule for rule in RULES}
NUMBERS = st.lists(st.integers(0, 5), max_size=7)

EXAMPLES = (
    Example(
        "front-dropped-in-place",
        """
        def taken(numbers):
            pending = list(numbers)
            total = 0
            while pending:
                total = total * 2 + pending[0]
                pending = pending[1:]
            return total
        """,
        st.tuples(NUMBERS),
        becomes="pending.pop(0)",
    ),
    Example(
        "queue-as-deque",
        """
        def order(tree):
            found = []
            waiting = [0]
            while len(waiting) > 0:
                node = waiting.pop(0)
                found.append(node)
                for child in tree.get(node, []):
                    if child > node:
                        waiting.append(child)
            return found
        """,
        st.tuples(st.dictionaries(st.integers(0, 4), NUMBERS, max_size=4)),
        becomes="node = waiting.popleft()",
    ),
    Example(
        "queue-as-deque",
        """
        def turned(numbers):
            found = []
            for number in numbers:
                found.insert(0, number)
                if found[0] == 3:
                    del found[0]
            return found
        """,
        st.tuples(NUMBERS),
        becomes="return list(found)",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    [
        "keep(queue)",
        "print(queue)",
        "found = queue",
        "queue = other",
        "x = queue[1:]",
        "queue.sort()",
    ],
)
def test_a_list_that_a_deque_cannot_stand_for_stays_one(line: str):
    source = f"""
    def taken(other):
        queue = [1]
        while queue:
            queue.pop(0)
            {line}
    """
    assert not list(rewritings(BY_NAME["queue-as-deque"], source))


def test_a_list_that_is_only_taken_from_once_stays_one():
    source = """
    def rest(items):
        left = list(items)
        left.pop(0)
        return left
    """
    assert not list(rewritings(BY_NAME["queue-as-deque"], source))


@pytest.mark.parametrize(
    "source", ["queue", "enumerate(queue)", "(x for x in queue)", "zip(queue, known)"]
)
def test_a_list_that_changes_while_something_goes_through_it_is_no_deque(source: str):
    """A deque may not. The same is a deque where a copy is gone through."""
    text = """
    def f(first, known):
        queue = [first]
        for x in {source}:
            queue.append(x)
        while queue:
            known.append(queue.pop(0))
        return known
    """
    assert not list(rewritings(BY_NAME["queue-as-deque"], text.format(source=source)))
    assert list(rewritings(BY_NAME["queue-as-deque"], text.format(source="sorted(queue)")))


def test_two_items_that_are_deleted_at_once_are_both_deleted():
    text = """
    def f(items):
        queue = list(items)
        while len(queue) > 2:
            del queue[0], queue[-1]
        return queue
    """
    assert not list(rewritings(BY_NAME["queue-as-deque"], text))
