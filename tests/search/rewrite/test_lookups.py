import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.lookups import RULES

BY_NAME = {rule.name: rule for rule in RULES}
NUMBERS = st.lists(st.integers(0, 5), max_size=7)
ROWS = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 4), "size": st.integers(0, 2)}), max_size=6
)
EDGES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=7)

EXAMPLES = (
    Example(
        "search-by-index",
        """
        def joined(orders, customers):
            found = []
            for order in orders:
                name = None
                # the first wins
                for customer in customers:
                    if customer["id"] == order["id"]:
                        name = customer["size"]
                        break
                found.append(name)
            return found
        """,
        st.tuples(ROWS, ROWS),
        becomes='for customer in customers_by_id.get(order["id"], ()):\n            name =',
    ),
    Example(
        "search-by-index",
        """
        def per_key(keys, rows):
            return {key: [row["size"] for row in rows if row["id"] == key] for key in keys}
        """,
        st.tuples(NUMBERS, ROWS),
        becomes='[row["size"] for row in rows_by_id.get(key, ())]',
    ),
    Example(
        "search-by-index",
        """
        def cells(rows, ids, sizes):
            table = []
            for i in ids:
                for s in sizes:
                    table.append(sum(r["id"] for r in rows if r["id"] == i and r["size"] == s))
            return table
        """,
        st.tuples(ROWS, NUMBERS, NUMBERS),
        becomes="for r in rows_by_id.get((i, s), ())",
    ),
    Example(
        "search-by-index",
        """
        def neighbours(edges, start):
            pending = [start]
            seen = {start}
            while pending:
                node = pending.pop()
                for left, right in edges:
                    if left == node and right not in seen:
                        seen.add(right)
                        pending.append(right)
                    elif right == node and left not in seen:
                        seen.add(left)
                        pending.append(left)
            return seen
        """,
        st.tuples(EDGES, st.integers(0, 3)),
        becomes="for left, right in edges_by_key.get(node, ()):",
    ),
    Example(
        "search-by-index",
        """
        def alike(items):
            pairs = []
            for i in range(len(items)):
                for j in range(i + 1, len(items)):
                    if items[i] == items[j]:
                        pairs.append((i, j))
            return pairs
        """,
        st.tuples(NUMBERS),
        becomes="for j in items_by_value.get(items[i], ()):\n            if j > i:",
    ),
    Example(
        "search-by-index",
        """
        def joined(orders, customers):
            found = []
            for order in orders:
                for customer in customers:
                    if order["id"] != customer["id"]:
                        continue
                    if customer["size"] > 1:
                        break
                    found.append(customer)
            return found
        """,
        st.tuples(ROWS, ROWS),
        becomes='in customers_by_id.get(order["id"], ()):\n            if customer["size"] > 1:',
    ),
    Example(
        "search-by-growing-index",
        """
        def totals(rows):
            table = []
            for row in rows:
                for known in table:
                    if known["id"] == row["id"]:
                        known["size"] += row["size"]
                        break
                else:
                    table.append({"id": row["id"], "size": row["size"]})
            return table
        """,
        st.tuples(ROWS),
        becomes='table_by_id.setdefault(table[-1]["id"], []).append(table[-1])',
    ),
    Example(
        "sums-by-index",
        """
        def pairs(numbers, target):
            found = []
            for i in range(len(numbers)):
                for j in range(len(numbers)):
                    if i != j and numbers[i] + numbers[j] == target:
                        found.append((i, j))
            return found
        """,
        st.tuples(NUMBERS, st.integers(0, 8)),
        becomes="for j in numbers_by_value.get(target - numbers[i], ()):",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    [
        "rows.append(other)",
        "other['id'] = 0",
        "wanted = other['id']",
        "other = None",
        "rows = rows[1:]",
    ],
)
def test_a_search_that_changes_what_it_looks_at_is_left_alone(line: str):
    source = f"""
    def search(rows, ids):
        for wanted in ids:
            for other in rows:
                if other["id"] == wanted:
                    {line}
        return rows, wanted
    """
    assert not list(rewritings(BY_NAME["search-by-index"], source))


def test_an_item_that_is_wanted_after_the_search_is_left_alone():
    source = """
    def search(rows, ids):
        for wanted in ids:
            for other in rows:
                if other["id"] == wanted:
                    break
        return other
    """
    assert not list(rewritings(BY_NAME["search-by-index"], source))


def test_a_search_that_does_something_with_the_others_too_is_left_alone():
    source = """
    def search(rows, ids):
        count = 0
        for wanted in ids:
            for other in rows:
                if other["id"] == wanted:
                    count += 1
                else:
                    count -= 1
        return count
    """
    assert not list(rewritings(BY_NAME["search-by-index"], source))


def test_a_search_that_happens_once_is_left_alone():
    source = """
    def search(rows, wanted):
        for other in rows:
            if other["id"] == wanted:
                return other
    """
    assert not list(rewritings(BY_NAME["search-by-index"], source))


def test_a_list_that_also_shrinks_gets_no_index_beside_it():
    source = """
    def totals(rows):
        table = []
        for row in rows:
            for known in table:
                if known["id"] == row["id"]:
                    known["size"] += 1
            table.append(row)
            table.pop(0)
        return table
    """
    assert not list(rewritings(BY_NAME["search-by-growing-index"], source))
