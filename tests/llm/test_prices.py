import sys

import pytest

from sigil.llm.prices import cost_usd
from sigil.llm.settings import ModelSettings

SMALL = ModelSettings("m", "openai", "gpt-4o-mini")


def test_what_the_settings_say_is_the_price():
    settings = ModelSettings("m", "openai", "gpt-4o-mini", price_input_usd=2, price_output_usd=8)
    assert cost_usd(settings, 1_000_000, 500_000) == pytest.approx(6.0)


@pytest.mark.parametrize("provider", ["stub", "replay", "inbox"])
def test_what_is_answered_here_costs_nothing(provider):
    assert cost_usd(ModelSettings("m", provider), 10**9, 10**9) == 0.0


def test_a_known_model_has_a_price():
    pytest.importorskip("genai_prices")
    once, twice = cost_usd(SMALL, 1000, 1000), cost_usd(SMALL, 2000, 2000)
    assert once > 0
    assert twice == pytest.approx(2 * once)


@pytest.mark.parametrize(
    "settings",
    [
        ModelSettings("m", "openai", "nobody-made-this"),
        ModelSettings("m", "openai-compatible", "gpt-4o-mini", "http://127.0.0.1:1/v1"),
        ModelSettings("m", "a-plugin", "gpt-4o-mini"),
    ],
)
def test_a_price_that_nobody_knows_is_not_invented(settings):
    assert cost_usd(settings, 1000, 1000) is None


def test_without_the_library_no_price_is_known(monkeypatch):
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert cost_usd(SMALL, 1000, 1000) is None
