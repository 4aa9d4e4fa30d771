from sigil.search.model import BASELINE, Parent
from sigil.search.prompting.relatives import difference, relatives_of

BASE = {"a.py": "a\nb\nc\nd\n"}


def candidate(name, text):
    return Parent(name, {"a.py": text}, (1.0,))


PARENT = candidate("p", "A\nb\nc\nd\n")
ROOT = Parent(BASELINE, BASE)


def names(*others, most=3):
    return [one.id for one in relatives_of(PARENT, others, BASE, most)]


def test_the_best_comes_first_and_then_the_most_unlike():
    best = candidate("best", "A\nB\nc\nd\n")
    alike = candidate("alike", "A\nB\nC\nd\n")
    unlike = candidate("unlike", "a\nb\nc\nX\n")
    assert names(PARENT, best, alike, unlike) == ["best", "unlike", "alike"]
    assert names(PARENT, best, alike, unlike, most=2) == ["best", "unlike"]


def test_neither_the_parent_nor_the_baseline_nor_a_twin_is_a_relative():
    twin = candidate("twin", "A\nb\nc\nd\n")
    other = candidate("other", "a\nb\nc\nX\n")
    same = candidate("same", "a\nb\nc\nX\n")
    assert names(PARENT, ROOT, twin, other, same) == ["other"]


def test_of_candidates_that_are_equally_unlike_the_better_one_comes_first():
    others = [candidate(str(n), f"a\nb\nc\n{n}\n") for n in range(5)]
    assert names(*others) == ["0", "1", "2"]


def test_the_difference_is_a_unified_diff():
    assert "-a\n+A\n" in difference(BASE, PARENT.files)
