"""Commands: what they see, how they end, what is reported, and that the warm way is faithful."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sigil.errors import InvalidValue, SandboxUnavailable
from sigil.sandbox import (
    CommandResult,
    CommandSandbox,
    Level,
    Limits,
    capture,
    freeze,
    open_checkout,
)
from sigil.sandbox.argv import environment, split, warm_form
from sigil.sandbox.commands import probe


@pytest.fixture(scope="module", params=["L3", "L2"])
def level(request: pytest.FixtureRequest) -> Level:
    return request.param


@pytest.fixture(scope="module")
def sandbox(level: Level) -> Iterator[CommandSandbox]:
    try:
        made = CommandSandbox(level=level, limits=Limits(wall_s=20))
    except SandboxUnavailable as unavailable:
        pytest.skip(str(unavailable))
    with made:
        yield made


NOTHING: Mapping[str, str] = {}


class Runner:
    """Writes a script into a fresh checkout and runs it."""

    def __init__(self, sandbox: CommandSandbox, tmp_path: Path):
        self.sandbox, self.tmp_path = sandbox, tmp_path
        (tmp_path / "repo").mkdir(exist_ok=True)
        self.base = freeze(tmp_path / "repo", tmp_path / "cache")

    def __call__(
        self, command: str | list[str], files: Mapping[str, str] = NOTHING, **more: object
    ) -> CommandResult:
        texts = {name: textwrap.dedent(text) for name, text in files.items()}
        with open_checkout(self.base, texts, scratch=self.tmp_path / "scratch") as checkout:
            return self.sandbox.run(command, checkout=checkout, **more)

    def script(self, text: str, *arguments: str, **more: object) -> CommandResult:
        return self(["python", "s.py", *arguments], {"s.py": text}, **more)


@pytest.fixture
def run(sandbox: CommandSandbox, tmp_path: Path) -> Runner:
    return Runner(sandbox, tmp_path)


# --- how it ends --------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_an_exit_code_is_reported(run: Runner, code: int):
    result = run(["sh", "-c", f"exit {code}"])
    assert (result.ending, result.exit_code) == ("exited", code)


def test_a_signal_is_no_exit_code(run: Runner):
    result = run(["sh", "-c", "kill -SEGV $$"])
    assert (result.ending, result.exit_code) == ("signalled", None)


@pytest.mark.parametrize("command", ["no-such-program", "./nothing", "python/none", "./plain"])
def test_a_program_that_cannot_be_run_is_missing(run: Runner, command: str):
    assert run(command, {"plain": "no program\n"}).ending == "missing"


def test_a_missing_script_is_pythons_own_error(run: Runner):
    result = run("python none.py")
    assert (result.exit_code, result.warm) == (2, False)
    assert b"none.py" in result.stderr


def test_a_deadline_ends_it(run: Runner):
    result = run("sleep 30", limits=Limits(wall_s=0.2))
    assert (result.ending, result.exit_code) == ("timeout", None)
    assert 0.2e9 <= result.elapsed_ns < 20e9


def test_output_beyond_the_cap_ends_it(run: Runner):
    result = run("yes", limits=Limits(output_bytes=10_000))
    assert result.ending == "flood"
    assert len(result.stdout) + len(result.stderr) == 10_000


def test_output_up_to_the_cap_does_not_end_it(run: Runner):
    result = run("head -c 10000 /dev/zero", limits=Limits(output_bytes=10_000))
    assert (result.ending, len(result.stdout)) == ("exited", 10_000)


def test_both_streams_are_captured_apart(run: Runner):
    result = run(["sh", "-c", "echo out; echo err >&2"])
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")


def test_a_background_process_that_keeps_the_pipe_open_does_not_hang_us(run: Runner):
    result = run(["sh", "-c", "sleep 60 & echo done"])
    assert (result.ending, result.stdout) == ("exited", b"done\n")
    assert result.elapsed_ns < 30e9


def test_input_is_read_from_stdin(run: Runner):
    assert run("cat", stdin=b"some\0input").stdout == b"some\0input"
    assert run("cat").stdout == b""


def test_large_input_and_output_do_not_block_each_other(run: Runner):
    data = os.urandom(2**20)
    assert run("cat", stdin=data).stdout == data


def test_time_memory_and_processor_are_reported(run: Runner):
    result = run.script(
        "x = bytearray(60_000_000)\nimport time\nend = time.process_time() + 0.1\n"
        "while time.process_time() < end: pass\n"
    )
    assert result.cpu_ns >= 0.1e9
    assert result.elapsed_ns >= 0.1e9
    assert result.max_rss_bytes >= 60_000_000


def test_the_processor_time_of_a_daemon_is_reported_too(run: Runner):
    burn = "import time\nwhile time.process_time() < 0.2: pass\nopen('done', 'w')"
    script = f"""
        import os, subprocess, sys, time
        subprocess.Popen(["sh", "-c", "setsid {sys.executable} burn.py &"])
        while not os.path.exists("done"): time.sleep(0.01)
    """
    assert run("python s.py", {"s.py": script, "burn.py": burn}).cpu_ns >= 0.15e9


# --- what it sees -------------------------------------------------------------------------


def test_none_of_our_variables_are_seen(run: Runner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    names = {line.split(b"=")[0] for line in run("env").stdout.splitlines()}
    assert names <= {b"LANG", b"PATH", b"PYTHONHASHSEED", b"TZ", b"HOME", b"PWD", b"TMPDIR"}


def test_a_variable_of_the_command_is_seen(run: Runner):
    assert run(["sh", "-c", "echo $N"], env={"N": "7"}).stdout == b"7\n"


@pytest.mark.parametrize("env", [{"": "x"}, {"a=b": "x"}, {"a": "\0"}])
def test_what_is_no_variable_is_refused(run: Runner, env: dict[str, str]):
    with pytest.raises(InvalidValue, match="not a variable"):
        run("true", env=env)


def test_a_program_of_the_checkout_is_found_by_its_path(run: Runner):
    result = run("bench/go a b", {"bench/go": "#!/bin/sh\necho $0 $@\n"})
    assert result.ending == "missing"  # a new file is not executable
    assert run("sh bench/go a b", {"bench/go": "echo $@\n"}).stdout == b"a b\n"


def test_home_and_tmp_can_be_written(run: Runner):
    line = "touch ~/x && cd $(mktemp -d) && touch y && ls ~"
    assert b"x" in run(["sh", "-c", line]).stdout


def test_a_readable_folder_is_seen_and_not_written(level: Level, tmp_path: Path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "data").write_text("seen")
    with CommandSandbox(level=level, readable=[tools], warm=False) as sandbox:
        run = Runner(sandbox, tmp_path)
        assert run(f"cat {tools}/data").stdout == b"seen"
        assert run(f"touch {tools}/new").exit_code == 1


def test_there_is_no_terminal_and_no_other_group(run: Runner):
    result = run.script(
        """
        import os
        print([os.isatty(n) for n in range(3)], os.getsid(0) == os.getpid())
        """
    )
    assert result.stdout == b"[False, False, False] True\n"


def test_no_descriptor_of_ours_is_open(run: Runner):
    text = "import os\nprint(sorted(os.listdir('/proc/self/fd')))"
    (warm, cold) = (run.script(text), run.script(text, env={"PYTHONUNBUFFERED": "1"}))
    assert (warm.warm, cold.warm) == (True, False)
    assert warm.stdout == cold.stdout == b"['0', '1', '2', '3']\n"


def test_loopback_works_where_it_is_asked_for(run: Runner, level: Level):
    text = """
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        server.accept()[0].sendall(b"hello")
        print(client.recv(5))
    """
    if level == "L2":
        with pytest.raises(SandboxUnavailable, match="network namespaces"):
            run.script(text, network="loopback")
        return
    assert run.script(text, network="loopback").stdout == b"b'hello'\n"
    assert run.script(text).exit_code == 1


# --- the warm way -------------------------------------------------------------------------

FACTS = """
import sys
main = sys.modules["__main__"]
print(sys.argv, sys.path, sys.flags, __name__, __file__, __spec__ and __spec__.name)
print(type(__loader__), __package__, __doc__, sorted(vars()), sys.executable, sys.prefix)
print(main.__dict__ is globals(), sys.stdin, sys.stdout, sys.stderr, sys.stdout.line_buffering)
print(sys.stdout.errors, sys.stderr.errors, sys.stdin.errors, sys.__stdout__ is sys.stdout)
print(getattr(sys, "orig_argv", None), hash("a"), sys.getrecursionlimit(), sys.warnoptions)
import os, signal, threading
print(os.getcwd(), sorted(os.environ.items()), threading.current_thread().name, os.umask(0))
print([signal.getsignal(s) for s in (signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD)])
print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
print({n for n in ("kernel", "warden", "program", "view", "events") if n in sys.modules})
"""


def both_ways(
    sandbox: CommandSandbox, tmp_path: Path, command: list[str], files: dict[str, str]
) -> tuple[CommandResult, CommandResult]:
    """Run one command warm and in a fresh interpreter, in equal checkouts at one place."""
    results: list[CommandResult] = []
    (tmp_path / "repo").mkdir(exist_ok=True)
    base = freeze(tmp_path / "repo", tmp_path / "cache")
    texts = {name: textwrap.dedent(text) for name, text in files.items()}
    with open_checkout(base, texts, scratch=tmp_path / "scratch") as checkout:
        for words in (command, [command[0] + "3", *command[1:]]):
            sandbox._warm = words is command
            results.append(sandbox.run(words, checkout=checkout))
        sandbox._warm = True
    assert [result.warm for result in results] == [True, False], results[0].stderr
    return results[0], results[1]


@pytest.mark.parametrize(
    "command",
    [
        ["python", "s.py", "--flag", "a b"],
        ["python", "pkg/s.py"],
        ["python", "./link.py"],
        ["python", "-m", "pkg.s", "x"],
        ["python", "-m", "pkg"],
    ],
)
def test_a_warm_program_sees_what_python_shows(
    sandbox: CommandSandbox, tmp_path: Path, command: list[str]
):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/link.py").symlink_to("pkg/s.py")
    files = {"s.py": FACTS, "pkg/s.py": FACTS, "pkg/__init__.py": "", "pkg/__main__.py": FACTS}
    warm, cold = both_ways(sandbox, tmp_path, command, files)
    assert warm.stdout.decode().splitlines() == cold.stdout.decode().splitlines()
    assert (warm.stderr, warm.exit_code) == (cold.stderr, cold.exit_code)


ENDINGS = {
    "plain": "print('x')",
    "exit zero": "import sys; sys.exit()",
    "exit code": "import sys; sys.exit(7)",
    "large code": "import sys; sys.exit(513)",
    "negative code": "import sys; sys.exit(-1)",
    "exit message": "import sys; print('before'); sys.exit('message')",
    "exit object": "raise SystemExit([1])",
    "exit true": "raise SystemExit(True)",
    "quit": "quit(4)",
    "exception": "def f():\n    1 / 0\nf()",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError(1) from e",
    "syntax": "print('unreached')\ndef f(:\n",
    "own hook": "import sys; sys.excepthook = lambda *a: print('hook', a[0]); 1 / 0",
    "interrupt": "raise KeyboardInterrupt",
    "abort": "import os; print('x', flush=True); os.abort()",
    "os exit": "import os; print('lost'); os._exit(5)",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "atexit": "import atexit; atexit.register(print, 'bye'); print('x')",
    "atexit after error": "import atexit; atexit.register(print, 'bye'); 1 / 0",
    "thread": "import threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()\nprint('main')",
    "daemon thread": "import threading, time\n"
    "threading.Thread(target=lambda: time.sleep(9), daemon=True).start()\nprint('main')",
    "unclosed file": "f = open('out', 'w'); f.write('kept')",
    "finalizer": "class C:\n    def __del__(self): print('gone')\nc = C()",
    "cycle": "class C:\n    def __del__(self): print('gone')\nc = C(); c.c = c",
    "closed stdout": "import sys; sys.stdout.close()",
    "no stdout": "import sys; sys.stdout = None; print('x')",
    "unicode": "print('é', '\\udc80'.encode('utf-8', 'surrogateescape'))",
    "stderr": "import sys; print('e', end='', file=sys.stderr)",
    "future": "from __future__ import annotations\nx: undefined = 1\nprint(__annotations__)",
    "main class": "import pickle\nclass C: pass\nprint(pickle.loads(pickle.dumps(C())).__class__)",
    "inspect": "import inspect\ndef f(): pass\nprint(inspect.getsource(f))",
    "warning": "import warnings; warnings.warn('w')",
    "random": "import random; print(random.Random(1).random(), random.random() != 0.5)",
    "import cycle": "import __main__; print(__main__.__file__)",
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_warm_program_ends_as_python_ends_it(
    sandbox: CommandSandbox, tmp_path: Path, name: str, level: Level
):
    warm, cold = both_ways(sandbox, tmp_path, ["python", "s.py"], {"s.py": ENDINGS[name]})
    assert warm.stdout == cold.stdout
    assert warm.stderr.decode() == cold.stderr.decode()
    assert (warm.ending, warm.exit_code) == (cold.ending, cold.exit_code)


def test_a_file_that_was_left_open_is_written(run: Runner):
    text = "open('o', 'w').write('kept')\nf = open('p', 'w'); f.write('kept')\n"
    with open_checkout(run.base, {"s.py": text}, scratch=run.tmp_path) as checkout:
        assert run.sandbox.run("python s.py", checkout=checkout).warm
        assert (checkout.read("o"), checkout.read("p")) == (b"kept", b"kept")


def test_code_on_the_command_line_runs_warm(run: Runner):
    result = run(["python", "-c", "import sys; print(sys.argv, sys.path[0], __name__)", "x"])
    assert (result.stdout, result.warm) == (b"['-c', 'x']  __main__\n", True)


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("python -O s.py", {}),
        ("python -u s.py", {}),
        ("python s.py", {"json.py": "x = 1"}),
        ("python s.py", {"argparse/__init__.py": ""}),
        ("python pkg/s.py", {"pkg/s.py": "print('ran')", "pkg/random.py": ""}),
        ("python s.py", {"sitecustomize.py": ""}),
        ("python folder", {"folder/__main__.py": "print('ran')"}),
    ],
)
def test_what_only_a_fresh_interpreter_can_do_it_does(
    run: Runner, command: str, files: dict[str, str]
):
    result = run(command, {"s.py": "print('ran')", **files})
    assert (result.stdout, result.warm) == (b"ran\n", False)


def test_a_module_of_the_repository_shadows_ours(run: Runner):
    result = run("python s.py", {"s.py": "import json; print(json.x)", "json.py": "x = 1"})
    assert result.stdout == b"1\n"


@pytest.mark.parametrize("name", ["kernel", "program", "view", "warden", "events", "commands"])
def test_a_module_named_like_one_of_ours_is_the_programs_own(run: Runner, name: str):
    result = run("python s.py", {"s.py": f"import {name}; print({name}.x)", f"{name}.py": "x = 1"})
    assert (result.stdout, result.warm) == (b"1\n", True)


def test_pythonpath_is_honoured_warm(run: Runner):
    files = {"s.py": "import lib; print(lib.x)", "src/lib.py": "x = 1"}
    result = run("python s.py", files, env={"PYTHONPATH": "src"})
    assert (result.stdout, result.warm) == (b"1\n", True)


def test_warm_can_be_declined(level: Level, tmp_path: Path):
    with CommandSandbox(level=level, warm=False) as sandbox:
        assert not Runner(sandbox, tmp_path).script("print(1)").warm


def test_one_program_leaves_nothing_for_the_next(run: Runner):
    run.script("import sys, json; json.left = 1; sys.path.append('left'); sys.left = 1")
    result = run.script("import sys, json; print(vars(sys).get('left'), vars(json).get('left'))")
    assert result.stdout == b"None None\n"


# --- the honest control -------------------------------------------------------------------


def test_an_ordinary_program_works(run: Runner, level: Level):
    text = """
        import concurrent.futures, multiprocessing, os, sqlite3, subprocess, sys, tempfile

        def square(x):
            return x * x

        if __name__ == "__main__":
            with tempfile.TemporaryDirectory() as folder:
                database = sqlite3.connect(os.path.join(folder, "db"))
                database.execute("create table t (x)")
                database.executemany("insert into t values (?)", [(i,) for i in range(10)])
                database.commit()
                print(database.execute("select sum(x) from t").fetchone())
                database.close()
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                print(list(pool.map(square, range(5))))
            inner = [sys.executable, "-c", "print(6 * 7)"]
            print(subprocess.run(inner, capture_output=True).stdout)
            ours, theirs = multiprocessing.Pipe()
            child = multiprocessing.Process(target=lambda: theirs.send(square(12)))
            child.start(); print(ours.recv()); child.join(); print(child.exitcode)
            os.chmod("s.py", 0o700); os.utime("s.py", (5, 6)); print(os.stat("s.py").st_mtime)
            os.rename("s.py", "t.py"); os.link("t.py", "u.py"); print(sorted(os.listdir()))
    """
    result = run.script(text)
    assert result.stderr == b""
    assert result.stdout.decode().splitlines() == [
        "(45,)",
        "[0, 1, 4, 9, 16]",
        "b'42\\n'",
        "144",
        "0",
        "6.0",
        "['t.py', 'u.py']",
    ]


def test_a_process_pool_works_where_memory_can_be_shared(run: Runner, level: Level):
    text = """
        import concurrent.futures, multiprocessing
        def square(x):
            return x * x
        if __name__ == "__main__":
            with concurrent.futures.ProcessPoolExecutor(2) as pool:
                print(list(pool.map(square, range(5))))
    """
    if level == "L2":
        pytest.skip("no /dev/shm of its own without namespaces")
    assert run.script(text).stdout == b"[0, 1, 4, 9, 16]\n"


def test_a_c_program_is_compiled_and_run(run: Runner):
    source = '#include <stdio.h>\nint main(void) { printf("from C\\n"); return 3; }\n'
    result = run(["sh", "-c", "cc -O1 -o prog prog.c && ./prog"], {"prog.c": source})
    assert (result.stdout, result.exit_code) == (b"from C\n", 3), result.stderr


def test_a_shell_script_works(run: Runner):
    script = """
        set -e
        mkdir -p out
        for i in 1 2 3; do echo $i; done | sort -r > out/sorted
        chmod +x tool && ./tool
        touch -d 2001-01-01 out/sorted
        cp -p out/sorted copy
        test $(stat -c %Y copy) = $(stat -c %Y out/sorted)
        cat out/sorted | tr '\\n' ' '
        kill -0 $$
        (sleep 5 & kill $!)
    """
    result = run("sh script.sh", {"script.sh": script, "tool": "#!/bin/sh\necho tool\n"})
    assert (result.stdout, result.stderr) == (b"tool\n3 2 1 ", b"")


# --- around it ----------------------------------------------------------------------------


def test_there_is_no_rung_of_seccomp_alone():
    with pytest.raises(SandboxUnavailable, match="seccomp alone cannot tell files apart"):
        CommandSandbox(level="L1")


def test_a_bare_process_has_to_be_asked_for():
    with pytest.raises(SandboxUnavailable, match="unsafe"):
        CommandSandbox(level="L0")


def test_a_bare_process_runs_when_it_is_asked_for(tmp_path: Path):
    with CommandSandbox(level="L0", unsafe=True) as sandbox:
        assert sandbox.isolation.self_test == "none"
        assert Runner(sandbox, tmp_path)("echo x").stdout == b"x\n"


def test_the_best_rung_is_taken_and_named():
    with CommandSandbox(warm=False) as sandbox:
        assert sandbox.isolation.level in ("L3", "L2")
        assert sandbox.isolation.self_test == "passed"


def test_an_interpreter_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(SandboxUnavailable, match="none"):
        CommandSandbox(python=tmp_path / "none")


def test_a_sandbox_survives_the_death_of_its_zygote(level: Level, tmp_path: Path):
    with CommandSandbox(level=level) as sandbox:
        run = Runner(sandbox, tmp_path)
        assert run("echo 1").stdout == b"1\n"
        assert sandbox._zygote is not None
        sandbox._zygote._process.kill()
        sandbox._zygote._process.wait()
        assert run("echo 2").stdout == b"2\n"


@pytest.mark.parametrize("command", ["", "'open", [], ["a\0b"]])
def test_what_is_no_command_is_refused(command: str | list[str]):
    with pytest.raises(InvalidValue):
        split(command)


def test_options_of_the_interpreter_ask_for_a_fresh_one():
    assert warm_form(["python", "-X", "dev", "s.py"], {}) is None
    assert warm_form(["python"], {}) is None
    assert warm_form(["python", "s.py"], {"PYTHONWARNINGS": "error"}) is None
    assert warm_form(["python", "s.py"], {"LC_ALL": "C"}) is None
    assert warm_form(["python", "-m", "m", "-v"], {}) == {
        "kind": "module",
        "name": "m",
        "args": ["-v"],
    }


def test_the_targets_interpreter_is_found_first():
    assert environment(Path("/venv/bin/python"))["PATH"].startswith("/venv/bin:")


OTHERS = sorted(Path.home().glob(".pyenv/versions/3.[0-9]*/bin/python"))


@pytest.mark.parametrize("version", ["3.9", "3.13"])
def test_an_older_and_a_newer_interpreter_work(version: str, tmp_path: Path):
    found = [path for path in OTHERS if f"/{version}." in str(path)]
    if not found:
        pytest.skip(f"no Python {version} here")
    with CommandSandbox(python=found[0]) as sandbox:
        run = Runner(sandbox, tmp_path)
        result = run.script("import sys, json; print(sys.version_info[:2])")
        assert (result.warm, result.stderr) == (True, b"")
        assert result.stdout.decode().strip() == str(tuple(map(int, version.split("."))))
        files = {"s.py": FACTS}
        warm, cold = both_ways(sandbox, tmp_path, ["python", "s.py"], files)
        assert warm.stdout.decode().splitlines() == cold.stdout.decode().splitlines()
        for name in ("exception", "exit message", "thread", "atexit"):
            warm, cold = both_ways(sandbox, tmp_path, ["python", "s.py"], {"s.py": ENDINGS[name]})
            assert (warm.stdout, warm.stderr) == (cold.stdout, cold.stderr)


def test_the_parents_death_ends_everything(level: Level, tmp_path: Path):
    """`kill -9` of the process that owns a sandbox leaves no process of it behind."""
    script = f"""
        import os, signal, sys, threading
        from pathlib import Path
        from sigil.sandbox import CommandSandbox, freeze, open_checkout
        root = Path({str(tmp_path)!r})
        (root / "repo").mkdir()
        base = freeze(root / "repo", root / "cache")
        sandbox = CommandSandbox(level={level!r})
        checkout = open_checkout(base, {{}}, scratch=root / "scratch", method="hardlink")
        line = "setsid sh -c 'sleep 98765 & touch started; sleep 98765' & sleep 98765"
        threading.Thread(
            target=sandbox.run, args=(["sh", "-c", line],), kwargs={{"checkout": checkout}}
        ).start()
        while not (checkout.path / "started").exists():
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False, timeout=60)
    assert done.returncode == -9
    assert gone(b"98765")


