import pickle
import re
import textwrap
from collections.abc import Iterator

import libcst as cst
import libcst.matchers as m
import pytest

from sigil.search.model import BASELINE, Outcome, Parent, Proposal
from sigil.search.patch import check
from sigil.search.pins import Pin
from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.membership import RULES
from sigil.search.rewrite.proposer import Rewrite
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.testing.proposers import view_of

WHOLE = [Pin("whole", "python", ("a.py",))]
TWICE = """
def vowels(text):
    # which letters count
    return [c for c in text if c in ["a", "e"]]  # vowels


def digits(text):
    return [c for c in text if c in ("1", "2")]
"""


def proposals(source: str, pins=WHOLE, count: int = 20) -> list[Proposal]:
    parent = Parent(BASELINE, {"a.py": textwrap.dedent(source)}, (1.0,))
    return Rewrite(RULES).ask(view_of(pins, [parent], 1), count)


def after(source: str, proposal: Proposal, pins=WHOLE) -> str:
    return check(proposal.patch, {"a.py": textwrap.dedent(source)}, pins)["a.py"]


def test_everything_at_once_comes_first():
    first, *_ = proposals(TWICE)
    assert first.note.startswith("2 rewrites: constants-in-a-set ×2;")
    assert after(TWICE, first).count("{") == 2


def test_then_every_rewrite_on_its_own():
    _, *singles = proposals(TWICE)
    assert [after(TWICE, one).count("{") for one in singles] == [1, 1]


def test_a_note_says_what_where_why_and_when_it_may_differ():
    note = proposals(TWICE)[1].note
    assert note.startswith("constants-in-a-set at line 4: membership among constants")
    assert note.endswith("may differ if what is looked for cannot be hashed")


def test_the_note_of_several_rewrites_says_once_when_each_may_differ():
    first, *_ = proposals(TWICE)
    assert first.note.endswith("×2; may differ if what is looked for cannot be hashed")


def negates(number: int) -> Rule:
    def find(facts: Facts) -> Iterator[Match]:
        for node in m.findall(facts.definition, m.Return(m.Integer(str(number)))):
            assert isinstance(node, cst.Return)
            assert isinstance(node.value, cst.Integer)
            yield Match(node, {node.value: cst.UnaryOperation(cst.Minus(), node.value)})

    return Rule(f"negates-{number}-and-says-so", "", Gain.SMALL, find, f"if {number} " + "x" * 60)


def test_a_note_of_many_rewrites_stays_short_and_counts_what_it_leaves_out():
    text = "".join(f"def f{i}():\n    return {i}\n\n\n" for i in range(12))
    parent = Parent(BASELINE, {"a.py": text}, (1.0,))
    first, *_ = Rewrite([negates(i) for i in range(12)]).ask(view_of(WHOLE, [parent], 1), 1)
    assert len(first.note) <= 320
    assert first.note.startswith("12 rewrites: negates-")
    assert re.search(r", and \d more; may differ if \d+ x+, or .*in \d+ more cases$", first.note)


def test_comments_and_layout_survive():
    text = after(TWICE, proposals(TWICE)[0])
    assert text == TWICE.replace('["a", "e"]', '{"a", "e"}').replace('("1", "2")', '{"1", "2"}')


def test_nothing_outside_the_pinned_symbol_is_rewritten():
    pins = [Pin("p", "python", ("a.py",), "digits")]
    found = proposals(TWICE, pins)
    assert len(found) == 1
    assert '["a", "e"]' in after(TWICE, found[0], pins)


@pytest.mark.parametrize("symbol", ["Words.count", "Words"])
def test_a_method_is_rewritten_in_its_class(symbol: str):
    source = """
    class Words:
    \t@staticmethod
    \tdef count(text):
    \t\treturn [c for c in text if c in ["a", "e"]]
    """
    pins = [Pin("p", "python", ("a.py",), symbol)]
    text = after(source, proposals(source, pins)[0], pins)
    assert '\t\treturn [c for c in text if c in {"a", "e"}]\n' in text


def test_line_ends_of_another_system_stay():
    source = TWICE.replace("\n", "\r\n")
    text = after(source, proposals(source)[0])
    assert text.count("\r\n") == text.count("\n") == source.count("\n")


