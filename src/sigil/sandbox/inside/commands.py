"""Start commands: each in a fork of this small, prepared, single-threaded process.

Runs in the target's interpreter with its normal site: CPython 3.9 or later, the standard
library alone, and no knowledge of Sigil. Started with one argument, the number of the control
socket, over which everything else arrives.

Two kinds of process:

* the *zygote*: imports, forks, waits, kills. Under L3 it lives in user, mount, net and pid
  namespaces of its own, whose root holds what commands may read and, at one place, the host;
* the *command* (`program.py`): sealed and without the host before anybody else's code runs.

Who ends whom: the parent's end of any socket closing, or the parent's death, ends everything.
"""

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# What stands in sys.modules before our own imports is what `python` itself brings (E402).
# ruff: noqa: E402, PTH-LIST

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# ruff: noqa: PTH100, PTH110, PTH116, PTH120, PTH208

from __future__ import annotations

import sys

BARE = frozenset(sys.modules)
"""What the interpreter imports before any program starts."""

import gc
import os
import socket

import events
import kernel
import namespaces
import program
import view
import warden


class Zygote:
    """Has one command at a time.

    The parent says ``fork`` (with a gate), ``door`` (with a channel, see `door.py`) and ``stop``.
    """

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.parent = kernel.open_process(os.getppid())
        self.config, _ = events.receive(control)
        if self.config is None:
            os._exit(0)
        self.exposed = None
        self.shared = []
        self.namespace = None

    def prepare(self) -> None:
        """Import what programs will want, then enter the namespaces that commands share."""
        program.ready_policies(self.config)
        program.preload(self.config["preload"])
        self.exposed = view.allowed(self.config["readable"])
        if self.config["level"] == "L3":
            _forget_paths_outside(self.exposed)
            namespaces.unshare("user", "mount", "net", "pid")
            _become_first_process()
            self.shared = view.build(self.exposed) + view.hold_what_all_share()
            own = os.open(view.HOST + "/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
            self.namespace = namespaces.PidNamespace(own)
        else:
            kernel.adopt_orphans()
            self.config["other_processes"] = _tasks_of_ours()
        kernel.set_dumpable(0)
        kernel.drop_bounding_set()
        _hide_own_modules()
        program.note_preloaded(BARE)
        gc.collect()
        gc.freeze()

    def serve(self):
        """Answer requests until the parent is gone.

        Returns:
            Only in a fork that is to run a program warm: what it has to call.
        """
        self.wake = events.wake_on_children()
        events.send(self.control, {"ready": os.getpid(), "shared": self.shared})
        while True:
            ready = events.wait([self.control.fileno(), self.parent])
            word, descriptors = self._hear() if self.parent not in ready else (b"", [])
            if not word:
                os._exit(0)
            if word != b"fork":
                for number in descriptors:
                    os.close(number)
                continue  # meant for what had just ended
            ward = warden.Ward(self.config, self.exposed, self.namespace)
            run = ward.start(descriptors[0])
            if run is not None:
                return run
            self._watch(ward)

    def _watch(self, ward) -> None:
        """Wait until the command ends or is to be ended; leave nothing running; report."""
        ended = False
        while not ended:
            ready = events.wait([self.control.fileno(), self.parent, self.wake, *ward.numbers()])
            ward.attend(ready)
            if self.wake in ready:
                events.drain(self.wake)
                ended = ward.reap()
            if self.control.fileno() in ready:
                _, descriptors = self._hear()
                if descriptors:
                    ward.open_door(descriptors[0])
                else:
                    ended = True
            ended = ended or self.parent in ready
        events.send(self.control, ward.end())
        ward.close()

    def _hear(self):
        """Return the parent's next word, and the gate of the command that it asks for."""
        data, descriptors, _, _ = socket.recv_fds(self.control, 16, 1)
        return data, descriptors


def _become_first_process() -> None:
    """Go on as pid 1 of the new pid namespace; the process before only waits for its end.

    A pid namespace can be made again and again only from within one that is our own.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os._exit(0)
    kernel.die_with_parent(0)
    namespaces.mount("proc", "/proc", "proc")


def _tasks_of_ours() -> int:
    """Return how many tasks this user has already: the limit on processes counts them too."""
    tasks = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat("/proc/" + name).st_uid == os.geteuid():
                tasks += len(os.listdir("/proc/{}/task".format(name)))
        except OSError:
            continue  # it has just ended
    return tasks


def _forget_paths_outside(exposed) -> None:
    """Drop folders from ``sys.path`` that an interpreter inside the view would not find."""
    kept = [path for path in sys.path if exposed.covers(path) or not os.path.exists(path)]
    sys.path[:] = kept


def _hide_own_modules() -> None:
    """Let a program that imports a module called ``program`` find its own and not ours."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    sys.path_importer_cache.pop(here, None)
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if name != "__main__" and origin and os.path.dirname(origin) == here:
            del sys.modules[name]


def main() -> None:
    """Serve; in a fork that is to run a program warm, run it as the outermost thing."""
    zygote = Zygote(socket.socket(fileno=int(sys.argv[1])))
    try:
        zygote.prepare()
    except Exception as error:  # noqa: BLE001 - all of it is reported
        events.send(zygote.control, {"failed": "{}: {}".format(type(error).__name__, error)})
        os._exit(1)
    run = zygote.serve()
    del zygote
    run()


if __name__ == "__main__":
    main()
