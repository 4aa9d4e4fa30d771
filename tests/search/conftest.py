import pytest

from sigil.errors import DependencyMissing, install
from sigil.search.syntax import grammars


@pytest.fixture
def without_grammars(monkeypatch):
    """The extra `languages` is not installed."""

    def missing(grammar):
        raise DependencyMissing(f"no {grammar}", remedy=install("languages"))

    monkeypatch.setattr(grammars, "load", missing)


@pytest.fixture(params=["with grammars", "without grammars"])
def grammars_or_not(request):
    if request.param == "without grammars":
        request.getfixturevalue("without_grammars")
