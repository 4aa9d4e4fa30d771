"""The seccomp programs do what they say, instruction by instruction, on both architectures."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.sandbox import policy
from sigil.sandbox.syscalls import NUMBERS

WORKERS_REFUSED = (
    "openat", "socket", "clone", "execve", "kill", "tgkill", "ptrace", "prctl", "seccomp",
    "prlimit64", "connect", "ioctl", "io_uring_setup", "process_vm_readv", "unshare", "setns",
    "mount", "bpf", "keyctl", "sched_setaffinity", "rt_sigaction", "close", "sendmsg",
    "recvmsg", "memfd_secret", "pidfd_send_signal",
)  # fmt: skip
WORKERS_ALLOWED = (
    "recvfrom", "sendto", "read", "write", "exit_group", "munmap", "brk", "futex",
)  # fmt: skip
MACHINES = ["x86_64", "aarch64"]
FILTERS = {
    "calls": policy.calls_filter(),
    "commands": policy.commands_filter(),
    "commands with loopback": policy.commands_filter("loopback"),
    "zygote": policy.zygote_filter(),
}


def answer(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """Run a BPF program on one system call, as the kernel would."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    at = accumulator = 0
    while True:
        code, if_true, if_false, k = steps[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, k)
        elif code == 0x54:
            accumulator &= k
        elif code == 0x05:
            at += k
        elif code == 0x15:
            at += if_true if accumulator == k else if_false
        elif code == 0x35:
            at += if_true if accumulator >= k else if_false
        else:
            assert code == 0x06
            return k


def ask(name: str, machine: str, call: str, *arguments: int) -> int:
    number = NUMBERS[call][MACHINES.index(machine)]
    assert number is not None
    program = policy.assemble(FILTERS[name], machine)
    return answer(program, policy.AUDIT_ARCH[machine], number, *(a % 2**64 for a in arguments))


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", FILTERS)
def test_a_foreign_architecture_is_killed(name, machine):
    program = policy.assemble(FILTERS[name], machine)
    foreign = {0x40000003, *policy.AUDIT_ARCH.values()} - {policy.AUDIT_ARCH[machine]}
    assert {answer(program, arch, 0) for arch in foreign} == {policy.KILL}


@pytest.mark.parametrize("name", FILTERS)
@given(number=st.integers(0x40000000, 2**32 - 1))
def test_the_x32_abi_is_killed(name, number):
    program = policy.assemble(FILTERS[name], "x86_64")
    assert answer(program, policy.AUDIT_ARCH["x86_64"], number) == policy.KILL


@pytest.mark.parametrize("machine", MACHINES)
@given(number=st.integers(0, 0x3FFFFFFF), argument=st.integers(0, 2**64 - 1))
def test_a_call_that_no_rule_names_is_refused_to_workers(machine, number, argument):
    named = {NUMBERS[rule.call][MACHINES.index(machine)] for rule in FILTERS["calls"].rules}
    program = policy.assemble(FILTERS["calls"], machine)
    found = answer(program, policy.AUDIT_ARCH[machine], number, argument)
    assert number in named or found == policy.REFUSE


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    "call",
    WORKERS_REFUSED,
)
def test_workers_are_refused(machine, call):
    assert ask("calls", machine, call) == policy.REFUSE


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("call", WORKERS_ALLOWED)
def test_workers_are_allowed(machine, call):
    assert ask("calls", machine, call) == policy.ALLOW


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("protection", "flags", "expected"),
    [
        (3, 0x22, policy.ALLOW),
        (7, 0x22, policy.REFUSE),
        (1, 0x02, policy.REFUSE),
        (0, 0x22, policy.ALLOW),
    ],
)
def test_workers_map_memory_that_is_anonymous_and_holds_no_code(
    machine, protection, flags, expected
):
    assert ask("calls", machine, "mmap", 0, 4096, protection, flags) == expected


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("bit", [0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000])
def test_commands_make_no_namespaces(machine, bit):
    assert ask("commands", machine, "clone", bit | 17) == policy.REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_commands_neither_learn_nor_choose_what_the_kernel_has_cached(machine):
    assert ask("commands", machine, "fadvise64", 3, 0, 0, 4) == 0x00050000  # done, as if it were
    assert ask("commands", machine, "readahead", 3, 0, 4096) == 0x00050000
    assert ask("commands", machine, "mincore") == policy.MISSING
    assert ask("commands", machine, "cachestat") == policy.MISSING
    assert ask("commands", machine, "inotify_init1") == policy.MISSING
    assert {ask("commands", machine, "fcntl", 3, n) for n in (1024, 1025, 1026)} == {policy.REFUSE}
    assert {ask("commands", machine, "fcntl", 3, n) for n in range(50)} == {policy.ALLOW}
    assert ask("commands", machine, "preadv2", 3, 0, 1, 0, 0, 8) == policy.UNSUPPORTED
    assert ask("commands", machine, "preadv2", 3, 0, 1, 0, 0, 0) == policy.ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_commands_make_processes_and_threads(machine):
    assert ask("commands", machine, "clone", 0x3D0F00) == policy.ALLOW


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["commands", "zygote"])
def test_clone3_is_missing_since_its_flags_cannot_be_seen(machine, name):
    assert ask(name, machine, "clone3") == policy.MISSING


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "family", "allowed"),
    [
        ("commands", 1, True),
        ("commands", 2, False),
        ("commands", 10, False),
        ("commands", 17, False),
        ("commands with loopback", 2, True),
        ("commands with loopback", 10, True),
        ("commands with loopback", 17, False),
        ("zygote", 1, False),
    ],
)
def test_sockets_of_commands_are_local_unless_loopback_is_asked(machine, name, family, allowed):
    assert (ask(name, machine, "socket", family, 1, 0) == policy.ALLOW) is allowed


