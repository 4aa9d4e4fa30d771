"""An exam is read as it was recorded, and every way of changing it is found without a key."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.gate.exams import UPGRADE, Exam, an_exam

from sigil.canonical import digest
from sigil.errors import MalformedScenario, NotFound, SealBroken, SigilError, Unreadable
from sigil.gate.bundle.manifest import Manifest, manifest_bytes, next_version
from sigil.gate.bundle.read import Bundle, read_bundle, services_in
from sigil.gate.trees import CommitTree, FolderTree

Read = Callable[[], Bundle]
GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


@pytest.fixture
def exam(tmp_path: Path) -> Exam:
    return an_exam(tmp_path)


@pytest.fixture(params=["folder", "commit"])
def read(request: pytest.FixtureRequest, exam: Exam) -> Read:
    """Read the exam as it stands, or as git has it once all of it is committed."""

    def committed() -> Bundle:
        for command in (["init", "-q"], ["add", "-Af", ".sigil/scenarios"], ["commit", "-qm", "x"]):
            subprocess.run([*GIT, *command], cwd=exam.root, check=True, capture_output=True)
        return read_bundle(CommitTree(exam.root, "HEAD"), "api")

    return exam.read if request.param == "folder" else committed


def edit(exam: Exam, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what ``bundle.json`` says."""
    path = exam.folder / "bundle.json"
    value = json.loads(path.read_bytes())
    change(value)
    path.write_text(json.dumps(value))


# --- what is intact -----------------------------------------------------------------------


def test_what_was_recorded_is_read(exam, read):
    bundle = read()
    assert [scenario.id for scenario in bundle.visible] == ["billing/upgrade"]
    assert [sealed.entry.id for sealed in bundle.sealed] == ["holdout_001", "holdout_002"]
    assert list(bundle.library) == ["lib.money"]
    assert (bundle.manifest.version, bundle.manifest.recipients) == ("api.v1", (exam.recipient,))


def test_reading_needs_no_key_and_shows_nothing_sealed(exam):
    assert "first" not in repr(exam.read())


def test_the_record_reads_back_as_it_was_written(exam):
    data = (exam.folder / "bundle.json").read_bytes()
    assert manifest_bytes(exam.read().manifest) == data


def test_other_files_beside_the_halves_are_nobody_s_business(exam, read):
    exam.write("traceability.json", "{}")
    exam.write("README.md", "about")
    assert read().manifest.version == "api.v1"


def test_services_are_found(exam):
    Exam(exam.root, service="web").seal("return {}")
    exam.write("../notes/readme.txt", "no service")
    assert services_in(FolderTree(exam.root)) == ["api", "web"]


def test_versions_count():
    assert [next_version("billing.v7"), next_version("a-b.v9")] == ["billing.v8", "a-b.v10"]


# --- the identity of the exam -------------------------------------------------------------


def test_recording_the_same_again_changes_nothing(exam):
    before = (exam.folder / "bundle.json").read_bytes()
    exam.seal()
    assert (exam.folder / "bundle.json").read_bytes() == before


@pytest.mark.parametrize("path", ["visible/billing/upgrade.lua", "lib/money.lua"])
def test_every_file_is_part_of_the_identity(exam, path):
    before = exam.read().manifest
    exam.write(path, "return { title = 'other' }\n")
    exam.seal()
    after = exam.read().manifest
    assert after.set_hash != before.set_hash
    assert (before.version, after.version) == ("api.v1", "api.v2")


def test_who_may_open_it_is_no_part_of_the_identity(exam):
    manifest = exam.read().manifest
    others = Manifest(
        manifest.service, manifest.version, manifest.seed, (), manifest.library, manifest.entries
    )
    assert others.set_hash == manifest.set_hash


# --- what was tampered with ---------------------------------------------------------------


def flip(path: Path, place: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def swap(first: Path, second: Path) -> None:
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)


def link(path: Path) -> None:
    target = path.with_name("elsewhere.txt")
    path.rename(path.parents[3] / target.name)
    path.symlink_to(os.path.relpath(path.parents[3] / target.name, path.parent))


