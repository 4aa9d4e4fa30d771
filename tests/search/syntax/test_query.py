import pytest
from tests.search.syntax.sources import SOURCES

from sigil.errors import DependencyMissing, InvalidValue, PinAmbiguous, PinNotFound
from sigil.search.pins import Pin, locate


def region(path, query, text=None, language=None):
    pin = Pin("p", language, (path,), ast_query=query)
    (found,) = locate([pin], {path: SOURCES[path] if text is None else text})
    return found


@pytest.mark.parametrize(
    ("path", "query", "lines"),
    [
        ("grid.py", "(class_definition name: (identifier) @n (#eq? @n Grid)) @pin", (1, 4)),
        ("grid.py", "(decorated_definition) @pin", (2, 4)),
        ("grid.py", "(return_statement) @pin", (4, 4)),
        ("grid.c", '((function_definition) @pin (#match? @pin "hot"))', (21, 26)),
        ("grid.c", "(function_definition (attribute_specifier)) @only", (21, 26)),
        ("grid.cpp", "(template_declaration (function_definition type: (_) @t)) @pin", None),
        ("grid.cpp", "(field_initializer_list) @pin", None),
        ("grid.rs", "(impl_item trait: (type_identifier)) @pin", (13, 17)),
        ("grid.go", "(type_declaration) @pin", (15, 17)),
        ("Grid.java", "(constructor_declaration) @pin", (16, 17)),
        ("grid.js", "(export_statement value: (_)) @pin", (31, 33)),
        ("grid.ts", "(abstract_class_declaration (decorator)) @pin", None),
        ("grid.ts", "(internal_module) @pin", (16, 19)),
        ("grid.tsx", "(jsx_element) @pin", (2, 2)),
    ],
)
def test_the_capture_is_the_region(path, query, lines):
    if lines is None:
        with pytest.raises((PinAmbiguous, PinNotFound, InvalidValue)):
            region(path, query)
    else:
        found = region(path, query)
        assert (found.first, found.last) == lines


def test_alternatives_of_a_query_that_capture_one_node_match_once():
    query = "[(type_declaration) (type_declaration (type_spec))] @pin"
    assert region("grid.go", query).first == 15


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("(function_definitoin) @pin", r"line 1, column 2: Invalid node type: function_definitoin"),
        ("(function_definition\n  nope) @pin", r"line 2, column \d+: "),
        ("(function_definition) @pin\n(", r"line 2, column 2: Unexpected EOF"),
        ("(function_definition", r"line 1, column 21: Unexpected EOF"),
        ("(function_definition)", "captures nothing"),
        ("", "captures nothing"),
        ("; a comment", "captures nothing"),
        ("(function_definition type: (_) @a) @b", "captures a, b; put @pin"),
        ("((identifier) @pin (#foo? @pin))", r"line 1, column 21: unknown predicate #foo\?"),
        ("((identifier) @pin\n (#is? local))", r"line 2, column 3: unknown predicate #is\?"),
        ('((identifier) @pin (#match? @pin "("))', "line 1: .*regular expression"),
        ("((identifier) @pin (#eq? @pin))", r"line 1: .*#eq\? expects 2 arguments"),
        ('(function_definition) @pin (#eq? @pin "x")', "inside the parentheses"),
    ],
)
def test_a_bad_query_is_one_line_with_its_place(query, problem):
    with pytest.raises(InvalidValue, match=rf"pins\.p: ast_query: .*{problem}") as caught:
        region("grid.c", query)
    assert "\n" not in str(caught.value)


def test_a_hash_in_a_string_of_a_query_is_no_predicate():
    query = '((preproc_def) @pin (#match? @pin "#define"))  ; #foo?\n'
    assert region("a.c", query, "#define A 1\n").first == 1


def test_a_query_that_matches_nothing_names_the_files():
    with pytest.raises(PinNotFound, match=r"ast_query matches nothing in grid\.c"):
        region("grid.c", "(goto_statement) @pin")


def test_a_query_that_matches_twice_names_both_lines():
    with pytest.raises(PinAmbiguous, match=r"ast_query matches 2 times: grid\.go:4 and grid\.go:8"):
        region("grid.go", "(method_declaration) @pin")


def test_a_capture_that_shares_its_lines_is_refused():
    with pytest.raises(InvalidValue, match=r"grid\.c:7: .* no lines of its own"):
        region("grid.c", "(function_definition body: (compound_statement) @pin)", "\n" * 6 + HOT)


HOT = "int hot(int n) {\n    return n;\n}\n"


def test_a_language_without_grammar_lists_those_that_have_one():
    with pytest.raises(InvalidValue, match=r"no grammar for x\.rb .*set language to one of python"):
        region("x.rb", "(a) @pin", "a\n")


def test_the_declared_language_decides_over_the_ending():
    text = "class A {\n};\n"
    assert region("a.h", "(class_specifier) @pin", text, language="c++").first == 1


@pytest.mark.usefixtures("without_grammars")
def test_without_the_extra_a_query_says_what_to_install():
    with pytest.raises(DependencyMissing, match=r"pins\.p: .*pip install -e '\.\[languages\]'"):
        region("grid.c", "(function_definition) @pin", HOT + " ")


@pytest.mark.parametrize(
    ("path", "query", "signature"),
    [
        ("grid.py", "(decorated_definition) @pin", "@property def cost(self) -> int"),
        ("grid.py", "(function_definition) @pin", "@property def cost(self) -> int"),
        ("grid.py", "(class_definition) @pin", "class Grid\n@property def cost(self) -> int"),
        ("grid.py", "(return_statement) @pin", None),
        ("Grid.java", "(constructor_declaration) @pin", "public Grid(int x)"),
        ("grid.rs", "(mod_item) @pin", None),
    ],
)
def test_a_captured_definition_has_its_signature(path, query, signature):
    assert region(path, query).signature == signature
