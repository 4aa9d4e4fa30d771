"""Entries of a ledger in words."""

from __future__ import annotations

import pytest

from sigil.cli.entries import counted


@pytest.mark.parametrize(("count", "shown"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries")])
def test_one_entry_is_not_several(count, shown):
    assert counted(count) == shown
