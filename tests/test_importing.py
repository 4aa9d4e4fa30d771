"""Large imports, without the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from sigil.importing import to_stay


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


def test_nothing_is_collected_inside():
    with to_stay():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_is_there_by_then_is_never_looked_at_again():
    before = gc.get_freeze_count()
    with to_stay():
        kept = [[] for _ in range(1000)]
    assert gc.get_freeze_count() >= before + len(kept)


def test_one_inside_of_another_leaves_the_collector_to_the_outer():
    with to_stay():
        with to_stay():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_leaves_the_collector_as_it_was():
    with pytest.raises(ImportError), to_stay():
        raise ImportError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with to_stay():
        pass
    assert not gc.isenabled()
