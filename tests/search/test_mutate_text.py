"""Edits of text by positions of the tree: what must stay, and what must come out."""

from __future__ import annotations

import ast
import copy
import warnings

import pytest

from sigil.effects import random_stream
from sigil.search.model import BASELINE, Parent, View
from sigil.search.mutate.change import replaced
from sigil.search.mutate.fragments import Fragment, atom, binary, compare, level_of
from sigil.search.mutate.growth import wrapped
from sigil.search.mutate.proposer import Mutate
from sigil.search.mutate.repairs import arithmetic, swapped
from sigil.search.mutate.source import Edit, Source, apply_edits
from sigil.search.mutate.subject import Subject
from sigil.search.patch import check
from sigil.search.pins import Pin

TRICKY = {
    "precedence": """def f(a, b, c):
    d = a - (b - c) * -a ** 2 / (a + b) % c // 2
    e = not a < b and (c or a) or (lambda q: q + a)(b)
    return (a if b else c) + [x * y for x in (a, b) if x or y][0] - d - e
""",
    "words stand close": """def f(a, b):
    if(a)and(b):return(a)
    return(a)if(b)else-a
""",
    "other alphabets": """def f(größe, π=3):
    ähnlich = größe * π + len("ü€😀") + größe  # ü€😀 keep
    return ähnlich + größe * 2 if größe > π else "😀" * ähnlich + str(größe - 1)
""",
    "tabs": "def f(a, b):\n\tif a > b:\n\t\treturn\ta + b\t# keep\n\treturn a\t-\tb\n",
    "several lines": """def f(a, b, c):
    total = (
        a  # first
        + b * (
            c - 1
        )
    )
    rest = max(
        a,  # one
        b
        - c,
    )
    return total \\
        + rest
""",
    "semicolons": "def f(a, b): x = a + b; y = x * 2; return x - y\n",
    "generators": """def f(xs, ys):
    return sum(x * 2 for x in xs) + max((x for x in ys), key=lambda v: -v) + sum((x for x in ys), 1)
""",
    "strings": '''def f(a, b):
    """Do it: a + b."""
    text = f"{a + b:>{a}} {b!r}" + "x" 'y' + r"\\d" * a
    return text % (a, b) + text[a:b + 1]
''',
    "attributes": """class C:
    k: int = 3

    def f(self, a: int = 1 + 1, *args: int) -> int:
        self.x[a + 1] = a * self.k - self.other(a, b=a - 1)
        return self.x[a].y + a ** self.k ** 2 + (a).real
""",
    "statements": """def f(xs):
    n = 0
    for i, x in enumerate(xs):
        with open(x) as h:
            n += i + len(h.read())
        try:
            n -= int(x)
        except ValueError as problem:
            n = n or -1
        else:
            n = n + 1
    while n > 10:
        n //= 2
    match n:
        case 1 | 2 if n > 0:
            n = n + 3
    assert n >= 0, "n"
    return n
""",
    "windows": "def f(a, b):\r\n    # keep\r\n    c = a + b\r\n    return c * a\r\n",
    "byte order mark": "\ufeffdef f(a, b):\n    return a + b * a\n",
    "no end": "def f(a, b):\n    return a - b",
}
FRAGMENTS = [
    Fragment("p if q else r", 1, "unknown", 4),
    Fragment("p or q", 2, "unknown", 3),
    Fragment("not p", 4, "unknown", 2),
    compare("<", atom("p"), atom("q")),
    binary("+", atom("p"), atom("q")),
    binary("*", atom("p"), atom("q")),
    Fragment("-p", 12, "unknown", 2),
    binary("**", atom("p"), atom("q")),
    atom("p"),
    atom("p(q)"),
]


def subject_of(text: str) -> Subject:
    source = Source(text)
    return Subject(source, 1, source.line_count)


def plain(tree: ast.AST) -> str:
    return ast.dump(tree)


def edited(subject: Subject, edits: tuple[Edit, ...]) -> str:
    text = apply_edits(subject.source.text, edits)
    assert text is not None
    return text


def with_node(subject: Subject, old: ast.expr, new: ast.expr) -> ast.Module:
    """Return a copy of the tree in which ``new`` stands for ``old``."""
    memo = {id(old): new}
    return copy.deepcopy(subject.source.tree, memo)


def parsed(text: str) -> ast.Module:
    return ast.parse(text.removeprefix("\ufeff"))


