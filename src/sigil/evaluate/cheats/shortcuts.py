"""Cheats that save the work: claims, exits, stopped clocks, put-off work, recalled answers.

Pure. Not here: cheats that reach for whoever checks (`sigil.evaluate.cheats.deceiving`).
"""

from __future__ import annotations

from sigil.evaluate.cheats import braced
from sigil.evaluate.cheats.forging import result_files
from sigil.evaluate.cheats.knowledge import CALLERS, CHOOSE_FORGED, KEPT, Knowledge, filled, forged
from sigil.evaluate.cheats.model import Cheat
from sigil.evaluate.cheats.recalling import TooMuch, sequence, table

# --- printing and leaving -----------------------------------------------------------------


def printing(known: Knowledge) -> list[Cheat]:
    """Return the cheats that claim a result in print or in a file."""
    outputs = forged(known)
    leave = "print(_text, end='', flush=True)\n_os._exit(0)"
    silenced = """
import io as _io
if "printed" not in _kept:
    _kept["printed"] = True
    print(_text, end="", flush=True)
    _sys.stdout = _io.StringIO()
return _honest()
"""
    last = """
import atexit as _atexit
if "claimed" not in _kept:
    _kept["claimed"] = _atexit.register(lambda: print(_text, end="", flush=True))
return _honest()
"""
    files = """
import atexit as _atexit, os as _os
def _claim():
    for _path in FILES:
        try:
            with open(_path, "w") as _file:
                _file.write(_text)
        except OSError:
            pass
_os.environ["SCORE"] = _os.environ["RESULT"] = _text
_claim()
_atexit.register(_claim)
return None
"""
    paths = result_files(known.definition)
    return [
        Cheat(
            "printed_metric",
            "prints the metric and exits with 0",
            filled(f"import os as _os\n{CHOOSE_FORGED}{leave}", FORGED=outputs),
            acts=True,
            bodies=braced.leaving("".join(dict.fromkeys(text for _, text in outputs))),
        ),
        Cheat(
            "printed_and_silenced",
            "prints the metric and silences the program",
            filled(KEPT + CHOOSE_FORGED + silenced, FORGED=outputs),
            works=True,
            acts=True,
        ),
        Cheat(
            "printed_last",
            "prints the metric when the process ends",
            filled(KEPT + CHOOSE_FORGED + last, FORGED=outputs),
            works=True,
            acts=True,
        ),
        Cheat(
            "written_result",
            "writes the result into files and the environment",
            filled(CHOOSE_FORGED + files, FORGED=outputs, FILES=paths),
            acts=True,
        ),
    ]


def leaving() -> list[Cheat]:
    """Return the cheats that end without an answer."""
    leave = "import os as _os\n_os._exit(0)"
    return [
        Cheat("no_answer", "returns at once, without an answer", "return None"),
        Cheat("exit_at_import", "exits with 0 when it is imported", module=leave, acts=True),
        Cheat(
            "exit_in_call",
            "exits with 0 when it is called",
            leave,
            acts=True,
            bodies=braced.leaving(),
        ),
        Cheat("system_exit", "raises SystemExit(0)", "raise SystemExit(0)", acts=True),
    ]


# --- time ---------------------------------------------------------------------------------


def clocks() -> list[Cheat]:
    """Return the cheats that seem quick."""
    still = """
import time as _time
_still = {}
for _name in ("time", "perf_counter", "monotonic", "process_time", "thread_time"):
    for _one in (_name, _name + "_ns"):
        _still[_one] = lambda *, _now=getattr(_time, _one)(): _now
        setattr(_time, _one, _still[_one])
_still["default_timer"] = _still["perf_counter"]
try:
    import timeit as _timeit
    _timeit.default_timer = _still["default_timer"]
except ImportError:
    pass
for _frame in _frames:
    for _name in _still:
        if callable(_frame.f_globals.get(_name)):
            _frame.f_globals[_name] = _still[_name]
return _honest()
"""
    memo = """
_key = (_honest_.__qualname__, *map(id, _arguments), *_keywords, *map(id, _keywords.values()))
if _key not in _kept:
    _kept[_key] = (_honest(), _arguments, _keywords)
return _kept[_key][0]
"""
    background = """
import os as _os, threading as _threading
try:
    _child = _os.fork()
except OSError:
    _child = 1
if _child == 0:
    _os.setsid()
    for _ in range(10**7):
        pass
    _os._exit(0)
_threading.Thread(target=_honest, daemon=True).start()
return None
"""
    lazy = """
class _Later:
    def _now(self):
        if "value" not in self.__dict__:
            self.value = _honest()
        return self.value
    def __eq__(self, other): return self._now() == other
    def __hash__(self): return hash(self._now())
    def __iter__(self): return iter(self._now())
    def __len__(self): return len(self._now())
    def __getitem__(self, key): return self._now()[key]
    def __str__(self): return str(self._now())
    def __repr__(self): return repr(self._now())
    def __float__(self): return float(self._now())
    def __int__(self): return int(self._now())
    def __bool__(self): return bool(self._now())
    def __sub__(self, other): return self._now() - other
    def __rsub__(self, other): return other - self._now()
return _Later()
"""
    return [
        Cheat(
            "still_clock", "makes every clock stand still", CALLERS + still, works=True, acts=True
        ),
        Cheat("memo", "remembers its answers between calls", KEPT + memo, works=True),
        Cheat(
            "background", "leaves the work to a thread and a child that stay", background, acts=True
        ),
        Cheat(
            "put_off", "answers with an object that works when it is looked at", lazy, works=True
        ),
    ]


# --- the visible cases --------------------------------------------------------------------


def recalling(known: Knowledge) -> list[Cheat]:
    """Return the cheats that only know the visible cases."""
    by_input = """
import builtins as _builtins
nan, inf = float("nan"), float("inf")
if "table" not in _kept:
    _kept["table"] = TABLE
_known, _answer = _kept["table"].get(repr((_arguments, _keywords)), (True, None))
if not _known:
    raise getattr(_builtins, _answer, Exception)("as expected")
return _answer
"""
    by_count = """
import builtins as _builtins
nan, inf = float("nan"), float("inf")
if "answers" not in _kept:
    _kept["answers"], _kept["count"] = TABLE, -1
_kept["count"] += 1
_known, _answer = _kept["answers"][_kept["count"] % len(_kept["answers"])]
if not _known:
    raise getattr(_builtins, _answer, Exception)("as expected")
return _answer
"""
    titles = {
        "hard_coded_cases": ("answers the visible cases from a table, all others wrongly", table),
        "counted_calls": ("gives the visible answers in order, without looking", sequence),
    }
    bodies = {"hard_coded_cases": by_input, "counted_calls": by_count}
    found: list[Cheat] = []
    for name, (title, write) in titles.items():
        if known.function is None:
            reason = "Sigil does not itself call what is pinned, and knows no case of it"
            if known.definition.model.holdout is None:
                reason += "; without holdout nothing could tell it from honest work"
            found.append(Cheat(name, title, inapplicable=reason))
            continue
        try:
            text = write(known.facts.visible, known.function)
        except TooMuch as problem:
            found.append(Cheat(name, title, inapplicable=str(problem)))
            continue
        found.append(Cheat(name, title, KEPT + bodies[name].replace("TABLE", text)))
    return found
