import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.search.syntax.sources import MEANT, SOURCES

from sigil.errors import NotYet, PinAmbiguous, PinNotFound
from sigil.search.pins import Pin, locate


def pin(symbol, path, name="p", **more):
    return Pin(name, None, (path,), symbol, **more)


def region(path, symbol, text=None):
    (found,) = locate([pin(symbol, path)], {path: SOURCES[path] if text is None else text})
    return found


@pytest.mark.parametrize("meant", MEANT, ids=lambda m: f"{m.path}-{m.symbol}")
def test_a_symbol_is_its_definition_with_all_that_belongs_to_it(meant):
    found = region(meant.path, meant.symbol)
    assert (found.first, found.last) == (meant.first, meant.last)


@pytest.mark.parametrize("ending", ["\r\n", "\n\n"])
@pytest.mark.parametrize("meant", MEANT[::4], ids=lambda m: f"{m.path}-{m.symbol}")
def test_line_ends_and_a_byte_order_mark_move_nothing_else(meant, ending):
    if ending == "\n\n" and "`" in SOURCES[meant.path]:
        return
    text = "\ufeff" + SOURCES[meant.path].replace("\n", ending)
    found = region(meant.path, meant.symbol, text)
    factor = ending.count("\n")
    assert (found.first, found.last) == (
        factor * (meant.first - 1) + 1,
        factor * (meant.last - 1) + 1,
    )


@pytest.mark.parametrize(
    ("path", "symbol", "lines"),
    [
        ("grid.cpp", "twice", "27 and grid.cpp:30"),
        ("Grid.java", "Grid.twice", "10 and Grid.java:13"),
        ("grid.rs", "Circle::name", "23 and grid.rs:28"),
        ("grid.go", "Push", "4 and grid.go:8"),
    ],
)
def test_what_is_defined_twice_is_ambiguous_and_the_lines_are_named(path, symbol, lines):
    with pytest.raises(PinAmbiguous, match=f"2 times: {path}:{lines}"):
        region(path, symbol)


@pytest.mark.parametrize(
    ("path", "symbol", "near"),
    [
        ("grid.rs", "Circle::nwe", r"Circle\.new"),
        ("grid.go", "Stack.Pop", r"Stack\.Push"),
        ("grid.ts", "Store.rest", r"Store\.reset"),
        ("Grid.java", "Grid.ad", r"Grid\.add"),
    ],
)
def test_a_symbol_that_is_not_there_suggests_one_that_is(path, symbol, near):
    with pytest.raises(PinNotFound, match=rf"did you mean [\w.]*{near}"):
        region(path, symbol)


@pytest.mark.parametrize(
    ("path", "symbol"),
    [
        ("grid.cpp", "Grid.cost"),
        ("grid.ts", "Store.go"),
        ("grid.rs", "Shape::area2"),
        ("Grid.java", "Cost.cost"),
    ],
)
def test_a_declaration_without_a_body_is_nothing_to_pin(path, symbol):
    with pytest.raises(PinNotFound):
        region(path, symbol)


@pytest.mark.parametrize(
    ("path", "symbol", "signature"),
    [
        ("grid.c", "add", "static int * add(int x, const char * y)"),
        (
            "grid.cpp",
            "step",
            (
                "template<typename T, int N = 3> [[ nodiscard ]] static inline T * "
                "step(const std :: vector<T> & v, char c = '{') noexcept(true)"
            ),
        ),
        ("grid.cpp", "Grid::Grid", "explicit Grid(int a)"),
        ("grid.cpp", "exported", 'extern "C" void exported(void)'),
        (
            "grid.rs",
            "geo::area",
            (
                "# [cfg(test)] pub(crate) unsafe fn area<' a, T: X>(x: & ' a[T]) "
                "-> Option<i32> where T: Y,"
            ),
        ),
        ("grid.go", "Stack.Push", "func(s * Stack[T]) Push(x T) (int, error)"),
        ("grid.js", "g", "export const g = async function(x)"),
        ("grid.ts", "over", "export function over(a: any): void"),
        (
            "grid.ts",
            "Store",
            (
                "@ sealed export abstract class Store<T> extends Base implements I\n"
                "abstract go(): void\n"
                "get =<U,>(id: string): number =>"
            ),
        ),
    ],
)
def test_a_signature_is_everything_but_the_body(path, symbol, signature):
    assert region(path, symbol).signature == signature


@pytest.mark.parametrize(
    ("path", "text", "symbol"),
    [
        ("a.c", "int f() { return 1; } int g() { return 2; }\n", "f"),
        ("a.c", "int f() {\n", "f"),
        ("a.js", "const a = () => {\n}, b = 1;\n", "a"),
        ("a.cpp", "struct A { void f() {\n} };\n", "A.f"),
    ],
)
def test_a_definition_that_shares_its_lines_asks_for_markers(path, text, symbol):
    with pytest.raises(NotYet, match=r"extent .* is not certain: .*; put `sigil: begin p`"):
        region(path, symbol, text)


LINES = {
    "grid.cpp": ("    x += 1;", "    if (x) {\n    }", "    // }", '    auto s = "}";', ""),
    "grid.rs": ("    let y = 1;", "    if true {\n    }", "    // }", '    let s = "{";', ""),
    "grid.go": ("\ty := 1", "\tif true {\n\t}", "\t// }", '\ts := "}"', ""),
    "Grid.java": ("int y = 1;", "if (x) {\n}", "// }", 'String s = "}";', ""),
    "grid.js": ("let y = 1;", "if (x) {\n}", "// }", "y = `}`;", ""),
}
PAIRS = {
    "grid.cpp": (("Grid::Grid", 11), ("fill", 25), ("exported", 36)),
    "grid.rs": (("geo::area", 9), ("Circle::new", 20), ("<Circle as Display>::name", 28)),
    "grid.go": (("Stack.Push", 4), ("Other.Push", 8), ("Map", 11), ("handler", 19)),
    "Grid.java": (("Grid.add", 7), ("Grid.Grid", 16), ("Cost.most", 20)),
    "grid.js": (("g", 4), ("Store.reset", 10), ("api.call", 22), ("outer", 27)),
}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_an_edit_inside_one_region_only_moves_the_others(data):
    path = data.draw(st.sampled_from(sorted(LINES)))
    pairs = PAIRS[path]
    edited = data.draw(st.integers(0, len(pairs) - 1))
    inserted = data.draw(st.lists(st.sampled_from(LINES[path]), min_size=1, max_size=4))
    pins = [pin(symbol, path, f"p{i}") for i, (symbol, _) in enumerate(pairs)]
    lines = SOURCES[path].split("\n")
    at = pairs[edited][1]
    new = "\n".join([*lines[:at], *inserted, *lines[at:]])
    grown = new.count("\n") - len(lines) + 1
    before, after = locate(pins, {path: SOURCES[path]}), locate(pins, {path: new})
    for index, (old, now) in enumerate(zip(before, after, strict=True)):
        shift = grown if old.first > at else 0
        assert (now.first, now.signature) == (old.first + shift, old.signature)
        assert now.last == old.last + (grown if index == edited else shift)


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from("f(){}; \n'\"/*<>:=@#é`$\\"), max_size=80),
    st.sampled_from(["a.c", "a.cpp", "a.rs", "a.go", "a.java", "a.js", "a.ts", "a.tsx"]),
)
def test_whatever_stands_in_a_file_a_symbol_is_a_region_or_an_error_of_ours(text, path):
    try:
        found = region(path, "f", text)
    except (PinNotFound, PinAmbiguous, NotYet):
        return
    assert 1 <= found.first <= found.last <= text.count("\n") + 1
