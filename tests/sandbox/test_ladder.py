"""Each rung is proved by a worker, reported by name, and never silently replaced by another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sigil.errors import SandboxUnavailable
from sigil.sandbox import (
    CallSandbox,
    CandidateFailed,
    Case,
    Returned,
    Source,
    ladder,
    policy,
    probe,
)
from sigil.sandbox.zygote import Facts, RungMissing

OPEN = {"m": Source("def f(): return open('/etc/hostname').readable()", "m.py")}


def test_the_probe_names_every_rung_once_strongest_first():
    assert [rung.level for rung in probe()] == ["L3", "L2", "L1", "L0"]


def test_a_rung_that_holds_says_what_is_in_force():
    for rung in probe():
        if rung.holds:
            assert rung.isolation is not None
            assert rung.isolation.level == rung.level
            assert rung.reason == ""
        else:
            assert rung.isolation is None
            assert rung.reason


def test_the_bare_process_is_refused_without_unsafe():
    with pytest.raises(SandboxUnavailable, match="L0 isolates nothing"):
        CallSandbox(level="L0")


def test_the_bare_process_says_that_it_is_not_sealed():
    with CallSandbox(level="L0", unsafe=True) as sandbox, sandbox.worker() as worker:
        assert sandbox.isolation.level == "L0"
        assert sandbox.isolation.self_test != "passed"
        worker.load(OPEN, "m:f")
        assert worker.call([Case()]).results == (Returned(True),)


def test_unsafe_does_not_choose_the_bare_process():
    with CallSandbox(unsafe=True) as sandbox:
        assert sandbox.isolation.level != "L0"


def test_the_best_rung_that_holds_is_chosen_by_default():
    best = next(rung for rung in probe() if rung.holds)
    with CallSandbox() as sandbox:
        assert sandbox.isolation == best.isolation


def test_a_rung_that_does_not_hold_is_never_replaced():
    def start(level: str) -> str:
        raise RungMissing(f"no {level} here")

    with pytest.raises(SandboxUnavailable, match="L3: no L3 here") as missing:
        ladder.climb("L3", start)
    assert "L2" not in str(missing.value)


def test_the_next_rung_is_tried_only_where_the_best_was_asked_for():
    tried: list[str] = []

    def start(level: str) -> str:
        tried.append(level)
        if level != "L1":
            raise RungMissing(f"no {level} here")
        return level

    assert ladder.climb(None, start) == "L1"
    assert tried == ["L3", "L2", "L1"]


def test_a_machine_without_any_rung_is_told_what_is_missing_at_each():
    def start(level: str) -> str:
        raise RungMissing(f"no {level} here")

    with pytest.raises(SandboxUnavailable, match=r"no L3 here.*no L2 here.*no L1 here"):
        ladder.climb(None, start)


def test_an_error_that_is_not_about_the_rung_is_not_a_reason_to_go_lower():
    def start(level: str) -> str:
        raise SandboxUnavailable("the interpreter is not there")

    with pytest.raises(SandboxUnavailable, match=r"^the interpreter is not there"):
        ladder.climb(None, start)


def test_no_landlock_means_no_rung_that_needs_it():
    with pytest.raises(RungMissing, match="landlock"):
        ladder.seal("L2", Facts(landlock_abi=0, euid=1000))


def test_an_unknown_architecture_has_no_sealed_rung(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(RungMissing, match="riscv64"):
        ladder.seal("L1", Facts(landlock_abi=7, euid=1000))


def _allow_everything() -> policy.Filter:
    return policy.Filter(rules=(), default=policy.ALLOW)


def test_a_seal_that_lets_something_through_is_never_handed_out(monkeypatch):
    monkeypatch.setattr(policy, "calls_filter", _allow_everything)
    monkeypatch.setattr(policy, "zygote_filter", _allow_everything)
    with pytest.raises(SandboxUnavailable, match="could still: open,socket,fork,kill"):
        CallSandbox(level="L1")


@pytest.mark.parametrize("level", ["L3", "L2"])
def test_landlock_stands_behind_seccomp(level, monkeypatch):
    monkeypatch.setattr(policy, "calls_filter", _allow_everything)
    monkeypatch.setattr(policy, "zygote_filter", _allow_everything)
    with pytest.raises(SandboxUnavailable) as missing:
        CallSandbox(level=level)
    assert "could still: socket,fork,kill" in str(missing.value)


def test_what_we_could_not_do_is_never_the_candidates_failure(monkeypatch):
    monkeypatch.setattr(policy, "calls_filter", _allow_everything)
    try:
        CallSandbox(level="L1")
    except CandidateFailed:
        pytest.fail("a seal that does not hold was blamed on a candidate")
    except SandboxUnavailable:
        pass


def test_root_becomes_nobody_and_others_stay_who_they_are():
    assert ladder.seal("L2", Facts(7, 0))["uid"] == 65534
    assert ladder.seal("L2", Facts(7, 1000))["uid"] == 1000


def test_only_root_goes_without_a_user_namespace_of_its_own():
    assert "user" in ladder.seal("L3", Facts(7, 1000))["namespaces"]["guard"]
    assert "user" not in ladder.seal("L3", Facts(7, 0))["namespaces"]["guard"]


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize("level", ["L3", "L2", "L1"])
def test_what_is_reported_is_what_the_kernel_says_of_a_worker(level):
    with CallSandbox(level=level, ahead=0) as sandbox, sandbox.worker():
        pid = sandbox.zygote_pid
        while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            pid = int(children[-1])
        status = _status(pid)
        assert status["Uid"].split() == [str(sandbox.isolation.uid)] * 4
        assert int(status["CapEff"], 16) == 0
        assert int(status["CapPrm"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"
        for name in ("net", "ipc", "pid", "mount"):
            link = "mnt" if name == "mount" else name
            ours, theirs = (Path(f"/proc/{who}/ns/{link}").readlink() for who in ("self", pid))
            assert (ours != theirs) is (name in sandbox.isolation.namespaces)


_AS_NOBODY = """
import encodings.ascii, os, sys
from pathlib import Path
from sigil.sandbox import calls
from sigil.sandbox import Case, Source
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
with calls.CallSandbox(python=Path(sys.argv[1]), level=sys.argv[2]) as sandbox:
    with sandbox.worker() as worker:
        worker.load({"m": Source("def f(): open('/etc/hostname')", "m.py")}, "m:f")
        print(worker.call([Case()]).results[0].error, sandbox.isolation.uid)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs a system python")
