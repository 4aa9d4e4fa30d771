"""Every path ends: hangs, bombs and floods cost their own worker, and a bounded wait."""

from __future__ import annotations

import time

import pytest

from sigil.sandbox import CallSandbox, CandidateFailed, Case, Limits, Raised, Returned, Source
from sigil.sandbox import worker as worker_module

pytestmark = pytest.mark.hostile

HANGS = {
    "an infinite loop": "def f():\n    while True: pass",
    "a loop in C": "import itertools\ndef f(): return sum(1 for _ in itertools.count())",
    "a sleep": "import time\ndef f(): time.sleep(1e6)",
    "a wait for its own socket": "import os\ndef f():\n    while True: os.read(3, 1)",
    "an endless caught error": (
        "def f():\n"
        "    while True:\n"
        "        try: raise KeyboardInterrupt\n"
        "        except BaseException: pass"
    ),
    "a lock taken twice": (
        "import _thread\n"
        "def f():\n"
        "    lock = _thread.allocate_lock()\n"
        "    lock.acquire()\n"
        "    lock.acquire()"
    ),
    "regex backtracking": "import re\ndef f(): return bool(re.match('(a+)+$', 'a' * 64 + 'b'))",
    "a huge power": "def f(): return (10 ** 10 ** 8) % 7",
    "a caught MemoryError": (
        "def f():\n"
        "    kept = []\n"
        "    while True:\n"
        "        try: kept.append(bytearray(2**20))\n"
        "        except MemoryError: pass"
    ),
    "an endless destructor": (
        "class Ghost:\n"
        "    def __del__(self):\n"
        "        while True: pass\n"
        "def f(): Ghost()"
    ),
    "an endless iterator over its result": (
        "class Endless(list):\n"
        "    def __iter__(self): return iter(int, 1)\n"
        "def f(): return sorted(Endless())"
    ),
}  # fmt: skip


def outcome_of(sandbox: CallSandbox, source: str, *args: object) -> Returned | Raised:
    with sandbox.worker() as worker:
        worker.load({"candidate": Source(source, "candidate.py")}, "candidate:f")
        (outcome,) = worker.call([Case(args)]).results
        return outcome


@pytest.mark.parametrize("hang", HANGS)
def test_a_worker_that_hangs_is_killed_at_its_deadline(impatient, hang):
    start = time.monotonic()
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(impatient, HANGS[hang])
    assert failed.value.kind == "timeout"
    assert time.monotonic() - start < 20


def test_a_candidate_that_hangs_while_it_is_imported_is_killed_at_its_deadline(impatient):
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(impatient, "while True: pass")
    assert failed.value.kind == "timeout"


def test_a_reply_that_drips_is_cut_off_at_the_deadline_of_its_batch(impatient):
    source = (
        "import os, struct, sys, time\n"
        "def f():\n"
        "    request = sys._getframe(2).f_locals['request']\n"
        "    os.write(3, struct.pack('=c8sI', b'd', request, 0))\n"
        "    os.write(3, struct.pack('=c8sI', b'R', request, 10**6) + bytes(65536 - 13))\n"
        "    while True:\n"
        "        time.sleep(0.05)\n"
        "        os.write(3, bytes(65536))\n"
    )
    start = time.monotonic()
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(impatient, source)
    assert failed.value.kind == "timeout"
    assert time.monotonic() - start < 10


def test_a_worker_that_does_not_read_its_arguments_is_killed_at_its_deadline(impatient):
    with impatient.worker() as worker:
        source = "import time\ndef f(x): time.sleep(1e6)"
        worker.load({"candidate": Source(source, "candidate.py")}, "candidate:f")
        with pytest.raises(CandidateFailed) as failed:
            worker.call([Case((b"x" * 10**7,))])
    assert failed.value.kind == "timeout"


@pytest.mark.parametrize(
    "bomb",
    [
        "def f(): return len([0] * 10**12)",
        "def f():\n    kept = []\n    while True: kept.append(bytearray(2**20))",
        "def f():\n    s = 'x'\n    while True: s += s",
        "def f(): return len(range(10**9).__class__(10**9)) and len(list(range(10**9)))",
    ],
)
def test_a_memory_bomb_gets_a_memory_error_and_no_memory(run, bomb):
    outcome = run(bomb)
    assert isinstance(outcome, Raised)
    assert outcome.error == "MemoryError"


