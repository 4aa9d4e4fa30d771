"""What a command sees of the file system: an allow-list, read-only, and a few places of its own.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil.

The zygote builds the view once, in namespaces of its own: a small tmpfs as root, with the
allowed folders read-only at their own paths. What is not on the list does not exist. Each
command then copies that (cheap) mount namespace and adds what must be its own: ``/tmp``,
``/dev/shm``, ``/proc``, ``/home`` and ``/checkout``. Nothing is mounted outside of these
namespaces, so nothing can be left behind.

Not here: who calls this and when (`commands.py`), the system calls themselves (`namespaces.py`),
that a lock on what is seen is no word to others (`inodes.py`).
"""

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# ruff: noqa: PTH101, PTH102, PTH103, PTH110, PTH112, PTH115, PTH118, PTH120, PTH208, PTH211

from __future__ import annotations

import _socket
import errno
import os
import sys
import sysconfig

import inodes
import namespaces

CHECKOUT = "/checkout"
HOME = "/home"
HOST = "/.host"
_STAGE = "/proc"  # exists everywhere, and nothing that is allowed lies below it
_EMPTY = _STAGE + CHECKOUT
_LATE = "/.late"
_OWN = ("tmp", "dev", "dev/shm", "proc", "home", "checkout", _LATE[1:], HOST[1:])

_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
)
_SETTINGS = (
    "alternatives", "group", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias",
    "localtime", "mime.types", "nsswitch.conf", "os-release", "passwd", "protocols", "services",
    "ssl/certs", "ssl/openssl.cnf", "timezone",
)  # fmt: skip
_JAVA = "java-"  # Debian keeps what each version cannot start without in a folder of its own
_DEVICES = ("null", "zero", "full", "random", "urandom")
_DEVICE_LINKS = (
    ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
)  # fmt: skip

_FACTS = (
    "self",
    "cpuinfo",
    "filesystems",
    "loadavg",
    "meminfo",
    "stat",
    "sys",
    "uptime",
    "version",
)
"""What of the shared ``/proc`` a command may read where it has none of its own."""

_OF_ALL = "/proc/locks"
"""Lists locks of every process on the machine, where they belong to an open file."""

_MAX_LINKS = 40
_PLAIN = namespaces.MS_NOSUID | namespaces.MS_NODEV


def interpreter_folders() -> list:
    """Return the folders that this interpreter needs to start and to import what is installed."""
    paths = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    paths += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths.append(os.path.dirname(os.path.realpath(sys.executable)))
    return [path for path in paths if path and os.path.realpath(path) != "/"]


class Exposed:
    """The allow-list, resolved.

    Attributes:
        binds: real paths of folders and files; none lies inside another.
        links: symbolic links on the way to them, as ``(path, target)``.
    """

    def __init__(self, paths) -> None:
        self._real = set()
        self._links = {}
        for path in paths:
            self._expose(path)
        self.binds = sorted(p for p in self._real if not self._inside_another(p))
        self.links = sorted(
            item for item in self._links.items() if not self._inside_another(item[0])
        )

    def _expose(self, path: str) -> None:
        """Add ``path``, and every link that has to be followed to reach it."""
        left = [part for part in path.split("/") if part]
        done = ""
        for _ in range(_MAX_LINKS * 10):
            if not left:
                break
            part = left.pop(0)
            if part == "..":
                done = os.path.dirname(done).rstrip("/")
                continue
            done = "{}/{}".format(done, part)
            try:
                target = os.readlink(done)
            except OSError:
                continue  # not a link
            self._links[done] = target
            left = [p for p in target.split("/") if p and p != "."] + left
            done = "" if target.startswith("/") else os.path.dirname(done).rstrip("/")
        if done and not left and os.path.exists(done):
            self._real.add(done)

    def covers(self, path: str) -> bool:
        """Say whether ``path`` can be seen by a command."""
        real = os.path.realpath(path)
        return real in self._real or self._inside_another(real)

    def _inside_another(self, path: str) -> bool:
        above = os.path.dirname(path)
        while above != "/":
            if above in self._real:
                return True
            above = os.path.dirname(above)
        return False


def allowed(readable) -> Exposed:
    """Return what a command may read: the system, this interpreter, and ``readable``."""
    settings = ["/etc/" + name for name in _SETTINGS]
    settings += ["/etc/" + name for name in sorted(os.listdir("/etc")) if name.startswith(_JAVA)]
    return Exposed([*_SYSTEM, *settings, *interpreter_folders(), *readable])