def test_what_was_found_is_found_no_more():
    proposer = Rewrite(RULES)
    parent = Parent(BASELINE, {"a.py": TWICE}, (1.0,))
    first = proposer.ask(view_of(WHOLE, [parent], 1), 50)
    assert proposer.ask(view_of(WHOLE, [parent], 2), 50) == []
    assert len({one.data["result"] for one in first}) == len(first)


def test_a_parent_that_had_nothing_left_is_not_gone_through_again(monkeypatch):
    proposer = Rewrite(RULES)
    parent = Parent(BASELINE, {"a.py": TWICE}, (1.0,))
    proposer.ask(view_of(WHOLE, [parent], 1), 50)
    monkeypatch.setattr(Rewrite, "_ideas_for", None)
    resumed = pickle.loads(pickle.dumps(proposer))
    assert resumed.ask(view_of(WHOLE, [parent], 2), 50) == []


def test_an_elite_is_gone_on_from():
    proposer = Rewrite(RULES)
    baseline = Parent(BASELINE, {"a.py": TWICE}, (1.0,))
    _, single, _ = proposer.ask(view_of(WHOLE, [baseline], 1), 3)
    proposer.tell(single, Outcome((0.5,), elite=True))
    source = """
    def pick(text, wanted: list):
        return [c for c in text if c in ["x", "y"]]
    """
    elite = Parent("elite", {"a.py": textwrap.dedent(source)}, (0.5,))
    found = proposer.ask(view_of(WHOLE, [elite, baseline], 2), 1)
    assert [one.parent for one in found] == ["elite"]


@pytest.mark.parametrize("source", ["def broken(:\n", "", "\x00", "x = 1\n", "é = 1\n"])
def test_what_is_no_python_or_has_no_function_gives_nothing(source: str):
    assert proposals(source) == []


def test_nesting_that_is_too_deep_is_left_alone():
    deep = "(" * 90 + "c in [1, 2]" + ")" * 90
    source = f"def f(c):\n    return {' or '.join([deep] * 3)}\n"
    proposals(source)
    for terms in (80, 200, 800, 3000):
        chain = "c" + " + c" * terms
        proposals(f"def f(c):\n    return c in [1, 2] or {chain}\n")


ODD = '''
import bisect


class Table:
    """A class with everything that has a scope of its own."""

    LETTERS = [c for c in "abc" if c in ["a", "b"]]

    def ranks(self, xs, key=lambda p: p[1]):
        out = []
        for x in xs:
            out.append(
                sum(xs)
                + len(xs)
            )
        return sorted(out, key=lambda r: r[0]) + list(map(lambda x: x + 1, (out, xs)))


def mean(xs, top=max([(1, 2)], key=lambda p: p[1])):
    seen, total = [], 0
    for x in xs:
        bisect.insort(seen, x)
        total += (
            sum(seen)
            + len(seen)
        )
    return total
'''


def test_every_rule_makes_python_of_code_in_any_layout():
    parent = Parent(BASELINE, {"a.py": ODD}, (1.0,))
    found = Rewrite().ask(view_of(WHOLE, [parent], 1), 60)
    assert found
    for proposal in found:
        text = check(proposal.patch, {"a.py": ODD}, WHOLE)["a.py"]
        compile(text, "a.py", "exec")
        names: dict[str, object] = {}
        exec(text, names)
        mean = names["mean"]
        assert callable(mean)
        assert mean([3, 1, 2]) == 19


def test_where_no_rule_finds_anything_it_looks_at_new_parents_ever_more_rarely():
    looked: list[int] = []

    def find(facts: Facts) -> Iterator[Match]:
        looked.append(int(facts.definition.name.value[1:]))
        yield from ()

    rewrite = Rewrite([Rule("finds-nothing", "", Gain.SMALL, find)])
    for turn in range(400):
        parent = Parent(f"c{turn}", {"a.py": f"def f{turn}():\n    pass\n"}, (1.0,))
        assert not rewrite.ask(view_of(WHOLE, [parent], 1), 1)
    assert looked == [*range(9), 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 320, 384]
