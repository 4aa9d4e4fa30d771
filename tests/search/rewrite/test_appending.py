import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.appending import RULES

[RULE] = RULES
NUMBERS = st.lists(st.integers(0, 5), max_size=7)
ROWS = st.lists(NUMBERS, max_size=5)

EXAMPLES = (
    Example(
        "append-in-place",
        """
        def doubled(numbers):
            found = []
            for number in numbers:
                found = found + [number * 2]  # kept
            return found
        """,
        st.tuples(NUMBERS),
        becomes="found.append(number * 2)  # kept",
    ),
    Example(
        "append-in-place",
        """
        def grouped(pairs):
            groups = {}
            for key, value in pairs:
                if key not in groups:
                    groups[key] = []
                groups[key] = groups[key] + [value, key]
            return groups
        """,
        st.tuples(st.lists(st.tuples(st.integers(0, 3), st.integers()), max_size=6)),
        becomes="groups[key] += [value, key]",
    ),
    Example(
        "append-in-place",
        """
        def flat(rows):
            found = []
            for row in rows:
                found = found + row  # all of it
            return found
        """,
        st.tuples(ROWS),
        becomes="found += row  # all of it",
    ),
    Example(
        "append-in-place",
        """
        def flat(rows):
            found = [0]
            for row in rows:
                found = found + list(number for number in row if number > found[0])
            return found
        """,
        st.tuples(ROWS),
        becomes="found += list(number for number in row if number > found[0])",
    ),
    Example(
        "append-in-place",
        """
        def flat(rows):
            found = list()
            for row in rows:
                found = found + list(number for number in row if number)
            return found
        """,
        st.tuples(st.lists(st.one_of(NUMBERS, st.none()), max_size=5)),
        becomes="found.extend(number for number in row if number)",
    ),
    Example(
        "append-in-place",
        """
        def parsed(lines):
            found = []
            for line in lines:
                try:
                    found = found + list(map(int, line))
                except ValueError:
                    pass
            return found
        """,
        st.tuples(st.lists(st.text("01x", max_size=4), max_size=5)),
        becomes="found += list(map(int, line))",
    ),
    Example(
        "append-in-place",
        """
        from contextlib import suppress

        def parsed(lines):
            found = []
            for line in lines:
                with suppress(ValueError):
                    found = found + list(map(int, line))
            return found
        """,
        st.tuples(st.lists(st.text("01x", max_size=4), max_size=5)),
        becomes="found += list(map(int, line))",
    ),
    Example(
        "append-in-place",
        """
        def spread(rows):
            found = {}
            for x, row in enumerate(rows):
                found[x, len(row)] = []
                for one in row:
                    if one not in found[x, len(row)]:
                        found[x, len(row)] = found[x, len(row)] + [one]
            return found
        """,
        st.tuples(ROWS),
        becomes="found[x, len(row)].append(one)",
    ),
    Example(
        "append-in-place",
        """
        def bordered(rows):
            found = []
            for row in rows:
                line = []
                for number in row:
                    line = line + [-1] + row + ([number] or [0])
                found.append(line)
            return found
        """,
        st.tuples(ROWS),
        becomes="line += [-1] + row + ([number] or [0])",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize("line", ["items = items + [one]", "items += [one]"])
def test_the_list_of_a_caller_is_left_as_it_is(line: str):
    source = f"""
    def longer(items, more):
        for one in more:
            {line}
        return items
    """
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize(
    ("first", "added"),
    [
        ("found = 0", "row"),
        ("found = ''", "row"),
        ("found = rows", "row"),
        ("found, n = rows, 0", "row"),
        ("found = []; found = rows", "row"),
        ("found = []; held = found", "row"),
        ("found = rows", "[row]"),
        ("found = rows[0]", "[row]"),
        ("found = held = []", "[row]"),
        ("found, held = rows, []", "[row]"),
        ("found, *held = rows", "[row]"),
        ("found = rows or []", "[row]"),
        ("found = [] if not rows else rows", "[row]"),
        ("found = rows.get(0, [])", "[row]"),
        ("print(found := rows)", "[row]"),
    ],
)
def test_what_need_not_be_a_new_list_is_made_anew(first: str, added: str):
    source = f"""
    def flat(rows):
        {first}
        for row in rows:
            found = found + {added}
        return found
    """
    assert not list(rewritings(RULE, source))


def test_a_row_of_what_is_gone_through_is_made_anew():
    source = """
    def bordered(rows):
        for row in rows:
            row = row + [0]
            print(row)
    """
    assert not list(rewritings(RULE, source))


def test_a_list_begun_beside_another_name_is_added_to_in_place():
    source = """
    def numbered(rows):
        found, number = [], 0
        for row in rows:
            found = found + [(number, row)]
            number += 1
        return found
    """
    assert list(rewritings(RULE, source))


@pytest.mark.parametrize("added", ["row", "[row]"])
@pytest.mark.parametrize(
    "line",
    [
        "seen.append(found)",
        "keep(found)",
        "last = found",
        "yield found",
        "seen = [found]",
        "left = iter(found)",
        "left = zip(found, found)",
        "left = (one for one in found)",
        "best = max(seen, found)",
        "found = found + [(found := [row])[0]]",
    ],
)
def test_a_list_that_the_loop_hands_on_is_made_anew(added: str, line: str):
    source = f"""
    def growing(rows, seen, keep):
        found = []
        for row in rows:
            found = found + {added}
            {line}
    """
    assert not list(rewritings(RULE, source))


def test_a_list_that_is_handed_on_before_the_next_begins_is_added_to_in_place():
    source = """
    def groups(tables):
        done = []
        for table in tables:
            found = []
            for row in table:
                found = found + row
            done.append(found)
        return done
    """
    assert list(rewritings(RULE, source))


def test_a_list_that_was_handed_on_before_it_grows_is_made_anew():
    source = """
    def groups(tables):
        done = []
        for table in tables:
            found = []
            done.append(found)
            for row in table:
                found = found + row
        return done
    """
    assert not list(rewritings(RULE, source))


def test_a_list_that_is_made_where_it_is_added_to_is_left_alone():
    source = """
    def pairs(rows):
        done = []
        for row in rows:
            found = [0]
            found = found + row
            done.append(found)
        return done
    """
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize("through", ["found", "enumerate(found)", "found[1:]", "(0, *found)"])
def test_a_list_that_is_gone_through_does_not_grow_meanwhile(through: str):
    source = f"""
    def reached(graph):
        found = [0]
        for one in {through}:
            found = found + [one]
        return found
    """
    assert not list(rewritings(RULE, source))


def test_a_list_in_a_dict_that_is_gone_through_does_not_grow_meanwhile():
    source = """
    def doubled(groups, key):
        for one in groups[key]:
            groups[key] = groups[key] + [one]
    """
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize("loop", ["for at in range(len(found), 9)", "while len(found) < 9"])
def test_a_list_of_which_only_the_length_is_asked_grows_in_place(loop: str):
    source = f"""
    def filled(rows):
        found = [1]
        {loop}:
            if not any(one is rows for one in found):
                found = found + [rows]
        return found
    """
    assert list(rewritings(RULE, source))


@pytest.mark.parametrize("line", ["rows[:2] = rows[:2] + [one]", "rows[:2] += [one]"])
def test_a_slice_is_another_list_each_time(line: str):
    source = f"""
    def spread(rows):
        for one in range(3):
            {line}
    """
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize("index", ["next(left)", "draw()", "(at := at + 1)"])
def test_a_place_that_is_another_one_each_time_is_named_twice(index: str):
    source = f"""
    def spread(rows, left, draw, at):
        found = [[0], [1], [2]]
        for one in rows:
            found[{index}] = found[{index}] + [one]
        return found
    """
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize(
    "first",
    [
        "groups = dict(given)",
        "groups = list(given)",
        "groups = given.copy()",
        "groups = given[:]",
        "groups = dict.fromkeys(given, [])",
        "groups = [[]] * 3",
        "groups = {}; groups[0] = groups[1] = []",
        "groups = {0: []}; held = groups[0]",
        "groups = {}; groups[0] = given",
    ],
)
def test_lists_that_something_else_holds_too_are_made_anew(first: str):
    source = f"""
    def grouped(given, pairs):
        {first}
        for key, value in pairs:
            groups[key] = groups[key] + [value]
        return groups
    """
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize("line", ["done.append(groups[0])", "groups[1] = groups[0]"])
def test_a_list_in_a_dict_that_the_loop_hands_on_is_made_anew(line: str):
    source = f"""
    def grouped(pairs, done):
        groups = {{0: [], 1: []}}
        for key, value in pairs:
            {line}
            groups[key] = groups[key] + [value]
    """
    assert not list(rewritings(RULE, source))


def test_a_list_in_a_dict_that_is_handed_on_when_the_loop_is_done_grows_in_place():
    source = """
    def grouped(pairs, done):
        groups = {0: [], 1: []}
        for key, value in pairs:
            groups[key] = groups[key] + [value]
        done.append(groups[0])
    """
    assert list(rewritings(RULE, source))
