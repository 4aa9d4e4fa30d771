"""What a shell proposes, asked as a shell asks."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from sigil.cli.sigil import sigil

KNOWN = ["eval_01M7YYY3SNRFJA", "eval_01M7YYY8ARFV6N"]


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository with two services, two evaluations and a half-written one; we are in it."""
    (tmp_path / ".sigil" / "scenarios" / "web" / "visible").mkdir(parents=True)
    (tmp_path / ".sigil" / "gate.yaml").write_text("services:\n  api: {}\n")
    for name in KNOWN:
        folder = tmp_path / ".sigil" / "gate" / name
        folder.mkdir(parents=True)
        (folder / "eval.json").write_text("{}")
    (tmp_path / ".sigil" / "gate" / "eval_unfinished").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proposed(*words: str) -> list[str]:
    """Return what a shell is told after ``words``, of which the last is being typed."""
    asked = ShellComplete(sigil, {}, "sigil", "_SIGIL_COMPLETE")
    found = asked.get_completions(list(words[:-1]), words[-1])
    return [one.value for one in found]


@pytest.mark.parametrize(
    "words",
    [
        ("eval", "change", "-s"), ("decide", "change", "--service"), ("init", "-s"),
        ("ci", "a/b#1", "-s"), ("incident", "safety", "-s"), ("scenario", "run", "-s"),
        ("scenario", "seal", "-s"), ("scenario", "list", "-s"), ("scenario", "keys", "-s"),
        ("trust", "show", "-s"), ("trust", "enroll", "-s"), ("ledger", "list", "--service"),
    ],
)  # fmt: skip
def test_services_are_those_of_the_policy_and_those_with_scenarios(repository, words):
    assert proposed(*words, "") == ["api", "web"]
    assert proposed(*words, "w") == ["web"]


def test_optimizers_and_providers_are_those_that_there_are():
    assert "mads" in proposed("run", "--optimizer", "")
    assert proposed("run", "--provider", "ope") == ["openai", "openai-compatible"]


@pytest.mark.parametrize(
    "words",
    [
        ("report",), ("replay",), ("feedback",), ("verdict",), ("override",), ("diff",),
        ("incident", "safety", "--eval"),
    ],
)  # fmt: skip
def test_evaluations_are_those_that_are_kept(repository, words):
    assert proposed(*words, "") == KNOWN
    assert proposed(*words, "eval_01M7YYY8") == KNOWN[1:]


def test_an_evaluation_is_not_compared_with_itself(repository):
    assert proposed("diff", KNOWN[0], "") == KNOWN[1:]


@pytest.mark.parametrize("command", ["decide", "eval"])
def test_changes_are_branches(repository, command):
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "a"],
                      ["branch", "fix/totals"]):  # fmt: skip
        subprocess.run([*git, *arguments], check=True)
    assert proposed(command, "") == ["fix/totals", "main"]


