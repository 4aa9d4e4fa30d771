"""Whatever a secret is, and however it is spelled, its name stands in its place."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Sequence
from itertools import product
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sigil.gate.effects import Answered, Call
from sigil.gate.secrets import LEAST, LONGEST_SPELLED, Redactor, _pattern, mark, restored

SECRETS = st.text(
    st.characters(exclude_categories=("Cs",)) | st.sampled_from('\\"/%+& \n<é😀'),
    min_size=LEAST,
    max_size=8,
)
HEX = re.compile(r"%[0-9A-F]{2}|\\u[0-9a-f]{4}")


def other_case(text: str) -> str:
    """Return a text with its escapes in the other case of hexadecimal digits."""
    return HEX.sub(lambda found: found[0][:2] + found[0][2:].swapcase(), _low(text))


def _low(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)


def ascii_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def plain_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def slashed_json(text: str) -> str:
    return ascii_json(text).replace("/", "\\/")


def whole_url(text: str) -> str:
    return quote(text, safe="")


def _names(encoders: Sequence[Callable[[str], str]]) -> str:
    return "-".join(one.__name__ for one in encoders)


JSONS = [ascii_json, plain_json, slashed_json]
URLS = [quote, quote_plus, whole_url]


@given(
    SECRETS,
    st.lists(st.sampled_from(JSONS), max_size=3),
    st.lists(st.sampled_from(URLS), max_size=2),
    st.booleans(),
)
def test_nothing_of_a_secret_is_left_in_json_in_json_in_a_url(secret, jsons, urls, swapped):
    text = secret
    for spelled in [*jsons, *urls]:
        text = spelled(text)
    text = other_case(text) if swapped else text
    assert Redactor({"PW": secret}).text(text) == mark("PW")


@pytest.mark.parametrize("jsons", list(product(JSONS, repeat=3)), ids=_names)
def test_a_slash_is_found_whichever_of_three_encoders_escaped_it(jsons):
    text = "a/b//c"
    for spelled in jsons:
        text = spelled(text)
    assert Redactor({"PW": "a/b//c"}).text(text) == mark("PW")


@given(SECRETS, st.sampled_from(URLS), st.lists(st.sampled_from(JSONS), max_size=3))
def test_nothing_of_a_secret_is_left_of_a_url_in_json(secret, url, jsons):
    text = url(secret)
    for spelled in jsons:
        text = spelled(text)
    assert Redactor({"PW": secret}).text(text) == mark("PW")


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_what_stands_beside_a_secret_does_not_hide_it(secret, before, after):
    assume(secret not in mark("PW"))
    left = Redactor({"PW": secret}).text(before + secret + after)
    assert secret not in left.replace(mark("PW"), "\0")


@given(SECRETS)
def test_a_secret_on_a_page_is_found(secret):
    assert Redactor({"PW": secret}).text(html.escape(secret)) == mark("PW")


@given(SECRETS)
def test_bytes_that_were_read_as_latin_1_are_found(secret):
    assert Redactor({"PW": secret}).text(secret.encode().decode("latin-1")) == mark("PW")


@given(st.text(max_size=40), SECRETS)
def test_a_text_without_the_secret_in_any_spelling_stays(text, secret):
    assume(not any(letter in text for letter in "\\%&"))
    assume(secret not in text and secret.encode().decode("latin-1") not in text)
    assume(" " not in secret)  # a plus in a URL
    assert Redactor({"PW": secret}).text(text) == text


@given(SECRETS)
def test_a_name_is_spelled_alike_everywhere(secret):
    """So what is redacted in a text is what is read out of it when a recording is repeated."""
    for spelled in (*JSONS, *URLS, html.escape):
        assert spelled(mark("A_1")) == mark("A_1")
    redactor = Redactor({"PW": secret})
    if secret not in mark("PW"):
        assert redactor.text(unquote(redactor.text(quote(secret)))) == mark("PW")


@given(st.lists(st.text("xqz", min_size=LEAST, max_size=6), min_size=1, max_size=3), st.text("xqz"))
def test_of_several_secrets_none_is_left(secrets, words):
    redactor = Redactor({f"A{number}": secret for number, secret in enumerate(secrets)})
    left = redactor.text(" ".join([words, *secrets, *reversed(secrets)]))
    assert [secret for secret in secrets if secret in left] == []


def test_a_secret_that_is_part_of_another_leaves_nothing_of_it():
    redactor = Redactor({"A": "abcd", "B": "abcdefgh"})
    assert redactor.text("abcdefgh abcd") == "__B__ __A__"


@given(
    st.lists(st.text('xq"/ ', min_size=LEAST, max_size=7), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from('xq"/ \\+%'), max_size=40).map("".join),
)
def test_many_are_taken_out_as_one_pattern_of_all_would_take_them(secrets, text):
    text = " ".join([text, *map(json.dumps, secrets), text, quote(secrets[0])])
    ordered = sorted(secrets, key=lambda secret: (-len(secret), secret))
    named = {f"A{number}": secret for number, secret in enumerate(ordered)}
    whole = re.compile("|".join(f"(?P<{name}>{_pattern(named[name]).pattern})" for name in named))
    expected = whole.sub(lambda found: mark(str(found.lastgroup)), text)
    assert Redactor(named).text(text) == expected


def test_a_thousand_values_cost_a_text_that_has_none_of_them_next_to_nothing():
    """They took a minute: half of it to compile, half of it at each text."""
    values = {f"A{number}": f"{number:08d}+/={number}" * 3 for number in range(1000)}
    redactor = Redactor(values)
    text = "GET /orders 200 in 12 ms\n" * 4000
    begun = time.process_time()
    assert redactor.text(text) == text
    assert redactor.text(text + values["A7"]) == text + mark("A7")
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("value", ["", "1", "abc"])
def test_a_value_of_three_characters_is_no_secret(value):
    assert Redactor({"A": value}).json({"x": [value, "1 abc"]}) == {"x": [value, "1 abc"]}


def test_calls_replies_and_failures_are_redacted():
    redactor = Redactor({"A": "s3cret"})
    call = Call("http", {"path": "/", "body": {"x s3cret": ["y s3cret z", 1, None]}})
    assert redactor.answered(Answered(call, failure="no route to s3cret")) == Answered(
        Call("http", {"path": "/", "body": {"x __A__": ["y __A__ z", 1, None]}}),
        failure="no route to __A__",
    )
    vault = Answered(Call("env", {"name": "A"}), "s3cret")
    assert redactor.answered(vault) == Answered(vault.call, "__A__")


@given(SECRETS)
def test_what_a_reply_says_in_json_it_says_in_json_again(secret):
    assume(mark("A") not in secret)
    assume(secret not in mark("A"))
    call = Call("http", {"body": json.dumps([secret])})
    reply = {"body": json.dumps({"p": secret}), "headers": {"x": secret}, "status": 200}
    assume(secret not in "bodyheadersxstatus" and secret not in '{"p": "')
    redacted = Redactor({"A": secret}).answered(Answered(call, reply))
    again = restored(redacted, {"A": secret, "B": "another"})
    assert again.call == redacted.call
    assert json.loads(again.reply["body"]) == {"p": secret}
    assert again.reply["headers"] == {"x": secret}


@pytest.mark.parametrize("text", ["__A__", "it is __A__", '{"p": __A__', "[" * 20_000 + "__A__"])
def test_what_is_no_json_says_a_value_as_it_is(text):
    one = Answered(Call("env", {"name": "A"}), text)
    assert restored(one, {"A": 'a"b'}).reply == text.replace("__A__", 'a"b')


@pytest.mark.parametrize("run", ["\\", "%25", "&amp;", '\\"', "p", 'p/"\\'])
def test_a_service_that_repeats_beginnings_is_not_waited_for(run):
    """Its time is that of the length of the text: in ten times as much, not a hundred times."""
    redactor = Redactor({"A": 'p/"\\\\\\\\\\\\\\\\\\\\\n%&x'})
    assert redactor.text(run * (2**20 // len(run))) == run * (2**20 // len(run))


# --- long values ----------------------------------------------------------------------------

LONG = st.lists(
    st.sampled_from([*'{}[]":,\\/%+& \n<>;#é😀aun25', "\\n", "\\u0041", "%25", "&lt;", "k"]),
    min_size=LONGEST_SPELLED + 1,
    max_size=3 * LONGEST_SPELLED,
).map(lambda pieces: "".join(["-begin-of-it-", *pieces, "-that-is-all-"]))


@given(LONG, st.lists(st.sampled_from(JSONS), max_size=3), st.lists(st.sampled_from(URLS)))
def test_nothing_of_a_long_value_is_left_in_json_in_json_in_a_url(value, jsons, urls):
    text = value
    for spelled in [*jsons, *urls[:2]]:
        text = spelled(text)
    assert Redactor({"PW": value}).text(text) == mark("PW")


@given(LONG, st.sampled_from(URLS), st.lists(st.sampled_from(JSONS), max_size=3))
def test_nothing_of_a_long_value_is_left_of_a_url_in_json(value, url, jsons):
    text = url(value)
    for spelled in jsons:
        text = spelled(text)
    assert Redactor({"PW": value}).text(text) == mark("PW")


@given(LONG)
def test_a_long_value_on_a_page_or_read_as_latin_1_is_found(value):
    redactor = Redactor({"PW": value})
    assert redactor.text(html.escape(value)) == mark("PW")
    assert redactor.text(value.encode().decode("latin-1")) == mark("PW")


@given(LONG, st.text(max_size=20), st.text(max_size=20))
def test_what_stands_beside_a_long_value_stays(value, before, after):
    redactor = Redactor({"PW": value})
    assert redactor.text(before + value + after) == before + mark("PW") + after


@pytest.mark.parametrize("before", ["\\", "%", "&", "\\u00", "%2"])
def test_what_stands_before_a_long_value_in_json_does_not_hide_it(before):
    value = '25n0041;{"' * 20
    left = Redactor({"PW": value}).text(before + ascii_json(value))
    assert mark("PW") in left
    assert "0041" not in left


def test_of_long_values_in_one_another_none_is_left():
    inner = '{"k":"v\\n"},' * 20
    outer = f"<the first of it>{inner}<the last of it>"
    left = Redactor({"A": inner, "B": outer}).text(
        f"{ascii_json(outer)} and, later, {ascii_json(inner)}"
    )
    assert '"k' not in left
    assert left.startswith("__B__")
    assert left.endswith("__A__")


def test_a_long_value_of_backslashes_alone_is_found_as_it_is():
    assert Redactor({"A": "\\" * 500}).text("x" + "\\" * 500) == "x__A__"


def test_the_pattern_of_a_long_value_is_no_longer_than_that_of_a_short_one():
    """It grew by hundreds of characters with each of a value's, and took minutes to compile."""
    punctuation = '{"k":"v\\n"},' * 400
    longs = {f"A{number}": f"{number}{punctuation}" for number in range(5)}
    assert _pattern_length({**longs, "B": "short"}) == _pattern_length({"B": "short"})
    assert _pattern_length({"A": punctuation[:LONGEST_SPELLED]}) < 100_000


def _pattern_length(secrets: dict[str, str]) -> int:
    return sum(len(_pattern(value).pattern) for value, *_ in Redactor(secrets)._short)


@pytest.mark.parametrize("run", ["\\", "%25", "%", "&", "25", "-begin-of-", "\\u", "&#"])
def test_a_service_that_repeats_beginnings_of_a_long_value_is_not_waited_for(run):
    redactor = Redactor({"A": "-begin-of-it-" * 20 + "!"})
    text = run * (2**18 // len(run))
    assert redactor.text(text) == text
