import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidValue, SigilError, Where
from sigil.llm.settings import ModelSettings, named, read_settings

PLACE = Where("sigil.yaml", 7, "optimizer_params.alphaevolve.models.default_llm")
OWN = {"provider": "openai-compatible", "model": "gpt-4.1-mini", "rate_limit_qps": 2}


def read(**entry) -> ModelSettings:
    return read_settings("default_llm", entry, PLACE)


def test_an_entry_as_the_format_shows_it_is_read():
    settings = read(**OWN)
    assert (settings.name, settings.model, settings.rate_limit_qps) == (
        "default_llm",
        "gpt-4.1-mini",
        2.0,
    )


def test_a_provider_has_its_own_key():
    assert read(provider="openai").key_variable == "OPENAI_API_KEY"
    assert read(provider="anthropic").key_variable == "ANTHROPIC_API_KEY"
    assert read(provider="stub").key_variable == ""


@pytest.mark.parametrize("provider", ["openai", "openai-compatible", "anthropic"])
def test_a_usual_key_goes_to_no_other_host(provider):
    assert read(provider=provider, base_url="http://127.0.0.1:1/v1").key_variable == ""


def test_the_key_of_another_provider_is_refused():
    with pytest.raises(InvalidValue, match="OPENAI_API_KEY is the key of another provider"):
        read(provider="anthropic", key_variable="OPENAI_API_KEY")


@pytest.mark.parametrize("key", ["api_key", "API_KEY", "key", "token", "secret"])
def test_a_key_in_the_document_is_refused_unseen(key):
    with pytest.raises(InvalidValue) as caught:
        read(provider="openai", **{key: "sk-0123"})
    assert str(caught.value) == (
        f"sigil.yaml:7: {PLACE.field}.{key}: a key does not belong into a document; "
        "put it into an environment variable and name that as key_variable:"
    )


@pytest.mark.parametrize("key", ["sk-abcdefgh", "sk_live_abcdefgh", "AKIA" + "ABCDEFGH" * 2])
def test_a_key_in_place_of_its_variable_is_refused_unseen(key):
    with pytest.raises(InvalidValue, match="never the key") as caught:
        read(provider="openai", key_variable=key)
    assert "abcdefgh" not in str(caught.value).lower()


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "A_KEY", "_".join(["MY"] * 20), "K2"])
def test_a_variable_in_capitals_is_one(name):
    assert read(provider="openai", key_variable=name).key_variable == name


@pytest.mark.parametrize("key", ["in_flight", "timeout_s"])
def test_a_number_that_is_too_large_is_told_the_largest(key):
    with pytest.raises(InvalidValue, match="to 1,000,000,000"):
        read(provider="stub", **{key: 10**10})


def test_a_misspelt_setting_is_found():
    with pytest.raises(InvalidValue, match=r"rate_limit_qpm: no such setting.*rate_limit_qps\?"):
        read(provider="stub", rate_limit_qpm=3)


def test_an_entry_needs_a_provider():
    with pytest.raises(InvalidValue, match=r"default_llm\.provider: no provider is named"):
        read(model="any")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("provider", 3), ("model", ["a"]), ("model", "a\nb"), ("model", "a\x1b[0m"),
        ("base_url", "ftp://a"), ("base_url", "http://"), ("base_url", "http://a:b@c/v1"),
        ("base_url", "http://a/v1?api-key=x"), ("base_url", "http://[bad"),
        ("base_url", "http://a:99999/v1"), ("base_url", "http://a/v1#b"),
        ("base_url", "http://a/v1#"),
        ("base_url", "http://a b/"), ("base_url", "http://a/v1http://b/v1"),
        ("rate_limit_qps", 1e-300), ("weight", 0),
        ("key_variable", "A B"),
        ("rate_limit_qps", 0), ("rate_limit_qps", "2"), ("rate_limit_qps", True),
        ("rate_limit_qps", float("nan")), ("rate_limit_qps", float("inf")),
        ("in_flight", 0), ("in_flight", 2.5), ("in_flight", True), ("temperature", -1),
        ("max_tokens", 0), ("timeout_s", 0), ("timeout_s", None), ("retries", -1),
        ("retries", None), ("weight", -1), ("weight", None), ("price_input_usd", -0.1),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named_by_its_field(key, value):
    with pytest.raises(InvalidValue) as caught:
        read(**{"provider": "stub"} | {key: value})
    assert f"sigil.yaml:7: {PLACE.field}.{key}: " in str(caught.value)


def test_one_price_needs_the_other():
    with pytest.raises(InvalidValue, match="one price is set and the other is not"):
        read(provider="openai", price_input_usd=1)


def test_a_person_has_more_time_than_a_server():
    assert read(provider="inbox").timeout_s > read(provider="openai").timeout_s


def test_a_name_alone_is_an_entry():
    assert named("stub") == ModelSettings("stub", "stub")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
KEYS = st.sampled_from([*ModelSettings.__dataclass_fields__]) | st.text()


@given(st.dictionaries(KEYS, ANYTHING, max_size=4))
def test_whatever_stands_there_is_settings_or_one_line(entry):
    try:
        shown = read_settings("m", entry, PLACE).provider
    except SigilError as error:
        shown = str(error)
    assert len(shown.splitlines()) <= 1
