"""What the kernel must refuse to a sealed worker: files, sockets, processes, other memory."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from sigil.sandbox import CallSandbox, CandidateFailed, Case, Raised, Source

pytestmark = pytest.mark.hostile

# Each returns something only if the attack worked.
REFUSED = {
    "read a system file": "def f(): return open('/etc/passwd').read()",
    "list a directory": "import os\ndef f(): return os.listdir('/')",
    "stat a file": "import os\ndef f(): return os.stat('/etc/passwd').st_size",
    "read its own memory file": "def f(): return open('/proc/self/mem', 'rb').read(1)",
    "read its own maps": "def f(): return open('/proc/self/maps').read()",
    "read its parent's environment": (
        "import os\ndef f(): return open('/proc/%d/environ' % os.getppid(), 'rb').read()"
    ),
    "make a symlink": "import os\ndef f(): return os.symlink('/etc/passwd', '/tmp/link') or 'made'",
    "make a hard link": "import os\ndef f(): return os.link('/etc/passwd', '/tmp/link') or 'made'",
    "make a directory": "import os\ndef f(): return os.mkdir('/tmp/sigil-hostile') or 'made'",
    "open a TCP socket": "import _socket\ndef f(): return _socket.socket().fileno()",
    "open a unix socket": (
        "import _socket\ndef f(): return _socket.socket(_socket.AF_UNIX).fileno()"
    ),
    "open a socket pair": "import _socket\ndef f(): return _socket.socketpair()[0].fileno()",
    "fork": "import os\ndef f(): return str(os.fork())",
    "fork a bomb": "import os\ndef f():\n    while True: os.fork()",
    "become a daemon": "import os\ndef f():\n    if os.fork() == 0: os.setsid()\n    return 'away'",
    "start a new session": "import os\ndef f(): return os.setsid() or 'set'",
    "exec": "import os\ndef f(): return os.execv('/bin/true', ['true'])",
    "spawn": "import os\ndef f(): return os.posix_spawn('/bin/true', ['true'], {})",
    "run a shell": "import os\ndef f(): return os.popen('id').read() or None",
    "run a program": "import subprocess\ndef f(): return subprocess.run(['id']).returncode + 1",
    "kill everybody": "import os\ndef f(): return os.kill(-1, 9) or 'killed'",
    "kill its parent": "import os\ndef f(): return os.kill(os.getppid(), 9) or 'killed'",
    "stop itself": (
        "import os, signal\ndef f(): return os.kill(os.getpid(), signal.SIGSTOP) or 'on'"
    ),
    "raise its limits": (
        "import resource as r\n"
        "def f(): return r.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY, r.RLIM_INFINITY)) or 'raised'"
    ),
    "ignore SIGXCPU": (
        "import signal\ndef f(): return str(signal.signal(signal.SIGXCPU, signal.SIG_IGN))"
    ),
    "pin itself elsewhere": "import os\ndef f(): return os.sched_setaffinity(0, {0, 1}) or 'moved'",
    "close its socket": "import os\ndef f(): return os.close(3) or 'closed'",
    "duplicate its socket": "import os\ndef f(): return os.dup(3)",
    "become another user": "import os\ndef f(): return os.setuid(0) or 'root'",
    "change its root": "import os\ndef f(): return os.chroot('/') or 'moved'",
    "climb from __subclasses__ to a shell": (
        "def f():\n"
        "    for kind in object.__subclasses__():\n"
        "        if kind.__name__ == '_wrap_close':\n"
        "            return kind.__init__.__globals__['popen']('id').read() or None\n"
        "    raise OSError('no such class')"
    ),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_a_worker_is_refused(run, attack):
    outcome = run(REFUSED[attack])
    assert isinstance(outcome, Raised), outcome
    # ValueError is how CPython's setrlimit says EPERM.
    assert outcome.error in {"PermissionError", "OSError", "ValueError"}, outcome


# By number, so that no wrapper of libc stands between: (x86_64, aarch64, arguments).
CALLS = {
    "ptrace": (101, 117, (0, 0, 0, 0)),
    "process_vm_readv": (310, 270, (1, 0, 0, 0, 0, 0)),
    "process_vm_writev": (311, 271, (1, 0, 0, 0, 0, 0)),
    "openat": (257, 56, (-100, b"/etc/passwd", 0, 0)),
    "openat2": (437, 437, (-100, b"/etc/passwd", bytes(24), 24)),
    "io_uring_setup": (425, 425, (8, bytes(120))),
    "bpf": (321, 280, (0, bytes(120), 120)),
    "userfaultfd": (323, 282, (0,)),
    "perf_event_open": (298, 241, (bytes(120), 0, -1, -1, 0)),
    "keyctl": (250, 219, (0, -3, 0)),
    "memfd_create": (319, 279, (b"x", 0)),
    "unshare": (272, 97, (0x10000000,)),
    "setns": (308, 268, (3, 0)),
    "mount": (165, 40, (b"none", b"/tmp", b"tmpfs", 0, 0)),
    "prctl": (157, 167, (4, 1, 0, 0, 0)),
    "seccomp": (317, 277, (1, 0, 0)),
    "clone": (56, 220, (17, 0, 0, 0, 0)),
    "clone3": (435, 435, (bytes(64), 64)),
    "tgkill": (234, 131, (1, 1, 9)),
    "pidfd_open": (434, 434, (1, 0)),
    "socket": (41, 198, (1, 1, 0)),
    "sendmsg": (46, 211, (3, bytes(64), 0)),
    "personality": (135, 92, (0xFFFFFFFF,)),
    "kexec_load": (246, 104, (0, 0, 0, 0)),
    "init_module": (175, 105, (0, 0, 0)),
    "name_to_handle_at": (303, 264, (-100, b"/", bytes(24), bytes(8), 0)),
    "shmget": (29, 194, (0, 4096, 0o1600)),
}

RAW = """
import ctypes
call = ctypes.CDLL(None, use_errno=True).syscall
def f(number, arguments):
    return call(number, *arguments), ctypes.get_errno()
