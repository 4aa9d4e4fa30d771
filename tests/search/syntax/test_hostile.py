"""Sources that are no sources: every one is refused or read, in bounded time and memory."""

import pytest

from sigil.errors import InvalidValue, NotYet, PatchBreaksInterface, PinNotFound, SigilError
from sigil.search.diffing import diff
from sigil.search.patch import check
from sigil.search.pins import Pin, locate
from sigil.search.syntax.faults import faults
from sigil.search.syntax.grammars import MAX_BYTES, Unparsable, parse
from sigil.search.syntax.spelling import normal_form

GRAMMARS = ["python", "c", "cpp", "rust", "go", "java", "javascript", "typescript", "tsx"]
DEEP = 5_000


def region(path, text, symbol="f", query=None):
    (found,) = locate([Pin("p", None, (path,), symbol, ast_query=query)], {path: text})
    return found


@pytest.mark.parametrize("path", ["a.c", "a.go", "a.ts"])
@pytest.mark.parametrize("query", [None, "(comment) @pin"])
def test_ten_megabytes_are_refused_with_the_limit(path, query):
    with pytest.raises(InvalidValue, match=rf"{path}: .*larger than 2 MiB; pin by markers"):
        region(path, "// f\n" * (2 * 2**20), None if query else "f", query)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("int f() {\n\x00}\n", "a.c:2: .*a null byte"),
        ("int f() {\r}\n", "a.c:1: .*a bare carriage return"),
    ],
)
def test_binary_and_bare_carriage_returns_are_refused_with_their_line(text, problem):
    with pytest.raises(InvalidValue, match=problem):
        region("a.c", text)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("grammar", GRAMMARS)
@pytest.mark.parametrize(
    "unit", ["(", "{", "[", "<", "a<", "(a)=>", "`${", '"', "if(x){", "-", "a.", "a?b:", "\n ", "é"]
)
def test_nesting_without_end_is_read_or_refused(grammar, unit):
    try:
        faults(unit * DEEP, grammar)
        normal_form(unit * DEEP, grammar, 1, 10)
    except Unparsable:
        return


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("unit", "closing"), [("{", "}"), ("(", ")"), ("[", "]"), ("-", ""), ("a(", ")")]
)
def test_a_candidate_that_nests_without_end_is_refused_or_one_region(unit, closing):
    before = "int f(int x) {\n    return 1;\n}\n"
    deep = f"{unit * DEEP}1{closing * DEEP};" if unit != "{" else unit * DEEP + closing * DEEP
    after = before.replace("return 1;", "return " + deep if unit != "{" else deep)
    pins = [Pin("p", None, ("a.c",), "f")]
    try:
        assert check(diff({"a.c": before}, {"a.c": after}), {"a.c": before}, pins)["a.c"] == after
    except SigilError:
        return


def test_the_budget_is_of_steps_so_that_it_says_the_same_everywhere():
    text = "template<a<b(c)>d" * (MAX_BYTES // 40)
    said = []
    for _ in range(2):
        try:
            said.append(parse(text, "cpp").root_node.has_error)
        except Unparsable as error:
            said.append(error.problem)
    assert said[0] == said[1]


def test_an_unterminated_string_makes_no_region_out_of_the_rest():
    text = 'int f(void) {\n    g("abc);\n}\nint h(void) {\n}\n'
    try:
        assert region("a.c", text).last <= 3
    except (NotYet, PinNotFound):
        return


def test_a_patch_that_opens_a_comment_is_refused():
    before = "int f(void) {\n    a();\n}\n/* note */\nint h(void) {\n}\n"
    after = before.replace("    a();\n", "    a(); /*\n")
    pins = [Pin("p", None, ("a.c",), "f")]
    with pytest.raises(PatchBreaksInterface):
        check(diff({"a.c": before}, {"a.c": after}), {"a.c": before}, pins)


def test_lone_surrogates_are_read_like_any_other_character():
    assert region("a.c", 'int f(void) {\n    g("\ud800");\n}\n').last == 3