HOLDOUT = "holdout/holdout_001.lua.age"
VISIBLE = "visible/billing/upgrade.lua"
HELPER = "lib/money.lua"
FILES = [HOLDOUT, VISIBLE, HELPER]
TAMPERED: dict[str, tuple[Callable[[Exam], object], str]] = {
    "two holdouts swapped": (
        lambda exam: swap(exam.folder / HOLDOUT, exam.folder / HOLDOUT.replace("1", "2")),
        HOLDOUT,
    ),
    "a holdout renamed": (
        lambda exam: (exam.folder / HOLDOUT).rename(exam.folder / "holdout/holdout_003.lua.age"),
        "holdout/holdout_003.lua.age",
    ),
    "a visible scenario renamed": (
        lambda exam: (exam.folder / VISIBLE).rename(exam.folder / "visible/other.lua"),
        "visible/other.lua",
    ),
    "a holdout added": (
        lambda exam: exam.write("holdout/holdout_009.lua.age", "x"),
        "holdout/holdout_009.lua.age",
    ),
    "a plaintext beside the seals": (
        lambda exam: exam.write("holdout/holdout_001.lua", "x"),
        "holdout/holdout_001.lua",
    ),
    "a scenario added": (lambda exam: exam.write("visible/x.lua", "x"), "visible/x.lua"),
    "a helper added": (lambda exam: exam.write("lib/x.lua", "x"), "lib/x.lua"),
    "a folder linked": (
        lambda exam: [
            (exam.folder / "lib").rename(exam.root / "lib"),
            (exam.folder / "lib").symlink_to("../../../lib"),
        ],
        "lib",
    ),
    "a file where a folder was": (
        lambda exam: [
            (exam.folder / "lib").rename(exam.root / "lib"),
            (exam.folder / "lib").write_text("x"),
        ],
        "lib",
    ),
    "a scenario that is larger than any": (
        lambda exam: exam.write(VISIBLE, b"-" * (2**20 + 1)),
        VISIBLE,
    ),
    "a seal that is larger than any": (
        lambda exam: exam.write(HOLDOUT, bytes(2 * 2**20)),
        HOLDOUT,
    ),
    "an update cut short": (lambda exam: exam.write(".sealing/bundle.json", "x"), ".sealing"),
}


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("place", [0, -1])
def test_a_flipped_bit_is_found(exam, read, path, place):
    flip(exam.folder / path, place)
    with pytest.raises(SealBroken, match=f"{path}: is not what was recorded"):
        read()


@pytest.mark.parametrize("path", FILES)
def test_a_missing_file_is_found(exam, read, path):
    (exam.folder / path).unlink()
    with pytest.raises(SealBroken, match=f"{path}: is in the bundle, and is not here"):
        read()


@pytest.mark.parametrize("path", [*FILES, "bundle.json"])
def test_a_link_is_found_even_to_the_same_bytes(exam, read, path):
    link(exam.folder / path)
    with pytest.raises(SealBroken, match=path):
        read()


@pytest.mark.parametrize("case", TAMPERED)
def test_tampering_is_found_and_the_file_named(exam, read, case):
    tamper, path = TAMPERED[case]
    tamper(exam)
    with pytest.raises(SealBroken, match=path) as broken:
        read()
    assert broken.value.remedy


def test_a_pipe_is_found_without_waiting(exam):
    os.mkfifo(exam.folder / "visible" / "pipe.lua")
    with pytest.raises(SealBroken, match=r"pipe\.lua"):
        exam.read()


def test_more_files_than_an_exam_may_have_are_refused_soon(exam):
    folder = exam.folder / "visible" / "many"
    folder.mkdir()
    source = folder / "0.lua"
    source.write_text("x")
    for number in range(1, 20_000):  # links to one file: as many names as matter
        os.link(source, folder / f"{number}.lua")
    with pytest.raises(SealBroken, match=r"visible/many/\d+\.lua: is not in the bundle"):
        exam.read()
    with pytest.raises(MalformedScenario, match="more than 10,000 files"):
        exam.seal()


def test_a_name_that_a_terminal_obeys_is_shown_as_text(exam):
    exam.write("visible/\x1b[2J.lua", "x")
    with pytest.raises(SealBroken, match=r"visible/\\x1b\[2J\.lua") as broken:
        exam.read()
    assert "\x1b" not in str(broken.value)


@pytest.mark.parametrize("path", [HOLDOUT, VISIBLE, HELPER, "bundle.json"])
def test_a_file_that_may_not_be_read_is_said(exam, monkeypatch, path):
    real = os.open

    def refuse(target: object, *arguments: object, **more: object) -> int:
        if str(target).endswith(path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(target, *arguments, **more)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Unreadable, match=f"{path}: cannot be read"):
        exam.read()


# --- what the record may say --------------------------------------------------------------


