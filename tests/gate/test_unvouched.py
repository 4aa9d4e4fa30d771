"""Which edits of a change no exam can vouch for."""

from pathlib import Path

import pytest
from tests.gate.test_revisions import Repository

from sigil.gate.trees import CommitTree
from sigil.gate.unvouched import intents_of, unvouched


@pytest.fixture
def repository(tmp_path) -> Repository:
    return Repository(tmp_path / "repository")


def edited(repository: Repository, *paths: str) -> tuple[str, ...]:
    """Commit files of these paths, and return what nobody vouches for."""
    before = repository.commit(a="1")
    for path in paths:
        place = repository.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("new")
    repository.git("add", "-A", "-f")
    repository.git("commit", "-q", "-m", "x")
    after = repository.git("rev-parse", "HEAD")
    return unvouched(CommitTree(repository.root, after), CommitTree(repository.root, before))


@pytest.mark.parametrize(
    "path",
    [
        ".sigil/gate.yaml",
        ".sigil/scenarios/api/holdout/holdout_001.lua.age",
        ".github/workflows/sigil.yml",
        ".gitlab-ci.yml",
        ".gitlab/ci/gate.yml",
        ".forgejo/workflows/sigil.yml",
        "Jenkinsfile",
        ".tekton/push.yaml",
        ".woodpecker.yaml",
        ".cirrus.star",
        "docs/CODEOWNERS",
        ".gitattributes",
        "static/.gitattributes",
        "__pycache__/server.cpython-311.pyc",
        "app/node_modules/left/index.js",
        ".venv/lib/site.py",
    ],
)
def test_what_judges_and_what_is_never_run_is_named(repository, path):
    assert edited(repository, path) == (path,)


def test_code_and_intents_of_no_exam_are_the_exam_s_to_judge(repository):
    edits = (
        "server.py",
        "docs/specs/api.md",
        "sigil/gate.yaml",
        "app/Jenkinsfile",
        "gitattributes",
    )
    assert edited(repository, *edits) == ()


def test_what_is_deleted_or_made_executable_is_an_edit(repository):
    repository.commit(a="1")
    path = repository.root / "__pycache__" / "x.pyc"
    path.parent.mkdir()
    path.write_text("x")
    repository.git("add", "-A", "-f")
    repository.git("commit", "-q", "-m", "x")
    before = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--chmod=+x", "__pycache__/x.pyc")
    repository.git("commit", "-q", "-m", "x")
    after = repository.git("rev-parse", "HEAD")
    trees = (CommitTree(repository.root, one) for one in (after, before))
    assert unvouched(*trees) == ("__pycache__/x.pyc",)


def test_a_submodule_is_named(repository):
    before = repository.commit(a="1")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{before},vendored")
    repository.git("commit", "-q", "-m", "x")
    after = repository.git("rev-parse", "HEAD")
    trees = (CommitTree(repository.root, one) for one in (after, before))
    assert unvouched(*trees) == ("vendored",)


def test_a_name_that_is_no_text_is_named_in_ascii(repository):
    before = repository.commit(a="1")
    Path(str(repository.root) + "/caf\udce9").write_text("x")
    after = repository.commit()
    trees = (CommitTree(repository.root, one) for one in (after, before))
    [path] = unvouched(*trees)
    assert path.isascii()
    assert path.startswith("caf")


RECORDS = {
    "bundle.json": '{"scenarios": [{"id": "a", "spec": "docs/specs/a.md"}, {"spec": ""}, 1]}',
    "traceability.json": '{"intents": {"docs/specs/b.md": {}}}',
}


def recorded(repository: Repository, records: dict[str, str]) -> frozenset[str]:
    """Commit the records of an exam, and return the intents that they name."""
    folder = repository.root / ".sigil" / "scenarios" / "api"
    folder.mkdir(parents=True)
    for name, text in records.items():
        (folder / name).write_text(text)
    repository.git("add", "-A", "-f")
    repository.git("commit", "-q", "-m", "an exam")
    return intents_of(CommitTree(repository.root, repository.git("rev-parse", "HEAD")))


def test_intents_are_those_that_bundle_and_traceability_name(repository):
    assert recorded(repository, RECORDS) == {"docs/specs/a.md", "docs/specs/b.md"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"scenarios": 1, "intents": []}'])
def test_a_record_of_another_shape_names_no_intent(repository, text):
    assert recorded(repository, dict.fromkeys(RECORDS, text)) == frozenset()


def test_an_intent_that_an_exam_stems_from_is_named(repository):
    before = repository.commit(**{"a.md": "1", "b.md": "1"})
    after = repository.commit(**{"a.md": "2", "b.md": "2"})
    trees = (CommitTree(repository.root, one) for one in (after, before))
    assert unvouched(*trees, intents={"a.md"}) == ("a.md",)
