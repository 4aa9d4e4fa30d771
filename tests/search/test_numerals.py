import pytest

from sigil.search import numerals
from sigil.search.literals import Choices, Span
from sigil.search.model import BASELINE, Parent
from sigil.search.patch import check
from sigil.search.pins import Pin
from sigil.search.tune import Tune
from sigil.testing.proposers import view_of

KERNEL = """\
#include <math.h>
#if VERSION > 3
#endif
#define BLOCK 8
// sigil: begin kernel
static const double rate = 0.25; // sigil: range 0.1 10 log
static const int width = 4; /* sigil: int 1..64 */
static const float half = 2.5f;
int table[16]; // about 99 of them
const char *text = "7 times";
int f(int n) { return n == 12 ? 0 : n * 3 + 1; }
// sigil: end kernel
"""


def found(text: str, language: str = "c"):
    literals = numerals.find(text, language, "k.c", 1, text.count("\n"))
    return {literal.text: literal for literal in literals}


def test_numbers_are_found_where_they_are_no_structure():
    assert list(found(KERNEL)) == ["8", "0.25", "4", "2.5", "3"]


def test_a_comment_sets_the_range():
    literals = found(KERNEL)
    assert literals["0.25"].space == Span(0.1, 10.0, log=True, whole=False)
    assert literals["4"].space == Span(1, 64, log=False, whole=True)


def test_a_comment_offers_choices_for_what_is_left_alone_otherwise():
    literals = found("int t[16]; // sigil: choices 8, 16, 32\n")
    assert literals["16"].space == Choices((8, 16, 32))


def test_a_suffix_stays():
    (literal,) = numerals.find("x = 2.5f + y;\n", "c", "k.c", 1, 1)
    assert "x = 2.5f + y;"[literal.start : literal.end] == "2.5"


@pytest.mark.parametrize(
    "text", ["x = 0x10;", "x = 010;", "x = a1 + b.2;", "case 7:", "y = a[3];", "// 12\n", '"5"']
)
def test_these_are_left_alone(text: str):
    assert found(text + "\n") == {}


def test_only_the_pinned_lines_are_looked_at():
    assert [n.text for n in numerals.find("a = 5;\nb = 6;\nc = 7;\n", "rust", "k.rs", 2, 2)] == [
        "6"
    ]


def test_other_languages_have_none():
    assert numerals.find("x = 5\n", "cobol", "k.cob", 1, 1) == []


def test_tune_proposes_other_numbers_between_markers_in_c():
    pins = [Pin("kernel", None, ("k.c",))]
    parent = Parent(BASELINE, {"k.c": KERNEL}, (1.0,))
    proposals = Tune().ask(view_of(pins, [parent], 1), 5)
    assert proposals
    for proposal in proposals:
        after = check(proposal.patch, parent.files, pins)["k.c"]
        assert "#define BLOCK 8" in after  # outside of the markers
        assert after != KERNEL


HEAD = """\
template <int N = 4>
double f(double x, double rate = 0.3) {
    auto g = [](int k) { return k * 7; };
    return x * 2.5;
}
"""


def test_what_stands_in_the_head_of_a_definition_is_left_alone():
    assert [one.text for one in numerals.find(HEAD, "cpp", "a.cpp", 1, 5)] == ["7", "2.5"]


@pytest.mark.usefixtures("without_grammars")
def test_without_a_grammar_the_head_is_tuned_with_the_rest():
    found = numerals.find(HEAD, "cpp", "a.cpp", 1, 5)
    assert [one.text for one in found] == ["4", "0.3", "7", "2.5"]


@pytest.mark.parametrize(
    "pin",
    [
        Pin("p", None, ("a.cpp",), "f"),
        Pin("p", None, ("a.cpp",), ast_query="(template_declaration) @pin"),
        Pin("p", "c++", ("a.cpp",)),
    ],
)
def test_tune_stays_inside_every_kind_of_pin(pin: Pin):
    files = {"a.cpp": HEAD}
    proposals = Tune().ask(view_of([pin], [Parent(BASELINE, files, (1.0,))], 1), 4)
    changed = [check(one.patch, files, [pin])["a.cpp"] for one in proposals]
    assert changed
    assert all(text != HEAD and text.startswith(HEAD[:60]) for text in changed)
