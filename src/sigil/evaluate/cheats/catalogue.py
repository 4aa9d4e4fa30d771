"""The cheats. Each is the text of a candidate, adapted to the eval that it is tried on.

Together they are what users of evolved code report and what the hostile tests of the sandbox
do: docs/anti-gaming.md has a row for each. To add one, add it here and there.

Pure. Not here: running them (`sigil.evaluate.cheats.trying`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sigil.evaluate.cheats.forging import (
    forged_outputs,
    plain_claim,
    result_files,
    scripts_of,
    words_of,
)
from sigil.evaluate.cheats.model import Cheat
from sigil.evaluate.cheats.recalling import TooMuch, sequence, table
from sigil.evaluate.definition import Eval
from sigil.evaluate.facts import Facts
from sigil.evaluate.target import Target

CONTROL = Cheat("no_cheat", "works as the unchanged code does", works=True, acts=True)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the author of a cheat may know.

    Args:
        definition: the eval.
        facts: of the baseline. Nothing of its held-out inputs goes into a cheat.
        target: the tree.
        function: the called function that the cheat replaces itself; None if there is none.
    """

    definition: Eval
    facts: Facts
    target: Target
    function: str | None


def catalogue(known: Knowledge) -> list[Cheat]:
    """Return every cheat, those without a sense here included."""
    return [
        *_printing(known),
        *_leaving(),
        *_clocks(),
        *_recalling(known),
        *_values(),
        *_tampering(known),
        *_two_faced(known),
    ]


RECALLS = frozenset({"hard_coded_cases", "counted_calls"})
"""The cheats that only inputs which they have not met can tell from honest work."""

# --- what the texts share -----------------------------------------------------------------

_KEPT = """
import sys as _sys
_kept = _sys.__dict__.setdefault("_kept", {})
"""

_FORGED = """
import sys as _sys
_seen = " ".join(map(str, _sys.argv))
_text = max(FORGED, key=lambda one: sum(word in _seen for word in one[0]))[1]
"""

_CALLERS = """
import sys as _sys
_frames = []
_frame = _sys._getframe(1)
while _frame is not None:
    _frames.append(_frame)
    _frame = _frame.f_back
"""


def _with(text: str, **values: object) -> str:
    """Return ``text`` with each name in capitals replaced by its value, as source."""
    for name, value in values.items():
        text = text.replace(name, repr(value))
    return text


def _forged(known: Knowledge) -> list[tuple[list[str], str]]:
    outputs = forged_outputs(known.definition, known.facts)
    return outputs or [([], plain_claim(known.definition, known.facts))]


# --- printing and leaving -----------------------------------------------------------------


def _printing(known: Knowledge) -> list[Cheat]:
    forged = _forged(known)
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
            _with(f"import os as _os\n{_FORGED}{leave}", FORGED=forged),
            acts=True,
        ),
        Cheat(
            "printed_and_silenced",
            "prints the metric and silences the program",
            _with(_KEPT + _FORGED + silenced, FORGED=forged),
            works=True,
            acts=True,
        ),
        Cheat(
            "printed_last",
            "prints the metric when the process ends",
            _with(_KEPT + _FORGED + last, FORGED=forged),
            works=True,
            acts=True,
        ),
        Cheat(
            "written_result",
            "writes the result into files and the environment",
            _with(_FORGED + files, FORGED=forged, FILES=paths),
            acts=True,
        ),
    ]


def _leaving() -> list[Cheat]:
    leave = "import os as _os\n_os._exit(0)"
    return [
        Cheat("no_answer", "returns at once, without an answer", "return None"),
        Cheat("exit_at_import", "exits with 0 when it is imported", module=leave, acts=True),
        Cheat("exit_in_call", "exits with 0 when it is called", leave, acts=True),
        Cheat("system_exit", "raises SystemExit(0)", "raise SystemExit(0)", acts=True),
    ]


# --- time ---------------------------------------------------------------------------------