def test_another_repository_may_be_named(repository, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert proposed("report", "") == []
    assert proposed("report", "--repo-root", str(repository), "") == KNOWN


@pytest.mark.parametrize("policy", ["", "services: [", "services: {'a b\\n': {}}", "x" * 10])
def test_a_policy_that_is_being_written_is_no_error(repository, policy, capfd):
    (repository / ".sigil" / "gate.yaml").write_text(policy)
    assert proposed("eval", "change", "-s", "") == ["web"]
    assert capfd.readouterr() == ("", "")


def test_a_name_that_a_terminal_would_obey_is_not_proposed(repository):
    (repository / ".sigil" / "scenarios" / "\x1b[31m" / "visible").mkdir(parents=True)
    (repository / ".sigil" / "scenarios" / "$(id)" / "visible").mkdir(parents=True)
    assert proposed("eval", "change", "-s", "") == ["api", "web"]


def test_where_there_is_no_repository_nothing_is_proposed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert proposed("report", "") == proposed("eval", "change", "-s", "") == []


def test_specs_and_workspaces_are_those_that_stand_here(repository):
    (repository / ".sigil" / "route.sigil.yaml").write_text("")
    (repository / ".sigil" / "route" / "workspaces" / "night").mkdir(parents=True)
    assert proposed("run", "--spec", "") == ["route"]
    assert proposed("inspect", "--spec", "route", "--workspace", "n") == ["night"]


ZOO = """\
import functools
from abc import abstractmethod


def plain(x):
    def inner():
        return x
    return inner


async def later(): ...


class Bag:
    def __init__(self): ...
    def count(self, x): ...
    @property
    def size(self): ...
    @functools.cached_property
    def total(self): ...
    @abstractmethod
    def waits(self): ...
    class Pocket:
        @staticmethod
        @functools.lru_cache(maxsize=None)
        def find(x): ...


try:
    import fast
except ImportError:
    def spare(x): return "\\d"
if True:
    def spare(x): ...
"""
NAMED = ["plain", "later", "Bag.count", "Bag.Pocket.find", "spare"]


@pytest.fixture
def zoo(tmp_path, monkeypatch) -> Path:
    """A folder with a file of functions; we are in it."""
    (tmp_path / "zoo.py").write_text(ZOO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words", [("evolve",), ("evolve", "--seed", "3"), ("generate-spec", "--function")]
)
def test_a_function_begins_with_a_file(zoo, words):
    asked = ShellComplete(sigil, {}, "sigil", "_SIGIL_COMPLETE")
    (found,) = asked.get_completions(list(words), "zo")
    assert (found.value, found.type) == ("zo", "file")


@pytest.mark.parametrize("words", [("evolve",), ("generate-spec", "--function")])
def test_behind_a_file_stand_its_functions(zoo, words):
    assert proposed(*words, "zoo.py:") == [f"zoo.py:{name}" for name in NAMED]
    assert proposed(*words, "zoo.py:Bag.") == ["zoo.py:Bag.count", "zoo.py:Bag.Pocket.find"]
    assert proposed(*words, "./zoo.py:pl") == ["./zoo.py:plain"]
    assert proposed(*words, "zoo.py:q") == []


def test_a_file_that_is_typed_to_its_end_goes_on_with_its_functions(zoo):
    assert proposed("evolve", "zoo.py") == [f"zoo.py:{name}" for name in NAMED]


def test_what_is_proposed_is_what_a_search_takes(zoo):
    from sigil.errors import InvalidValue
    from sigil.optimize.generate.locating import function_in, functions_of

    def is_taken(name: str) -> bool:
        try:
            return function_in(zoo, "zoo.py", name).qualname == name
        except InvalidValue:
            return False

    known = dict.fromkeys(name for name, _ in functions_of(ZOO))
    assert [name for name in known if is_taken(name)] == NAMED


@pytest.mark.parametrize(
    "data", [b"def f(:", b"\xff\xfe", b"def f(): '\\d'\n\0", b"(" * 5_000, b"x = '\\d'\n", b""]
)
def test_a_file_that_cannot_be_parsed_or_holds_none_is_no_error(zoo, data, capfd):
    (zoo / "bad.py").write_bytes(data)
    assert proposed("evolve", "bad.py:") == []
    assert capfd.readouterr() == ("", "")


def test_what_is_no_readable_file_is_no_error_and_waits_for_nothing(zoo, capfd):
    os.mkfifo(zoo / "pipe.py")
    (zoo / "folder.py").mkdir()
    (zoo / "large.py").write_bytes(b"#" * 2**22 + b"\ndef f(): ...\n")
    for name in ("pipe.py", "folder.py", "large.py", "none.py", "~nobody_there/a.py", "$(id).py"):
        assert proposed("evolve", f"{name}:") == []
    assert capfd.readouterr() == ("", "")


def test_no_search_is_loaded_to_name_functions(zoo):
    asked = {"_SIGIL_COMPLETE": "zsh_complete", "COMP_WORDS": "sigil evolve zoo.py:p"}
    code = "import sys; from sigil.cli.sigil import main\ntry: main()\n"
    code += "finally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asked, "COMP_CWORD": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "zoo.py:plain" in done.stdout
    assert not {"msgspec", "sigil.optimize", "sigil.search"} & set(done.stderr.split())


# --- as a real bash asks ----------------------------------------------------------------

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


def completed(folder: Path, typed: str, before: str = "") -> str:
    """Return a command line as bash has it after ``typed``, which ends with a tab."""
    screen, keyboard = pty.openpty()
    # What is completed is not run but shown: the line is begun anew with an `echo`.
    script = f"{before}\neval \"$(sigil completion bash)\"\necho be''gin\n"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shell = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        cwd=folder,
        env={**os.environ, "PATH": path, "TERM": "dumb", "HISTFILE": ""},
        start_new_session=True,
    )
    os.close(keyboard)
    try:
        os.write(screen, script.encode())
        _read_until(screen, "begin")
        os.write(screen, f"{typed}\x01echo 'be'gin: \x05 'e'nd\n".encode())
        seen = _read_until(screen, " end")
        return seen.rpartition("begin: ")[2].partition(" end")[0].strip()
    finally:
        shell.kill()
        shell.wait()
        os.close(screen)


def _read_until(screen: int, wanted: str) -> str:
    seen = ""
    while wanted not in seen:
        ready, _, _ = select.select([screen], [], [], 60)
        assert ready, seen
        seen += os.read(screen, 65536).decode(errors="replace")
    return seen


@needs_bash
@pytest.mark.parametrize("before", ["", "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}"])
@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("sigil evolve zoo.py:pl\t", "sigil evolve zoo.py:plain"),
        ("sigil evolve zoo.py:Bag.c\t", "sigil evolve zoo.py:Bag.count"),
        ("sigil evolve zoo.py\t", "sigil evolve zoo.py:"),
        (
            "sigil generate-spec --function zoo.py:sp\t",
            "sigil generate-spec --function zoo.py:spare",
        ),
    ],
)
def test_bash_completes_the_functions_of_a_file(zoo, typed, line, before):
    assert completed(zoo, typed, before) == line


@needs_bash
def test_bash_completes_a_lone_function_from_the_colon_on(zoo):
    (zoo / "one.py").write_text("def only(): ...\n")
    assert completed(zoo, "sigil evolve one.py:\t") == "sigil evolve one.py:only"


@needs_bash
def test_bash_still_completes_files_and_what_follows_a_function(zoo):
    assert completed(zoo, "sigil evolve zo\t") == "sigil evolve zoo.py"
    assert completed(zoo, "sigil evolve zoo.py:plain --goa\t").endswith("zoo.py:plain --goal")


@needs_bash
def test_bash_lets_the_colon_follow_a_file_at_once(zoo):
    assert completed(zoo, "sigil evolve zo\t:pl\t") == "sigil evolve zoo.py:plain"


@needs_bash
def test_bash_still_ends_a_file_that_nothing_follows(zoo):
    (zoo / "cases.jsonl").touch()
    typed = "sigil evolve zoo.py:plain --cases ca\t--goa\t"
    assert completed(zoo, typed).endswith("--cases cases.jsonl --goal")
