"""The zygote of the calls face: preload, seal, run stable modules, then fork workers.

Runs in the target's interpreter with the standard library alone. Three processes:

* the *guard* runs nothing foreign. It waits for the parent or the zygote to go, and takes
  the other along, so that nothing outlives the process that asked for it;
* the *zygote*, its only child, is pid 1 of a pid namespace where there is one: when it
  dies the kernel kills every worker. Elsewhere each worker asks to die with it;
* *workers* (`worker.py`), one fork each, on a socket that the parent made.

Talk with the parent, over the one inherited SEQPACKET socket: facts → plan → ready, then
fork and reap requests. Only the zygote can reap a worker, so when it kills one there is no
other process that could have got the number: no pidfd is needed for that.

Not here: which rung to seal at; the parent decides and says so in the plan.
"""

from __future__ import annotations

import _signal
import _socket
import errno
import gc
import importlib
import marshal
import os
import resource
import select
import struct
import sys

import codec
import kernel
import modules
import namespaces
import worker

CONTROL = 3
PACKET = 65536
REQUEST = struct.Struct("=cI")
REAPED = struct.Struct("=cIiqq")
FORK, REAP = b"F", b"R"
UNFORKED, REAPED_WORKER = b"U", b"D"
_ROOM = _socket.CMSG_SPACE(4)


def main(descriptor):
    """Run the guard and, in its child, the zygote. Never returns."""
    os.dup2(descriptor, CONTROL)
    kernel.close_from(CONTROL + 1)
    control = _socket.socket(fileno=CONTROL)
    _send(control, {"landlock": kernel.landlock_abi(), "euid": os.geteuid()})
    plan = _receive(control)
    try:
        _unshare(plan, "guard")
    except OSError as error:
        _refuse(control, "seal", error)
    guard = os.getpid()
    zygote = os.fork()
    if zygote == 0:
        _zygote(control, plan, guard)
    _guard(control, zygote)


def _guard(control, zygote):
    """Outlive nobody: end when the parent closes its end or the zygote dies."""
    poll = select.poll()
    poll.register(control, 0)  # only POLLHUP, which is always reported
    wait = None
    try:
        poll.register(kernel.open_process(zygote), select.POLLIN)
    except OSError:
        wait = 1000
    while True:
        closed = any(where == CONTROL for where, _ in poll.poll(wait))
        if closed:
            os.kill(zygote, _signal.SIGKILL)
        if os.waitpid(zygote, 0 if closed else os.WNOHANG)[0]:
            os._exit(0)


# --- the zygote ---------------------------------------------------------------------------


def _zygote(control, plan, guard):
    """Prepare in the order in which powers stop being needed, then serve."""
    # In a pid namespace of its own the zygote is number 1 and its parent is number 0.
    parent = 0 if os.getpid() == 1 else guard
    stage = "preload"
    try:
        _preload(plan)
        served = modules.Served()
        stage = "seal"
        memory = kernel.MappedMemory()
        _give_up(plan, parent)
        stage = "modules"
        served.add(plan["modules"])
        sys.meta_path.insert(0, served)
        for name in plan["modules"]:
            importlib.import_module(name)
        stage = "seal"
        rules = _close_down(plan, served, memory, parent)
    except BaseException as error:  # noqa: BLE001 (a stable module may raise anything)
        _refuse(control, stage, error, served.place_of(error) if stage == "modules" else "")
    namespaces = [*plan["namespaces"]["guard"], *plan["namespaces"]["root"]]
    _send(control, {"ready": True, "namespaces": namespaces, "uid": os.geteuid()})
    plan.clear()
    _serve(control, rules, served)


def _refuse(control, stage, error, place=""):
    """Tell the parent what could not be done, and end."""
    text = "{}: {}{}".format(type(error).__name__, error, place)
    _send(control, {"failed": stage, "text": text[:2000]})
    os._exit(1)


def _preload(plan):
    """Import what workers shall have.

    What wants to run after each fork is not registered: locks cannot be held here, there is
    one thread. `random` would draw a new seed; so it starts alike in each worker instead.
    """
    register, os.register_at_fork = os.register_at_fork, lambda **_: None
    for name in plan["default"]:
        _import_if_there(name)
    # Only now: a file of the user's may bear the name of a standard module.
    sys.path[:0] = plan["path"]
    for name in plan["preload"]:
        importlib.import_module(name)
    os.register_at_fork = register
    random = sys.modules.get("random")
    if random is not None:
        random.seed(0)


