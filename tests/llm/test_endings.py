"""The end of asking, with providers that break at it."""

import pytest
from tests.llm.scripted import SOON_S, Scripted, asking, request


@pytest.mark.parametrize("method", ["cancel", "close"])
@pytest.mark.parametrize("error", [ValueError("\x1b[2J gone"), SystemExit(3)])
def test_a_provider_that_breaks_at_the_end_is_named_and_ends_nothing(method, error):
    def broken():
        raise error

    provider = Scripted()
    setattr(provider, method, broken)
    kept = []
    asked = asking(provider, record=kept.append)
    asked.submit(request()).result(SOON_S)
    with pytest.warns(RuntimeWarning, match="the provider scripted broke at the end") as caught:
        asked.close()
    assert str(caught[0].message).isprintable()
    assert len(kept) == 1
