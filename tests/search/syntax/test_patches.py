import pytest
from tests.search.syntax.sources import SOURCES

from sigil.errors import PatchBreaksInterface, PatchOutsidePins, SigilError
from sigil.search.diffing import diff
from sigil.search.patch import check
from sigil.search.pins import Pin
from sigil.search.syntax.places import surroundings


def attempt(path, symbol, *changes, query=None):
    """Return the file after a patch that makes ``changes`` (old, new) to it."""
    before = SOURCES[path]
    after = before
    for old, new in changes:
        assert after.count(old) == 1, old
        after = after.replace(old, new)
    pin = Pin("p", None, (path,), symbol, ast_query=query)
    patch = diff({path: before}, {path: after})
    assert check(patch, {path: before}, [pin])[path] == after


BODIES = [
    ("grid.c", "add", "return 0;", "for (;;) { if (x) break; } return 1;"),
    ("grid.c", "hot", "    n += 1;", "    n += 2;\n#else\n    n += 3;"),
    ("grid.cpp", "step", 'return R"(})" ? nullptr : nullptr;', "return [&]{ return nullptr; }();"),
    ("grid.cpp", "Grid::Grid", "a_{a}", "a_{a + 1}, b_(2)"),
    ("grid.rs", "geo::area", "        None", "        Some(x.len() as i32)"),
    ("grid.rs", "geo::area", "#[inline]", "#[inline(always)]"),
    ("grid.go", "Stack.Push", "return 0, nil", "for i := range xs {\n\t\treturn i, nil\n\t}"),
    ("Grid.java", "Grid.add", "return 1;", "switch (x) { default -> { return 2; } }"),
    ("grid.js", "f", "=> x + 1", "=> [x].map((y) => y + 1)[0]"),
    ("grid.js", "g", "  return 2;", "  return await x ?? `}${x}`;"),
    ("grid.ts", "Store.reset", "{ n: 1 }", "{ n: <number>1 }"),
    ("grid.ts", "Store", "    return 1;", "    return 2;"),
    ("grid.tsx", "Cell", "{p.text}", "{p.text ?? <b/>}"),
]


@pytest.mark.parametrize(("path", "symbol", "old", "new"), BODIES)
def test_a_body_may_change(path, symbol, old, new):
    attempt(path, symbol, (old, new))


@pytest.mark.parametrize(
    ("path", "symbol", "old", "new"),
    [
        ("grid.c", "add", "add(int x, const char *y)", "add( int x,\n    /* y */ const char * y )"),
        ("grid.cpp", "step", "template <typename T, int N = 3>", "template<typename T,int N=3>"),
        ("grid.rs", "geo::area", "(x: &'a [T]) -> Option<i32>", "(\n x: &'a [T] ) -> Option<i32>"),
        ("grid.go", "Map", "func Map[T any, U any](xs", "func Map[T any,   U any]( /* all */ xs"),
        ("Grid.java", "Grid.add", "public static <U> int add", "public static\n    <U> int add"),
        ("grid.ts", "handler", "async <T>(x: T)", "async <T>( x : T ) /* T */"),
    ],
)
def test_layout_and_comments_in_a_header_may_change(path, symbol, old, new):
    attempt(path, symbol, (old, new))


HEADERS = [
    ("grid.c", "add", "static int *", "int *"),
    ("grid.c", "add", "const char *y", "char *y"),
    ("grid.c", "add", "int x, const", "int z, const"),
    ("grid.c", "hot", "__attribute__((noinline)) long", "long"),
    ("grid.cpp", "step", "noexcept(true)", ""),
    ("grid.cpp", "step", "int N = 3", "int N = 4"),
    ("grid.cpp", "step", "char c = '{'", "char c = '}'"),
    ("grid.cpp", "step", "[[nodiscard]] ", ""),
    ("grid.cpp", "fill", "const & {", "{"),
    ("grid.cpp", "exported", 'extern "C" void', "void"),
    ("grid.cpp", "Grid", "virtual int cost(int) = 0;", ""),
    ("grid.rs", "geo::area", "pub(crate) unsafe fn", "pub unsafe fn"),
    ("grid.rs", "geo::area", "#[cfg(test)]", "#[cfg(not(test))]"),
    ("grid.rs", "geo::area", "T: Y,", "T: Z,"),
    ("grid.rs", "geo::area", "-> Option<i32>", "-> Option<i64>"),
    ("grid.go", "Stack.Push", "(s *Stack[T])", "(s Stack[T])"),
    ("grid.go", "Map", "[T any, U any]", "[T any, U comparable]"),
    ("grid.go", "Map", "[]U {", "[]T {"),
    ("Grid.java", "Grid.add", "    @Override\n", ""),
    ("Grid.java", "Grid.add", "public static", "private static"),
    ("Grid.java", "Grid.add", "throws E", ""),
    ("Grid.java", "Grid", "public Grid(int x) {\n    }\n", ""),
    ("grid.js", "f", "export const f = (x)", "export const f = (x, y)"),
    ("grid.js", "f", "export const f", "export let f"),
    ("grid.js", "g", "async function", "function"),
    ("grid.js", "Store.reset", "static async reset", "async reset"),
    ("grid.ts", "over", "(a: any): void {", "(a: unknown): void {"),
    ("grid.ts", "Store.reset", "private async", "public async"),
    ("grid.ts", "Store", "extends Base ", ""),
    ("grid.ts", "handler", ": Handler", ""),
]


