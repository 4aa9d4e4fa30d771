"""What `sigil scenario generate` reads, and what it puts up, before it compiles an intent."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from sigil.cli.status_line import StatusLine

if TYPE_CHECKING:
    from sigil.gate.generate.validating import Examiner
    from sigil.gate.generate.writing import Held
    from sigil.gate.intent import Intent
    from sigil.gate.policy import GatePolicy


class Showing(StatusLine):
    """How far the compilation of an intent is."""

    def says(self, text: str) -> None:
        """Say what is being done."""
        if not self.shows(f"{text}…"):
            self.prints(f" {text}…")

    def tried(self, done: int, total: int) -> None:
        """Show how many scenarios were tried."""
        self.shows(f"trying scenarios: {done} of {total}")


def intent_at(root: Path, source: Path) -> tuple[bytes, Intent]:
    """Read the intent; it has to be a file of the repository."""
    from sigil.errors import NotFound, UsageError, Where
    from sigil.gate.intent import read_intent
    from sigil.gate.intent.read import MAX_BYTES
    from sigil.gate.trees import FolderTree

    absolute = source.parent.resolve() / source.name
    if not absolute.is_relative_to(root):
        raise UsageError(f"{source} is not in the repository", remedy="keep it in docs/specs/")
    path = absolute.relative_to(root).as_posix()
    try:
        raw = FolderTree(root).read(path, MAX_BYTES)
    except NotFound:
        raise NotFound("there is no such intent", where=Where(path)) from None
    return raw, read_intent(raw, path)


def seed_of(root: Path, service: str, given: int | None) -> int:
    """Return the seed: the given one, else the recorded one, else 0."""
    from sigil.errors import NotFound
    from sigil.gate.bundle.read import read_manifest
    from sigil.gate.trees import FolderTree

    if given is not None:
        return given
    try:
        return read_manifest(FolderTree(root), service).seed
    except NotFound:
        return 0


def held_of(
    root: Path,
    service: str,
    spec: str,
    key_file: Path | None,
    key_fd: int | None,
    *,
    rotate: bool,
) -> Held:
    """Return the holdouts of this intent that exist, opened unless they are to be replaced."""
    from sigil.cli.scenario.choosing import identities_of
    from sigil.errors import KeyMissing, NotFound
    from sigil.gate.bundle.read import read_bundle, read_manifest
    from sigil.gate.evaluator import open_bundle
    from sigil.gate.generate.writing import Held
    from sigil.gate.trees import FolderTree
    from sigil.gate.view.present import counted

    tree = FolderTree(root)
    try:
        manifest = read_manifest(tree, service)
    except NotFound:
        return Held({}, ())
    set_hash = manifest.set_hash
    ids = tuple(entry.id for entry in manifest.holdouts if entry.spec == spec)
    if not ids or rotate:
        return Held({}, ids, set_hash)
    try:
        identities = identities_of(service, key_file, key_fd)
    except KeyMissing as missing:
        raise KeyMissing(
            f"without the key nobody can tell whether {counted(len(ids), 'holdout')} of this "
            f"intent still hold ({missing.problem})",
            where=missing.where,
            remedy="give the key with --key-file, or replace them with --rotate",
        ) from None
    opened = open_bundle(read_bundle(tree, service), identities)
    texts = {one.id: one.text for one in opened.holdouts if one.id in ids}
    return Held(texts, ids, set_hash)


def policy_for(root: Path, service: str, *, no_baseline: bool) -> GatePolicy | None:
    """Return the policy, which has to know the service; None if there is none and none is needed.

    Raises:
        NotFound: it does not, or there is none to put the service up by.
    """
    from sigil.cli.scenario.choosing import policy_of
    from sigil.errors import NotFound, Where
    from sigil.gate.policy import PATH

    policy = policy_of(root)
    if policy is not None:
        policy.service(service)
    elif not no_baseline:
        raise NotFound(
            "there is no policy, so nobody can put the service up",
            where=Where(PATH),
            remedy="write it, or say --no-baseline",
        )
    return policy


def examiner_of(
    stack: ExitStack,
    root: Path,
    service: str,
    spec: str,
    *,
    policy: GatePolicy | None,
    held: Held,
    expect_failing: bool,
    no_baseline: bool,
) -> Examiner:
    """Put the baseline up until ``stack`` ends, and return what validation needs."""
    from sigil.effects import random_bytes
    from sigil.gate.bundle.linting import helpers
    from sigil.gate.deploy import Source, deploy
    from sigil.gate.exam.hall import Hall
    from sigil.gate.generate.baseline import Baseline
    from sigil.gate.generate.traceability import generated_files
    from sigil.gate.generate.validating import Examiner
    from sigil.gate.trees import FolderTree

    library = helpers(FolderTree(root), service)
    names = [] if policy is None else policy.service(service).env
    environment = {name: os.environ[name] for name in names if name in os.environ}
    run = None
    if policy is not None and not no_baseline:
        deployment = deploy(
            policy.deployment(service), Source(root), "baseline", cache=root / ".sigil" / "cache"
        )
        stack.enter_context(deployment)
        hall = stack.enter_context(Hall())
        # A service that goes on running has seen the values of every seed that came before.
        chance = int.from_bytes(random_bytes(8))
        run = Baseline(hall, deployment, environment, chance).run
    standing = {*generated_files(root, service, spec).values(), *held.texts.values()}
    return Examiner(run, environment, library, spec, expect_failing, frozenset(standing))