"""


@pytest.mark.parametrize("name", CALLS)
def test_a_worker_is_refused_the_system_call(run, name):
    x86, arm, arguments = CALLS[name]
    number = x86 if os.uname().machine == "x86_64" else arm
    outcome = run(RAW, number, arguments)
    result, errno = outcome.value
    assert result == -1
    assert errno in {1, 38}, os.strerror(errno)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the x32 ABI belongs to x86_64")
def test_a_worker_that_calls_through_the_x32_abi_is_killed(run):
    with pytest.raises(CandidateFailed) as failed:
        run(RAW, 0x40000000 | 39, ())
    assert failed.value.kind == "signalled"
    assert "SIGSYS" in failed.value.detail


def test_a_worker_cannot_make_memory_executable(run):
    source = (
        "import ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.mmap.restype = ctypes.c_void_p\n"
        "def f(): return libc.mmap(None, 4096, 7, 0x22, -1, 0) in (None, 2**64 - 1)\n"
    )
    assert run(source).value is True


def test_a_worker_cannot_write_the_score_file(run, tmp_path):
    tmp_path.chmod(0o777)
    score = tmp_path / "score.json"
    run("def f(path): open(path, 'w').write('100')", str(score))
    assert not score.exists()


def test_a_worker_cannot_read_the_holdout_key(run, tmp_path):
    key = tmp_path / "holdout.key"
    key.write_text("the key")
    key.chmod(0o666)
    tmp_path.chmod(0o777)
    outcome = run("def f(path): return open(path).read()", str(key))
    assert isinstance(outcome, Raised)


def test_a_worker_cannot_reach_a_listening_unix_socket(run, tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0sigil-hostile-test")
        listening.listen()
        outcome = run(
            "import _socket\n"
            "def f(name):\n"
            "    _socket.socket(_socket.AF_UNIX).connect(name)\n"
            "    return 'connected'",
            b"\0sigil-hostile-test",
        )
    assert isinstance(outcome, Raised)


def test_a_worker_cannot_resolve_a_name(run):
    outcome = run("import _socket\ndef f(): return str(_socket.getaddrinfo('localhost', 80))")
    assert isinstance(outcome, Raised)


def test_a_worker_cannot_start_a_thread(run):
    outcome = run(
        "import _thread\ndef f(): return _thread.start_new_thread(print, ()) and 'started'"
    )
    assert isinstance(outcome, Raised)
    assert outcome.error == "RuntimeError"


@pytest.mark.parametrize("hook", ["atexit.register(write)", "Ghost.kept = Ghost()"])
def test_nothing_is_written_when_a_worker_ends(sandbox: CallSandbox, tmp_path: Path, hook):
    tmp_path.chmod(0o777)
    target = tmp_path / "left-behind"
    source = (
        "import atexit\n"
        f"def write(): open({str(target)!r}, 'w').write('x')\n"
        "class Ghost:\n"
        "    def __del__(self): write()\n"
        f"{hook}\n"
        "def f(): return 1\n"
    )
    with sandbox.worker() as worker:
        worker.load({"candidate": Source(source, "candidate.py")}, "candidate:f")
        worker.call([Case()])
    assert not target.exists()
