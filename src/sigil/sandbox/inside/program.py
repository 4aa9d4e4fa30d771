"""Become the command: seal this process, wait for the word, then run the program.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. A program is either executed, or, if it is Python and was asked for without
options, run *warm*: in this very interpreter, which already has what `python` would first have
to start and import. What a warm program sees is what `python` shows it: ``sys.argv``,
``sys.path``, ``__main__``, the streams, its exit.

Not here: who waits for it (`warden.py`).
"""

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# ruff: noqa: PTH100, PTH109, PTH116, PTH118, PTH120, PTH208

from __future__ import annotations

import io
import json
import os
import runpy
import signal
import stat
import sys
import types

import events
import kernel
import view

_GATE = 3
_BARE = frozenset(sys.modules)
"""What the interpreter has before any program starts, and a few modules that it lacks."""


def preload(names: list) -> None:
    """Import what is there of ``names``; what is not will fail in the program, as it should."""
    for name in names:
        try:
            __import__(name)
        except BaseException:
            continue


def understand(word: bytes) -> dict:
    """Return what the sealed process said to its warden, as the parent is to hear it."""
    return json.loads(word)


def prepare(config: dict, exposed, request: dict, descriptors: list, gate):
    """Seal this process; say so; wait; then execute the program, or return it as a function."""
    os.setsid()
    _place_descriptors(descriptors, gate)
    home = view.HOME if config["level"] == "L3" else request["home"]
    root = view.CHECKOUT if config["level"] == "L3" else request["path"]
    _set_environment(request["env"], home)
    os.chdir(root)
    events.default_signals()
    _seal(config, exposed, request, root, home)
    run = _self_test(request) or _warm(request)
    os.write(_GATE, json.dumps({"ready": True, "warm": run is not None}).encode())
    if os.read(_GATE, 16) != b"go":
        os._exit(0)
    if run is None:
        _execute(request["argv"])
    os.close(_GATE)
    return run


def _self_test(request: dict):
    secret = request.get("self_test")
    if not secret:
        return None

    def run() -> None:
        os.write(1, json.dumps(view.powers_left(secret)).encode())
        os._exit(0)

    return run


# --- sealing ------------------------------------------------------------------------------


def _place_descriptors(descriptors: list, gate) -> None:
    """Make the three streams 0 to 2 and the gate 3, and close all else."""
    numbers = [*descriptors, gate.detach()]
    high = [os.dup2(number, 100 + i, inheritable=False) for i, number in enumerate(numbers)]
    for i, number in enumerate(high):
        os.dup2(number, i, inheritable=i != _GATE)
    kernel.close_from(_GATE + 1)


