"""`sigil scenario seal`: scenarios into the sealed half, and all of them into the record."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import (
    dry_run_flag,
    recipient_keys,
    seed_option,
    service_name,
)
from sigil.errors import NotFound, SigilError
from sigil.printable import printable

if TYPE_CHECKING:
    from sigil.gate.bundle.changing import Draft, Edit, Update

STDIN = "-"


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@service_name
@click.option("--spec", default="", help="The intent that they stem from: docs/specs/….md.")
@click.option("--remove", is_flag=True, help="Remove the visible files that are sealed.")
@click.option(
    "--force", is_flag=True, help="Seal what lint calls an error, or --spec does not find."
)
@recipient_keys
@seed_option
@dry_run_flag
@repo_root
@as_json
def seal(
    paths: tuple[Path, ...],
    service: str,
    spec: str,
    remove: bool,
    force: bool,
    recipients: tuple[str, ...],
    seed: int | None,
    dry_run: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Seal PATHS of the visible half as holdouts, or with - the Lua on standard input.

    Without PATHS, records the visible half and the helpers as they stand. Public keys are enough
    for all of this. A holdout should come by standard input: what was once a file in the
    repository may be in git's history, where sealing does not reach. What sigil scenario lint
    calls an error is sealed with --force alone, since nobody will see it fail of its own fault; so
    is what stems from an intent that is not there, since feedback sends authors to it.

    --spec is about PATHS alone, or without PATHS about visible scenarios that have no intent yet. A
    text that is a holdout already is not sealed twice, as far as this machine has the key to know.
    """
    from sigil.cli.options import repository
    from sigil.cli.scenario.choosing import facts_of, print_update, recipients_of
    from sigil.gate.bundle.changing import Edit
    from sigil.gate.bundle.receipt import take_back
    from sigil.gate.bundle.updating import writing_bundle

    root = repository(repo_root)
    _refuse_nowhere(root, spec, force=force)
    if not dry_run:
        _finish(root, service)
    drafts = _drafts(root, service, paths, spec)
    _refuse_another(root, service, drafts, force=force)
    _lint(root, service, drafts, force=force)
    moved = [draft.name for draft in drafts if draft.name]
    edit = Edit(
        recipients_of(root, service, recipients),
        drafts,
        removed=moved if remove else (),
        spec="" if drafts else spec,
        specs=dict.fromkeys(moved, spec) if spec else {},
        seed=seed,
    )
    update, known = _seal(root, service, edit, dry_run=dry_run)
    _warn(moved, removed=remove)
    if as_json:
        print_json({**facts_of(update, dry_run=dry_run), "already": sorted(known)})
    else:
        for id_, by in sorted(known.items()):
            click.echo(f"sealed already{by}: {id_}")
        _tell_whose(update, "" if drafts else spec)
        print_update(update, dry_run=dry_run)
    if not dry_run and drafts:
        with writing_bundle(root, service):
            take_back(root, service, {*known, *update.sealed})


def _refuse_nowhere(root: Path, spec: str, *, force: bool) -> None:
    """Refuse an intent that is no file of the repository.

    Raises:
        NotFound: it is none, and that was not asked for.
    """
    from sigil.errors import Where

    inside = (root / spec).resolve().is_relative_to(root.resolve())
    if spec and not force and not (inside and (root / spec).is_file()):
        raise NotFound(
            "there is no such file in the repository, and feedback would send authors to it",
            where=Where(spec, field="--spec"),
            remedy="name the intent as in docs/specs/NAME.md, or say --force to write it later",
        )


def _finish(root: Path, service: str) -> None:
    """Finish an update that was cut short, before anything is read that it may have moved."""
    from sigil.gate.bundle.updating import is_pending, writing_bundle

    if is_pending(root, service):
        with writing_bundle(root, service):
            click.echo("an update that was cut short is finished", err=True)


def _refuse_another(root: Path, service: str, drafts: list[Draft], *, force: bool) -> None:
    """Refuse to call another intent than the one that is recorded of a visible scenario.

    Raises:
        InvalidValue: that was not asked for.
    """
    from sigil.errors import InvalidValue, Where
    from sigil.gate.bundle.read import read_manifest
    from sigil.gate.trees import FolderTree

    named = {draft.name: draft.spec for draft in drafts if draft.name and draft.spec}
    with suppress(NotFound):
        for entry in read_manifest(FolderTree(root), service).visible if named else ():
            if not force and entry.spec and named.get(entry.id, entry.spec) != entry.spec:
                raise InvalidValue(
                    f"{entry.id} stems from {printable(entry.spec, 200)}, as bundle.json has it",
                    where=Where(named[entry.id], field="--spec"),
                    remedy="leave out --spec, or say --force to have another",
                )


def _tell_whose(update: Update, spec: str) -> None:
    """Say which visible scenarios have got the intent that was named without any of them."""
    if not spec:
        return
    before = {entry.id: entry.spec for entry in update.before.visible} if update.before else {}
    got = [entry.id for entry in update.manifest.visible if entry.spec == spec]
    new = [id_ for id_ in got if not before.get(id_)]
    of = ", ".join(new) or "no further scenario: each has an intent"
    click.echo(f"{printable(spec)} is the intent of {of}")


