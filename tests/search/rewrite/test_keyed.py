import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.keyed import RULES

ROWS = st.lists(st.lists(st.sampled_from(["", "a", "bcd"]), max_size=3), max_size=4)

EXAMPLES = (
    Example(
        "computed-once-per-value",
        """
        def padded(rows):
            lines = []
            for row in rows:
                line = ""
                for column in range(len(row)):
                    # of the whole column
                    width = max([len(str(r[column])) for r in rows if column < len(r)])
                    line += row[column].ljust(width)
                lines.append(line)
            return lines
        """,
        st.tuples(ROWS),
        becomes="# of the whole column\n            width = width_of(column)",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize("line", ["rows.append(row)", "row.pop()", "column += 1", "factor += 1"])
def test_what_may_come_out_otherwise_is_computed_anew(line: str):
    source = f"""
    def padded(rows, factor):
        for row in rows:
            for column in range(len(row)):
                width = sum(r[column] * factor + row[0] for r in rows)
                {line}
        return width
    """
    assert not list(rewritings(RULES[0], source))


def test_what_one_loop_computes_for_each_value_is_computed_as_before():
    source = """
    def sums(rows):
        for column in range(5):
            width = sum(r[column] for r in rows)
            print(width)
    """
    assert not list(rewritings(RULES[0], source))


def test_a_list_that_somebody_may_change_is_made_anew():
    source = """
    def columns(rows):
        for row in rows:
            for column in range(len(row)):
                cells = [r[column] for r in rows]
                cells.append(0)
                print(cells)
    """
    assert not list(rewritings(RULES[0], source))


def test_what_reads_rows_of_which_the_loop_changes_the_items_is_computed_anew():
    source = """
    def f(rows):
        for row in rows:
            for c in range(len(row)):
                width = max(len(r[c]) for r in rows)
                row[c] = row[c].ljust(width + 1)
        return rows
    """
    [rule] = RULES
    assert not list(rewritings(rule, source))
    assert list(rewritings(rule, source.replace("row[c] =", "other =")))
