import json

import pytest

from sigil.cli.options import print_json, wide_console


def test_json_on_a_terminal_has_nothing_that_one_obeys(capsys):
    value = {"note": "\x9b31m \u202eevil \x7f \U000e0001", "größe": "naïve ✓\n"}
    print_json(value)
    shown = capsys.readouterr().out
    assert json.loads(shown) == value
    assert shown.replace("\n", "").isprintable()
    assert "größe" in shown


def test_a_pipe_is_as_wide_as_somebody_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    wide = wide_console().width
    monkeypatch.setenv("COLUMNS", "70")
    assert (wide, wide_console().width) == (200, 70)
