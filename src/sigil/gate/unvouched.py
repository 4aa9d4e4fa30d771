"""What does a change edit that no exam of its behaviour can vouch for?

Two kinds of paths, and a person looks at a change that touches one, however well it does:

- what later changes are judged by: the policy, the exam, the intents that an exam stems from, and
  the workflows that hold keys and who has to review, under the names that forges give them;
- what would be merged and was never run: names that no tree is frozen with, such as
  ``__pycache__`` or ``.venv``, submodules, names that are no text, and ``.gitattributes``, by which
  a checkout may hold other bytes than the commit that was examined.

Not here: freezing (`sigil.sandbox.tree`), what follows (`sigil.gate.decision`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, cast

from sigil.errors import Corrupt, InvalidValue, NotFound
from sigil.gate.bundle.manifest import MAX_BYTES
from sigil.gate.bundle.read import MANIFEST, SCENARIOS, services_in
from sigil.gate.bundle.updating import TRACEABILITY
from sigil.gate.policy import PATH
from sigil.gate.trees import CommitTree, Tree
from sigil.sandbox.tree import is_excluded

JUDGES = (
    ".buildkite/", ".builds/", ".circleci/", ".forgejo/", ".gitea/", ".github/", ".gitlab/",
    ".semaphore/", ".sigil/scenarios/", ".teamcity/", ".tekton/", ".woodpecker/",
)  # fmt: skip
_WORKFLOWS = frozenset({
    ".appveyor.yml", ".build.yml", ".cirrus.star", ".cirrus.yml", ".drone.jsonnet", ".drone.star",
    ".drone.yml", ".gitlab-ci.yml", ".mergify.yml", ".travis.yml", ".woodpecker.yaml",
    ".woodpecker.yml", "CODEOWNERS", "Jenkinsfile", "appveyor.yml", "azure-pipelines.yml",
    "bitbucket-pipelines.yml", "bitrise.yml", "buildspec.yml", "docs/CODEOWNERS",
})  # fmt: skip
_ATTRIBUTES = ".gitattributes"
_SUBMODULE = 0o160000
_LONGEST = 200


def unvouched(
    change: CommitTree, baseline: CommitTree, intents: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the paths that differ between two commits and that no exam vouches for, in order.

    Args:
        change: with the edits.
        baseline: without them.
        intents: files that scenarios stem from; see `intents_of`.

    Raises:
        SigilError: one of the two cannot be read whole.
    """
    ours, theirs = (
        {
            (path, mode, held)
            for path, mode, held in tree.contents()
            if path in intents or _is_unvouched(path, mode)
        }
        for tree in (change, baseline)
    )
    return tuple(sorted({_shown(path) for path, _, _ in ours ^ theirs}))


def intents_of(control: Tree) -> frozenset[str]:
    """Return the intents that the exams of all services stem from, as a commit records them.

    A record that is of another shape names none here: the exam that it belongs to is refused as a
    whole where it is opened.

    Raises:
        SigilError: the commit cannot be read whole.
    """
    folders = [f"{SCENARIOS}/{service}" for service in services_in(control)]
    return frozenset(path for folder in folders for path in _named_in(control, folder))


def _named_in(control: Tree, folder: str) -> Iterator[str]:
    asked: Any = _document(control, f"{folder}/{MANIFEST}").get("scenarios")
    for one in cast("list[Any]", asked) if isinstance(asked, list) else ():
        spec: Any = cast("dict[str, Any]", one).get("spec") if isinstance(one, dict) else None
        if isinstance(spec, str) and spec:
            yield spec
    traced: Any = _document(control, f"{folder}/{TRACEABILITY}").get("intents")
    if isinstance(traced, dict):
        yield from cast("dict[str, Any]", traced)


def _document(tree: Tree, path: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(tree.read(path, MAX_BYTES))
    except (NotFound, Corrupt, InvalidValue, ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _is_unvouched(path: str, mode: int) -> bool:
    is_judge = path == PATH or path in _WORKFLOWS or path.startswith(JUDGES)
    is_run = not (is_excluded(path, ()) or mode == _SUBMODULE) and _is_text(path)
    return is_judge or not is_run or path.rpartition("/")[2] == _ATTRIBUTES


def _shown(path: str) -> str:
    """Return a path as ASCII of moderate length, as it may stand in the ledger."""
    return path.encode("unicode_escape").decode("ascii")[:_LONGEST]


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