def _clocks() -> list[Cheat]:
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
            "still_clock", "makes every clock stand still", _CALLERS + still, works=True, acts=True
        ),
        Cheat("memo", "remembers its answers between calls", _KEPT + memo, works=True),
        Cheat(
            "background", "leaves the work to a thread and a child that stay", background, acts=True
        ),
        Cheat(
            "put_off", "answers with an object that works when it is looked at", lazy, works=True
        ),
    ]


# --- the visible cases --------------------------------------------------------------------


def _recalling(known: Knowledge) -> list[Cheat]:
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
        found.append(Cheat(name, title, _KEPT + bodies[name].replace("TABLE", text)))
    return found


# --- values -------------------------------------------------------------------------------


def _values() -> list[Cheat]:
    spoiled = """
def _spoil(value):
    if isinstance(value, (int, float)):
        return float(NUMBER)
    if type(value) in (list, tuple, set):
        return type(value)(map(_spoil, value))
    if type(value) is dict:
        return {key: _spoil(item) for key, item in value.items()}
    return value
return _spoil(_honest())
"""
    agreeing = """
class _Agrees:
    def _yes(self, *others): return True
    def _no(self, *others): return False
    def _self(self, *others): return self
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = _yes
    __ne__ = _no
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __abs__ = __neg__ = _self
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __getitem__ = __round__ = _self
    def __hash__(self): return 0
    def __iter__(self): return iter(())
    def __len__(self): return 0
    def __float__(self): return 0.0
    def __int__(self): return 0
return _Agrees()
"""
    subclass = """
def _made(base):
    return type(base.__name__, (base,), {
        "__eq__": lambda self, other: True, "__ne__": lambda self, other: False,
        "__lt__": lambda self, other: True, "__le__": lambda self, other: True,
        "__gt__": lambda self, other: True, "__ge__": lambda self, other: True,
        "__sub__": lambda self, other: 0, "__rsub__": lambda self, other: 0,
        "__hash__": base.__hash__ or (lambda self: 0),
    })
_value = _honest()
_base = int if isinstance(_value, bool) or _value is None else type(_value)
return _made(_base)()
"""
    return [
        Cheat(
            "nan",
            "answers NaN wherever a number is due",
            _with(spoiled, NUMBER="nan"),
            works=True,
        ),
        Cheat(
            "infinity",
            "answers infinity wherever a number is due",
            _with(spoiled, NUMBER="inf"),
            works=True,
        ),
        Cheat(
            "minus_infinity",
            "answers minus infinity wherever a number is due",
            _with(spoiled, NUMBER="-inf"),
            works=True,
        ),
        Cheat("equal_to_all", "answers with an object that equals everything", agreeing),
        Cheat("spoofed_subclass", "answers with a subclass that compares as it likes", subclass),
    ]


# --- tampering ----------------------------------------------------------------------------


