"""A frozen base: what is in it, how it is named, and that it is whole or not there."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.errors import Corrupt, InvalidValue, NotFound, Unreadable, Unwritable
from sigil.sandbox import Base, freeze
from sigil.sandbox.base import KEPT, frozen, locked_tree
from sigil.sandbox.tree import CommitTree
from sigil.store.files import is_temporary
from sigil.store.removal import remove_tree


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def git(repo: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", "-C", str(repo), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "repo", {"a.py": "a = 1\n", "pkg/b.py": "b = 2\n"})


@pytest.fixture
def repository(folder: Path) -> Path:
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("*.log\nbuild/\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def names(base: Base) -> set[str]:
    found = (path for path in base.path.rglob("*") if path.is_symlink() or path.is_file())
    return {str(path.relative_to(base.path)) for path in found}


def test_a_plain_folder_is_frozen_file_by_file(folder: Path, tmp_path: Path):
    base = freeze(folder, tmp_path / "cache")
    assert names(base) == {"a.py", "pkg/b.py"}
    assert (base.path / "pkg/b.py").read_text() == "b = 2\n"


@pytest.mark.parametrize("name", [".git", ".sigil", ".venv", "node_modules", "__pycache__"])
def test_what_is_no_source_is_left_out(folder: Path, tmp_path: Path, name: str):
    write(folder, {f"{name}/x": "x", f"pkg/{name}/y": "y"})
    assert names(freeze(folder, tmp_path / "cache")) == {"a.py", "pkg/b.py"}


def test_of_a_folder_of_ours_only_what_an_eval_calls_is_frozen(folder: Path, tmp_path: Path):
    write(folder, {".sigil/f_target.py": "f", ".sigil/f.jsonl": "1", ".sigil/d/x_target.py": "x"})
    assert names(freeze(folder, tmp_path / "cache")) == {"a.py", "pkg/b.py", ".sigil/f_target.py"}


def test_what_an_eval_calls_is_frozen_even_if_git_ignores_it(repository: Path, tmp_path: Path):
    (repository / ".gitignore").write_text(".sigil/\n")
    write(repository, {".sigil/f_target.py": "f", ".sigil/f.jsonl": "1"})
    assert ".sigil/f_target.py" in names(freeze(repository, tmp_path / "cache"))


def test_what_is_excluded_is_left_out_with_all_below_it(folder: Path, tmp_path: Path):
    write(folder, {"data/deep/x.bin": "x", "notes.tmp": "n"})
    base = freeze(folder, tmp_path / "cache", exclude=["data", "*.tmp"])
    assert names(base) == {"a.py", "pkg/b.py"}


def test_a_work_tree_gives_tracked_and_new_files_but_no_ignored_ones(
    repository: Path, tmp_path: Path
):
    write(repository, {"new.py": "n\n", "noise.log": "x", "build/out": "x"})
    assert names(freeze(repository, tmp_path / "cache")) == {
        ".gitignore",
        "a.py",
        "new.py",
        "pkg/b.py",
    }


def test_a_tracked_file_that_was_deleted_is_not_frozen(repository: Path, tmp_path: Path):
    (repository / "a.py").unlink()
    assert "a.py" not in names(freeze(repository, tmp_path / "cache"))


def test_a_folder_inside_a_work_tree_is_frozen_alone(repository: Path, tmp_path: Path):
    assert names(freeze(repository / "pkg", tmp_path / "cache")) == {"b.py"}


def test_an_ignored_folder_is_frozen_as_a_plain_one(repository: Path, tmp_path: Path):
    write(repository, {"build/out.txt": "x"})
    assert names(freeze(repository / "build", tmp_path / "cache")) == {"out.txt"}


def test_a_commit_is_frozen_without_looking_at_the_work_tree(repository: Path, tmp_path: Path):
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "a.py").write_text("changed\n")
    base = freeze(repository, tmp_path / "cache", commit=commit)
    assert (base.path / "a.py").read_text() == "a = 1\n"


def test_a_clean_work_tree_and_its_commit_are_one_base(repository: Path, tmp_path: Path):
    link = repository / "link"
    link.symlink_to("a.py")
    (repository / "run.sh").write_text("#!/bin/sh\n")
    (repository / "run.sh").chmod(0o755)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "second")
    cache = tmp_path / "cache"
    assert freeze(repository, cache) == freeze(repository, cache, commit="HEAD")


def test_a_symbolic_link_is_kept_as_a_link(folder: Path, tmp_path: Path):
    (folder / "outside").symlink_to("/etc/passwd")
    base = freeze(folder, tmp_path / "cache")
    assert (base.path / "outside").readlink() == Path("/etc/passwd")


def test_an_executable_file_stays_executable(folder: Path, tmp_path: Path):
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o700)
    base = freeze(folder, tmp_path / "cache")
    assert (base.path / "run").stat().st_mode & 0o777 == 0o755


def test_a_pipe_is_skipped_and_named(folder: Path, tmp_path: Path):
    os.mkfifo(folder / "pipe")
    (skipped,) = freeze(folder, tmp_path / "cache").skipped
    assert (skipped.path, skipped.reason) == ("pipe", "not a file")


def test_a_name_that_is_not_text_is_skipped_and_named(folder: Path, tmp_path: Path):
    (folder / os.fsdecode(b"\xff.txt")).write_text("x")
    (skipped,) = freeze(folder, tmp_path / "cache").skipped
    assert skipped.reason == "name is not UTF-8"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(folder: Path, tmp_path: Path):
    (folder / "a.py").chmod(0)
    with pytest.raises(InvalidValue, match=r"a\.py.*cannot be read.*exclude"):
        freeze(folder, tmp_path / "cache")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(NotFound, match="nowhere"):
        freeze(tmp_path / "nowhere", tmp_path / "cache")


def test_a_commit_that_is_not_there_is_named(repository: Path, tmp_path: Path):
    with pytest.raises(NotFound, match="no commit named gone"):
        freeze(repository, tmp_path / "cache", commit="gone")


def test_what_keeps_git_from_a_repository_is_said(repository: Path, tmp_path: Path):
    (repository / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 9\n")
    with pytest.raises(Unreadable, match="repo version"):
        freeze(repository, tmp_path / "base", commit="HEAD")


def test_a_commit_whose_folder_is_missing_is_no_empty_tree(repository: Path, tmp_path: Path):
    tree = git(repository, "rev-parse", "HEAD^{tree}").strip()
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(Unreadable, match=r"git fsck"):
        freeze(repository, tmp_path / "base", commit="HEAD")


def test_a_folder_without_a_repository_is_called_that(tmp_path: Path):
    with pytest.raises(NotFound, match="not a git repository"):
        freeze(tmp_path, tmp_path / "base", commit="HEAD")


def test_an_option_is_not_a_commit(repository: Path, tmp_path: Path):
    with pytest.raises(NotFound):
        freeze(repository, tmp_path / "cache", commit="--all")


def test_a_cache_that_cannot_be_made_is_named(folder: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable, match="file"):
        freeze(folder, tmp_path / "file" / "cache")


def test_the_digest_depends_on_contents_and_mode_alone(folder: Path, tmp_path: Path):
    before = freeze(folder, tmp_path / "cache").digest
    os.utime(folder / "a.py", (1, 1))
    (folder / "empty").mkdir()
    assert freeze(folder, tmp_path / "cache").digest == before
    (folder / "a.py").chmod(0o755)
    assert freeze(folder, tmp_path / "cache").digest != before


NAMES = st.text("abc.é ", min_size=1, max_size=4).filter(lambda n: n not in {".", ".."})
TREES = st.dictionaries(NAMES, st.binary(max_size=40), max_size=6)


@settings(max_examples=30)
@given(tree=TREES, other=TREES)
def test_equal_digests_mean_equal_files(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes], other: dict[str, bytes]
):
    root = tmp_path_factory.mktemp("law")
    bases: list[Base] = []
    for number, files in enumerate((tree, other)):
        repo = root / str(number)
        repo.mkdir()
        for name, data in files.items():
            (repo / name).write_bytes(data)
        bases.append(freeze(repo, root / "cache"))
    assert (bases[0].digest == bases[1].digest) == (tree == other)
    assert {p.name: p.read_bytes() for p in bases[0].path.iterdir()} == tree


def test_the_same_contents_are_copied_once(folder: Path, tmp_path: Path):
    first = freeze(folder, tmp_path / "cache")
    inode = (first.path / "a.py").stat().st_ino
    assert (freeze(folder, tmp_path / "cache").path / "a.py").stat().st_ino == inode


def test_what_the_user_edits_later_does_not_reach_the_base(folder: Path, tmp_path: Path):
    base = freeze(folder, tmp_path / "cache")
    with (folder / "a.py").open("a") as file:
        file.write("later\n")
    assert (base.path / "a.py").read_text() == "a = 1\n"


@pytest.mark.parametrize("damage", ["shorter", "gone", "mode", "time", "manifest"])
def test_a_damaged_base_is_made_anew(folder: Path, tmp_path: Path, damage: str):
    base = freeze(folder, tmp_path / "cache")
    file = base.path / "a.py"
    match damage:
        case "shorter":
            file.write_text("")
        case "gone":
            file.unlink()
        case "mode":
            file.chmod(0o666)
        case "time":
            file.write_text("a = 2\n")
        case _:
            (base.path.parent / "files.json").write_text("{")
    again = freeze(folder, tmp_path / "cache")
    assert (again.path, (again.path / "a.py").read_text()) == (base.path, "a = 1\n")


FREEZE = (
    "import sys, pathlib, sigil.sandbox.base as b\n{}\nb.freeze(*map(pathlib.Path, sys.argv[1:]))"
)
KILLED = FREEZE.format(
    "import os, signal\nb._put = lambda *a: os.kill(os.getpid(), signal.SIGKILL)"
)


def test_a_freeze_that_was_killed_leaves_nothing_that_looks_whole(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    done = subprocess.run([sys.executable, "-c", KILLED, folder, cache], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = cache.iterdir()
    assert is_temporary(left.name)
    base = freeze(folder, cache)
    assert list(cache.iterdir()) == [base.path.parent]


def test_two_processes_at_once_make_one_base(folder: Path, tmp_path: Path):
    write(folder, {f"many/{i}.txt": str(i) for i in range(200)})
    command = [sys.executable, "-c", FREEZE.format(""), str(folder), str(tmp_path / "cache")]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    base = freeze(folder, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == [base.path.parent]


def test_a_locked_copy_shares_nothing_with_the_base(folder: Path, tmp_path: Path):
    base = freeze(folder, tmp_path / "cache")
    locked = locked_tree(base)
    assert (locked / "a.py").read_text() == "a = 1\n"
    assert (locked / "a.py").stat().st_mode & 0o222 == 0
    assert (locked / "a.py").stat().st_ino != (base.path / "a.py").stat().st_ino


def test_an_empty_tree_has_a_locked_copy_too(tmp_path: Path):
    (tmp_path / "repo").mkdir()
    assert list(locked_tree(freeze(tmp_path / "repo", tmp_path / "cache")).iterdir()) == []


# --- what stays in the cache ------------------------------------------------------------

HOLDER = """
import pathlib, pickle, sys
import sigil.sandbox.base as b
{}
print(base.digest, flush=True)
sys.stdin.read()
"""
FREEZING = HOLDER.format("base = b.freeze(*map(pathlib.Path, sys.argv[1:]))")
RECEIVING = HOLDER.format("base = pickle.loads(bytes.fromhex(sys.argv[1]))")


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process that has a base, and holds it until its stdin ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("sha256:")
    return process


def frozen_elsewhere(repo: Path, cache: Path, text: str) -> str:
    """Freeze other contents in a process that ends; return the name of the base."""
    (repo / "a.py").write_text(text)
    command = [sys.executable, "-c", FREEZING, str(repo), str(cache)]
    done = subprocess.run(command, check=True, input="", capture_output=True, text=True)
    return done.stdout.strip().removeprefix("sha256:")


def cached(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir()}


def test_the_bases_used_last_stay_and_the_others_go(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    made = [frozen_elsewhere(folder, cache, f"a = {i}\n") for i in range(KEPT + 2)]
    assert cached(cache) == set(made[-KEPT:])


def descriptors_below(cache: Path) -> int:
    """Return how many folders of a cache this process has open."""
    opened: list[str] = []
    for number in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one of this very listing
            opened.append(str(number.readlink()))
    return sum(path.startswith(f"{cache}/") for path in opened)


def test_a_base_is_held_for_as_long_as_the_last_block_that_uses_it(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    with frozen(folder, cache) as first:
        with frozen(folder, cache) as second:
            assert first == second
            assert descriptors_below(cache) == 1
        later = [frozen_elsewhere(folder, cache, f"{i}\n") for i in range(KEPT + 1)]
        assert cached(cache) == {first.path.parent.name, *later[-KEPT:]}
    assert descriptors_below(cache) == 0
    last = frozen_elsewhere(folder, cache, "the last\n")
    assert cached(cache) == {*later[-KEPT + 1 :], last}


def test_a_block_that_ends_lets_go_of_nothing_that_freeze_holds(folder: Path, tmp_path: Path):
    base = freeze(folder, tmp_path / "cache")
    with frozen(folder, tmp_path / "cache"):
        pass
    assert descriptors_below(tmp_path / "cache") == 1
    assert base.path.is_dir()


def test_a_base_made_anew_is_not_let_go_by_who_held_the_former(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    with ExitStack() as former, ExitStack() as later:
        base = former.enter_context(frozen(folder, cache))
        (base.path / "a.py").write_text("damaged")
        later.enter_context(frozen(folder, cache))
        former.close()
        assert descriptors_below(cache) == 1
    assert descriptors_below(cache) == 0


def test_a_base_that_is_used_again_counts_as_used_last(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    first, *others = [frozen_elsewhere(folder, cache, f"a = {i}\n") for i in range(KEPT)]
    assert frozen_elsewhere(folder, cache, "a = 0\n") == first
    latest = frozen_elsewhere(folder, cache, "latest\n")
    assert cached(cache) == {first, *others[1:], latest}


def test_a_base_of_a_living_process_stays_until_that_ends(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    with started(FREEZING, folder, cache) as running:
        (held,) = cached(cache)
        later = [frozen_elsewhere(folder, cache, f"{i}\n") for i in range(KEPT + 1)]
        assert cached(cache) == {held, *later[-KEPT:]}
        running.kill()
    frozen_elsewhere(folder, cache, "last\n")
    assert held not in cached(cache)


def test_a_base_stays_for_whoever_got_it_by_pickle(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    with started(FREEZING, folder, cache) as first:
        (held,) = cached(cache)
        base = Base(cache / held / "tree", f"sha256:{held}")
        with started(RECEIVING, pickle.dumps(base).hex()):
            first.kill()
            first.wait(60)
            for i in range(KEPT + 1):
                frozen_elsewhere(folder, cache, f"{i}\n")
            assert held in cached(cache)


def test_bases_that_are_gone_hold_no_descriptors(folder: Path, tmp_path: Path):
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def frozen_and_removed(number: int) -> None:
        (folder / "number").write_text(str(number))
        cache = tmp_path / f"cache-{number}"
        freeze(folder, cache)
        remove_tree(cache)

    frozen_and_removed(0)
    frozen_and_removed(1)
    before = descriptors()
    for number in range(2, 8):
        frozen_and_removed(number)
    assert descriptors() <= before


def test_a_base_travels_by_pickle_with_its_fields(folder: Path, tmp_path: Path):
    os.mkfifo(folder / "pipe")
    base = freeze(folder, tmp_path / "cache")
    assert pickle.loads(pickle.dumps(base)) == base
    assert base.skipped


def test_a_base_that_is_gone_can_still_be_spoken_of(tmp_path: Path):
    base = Base(tmp_path / "gone" / "tree", "sha256:" + "0" * 64)
    assert pickle.loads(pickle.dumps(base)) == base


def test_a_damaged_base_is_not_removed_under_a_run_that_uses_it(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    with started(FREEZING, folder, cache):
        (name,) = cached(cache)
        with (cache / name / "tree/a.py").open() as used:
            (cache / name / "tree/a.py").chmod(0o666)
            frozen_elsewhere(folder, cache, "a = 1\n")
            assert (cache / name / "tree/a.py").stat().st_mode & 0o777 == 0o644
            assert os.fstat(used.fileno()).st_nlink == 1
    frozen_elsewhere(folder, cache, "a = 2\n")
    assert not any(is_temporary(left) for left in cached(cache))


def test_what_is_no_base_is_left_in_the_cache(folder: Path, tmp_path: Path):
    write(tmp_path / "cache", {".gitignore": "*", "notes/mine": "x"})
    for i in range(KEPT + 1):
        frozen_elsewhere(folder, tmp_path / "cache", f"{i}\n")
    assert {".gitignore", "notes"} < cached(tmp_path / "cache")


def test_runs_that_begin_and_end_at_once_never_miss_their_files(folder: Path, tmp_path: Path):
    cache, repos = tmp_path / "cache", [tmp_path / str(i) for i in range(KEPT + 2)]
    for i, repo in enumerate(repos):
        write(repo, {"a.py": f"{i}\n", **{f"many/{j}": str(j) for j in range(20)}})
    script = (
        "import os, pathlib, sys, sigil.sandbox.base as b\n"
        "start, cache, *repos = map(pathlib.Path, sys.argv[1:])\n"
        "first = int(start.name)\n"
        "for i in range(len(repos) * 3):\n"
        "    repo = repos[(first + i) % len(repos)]\n"
        "    if os.fork() == 0:\n"
        "        try:\n"
        "            base = b.freeze(repo, cache)\n"
        "            for _ in range(3):\n"
        "                for path in repo.rglob('*'):\n"
        "                    (base.path / path.relative_to(repo)).stat()\n"
        "        except BaseException as error:\n"
        "            sys.stderr.write(repr(error))\n"
        "            os._exit(1)\n"
        "        os._exit(0)\n"
        "    assert os.wait()[1] == 0\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(i), str(cache), *map(str, repos)])
        for i in (0, 2, 4)
    ]
    assert [process.wait(100) for process in running] == [0, 0, 0]
    assert len([name for name in cached(cache) if not is_temporary(name)]) <= KEPT + 3


# --- trees that nobody can check out ------------------------------------------------------


def hostile(repository: Path, *entries: tuple[bytes, bytes]) -> str:
    """Return a commit whose root tree holds just these entries: mode and name."""

    def put(kind: str, data: bytes) -> str:
        command = ["git", "hash-object", "-t", kind, "-w", "--literally", "--stdin"]
        done = subprocess.run(command, cwd=repository, input=data, check=True, capture_output=True)
        return done.stdout.decode().strip()

    blob = put("blob", b"planted")
    inner = put("tree", b"100644 PLANTED\0" + bytes.fromhex(blob))
    tree = b"".join(
        mode + b" " + name + b"\0" + bytes.fromhex(inner if mode == b"40000" else blob)
        for mode, name in entries
    )
    return git(repository, "commit-tree", "-m", "x", put("tree", tree))


@pytest.mark.parametrize(
    "entries",
    [
        [(b"40000", b"..")],
        [(b"100644", b"../SLASHNAME")],
        [(b"100644", b"/ABSOLUTE")],
        [(b"120000", b"d"), (b"40000", b"d")],
        [(b"100644", b"a"), (b"100644", b"a")],
    ],
)
def test_a_commit_whose_paths_lead_out_of_its_tree_is_refused(repository, tmp_path, entries):
    commit = hostile(repository, *entries)
    with pytest.raises(Corrupt):
        freeze(repository, tmp_path / "cache", commit=commit)
    left = {path.name for path in tmp_path.rglob("*")}
    assert not left & {"PLANTED", "SLASHNAME", "ABSOLUTE"}


def test_an_object_that_somebody_replaced_is_frozen_as_it_was(tmp_path: Path) -> None:
    repo = write(tmp_path / "repo", {"a.py": "evil = 1\n", "b.py": "good = 1\n"})
    git(repo, "init", "-q")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "x")
    git(repo, "replace", git(repo, "rev-parse", "HEAD:a.py"), git(repo, "rev-parse", "HEAD:b.py"))
    with CommitTree(repo, "HEAD") as tree:
        held = {entry.path: b"".join(tree.read(entry)) for entry in tree.entries}
    assert held == {"a.py": b"evil = 1\n", "b.py": b"good = 1\n"}
