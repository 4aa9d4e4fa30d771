"""The table that maps clauses to scenarios, as it stands in a repository that anybody can edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.errors import SealBroken
from sigil.gate.generate.traceability import read_table

FOLDER = Path(".sigil/scenarios/notes")


def test_without_a_file_no_intent_is_traced(tmp_path: Path):
    assert read_table(tmp_path, "notes")["intents"] == {}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '{"intents": []}', '{"intents": {"a": 1}}', "[" * 9_999, "\0",
        '{"intents": {}, "more": "\\ud800"}', '{"intents": {}, "more": NaN}',
        '{"intents": {}, "more": 1e999}',
    ],
)  # fmt: skip
def test_what_is_no_table_or_cannot_be_written_again_is_refused_with_its_place(
    text: str, tmp_path: Path
):
    path = tmp_path / FOLDER / "traceability.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(SealBroken, match=r"notes/traceability\.json: is no table"):
        read_table(tmp_path, "notes")