@pytest.mark.parametrize("level", ["L3", "L2", "L1"])
def test_every_rung_holds_without_being_root(level):
    as_root = next(rung for rung in probe() if rung.level == level)
    command = [sys.executable, "-c", _AS_NOBODY, "/usr/bin/python3", level]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if level == "L3" and (not as_root.holds or "the kernel refused" in done.stderr):
        pytest.skip("this machine lets nobody but root make namespaces")
    assert done.stdout.split() == ["PermissionError", "65534"], done.stderr


_CONFINED = """
import importlib.util, sys
from pathlib import Path
from sigil.errors import SandboxUnavailable
from sigil.sandbox import calls, policy, syscalls
syscalls.NUMBERS["landlock_create_ruleset"] = (444, 444)
rules = tuple(policy.Rule(name, policy.REFUSE) for name in sys.argv[1].split())
program = policy.assemble(policy.Filter(rules, policy.ALLOW), __import__("platform").machine())
path = Path(policy.__file__).with_name("inside") / "kernel.py"
spec = importlib.util.spec_from_file_location("kernel", path)
kernel = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kernel)
kernel.no_new_privileges()
kernel.Seccomp(program).install()
try:
    with calls.CallSandbox() as sandbox:
        print(sandbox.isolation.level)
except SandboxUnavailable as missing:
    print(missing)
"""


@pytest.mark.parametrize(
    ("refused", "found"),
    [
        ("unshare", "L2\n"),
        ("unshare landlock_create_ruleset", "L1\n"),
        ("landlock_create_ruleset", "L1\n"),
    ],
)
def test_in_a_container_that_refuses_something_the_best_of_the_rest_is_chosen(refused, found):
    command = [sys.executable, "-c", _CONFINED, refused]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == found, done.stderr


def test_a_machine_without_seccomp_is_told_so_at_every_rung():
    command = [sys.executable, "-c", _CONFINED, "seccomp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for level in ("L3", "L2", "L1"):
        assert f"{level}: the kernel refused: PermissionError" in done.stdout, done.stderr
