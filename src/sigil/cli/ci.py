"""`sigil ci`: examine a pull request of a forge, and tell it what came of it."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.ci_log import errors_fit, fit, warn
from sigil.cli.gate_context import remote_name
from sigil.cli.options import as_json, repo_root
from sigil.cli.scenario.choosing import key_descriptor, key_file_option, service_name

if TYPE_CHECKING:
    from sigil.gate.forge.github import Base, Forge, Pull, PullName
    from sigil.gate.forge.publishing import Merged
    from sigil.gate.outcome import Outcome
    from sigil.gate.revisions import Revisions


@click.command()
@click.argument("pull", metavar="OWNER/REPO#NUMBER")
@service_name
@click.option("--comment", "comments", is_flag=True, help="Write one comment, and keep it current.")
@click.option("--auto-merge", "merges", is_flag=True, help="Merge on an ALLOW at AUTO.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; examine and write nothing.")
@click.option(
    "--base",
    "bases",
    multiple=True,
    envvar="SIGIL_BASES",
    metavar="BRANCH",
    help="A branch whose exam counts; without it, the repository's default branch alone.",
)
@remote_name
@key_file_option
@key_descriptor
@repo_root
@as_json
@click.pass_context
def ci(
    ctx: click.Context,
    pull: str,
    service: str,
    comments: bool,
    merges: bool,
    dry_run: bool,
    bases: tuple[str, ...],
    remote: str,
    key_file: Path | None,
    key_fd: int | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Examine a pull request in a clone of its repository, and set a status on its commit.

    The exam and the policy are those of its base branch, fetched anew: the default branch, or one
    that --base or SIGIL_BASES lists, and no other. GITHUB_TOKEN or GH_TOKEN
    holds the token, GITHUB_API_URL another address than GitHub's. Exits with 0 for ALLOW, 3 for
    REVIEW, 4 for BLOCK. docs/ci.md says where it may run.

    Example: sigil ci acme/shop#42 --service api --comment
    """
    from sigil.cli.options import print_json, repository
    from sigil.errors import InvalidValue
    from sigil.gate.forge.github import Forge, parse_pull
    from sigil.gate.forge.publishing import examined_base
    from sigil.gate.forge.rest import Rest, access

    known = {pull, pull.partition("#")[0], service, *bases}
    with errors_fit(known):
        root, name = repository(repo_root), parse_pull(pull)
        reached = access(os.environ)
        if reached.token is None and not dry_run:
            raise InvalidValue("there is no token", remedy="set GITHUB_TOKEN, or say --dry-run")
        forge = Forge(Rest(reached), name)
        found = forge.pull()
        known.add(found.base.ref)
        if not found.is_open:
            raise InvalidValue(f"{pull} is not open", remedy="reopen it, or use sigil eval")
        base = examined_base(found.base, bases)
        job = _Job(root, name, service, remote, forge, base)
        if dry_run:
            planned = job.planned(comments=comments, merges=merges)
            print_json(planned) if as_json else _print_plan(planned)
            return
        outcome, facts = job.run(found, (key_file, key_fd), comments, merges, quiet=as_json)
        print_json(facts) if as_json else _print(outcome, facts)
        ctx.exit(outcome.decision.verdict.exit_code)


