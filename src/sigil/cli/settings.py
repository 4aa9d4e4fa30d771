"""Settings of a run: defaults, `sigil.yaml`, `SIGIL_*` variables, flags, in rising order.

Secrets are not settings: they come from the environment or a key file and are never printed.

Not here: which settings there are (`sigil.cli.kinds`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sigil.cli.kinds import SETTINGS, Kind
from sigil.errors import InvalidValue, Where
from sigil.llm.settings import ModelSettings, read_settings
from sigil.store.documents import Document, is_blank, read_document, validate
from sigil.store.files import read_file
from sigil.store.shapes import Shape

FILES = (".sigil/sigil.yaml", "sigil.yaml")
"""Where the settings of a repository are; the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from.

    Args:
        value: in the setting's own type.
        source: ``default``, a file with its line, a variable, or ``flag``.
    """

    value: Any
    source: str


class _Config(Shape, frozen=True, kw_only=True):
    """The keys of ``sigil.yaml`` (docs/commands.md): those of the format, and our ``defaults``."""

    version: str | float | int = "0.1"
    backend_profiles: dict[str, dict[str, Any]] = msgspec.field(
        default_factory=dict[str, dict[str, Any]]
    )
    optimizer_params: dict[str, dict[str, Any]] = msgspec.field(
        default_factory=dict[str, dict[str, Any]]
    )
    registry: str | None = None
    defaults: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


def resolve(
    repository: Path | None,
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, Setting]:
    """Return every setting with its source.

    Args:
        repository: where to look for ``.sigil/sigil.yaml``, then ``sigil.yaml``.
        flags: parsed values from the command line; None means not given.
        environment: the variables to read ``SIGIL_<NAME>`` from.

    Raises:
        SigilError: a value does not fit; the message names its source.
    """
    document = _find_document(repository) if repository else None
    defaults: dict[str, Any] = validate(document, _Config).defaults if document else {}
    if document:
        _refuse_unknown(defaults, document)
    return {
        name: _resolve_one(name, kind, document, defaults, flags or {}, environment)
        for name, kind in SETTINGS.items()
    }


def optimizer_params(repository: Path) -> dict[str, tuple[dict[str, Any], Where]]:
    """Return ``optimizer_params`` of ``sigil.yaml`` by optimizer, each with its place.

    The models among them are those of `configured_models`.

    Raises:
        SigilError: the document is wrong.
    """
    document = _find_document(repository)
    if document is None:
        return {}
    listed = validate(document, _Config).optimizer_params
    return {
        name: (
            {key: value for key, value in params.items() if key != "models"},
            document.where(f"optimizer_params.{name}"),
        )
        for name, params in listed.items()
    }


def backend_profiles(repository: Path) -> dict[str, tuple[dict[str, Any], Where]]:
    """Return ``backend_profiles`` of ``sigil.yaml`` by name, each with its place.

    Raises:
        SigilError: the document is wrong.
    """
    document = _find_document(repository)
    if document is None:
        return {}
    listed = validate(document, _Config).backend_profiles
    return {
        name: (profile, document.where(f"backend_profiles.{name}"))
        for name, profile in listed.items()
    }


def configured_models(repository: Path, optimizer: str) -> list[ModelSettings]:
    """Return ``optimizer_params.<optimizer>.models`` of ``sigil.yaml``, in its order.

    Raises:
        SigilError: the document is wrong.
    """
    document = _find_document(repository)
    return [] if document is None else models_in(document, optimizer)


def all_models(repository: Path) -> list[tuple[str, ModelSettings, str]]:
    """Return the models of every optimizer: its name, the entry, and ``file:line`` of that.

    Raises:
        SigilError: the document is wrong.
    """
    document = _find_document(repository)
    if document is None:
        return []
    found: list[tuple[str, ModelSettings, str]] = []
    for optimizer in validate(document, _Config).optimizer_params:
        for model in models_in(document, optimizer):
            where = document.where(f"optimizer_params.{optimizer}.models.{model.name}")
            found.append((optimizer, model, f"{where.file}:{where.line}"))
    return found


def models_in(document: Document, optimizer: str) -> list[ModelSettings]:
    """Return ``optimizer_params.<optimizer>.models`` of a ``sigil.yaml`` that was read.

    Raises:
        SigilError: it is wrong.
    """
    field = f"optimizer_params.{optimizer}.models"
    params = validate(document, _Config).optimizer_params.get(optimizer, {})
    try:
        listed = msgspec.convert(params.get("models", {}), dict[str, dict[str, Any]])
    except msgspec.ValidationError as error:
        raise InvalidValue(
            "not a mapping of names to models",
            where=document.where(field),
            remedy="write a name, and below it provider: and model:",
        ) from error
    with document.telling_lines():
        return [
            read_settings(name, entry, document.where(f"{field}.{name}"))
            for name, entry in listed.items()
        ]


def _resolve_one(
    name: str,
    kind: Kind,
    document: Document | None,
    defaults: Mapping[str, Any],
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
) -> Setting:
    variable = f"SIGIL_{name.upper()}"
    if flags.get(name) is not None:
        return Setting(flags[name], f"flag --{name.replace('_', '-')}")
    if environment.get(variable):
        value = _parse(kind, environment[variable], Where(field=variable))
        return Setting(value, f"variable {variable}")
    if document and defaults.get(name) is not None:
        where = document.where(f"defaults.{name}")
        return Setting(_parse(kind, str(defaults[name]), where), f"{where.file}:{where.line}")
    return Setting(kind.default, "default")


def _parse(kind: Kind, text: str, where: Where) -> Any:
    try:
        return kind.parse(text)
    except ValueError as error:
        raise InvalidValue(f"{text!r} does not fit", where=where, remedy=f"give {error}") from error


def config_file(repository: Path) -> str:
    """Return which file of a repository holds its settings, or would."""
    return next((shown for shown in FILES if (repository / shown).is_file()), FILES[0])


def _find_document(repository: Path) -> Document | None:
    """Return the settings of a repository; None without any, such as in comments alone."""
    shown = config_file(repository)
    path = repository / shown
    if not path.is_file() or is_blank(read_file(path)):
        return None
    return read_document(path, shown)


def _refuse_unknown(defaults: Mapping[str, Any], document: Document) -> None:
    for name in defaults:
        if name not in SETTINGS:
            raise InvalidValue(
                "no such setting",
                where=document.where(f"defaults.{name}"),
                remedy=f"settings: {', '.join(SETTINGS)}",
            )