@pytest.mark.parametrize("machine", MACHINES)
def test_commands_signal_one_another_but_not_everybody(machine):
    assert ask("commands", machine, "kill", 5, 9) == policy.ALLOW
    assert ask("commands", machine, "kill", -1, 9) == policy.REFUSE


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("flags", "allowed"),
    [
        (0, True),
        (0o2000000, True),
        (0o20200000, True),
        (1, False),
        (2, False),
        (0o100, False),
        (0o1000, False),
        (0o20200002, False),
    ],
)
def test_the_zygote_opens_files_for_reading_only(machine, flags, allowed):
    found = ask("zygote", machine, "openat", -100, 0, flags)
    assert (found == policy.ALLOW) is allowed


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", FILTERS)
def test_a_program_fits_into_the_kernels_limit(name, machine):
    assert len(policy.assemble(FILTERS[name], machine)) // 8 <= 4096


def test_an_unknown_architecture_has_no_policy():
    with pytest.raises(KeyError):
        policy.assemble(policy.calls_filter(), "riscv64")


@pytest.mark.skipif(
    not Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").exists(),
    reason="the kernel's headers are not installed",
)
def test_the_numbers_of_x86_64_are_the_kernels():
    text = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").read_text()
    theirs = {name: int(n) for name, n in re.findall(r"#define __NR_(\w+) (\d+)", text)}
    ours = {name: numbers[0] for name, numbers in NUMBERS.items() if name in theirs}
    assert ours == {name: theirs[name] for name in ours}


@pytest.mark.skipif(
    not Path("/usr/include/asm-generic/unistd.h").exists(),
    reason="the kernel's headers are not installed",
)
def test_the_numbers_of_aarch64_are_the_kernels():
    text = Path("/usr/include/asm-generic/unistd.h").read_text()
    theirs = {name: int(n) for name, n in re.findall(r"#define __NR_(\w+) (\d+)\n", text)}
    ours = {name: numbers[1] for name, numbers in NUMBERS.items() if name in theirs}
    # renameat is only there for old architectures; the header says so by a condition.
    assert {n: v for n, v in ours.items() if v is not None} == {
        n: theirs[n] for n, v in ours.items() if v is not None
    }


@pytest.mark.parametrize("abi", range(1, 9))
def test_every_landlock_abi_denies_all_that_it_knows(abi):
    found = policy.landlock(abi)
    assert found.files == (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1
    assert bool(found.tcp) is (abi >= 4)
    assert bool(found.scoped) is (abi >= 6)


def test_landlock_rules_lose_the_rights_that_the_abi_lacks():
    (rule,) = policy.landlock(1, [("/scratch", policy.WRITE)]).rules
    assert rule[1] & (policy.REFER | policy.TRUNCATE) == 0


def test_loopback_leaves_tcp_to_the_namespace():
    assert policy.landlock(7, network="loopback").tcp == 0


def test_the_policies_need_no_kernel_to_be_read():
    code = "import sys; sys.modules['ctypes'] = None; import sigil.sandbox.policy"
    assert subprocess.run([__import__("sys").executable, "-c", code], check=False).returncode == 0
