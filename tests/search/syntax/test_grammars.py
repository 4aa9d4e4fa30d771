import sys

import pytest

from sigil.errors import DependencyMissing
from sigil.search.syntax import grammars

EVERY = [*grammars.LANGUAGES, "tsx"]


@pytest.mark.parametrize("grammar", EVERY)
def test_each_language_brings_its_grammar(grammar):
    assert grammars.available(grammar)
    assert not grammars.parse("", grammar).root_node.has_error


@pytest.mark.parametrize("library", ["tree_sitter", "tree_sitter_rust"])
def test_a_library_that_is_not_installed_is_named_with_its_remedy(monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    grammars.load.cache_clear()
    try:
        assert not grammars.available("rust")
        with pytest.raises(DependencyMissing, match="tree-sitter-rust; pip install"):
            grammars.load("rust")
    finally:
        grammars.load.cache_clear()


@pytest.mark.parametrize(
    ("language", "path", "grammar"),
    [
        ("typescript", "a.ts", "typescript"),
        ("typescript", "A.TSX", "tsx"),
        ("c", "a.tsx", "c"),
        ("swift", "a.swift", None),
        (None, "a", None),
    ],
)
def test_the_ending_decides_between_the_grammars_of_typescript(language, path, grammar):
    assert grammars.grammar_of(language, path) == grammar


def test_a_java_statement_that_compares_without_end_is_refused_at_once():
    with pytest.raises(grammars.Unparsable, match="more than 500 `<`"):
        grammars.parse("a<" * 10_000, "java")


def test_generic_types_and_shifts_are_no_such_statement():
    text = "class A { Map<String, List<X>> m = f(" + "1 << 2, " * 900 + "3); }"
    assert not grammars.parse(text, "java").root_node.has_error
