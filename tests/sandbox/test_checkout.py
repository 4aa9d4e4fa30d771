"""A checkout is a writable view of a base that no command can write through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

from sigil.errors import InvalidValue
from sigil.sandbox import (
    Base,
    CandidateFailed,
    Checkout,
    CommandResult,
    CommandSandbox,
    freeze,
    open_checkout,
)
from sigil.sandbox.base import locked_tree
from sigil.sandbox.checkout import Method
from sigil.sandbox.overlay import overlay_holds

NOTHING: Mapping[str, str | bytes | None] = {}
FILES = {"a.txt": "a\n", "pkg/b.txt": "b\n", "pkg/deep/c.txt": "c\n"}


@pytest.fixture
def base(tmp_path: Path) -> Base:
    repo = tmp_path / "repo"
    for name, text in FILES.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text)
    (repo / "run.sh").write_text("#!/bin/sh\necho ran\n")
    (repo / "run.sh").chmod(0o755)
    (repo / "link").symlink_to("a.txt")
    (repo / "folder").symlink_to("pkg")
    (repo / "outside").symlink_to("/etc")
    return freeze(repo, tmp_path / "cache")


@pytest.fixture(params=get_args(Method))
def method(request: pytest.FixtureRequest, tmp_path: Path) -> Method:
    probe = tmp_path / "probe"
    probe.mkdir()
    if request.param == "overlay" and not overlay_holds(probe):
        pytest.skip("this kernel mounts no overlay here")
    return request.param


@pytest.fixture(scope="module")
def sandbox() -> Iterator[CommandSandbox]:
    with CommandSandbox(level="L3", warm=False) as made:
        yield made


class Scene:
    """Opens checkouts of one base by one method, and runs shell lines in them."""

    def __init__(self, base: Base, scratch: Path, method: Method, sandbox: CommandSandbox):
        self.base, self.scratch, self.method, self.sandbox = base, scratch, method, sandbox

    def open(self, changes: Mapping[str, str | bytes | None] = NOTHING, **more: object) -> Checkout:
        return open_checkout(self.base, changes, scratch=self.scratch, method=self.method, **more)

    def sh(self, checkout: Checkout, line: str) -> CommandResult:
        return self.sandbox.run(["sh", "-c", line], checkout=checkout)


@pytest.fixture
def scene(base: Base, tmp_path: Path, method: Method, sandbox: CommandSandbox) -> Scene:
    return Scene(base, tmp_path / "scratch", method, sandbox)


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    found: dict[str, tuple[int, bytes]] = {}
    for path in sorted(folder.rglob("*")):
        data = bytes(path.readlink()) if path.is_symlink() else b""
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, data)
    return found


# --- what a command sees ------------------------------------------------------------------


def test_an_unchanged_file_is_as_in_the_base(scene: Scene):
    with scene.open() as checkout:
        assert scene.sh(checkout, "cat a.txt pkg/deep/c.txt").stdout == b"a\nc\n"


def test_a_change_is_seen(scene: Scene):
    with scene.open({"pkg/b.txt": "changed\n", "new/x.txt": b"\0new"}) as checkout:
        assert scene.sh(checkout, "cat pkg/b.txt new/x.txt").stdout == b"changed\n\0new"


def test_what_lies_beside_a_change_is_still_there(scene: Scene):
    with scene.open({"pkg/new.txt": "n"}) as checkout:
        assert scene.sh(checkout, "ls pkg").stdout == b"b.txt\ndeep\nnew.txt\n"


def test_a_deleted_file_is_not_seen(scene: Scene):
    with scene.open({"a.txt": None, "never.txt": None}) as checkout:
        assert b"a.txt" not in scene.sh(checkout, "ls").stdout
        assert checkout.read("a.txt") is None


def test_a_changed_program_stays_executable(scene: Scene):
    with scene.open({"run.sh": "#!/bin/sh\necho changed\n"}) as checkout:
        assert scene.sh(checkout, "./run.sh").stdout == b"changed\n"


def test_a_change_may_replace_a_link(scene: Scene):
    with scene.open({"link": "no link any more\n"}) as checkout:
        result = scene.sh(checkout, "cat link a.txt")
        assert result.stdout == b"no link any more\na\n"


def test_links_stay_links_and_lead_nowhere_outside(scene: Scene):
    with scene.open() as checkout:
        assert scene.sh(checkout, "readlink link outside").stdout == b"a.txt\n/etc\n"
        assert scene.sh(checkout, "cat outside/shadow").exit_code == 1


def test_later_commands_see_what_earlier_ones_wrote(scene: Scene):
    with scene.open() as checkout:
        scene.sh(checkout, "mkdir built; echo 1 > built/out; rm a.txt; echo 2 > pkg/new.txt")
        assert scene.sh(checkout, "cat built/out pkg/new.txt; ls a.txt").stdout == b"1\n2\n"


def test_the_home_of_a_command_is_empty(scene: Scene):
    with scene.open() as checkout:
        assert scene.sh(checkout, "ls -A ~; touch ~/x && ls ~").stdout == b"x\n"
    with scene.open() as another:
        assert scene.sh(another, "ls -A ~").stdout == b""


def test_two_checkouts_do_not_see_each_other(scene: Scene):
    with scene.open() as one, scene.open() as other:
        scene.sh(one, "rm a.txt; echo mine > pkg/mine.txt")
        assert scene.sh(other, "cat a.txt; ls pkg").stdout == b"a\nb.txt\ndeep\n"


# --- reading back -------------------------------------------------------------------------


def test_a_result_is_read_back(scene: Scene):
    with scene.open() as checkout:
        scene.sh(checkout, "mkdir -p out/deep; printf 42 > out/deep/result.txt")
        assert checkout.read("out/deep/result.txt") == b"42"
        assert checkout.read("pkg/b.txt") == b"b\n"
        assert checkout.read("out/none.txt") is None


@pytest.mark.parametrize(
    "line",
    ["ln -s /etc/passwd result", "mkfifo result", "mkdir result", "mkdir d; ln -s /etc result"],
)
def test_what_is_no_plain_file_is_no_result(scene: Scene, line: str):
    with scene.open() as checkout:
        scene.sh(checkout, line)
        assert checkout.read("result") is None
        assert checkout.read("result/passwd") is None


def test_a_result_that_is_too_large_is_the_candidates_failure(scene: Scene):
    with scene.open() as checkout:
        scene.sh(checkout, "head -c 2000 /dev/zero > result")
        with pytest.raises(CandidateFailed, match="larger than 1000"):
            checkout.read("result", limit=1000)


def test_what_commands_wrote_becomes_a_layer(scene: Scene, tmp_path: Path):
    layer = tmp_path / "layer"
    with scene.open({"own.txt": "candidate"}) as checkout:
        scene.sh(checkout, "mkdir data; echo 1 > data/in.txt; rm a.txt; echo more >> run.sh")
        checkout.export_changes(layer)
    with scene.open(layers=[layer]) as checkout:
        assert scene.sh(checkout, "cat data/in.txt; ls").stdout == (
            b"1\ndata\nfolder\nlink\noutside\npkg\nrun.sh\n"
        )


def test_a_later_layer_covers_an_earlier_one(scene: Scene, tmp_path: Path):
    layers: list[Path] = []
    for text in ("first", "second"):
        layers.append(tmp_path / text)
        layers[-1].mkdir()
        (layers[-1] / "a.txt").write_text(text)
        (layers[-1] / f"{text}.txt").write_text(text)
    with scene.open({"first.txt": "candidate"}, layers=layers) as checkout:
        result = scene.sh(checkout, "cat a.txt first.txt second.txt")
        assert result.stdout == b"secondcandidatesecond"


def test_a_folder_that_was_made_anew_hides_the_old_one(scene: Scene, tmp_path: Path):
    layer = tmp_path / "layer"
    with scene.open() as checkout:
        scene.sh(checkout, "rm -r pkg; mkdir pkg; echo n > pkg/new.txt")
        assert checkout.read("pkg/b.txt") is None
        checkout.export_changes(layer)
    with scene.open(layers=[layer]) as checkout:
        assert scene.sh(checkout, "find pkg -type f").stdout == b"pkg/new.txt\n"


# --- the base is untouched ----------------------------------------------------------------

VANDALISM = (
    "rm -rf *; echo x > a.txt",
    "chmod -R 777 .; for f in $(find . -type f); do echo x >> $f; done",
    "for f in $(find . -type f); do chmod u+w $f; echo x > $f; truncate -s 0 $f; done",
    "ln a.txt hard; chmod u+w hard; echo x >> hard; touch -d 1970-01-01 a.txt",
    "mv pkg moved; echo x >> moved/b.txt; ln -sf moved pkg; echo y >> pkg/deep/c.txt",
    "python3 -c \"import os; f = os.open('a.txt', os.O_RDWR); os.ftruncate(f, 0)\"",
)


@pytest.mark.hostile
@pytest.mark.parametrize("line", VANDALISM)
def test_no_command_alters_the_base(scene: Scene, line: str):
    before = contents(scene.base.path)
    with scene.open({"a.txt": "mine\n"}) as checkout:
        shared = contents(locked_tree(scene.base)) if scene.method == "hardlink" else {}
        scene.sh(checkout, line)
        assert contents(scene.base.path) == before
        if scene.method == "hardlink":
            assert contents(locked_tree(scene.base)) == shared


def test_a_damaged_shared_copy_is_found_and_dropped(base: Base, tmp_path: Path):
    with open_checkout(base, {}, scratch=tmp_path / "s", method="hardlink") as checkout:
        assert checkout.base_is_intact()
        (checkout.path / "a.txt").chmod(0o644)
        (checkout.path / "a.txt").write_text("z\n")
        assert not checkout.base_is_intact()
    with open_checkout(base, {}, scratch=tmp_path / "s", method="hardlink") as checkout:
        assert (checkout.path / "a.txt").read_text() == "a\n"


# --- paths --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "pkg/../../x", "", "a//b", "./a", "a/", "a\0b", ".", "x" * 300],
)
def test_a_path_that_leaves_the_tree_is_refused(base: Base, tmp_path: Path, path: str):
    with pytest.raises(InvalidValue, match="not a path inside"):
        open_checkout(base, {path: "x"}, scratch=tmp_path / "s", method="hardlink")
    assert not list((tmp_path / "s").glob("*"))


@pytest.mark.parametrize("path", ["folder/x", "outside/x", "a.txt/x", "link/x"])
def test_a_path_through_something_that_is_no_folder_is_refused(
    base: Base, tmp_path: Path, path: str
):
    with pytest.raises(InvalidValue, match=f"{path}: {path[:-2]} is not a folder"):
        open_checkout(base, {path: "x"}, scratch=tmp_path / "s")


def test_a_change_of_a_folder_is_refused(base: Base, tmp_path: Path):
    with pytest.raises(InvalidValue, match="is a folder, not a file"):
        open_checkout(base, {"pkg": None}, scratch=tmp_path / "s")


def test_a_refused_change_leaves_nothing_behind(base: Base, tmp_path: Path):
    with pytest.raises(InvalidValue):
        open_checkout(base, {"ok.txt": "x", "pkg": "x"}, scratch=tmp_path / "s")
    assert not list((tmp_path / "s").glob("checkout-*"))


# --- closing ------------------------------------------------------------------------------


def test_closing_removes_everything(scene: Scene):
    with scene.open({"x": "y"}) as checkout:
        scene.sh(checkout, "mkdir -p a/b/c; chmod 000 a/b; mkfifo pipe; touch ~/x")
    assert list(scene.scratch.iterdir()) == []


def test_nothing_is_mounted_on_the_host(scene: Scene):
    with scene.open() as checkout:
        scene.sh(checkout, "true")
        assert str(scene.scratch) not in Path("/proc/self/mountinfo").read_text()


def test_folders_deeper_than_any_path_are_removed(scene: Scene):
    dig = (
        "import os\nfor _ in range(30):\n os.mkdir('d' * 200); os.chdir('d' * 200)\nopen('f', 'w')"
    )
    with scene.open() as checkout:
        result = scene.sandbox.run(["python", "-c", dig], checkout=checkout)
        assert result.exit_code == 0, result.stderr
    assert list(scene.scratch.iterdir()) == []
