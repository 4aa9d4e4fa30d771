"""Looking for inputs says what it does, and waits in vain only for so long."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sigil.cli import looking as shown
from sigil.cli.evolving import print_dry_run
from sigil.errors import BaselineFailed
from sigil.optimize.generate import recorder, underway
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.underway import IN_HASTE_S, Underway, bound_s

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


def test_what_came_back_one_by_one_was_not_waited_for_in_vain():
    found = Underway(patience_s=1.0)
    found.ended(0, 1.2, in_vain=True)
    found.forgives(found.last_vain_s)
    assert found.within_s(5.0) == 5.0


def test_no_further_call_goes_beyond_what_calls_may_take_in_all():
    found = Underway()
    found.begins(10.0, waits=False)
    with found.further():
        found.ended(3, 7.0, in_vain=False)
        assert found.within_s(5.0) == pytest.approx(3.0)
    assert found.within_s(5.0) == 5.0


def test_calls_that_cannot_end_in_time_do_not_begin():
    found = Underway()
    found.begins(10.0, waits=False)
    assert found.within_s(5.0, needed_s=6.0) == 0.0
    with found.further():
        found.ended(2, 8.0, in_vain=False)
        assert found.within_s(5.0, needed_s=3.0) == 0.0


def test_that_a_batch_is_too_long_for_its_deadline_alone_ends_no_looking():
    found = Underway()
    found.begins(10.0, waits=False)
    with found.further():
        found.within_s(5.0, needed_s=6.0)
    assert found.note() == ""


def test_known_inputs_that_took_long_leave_further_ones_a_share():
    found = Underway()
    found.begins(10.0, waits=False)
    found.ended(3, 20.0, in_vain=False)
    with found.further():
        assert found.within_s(30.0) == 5.0
        found.ended(1, 5.0, in_vain=False)
    with found.further():
        assert found.within_s(30.0) == 0.0


def test_given_inputs_are_called_though_looking_is_over():
    found = Underway()
    found.begins(10.0, waits=True)
    found.ended(3, 20.0, in_vain=False)
    assert found.goes_on()


@pytest.mark.parametrize(
    ("search_s", "call_s", "wanted"), [(60.0, 5.0, 30.0), (2.0, 5.0, 10.0), (None, 5.0, 30.0)]
)
def test_how_long_calls_may_take_follows_from_the_search_else_from_their_deadline(
    search_s: float | None, call_s: float, wanted: float
):
    assert bound_s(search_s, call_s) == wanted


SLOW = "import time\n\n\ndef f(numbers: list[int]):\n    time.sleep(0.2)\n    return sum(numbers)\n"
SLOWLY_TESTED = "from mod import f\n\n\ndef test_f():\n" + "".join(
    f"    assert f([{n}, 2]) == {n + 2}\n" for n in range(6)
)


def slow(root: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    monkeypatch.setattr(underway, "LEAST_S", 1.0)
    wanted(root, SLOW, SLOWLY_TESTED)
    return Request(function_in(root, "mod.py", "f"), "f", seed=1, call_s=0.7, search_s=2.0)


def test_a_slow_function_is_called_no_longer_than_is_good_for_a_short_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    request = slow(tmp_path, monkeypatch)
    generate_eval(request)
    assert request.underway.calls <= 30  # without a bound it takes three times as many


def test_that_the_looking_ended_early_is_told_once_and_what_was_found_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found = generate_eval(slow(tmp_path, monkeypatch))
    assert sum("ended early" in note for note in found.notes) == 1
    assert found.files[".sigil/f.cases.jsonl"]


def test_the_budget_of_a_search_bounds_the_looking_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    request = replace(slow(tmp_path, monkeypatch), search_s=None)
    print_dry_run(request, {"budget_time": 2.0}, fresh=False, as_json=False)
    assert "ended early" in capsys.readouterr().out


def test_a_stated_answer_that_there_was_no_time_to_ask_for_is_not_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert generate_eval(slow(tmp_path, monkeypatch)).goal == "speed"


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
