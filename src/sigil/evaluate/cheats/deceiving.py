"""Cheats that deceive whoever checks: odd values, tampering, two faces.

Pure. Not here: cheats that merely save the work (`sigil.evaluate.cheats.shortcuts`).
"""

from __future__ import annotations

from collections.abc import Mapping

from sigil.evaluate.cheats.forging import scripts_of, words_of
from sigil.evaluate.cheats.knowledge import CALLERS, CHOOSE_FORGED, KEPT, Knowledge, filled, forged
from sigil.evaluate.cheats.model import Cheat
from sigil.evaluate.definition import Eval

# --- values -------------------------------------------------------------------------------


def values() -> list[Cheat]:
    """Return the cheats that answer with what compares oddly."""
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
            filled(spoiled, NUMBER="nan"),
            works=True,
        ),
        Cheat(
            "infinity",
            "answers infinity wherever a number is due",
            filled(spoiled, NUMBER="inf"),
            works=True,
        ),
        Cheat(
            "minus_infinity",
            "answers minus infinity wherever a number is due",
            filled(spoiled, NUMBER="-inf"),
            works=True,
        ),
        Cheat("equal_to_all", "answers with an object that equals everything", agreeing),
        Cheat("spoofed_subclass", "answers with a subclass that compares as it likes", subclass),
    ]


# --- tampering ----------------------------------------------------------------------------


def tampering(known: Knowledge) -> list[Cheat]:
    """Return the cheats that reach for the checker, its files or its inputs."""
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
            CALLERS + patched,
            acts=True,
        ),
        Cheat("read_from_frames", "reads the answer from its caller's variables", CALLERS + walked),
        Cheat("read_from_files", "reads the answer from files of the checkout", read),
        Cheat(
            "overwritten_scripts",
            "overwrites the eval's own scripts",
            filled(CHOOSE_FORGED + overwritten, FORGED=forged(known), SCRIPTS=paths),
            inapplicable="" if paths else "no command of the eval runs a file of the repository",
            acts=True,
        ),
        Cheat("changed_inputs", "empties its arguments, which a checker may still need", changed),
    ]


# --- two faces ----------------------------------------------------------------------------

_LIKE_A_CHECK = ("check", "test", "verif", "valid", "correct", "same")


def two_faced(known: Knowledge) -> list[Cheat]:
    """Return the cheats that work only where they are looked at."""
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
        Cheat("honest_once", "works at the first call and at no other", KEPT + once, works=True),
        Cheat(
            "knows_its_checker",
            "works where it is checked and not where it is timed",
            filled(CALLERS + watched, WORDS=words),
            works=True,
        ),
    ]


def _only_of_checks(definition: Eval) -> list[str]:
    """Return the words that stand in commands of checks and in no other command."""
    words: Mapping[bool, set[str]] = {True: set(), False: set()}
    for metric in definition.model.metrics:
        words[metric.kind == "checker"].update(words_of(metric.command or ""))
    return sorted(word.lower() for word in words[True] - words[False])