def _import_if_there(name):
    """Import a standard module; not every build of CPython has every one."""
    try:
        importlib.import_module(name)
    except ImportError:
        return


def _unshare(plan, who):
    """Enter the namespaces that the plan has for this moment, all at once."""
    names = plan["namespaces"][who]
    if names:
        namespaces.unshare(*names)


def _give_up(plan, parent):
    """Give up what stable modules do not need: the network, other processes, writing.

    Root is still root, to read the user's files, with no capability but to become nobody.
    """
    _unshare(plan, "root")
    _follow(parent)
    if plan["filter"]:
        kernel.no_new_privileges()
        kernel.drop_capabilities(keep=kernel.CHANGE_IDS)
    if plan["reading"]:
        kernel.landlock(*plan["reading"])
    if plan["filter"]:
        kernel.Seccomp(plan["filter"]).install()


def _follow(parent):
    """Die with the guard. A change of ids makes the kernel forget this."""
    if sys.platform == "linux":
        kernel.die_with_parent(parent)


def _become_nobody(plan, parent):
    """Give up being root, and the last capabilities."""
    if plan["uid"] != os.geteuid():
        try:
            kernel.become(plan["uid"], plan["uid"])
        except OSError as error:
            # A user namespace may have no nobody. The parent is told who we are.
            if error.errno != errno.EINVAL:
                raise
        _follow(parent)
    if plan["filter"]:
        kernel.drop_capabilities()


def _close_down(plan, served, memory, parent):
    """Leave nothing for a fork to find or to read; return what each one does to itself."""
    limits = plan["limits"]
    _become_nobody(plan, parent)
    mapped = memory.read()
    kernel.close_from(CONTROL + 1)
    if plan["nothing"]:
        kernel.landlock(*plan["nothing"])
    if sys.platform == "linux":
        kernel.set_dumpable(0)
        kernel.limit("AS", mapped + limits["memory"])
    for name in ("FSIZE", "CORE", "MEMLOCK", "MSGQUEUE"):
        if hasattr(resource, "RLIMIT_" + name):
            kernel.limit(name, 0)
    served.install()
    sys.argv[:] = [""]
    sys.modules["__main__"] = type(sys)("__main__")
    alone = os.getpid() != 1 and sys.platform == "linux"
    rules = worker.Rules(plan["worker"], limits["cpu"], os.getpid() if alone else 0)
    worker.rehearse(served)
    gc.collect()
    kernel.trim_heap()
    gc.freeze()
    return rules


def _serve(control, rules, served):
    running = {}
    wire = worker.Wire(control)
    while True:
        packet, ancillary, _, _ = control.recvmsg(64, _ROOM)
        if not packet:
            os._exit(0)
        kind, number = REQUEST.unpack(packet)
        if kind == FORK:
            (descriptor,) = struct.unpack("=i", ancillary[0][2])
            try:
                pid = os.fork()
            except OSError as error:
                os.close(descriptor)
                control.send(REAPED.pack(UNFORKED, number, error.errno, 0, 0))
                continue
            if pid == 0:
                worker.run(descriptor, wire, rules, served)
            os.close(descriptor)
            running[number] = pid
        elif number in running:
            pid = running.pop(number)
            os.kill(pid, _signal.SIGKILL)
            _, status, used = os.wait4(pid, 0)
            cpu = int((used.ru_utime + used.ru_stime) * 1e6)
            control.send(REAPED.pack(REAPED_WORKER, number, status, cpu, used.ru_maxrss))


# --- messages before the first fork ---------------------------------------------------------


def _send(control, message):
    control.send(codec.spell(message).encode())


def _receive(control):
    """Return the parent's plan: its length in one packet, then its bytes in many."""
    first = control.recv(16)
    if not first:
        os._exit(0)
    length = int(first)
    data = bytearray()
    while len(data) < length:
        piece = control.recv(PACKET)
        if not piece:
            os._exit(0)
        data += piece
    return marshal.loads(data)