class _Job:
    """One pull request, examined in one clone."""

    def __init__(
        self, root: Path, name: PullName, service: str, remote: str, forge: Forge, base: Base
    ):
        self._root, self._name, self._forge = root, name, forge
        self._service, self._remote, self._base = service, remote, base

    def _resolved(self) -> Revisions:
        """Return the commits as they are now, both ends fetched anew."""
        from sigil.gate.revisions import fetched, resolve

        base = fetched(self._root, f"refs/heads/{self._base.ref}", self._remote)
        return resolve(self._root, self._name.ref, base=base, remote=self._remote)

    def planned(self, *, comments: bool, merges: bool) -> dict[str, Any]:
        """Return what would be done. Writes nothing, neither there nor into the ledger."""
        from sigil.gate.bundle.read import read_bundle
        from sigil.gate.forge.publishing import context_of, marker_of
        from sigil.gate.trees import CommitTree

        revisions = self._resolved()
        exam = read_bundle(CommitTree(self._root, revisions.control.commit), self._service)
        known = self._forge.find_comment(marker_of(self._service)) if comments else None
        return {
            "change": revisions.change.commit,
            "baseline": revisions.baseline.commit,
            "base": revisions.control.commit,
            "branch": self._base.ref,
            "visible": len(exam.visible),
            "holdout": len(exam.sealed),
            "status": context_of(self._service, self._base),
            "comment": None if not comments else "new" if known is None else known,
            "merge": merges,
        }

    def run(
        self,
        pull: Pull,
        key: tuple[Path | None, int | None],
        comments: bool,
        merges: bool,
        *,
        quiet: bool,
    ) -> tuple[Outcome, dict[str, Any]]:
        """Examine, and tell the forge; return the outcome and what was told."""
        from sigil.cli.evaluation import examination
        from sigil.gate.forge import publishing
        from sigil.gate.parts import Wanted
        from sigil.gate.record.dossier import plain

        with self._broken_if_raised(pull.head.sha):
            revisions = self._resolved()
        commit = revisions.change.commit  # which need not be what the forge named a moment ago
        with self._broken_if_raised(commit):
            self._set(commit, publishing.RUNNING, "under examination")
            wanted = Wanted(
                root=self._root,
                service=self._service,
                ref=self._name.ref,
            )
            outcome, found = examination(
                wanted, key, quiet=quiet, find=lambda *_args, **_named: revisions, tell=fit
            )
            verdict = outcome.decision.verdict
            self._set(commit, publishing.STATES[verdict], publishing.status_text(found))
        rung = self._next_rung(outcome)
        comment = None
        if comments:
            known = self._forge.find_comment(publishing.marker_of(self._service))
            text = publishing.comment_text(found, outcome.feedback)
            comment = self._forge.comment(known, text)
        merged = self._merged() if merges else None
        told = {
            "state": publishing.STATES[verdict],
            "comment": comment,
            "merged": None if merged is None else merged.commit,
            "held": "" if merged is None else merged.held,
            "next": rung,
        }
        return outcome, {**plain(found), "feedback": plain(outcome.feedback), "forge": told}

    def _next_rung(self, outcome: Outcome) -> str:
        """Return what the service lacks on its way up: all of it, if a decision is on record.

        The evaluation has shared the ledger, or warned that it could not.
        """
        from sigil.cli.gate_context import own_ledger
        from sigil.effects import SYSTEM_CLOCK
        from sigil.gate.acting import decision_on
        from sigil.gate.view.present import enrolling, next_rung

        if outcome.entry is None or outcome.provenance is None:
            return enrolling(outcome.decision, self._service)
        ledger, now = own_ledger(self._root), SYSTEM_CLOCK.now()
        stands = decision_on(self._root, outcome.revisions, ledger, self._service, now)
        return next_rung(stands.trust, self._service)

    def _merged(self) -> Merged:
        from sigil.cli.gate_context import own_ledger, share_ledger
        from sigil.effects import SYSTEM_CLOCK
        from sigil.errors import Unreadable, Unwritable, WorkspaceBusy
        from sigil.gate.forge.publishing import Merged, Merging, merge_pull

        revisions, ledger = self._resolved(), own_ledger(self._root)
        try:
            share_ledger(self._root, ledger)
        except (Unreadable, Unwritable, WorkspaceBusy) as error:
            return Merged(None, f"the ledger cannot be shared: {error}")
        known = Merging(
            root=self._root,
            service=self._service,
            base=self._base.ref,
            ledger=ledger,
            share=partial(share_ledger, self._root, ledger),
            clock=SYSTEM_CLOCK.now,
        )
        return merge_pull(self._forge, revisions, known)

    @contextmanager
    def _broken_if_raised(self, commit: str) -> Generator[None]:
        """Let no commit look as if it were under examination for ever, whatever ends this."""
        from sigil.errors import SigilError
        from sigil.gate.forge.publishing import BROKEN

        try:
            yield
        except BaseException:
            try:
                self._set(commit, BROKEN, "the examination came to no end")
            except SigilError as error:  # what ended it is what has to be told
                warn(f"the status of {commit[:12]} is not set: {error}")
            raise

    def _set(self, commit: str, state: str, description: str) -> None:
        from sigil.gate.forge.publishing import context_of

        self._forge.set_status(commit, state, context_of(self._service, self._base), description)


def _print(outcome: Outcome, facts: dict[str, Any]) -> None:
    from rich.console import Console

    from sigil.cli.evaluation_shown import print_outcome
    from sigil.gate.feedback import Disclosure
    from sigil.gate.view import present
    from sigil.printable import printable

    is_whole = outcome.feedback.disclosure is Disclosure.STEPS
    rung = present.enrolling(outcome.decision, outcome.service)
    if is_whole:
        told = present.obstacle_lines(outcome.feedback)
        print_outcome(outcome, Console(highlight=False), told)
    else:
        _print_less(outcome)
    if outcome.troubles:
        click.echo(f" all of it, for whoever runs the gate: sigil report {outcome.eval}")
    told = facts["forge"]
    if told["next"] and not (is_whole and told["next"] == rung):  # which it has said then
        click.echo(told["next"])
    click.echo(f"status: {told['state']}")
    if told["comment"] is not None:
        click.echo(f"comment: {told['comment']}")
    if told["merged"] is not None:
        click.echo(f"merged as {printable(told['merged'])}")
    elif told["held"]:
        click.echo(f"not merged: {printable(fit(told['held']))}")


def _print_less(outcome: Outcome) -> None:
    """Print what the comment may say too: the log of a job is read by the author of the change.

    Scores and reasons that rest on holdouts are in the ledger, for operators.
    """
    from sigil.cli.evaluation_shown import compared_lines
    from sigil.gate.view import present
    from sigil.printable import printable

    for line in compared_lines(outcome.revisions):
        click.echo(line)
    if outcome.score is not None:
        head, visible, *_ = present.score_table(outcome.score)
        click.echo(f"{head}\n{visible}\n")
    for line in present.obstacle_lines(outcome.feedback):
        click.echo(f" {line}")
    for line in present.cause_lines(outcome.feedback):
        click.echo(f" {line}")
    ref = printable(outcome.revisions.change.ref)
    click.echo(present.decision_line(outcome.decision.verdict, ref, outcome.service))


def _print_plan(planned: dict[str, Any]) -> None:
    from sigil.printable import printable

    click.echo(f"would examine {planned['change'][:12]} against {planned['baseline'][:12]}")
    click.echo(
        f"  by the exam of {printable(planned['branch'])} at {planned['base'][:12]}: "
        f"{planned['visible']} visible · {planned['holdout']} holdout"
    )
    click.echo(f"would set the status {planned['status']}")
    if planned["comment"] is not None:
        known = planned["comment"]
        click.echo("would write a comment" if known == "new" else f"would update comment {known}")
    if planned["merge"]:
        click.echo("would merge on an ALLOW that stands at AUTO")
