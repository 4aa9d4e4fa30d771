import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.invariants import RULES

NUMBERS = st.lists(st.integers(-9, 9), max_size=6)
TEXT = st.text("abAB ,", max_size=8)
TEXTS = st.lists(TEXT, max_size=5)
RULE = {rule.name: rule for rule in RULES}

EXAMPLES = (
    Example(
        "invariant-statement",
        """
        def centred(values):
            result = []
            for value in values:
                # The mean of all of them.
                mean = sum(values) / len(values)
                result.append(value - mean)
            return result
        """,
        st.tuples(NUMBERS),
        becomes="    if values:\n        # The mean of all of them.\n        mean = sum(values)",
    ),
    Example(
        "invariant-statement",
        """
        def known(words, text):
            found = 0
            for word in words:
                others = text.lower().split()
                if word in others:
                    found += 1
            return found
        """,
        st.tuples(TEXTS, TEXT),
        becomes="    others = text.lower().split()\n    for word in words:",
    ),
    Example(
        "invariant-collection",
        """
        def upward(values, limits):
            found = []
            for value in values:
                for limit in sorted(limits):
                    if value < limit:
                        found.append((value, limit))
            return found
        """,
        st.tuples(NUMBERS, NUMBERS),
        becomes="    limits_sorted = sorted(limits)\n    for value in values:",
    ),
    Example(
        "invariant-collection",
        """
        def lines(text):
            i = 0
            found = []
            while i < len(text.split(",")):
                found.append(text.split(",")[i].strip())
                i += 1
            return found
        """,
        st.tuples(TEXT),
        becomes='    text_split = text.split(",")\n    while i < len(text_split):',
    ),
    Example(
        "invariant-call",
        """
        import re

        def matching(words, start):
            return [word for word in words if re.compile(re.escape(start)).match(word)]
        """,
        st.tuples(TEXTS, TEXT),
        becomes="    pattern = re.compile(re.escape(start))\n    return [",
    ),
    Example(
        "invariant-row",
        """
        def row_sums(table):
            totals = []
            for i in range(len(table)):
                total = 0
                for j in range(3):
                    total += table[i][j]
                totals.append(total)
            return totals
        """,
        st.tuples(st.lists(st.lists(st.integers(), min_size=2, max_size=4), max_size=3)),
        becomes="        for j in range(3):\n            total += table_part[j]",
    ),
    Example(
        "invariant-attribute",
        """
        def shifted(values, point):
            return [value + point.real for value in values if value > point.real]
        """,
        st.tuples(NUMBERS, st.integers()),
        becomes="    point_real = point.real\n    return [",
    ),
    Example(
        "invariant-attribute",
        """
        import math

        def areas(radii):
            found = []
            for radius in radii:
                if radius >= 0:
                    found.append(math.pi * math.fabs(radius))
            return found
        """,
        st.tuples(NUMBERS),
        becomes="    math_pi = math.pi\n    for radius in radii:",
    ),
    Example(
        "invariant-length",
        """
        def ahead(values):
            i = 0
            found = []
            while i < len(values):
                found.append(values[-i])
                i += 1
            return found
        """,
        st.tuples(NUMBERS),
        becomes="while i < values_len",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line",
    ["limits.append(item)", "limits = limits[1:]", "change(limits)", "limits[0] = item"],
)
def test_what_the_loop_changes_stays_in_it(line: str):
    source = f"""
    def f(items, limits):
        for item in items:
            print(sorted(limits))
            {line}
    """
    assert not list(rewritings(RULE["invariant-collection"], source))


@pytest.mark.parametrize("call", ["rows.append(list(head))", "last = list(head)"])
def test_a_list_that_is_kept_is_made_anew_each_time(call: str):
    source = f"""
    def f(items, head, rows):
        for item in items:
            {call}
            rows.append(item)
        return rows
    """
    assert not list(rewritings(RULE["invariant-collection"], source))


def test_an_iterator_that_is_used_up_is_made_anew_each_time():
    source = """
    def f(items, others):
        return [sum(zip(others, others), ()) for item in items for pair in zip(others, others)]
    """
    rewritten = list(rewritings(RULE["invariant-call"], source))
    assert not rewritten


def test_a_statement_whose_name_is_read_before_it_stays():
    source = """
    def f(items, text):
        name = ""
        for item in items:
            print(name)
            name = text.strip()
    """
    assert not list(rewritings(RULE["invariant-statement"], source))


def test_a_statement_whose_name_is_read_after_the_loop_stays():
    source = """
    def f(items, text):
        name = ""
        for item in items:
            name = text.strip()
            print(item, name)
        return name
    """
    assert not list(rewritings(RULE["invariant-statement"], source))


def test_a_call_behind_a_question_about_its_argument_stays():
    source = """
    def f(items, prefix):
        return [item for item in items if prefix is not None and item == prefix.lower()]
    """
    assert not list(rewritings(RULE["invariant-call"], source))


def test_what_a_nested_function_changes_stays_in_the_loop():
    source = """
    def f(items):
        seen = []

        def visit(item):
            seen.append(item)

        for item in items:
            visit(item)
            print(sorted(seen))
    """
    assert not list(rewritings(RULE["invariant-collection"], source))


def test_what_may_fail_in_a_try_stays_in_it():
    source = """
    def f(items, text):
        for item in items:
            try:
                print(item, text.index("a"))
            except ValueError:
                print(item)
    """
    assert not list(rewritings(RULE["invariant-collection"], source))


@pytest.mark.parametrize(
    "line", ["point.x = item", "point.move(item)", "move(point)", "point = item", "point.x += 1"]
)
def test_an_attribute_that_the_loop_may_change_is_looked_up_each_time(line: str):
    source = f"""
    def f(items, point, move):
        for item in items:
            print(point.x + item)
            {line}
    """
    assert not list(rewritings(RULE["invariant-attribute"], source))


@pytest.mark.parametrize(
    "line",
    [
        "found.append(math.sqrt(item))",
        "found.append([one * math.pi for one in item])",
        "print(item, file=sys.stdout)",
        "math.pi = item; print(math.pi)",
        "raise math.nan",
        "size: math.pi = item",
    ],
)
def test_an_attribute_of_a_module_that_is_called_or_replaced_or_seldom_read_stays(line: str):
    source = f"""
    import math
    import sys

    def f(items, found):
        for item in items:
            {line}
    """
    assert not list(rewritings(RULE["invariant-attribute"], source))


@pytest.mark.parametrize("case", ["point.x", "[point.x, _]", "point.Kind()", "{point.x: 1}"])
def test_a_pattern_stays_what_it_is(case: str):
    source = f"""
    def f(items, point):
        for item in items:
            match item:
                case {case}:
                    return item
    """
    assert not list(rewritings(RULE["invariant-attribute"], source))


@pytest.mark.parametrize("kind", ["point.Missing", "(KeyError, point.Missing)"])
def test_what_an_exception_is_compared_with_is_looked_up_when_there_is_one(kind: str):
    source = f"""
    def f(items, point):
        for item in items:
            try:
                print(item)
            except {kind}:
                print("none")
    """
    assert not list(rewritings(RULE["invariant-attribute"], source))


@pytest.mark.parametrize(
    "made", ["iter(values)", "map(abs, values)", "(v for v in values)", "open(values)"]
)
def test_what_goes_through_an_iterator_stays_in_the_loop(made: str):
    source = f"""
    def f(values):
        left = {made}
        found = []
        while len(found) < 3:
            largest = max(left, default=0)
            found.append(largest)
            found.append(sum(left))
        return found
    """
    assert not [text for rule in RULES for text in rewritings(rule, source)]


def test_what_goes_through_a_file_stays_in_the_loop():
    source = """
    def f(path, names):
        found = []
        with open(path) as lines:
            for name in names:
                found.append(name in list(lines))
        return found
    """
    assert not [text for rule in RULES for text in rewritings(rule, source)]


@pytest.mark.parametrize(
    "line", ["row.append(total)", "row[0] = total", "del row[0]", "for cell in row: cell.x = total"]
)
def test_what_reads_rows_that_the_loop_changes_stays_in_it(line: str):
    source = f"""
    def f(rows):
        for row in rows:
            total = sum([sum(one) for one in rows])
            {line}
        return rows
    """
    assert not [text for rule in RULES for text in rewritings(rule, source)]


def test_how_many_rows_there_are_is_the_same_whatever_is_in_them():
    source = """
    def f(rows):
        for row in rows:
            row.append(len(rows))
    """
    assert list(rewritings(RULE["invariant-length"], source))


@pytest.mark.parametrize("default", ["[1, 2]", "list()", "dict(a=1)"])
def test_a_default_that_is_made_anew_is_not_shared(default: str):
    source = f"""
    def f(items, known):
        rows = []
        for item in items:
            row = known.get("a", {default})
            row.append(item)
            rows.append(row)
        return rows
    """
    assert not [text for rule in RULES for text in rewritings(rule, source)]


def test_a_default_that_cannot_change_may_be_shared():
    source = """
    def f(items, known):
        return [item + known.get("a", 0) for item in items]
    """
    assert list(rewritings(RULE["invariant-call"], source))
