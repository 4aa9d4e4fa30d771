"""Which model answers, under which terms: one entry of ``models`` in ``sigil.yaml``.

Keys are no settings: an entry names the variable that holds one, and what has the name of a key
in the document is refused. Where an entry names its own ``base_url``, no usual variable is read
unasked. An entry that names both a host and the provider's usual variable is obeyed: that
document decides where this key goes.

Not here: reading a key (`sigil.llm.keys`), which providers there are (`sigil.llm.provider`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from sigil.errors import InvalidValue, Where

KEY_VARIABLES: Mapping[str, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "openai-compatible": "OPENAI_API_KEY",
}
"""Where a provider's key is, unless its entry says otherwise."""
_TIMEOUTS: Mapping[str, float] = {"inbox": 24 * 3600.0}
_SECRETS = ("api_key", "apikey", "key", "token", "secret")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]{0,15}(?:_[A-Z0-9]{1,15})*_?")
"""Capitals in words: what stands there otherwise may be a key, and is not shown."""
_MOST = 10**9
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.%]+")
"""A name, or an address of either version."""
_LEAST_RATE = 1e-4
"""Requests a second: one in three hours."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One entry.

    Args:
        name: of the entry; what `Request.model` says.
        provider: who answers; see `sigil.llm.provider.provider_names`.
        model: as the provider calls it.
        base_url: of the provider; empty for its own.
        key_variable: the environment variable that holds the key; empty for no key.
        path: of ``inbox`` the folder, of ``replay`` a file with one exchange a line.
        rate_limit_qps: requests sent a second at most; None for as many as there are.
        in_flight: requests under way at once; None for what the run says.
        temperature: of every request; None for what the request says.
        max_tokens: of every answer; None for what the request says.
        timeout_s: how long one attempt may take.
        retries: further attempts after the first one.
        weight: how often an ensemble takes this entry, relative to others.
        price_input_usd: for a million tokens; None for what the price library says.
        price_output_usd: for a million tokens; None for what the price library says.
    """

    name: str
    provider: str
    model: str = ""
    base_url: str = ""
    key_variable: str = ""
    path: str = ""
    rate_limit_qps: float | None = None
    in_flight: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_s: float = 120.0
    retries: int = 4
    weight: float = 1.0
    price_input_usd: float | None = None
    price_output_usd: float | None = None


def read_settings(name: str, entry: Mapping[str, Any], where: Where | None = None) -> ModelSettings:
    """Return the entry ``name`` of a document, with the defaults of its provider.

    Args:
        name: of the entry.
        entry: its keys, as they stand in the document.
        where: the place of the entry, for messages.

    Raises:
        InvalidValue: a key that there is not, a value that does not fit, a secret; with its field.
    """
    values: dict[str, Any] = {}
    for key, value in entry.items():
        place = _place(name, str(key), where)
        _refuse_unknown(str(key), place)
        values[key] = _KINDS[key](value, place)
    if not values.get("provider"):
        raise InvalidValue(
            "no provider is named",
            where=_place(name, "provider", where),
            remedy="add provider: with a name such as openai, anthropic or inbox",
        )
    return _complete(name, values, where)


def named(provider: str, base_url: str = "") -> ModelSettings:
    """Return the settings of an entry that says nothing but its provider, and where that is."""
    return _complete(provider, {"provider": provider, "base_url": base_url}, None)


def _complete(name: str, values: dict[str, Any], where: Where | None) -> ModelSettings:
    """Return settings with the provider's own defaults; what needs two keys is checked here."""
    provider: str = values["provider"]
    usual = KEY_VARIABLES.get(provider, "")
    if not values.get("base_url"):
        values.setdefault("key_variable", usual)
    foreign = {variable for variable in KEY_VARIABLES.values() if variable != usual}
    if values.get("key_variable") in foreign:
        raise InvalidValue(
            f"{values['key_variable']} is the key of another provider",
            where=_place(name, "key_variable", where),
            remedy=f"name a variable that holds a key for {provider}",
        )
    if (values.get("price_input_usd") is None) != (values.get("price_output_usd") is None):
        raise InvalidValue(
            "one price is set and the other is not",
            where=_place(name, "price_input_usd", where),
            remedy="set price_input_usd and price_output_usd, or none of them",
        )
    values.setdefault("timeout_s", _TIMEOUTS.get(provider, 120.0))
    return ModelSettings(name=name, **values)


