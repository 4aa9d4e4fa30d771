import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.search import diffing
from sigil.search.diffing import changed_stretches, diff

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", *map(str, range(20))]), max_size=40)


def rebuilt(a, b, stretches):
    """Return ``a`` with each stretch replaced by that of ``b``."""
    lines, at = [], 0
    for i, j, k, m in stretches:
        assert i >= at
        lines += [*a[at:i], *b[k:m]]
        at = j
    return [*lines, *a[at:]]


def functions(count, plus=0):
    return "".join(f"def f{k}(x):\n    return x + {plus}\n\n" for k in range(count))


@given(TEXTS, TEXTS)
def test_stretches_make_one_text_the_other(a, b):
    assert rebuilt(a, b, changed_stretches(a, b)) == b


@given(TEXTS, TEXTS, st.integers(0, 4), st.integers(0, 30))
def test_they_do_so_however_the_texts_are_taken_apart(a, b, most, in_all):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diffing, "_MOST_PAIRS", most)
        patch.setattr(diffing, "_MOST_PAIRS_IN_ALL", in_all)
        assert rebuilt(a, b, changed_stretches(a, b)) == b


def test_lines_that_stand_once_stay_however_many_others_are_alike():
    changed = diff({"a.py": functions(1500)}, {"a.py": functions(1500, 1)})
    assert changed.count("\n-    return x + 0\n") == 1500
    assert "\n-def " not in changed


@pytest.mark.timeout(5)
def test_a_thousand_changes_among_lines_that_are_alike_are_found_soon():
    assert "\n-\n" not in diff({"a.py": functions(990)}, {"a.py": functions(990, 1)})