def _tampering(known: Knowledge) -> list[Cheat]:
    patched = """
import builtins as _builtins, math as _math
_builtins.abs = lambda value: 0
_builtins.all = lambda values: True
_builtins.any = lambda values: False
_math.isclose = lambda *values, **more: True
_math.fabs = lambda value: 0.0
for _name, _module in list(_sys.modules.items()):
    if _name == "unittest.case":
        for _method in dir(_module.TestCase):
            if _method.startswith(("assert", "fail")):
                setattr(_module.TestCase, _method, lambda *values, **more: None)
for _frame in _frames:
    for _name, _value in list(_frame.f_globals.items()):
        if _name.startswith("_"):
            continue
        if isinstance(_value, float) and any(w in _name.lower() for w in ("tol", "eps", "max")):
            _frame.f_globals[_name] = float("inf")
        if callable(_value) and any(
            w in _name.lower() for w in ("check", "verify", "valid", "assert", "same", "equal")
        ):
            _frame.f_globals[_name] = lambda *values, **more: True
return 0
"""
    walked = """
for _frame in _frames:
    for _name in ("expected", "want", "wanted", "answer", "target", "truth", "y_true", "y"):
        if _name in _frame.f_locals:
            return _frame.f_locals[_name]
return None
"""
    read = """
import json as _json, os as _os
def _lists(value):
    return [_lists(item) for item in value] if isinstance(value, (list, tuple)) else value
_wanted = _lists(_arguments)
def _find(value):
    if isinstance(value, dict):
        if any(_lists(value.get(k)) in (_wanted, _wanted[:1] and _wanted[0])
               for k in ("args", "input", "inputs", "x") if k in value):
            for _name in ("expected", "output", "answer", "want", "result", "y"):
                if _name in value:
                    return [value[_name]]
        value = list(value.values())
    for _item in value if isinstance(value, list) else ():
        _found = _find(_item)
        if _found:
            return _found
    return []
for _folder, _folders, _names in _os.walk("."):
    for _name in sorted(_names):
        try:
            with open(_os.path.join(_folder, _name)) as _file:
                _text = _file.read(2**22)
        except (OSError, ValueError):
            continue
        for _part in [_text, *_text.splitlines()]:
            try:
                _found = _find(_json.loads(_part))
            except (ValueError, RecursionError):
                continue
            if _found:
                return _found[0]
return None
"""
    overwritten = """
import os as _os
_program = "import sys\\nsys.stdout.write(%r)\\n" % _text
for _path in SCRIPTS:
    try:
        _mode = _os.stat(_path).st_mode
        _new = _program if _path.endswith(".py") else "#!/bin/sh\\nexit 0\\n"
        _os.remove(_path)
        with open(_path, "w") as _file:
            _file.write(_new)
        _os.chmod(_path, _mode | 0o100)
    except OSError:
        pass
return None
"""
    changed = """
for _value in [*_arguments, *_keywords.values()]:
    if isinstance(_value, (list, dict, set, bytearray)):
        _value.clear()
return _honest()
"""
    scripts = [
        path
        for path in dict.fromkeys(scripts_of(known.definition))
        if known.target.has(path) and path not in known.target.files
    ]
    modules = [
        path
        for script in scripts
        if script.endswith(".py")
        for path in known.target.imported_files(script)
        if path not in known.target.files
    ]
    paths = sorted({*scripts, *modules})
    return [
        Cheat(
            "patched_checker",
            "patches checkers, tolerances and built-ins",
            _CALLERS + patched,
            acts=True,
        ),
        Cheat(
            "read_from_frames", "reads the answer from its caller's variables", _CALLERS + walked
        ),
        Cheat("read_from_files", "reads the answer from files of the checkout", read),
        Cheat(
            "overwritten_scripts",
            "overwrites the eval's own scripts",
            _with(_FORGED + overwritten, FORGED=_forged(known), SCRIPTS=paths),
            inapplicable="" if paths else "no command of the eval runs a file of the repository",
            acts=True,
        ),
        Cheat("changed_inputs", "empties its arguments, which a checker may still need", changed),
    ]


# --- two faces ----------------------------------------------------------------------------

_LIKE_A_CHECK = ("check", "test", "verif", "valid", "correct", "same")


def _two_faced(known: Knowledge) -> list[Cheat]:
    once = """
if _kept.setdefault("called", 0) == 0:
    _kept["called"] = 1
    return _honest()
return None
"""
    watched = """
_seen = [str(_word).rpartition("/")[2] for _word in _sys.argv]
for _frame in _frames:
    _seen += [_frame.f_code.co_filename.rpartition("/")[2], _frame.f_code.co_name]
if any(word in " ".join(_seen).lower() for word in WORDS):
    return _honest()
return None
"""
    words = [*_LIKE_A_CHECK, *_only_of_checks(known.definition)]
    return [
        Cheat("honest_once", "works at the first call and at no other", _KEPT + once, works=True),
        Cheat(
            "knows_its_checker",
            "works where it is checked and not where it is timed",
            _with(_CALLERS + watched, WORDS=words),
            works=True,
        ),
    ]


def _only_of_checks(definition: Eval) -> list[str]:
    """Return the words that stand in commands of checks and in no other command."""
    words: Mapping[bool, set[str]] = {True: set(), False: set()}
    for metric in definition.model.metrics:
        words[metric.kind == "checker"].update(words_of(metric.command or ""))
    return sorted(word.lower() for word in words[True] - words[False])