def _place(name: str, key: str, where: Where | None) -> Where:
    if where is None:
        return Where(field=f"{name}.{key}")
    return Where(where.file, where.line, f"{where.field}.{key}" if where.field else key)


def _refuse_unknown(key: str, place: Where) -> None:
    if key in _KINDS:
        return
    if key.lower() in _SECRETS:
        raise InvalidValue(
            "a key does not belong into a document",
            where=place,
            remedy="put it into an environment variable and name that as key_variable:",
        )
    close = difflib.get_close_matches(key, _KINDS, n=1)
    raise InvalidValue(
        "no such setting of a model",
        where=place,
        remedy=f"did you mean {close[0]}?" if close else f"there are: {', '.join(_KINDS)}",
    )


# --- values -----------------------------------------------------------------------------


def _text(value: object, place: Where) -> str:
    if isinstance(value, str) and value.isprintable():
        return value
    raise InvalidValue("not a line of text", where=place, remedy="give text, in quotes if need be")


def _variable(value: object, place: Where) -> str:
    text = _text(value, place)
    if not text or _VARIABLE.fullmatch(text):
        return text
    # Not shown: what stands here by mistake is most often the key itself.
    raise InvalidValue(
        "not the name of an environment variable",
        where=place,
        remedy="give the variable's name in capitals, such as OPENAI_API_KEY, never the key",
    )


def _url(value: object, place: Where) -> str:
    text = _text(value, place)
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        fits = fits and "#" not in text and "//" not in parts.path
        fits = fits and _HOST.fullmatch(parts.hostname or "") is not None
        secret = "@" in parts.netloc or bool(parts.query)
    except ValueError:
        fits, secret = False, False
    if text and (secret or not fits):
        raise InvalidValue(
            "a name or a secret is in the URL" if secret else "not a URL",
            where=place,
            remedy="give one such as http://127.0.0.1:11434/v1",
        )
    return text


def _number(least: float, *, above: bool = False) -> Callable[[object, Where], float | None]:
    def read(value: object, place: Where) -> float | None:
        if value is None:
            return None
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
        # NaN is in no range, and infinity above this one.
        if least <= number <= _MOST and not (above and number == least):
            return float(number)
        limits = f"{'above' if above else 'from'} {least:g} to {_MOST:,}"
        raise InvalidValue("not a number that fits", where=place, remedy=f"give one {limits}")

    return read


def _whole(least: int) -> Callable[[object, Where], int | None]:
    def read(value: object, place: Where) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST:
            raise InvalidValue(
                "not a whole number that fits",
                where=place,
                remedy=f"give one from {least} to {_MOST:,}",
            )
        return value

    return read


def _given(read: Callable[[object, Where], Any]) -> Callable[[object, Where], Any]:
    """Return ``read`` for a setting that cannot be empty."""

    def checked(value: object, place: Where) -> Any:
        if value is None:
            raise InvalidValue("no value", where=place, remedy="give one, or leave the line out")
        return read(value, place)

    return checked


_KINDS: Mapping[str, Callable[[object, Where], Any]] = {
    "provider": _text,
    "model": _text,
    "base_url": _url,
    "key_variable": _variable,
    "path": _text,
    "rate_limit_qps": _number(_LEAST_RATE),
    "in_flight": _whole(1),
    "temperature": _number(0),
    "max_tokens": _whole(1),
    "timeout_s": _given(_number(0, above=True)),
    "retries": _given(_whole(0)),
    "weight": _given(_number(0, above=True)),
    "price_input_usd": _number(0),
    "price_output_usd": _number(0),
}
assert {"name", *_KINDS} == {field.name for field in fields(ModelSettings)}
