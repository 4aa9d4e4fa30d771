"""What a start of a command does not load, because everybody would wait for it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("sigil.cli.planning", {"pydantic"}),
        ("sigil.gate.policy", {"pydantic"}),
        ("sigil.evaluate.forking", {"pydantic", "yaml", "sigil.store.misfits"}),
    ],
)
def test_no_library_is_loaded_that_reads_no_document(module: str, unwanted: set[str]):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert module in loaded
    assert not unwanted & set(loaded)