@pytest.mark.parametrize(("path", "symbol", "old", "new"), HEADERS)
def test_a_header_stays_what_it_is(path, symbol, old, new):
    with pytest.raises(PatchBreaksInterface, match=rf"hunk 1 of {path}: .*pin p") as caught:
        attempt(path, symbol, (old, new))
    assert str(caught.value).startswith("patch:")


@pytest.mark.parametrize(
    ("path", "symbol", "old", "new"),
    [
        ("grid.c", "add", "add(int", "sub(int"),
        ("grid.cpp", "exported", "exported(", "hidden("),
        ("grid.rs", "Circle::new", "fn new", "fn old"),
        ("grid.go", "Stack.Push", "(s *Stack[T]) Push", "(s *Other) Push2"),
        ("Grid.java", "Grid.add", "int add(", "int sub("),
        ("grid.js", "g", "const g", "const h"),
        ("grid.ts", "over", "export function over", "export function under"),
    ],
)
def test_a_pinned_name_stays(path, symbol, old, new):
    with pytest.raises(PatchBreaksInterface, match="is not defined in"):
        attempt(path, symbol, (old, new))


@pytest.mark.parametrize(
    ("path", "symbol", "old", "new", "line"),
    [
        ("grid.c", "hot", "n * 3;", "n * ;", 25),
        ("grid.c", "add", "return 0;", "if (x) { return 0;", None),
        ("grid.cpp", "step", "? nullptr : nullptr;", "? nullptr : ;", 5),
        ("grid.rs", "geo::area", "        None", "        Some(", None),
        ("grid.go", "Map", "return nil", "return nil)", 12),
        ("Grid.java", "Grid.add", "return 1;", "return 1", 8),
        ("grid.js", "g", "return 2;", "return `2;", None),
        ("grid.ts", "handler", "return x;", 'return "x;', 21),
        ("grid.tsx", "Cell", "</div>", "</div", None),
    ],
)
def test_what_no_longer_parses_is_refused_with_its_line(path, symbol, old, new, line):
    at = line or "[0-9]+"
    with pytest.raises(PatchBreaksInterface, match=rf"{path}:{at} does not parse"):
        attempt(path, symbol, (old, new))


def test_a_macro_that_the_parser_never_understood_is_no_reason_to_refuse():
    text = (
        "int f(struct list *l) {\n    int n = 0;\n    FOR_EACH(x, l) n++ DONE\n    return n;\n}\n"
    )
    after = text.replace("n = 0", "n = 1")
    pin = Pin("p", None, ("a.c",), "f")
    assert check(diff({"a.c": text}, {"a.c": after}), {"a.c": text}, [pin])["a.c"] == after


@pytest.mark.parametrize(
    ("path", "symbol", "old", "new"),
    [
        ("grid.c", "hot", "    return n * 3;\n}\n", "    return n * 3;\n}\nint g(void) {\n}\n"),
        ("grid.c", "hot", "struct point { int x; };", "struct point { int y; };"),
        ("grid.cpp", "Grid::Grid", "    ~Grid() {}\n", ""),
        ("grid.rs", "Circle::new", "r#", "r##"),
        ("grid.js", "g", "class Store {\n", "class Stare {\n"),
        ("grid.go", "Map", "//go:noinline\n", ""),
    ],
)
def test_what_is_beside_a_pinned_definition_stays(path, symbol, old, new):
    with pytest.raises(SigilError) as caught:
        attempt(path, symbol, (old, new))
    assert isinstance(caught.value, (PatchOutsidePins, PatchBreaksInterface))


RETURN = "(return_statement (binary_expression)) @pin"


def test_a_statement_pinned_by_query_may_change():
    attempt("grid.c", None, ("return n * 3;", "return\n        n * 4;"), query=RETURN)


def test_a_statement_pinned_by_query_takes_no_other_beside_it():
    with pytest.raises(PatchOutsidePins):
        attempt("grid.c", None, ("    return n * 3;", "    n++;\n    return n * 3;"), query=RETURN)


def test_a_captured_definition_keeps_its_signature():
    query = '((function_definition) @pin (#match? @pin "hot"))'
    attempt("grid.c", None, ("n * 3", "n * 4"), query=query)
    with pytest.raises(PatchBreaksInterface, match="the interface of pin p changes"):
        attempt("grid.c", None, ("hot(long n)", "hot(int n)"), query=query)


@pytest.mark.parametrize(
    ("region", "same"),
    [
        ("    b();", True),
        ("    if (x) {\n        b();\n    }", True),
        ("    // b", True),
        ("}\nvoid g(void) {", False),
        ("    if (x) {\n    }\n    else", False),
        ("    b(", False),
    ],
)
def test_code_after_a_region_keeps_its_place_or_the_region_reaches_out(region, same):
    def version(inside):
        return f"void f(void) {{\n    a();\n{inside}\n    c();\n}}\n"

    lines = 3, 3 + region.count("\n")
    before = surroundings(version("    b();"), "c", ((3, 3),))
    assert (surroundings(version(region), "c", (lines,)) == before) is same