def test_a_result_that_does_not_fit_into_memory_as_text_is_refused(run):
    outcome = run("def f():\n    x = 'x' * 1000\n    return [[[x] * 1000] * 1000] * 1000")
    assert isinstance(outcome, Raised)


def test_a_candidate_that_needs_all_memory_while_it_is_imported_does_not_load(sandbox):
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(sandbox, "x = [0] * 10**12")
    assert failed.value.kind == "load"
    assert "MemoryError" in failed.value.detail


def test_a_worker_that_uses_up_its_cpu_time_is_told_so(level, monkeypatch):
    monkeypatch.setattr(worker_module, "BATCHES_OF_CPU", 0.01)
    limits = Limits(wall_s=30.0)
    with (
        CallSandbox(level=level, limits=limits, ahead=0) as sandbox,
        pytest.raises(CandidateFailed) as failed,
    ):
        outcome_of(sandbox, "def f():\n    while True: pass")
    assert failed.value.kind == "cpu"


def test_a_flood_of_output_goes_nowhere(run, capfd):
    source = (
        "import os, sys\n"
        "def f():\n"
        "    for _ in range(200):\n"
        "        print('x' * 10**5)\n"
        "        print('y' * 10**5, file=sys.stderr)\n"
        "        os.write(1, b'z' * 10**5)\n"
        "    return 'done'\n"
    )
    assert run(source) == Returned("done")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("size", [2**20, 20 * 10**6])
def test_a_result_beyond_the_cap_is_a_flood(sandbox, size):
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(sandbox, "def f(n): return 'x' * n", size)
    assert failed.value.kind == "flood"


def test_a_result_of_50_megabytes_is_refused_by_the_memory_limit(run):
    outcome = run("def f(): return 'x' * (50 * 10**6)")
    assert isinstance(outcome, Raised)
    assert "MemoryError" in outcome.message


def test_many_results_that_pass_the_cap_together_are_a_flood(sandbox):
    with sandbox.worker() as worker:
        worker.load({"m": Source("def f(): return 'x' * 10**5", "m.py")}, "m:f")
        with pytest.raises(CandidateFailed) as failed:
            worker.call([Case()] * 20)
    assert failed.value.kind == "flood"


def test_deep_recursion_is_an_error_of_its_call(run):
    outcome = run("def f(): return f()")
    assert isinstance(outcome, Raised)
    assert outcome.error == "RecursionError"


def test_recursion_beyond_the_stack_ends_only_its_worker(sandbox):
    source = (
        "import sys, ctypes\n"
        "sys.setrecursionlimit(10**9)\n"
        "def f():\n"
        "    return ctypes.string_at(1)\n"
    )
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(sandbox, source)
    assert failed.value.kind == "signalled"
    assert "SIGSEGV" in failed.value.detail


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import os\ndef f(): os._exit(0)", 0),
        ("import os\ndef f(): os._exit(7)", 7),
    ],
)
def test_a_worker_that_exits_is_a_failure(sandbox, source, status):
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(sandbox, source)
    assert failed.value.kind == "exited"
    assert str(status) in failed.value.detail


def test_a_worker_that_aborts_is_a_failure(sandbox):
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(sandbox, "import os\ndef f(): os.abort()")
    assert failed.value.kind == "signalled"


def test_a_candidate_that_exits_while_it_is_imported_is_a_failure(sandbox):
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(sandbox, "import os\nos._exit(0)")
    assert failed.value.kind == "exited"


def test_sys_exit_at_import_does_not_load(sandbox):
    with pytest.raises(CandidateFailed) as failed:
        outcome_of(sandbox, "import sys\nsys.exit(0)")
    assert failed.value.kind == "load"


def test_sys_exit_in_a_call_is_an_error_of_that_call(run):
    assert run("import sys\ndef f(): sys.exit(0)") == Raised("SystemExit", "0")


def test_the_next_worker_is_well_after_one_that_died(sandbox):
    with pytest.raises(CandidateFailed):
        outcome_of(sandbox, "import os\ndef f(): os._exit(0)")
    assert outcome_of(sandbox, "def f(x): return x", 5) == Returned(5)


def test_a_worker_that_failed_says_the_same_again(sandbox):
    with sandbox.worker() as worker:
        worker.load({"m": Source("import os\ndef f(): os._exit(3)", "m.py")}, "m:f")
        with pytest.raises(CandidateFailed) as first:
            worker.call([Case()])
        with pytest.raises(CandidateFailed) as second:
            worker.call([Case()])
    assert first.value is second.value