@pytest.mark.parametrize("name", TRICKY)
@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda fragment: fragment.text)
def test_a_replaced_expression_is_exactly_that_in_the_new_tree(name: str, fragment: Fragment):
    subject = subject_of(TRICKY[name])
    new = ast.parse(fragment.text, mode="eval").body
    for site in subject.sites:
        for change in replaced(subject, site, fragment, "test"):
            after = parsed(edited(subject, change.edits))
            assert plain(after) == plain(with_node(subject, site.node, new)), change.note


@pytest.mark.parametrize("name", TRICKY)
def test_every_expression_of_the_source_can_stand_anywhere(name: str):
    subject = subject_of(TRICKY[name])
    movable = [site for site in subject.sites if not isinstance(site.node, ast.Tuple)]
    for site in subject.sites:
        for other in movable:
            fragment = subject.fragment(other.node, "unknown")
            for change in replaced(subject, site, fragment, "test"):
                after = parsed(edited(subject, change.edits))
                assert plain(after) == plain(with_node(subject, site.node, other.node))


@pytest.mark.parametrize("name", TRICKY)
def test_another_operator_changes_nothing_else(name: str):
    subject = subject_of(TRICKY[name])
    for site in subject.sites:
        for change in arithmetic(subject, site):
            assert isinstance(site.node, ast.BinOp)
            after = parsed(edited(subject, change.edits))
            possible = {
                plain(with_node(subject, site.node, ast.BinOp(site.node.left, op, site.node.right)))
                for op in (ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.FloorDiv(), ast.Mod())
            }
            assert plain(after) in possible, change.note


@pytest.mark.parametrize("name", TRICKY)
def test_swapped_operands_are_those_operands(name: str):
    subject = subject_of(TRICKY[name])
    for site in subject.sites:
        for change in swapped(subject, site):
            after = parsed(edited(subject, change.edits))
            if isinstance(site.node, ast.BinOp):
                new = ast.BinOp(site.node.right, site.node.op, site.node.left)
                assert plain(after) == plain(with_node(subject, site.node, new)), change.note


@pytest.mark.parametrize("name", TRICKY)
def test_a_wrapping_call_holds_the_expression_unchanged(name: str):
    subject = subject_of(TRICKY[name])
    for site in subject.sites:
        for change in wrapped(subject, site):
            text = edited(subject, change.edits)
            parsed(text)
            old = subject.source.text[site.start : site.end]
            assert len(change.edits) == 1 or f"({old})" in text


def test_comments_and_layout_outside_the_expression_survive():
    subject = subject_of(TRICKY["several lines"])
    site = next(s for s in subject.sites if ast.unparse(s.node) == "c - 1")
    (change,) = replaced(subject, site, atom("c"), "test")
    expected = (
        TRICKY["several lines"].replace("c - 1\n        ", "c").replace("(\n            c)", "c")
    )
    assert edited(subject, change.edits).count("\n") <= expected.count("\n") + 2
    assert "# first" in edited(subject, change.edits)
    assert "# one" in edited(subject, change.edits)


def test_positions_count_characters_where_the_tree_counts_bytes():
    source = Source('x = "ü€😀" + größe * 2\n')
    assert isinstance(source.tree.body[0], ast.Assign)
    value = source.tree.body[0].value
    assert isinstance(value, ast.BinOp)
    assert source.segment(value.right) == "größe * 2"


def test_edits_that_overlap_are_refused():
    assert apply_edits("abcdef", [Edit(1, 4, "x"), Edit(3, 5, "y")]) is None


def test_insertions_at_one_place_keep_their_order():
    assert apply_edits("ab", [Edit(1, 1, "x"), Edit(1, 1, "y")]) == "axyb"


def test_a_lone_carriage_return_is_refused_because_a_diff_does_not_count_it():
    with pytest.raises(ValueError, match="carriage return"):
        Source("a = 1\rb = 2\n")


def test_the_level_of_an_expression_is_that_of_its_operator():
    tree = ast.parse("a + b", mode="eval").body
    assert level_of(tree) == binary("+", atom("a"), atom("b")).level


@pytest.mark.parametrize("name", TRICKY)
def test_every_proposal_for_tricky_code_compiles(name: str):
    files, mutate = {"a.py": TRICKY[name]}, Mutate()
    pins = (Pin("p", "python", ("a.py",), "C.f" if name == "attributes" else "f"),)
    for turn in range(15):
        view = View(pins, [Parent(BASELINE, files, (1.0,))], random_stream(turn), turn)
        for proposal in mutate.ask(view, 10):
            text = check(proposal.patch, files, pins)["a.py"]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text.removeprefix("\ufeff"), "a.py", "exec", dont_inherit=True)
