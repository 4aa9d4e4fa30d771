"""Looking for inputs says what it does, and waits in vain only for so long."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sigil.cli import looking as shown
from sigil.errors import BaselineFailed
from sigil.optimize.generate import recorder
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.underway import IN_HASTE_S, Underway

HANGS = "def f(n: int):\n    while n > 2:\n        pass\n    return n\n"
TESTS = "from mod import f\n\n\ndef test_f():\n    open('ran', 'w').close()\n    assert f(1)\n"


def wanted(root: Path, source: str, tests: str = "", *, call_s: float = 5.0) -> Request:
    (root / "mod.py").write_text(source)
    if tests:
        (root / "test_mod.py").write_text(tests)
    return Request(function_in(root, "mod.py", "f"), "f", seed=1, call_s=call_s)


def test_once_calls_took_long_enough_in_vain_no_call_gets_long():
    found = Underway(patience_s=1.0)
    found.ended(0, 0.9, in_vain=True)
    assert found.within_s(5.0) == 5.0
    found.ended(0, 0.2, in_vain=True)
    assert found.within_s(5.0) == IN_HASTE_S


def test_calls_that_come_back_cost_no_patience():
    found = Underway(patience_s=1.0)
    found.ended(100, 60.0, in_vain=False)
    assert found.within_s(5.0) == 5.0


def test_what_is_given_is_waited_for_as_long_as_it_takes():
    found = Underway(None)
    found.ended(0, 1000.0, in_vain=True)
    assert (found.within_s(5.0), found.note()) == (5.0, "")


def test_what_was_cut_off_is_told(tmp_path: Path):
    function = wanted(tmp_path, HANGS).function
    hasty = Underway(0.1)
    found = generate_eval(Request(function, "f", seed=1, call_s=0.3, underway=hasty))
    assert any("what takes over 0.25 s was left out; better inputs" in n for n in found.notes)


def test_a_module_that_never_ends_is_refused_before_its_tests_are_run(tmp_path: Path):
    request = wanted(
        tmp_path, "def f(x):\n    return x\n\n\nwhile True:\n    pass\n", TESTS, call_s=1
    )
    with pytest.raises(BaselineFailed, match="cannot be imported in a sealed process"):
        generate_eval(request)
    assert request.underway.step == "importing its module, sealed"


def test_a_thread_that_a_test_begins_keeps_no_recording_waiting(tmp_path: Path):
    begun = "    import threading\n    threading.Thread(target=threading.Event().wait).start()\n"
    wanted(tmp_path, "def f(x):\n    return x\n", TESTS + begun)
    config = {
        "file": "mod.py", "qualname": "f", "is_method": False, "roots": ["."],
        "tests": ["test_mod.py"], "doctests": [], "profile": False,
        "out": "out", "calls": 9, "bytes": 9_999,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = [sys.executable, recorder.__file__, "config.json"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    assert '["ended", 0, ' in (tmp_path / "out").read_text()


def test_where_there_is_no_terminal_a_line_says_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(shown, "LINE_EVERY_S", 0.0)
    monkeypatch.setattr(shown, "_SHOWN_EVERY_S", 0.01)
    request = wanted(tmp_path, "def f(x):\n    return x\n")
    request.underway.step = "guessing inputs"
    said = ""
    with shown.looking(request):
        while "guessing inputs" not in said:
            said += capsys.readouterr().err
    assert said.startswith("looking for inputs of f\n")
    assert "inputs · guessing inputs · 0 s" in said