# --- built once, by the zygote ------------------------------------------------------------


def build(exposed: Exposed) -> list:
    """Make the allow-list the root directory of this process, with the host at `HOST`.

    Needs fresh user and mount namespaces.

    Returns:
        Paths on the list where a lock is seen by everybody on the machine; see `inodes.show`.
    """
    namespaces.make_mounts_private()
    namespaces.mount(
        "tmpfs", _STAGE, "tmpfs", namespaces.MS_NOSUID | namespaces.MS_NODEV, "mode=755"
    )
    for name in _OWN:
        os.mkdir("{}/{}".format(_STAGE, name), 0o755)
    places = [(path, _place(exposed, path)) for path in exposed.binds]
    shared = [path for path, place in places if not inodes.show(path, _STAGE + place, _EMPTY)]
    for name in _DEVICES:
        _show_device("/dev/" + name, "{}/dev/{}".format(_STAGE, name))
    for name, target in _DEVICE_LINKS:
        os.symlink(target, "{}/dev/{}".format(_STAGE, name))
    for path, target in exposed.links:
        if not _is_below_own(path):
            os.makedirs(os.path.dirname(_STAGE + path), exist_ok=True)
            os.symlink(target, _STAGE + path)
    namespaces.restrict(
        _STAGE, namespaces.ATTR_RDONLY | namespaces.ATTR_NOSUID, namespaces.AT_RECURSIVE
    )
    os.chdir(_STAGE)
    namespaces.pivot_root_keeping(HOST[1:])
    os.chdir("/")
    return shared


def _place(exposed: Exposed, path: str) -> str:
    """Return where the zygote shows ``path``; see `_bind_late`."""
    return "{}/{}".format(_LATE, exposed.binds.index(path)) if _is_below_own(path) else path


def _show_device(source: str, target: str) -> None:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o644))
    inodes.bind(source, target)


def hold_what_all_share() -> list:
    """Hold what every sandbox of the machine has the same of. After `build`.

    Returns:
        What could not be held; see `inodes.hold`.
    """
    own = HOST + "/proc/self/"
    spaces = [own + "ns/" + name for name in sorted(os.listdir(own + "ns"))]
    devices = ["/dev/" + name for name in _DEVICES]
    failed = inodes.hold([*devices, *spaces, own + "exe"])
    return [path[len(HOST) :] if path.startswith(own) else path for path in failed]


def _is_below_own(path: str) -> bool:
    """Say whether ``path`` lies where a command gets a file system of its own."""
    return path.startswith(("/tmp/", "/dev/shm/", "/home/", "/proc/", "/checkout/"))


# --- for each command, by its first process -----------------------------------------------


def settle(exposed: Exposed, tmp_bytes: int) -> None:
    """Make the namespaces and mounts of a command that do not depend on which one it is.

    Args:
        exposed: as given to `build`.
        tmp_bytes: what each of the command's own places in memory most likely may hold.
    """
    namespaces.unshare("mount", "ipc")
    flags = _PLAIN | namespaces.MS_NOEXEC | namespaces.MS_RDONLY
    namespaces.mount("proc", "/proc", "proc", flags)
    if os.path.exists(_OF_ALL):
        namespaces.mount("/dev/null", _OF_ALL, flags=namespaces.MS_BIND)
    _mount_in_memory(tmp_bytes)
    _bind_late(exposed)


def _mount_in_memory(size: int, flags: int = 0) -> None:
    for place, mode in (("/tmp", "1777"), ("/dev/shm", "1777"), (HOME, "755")):
        options = "mode={},size={}".format(mode, size)
        namespaces.mount("tmpfs", place, "tmpfs", _PLAIN | flags, options)


def enter(request: dict, tmp_bytes: int) -> None:
    """Add what belongs to one command, and hide the host. After `settle`.

    Args:
        request: ``overlay`` (``lower``, ``upper``, ``work``) or ``path``, ``network`` and
            ``tmp_bytes``.
        tmp_bytes: as given to `settle`.
    """
    if request["network"] == "loopback":
        namespaces.unshare("net")
        namespaces.raise_loopback()
    if request["tmp_bytes"] != tmp_bytes:
        _mount_in_memory(request["tmp_bytes"], namespaces.MS_REMOUNT)
    overlay = request.get("overlay")
    if overlay is None:
        namespaces.mount(HOST + request["path"], CHECKOUT, flags=namespaces.MS_BIND)
    else:
        mount_overlay(overlay, CHECKOUT, HOST)
    namespaces.restrict(CHECKOUT, namespaces.ATTR_NOSUID | namespaces.ATTR_NODEV)
    # Covered and not detached, for which the kernel would wait a millisecond: without
    # capabilities nobody in here can ever lift the cover.
    namespaces.mount("tmpfs", HOST, "tmpfs", _PLAIN | namespaces.MS_RDONLY, "size=4k,mode=0")


