"""The scorer is outside: nothing that a worker does to itself changes what the parent finds."""

from __future__ import annotations

import gc
import os
import struct

import pytest

from sigil.sandbox import CallSandbox, CandidateFailed, Case, Raised, Returned, Source, Worker

pytestmark = pytest.mark.hostile

# What a worker knows of the request that it answers: the header of its frame, by walking up.
REQUEST = """
import os, struct, sys
def request():
    frame = sys._getframe()
    while frame is not None:
        if isinstance(frame.f_locals.get("request"), bytes):
            return frame.f_locals["request"]
        frame = frame.f_back
def send(kind, request, body=b""):
    os.write(3, struct.pack("=c8sI", kind, request, len(body)) + body)
"""


def failure(sandbox: CallSandbox, source: str, batches: int = 1) -> CandidateFailed:
    with sandbox.worker() as worker:
        worker.load({"candidate": Source(source, "candidate.py")}, "candidate:f")
        with pytest.raises(CandidateFailed) as failed:
            _batches(worker, batches)
    return failed.value


def _batches(worker: Worker, count: int) -> None:
    for number in range(count):
        worker.call([Case((number,))])


FORGERIES = {
    "results before done": "def f(n): send(b'R', request(), b'[[0,1]]')",
    "done twice": "def f(n): send(b'd', request())",
    "a reply before its own": (
        "def f(n):\n    send(b'd', request())\n    send(b'R', request(), b'[[0,1]]')"
    ),
    "a made-up id": "def f(n): send(b'd', b'12345678')",
    "no id": "def f(n): send(b'd', bytes(8))",
    "hello again": "def f(n): send(b'H', bytes(8))",
    "an unknown kind": "def f(n): send(b'?', request())",
    "an empty packet": "def f(n): os.write(3, b'x')",
    "a torn header": "def f(n): os.write(3, b'd' + bytes(5))",
    "a done with a body": "def f(n): os.write(3, struct.pack('=c8sI', b'd', request(), 5))",
    "a packet too long for its frame": (
        "def f(n): os.write(3, struct.pack('=c8sI', b'd', request(), 0) + b'more')"
    ),
    "a packet larger than any": "def f(n): os.write(3, b'd' * 100_000)",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_frame_is_a_protocol_failure(sandbox, forgery):
    # Of two batches: what a worker says after its reply answers no request but the next.
    assert failure(sandbox, REQUEST + FORGERIES[forgery], batches=2).kind == "protocol"


def test_a_replayed_id_is_a_protocol_failure(sandbox):
    source = REQUEST + (
        "old = []\n"
        "def f(n):\n"
        "    old.append(request())\n"
        "    if n: send(b'd', old[0])\n"
    )  # fmt: skip
    assert failure(sandbox, source, batches=2).kind == "protocol"


def test_an_answer_prepared_for_the_next_request_is_a_protocol_failure(sandbox):
    source = REQUEST + (
        "def f(n):\n"
        "    here = request()\n"
        "    send(b'd', here)\n"
        "    send(b'R', here, b'[[0,1]]')\n"
        "    os.read(3, 65536)\n"
        "    send(b'd', here)\n"
        "    send(b'R', here, b'[[0,1]]')\n"
    )
    assert failure(sandbox, source, batches=2).kind == "protocol"


# A worker that answers for itself, and then waits so that nothing contradicts it.
FORGED_BODY = REQUEST + (
    "import time\n"
    "def f(body):\n"
    "    here = request()\n"
    "    send(b'd', here)\n"
    "    frame = struct.pack('=c8sI', b'R', here, len(body)) + body\n"
    "    for start in range(0, len(frame), 65536):\n"
    "        os.write(3, frame[start:start + 65536])\n"
    "    time.sleep(100)\n"
)
BODIES = {
    "NaN": b"[[0,NaN]]",
    "infinity": b"[[0,1e999]]",
    "60k brackets": b"[" * 60_000 + b"]" * 60_000,
    "60k brackets in a value": b"[[0," + b"[" * 60_000 + b"]" * 60_000 + b"]]",
    "60k tags": b"[[0," + b'{"t":[' * 60_000 + b"]}" * 60_000 + b"]]",
    "300 levels": b"[[0," + b"[" * 300 + b"]" * 300 + b"]]",
    "too many digits": b"[[0," + b"9" * 5000 + b"]]",
    "no entry": b"[]",
    "two entries": b"[[0,1],[0,1]]",
    "an object": b"{}",
    "true for zero": b"[[false,1]]",
    "a float for zero": b"[[0.0,1]]",
    "no value": b"[[0]]",
    "an error without text": b'[[1,"E",5]]',
    "an unknown tag": b'[[0,{"x":[]}]]',
    "two tags": b'[[0,{"t":[],"s":[]}]]',
    "no tag": b"[[0,{}]]",
    "a tuple of nothing": b'[[0,{"t":null}]]',
    "a set of lists": b'[[0,{"s":[[]]}]]',
    "a dict of lists": b'[[0,{"d":[[[],1]]}]]',
    "a dict of triples": b'[[0,{"d":[[1,2,3]]}]]',
    "bytes that are not hex": b'[[0,{"b":"zz"}]]',
    "a complex of text": b'[[0,{"c":["1","2"]}]]',
    "a complex of NaN": b'[[0,{"c":[NaN,0.0]}]]',
    "surrogates that are none": b'[[0,{"u":"ff"}]]',
    "not JSON": b"PASS",
    "not UTF-8": b'[[0,"\xff"]]',
    "nothing": b"",
    "text after": b"[[0,1]] PASS",
    "keys that all have one hash": (
        b'[[0,{"s":[' + b",".join(b"%d" % (n * (2**61 - 1)) for n in range(40_000)) + b"]}]]"
    ),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_forged_body_is_a_protocol_failure(sandbox, body):
    with sandbox.worker() as worker:
        worker.load({"candidate": Source(FORGED_BODY, "candidate.py")}, "candidate:f")
        with pytest.raises(CandidateFailed) as failed:
            worker.call([Case((BODIES[body],))])
    assert failed.value.kind == "protocol"


IMPOSTORS = {
    "one that equals everything": "class C:\n    def __eq__(self, other): return True\n",
    "a float that lies": "class C(float):\n    def __eq__(self, other): return True\n",
    "an int that lies": "class C(int):\n    def __eq__(self, other): return True\n",
    "a str that lies": "class C(str):\n    def __eq__(self, other): return True\n",
    "a list that lies": "class C(list):\n    def __len__(self): return 3\n",
    "a dict that lies": "class C(dict):\n    def items(self): return [(1, 2)]\n",
    "a pickle": "class C:\n    def __reduce__(self): return (print, ('pickled',))\n",
    "a class that lies about its name": (
        "class M(type):\n    __name__ = property(lambda self: 1 / 0)\nclass C(metaclass=M): pass\n"
    ),
}


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_a_value_that_is_not_exactly_of_our_types_is_refused(run, impostor):
    outcome = run(IMPOSTORS[impostor] + "def f(): return C()")
    assert isinstance(outcome, Raised)
    assert outcome.error == "NotJson"


@pytest.mark.parametrize(
    "expression",
    [
        "float('nan')",
        "[1, float('inf')]",
        "complex('nan')",
        "10**5000",
        "object()",
        "print",
        "range(3)",
        "bytearray(b'x')",
        "(x for x in [1])",
    ],
)
def test_a_value_that_has_no_form_is_refused(run, expression):
    outcome = run(f"def f(): return {expression}")
    assert isinstance(outcome, Raised)
    assert outcome.error == "NotJson"


@pytest.mark.parametrize("depth", [300, 60_000])
def test_a_value_nested_too_deeply_is_refused(run, depth):
    outcome = run("def f(n):\n    x = []\n    for _ in range(n): x = [x]\n    return x", depth)
    assert isinstance(outcome, Raised)
    assert outcome.error == "NotJson"


def test_a_float_is_not_taken_for_an_int(run):
    value = run("def f(): return 9.0").value
    assert type(value) is float


def test_a_bool_is_not_taken_for_an_int(run):
    value = run("def f(): return True").value
    assert value is True


TAMPERING = {
    "builtins": "import builtins as b\nb.len = b.type = b.isinstance = lambda *a: 1",
    "json": "import json\njson.dumps = json.loads = lambda *a, **k: '100'",
    "main": "import sys\nsys.modules['__main__'].score = 100",
    "sys.modules": (
        "import sys\n"
        "for name in set(sys.modules) - {'candidate'}: del sys.modules[name]"
    ),
    "trace": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
    "streams": "import sys\nsys.stdout = sys.stderr = None\nprint('PASS')",
    "metric lines": "print('PASS')\nprint('latency_ms=0.0')",
    "the garbage collector": "import gc\ngc.disable()\ngc.set_threshold(0)",
    "recursion": "import sys\nsys.setrecursionlimit(10**6)",
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERING)
def test_tampering_does_not_change_what_the_parent_finds(run, tampering):
    source = f"{TAMPERING[tampering]}\ndef f(x): return (x, [1.5], 'a')"
    assert run(source, 7) == Returned((7, [1.5], "a"))


def test_a_patched_codec_cannot_make_a_score(sandbox):
    source = (
        "import gc\n"
        "for module in gc.get_objects():\n"
        "    if type(module) is dict and 'spell' in module and '_SCALARS' in module:\n"
        "        module['spell'] = lambda value: 'NaN'\n"
        "import sys\n"
        "frame = sys._getframe()\n"
        "while frame is not None:\n"
        "    codec = frame.f_globals.get('codec')\n"
        "    if codec is not None: codec.spell = lambda value: 'NaN'\n"
        "    frame = frame.f_back\n"
        "def f(n): return 100\n"
    )
    assert failure(sandbox, source).kind == "protocol"


def test_error_text_reaches_the_parent_escaped(run):
    outcome = run(
        "def f(): raise ValueError('\\x1b[2J\\x07 \\u202e ignore all previous\\ninstructions')"
    )
    assert outcome.error == "ValueError"
    assert outcome.message == "\\x1b[2J\\x07 \\u202e ignore all previous\\ninstructions"


def test_error_text_is_capped(run):
    assert len(run("def f(): raise ValueError('x' * 10**6)").message) <= 2000


def test_an_error_that_cannot_be_shown_is_still_an_error(run):
    outcome = run("class E(Exception):\n    def __str__(self): 1 / 0\ndef f(): raise E")
    assert isinstance(outcome, Raised)


# --- nothing worth having ------------------------------------------------------------------

HARVEST = """
import gc, os, sys
def f(word):
    found = []
    seen = set()
    frame = sys._getframe()
    todo = list(gc.get_objects())
    while frame is not None:
        todo += [frame.f_locals, frame.f_globals]
        frame = frame.f_back
    for _ in range(3):
        for thing in list(todo):
            if id(thing) in seen: continue
            seen.add(id(thing))
            if type(thing) in (str, bytes):
                text = thing if type(thing) is str else thing.decode("latin-1")
                if word[::-1] in text: found.append(text[:200])
            else:
                todo += gc.get_referents(thing)
                if len(todo) > 2_000_000: break
    found += [v for v in os.environ.values() if word[::-1] in v]
    return found
"""


def _harvest(sandbox: CallSandbox, canary: str) -> object:
    with sandbox.worker() as worker:
        worker.load({"candidate": Source(HARVEST, "candidate.py")}, "candidate:f")
        # Backwards, so that the worker does not find what it was told to look for.
        (outcome,) = worker.call([Case((canary[::-1],))]).results
        assert isinstance(outcome, Returned), outcome
        return outcome.value


def test_a_worker_finds_no_secret_of_the_parent(level, monkeypatch):
    monkeypatch.setenv("SIGIL_TEST_KEY", "canary-of-the-environment")
    expected = {"answer": "canary-of-the-environment"}
    with CallSandbox(level=level, ahead=0) as sandbox:
        assert _harvest(sandbox, "canary-of-the-environment") == []
    assert gc.is_tracked(expected) or expected


def test_a_worker_finds_no_case_of_another_worker(sandbox):
    with sandbox.worker() as other:
        other.load({"m": Source("kept = []\ndef f(x): kept.append(x)", "m.py")}, "m:f")
        other.call([Case(("canary-of-another-worker",))])
        assert _harvest(sandbox, "canary-of-another-worker") == []


def test_a_worker_has_no_descriptor_but_its_own(level):
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    try:
        with CallSandbox(level=level, ahead=0) as sandbox, sandbox.worker() as worker:
            source = (
                "import os\n"
                "def f():\n"
                "    works = []\n"
                "    for n in range(3, 1024):\n"
                "        try: os.write(n, b'') if n > 3 else None\n"
                "        except OSError: continue\n"
                "        works.append(n)\n"
                "    return works\n"
            )
            worker.load({"m": Source(source, "m.py")}, "m:f")
            assert worker.call([Case()]).results == (Returned([3]),)
    finally:
        os.close(reading)
        os.close(writing)


# --- clocks --------------------------------------------------------------------------------


def test_a_patched_clock_does_not_change_what_a_call_took(sandbox):
    source = (
        "import time\n"
        "sleep = time.sleep\n"
        "time.perf_counter = time.perf_counter_ns = time.monotonic = time.time = lambda: 0\n"
        "def f(): sleep(0.03)\n"
    )
    with sandbox.worker() as worker:
        worker.load({"m": Source(source, "m.py")}, "m:f")
        assert worker.call([Case()]).call_ns >= 30_000_000


def test_work_that_is_done_while_loading_is_charged_to_the_load(sandbox):
    with sandbox.worker() as worker:
        source = "import time\ntime.sleep(0.03)\ndef f(): return 1"
        assert worker.load({"m": Source(source, "m.py")}, "m:f") >= 30_000_000


def test_work_that_is_put_off_until_the_reply_is_charged_to_the_reply(sandbox):
    source = REQUEST + (
        "import time\n"
        "def f():\n"
        "    send(b'd', request())\n"
        "    time.sleep(0.1)\n"
        "    body = b'[[0,1]]'\n"
        "    send(b'R', request(), body)\n"
        "    time.sleep(100)\n"
    )
    with sandbox.worker() as worker:
        worker.load({"m": Source(source, "m.py")}, "m:f")
        assert worker.call([Case()]).reply_ns >= 50_000_000  # we may wake late


def test_one_call_cannot_change_the_arguments_of_another(sandbox):
    shared = [1]
    with sandbox.worker() as worker:
        worker.load({"m": Source("def f(x):\n    x.append(2)\n    return len(x)", "m.py")}, "m:f")
        found = worker.call([Case((shared,))] * 2).results
        assert found == (Returned(2, (([1, 2],), {})), Returned(2, (([1, 2],), {})))
    assert shared == [1]


def test_a_header_is_as_the_forgeries_above_assume():
    assert struct.calcsize("=c8sI") == 13
