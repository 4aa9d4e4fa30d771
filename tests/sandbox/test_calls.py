"""The honest control: what well-meaning code gets from a sealed worker, in every interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sigil.errors import BaselineFailed, InvalidValue, SandboxUnavailable
from sigil.sandbox import (
    CallSandbox,
    CandidateFailed,
    Case,
    Limits,
    Raised,
    Returned,
    Source,
    Worker,
)

ECHO = {"m": Source("def f(*args, **kwargs): return (args, kwargs)", "m.py")}


@pytest.fixture(scope="module")
def sandbox():
    with CallSandbox() as made:
        yield made


def results(sandbox: CallSandbox, source: str, *cases: Case, entry: str = "m:f"):
    with sandbox.worker() as worker:
        worker.load({"m": Source(source, "m.py")}, entry)
        return worker.call(cases).results


# --- calls ---------------------------------------------------------------------------------


def test_every_kind_of_value_goes_in_and_comes_out(sandbox):
    value = (None, True, 7, -1.5, "é\u202e", [1, [2]], {3}, frozenset({4}), b"\xff", 2 + 1j)
    with sandbox.worker() as worker:
        worker.load(ECHO, "m:f")
        (outcome,) = worker.call([Case(value, {"key": {("a", 1): [None]}})]).results
    assert outcome.value == (value, {"key": {("a", 1): [None]}})
    assert outcome.changed_args is None


def test_each_case_of_a_batch_has_its_own_outcome(sandbox):
    found = results(sandbox, "def f(x): return 1 / x", Case((2,)), Case((0,)), Case(("a",)))
    assert [type(outcome) for outcome in found] == [Returned, Raised, Raised]
    assert found[1] == Raised("ZeroDivisionError", "division by zero")


def test_what_modules_ask_at_import_to_make_ids_is_answered(sandbox):
    source = """
import os
ID = [os.getpid(), os.uname().nodename, os.urandom(4)]
def f(): return len(ID)
"""
    assert results(sandbox, source, Case()) == (Returned(3),)


@pytest.mark.parametrize(
    ("body", "shared"),
    [
        ("rows", "whole"),
        ("rows[0]", "whole"),
        ("[rows[0]]", "part"),
        ("(1, {'k': rows})", "part"),
        ("more['k']", "whole"),
        ("list(rows[0])", ""),
        ("rows[1]", ""),
        ("rows[0][0]", ""),
        ("[[1], 'x']", ""),
    ],
)
def test_what_is_returned_is_known_to_be_an_argument_or_to_hold_one(sandbox, body, shared):
    case = Case(([[1], (2, 3)],), {"k": {4}})
    (found,) = results(sandbox, f"def f(rows, **more): return {body}", case)
    assert found.shared == shared
    assert found.changed_args is None


@pytest.mark.parametrize(
    ("body", "twice"),
    [
        ("[row, row]", True),
        ("{'k': row, 'l': (1, [row])}", True),
        ("[rows, rows[0]]", True),
        ("[row, list(row)]", False),
        ("['a', 'a', (1,), (1,)]", False),
        ("rows", False),
    ],
)
def test_what_is_returned_is_known_to_hold_something_twice(sandbox, body, twice):
    (found,) = results(sandbox, f"def f(rows):\n    row = [1]\n    return {body}", Case(([[1]],)))
    assert found.twice == twice


def test_an_argument_that_was_changed_and_returned_is_both(sandbox):
    (found,) = results(sandbox, "def f(xs):\n    xs.append(1)\n    return xs", Case(([],)))
    assert found == Returned([1], (([[1]][0],), {}), "whole")


def test_names_in_a_dict_are_read_as_fast_as_those_that_code_spells_out(sandbox):
    source = """
def f(*args, **kwargs):
    spelled = {"width": 1}
    given = args[0] if args else kwargs["sizes"]
    return next(iter(given)) is next(iter(spelled))
