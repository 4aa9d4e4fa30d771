"""Hostile commands against files: read what is secret, write what is not theirs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.hostile.conftest import Attack

pytestmark = pytest.mark.hostile

HELD = b"held\n"


SECRETS = (
    "{secret}",
    "escape/outside/key",
    "/proc/1/root{secret}",
    "/proc/self/root{secret}",
    "/proc/self/cwd/../../../outside/key",
    "/.host{secret}",
    "/proc/1/root/.host{secret}",
    "/proc/1/environ",
    "/proc/1/mem",
    "/proc/1/maps",
    "/etc/shadow",
    "/etc/ssh/ssh_host_ed25519_key",
    "/dev/mem",
    "/proc/kcore",
    "/sys/kernel/notes",
)


def test_no_secret_can_be_read(attack: Attack):
    attempts = [f"open({path!r}, 'rb').read(100)" for path in SECRETS]
    assert attack.each(attempts, secret=attack.secret) == dict.fromkeys(attempts, "held")


def test_the_users_ssh_folder_cannot_be_listed(attack: Attack):
    home = Path.home()
    assert attack(f"try_(lambda: os.listdir({str(home)!r} + '/.ssh'))").stdout == HELD
    assert b"GOT" not in attack(f"try_(lambda: open({str(home / '.bashrc')!r}).read())").stdout


def test_the_folder_of_the_user_cannot_be_listed(attack: Attack):
    assert attack(f"try_(lambda: os.listdir({str(attack.root / 'repo')!r}))").stdout == HELD


def test_another_process_of_the_machine_gives_nothing_away(attack: Attack):
    names = ("environ", "mem", "maps", "fd/0", "cwd/.", "root/etc/shadow")
    attempts = [f"open('/proc/{os.getpid()}/{name}', 'rb').read(10)" for name in names]
    assert attack.each(attempts) == dict.fromkeys(attempts, "held")


def test_no_process_of_the_machine_is_listed_with_its_command_line(attack: Attack):
    result = attack(
        """
        found = []
        try:
            names = os.listdir("/proc")
        except OSError:
            names = map(str, range(1, 40000))
        for name in names:
            if name.isdigit():
                try:
                    found.append(open(f"/proc/{name}/cmdline", "rb").read())
                except OSError:
                    pass
        print([line for line in found if b"pytest" in line])
        """
    )
    assert result.stdout == b"[]\n"


CHANGES = (
    "open({secret!r}, 'a')",
    "open({repo!r} + '/new', 'w')",
    "open({repo!r} + '/victim.txt', 'r+')",
    "open({base!r} + '/victim.txt', 'r+')",
    "open('escape/repo/victim.txt', 'r+')",
    "os.truncate({base!r} + '/victim.txt', 0)",
    "os.truncate({repo!r} + '/victim.txt', 0)",
    "os.unlink({repo!r} + '/victim.txt')",
    "os.rename({repo!r} + '/victim.txt', 'mine')",
    "os.link({repo!r} + '/victim.txt', 'mine')",
    "os.link('attack.py', {repo!r} + '/new')",
    "os.rename('attack.py', {repo!r} + '/new')",
    "os.mkdir({repo!r} + '/new')",
    "os.symlink('x', {repo!r} + '/new')",
    "os.chmod({repo!r} + '/victim.txt', 0o777)",
    "os.chmod({base!r} + '/victim.txt', 0o666)",
    "os.chmod({secret!r}, 0o777)",
    "os.chmod('escape/repo/victim.txt', 0o777)",
    "os.chmod({repo!r}, 0o777)",
    "os.utime({repo!r} + '/victim.txt', (1, 1))",
    "os.utime('escape/repo', (1, 1))",
    "os.chown({repo!r} + '/victim.txt', 1234, 1234)",
    "os.setxattr({repo!r} + '/victim.txt', 'user.x', b'x')",
    "os.mkfifo({repo!r} + '/new')",
    "os.mkdir('/usr/new')",
    "open('/usr/bin/env', 'r+b')",
    "open('/etc/passwd', 'a')",
    "os.mkdir('/new')",
    "open('/proc/sys/kernel/core_pattern', 'w')",
    "open('/proc/sys/vm/drop_caches', 'w')",
    "open('/proc/sysrq-trigger', 'w')",
    "open('/proc/1/oom_score_adj', 'w')",
    "open('/dev/shm/../../new', 'w')",
    "os.chroot('.')",
    "os.mknod('device', 0o60666, os.makedev(8, 0))",
)


WATCHES = ("F_NOTIFY, fcntl.DN_ACCESS", "F_SETLEASE, fcntl.F_RDLCK", "F_GETLEASE")


@pytest.mark.parametrize("watch", WATCHES)
def test_who_else_opens_what_belongs_to_the_system_cannot_be_learnt(attack: Attack, watch: str):
    path = "/usr/bin" if "NOTIFY" in watch else "/usr/bin/env"
    found = attack(f"""
        import fcntl
        file = os.open({path!r}, os.O_RDONLY)
        try_(lambda: fcntl.fcntl(file, fcntl.{watch}))
        try_(lambda: fcntl.fcntl(file, fcntl.F_GETFD))
    """)
    assert found.stdout.splitlines() == [b"held", b"GOT 1"]


def test_nothing_outside_the_checkout_can_be_changed(attack: Attack):
    facts = {"secret": attack.secret, "repo": attack.root / "repo", "base": attack.base.path}
    assert attack.each(CHANGES, **facts) == dict.fromkeys(CHANGES, "held")


def test_a_link_to_a_foreign_file_is_no_way_to_change_it(shell_attack: Attack):
    for target in (shell_attack.secret, shell_attack.root / "repo" / "victim.txt"):
        line = f"ln -s {target} link; echo x >> link; chmod 777 link; touch -d 1990-01-01 link"
        shell_attack.sh(line)  # what the fixture finds afterwards is the test


def test_what_is_changed_while_we_look_is_not_what_gets_changed(attack: Attack):
    """A path that is one thing when it is checked and another when it is used."""
    target = attack.root / "repo" / "victim.txt"
    result = attack(
        f"""
        import threading, time
        open("own", "w").close()
        stop = time.monotonic() + 1
        def swap():
            while time.monotonic() < stop:
                for source in ("own", {str(target)!r}):
                    os.symlink(source, "next"); os.rename("next", "path")
        os.symlink("own", "path")
        threading.Thread(target=swap).start()
        while time.monotonic() < stop:
            try:
                os.chmod("path", 0o700)
            except OSError:
                pass
        print("tried")
        """
    )
    assert result.stdout == b"tried\n", result.stderr


REBUILDING = (
    "mount -t tmpfs none /tmp",
    "mount -o remount,rw /",
    "mount --bind / victim.txt",
    "umount /checkout",
    "umount /.host",
    "unshare -Ur true",
    "unshare -m true",
    "nsenter -t 1 -m true",
    "chroot . true",
)


def test_the_view_cannot_be_rebuilt(shell_attack: Attack):
    tries = "; ".join(f"{line} 2>&- && echo 'GOT {line}'" for line in REBUILDING)
    assert shell_attack.sh(tries).stdout == b""


def test_namespaces_cannot_be_made_by_clone(attack: Attack):
    result = attack(
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        new_user, new_mount, sigchld = 0x10000000, 0x20000, 17
        for flags in (new_user | sigchld, new_mount | sigchld, new_user | new_mount | sigchld):
            child = libc.syscall(56, flags, 0, 0, 0, 0)
            if child == 0:
                os._exit(0)
            print("held" if child < 0 else "GOT")
        print("held" if libc.syscall(435, 0, 0) < 0 else "GOT")
        """
    )
    assert result.stdout == HELD * 4


def test_a_set_user_id_program_gives_nothing(shell_attack: Attack):
    fields = "^(NoNewPrivs|CapEff|CapPrm|CapBnd):"
    result = shell_attack.sh(f"cp /bin/true t && chmod u+s t; grep -E '{fields}' /proc/self/status")
    for line in result.stdout.splitlines():
        name, value = line.split()
        assert int(value, 16) == (1 if name == b"NoNewPrivs:" else 0), line