def _bind_late(exposed: Exposed) -> None:
    """Bind what is allowed but lies below a place that was just covered."""
    for path in exposed.binds:
        if _is_below_own(path):
            source = _place(exposed, path)
            if os.path.isdir(source):
                os.makedirs(path, exist_ok=True)
            else:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))
            inodes.bind(source, path)
            namespaces.restrict(
                path, namespaces.ATTR_RDONLY | namespaces.ATTR_NOSUID, namespaces.AT_RECURSIVE
            )
    for path, target in exposed.links:
        if _is_below_own(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(target, path)


def mount_overlay(overlay: dict, target: str, host: str = "") -> None:
    """Mount folders over one another; what is written goes to ``upper`` and nowhere else.

    Folders are named by descriptor: their paths may hold what the option string cannot.
    """
    look = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    names = [*overlay["lower"], overlay["upper"], overlay["work"]]
    opened = [os.open(host + name, look) for name in names]
    try:
        *lower, upper, work = ["/proc/self/fd/{}".format(number) for number in opened]
        namespaces.mount(
            "overlay", target, "overlay", namespaces.MS_NOSUID | namespaces.MS_NODEV,
            "lowerdir={},upperdir={},workdir={},userxattr,volatile".format(
                ":".join(lower), upper, work
            ),
        )  # fmt: skip
    finally:
        for number in opened:
            os.close(number)


# --- access rights ------------------------------------------------------------------------


def rules(level: str, exposed: Exposed, policy: dict, root: str, home: str) -> tuple:
    """Return landlock's rules for a command.

    Under L3 the root directory already is the allow-list.
    """
    run, write = policy["run"], policy["run"] | policy["write"]
    own = [(root, write), (home, write)]
    device = policy["device"]
    if level == "L3":
        return (("/", run), ("/tmp", write), ("/dev/shm", write), ("/dev", device), *own)
    devices = [("/dev/" + name, device) for name in _DEVICES]
    read = policy["read"]
    facts = [("/proc/" + name, read) for name in _FACTS]
    return (*((path, run) for path in exposed.binds), *own, *devices, *facts)


def powers_left(secret: str) -> list:
    """Try what a sealed command must not be able to do; return the names of what worked.

    Args:
        secret: a file outside of the allow-list.
    """
    left = []
    attempts = {
        "read": lambda: os.close(os.open(secret, os.O_RDONLY)),
        "overwrite": lambda: os.close(os.open(secret, os.O_WRONLY)),
        "chmod": lambda: os.chmod(secret, 0o600),
        "write": lambda: os.mkdir("/usr/.written"),
        "settings": lambda: os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)),
        "namespaces": lambda: namespaces.unshare("user"),
        "mount": lambda: namespaces.mount("none", "/tmp", "tmpfs"),
        "signal": _signal_parent,
        "everyone": lambda: os.kill(-1, 0),
        "internet": _connect,
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError:
            continue
        left.append(name)
    return left


def _signal_parent() -> None:
    if os.getppid() == 0:
        raise ProcessLookupError("the parent is in another pid namespace")
    os.kill(os.getppid(), 0)


def _connect() -> None:
    probe = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    probe.connect(("192.0.2.1", 53))  # an address for documentation; nothing is sent


def _probe(folder: str) -> int:
    """Try an overlay in ``folder``, in namespaces that end with this process."""
    places = {name: os.path.join(folder, name) for name in ("lower", "upper", "work", "seen")}
    for place in places.values():
        os.mkdir(place)
    try:
        namespaces.unshare("user", "mount")
        namespaces.make_mounts_private()
        mount_overlay({**places, "lower": [places["lower"]]}, places["seen"])
        os.mkdir(os.path.join(places["seen"], "written"))
        return 0 if os.path.isdir(os.path.join(places["upper"], "written")) else 1
    except OSError as error:
        sys.stderr.write("{}: {}\n".format(errno.errorcode.get(error.errno or 0, "?"), error))
        return 1


if __name__ == "__main__":
    sys.exit(_probe(sys.argv[1]))