def _seal(root: Path, service: str, edit: Edit, *, dry_run: bool) -> tuple[Update, dict[str, str]]:
    """Seal what is not sealed yet; return what was written, and the ids of what was sealed."""
    from contextlib import nullcontext
    from dataclasses import replace

    from sigil.gate.bundle.changing import plan
    from sigil.gate.bundle.receipt import give_receipt
    from sigil.gate.bundle.updating import apply_update, writing_bundle
    from sigil.gate.trees import FolderTree

    with nullcontext() if dry_run else writing_bundle(root, service):
        fresh, known = _sort_out(root, service, edit.drafts)
        update = plan(FolderTree(root), service, replace(edit, drafts=fresh))
        if update.changes and not dry_run:
            if fresh:
                give_receipt(root, update, [draft.text for draft in fresh])
            apply_update(root, update)
    return update, known


def _sort_out(
    root: Path, service: str, drafts: Sequence[Draft]
) -> tuple[list[Draft], dict[str, str]]:
    """Return the drafts that are no holdouts yet, and the ids of the others with by whom."""
    from sigil.gate.bundle.receipt import sealed_before

    each: dict[str, Draft] = {}
    for draft in drafts:
        each.setdefault(draft.text, draft)
    if len(each) < len(drafts):
        click.echo("warning: files that hold the same text are sealed once", err=True)
    untold, held = sealed_before(root, service, [*each]), _held(root, service, each)
    known = {held[text]: "" for text in each if text in held}
    known |= {ids[0]: ", by a seal that was cut short" for ids in untold.values()}
    fresh = [one for one in each.values() if one.text not in {*held, *untold}]
    return fresh, known


def _held(root: Path, service: str, texts: Collection[str]) -> dict[str, str]:
    """Return which texts are holdouts already; none where this machine has no key to know."""
    from sigil.cli.scenario.choosing import keys_here
    from sigil.gate.bundle.keys import identity_path, read_identities
    from sigil.gate.evaluator import sealed_already
    from sigil.gate.trees import FolderTree

    if not texts:
        return {}
    try:
        identities = read_identities(identity_path(keys_here(), service))
        return sealed_already(FolderTree(root), service, identities, texts)
    except SigilError:  # public keys are enough to seal; what else is wrong the seal itself says
        return {}


def _drafts(root: Path, service: str, paths: tuple[Path, ...], spec: str) -> list[Draft]:
    """Read what is to be sealed: files of the visible half, or standard input."""
    from sigil.cli.scenario.choosing import read_draft
    from sigil.errors import UsageError
    from sigil.gate.bundle.changing import Draft, checked
    from sigil.gate.bundle.read import folder_of

    if Path(STDIN) in paths:
        if len(paths) > 1:
            raise UsageError("standard input and files at once", remedy="seal them one by one")
        return [Draft(checked(read_draft()), spec)]
    visible = root / folder_of(service) / "visible"
    return [_draft_of(path, visible, spec) for path in paths]


def _draft_of(path: Path, visible: Path, spec: str) -> Draft:
    from sigil.cli.options import shown
    from sigil.errors import UsageError
    from sigil.gate.bundle.changing import Draft, checked
    from sigil.gate.bundle.read import MAX_TEXT
    from sigil.gate.trees import FolderTree

    absolute = path.parent.resolve() / path.name  # as the repository is
    if absolute.suffix != ".lua" or not absolute.is_relative_to(visible):
        raise UsageError(
            f"{shown(absolute)} is no scenario in {shown(visible)}",
            remedy="pipe it instead, so that no copy is left: sigil scenario seal … - < FILE",
        )
    relative = absolute.relative_to(visible).as_posix()
    text = checked(FolderTree(visible).read(relative, MAX_TEXT))
    return Draft(text, spec, relative.removesuffix(".lua"))


def _lint(root: Path, service: str, drafts: list[Draft], *, force: bool) -> None:
    """Refuse what is no scenario, or cannot do what it says; tell of the rest on standard error."""
    from sigil.errors import MalformedScenario, Where
    from sigil.gate.bundle.linting import DRAFT, flaws_of_draft, helpers
    from sigil.gate.trees import FolderTree

    library = helpers(FolderTree(root), service) if drafts else {}
    quotes = sys.stderr.isatty()
    found = [flaw for draft in drafts for flaw in flaws_of_draft(draft, library, quotes=quotes)]
    for flaw in found:
        click.echo(f"{'warning: ' if force else ''}{printable(str(flaw))}", err=True)
    if not force and any(flaw.severity == "error" for flaw in found):
        raise MalformedScenario(
            "is not sealed, because it cannot do what it says",
            where=Where(DRAFT),
            remedy="mend it (sigil scenario lint -), or seal it as it stands with --force",
        )


def _warn(moved: list[str], *, removed: bool) -> None:
    """Say on standard error what sealing a visible file does not do."""
    if moved and not removed:
        click.echo("warning: still visible, so they hold nothing out; say --remove", err=True)
    if moved:
        click.echo(
            "warning: git's history, other branches and clones may hold what was a visible file; "
            "whoever has seen it knows this question",
            err=True,
        )
