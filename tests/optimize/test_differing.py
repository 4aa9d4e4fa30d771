"""A refusal names what is no longer as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.canonical import snapshot_json
from sigil.optimize.differing import said
from sigil.sandbox.base import Base, freeze


@pytest.fixture
def base(tmp_path: Path) -> Base:
    (tmp_path / "repo").mkdir()
    return freeze(tmp_path / "repo", tmp_path / "cache")


@pytest.mark.parametrize(
    ("name", "then", "now", "what"),
    [
        ("spec", {"a": 1}, {"a": 2}, "the spec differs"),
        ("pinned", {"a.py": "1"}, {"a.py": "2"}, "the pinned file a.py differs"),
        ("pinned", {"a.py": "1"}, {"b.py": "1"}, "the pinned files a.py, b.py differ"),
        ("cases", {}, {"c.jsonl": "sha256:0"}, "the input file c.jsonl differs"),
        ("search", {"seed": 1, "num": 4}, {"seed": 2, "num": 4}, "how it searches (seed) differs"),
        ("prompts", {"a": "1"}, {"a": "2"}, "the text of the prompts differs"),
        ("tree", {"digest": f"sha256:{'0' * 64}"}, {"digest": ""}, "the tree differs"),
    ],
)
def test_what_differs_has_a_name(
    base: Base, name: str, then: dict[str, object], now: dict[str, object], what: str
) -> None:
    assert said(name, snapshot_json(then), snapshot_json(now), base) == what


def test_of_many_files_some_are_named(base: Base) -> None:
    then, now = snapshot_json({}), snapshot_json({f"{i}.py": "" for i in range(9)})
    what = "the pinned files 0.py, 1.py, 2.py and 6 more differ"
    assert said("pinned", then, now, base) == what


def test_a_file_that_came_and_one_that_went_are_named(tmp_path: Path, base: Base) -> None:
    (tmp_path / "repo" / "new.txt").touch()
    after = freeze(tmp_path / "repo", tmp_path / "cache")
    now = snapshot_json({"digest": after.digest})
    assert said("tree", snapshot_json({"digest": base.digest}), now, after) == (
        "the file new.txt differs"
    )
    assert said("tree", now, snapshot_json({"digest": base.digest}), base) == (
        "the file new.txt differs"
    )
