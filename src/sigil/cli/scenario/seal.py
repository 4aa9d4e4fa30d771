"""`sigil scenario seal`: scenarios into the sealed half, and all of them into the record."""

from __future__ import annotations

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
    _lint(root, service, drafts, force=force)
    moved = [draft.name for draft in drafts if draft.name]
    edit = Edit(
        recipients_of(root, service, recipients),
        drafts,
        removed=moved if remove else (),
        spec=spec,
        seed=seed,
    )
    update, known = _seal(root, service, edit, dry_run=dry_run)
    _warn(moved, removed=remove)
    if as_json:
        print_json({**facts_of(update, dry_run=dry_run), "already": known})
    else:
        for id_ in known:
            click.echo(f"sealed already, by a seal that was cut short: {id_}")
        print_update(update, dry_run=dry_run)
    if not dry_run and drafts:
        with writing_bundle(root, service):
            take_back(root, service, {*known, *update.sealed})


def _refuse_nowhere(root: Path, spec: str, *, force: bool) -> None:
    """Refuse an intent that is no file of the repository.

    Raises:
        NotFound: it is none, and that was not asked for.
    """
    from sigil.errors import NotFound, Where

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


def _seal(root: Path, service: str, edit: Edit, *, dry_run: bool) -> tuple[Update, list[str]]:
    """Seal what is not sealed yet; return what was written, and the ids of what was sealed."""
    from contextlib import nullcontext
    from dataclasses import replace

    from sigil.gate.bundle.changing import plan
    from sigil.gate.bundle.receipt import give_receipt, sealed_before
    from sigil.gate.bundle.updating import apply_update, writing_bundle
    from sigil.gate.trees import FolderTree

    with nullcontext() if dry_run else writing_bundle(root, service):
        before = sealed_before(root, service, [draft.text for draft in edit.drafts])
        fresh: list[Draft] = []
        known: list[str] = []
        for draft in edit.drafts:  # of equal ones each has an id of its own
            ids = before.get(draft.text)
            if ids:
                known.append(ids.pop(0))
            else:
                fresh.append(draft)
        update = plan(FolderTree(root), service, replace(edit, drafts=fresh))
        if update.changes and not dry_run:
            if fresh:
                give_receipt(root, update, [draft.text for draft in fresh])
            apply_update(root, update)
    return update, sorted(known)


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
    found = [flaw for draft in drafts for flaw in flaws_of_draft(draft, library)]
    for flaw in found:
        click.echo(f"{'warning: ' if force else ''}{flaw}", err=True)
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