def gone(mark: bytes) -> bool:
    """Wait until no process has ``mark`` in its command line, at most for some seconds."""
    for _ in range(2_000):
        if not any(mark in line for line in command_lines()):
            return True
        subprocess.run(["sleep", "0.01"], check=True)
    return False


def command_lines() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes()
        except OSError:
            continue


def test_a_group_that_a_killed_process_left_is_removed(tmp_path: Path):
    with CommandSandbox(warm=False) as sandbox:
        if sandbox.isolation.cgroup is None:
            pytest.skip("no control group may be made here")
    script = (
        "import os\nfrom sigil.sandbox import CommandSandbox\n"
        "s = CommandSandbox(warm=False)\nprint(s.isolation.cgroup, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    left = Path(done.stdout.decode().strip())
    for _ in range(500):  # its zygote notices a moment later
        CommandSandbox(warm=False).close()
        if not left.exists():
            break
    assert not left.exists()


def test_a_sandbox_leaves_no_group_behind(tmp_path: Path):
    with CommandSandbox(warm=False) as sandbox:
        Runner(sandbox, tmp_path)("true")
        name = sandbox.isolation.cgroup
    assert name is None or not Path(name).exists()


def test_a_command_that_fills_the_disk_is_ended(run: Runner, monkeypatch: pytest.MonkeyPatch):
    room = iter([2**40, 2**40])
    monkeypatch.setattr(capture, "_free", lambda place: next(room, 2**20))
    assert run("sleep 30").ending == "flood"


def test_the_rungs_of_commands_are_probed():
    assert [rung.level for rung in probe()] == ["L3", "L2"]
    assert all(rung.holds == (rung.isolation is not None) for rung in probe())
