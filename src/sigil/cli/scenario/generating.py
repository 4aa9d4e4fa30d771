"""What `sigil scenario generate` does once its flags are parsed: read, draft, examine, publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sigil.cli.describing import model_to_ask
from sigil.cli.scenario.choosing import recipients_of
from sigil.cli.scenario.gathering import (
    Showing,
    examiner_of,
    held_of,
    intent_at,
    policy_for,
    seed_of,
)
from sigil.cli.spending import spent_line
from sigil.effects import random_bytes
from sigil.gate.bundle.sealing import parse_recipients
from sigil.gate.generate.by_model import draft_by_model, sealed_variants
from sigil.gate.generate.drafting import Drafted, draft
from sigil.gate.generate.drafts import standing
from sigil.gate.generate.ids import check_ids
from sigil.gate.generate.marks import SECRET_BYTES
from sigil.gate.generate.prompting import Shown
from sigil.gate.generate.traceability import generated_files
from sigil.gate.generate.validating import Candidate, Examiner, Validation, validate
from sigil.gate.generate.writing import Change, Publication, Published, change_of, publish
from sigil.llm.budget import Budget
from sigil.llm.settings import ModelSettings
from sigil.optimize.describing.conversation import open_conversation


@dataclass(frozen=True, slots=True)
class Flags:
    """What was typed.

    Args:
        source: of the intent.
        service: whose exam.
        ratio: of holdouts among the scenarios of one claim, 0 to 1.
        seed: of the split; None for the recorded one.
        expect_failing: whether a new scenario may fail on the baseline.
        no_baseline: whether the service is not put up.
        rotate: whether the holdouts of the intent are replaced.
        prune: whether scenarios may be lost.
        recipients: public keys; none for those of the policy.
        key_file: of a private key; None for the service's.
        key_fd: a descriptor to read it from.
        dry_run: whether nothing is written.
        asking: which model drafts; None for none.
    """

    source: Path
    service: str
    ratio: float
    seed: int | None
    expect_failing: bool
    no_baseline: bool
    rotate: bool
    prune: bool
    recipients: tuple[str, ...]
    key_file: Path | None
    key_fd: int | None
    dry_run: bool
    asking: Asking | None


@dataclass(frozen=True, slots=True)
class Asking:
    """How a model is asked.

    Args:
        seed: of the question; not that of the split, which says something of the holdouts.
        flags: settings from the command line.
    """

    seed: int
    flags: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What asking a model came to.

    Args:
        spent: what it cost, as a line.
        record: where the exchanges are.
    """

    spent: str
    record: Path


@dataclass(frozen=True, slots=True)
class Generated:
    """What became of an intent.

    Args:
        wanted: what was to be published.
        change: what that comes to.
        published: what was written; None for a dry run.
        prune: whether scenarios may be lost.
        told: what a model was asked; None for none.
    """

    wanted: Publication
    change: Change
    published: Published | None
    prune: bool
    told: Told | None

    @property
    def ids(self) -> dict[int, str]:
        """The id of each scenario, by the place of its validation; of new holdouts none yet."""
        validations = self.wanted.validations
        passed = [place for place, one in enumerate(validations) if not one.refused]
        if self.published is not None:
            return dict(zip(passed, self.published.ids, strict=True))
        found: dict[int, str] = {}
        for place in passed:
            candidate = validations[place].candidate
            known = self.change.kept.get(candidate.text, "")
            found[place] = candidate.name if candidate.half == "visible" else known
        return {place: id_ for place, id_ in found.items() if id_}


def generate_exam(root: Path, flags: Flags, showing: Showing) -> Generated:
    """Do what the flags say.

    Raises:
        SigilError: it cannot be done; nothing was written but what a model said.
    """
    policy = policy_for(root, flags.service, no_baseline=flags.no_baseline)
    raw, intent = intent_at(root, flags.source)
    check_ids(intent, drafting=flags.asking is not None)
    model = None if flags.asking is None else model_to_ask(root, flags.asking.flags)
    held = held_of(
        root, flags.service, intent.path, flags.key_file, flags.key_fd, rotate=flags.rotate
    )
    secret = held.secret
    if secret is None:
        secret = int.from_bytes(random_bytes(SECRET_BYTES))
    seed = seed_of(root, flags.service, flags.seed)
    drafted = draft(intent, ratio=flags.ratio, seed=seed, secret=secret, held=held.texts.values())
    recipients = recipients_of(root, flags.service, flags.recipients)
    if not flags.dry_run and any(one.half == "holdout" for one in drafted.candidates):
        parse_recipients(recipients)  # or it is only said once all of them were tried
    told = None
    with ExitStack() as stack:
        doing = "trying wrong services" if flags.no_baseline else "putting the service up"
        showing.says(doing)
        examiner = examiner_of(
            stack,
            root,
            flags.service,
            intent.path,
            policy=policy,
            held=held,
            expect_failing=flags.expect_failing,
            no_baseline=flags.no_baseline,
        )
        found = validate(drafted.candidates, examiner, showing.tried)
        there = generated_files(root, flags.service, intent.path)
        drafts = validate(standing(there, intent), examiner)
        if model is not None and flags.asking is not None:
            showing.says("asking a model for scenarios")
            shown = Shown(intent, raw.decode(), _visible(drafted), drafted.uncompiled)
            new, told = _by_model(root, flags, model, shown, examiner, there)
            drafts = _joined(drafts, new)
        passed = [one.candidate for one in drafts if not one.refused]
        sealed = sealed_variants(passed, ratio=flags.ratio, secret=secret)
        found += [*drafts, *validate(sealed, examiner)]
    covered = {clause for one in passed for clause in one.clauses}
    uncompiled = tuple(
        replace(one, whole=False, reason=f"{one.reason}; a draft says that it covers this")
        if one.whole and one.clause in covered
        else one
        for one in drafted.uncompiled
    )
    wanted = Publication(
        intent,
        raw,
        recipients,
        tuple(found),
        uncompiled,
        held,
        seed,
        flags.ratio,
    )
    if flags.dry_run:
        change = change_of(root, flags.service, wanted)
        return Generated(wanted, change, None, flags.prune, told)
    published = publish(root, flags.service, wanted, prune=flags.prune)
    return Generated(wanted, published.change, published, flags.prune, told)


def _visible(drafted: Drafted) -> list[Candidate]:
    return [one for one in drafted.candidates if one.half == "visible"]


def _by_model(
    root: Path,
    flags: Flags,
    model: tuple[ModelSettings, Budget],
    shown: Shown,
    examiner: Examiner,
    there: Mapping[str, str],
) -> tuple[list[Validation], Told]:
    settings, budget = model
    name = f"scenarios-{flags.service}-{shown.intent.slug}"
    seed = 1 if flags.asking is None else flags.asking.seed
    with open_conversation(root, name, settings, budget, seed) as conversation:
        found = draft_by_model(conversation.ask, shown, examiner, there)
    line = spent_line(settings.model or settings.provider, conversation.spent)
    return found, Told(line, conversation.record)


def _joined(old: Sequence[Validation], new: Sequence[Validation]) -> list[Validation]:
    """Return the drafts that exist and those that are new, each once."""
    texts = {one.candidate.text for one in old}
    return [*old, *(one for one in new if one.candidate.text not in texts)]
