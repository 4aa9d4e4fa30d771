"""Hostile services: a change under test that runs beside its baseline and answers requests."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.hostile.deployed import SERVER, make, tell

from sigil.errors import DeploymentFailed
from sigil.gate.deploy import Deployment, Source
from sigil.gate.effects import EffectFailed

pytestmark = pytest.mark.hostile

Attack = Callable[..., Any]


@pytest.fixture
def attack(pair: tuple[Deployment, Deployment]) -> Attack:
    return lambda source: tell(pair[0], source)


def test_the_honest_control_answers(attack: Attack):
    assert attack("said = 6 * 7") == 42


# --- seeing -------------------------------------------------------------------------------


def test_it_sees_no_process_but_its_own(attack: Attack):
    said = attack("import os\nsaid = {p: os.stat(f'/proc/{p}').st_uid for p in os.listdir('/proc')"
                  " if p.isdigit()}")  # fmt: skip
    assert set(said) == {"1", "2"}  # the first one only waits to be killed


READS = ("environ", "mem", "maps", "ns/net", "fd/0", "fd/3")


@pytest.mark.parametrize("file", READS)
def test_it_reads_nothing_of_the_process_before_it(attack: Attack, file: str):
    assert attack(f"said = open('/proc/1/{file}', 'rb').read(1)") == "PermissionError"


@pytest.mark.parametrize("link", ["root", "cwd", "exe", "fd/3", "ns/net"])
def test_it_goes_nowhere_through_the_process_before_it(attack: Attack, link: str):
    assert attack(f"import os\nsaid = os.readlink('/proc/1/{link}')") == "PermissionError"


def test_it_reads_no_file_of_ours(attack: Attack, home: Path, source: Source):
    secret = home / "key"
    secret.write_text("canary")
    for path in (secret, source.repository / "server.py", home / "cache", Path.home()):
        assert attack(f"import os\nsaid = os.stat({str(path)!r}).st_size") != secret.stat().st_size
    assert attack(f"said = open({str(secret)!r}).read()") == "FileNotFoundError"


def test_it_has_none_of_the_exam_in_its_checkout(attack: Attack):
    assert attack("import os\nsaid = sorted(os.listdir('.'))") == ["server.py"]


def test_it_holds_no_descriptor_but_its_streams_and_its_sockets(attack: Attack):
    said = attack(
        """
        import os
        links = {n: f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")}
        links = {n: link for n, link in links.items() if os.path.lexists(link)}
        held = {n: os.readlink(link).split(":")[0] for n, link in links.items()}
        streams = [held.pop(n) for n in "012"]
        said = [streams, sorted(set(held.values()))]
        """
    )
    streams, others = said
    assert streams == ["/dev/null", "pipe", "pipe"]  # what it prints until it is healthy
    assert set(others) <= {"socket", "anon_inode"} | {f"/proc/{n}/fd" for n in range(99)}


def test_none_of_its_sockets_leads_anywhere_but_to_its_own_loopback(attack: Attack):
    said = attack(
        """
        import os, socket, stat
        said = []
        for n in range(100):
            try:
                if not stat.S_ISSOCK(os.fstat(n).st_mode):
                    continue
                one = socket.socket(fileno=os.dup(n))
                said.append([int(one.family), one.getsockname()[0]])
            except OSError:
                continue
        """
    )
    assert said
    assert all(one == [socket.AF_INET, "127.0.0.1"] for one in said)


# --- reaching -----------------------------------------------------------------------------


def test_it_reaches_no_service_of_this_machine(attack: Attack):
    with socket.create_server(("127.0.0.1", 0)) as ours:
        port = ours.getsockname()[1]
        said = attack(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)")
    assert said == "ConnectionRefusedError"


def test_it_reaches_no_abstract_socket_of_this_machine(attack: Attack):
    with socket.socket(socket.AF_UNIX) as ours:
        name = f"\0sigil-hostile-{os.getpid()}"
        ours.bind(name)
        ours.listen()
        said = attack(f"import socket\nsocket.socket(socket.AF_UNIX).connect({name!r})")
    assert said in {"ConnectionRefusedError", "PermissionError"}


@pytest.mark.parametrize("kind", ["STREAM", "DGRAM"])
def test_it_reaches_no_other_machine(attack: Attack, kind: str):
    made = f"socket.socket(socket.AF_INET, socket.SOCK_{kind})"
    said = attack(f"import socket\n{made}.connect(('192.0.2.1', 53))")
    assert said == "OSError"


def test_it_resolves_no_name(attack: Attack):
    assert attack("import socket\nsocket.getaddrinfo('example.org', 80)") == "gaierror"


def test_it_reaches_not_its_baseline(pair: tuple[Deployment, Deployment]):
    pr, baseline = pair
    tell(baseline, "import builtins\nbuiltins.mark = 'baseline'")
    said = tell(
        pr,
        """
        import http.client
        one = http.client.HTTPConnection("127.0.0.1", 8080)
        one.request("POST", "/", "import builtins\\nsaid = getattr(builtins, 'mark', 'myself')")
        said = one.getresponse().read().decode()
        """,
    )
    assert said == '"myself"'


# --- tampering ----------------------------------------------------------------------------


def test_what_it_writes_reaches_neither_the_repository_nor_the_next_deployment(
    attack: Attack, home: Path, source: Source
):
    attack("open('server.py', 'w').write('raise SystemExit')")
    assert (source.repository / "server.py").read_text() == SERVER
    with make(home, source) as fresh:
        assert tell(fresh, "said = 1") == 1


def test_a_link_that_it_leaves_is_not_followed_when_all_is_removed(home: Path, source: Source):
    victim = home / "victim"
    victim.mkdir()
    (victim / "file").write_text("kept")
    with make(home, source) as deployment:
        assert tell(deployment, f"import os\nos.symlink({str(victim)!r}, 'link')\nsaid = 1") == 1
    assert (victim / "file").read_text() == "kept"
    assert len(list((home / "scratch").iterdir())) <= 2  # the pair of the module


def test_killing_everyone_ends_nobody_but_itself(home: Path, source: Source):
    with make(home, source) as deployment:
        with pytest.raises((EffectFailed, AssertionError)):
            assert tell(deployment, "import os\nos.kill(-1, 9)") == "nobody"
        assert tell(deployment, "said = 1") == 1  # refused: it runs on, and is still reached


# --- exhausting ---------------------------------------------------------------------------


def test_a_fork_bomb_is_bounded_and_ended(home: Path, source: Source):
    mark = f"{os.getpid()}91"
    with make(home, source, processes=32) as deployment:
        said = tell(
            deployment,
            f"""
            import subprocess
            said = 0
            try:
                for _ in range(100):
                    subprocess.Popen(["sleep", "{mark}"])
                    said += 1
            except OSError:
                pass
            """,
        )
        assert 0 < said <= 32
    assert not running(mark)


def test_memory_is_bounded(home: Path, source: Source):
    # Either it is told so, or it dies of it.
    with make(home, source) as deployment, suppress(EffectFailed):
        assert tell(deployment, "x = bytearray(2**30)\nsaid = 'had it'") == "MemoryError"


def test_a_file_is_bounded(home: Path, source: Source):
    with make(home, source, file_mb=1) as deployment:
        said = tell(
            deployment,
            """
            import os, signal
            try:
                with open("large", "wb") as file:
                    for _ in range(100):
                        file.write(bytes(2**16))
            except OSError as error:
                said = error.errno
            """,
        )
        assert said == 27  # EFBIG


def test_its_temporary_folder_is_bounded(home: Path, source: Source):
    with make(home, source, memory_mb=64) as deployment:
        try:
            said = tell(
                deployment,
                """
                try:
                    for n in range(1000):
                        open(f"/tmp/{n}", "wb").write(bytes(2**20))
                    said = "wrote it all"
                except (OSError, MemoryError) as error:
                    said = "full"
                """,
            )
        except EffectFailed:
            return  # it died of it: what lies there is memory
        assert said == "full"


def test_a_service_that_ignores_every_signal_is_gone_at_once(home: Path, source: Source):
    mark = f"{os.getpid()}92"
    with make(home, source) as deployment:
        tell(
            deployment,
            f"""
            import signal, subprocess
            line = "trap '' TERM INT HUP; setsid sleep {mark} & sleep {mark}"
            subprocess.Popen(["sh", "-c", line], start_new_session=True)
            """,
        )
    assert not running(mark)


def test_a_flood_of_output_costs_nothing(home: Path, source: Source):
    with make(home, source, "baseline") as deployment:
        said = tell(
            deployment,
            """
            import os
            for _ in range(2000):
                os.write(1, b"x" * 65536)
            said = "done"
            """,
        )
        assert said == "done"
        assert len(deployment.log) <= 2**16  # type: ignore[attr-defined]


def test_a_change_that_never_listens_leaves_nothing(home: Path, source: Source):
    mark = f"{os.getpid()}93"
    with pytest.raises(DeploymentFailed):
        make(home, source, command=f"sleep {mark} {{port}}", start_s=0.5).start()
    assert not running(mark)


def running(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                return True
        except OSError:
            continue
    return False


def test_a_service_does_not_learn_which_files_the_kernel_has_cached(attack: Attack):
    said = attack("""
        import os, sys
        path = os.__file__
        file = os.open(path, os.O_RDONLY)
        os.read(file, 100)  # it is cached now
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            os.preadv(file, [bytearray(10)], 0, os.RWF_NOWAIT)
            said = "told"
        except OSError as error:
            said = error.strerror
    """)
    assert said == "Operation not supported"


def test_a_service_hears_of_no_file_that_others_open(attack: Attack):
    said = attack("""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        said = [libc.inotify_init1(0), os.strerror(ctypes.get_errno())]
    """)
    assert said == [-1, "Function not implemented"]


def test_the_group_of_a_service_does_not_say_which_came_first(
    pair: tuple[Deployment, Deployment],
):
    names = [tell(one, "said = open('/proc/self/cgroup').read()") for one in pair]
    assert not any(line.endswith(("-0", "-1")) for name in names for line in name.splitlines())
