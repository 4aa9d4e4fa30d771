"""From words to a checked spec or eval: ask, check, and once have what is wrong mended.

Not here: whether and where it is written; whoever asked decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sigil.errors import (
    DependencyMissing,
    DiskFull,
    InvalidValue,
    MalformedDocument,
    ProviderFailed,
    SandboxUnavailable,
    SigilError,
    Unwritable,
    UsageError,
    Where,
)
from sigil.llm.model import Message
from sigil.optimize.describing.answering import Parts, parts_of
from sigil.optimize.describing.conversation import FOLDER, Conversation
from sigil.optimize.describing.evals import CheckedEval, check_eval
from sigil.optimize.describing.hidden import held_out_files
from sigil.optimize.describing.specs import CheckedSpec, check_spec
from sigil.optimize.describing.wording import Wording
from sigil.optimize.spec import HOME, MAX_PINNED_BYTES, Spec
from sigil.optimize.workbench import pinned_tree
from sigil.sandbox.tree import FolderTree
from sigil.store.files import is_confined, read_file

_OURS = (SandboxUnavailable, DependencyMissing, DiskFull, Unwritable, ProviderFailed)
"""Faults that no other answer would mend."""
_MOST_PATHS = 300
_Made = TypeVar("_Made")


def describe_spec(
    root: Path, conversation: Conversation, name: str | None, words: str, files: Sequence[str]
) -> CheckedSpec:
    """Return a spec for what ``words`` want to be better, by the model's choice of pins.

    Args:
        root: the repository.
        conversation: with the model.
        name: of the spec; None lets the model name it.
        words: of the user.
        files: all that may be pinned, relative to ``root``.

    Raises:
        UsageError: there is no such file.
        ProviderFailed: the model does not answer, or says that it cannot be done.
        InvalidValue: neither its answer nor the mended one can be used.
    """
    texts = {path: read_shown(root, path) for path in files}
    wording = Wording.about("spec", words, texts)

    def check(parts: Parts) -> CheckedSpec:
        return check_spec(parts, root, name, files, words)

    return _checked(conversation, wording, wording.ask_for_spec(words, texts), check)


def describe_eval(
    spec: Spec, conversation: Conversation, name: str, words: str, *, force: bool = False
) -> CheckedEval:
    """Return an eval that measures what ``words`` say, and how the unchanged code measures.

    Args:
        spec: what may change.
        conversation: with the model; its seed is that of the eval as well.
        name: of the eval.
        words: of the user.
        force: whether files of an eval of that name may be replaced.

    Raises:
        ProviderFailed, InvalidValue: as `describe_spec`.
        SandboxUnavailable: this machine cannot isolate what a model wrote.
    """
    texts = spec.read_pinned(pinned_tree(spec))
    pins = [f"{r.path}, lines {r.first} to {r.last} ({r.pin_id})" for r in spec.locate(texts)]
    paths = [entry.path for entry in FolderTree(spec.root).entries][:_MOST_PATHS]
    wording = Wording.about("eval", name, words, dict(texts), paths)
    asked = wording.ask_for_eval(name, words, texts, "\n".join(pins), paths)

    def check(parts: Parts) -> CheckedEval:
        return check_eval(parts, spec, name, words, seed=conversation.seed, force=force)

    return _checked(conversation, wording, asked, check)


def read_shown(root: Path, path: str) -> str:
    """Return a file that the user wants a model to see.

    Raises:
        UsageError: there is none, or it is not one of the repository's own.
        MalformedDocument: it is no text, or a very long one.
    """
    inside = is_confined(path) and not path.startswith(f"{HOME}/")
    if not inside or not (root / path).is_file():
        raise UsageError(f"there is no file {path} in the repository", remedy="check --files")
    if path in held_out_files(root):
        raise UsageError(f"{path} holds inputs that no model may see", remedy="leave it out")
    data = read_file(root / path)
    if len(data) > MAX_PINNED_BYTES:
        raise MalformedDocument("larger than 2 MiB", where=Where(path))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedDocument("not UTF-8 text", where=Where(path)) from error


def _checked(
    conversation: Conversation,
    wording: Wording,
    asked: Sequence[Message],
    check: Callable[[Parts], _Made],
) -> _Made:
    answer = conversation.ask(asked)
    try:
        return check(parts_of(answer))
    except _OURS:
        raise
    except SigilError as fault:
        mended = conversation.ask(wording.mend(asked, answer, str(fault)))
    try:
        return check(parts_of(mended))
    except _OURS:
        raise
    except SigilError as fault:
        raise InvalidValue(
            f"neither the model's answer nor the mended one can be used: {fault}",
            where=Where(f"{FOLDER}/{conversation.record.name}"),
            remedy="both are on record there; say more, or ask anew with another --seed",
        ) from fault
