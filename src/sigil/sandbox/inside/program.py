"""Become the command: seal this process, say so, then run the program.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. A program is either executed, or, if it is Python and was asked for without
options, run *warm*: in this very interpreter, which already has what `python` would first have
to start and import. What a warm program sees is what `python` shows it: ``sys.argv``,
``sys.path``, ``__main__``, the streams, its exit.

Not here: who waits for it (`warden.py`).
"""

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# ruff: noqa: PTH100, PTH103, PTH109, PTH116, PTH118, PTH120, PTH208

from __future__ import annotations

import atexit
import ctypes
import gc
import io
import json
import os
import runpy
import signal
import socket
import stat
import sys
import threading
import time
import types
from contextlib import suppress
from importlib.machinery import BuiltinImporter, SourceFileLoader

import events
import kernel
import view

_GATE, _SETTLED = 3, 4
_PRELOADED = set()
"""All that was imported before a program started."""
_WOULD_SHADOW = {"sitecustomize", "usercustomize"}
"""What a program must not have in its own folders if it is to run here."""


def preload(names: list) -> None:
    """Import what is there of ``names``; what is not will fail in the program, as it should."""
    for name in names:
        try:
            __import__(name)
        except BaseException:  # noqa: BLE001 - the program is to meet it, not we
            continue


def ready_policies(config: dict) -> None:
    """Make of each policy's bytes what can be installed at once."""
    for policy in config["policies"].values():
        policy["program"] = kernel.Seccomp(bytes.fromhex(policy["program"]))
        if policy["supervised"]:
            policy["supervised"] = kernel.Seccomp(bytes.fromhex(policy["supervised"]))


def note_preloaded(bare: frozenset) -> None:
    """Remember what is imported by now. ``bare``: what `python` itself always imports."""
    _PRELOADED.update(sys.modules)
    _PRELOADED.discard("__main__")
    _WOULD_SHADOW.update(name.partition(".")[0] for name in _PRELOADED - bare)


def become(config: dict, exposed, gate_number: int, settled: int):
    """Prepare, wait for the request, seal this process, run the program.

    Returns:
        Only if the program is to run warm: what to call.
    """
    gate = _place_gate(gate_number, settled)
    try:
        kernel.set_dumpable(1)
        if config["level"] == "L3":
            view.settle(exposed, config["tmp_bytes"])
        os.setsid()
        os.umask(0o022)
        events.default_signals()
        _be_killed_first(config)
        _copy_pages_ahead()
        os.write(_SETTLED, b"{}")
        request, streams = events.receive(gate)
        if request is None:
            os._exit(0)
        _place_streams(streams)
        return _pass_gate(config, exposed, request, gate)
    except BaseException as error:  # noqa: BLE001 - all of it is reported
        events.send(gate, {"failed": "{}: {}".format(type(error).__name__, error)})
        os._exit(1)


def _copy_pages_ahead() -> None:
    """Write to the pages that starting a program writes to, now, while nobody waits for it.

    A fork shares its pages until one side writes, and in CPython to look at an object is to
    write its reference count.
    """
    for module in list(sys.modules.values()):
        for value in list(vars(module).values()):
            del value
    exec(compile("import sys\nany(str(n) for n in range(3))\n", "<ahead>", "exec"), {})
    gc.collect()


def _pass_gate(config: dict, exposed, request: dict, gate):
    """Become what the request asks for."""
    home, root = request["home"], request["path"]
    if config["level"] == "L3":
        view.enter(request, config["tmp_bytes"])
        home, root = view.HOME, view.CHECKOUT
    else:
        os.makedirs(home + "/tmp", exist_ok=True)
        request["env"].setdefault("TMPDIR", home + "/tmp")
    _set_environment(request["env"], home)
    os.chdir(root)
    _seal(config, exposed, request, root, home)
    run = _self_test(request) or _warm(request)
    used = int(time.process_time() * 1e9)
    started = {"started_ns": time.perf_counter_ns(), "cpu_ns": used, "warm": run is not None}
    events.send(gate, started)
    if run is None:
        _execute(request["argv"], gate)
    gate.close()
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


def _place_gate(gate: int, settled: int):
    """Put our two descriptors behind the streams, and close all that the zygote had."""
    if min(gate, settled) <= _SETTLED:
        raise ValueError("the zygote has too few descriptors of its own")
    os.dup2(gate, _GATE, inheritable=False)
    os.dup2(settled, _SETTLED, inheritable=False)
    kernel.close_from(_SETTLED + 1)
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, _GATE)


