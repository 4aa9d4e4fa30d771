import pytest
from tests.search.syntax.sources import SOURCES

from sigil.search.identity import fingerprint
from sigil.search.pins import Pin


def same(path, symbol, old, new):
    before = SOURCES[path]
    assert before.count(old) == 1
    pins = [Pin("p", None, (path,), symbol)]
    return fingerprint({path: before}, pins) == fingerprint({path: before.replace(old, new)}, pins)


@pytest.mark.parametrize(
    ("path", "symbol", "old", "new"),
    [
        ("grid.c", "add", "    return 0;   // }\n", "return /* zero */\n\n        0;\n"),
        ("grid.c", "add", "\n{\n", " {\n"),
        ("grid.cpp", "step", "static inline T* step", "static\n    inline T *step"),
        ("grid.rs", "geo::area", "    // why\n", ""),
        ("grid.go", "Stack.Push", "return 0, nil", "return 0,  nil // done"),
        ("Grid.java", "Grid.add", "        return 1;", "    /** one */ return 1 ;"),
        ("grid.js", "Store.reset", "{\n    return /}/", "\n  {\n    // no\n    return /}/"),
        ("grid.ts", "handler", "{\n  return x;\n}", "{ return x; }"),
        ("grid.tsx", "Cell", 'className="}"', 'className  =  "}"'),
    ],
)
def test_comments_and_layout_make_no_other_program(path, symbol, old, new):
    assert same(path, symbol, old, new)


@pytest.mark.parametrize(
    ("path", "symbol", "old", "new"),
    [
        ("grid.c", "add", "return 0;", "return 1;"),
        ("grid.c", "hot", "n += 1;\n#endif", "#endif\n    n += 1;"),
        ("grid.cpp", "step", 'R"(})"', 'R"( })"'),
        ("grid.rs", "<Circle as Shape>::area", "} fn", "}  fn"),
        ("grid.js", "Store.reset", "/}/", "/} /"),
        ("grid.js", "g", "return 2;", "return\n  2;"),
        ("grid.tsx", "Cell", "{p.text}", " x {p.text}"),
        ("grid.ts", "Store.reset", "n: 1", "n: '1'"),
    ],
)
def test_what_a_compiler_looks_at_makes_another_program(path, symbol, old, new):
    assert not same(path, symbol, old, new)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('    return "a  b";', '    return "a b";'),
        ("    //go:nosplit\n    return 1;", "    return 1;"),
        ("    return a - -b;", "    return a --b;"),
        ("    return __LINE__;", "    // one\n    return __LINE__;"),
        ("    return ' ';", "    return '  ';"),
    ],
)
def test_what_only_looks_like_layout_counts(first, second):
    def of(body):
        text = f"int f(int a) {{\n{body}\n}}\n"
        return fingerprint({"a.c": text}, [Pin("p", None, ("a.c",), "f")])

    assert of(first) != of(second)


def test_a_region_between_markers_has_a_normal_form_too():
    def of(line):
        text = f"int f() {{\n// sigil: begin p\n{line}\n// sigil: end p\n}}\n"
        return fingerprint({"a.c": text}, [Pin("p", None, ("a.c",))])

    assert of("  return 1;") == of("return  1; // one")
    assert of("  return 1;") != of("return 2;")


@pytest.mark.usefixtures("without_grammars")
def test_without_grammars_the_text_decides():
    assert same("grid.c", "add", "    return 0;   // }\n", "    return 0;   // }\n\n")
    assert not same("grid.c", "add", "    return 0;   // }\n", "    return 0;\n")
