"""What `sigil.evolve` says to a caller in Python: its arguments, never flags of a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sigil.errors import BaselineFailed, InvalidValue
from sigil.evolving import evolve


def refuses(x: int) -> int:
    raise KeyError("a table")


def test_a_remedy_names_arguments_and_no_flags(tmp_path: Path):
    for inputs in (None, [(1,), (2,)]):
        with pytest.raises(BaselineFailed) as refused:
            evolve(refuses, inputs=inputs, folder=tmp_path / "home", progress=False)
        assert "inputs=" in (refused.value.remedy or "")
        assert "--" not in f"{refused.value} {refused.value.remedy}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"evals": 0}, "a whole number from 1"),
        ({"inputs": 7}, "a value of type int holds no calls"),
        ({"inputs": []}, "there is no input"),
    ],
)
def test_an_argument_that_does_not_fit_is_one_line(given: dict[str, Any], said: str):
    with pytest.raises(InvalidValue) as refused:
        evolve(refuses, **given)
    assert said in f"{refused.value} {refused.value.remedy}"