def _place_streams(streams: list) -> None:
    for place, number in enumerate(streams):
        os.dup2(number, place)
        os.close(number)


def _be_killed_first(config: dict) -> None:
    """When memory runs out, let the kernel take a command and not the zygote."""
    proc = view.HOST if config["level"] == "L3" else ""
    with suppress(OSError):
        number = os.open(proc + "/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(number, b"1000")
        os.close(number)


def _set_environment(env: dict, home: str) -> None:
    """Change the zygote's variables into the command's; most are the same already."""
    for name in os.environ.keys() - env.keys():
        del os.environ[name]
    for name, value in {**env, "HOME": home}.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _seal(config: dict, exposed, request: dict, root: str, home: str) -> None:
    limits = request["limits"]
    kernel.limit("CORE", 0)
    kernel.limit("FSIZE", limits["file_bytes"])
    kernel.limit("NPROC", limits["processes"] + config["other_processes"])
    if not config["memory_group"]:
        kernel.limit("AS", kernel.address_space() + limits["memory_bytes"])
    policy = config["policies"].get(request["network"])
    if policy is not None:
        kernel.no_new_privileges()
        kernel.keep_capabilities()
        if policy["supervised"]:
            _be_supervised(policy["supervised"], [root, home])
        rules = view.rules(config["level"], exposed, policy, root, home)
        kernel.landlock(policy["files"], policy["tcp"], policy["scoped"], rules)
        policy["program"].install()
    os.close(_SETTLED)


def _be_supervised(program, roots: list) -> None:
    """Have the zygote decide about what landlock cannot see."""
    listener = program.install_with_listener()
    events.tell(_SETTLED, {"roots": roots}, [listener])
    os.close(listener)


# --- executing ----------------------------------------------------------------------------


def _execute(argv: list, gate) -> None:
    """Replace this process by the program; say so at the gate if that cannot be done."""
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
    events.send(gate, {"missing": "{}: {}".format(argv[0], text)})
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
    for folder in path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        if not _WOULD_SHADOW.isdisjoint([name.partition(".")[0] for name in names]):
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


def _script(name: str):
    def run() -> None:
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
        main = sys.modules["__main__"]
        main.__dict__.update(__loader__=BuiltinImporter)
        exec(compile(code, "<string>", "exec", dont_inherit=True), main.__dict__)

    return lambda: _as_outermost(run)


def _as_outermost(run) -> None:
    """Run a program, and end the way that `python` ends after it."""
    code = 0
    try:
        run()
    except SystemExit as request:
        code = _exit_code(request)
    except BaseException as error:  # noqa: BLE001 - whatever a program does not catch
        _report(error)
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    _finish(code)


def _exit_code(request: SystemExit) -> int:
    """Return the status that `python` would exit with; print what it would print."""
    code = request.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(2**63) <= code < 2**63 else 0xFF
    sys.stdout.flush()
    print(code, file=sys.stderr)
    return 1


def _report(error: BaseException) -> None:
    """Print a traceback as if none of our frames were in it."""
    trace = error.__traceback__
    ours = _report.__code__.co_filename
    while trace is not None and trace.tb_frame.f_code.co_filename in (ours, runpy.__file__):
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _finish(code: int) -> None:
    """Do what an interpreter does at its end, but for taking apart what was preloaded.

    That would copy every page of it and cost more than most programs. So: wait for threads,
    run exit functions, flush, clear the program's own modules (which closes its files), and
    let C libraries flush theirs.
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    if not _flushed() and code == 0:
        code = _UNFLUSHED
    for name in sys.modules.keys() - _PRELOADED:
        if isinstance(sys.modules.get(name), types.ModuleType):
            _clear(vars(sys.modules[name]))
    gc.collect()
    _flushed()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    _exit(code & 0xFF)


_exit = ctypes.PyDLL(None).exit
"""Of libc: runs the exit functions of libraries and flushes C's own streams."""
_UNFLUSHED = 120
"""The status of an interpreter that cannot flush its stdout."""


def _flushed() -> bool:
    """Flush the standard streams, as far as the program left any."""
    done = True
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except (OSError, ValueError, AttributeError):
            done = stream is not sys.stdout
    return done


def _clear(names: dict) -> None:
    """Forget a module's values in the order of CPython: private names first."""
    for private in (True, False):
        for name in list(names):
            is_private = name.startswith("_") and not name.startswith("__")
            if is_private == private and name != "__builtins__":
                names[name] = None
