"""What does an exchange cost? What the settings say, else what ``genai-prices`` knows.

Models that are asked on this machine's own (``stub``, ``replay``, ``inbox``) cost nothing.
A model behind another ``base_url`` has the price of that host alone: the same name elsewhere
has another one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sigil.llm.settings import ModelSettings

FREE = ("inbox", "replay", "stub")
_LISTED_AS = {"openai-compatible": "openai"}
PRICED = "set price_input_usd and price_output_usd"
_MILLION = 1_000_000


def cost_usd(settings: ModelSettings, input_tokens: int, output_tokens: int) -> float | None:
    """Return US dollars for so many tokens; None if the price is not known."""
    if settings.price_input_usd is not None and settings.price_output_usd is not None:
        sent = input_tokens * settings.price_input_usd
        return (sent + output_tokens * settings.price_output_usd) / _MILLION
    if settings.provider in FREE:
        return 0.0
    return _listed(settings, input_tokens, output_tokens)


def unpriced(settings: ModelSettings) -> str | None:
    """Return that the price of a model is not known, as a clause; None if it is."""
    if cost_usd(settings, 1, 1) is not None:
        return None
    return f"the price of {settings.model or settings.provider!r} is not known"


def _listed(settings: ModelSettings, input_tokens: int, output_tokens: int) -> float | None:
    """Return the price of the library; None where it or the model is not there."""
    try:
        library: Any = import_module("genai_prices")
    except ImportError:
        return None
    usage = library.Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    where = {"provider_api_url": settings.base_url}
    if not settings.base_url:
        where = {"provider_id": _LISTED_AS.get(settings.provider, settings.provider)}
    try:
        return float(library.calc_price(usage, settings.model, **where).total_price)
    except LookupError:
        return None