"""
    sizes = {"width": 2}
    found = results(sandbox, source, Case((sizes,)), Case((), {"sizes": sizes}))
    assert [outcome.value for outcome in found] == [True, True]


def test_a_batch_of_nothing_has_no_outcomes(sandbox):
    assert results(sandbox, "def f(): pass") == ()


def test_a_worker_answers_batch_after_batch(sandbox):
    with sandbox.worker() as worker:
        worker.load(
            {"m": Source("n = 0\ndef f():\n    global n\n    n += 1\n    return n", "m.py")}, "m:f"
        )
        found = [worker.call([Case()]).results[0] for _ in range(5)]
    assert found == [Returned(n) for n in range(1, 6)]


def test_arguments_and_results_of_megabytes_come_through(sandbox):
    text = "x" * (3 * 2**20)
    assert results(sandbox, "def f(x): return x", Case((text,))) == (Returned(text),)


def test_a_method_can_be_the_entry(sandbox):
    source = "class C:\n    @staticmethod\n    def f(x): return x + 1"
    assert results(sandbox, source, Case((1,)), entry="m:C.f") == (Returned(2),)


def test_what_is_printed_goes_nowhere(sandbox, capfd):
    assert results(sandbox, "def f(): print('PASS')", Case()) == (Returned(None),)
    assert capfd.readouterr() == ("", "")


def test_times_are_on_the_parents_clock(sandbox):
    with sandbox.worker() as worker:
        worker.load({"m": Source("import time\ndef f(): time.sleep(0.02)", "m.py")}, "m:f")
        reply = worker.call([Case()])
    assert reply.call_ns >= 20_000_000
    assert reply.reply_ns > 0


def test_random_starts_alike_in_every_worker(sandbox):
    source = "import random\ndef f(): return random.random()"
    assert results(sandbox, source, Case()) == results(sandbox, source, Case())


def test_sets_are_ordered_alike_in_every_sandbox(sandbox):
    source = "def f(): return ''.join({'alpha', 'beta', 'gamma', 'delta', 'epsilon'})"
    with CallSandbox() as another:
        assert results(another, source, Case()) == results(sandbox, source, Case())


# --- loading -------------------------------------------------------------------------------


def test_modules_are_imported_in_any_order_from_text(sandbox):
    sources = {
        "pkg": Source("from pkg.b import g\n", "pkg/__init__.py", package=True),
        "pkg.a": Source("from . import b\ndef f(x): return b.g(x)\n", "pkg/a.py"),
        "pkg.b": Source("def g(x): return x * 2\n", "pkg/b.py"),
        "pkg.broken": Source("1 / 0\n", "pkg/broken.py"),
    }
    with sandbox.worker() as worker:
        worker.load(sources, "pkg.a:f")
        assert worker.call([Case((4,))]).results == (Returned(8),)


def test_a_package_needs_no_init(sandbox):
    sources = {"a.b.c": Source("def f(): return __name__", "a/b/c.py")}
    with sandbox.worker() as worker:
        worker.load(sources, "a.b.c:f")
        assert worker.call([Case()]).results == (Returned("a.b.c"),)


def test_a_candidate_may_bear_the_name_of_a_preloaded_module(sandbox):
    sources = {"heapq": Source("def f(): return 'mine'", "heapq.py")}
    with sandbox.worker() as worker:
        worker.load(sources, "heapq:f")
        assert worker.call([Case()]).results == (Returned("mine"),)


@pytest.mark.parametrize("name", ["calls", "kernel", "worker", "codec", "modules"])
def test_a_candidate_may_bear_a_name_of_our_own(sandbox, name):
    with sandbox.worker() as worker:
        worker.load({name: Source("def f(): return 1", f"{name}.py")}, f"{name}:f")
        assert worker.call([Case()]).results == (Returned(1),)


@pytest.mark.parametrize(
    ("source", "entry", "said"),
    [
        ("def f(:\n", "m:f", "SyntaxError"),
        ("\n\nraise ValueError('no')", "m:f", "ValueError: no (m.py:3)"),
        ("x = 1", "m:f", "AttributeError"),
        ("f = 1", "m:f", "__call__"),
        ("", "other:f", "No module named 'other'"),
        ("import asyncio", "m:f", "add 'asyncio' to preload"),
    ],
)
def test_a_candidate_that_does_not_load_says_why(sandbox, source, entry, said):
    with sandbox.worker() as worker, pytest.raises(CandidateFailed) as failed:
        worker.load({"m": Source(source, "m.py")}, entry)
    assert failed.value.kind == "load"
    assert said in failed.value.detail


def test_code_that_can_do_without_a_module_goes_on(sandbox):
    source = "try:\n    import numpy\nexcept ImportError:\n    numpy = None\ndef f(): return numpy"
    assert results(sandbox, source, Case()) == (Returned(None),)


@pytest.mark.parametrize("name", ["decimal", "statistics", "dataclasses", "datetime", "textwrap"])
def test_a_common_module_is_there_on_demand(sandbox, name):
    source = f"import {name}\ndef f(): return {name}.__name__"
    assert results(sandbox, source, Case()) == (Returned(name),)


def test_workers_in_use_outlive_the_start_of_a_richer_zygote(sandbox):
    with sandbox.worker() as before, sandbox.worker() as after:
        before.load(ECHO, "m:f")
        after.load({"m": Source("import colorsys\ndef f(): return 1", "m.py")}, "m:f")
        assert after.call([Case()]).results == (Returned(1),)
        assert before.call([Case()]).results == (Returned(((), {})),)


def test_a_call_before_a_load_is_the_callers_mistake(sandbox):
    with sandbox.worker() as worker, pytest.raises(InvalidValue):
        worker.call([Case()])


def test_a_value_that_cannot_be_sent_costs_no_worker(sandbox):
    with sandbox.worker() as worker:
        worker.load(ECHO, "m:f")
        with pytest.raises(InvalidValue):
            worker.call([Case((object(),))])
        assert worker.call([Case()]).results == (Returned(((), {})),)


# --- preload and stable modules ------------------------------------------------------------


def test_a_preloaded_module_comes_from_the_path(tmp_path):
    (tmp_path / "mine.py").write_text("VALUE = 42\n")
    with CallSandbox(preload=["mine"], path=[tmp_path], ahead=0) as sandbox:
        source = "import mine\ndef f(): return mine.VALUE"
        assert results(sandbox, source, Case()) == (Returned(42),)


def test_a_file_of_the_user_does_not_take_the_place_of_a_standard_module(tmp_path):
    (tmp_path / "string.py").write_text("raise SystemError('taken for the standard one')\n")
    with CallSandbox(path=[tmp_path], ahead=0) as sandbox:
        source = "import string\ndef f(): return string.digits"
        assert results(sandbox, source, Case()) == (Returned("0123456789"),)


def test_a_preload_that_is_not_installed_is_not_the_candidates_failure():
    with pytest.raises(SandboxUnavailable, match="no_such_module"):
        CallSandbox(preload=["no_such_module"])


def test_stable_modules_run_once_and_serve_every_worker():
    modules = {
        "base": Source("import time\nSTAMP = time.perf_counter_ns()\n", "base.py"),
        "lib": Source("import base\ndef g(): return base.STAMP\n", "lib.py"),
    }
    source = "import lib\ndef f(): return lib.g()"
    with CallSandbox(modules=modules) as sandbox:
        assert results(sandbox, source, Case()) == results(sandbox, source, Case())


def test_a_live_module_stands_beside_stable_ones_of_its_package():
    modules = {
        "pkg": Source("", "pkg/__init__.py", package=True),
        "pkg.base": Source("def g(x): return x + 1", "pkg/base.py"),
    }
    live = {"pkg.live": Source("from pkg.base import g\ndef f(x): return g(x)", "pkg/live.py")}
    with CallSandbox(modules=modules) as sandbox, sandbox.worker() as worker:
        worker.load(live, "pkg.live:f")
        assert worker.call([Case((1,))]).results == (Returned(2),)


def test_a_stable_module_that_raises_is_the_baselines_failure():
    modules = {"broken": Source("\n\n1 / 0\n", "src/broken.py")}
    with pytest.raises(BaselineFailed, match=r"src/broken\.py:3"):
        CallSandbox(modules=modules)


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/tmp/sigil-stable-module', 'w')",
        "import _socket; _socket.socket()",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.mkdir('/tmp/sigil-stable-module')",
        "import os; os.kill(-1, 0)",
    ],
)
@pytest.mark.parametrize("level", ["L3", "L2", "L1"])
def test_a_stable_module_neither_writes_nor_connects(attempt, level):
    with pytest.raises(BaselineFailed, match=r"PermissionError|OSError"):
        CallSandbox(modules={"m": Source(attempt, "m.py")}, level=level)


@pytest.mark.parametrize("level", ["L3", "L2"])
def test_a_stable_module_reads_only_the_path_and_the_library(level, tmp_path):
    (tmp_path / "data.txt").write_text("data")
    inside = {"m": Source(f"open({str(tmp_path / 'data.txt')!r}).read()", "m.py")}
    CallSandbox(modules=inside, path=[tmp_path], level=level).close()
    with pytest.raises(BaselineFailed, match="PermissionError"):
        CallSandbox(modules={"m": Source("open('/etc/passwd')", "m.py")}, level=level)


# --- interpreters --------------------------------------------------------------------------

VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]


def _interpreter(version: str) -> Path:
    for folder in sorted(Path.home().glob(f".pyenv/versions/{version}.*")):
        if (folder / "bin/python").exists():
            return folder / "bin/python"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if "shims" not in folder and (Path(folder) / f"python{version}").exists():
            return Path(folder) / f"python{version}"
    pytest.skip(f"no CPython {version} on this machine")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_target_may_be_another_cpython(version):
    source = (
        "import sys, dataclasses, random\n"
        "def f(x):\n"
        "    if x is None: open('/etc/passwd')\n"
        "    return ('%d.%d' % sys.version_info[:2], [x, 1.5, {'a': (x,)}])\n"
    )
    with CallSandbox(python=_interpreter(version)) as sandbox:
        found = results(sandbox, source, Case((7,)), Case((None,)))
    assert found[0] == Returned((version, [7, 1.5, {"a": (7,)}]))
    assert found[1].error == "PermissionError"


def test_an_interpreter_that_is_not_there_is_not_the_candidates_failure(tmp_path):
    with pytest.raises(SandboxUnavailable):
        CallSandbox(python=tmp_path / "python")


def test_a_program_that_is_no_interpreter_is_not_the_candidates_failure():
    with pytest.raises(SandboxUnavailable):
        CallSandbox(python=Path("/bin/false"))


# --- lives ---------------------------------------------------------------------------------


def _family(guard: int) -> list[int]:
    """Return the guard and everything below it."""
    found = [guard]
    for pid in found:
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in text.split()]
    return found


def _wait_until_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.01)
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("level", ["L3", "L2", "L1"])
def test_closing_leaves_no_process(level):
    sandbox = CallSandbox(level=level, ahead=3)
    sandbox.worker()
    family = _family(sandbox.zygote_pid)
    assert len(family) >= 3
    sandbox.close()
    assert _wait_until_gone(family)


@pytest.mark.parametrize("level", ["L3", "L2", "L1"])
def test_a_parent_that_is_killed_leaves_no_process(level):
    code = (
        "import sys\n"
        "from sigil.sandbox import *\n"
        "sandbox = CallSandbox(level=sys.argv[1], ahead=2)\n"
        "with sandbox.worker() as worker:\n"
        "    worker.load({'m': Source('def f():\\n    while True: pass', 'm.py')}, 'm:f')\n"
        "    print(sandbox.zygote_pid, flush=True)\n"
        "    worker.call([Case()])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, level], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        family = _family(int(parent.stdout.readline()))
        parent.kill()
    assert len(family) >= 3
    assert _wait_until_gone(family)


@pytest.mark.parametrize("level", ["L3", "L2", "L1"])
@pytest.mark.parametrize("which", [0, 1], ids=["guard", "zygote"])
def test_a_zygote_that_is_killed_is_our_failure_and_is_replaced(level, which):
    with CallSandbox(level=level) as sandbox:
        with sandbox.worker() as worker:
            worker.load(ECHO, "m:f")
            family = _family(sandbox.zygote_pid)
            os.kill(family[which], signal.SIGKILL)
            with pytest.raises(SandboxUnavailable):
                _call_until_it_fails(worker)
        assert _wait_until_gone(family)
        assert results(sandbox, "def f(): return 1", Case()) == (Returned(1),)


def _call_until_it_fails(worker: Worker) -> None:
    for _ in range(10_000):
        worker.call([Case()])


def test_descriptors_and_memory_do_not_grow_over_2000_workers():
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1])

    def descriptors_open() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    def live(count: int) -> None:
        for number in range(count):
            with sandbox.worker() as worker:
                if number % 10 == 0:
                    worker.load(ECHO, "m:f")
                    worker.call([Case((number,))])

    with CallSandbox() as sandbox:
        live(200)
        descriptors, pages = descriptors_open(), resident()
        live(2000)
        assert descriptors_open() <= descriptors
        assert resident() <= pages * 1.02


def test_limits_are_those_that_were_asked_for():
    with CallSandbox(limits=Limits(memory_bytes=64 * 2**20)) as sandbox:
        source = "def f(n): return len(bytearray(n))"
        found = results(sandbox, source, Case((32 * 2**20,)), Case((96 * 2**20,)))
    assert found[0] == Returned(32 * 2**20)
    assert found[1].error == "MemoryError"


def test_a_worker_that_is_closed_is_closed_twice(sandbox):
    worker = sandbox.worker()
    worker.close()
    worker.close()
    with pytest.raises(InvalidValue):
        worker.load(ECHO, "m:f")


def test_an_open_worker_keeps_its_thread_at_home_only_while_it_is_open(sandbox):
    before = os.sched_getaffinity(0)
    with sandbox.worker():
        during = os.sched_getaffinity(0)
    assert during <= before
    assert os.sched_getaffinity(0) == before
