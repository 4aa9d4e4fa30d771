"""A spec that a model wrote, held against the repository before anybody uses it.

Not here: asking for it (`describing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sigil.errors import InvalidValue, Where
from sigil.optimize.describing.answering import Parts, only
from sigil.optimize.generate.speccing import spec_file
from sigil.optimize.spec import HOME, Spec, SpecModel, check_name
from sigil.store.documents import parse_document, validate
from sigil.store.yaml_text import yaml_text

_KEYS = ("name", "description", "pins")
_HEAD = "# Made by sigil from a model's answer. Yours to edit: it is read as it stands.\n"


@dataclass(frozen=True, slots=True)
class CheckedSpec:
    """A spec that is fit to be written.

    Args:
        name: of the spec.
        text: of its document.
        pinned: each place, as ``path:first-last (id)``.
    """

    name: str
    text: str
    pinned: tuple[str, ...]


def check_spec(
    parts: Parts, root: Path, name: str | None, files: Sequence[str], words: str
) -> CheckedSpec:
    """Return the spec in an answer, with its pins located in the files as they are.

    Args:
        parts: of the answer.
        root: the repository.
        name: that the user gave; None takes the model's.
        files: all that may be pinned.
        words: of the user, if the answer has no description.

    Raises:
        SigilError: what is wrong with it.
    """
    said = only(parts.document, _KEYS)
    if parts.files:
        raise InvalidValue("a spec adds no files", where=Where(next(iter(parts.files))))
    chosen = check_name(str(name or said.get("name") or ""), "spec")
    keys: Mapping[str, object] = {
        "version": "0.1",
        "name": chosen,
        "description": said.get("description") or words,
        "evals": [],
        "pins": said.get("pins"),
    }
    text = _HEAD + yaml_text(keys)
    document = parse_document(text.encode(), spec_file(chosen))
    spec = Spec(validate(document, SpecModel), document, root, root / HOME)
    texts = spec.read_pinned(root)
    for path in texts:
        if path not in files:
            raise InvalidValue(
                f"{path} is none of the files that may be pinned",
                where=document.where("pins"),
                remedy=f"files: {', '.join(files)}",
            )
    regions = spec.locate(texts)
    pinned = tuple(f"{one.path}:{one.first}-{one.last} ({one.pin_id})" for one in regions)
    return CheckedSpec(chosen, text, pinned)
