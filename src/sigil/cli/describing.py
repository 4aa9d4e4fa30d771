"""What `generate-spec --llm` and `generate-eval --via-description` do once flags are parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from sigil.cli.generating import refuse_existing, root_of
from sigil.cli.planning import chosen_models
from sigil.cli.settings import resolve
from sigil.cli.spending import spent_line
from sigil.errors import UsageError
from sigil.evaluate.result import Evaluation
from sigil.llm.budget import Budget
from sigil.llm.settings import ModelSettings
from sigil.optimize.describing.conversation import (
    FOLDER,
    INBOX,
    Conversation,
    open_conversation,
)
from sigil.optimize.describing.describing import describe_eval, describe_spec, read_shown
from sigil.optimize.generate import placing, speccing
from sigil.optimize.spec import HOME, check_name, load_spec
from sigil.printable import printable

_UNNAMED = "spec"


@dataclass(frozen=True, slots=True)
class Described:
    """Documents that a model wrote and that were checked.

    Args:
        name: of the spec or eval.
        about: what it pins, or what it measures.
        files: contents by path relative to the root.
        written: the same as paths; empty if it was a dry run.
        spent: what the model was asked and what it cost, as a line.
        record: where the exchanges are.
        baseline: of an eval.
        warnings: of an eval, how it could be cheated.
    """

    name: str
    about: str
    files: Mapping[str, bytes]
    written: tuple[Path, ...]
    spent: str
    record: Path
    baseline: Evaluation | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the flags of both commands ask for.

    Args:
        name: of the documents; None lets the model name a spec.
        description: what is wanted, in words.
        seed: of the question.
        force: whether what is there may be overwritten.
        dry_run: whether nothing is written but the record of the exchanges.
        flags: settings from the command line.
    """

    name: str | None
    description: str
    seed: int
    force: bool
    dry_run: bool
    flags: Mapping[str, Any]


def spec_by_model(wanted: Wanted, files: str | None, root: Path | None) -> Described:
    """Ask for a spec of some files, check it and write it.

    Raises:
        AlreadyExists: there is one of that name.
        SigilError: the model does not answer, or its answer cannot be used.
    """
    home = root_of(root)
    name = None if wanted.name is None else check_name(wanted.name, "spec")
    _need_words(wanted.description, 'sigil generate-spec --llm "make parsing faster" --files a.py')
    listed = [part.strip() for part in (files or "").split(",") if part.strip()]
    if not listed:
        raise UsageError("no files are named that may be pinned", remedy="say --files a.py,b.py")
    if name is not None:
        refuse_existing(home / speccing.spec_file(name), force=wanted.force)
    for path in listed:
        read_shown(home, path)  # before anything is asked or said
    model, budget = model_to_ask(home, wanted.flags)
    about = f"spec-{name or _UNNAMED}"
    with open_conversation(home, about, model, budget, wanted.seed) as conversation:
        made = describe_spec(home, conversation, name, wanted.description, listed)
    refuse_existing(home / speccing.spec_file(made.name), force=wanted.force)
    documents = {speccing.spec_file(made.name): made.text.encode()}
    written = _place(home, documents, dry_run=wanted.dry_run)
    return Described(made.name, ", ".join(made.pinned), documents, written, *_cost(conversation))


def eval_by_model(wanted: Wanted, spec_name: str, root: Path) -> Described:
    """Ask for an eval, measure the unchanged code by it, write it and list it in the spec.

    Raises:
        AlreadyExists: there is one of that name.
        SigilError: the model does not answer, or its answer cannot be used.
    """
    spec = load_spec(root, spec_name)
    name = check_name(wanted.name or "", "eval")
    _need_words(wanted.description, f'sigil generate-eval … --via-description {name} "verify …"')
    refuse_existing(root / HOME / f"{name}.eval.yaml", force=wanted.force)
    shown = speccing.spec_file(spec_name)
    listing = speccing.with_eval((root / shown).read_text("utf-8"), name, shown)
    model, budget = model_to_ask(root, wanted.flags)
    with open_conversation(root, f"eval-{name}", model, budget, wanted.seed) as conversation:
        made = describe_eval(spec, conversation, name, wanted.description, force=wanted.force)
    documents = {**made.files, shown: listing.encode()}
    return Described(
        name,
        made.description,
        documents,
        _place(root, documents, dry_run=wanted.dry_run),
        *_cost(conversation),
        baseline=made.baseline,
        warnings=made.warnings,
    )


def _need_words(description: str, example: str) -> None:
    if not description.strip():
        raise UsageError("there is no description for a model to go by", remedy=example)


def model_to_ask(root: Path, flags: Mapping[str, Any]) -> tuple[ModelSettings, Budget]:
    """Return the model to ask, of several the first with the largest weight, and its budget.

    Raises:
        UsageError: there is none, or a flag that fits none.
    """
    chosen = {name: found.value for name, found in resolve(root, flags).items()}
    models = chosen_models(root, chosen)
    if not models:
        raise UsageError(
            "no model is configured", remedy="sigil setup, or say --provider and --model"
        )
    best = max(models, key=lambda model: model.weight)
    where = f"; answer in {FOLDER}/{INBOX}" if best.provider == INBOX and not best.path else ""
    click.echo(f"asking {printable(best.model or best.provider)}{where}", err=True)
    return best, Budget(chosen["budget_usd"], chosen["budget_tokens"])


def _place(root: Path, files: Mapping[str, bytes], *, dry_run: bool) -> tuple[Path, ...]:
    if dry_run:
        return ()
    placing.place(root, files)
    return tuple(root / path for path in files)


def _cost(conversation: Conversation) -> tuple[str, Path]:
    model = conversation.model
    return spent_line(model.model or model.provider, conversation.spent), conversation.record
