import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.grouping import RULES

[RULE] = RULES
WORDS = st.lists(st.text("abc", min_size=0, max_size=3), max_size=7)
PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=7)

EXAMPLES = (
    Example(
        "grouped-by-setdefault",
        """
        def anagrams(words):
            groups = {}
            for word in words:
                # By its letters.
                if "".join(sorted(word)) not in groups:
                    groups["".join(sorted(word))] = []
                groups["".join(sorted(word))].append(word)
            return list(groups.items())
        """,
        st.tuples(WORDS),
        becomes=(
            "        # By its letters.\n"
            '        groups.setdefault("".join(sorted(word)), []).append(word)\n'
        ),
    ),
    Example(
        "grouped-by-setdefault",
        """
        def by_start(words):
            groups = {}
            for word in words:
                if word[0] not in groups:
                    groups[word[0]] = dict()
                groups[word[0]].update({word: len(groups)})
            return groups
        """,
        st.tuples(WORDS),
        becomes="groups.setdefault(word[0], {}).update({word: len(groups)})",
    ),
    Example(
        "grouped-by-setdefault",
        """
        def by_pair(pairs):
            groups = {}
            for a, b in pairs:
                if (a, b) in groups:
                    groups[a, b].append(a - b)
                else:
                    groups[a, b] = [a - b]
            return groups
        """,
        st.tuples(PAIRS),
        becomes="groups.setdefault((a, b), []).append(a - b)",
    ),
    Example(
        "grouped-by-setdefault",
        """
        def by_length(words, groups):
            for word in words:
                if len(word) not in groups:
                    groups[len(word)] = [word]
                else:
                    groups[len(word)].append(word)
        """,
        st.tuples(
            st.lists(st.one_of(st.text("ab", max_size=2), st.integers()), max_size=5),
            st.dictionaries(st.integers(0, 2), st.lists(st.integers()), max_size=2),
        ),
        becomes="groups.setdefault(len(word), []).append(word)",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


def grouping(question: str, begin: str, use: str) -> str:
    return f"""
    def grouped(rows, given):
        groups = {{}}
        for row in rows:
            if {question}:
                {begin}
            {use}
        return groups
    """


KEY = "row[0] not in groups"


def test_the_grouping_that_is_varied_below_is_found_as_it_stands_here():
    source = grouping(KEY, "groups[row[0]] = []", "groups[row[0]].append(row)")
    assert list(rewritings(RULE, source))


@pytest.mark.parametrize(
    ("question", "begin", "use"),
    [
        ("row not in groups", "groups[row] = []", "groups[row].append(row)"),
        ("row.x not in groups", "groups[row.x] = []", "groups[row.x].append(row)"),
        ("next(row) not in groups", "groups[next(row)] = []", "groups[next(row)].append(row)"),
        ("row[0] in groups", "groups[row[0]] = []", "groups[row[0]].append(row)"),
        (KEY, "groups[row[1]] = []", "groups[row[0]].append(row)"),
        (KEY, "groups[row[0]] = []", "groups[row[1]].append(row)"),
        (KEY, "groups[row[0]] = []", "given[row[0]].append(row)"),
        (KEY, "given[row[0]] = []", "groups[row[0]].append(row)"),
        (KEY, "groups[row[0]] = []; print(row)", "groups[row[0]].append(row)"),
        (KEY, "groups[row[0]] = []", "print(row); groups[row[0]].append(row)"),
        (KEY, "groups[row[0]] = []", "last = groups[row[0]].append(row)"),
        (KEY, "groups[row[0]] = set()", "groups[row[0]].add(row)"),
        (KEY, "groups[row[0]] = [0]", "groups[row[0]].append(row)"),
        (KEY, "groups[row[0]] = given", "groups[row[0]].append(row)"),
        (
            "groups[row] not in groups",
            "groups[groups[row]] = []",
            "groups[groups[row]].append(row)",
        ),
    ],
)
def test_what_is_no_grouping_by_a_computed_key_is_left_alone(question: str, begin: str, use: str):
    assert not list(rewritings(RULE, grouping(question, begin, use)))


@pytest.mark.parametrize(
    ("mapping", "item", "found"),
    [
        ("groups", "int(row[1])", True),
        ("given", "row", True),
        ("given", "int(row[1])", False),
        ("groups", "len(groups)", False),
        ("groups", "row.pop(0)", False),
        ("KEPT", "row", True),
        ("KEPT", "int(row[1])", False),
        ("alias", "int(row[1])", False),
    ],
)
def test_an_item_that_may_fail_or_sees_or_changes_the_group_or_key_is_put_there_as_before(
    mapping: str, item: str, found: bool
):
    source = f"""
    def grouped(rows, given):
        groups = {{}}
        alias = given[0]
        for row in rows:
            if row[0] in {mapping}:
                {mapping}[row[0]].append({item})
            else:
                {mapping}[row[0]] = [{item}]
        return groups
    """
    assert bool(list(rewritings(RULE, source))) == found


def test_an_item_that_may_fail_where_that_is_caught_is_grouped_as_before():
    source = """
    def grouped(rows):
        groups = {}
        for row in rows:
            try:
                if row[0] in groups:
                    groups[row[0]].append(int(row[1]))
                else:
                    groups[row[0]] = [int(row[1])]
            except ValueError:
                pass
        return groups
    """
    assert not list(rewritings(RULE, source))


def test_a_question_after_another_stays():
    source = """
    def grouped(rows, groups):
        for row in rows:
            if row is None:
                pass
            elif row[0] not in groups:
                groups[row[0]] = [row]
            else:
                groups[row[0]].append(row)
    """
    assert not list(rewritings(RULE, source))


def test_a_group_that_begins_with_another_item_stays():
    source = """
    def grouped(rows):
        groups = {}
        for row in rows:
            if row[0] in groups:
                groups[row[0]].append(row[1])
            else:
                groups[row[0]] = [row]
        return groups
    """
    assert not list(rewritings(RULE, source))


def test_what_is_asked_once_stays():
    source = """
    def put(groups, row):
        if row[0] not in groups:
            groups[row[0]] = []
        groups[row[0]].append(row)
    """
    assert not list(rewritings(RULE, source))


@pytest.mark.parametrize(
    ("manager", "found"), [("suppress(ValueError)", False), ("open(rows[0]) as file", True)]
)
def test_who_may_suppress_an_error_sees_no_empty_group(manager: str, found: bool):
    source = f"""
    def grouped(rows):
        groups = {{}}
        for row in rows:
            with {manager}:
                if row[0] in groups:
                    groups[row[0]].append(int(row[1]))
                else:
                    groups[row[0]] = [int(row[1])]
        return groups
    """
    assert bool(list(rewritings(RULE, source))) == found