def _set_environment(env: dict, home: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.environ["HOME"] = home


def _seal(config: dict, exposed, request: dict, root: str, home: str) -> None:
    limits = request["limits"]
    kernel.limit("CORE", 0)
    kernel.limit("FSIZE", limits["file_bytes"])
    kernel.limit("NPROC", limits["processes"] + config["other_processes"])
    if not config["memory_group"]:
        kernel.limit("AS", kernel.address_space() + limits["memory_bytes"])
    if config["level"] == "L0":
        return
    kernel.no_new_privileges()
    kernel.drop_capabilities()
    kernel.set_dumpable(1)
    policy = config["policies"][request["network"]]
    rules = view.rules(config["level"], exposed, policy, root, home)
    kernel.landlock(policy["files"], policy["tcp"], policy["scoped"], rules)
    kernel.Seccomp(bytes.fromhex(policy["program"])).install()


# --- executing ----------------------------------------------------------------------------


def _execute(argv: list) -> None:
    """Replace this process by the program; tell the warden if that cannot be done."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    reason = None
    for path in _candidates(argv[0]):
        try:
            os.execve(path, argv, os.environ)
        except OSError as error:
            if reason is None or not isinstance(error, FileNotFoundError):
                reason = error
    text = reason.strerror if reason else "not found"
    os.write(_GATE, json.dumps({"missing": "{}: {}".format(argv[0], text)}).encode())
    os._exit(127)


def _candidates(name: str) -> list:
    if "/" in name:
        return [name]
    return [os.path.join(folder, name) for folder in os.environ.get("PATH", "").split(":")]


# --- running warm -------------------------------------------------------------------------


def _warm(request: dict):
    """Return the program as a function; None if only a fresh interpreter would do."""
    wanted = request.get("warm")
    if not wanted:
        return None
    kind, name = wanted["kind"], wanted["name"]
    if kind == "script" and not _is_plain_file(name):
        return None  # a folder or archive, or `python` will say that it is missing
    first = {"script": os.path.dirname(os.path.realpath(name)), "module": os.getcwd(), "code": ""}
    extra = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path]
    path = [first[kind], *(os.path.abspath(p) for p in extra)]
    if _is_shadowed(path):
        return None
    _look_fresh(wanted, path, request["argv"])
    return {"script": _script, "module": _module, "code": _code}[kind](name)


def _is_plain_file(name: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(name).st_mode)
    except OSError:
        return False


def _is_shadowed(path: list) -> bool:
    """Say whether the program's own folders have a module that was preloaded from elsewhere."""
    preloaded = {name.partition(".")[0] for name in sys.modules.keys() - _BARE}
    preloaded |= {"sitecustomize", "usercustomize"}
    for folder in path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        if any(name.partition(".")[0] in preloaded for name in names):
            return True
    return False


def _look_fresh(wanted: dict, path: list, argv: list) -> None:
    sys.path[:0] = path
    first = {"script": wanted["name"], "module": "-m", "code": "-c"}[wanted["kind"]]
    sys.argv[:] = [first, *wanted["args"]]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = argv
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=sys.modules["builtins"], __annotations__={})
    sys.modules["__main__"] = main
    _renew_streams()


def _renew_streams() -> None:
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        old = getattr(sys, name)
        raw = io.FileIO(number, mode, closefd=False)
        raw.name = "<{}>".format(name)
        buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
        new = io.TextIOWrapper(
            buffer, old.encoding, old.errors, newline=None if mode == "r" else "\n",
            line_buffering=name == "stderr",
        )  # fmt: skip
        new.mode = mode
        setattr(sys, name, new)
        setattr(sys, "__{}__".format(name), new)


def _script(name: str):
    def run() -> None:
        from importlib.machinery import SourceFileLoader

        main = sys.modules["__main__"]
        path = os.path.join(os.getcwd(), name) if sys.version_info >= (3, 9) else name
        loader = SourceFileLoader("__main__", path)
        main.__dict__.update(__file__=path, __cached__=None, __loader__=loader)
        with io.open_code(path) as file:
            source = file.read()
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)

    return lambda: _as_outermost(run)


def _module(name: str):
    return lambda: _as_outermost(lambda: runpy._run_module_as_main(name))


def _code(code: str):
    def run() -> None:
        from importlib.machinery import BuiltinImporter

        main = sys.modules["__main__"]
        main.__dict__.update(__loader__=BuiltinImporter)
        exec(compile(code, "<string>", "exec", dont_inherit=True), main.__dict__)

    return lambda: _as_outermost(run)


def _as_outermost(run) -> None:
    """Run a program and end the way that `python` ends after it."""
    try:
        run()
    except SystemExit:
        raise
    except BaseException as error:
        _report(error)
        if isinstance(error, KeyboardInterrupt):
            _end_by_interrupt()
        sys.exit(1)


def _report(error: BaseException) -> None:
    """Print a traceback as if none of our frames were in it."""
    trace = error.__traceback__
    ours = {_script.__code__.co_filename, sys._getframe().f_code.co_filename}
    while trace is not None and trace.tb_frame.f_code.co_filename in ours:
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _end_by_interrupt() -> None:
    import atexit

    atexit._run_exitfuncs()
    sys.stdout.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
