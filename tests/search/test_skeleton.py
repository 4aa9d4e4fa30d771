import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.search.definitions import NotPython
from sigil.search.skeleton import keeps_its_place, skeleton

AROUND = """\
def f(x):
    try:
        if x:
            a = 1
        # begin
{}
        # end
        b = 2
    except E:
        return "a" # "b"
    return x
"""
FIRST = 6
LINES = st.sampled_from(
    [
        "        y = 1",
        "        if y:",
        "            pass",
        "        else:",
        "    except F:",
        "    else:",
        "        def g():",
        "        @deco",
        "        z = '''",
        "        w = [",
        "        ]",
        "q = 1",
        "        # note",
        "",
        "        \\",
    ]
)
REGIONS = st.lists(LINES, min_size=1, max_size=5).map("\n".join)


def version(region):
    return AROUND.format(region), (FIRST, FIRST + region.count("\n"))


@settings(max_examples=500, deadline=None)
@given(REGIONS, REGIONS)
def test_what_plainly_keeps_its_place_has_one_skeleton(before, after):
    old, new = version(before), version(after)
    try:
        expected, found = skeleton(old[0], (old[1],)), skeleton(new[0], (new[1],))
    except NotPython:
        return
    if keeps_its_place(old, new):
        assert found == expected


@pytest.mark.parametrize(
    ("region", "kept"),
    [
        ("        y = 2", True),
        ("        if y:\n            pass", True),
        ("        def g():\n            return 1", True),
        ("            y = 2", False),
        ("        pass\n    except F:\n        pass", False),
        ("        def g():", False),
        ("        # nothing", False),
    ],
)
def test_whole_statements_of_the_same_block_keep_their_place(region, kept):
    assert keeps_its_place(version("        y = 1"), version(region)) is kept


def test_a_clause_after_the_region_is_left_to_the_skeleton():
    text = "if a:\n    pass\n# end\nelse:\n    pass\n"
    assert not keeps_its_place((text, (1, 2)), (text, (1, 2)))


def test_lines_of_other_regions_do_not_count():
    old = "a = 1\nb = 2\nc = 3\nd = 4\n"
    new = "a = 1\na = 1\nb = 2\nc = 3\nc = 3\nd = 4\n"
    assert skeleton(old, ((1, 1), (3, 3))) == skeleton(new, ((1, 2), (4, 5)))
