import textwrap

import libcst as cst
import pytest

from sigil.search.rewrite.facts import Facts


def facts_of(source: str, **module: str) -> Facts:
    parsed = cst.parse_module(textwrap.dedent(source))
    function = next(node for node in parsed.body if isinstance(node, cst.FunctionDef))
    return Facts(function, module)


def expression(facts: Facts, text: str) -> cst.BaseExpression:
    """Return the node of the definition that reads ``text``."""
    return next(
        node
        for node in facts.nodes(cst.BaseExpression)
        if cst.Module([]).code_for_node(node) == text
    )


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("x = []", "list"),
        ("x = [y for y in z]", "list"),
        ("x = sorted(z)", "list"),
        ("x = z.split(',')", None),
        ("x = 'a b'.split()", "list"),
        ("x = ''", "str"),
        ("x = f'{z}'", "str"),
        ("x = 'a' + str(z)", "str"),
        ("x = len(z) + 1", "int"),
        ("x = 1 / 2", "float"),
        ("x = 2 ** z", None),
        ("x = {}", "dict"),
        ("x = {1}", "set"),
        ("x = z", None),
        ("x = 1 if z else 2", "int"),
        ("x = 1 if z else 'a'", None),
        ("x = not z", "bool"),
        ("x = z[1:]", None),
        ("x = 'abc'[1:]", "str"),
    ],
)
def test_a_name_has_the_kind_of_what_it_is_assigned(line: str, kind: str | None):
    facts = facts_of(f"def f(z):\n    {line}\n    return x\n")
    assert facts.kind(cst.Name("x")) == kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("x = 0\n    for y in z:\n        x += 1", "int"),
        ("x = 0\n    for y in z:\n        x = x + 1", "int"),
        ("x = 0\n    for y in z:\n        x += y", None),
        ("x = []\n    x += z", "list"),
        ("x = 0\n    x = ''", None),
        ("x = 0\n    del x", None),
        ("x = 0\n    with z as x: pass", None),
        ("x = 0\n    for x in z: pass", None),
        ("for x in range(3): pass", "int"),
        ("for x in 'abc': pass", "str"),
        ("for x, y in enumerate(z): pass", "int"),
        ("for y, x in enumerate('abc'): pass", "str"),
        ("a, x = 1, 2", None),
        ("x = 0\n    def x(): pass", None),
        ("x: list[int] = z", "list"),
        ("x = y = []", "list"),
    ],
)
def test_every_binding_of_a_name_has_to_agree(body: str, kind: str | None):
    facts = facts_of(f"def f(z):\n    {body}\n    return x\n")
    assert facts.kind(cst.Name("x")) == kind


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [("x", None), ("x: int", "int"), ("x: list[str]", "list"), ("*x: int", None), ("x=1", None)],
)
def test_a_parameter_has_the_kind_of_its_annotation(parameter: str, kind: str | None):
    assert facts_of(f"def f({parameter}):\n    return x\n").kind(cst.Name("x")) == kind


def test_a_built_in_that_is_shadowed_says_nothing():
    facts = facts_of("def f(sorted, z):\n    x = sorted(z)\n")
    assert facts.kind(cst.Name("x")) is None


@pytest.mark.parametrize(
    ("text", "pure"),
    [
        ("len(z) + 1", True),
        ("math.sqrt(z)", True),
        ("g(z)", False),
        ("z.name", False),
        ("z.pop()", False),
        ("'a'.join(z)", True),
        ("z.lower()", False),
        ("sorted(z, key=g)", False),
        ("(y := 1)", False),
        ("[g(a) for a in z]", False),
        ("[a + 1 for a in z]", True),
    ],
)
def test_an_expression_is_pure_only_if_all_in_it_is(text: str, pure: bool):
    facts = facts_of(f"def f(z):\n    x = {text}\n", math="math")
    value = next(node.value for node in facts.nodes(cst.Assign))
    assert facts.is_pure(value) is pure


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("x = 1", {"x"}),
        ("x[0] = z", {"x"}),
        ("x.a.b = z", {"x"}),
        ("x.append(z)", {"x"}),
        ("g(x)", {"x"}),
        ("len(x)", set()),
        ("y = x[z]", {"y"}),
        ("del x[0]", {"x"}),
        ("x[0] += z", {"x"}),
        ("for x[0] in z: pass", {"x"}),
        ("print(x)", set()),
        ("x.lower()", set()),
    ],
)
def test_what_a_statement_may_change(line: str, changed: set[str]):
    facts = facts_of(f"def f(x, z):\n    {line}\n")
    assert facts.changed(facts.definition.body) == changed


def test_the_loop_around_is_the_one_that_repeats_the_node():
    facts = facts_of(
        """
        def f(xs):
            for x in first(xs):
                while test(x):
                    inner(x)
            else:
                after(xs)
            return [made(x) for x in xs]
        """
    )

    def loop(name: str) -> str:
        around = facts.loop_around(expression(facts, name))
        return type(around).__name__

    assert [loop(name) for name in ("first", "test", "inner", "after", "made")] == [
        "NoneType", "While", "While", "NoneType", "NoneType",
    ]  # fmt: skip


def test_imports_are_followed_to_what_they_stand_for():
    facts = facts_of(
        "def f(x):\n    import re as r\n    return r.compile(x), np.sum(x)\n", np="numpy"
    )
    assert facts.stands_for(expression(facts, "r.compile")) == "re.compile"
    assert facts.stands_for(expression(facts, "np.sum")) == "numpy.sum"


def test_a_fresh_name_is_taken_by_nobody():
    facts = facts_of("def f(seen):\n    return seen.seen_2\n")
    assert facts.fresh("seen") == "seen_3"
    assert facts.fresh("list") == "list_2"