def entry(**change: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["scenarios"][0].update(change)


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": lambda value: value.update(format=2),
    "an unknown key": lambda value: value.update(more=1),
    "a missing key": lambda value: value.pop("seed"),
    "another service": lambda value: value.update(service="web"),
    "a service that leads out": lambda value: value.update(service="../api"),
    "a version that is none": lambda value: value.update(version="v1"),
    "a seed that is text": lambda value: value.update(seed="1"),
    "a seed that is too large": lambda value: value.update(seed=2**64),
    "another recipient": lambda value: value.update(recipients=["age1" + "q" * 57]),
    "another set": lambda value: value.update(set="sha256:" + "0" * 64),
    "a dropped scenario": lambda value: value["scenarios"].pop(),
    "a dropped helper": lambda value: value["library"].pop(),
    "a scenario twice": lambda value: value["scenarios"].append(value["scenarios"][-1]),
    "another order": lambda value: value["scenarios"].reverse(),
    "another half": entry(half="visible"),
    "no such half": entry(half="both"),
    "another intent": entry(spec="docs/specs/other.md"),
    "another digest": entry(digest="sha256:" + "0" * 64),
    "a digest that is none": entry(digest="md5:0"),
    "no digest of the seal": entry(sealed=""),
    "an id that leads out": entry(id="../../holdout_001"),
    "an absolute id": entry(id="/etc/passwd"),
    "an id with a NUL": entry(id="holdout_001\0"),
    "an id with a line": entry(id="holdout_001\n"),
    "holdout zero": entry(id="holdout_000"),
    "a visible id that leads out": lambda value: value["scenarios"][-1].update(id="a/../../b"),
    "a hidden visible id": lambda value: value["scenarios"][-1].update(id="a/.git"),
    "a helper that leads out": lambda value: value["library"][0].update(path="lib/../../x.lua"),
    "a list of scenarios that is none": lambda value: value.update(scenarios={}),
    "a hundred thousand scenarios": lambda value: value.update(
        scenarios=value["scenarios"][:1] * 100_000
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_record_that_was_edited_is_refused(exam, case):
    edit(exam, EDITS[case])
    with pytest.raises(SealBroken, match=r"api/bundle\.json"):
        exam.read()


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"format": NaN}', b'{"format": 1, "format": 1}',
     b"[" * 100_000, b'{"seed": ' + b"9" * 5000 + b"}", b" " * (9 * 2**20), b'"\\ud800"'],
)  # fmt: skip
def test_what_is_no_record_is_refused(exam, data):
    (exam.folder / "bundle.json").write_bytes(data)
    with pytest.raises(SealBroken, match=r"api/bundle\.json"):
        exam.read()


def test_a_service_without_scenarios_is_told_how_to_begin(tmp_path):
    with pytest.raises(NotFound, match="sigil scenario seal --service api"):
        read_bundle(FolderTree(tmp_path), "api")


@pytest.mark.parametrize("name", ["../api", "", "a/b", ".", "API"])
def test_a_service_s_name_leads_nowhere(tmp_path, name):
    with pytest.raises(SigilError, match="no name of a service"):
        read_bundle(FolderTree(tmp_path), name)


# --- what a scenario may be ---------------------------------------------------------------

NO_TEXT = {
    b"\xff": "not UTF-8 text in line 1",
    b"return\n\xc3(": "not UTF-8 text in line 2",
    b"return {}\0": "not text",
    b"\x1bLua\x54\x00": "not text",
    b" \n": "empty",
    b"": "empty",
}


@pytest.mark.parametrize("path", [VISIBLE, HELPER])
@pytest.mark.parametrize("data", NO_TEXT)
def test_what_is_no_text_is_malformed_even_if_it_was_recorded(exam, data, path):
    manifest = exam.read().manifest
    exam.write(path, data)
    helpers = [(name, digest(data) if path == HELPER else old) for name, old in manifest.library]
    (upgrade,) = manifest.visible
    if path == VISIBLE:
        upgrade = replace(upgrade, digest=digest(data))
    entries = (*manifest.holdouts, upgrade)
    recorded = replace(manifest, library=tuple(helpers), entries=entries)
    exam.write("bundle.json", manifest_bytes(recorded))
    with pytest.raises(MalformedScenario, match=f"{path}: {NO_TEXT[data]}"):
        exam.read()


@pytest.mark.parametrize("data", NO_TEXT)
def test_what_is_no_text_is_not_recorded(exam, data):
    exam.write(VISIBLE, data)
    with pytest.raises(MalformedScenario, match=f"{VISIBLE}: {NO_TEXT[data]}"):
        exam.seal()


@pytest.mark.parametrize("name", ["notes.txt", ".hidden.lua", "a b.lua", "ü.lua", "-x.lua"])
def test_a_name_that_no_scenario_can_have_is_not_recorded(exam, name):
    exam.write(f"visible/{name}", UPGRADE)
    with pytest.raises(MalformedScenario, match="not a name that a scenario can have"):
        exam.seal()


def test_a_link_is_not_recorded(exam):
    (exam.folder / "visible" / "link.lua").symlink_to("billing/upgrade.lua")
    with pytest.raises(MalformedScenario, match=r"link\.lua: a symbolic link"):
        exam.seal()


# --- what the errors advise ---------------------------------------------------------------


def test_what_no_sealing_can_mend_is_not_said_to_be_mended_by_sealing(exam):
    (exam.folder / "holdout" / "holdout_001.lua.age").write_bytes(b"x")
    with pytest.raises(SealBroken, match=r"restore it from git; nothing else holds its question$"):
        exam.read()


def test_a_manifest_that_cannot_be_read_is_replaced_by_what_the_error_says(exam):
    (exam.folder / "bundle.json").write_text("{")
    with pytest.raises(SealBroken, match="remove it and the folder holdout beside it"):
        exam.read()
    (exam.folder / "bundle.json").unlink()
    shutil.rmtree(exam.folder / "holdout")
    exam.seal(UPGRADE)
    assert [sealed.entry.id for sealed in exam.read().sealed] == ["holdout_001"]
