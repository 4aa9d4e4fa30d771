import pytest

from sigil.errors import DependencyMissing
from sigil.search.absent import Absent
from sigil.search.model import BASELINE, Parent
from sigil.testing.proposers import view_of


def test_a_missing_library_is_named_once_with_its_remedy():
    absent = Absent("rewrite", "libcst", "rewrite")
    view = view_of([], [Parent(BASELINE, {})], 1)
    with pytest.raises(DependencyMissing, match="rewrite needs libcst") as raised:
        absent.ask(view, 3)
    assert "pip install -e '.[rewrite]'" in str(raised.value)
    assert absent.ask(view, 3) == []
