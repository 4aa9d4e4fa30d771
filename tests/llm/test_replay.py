import json

import pytest
from tests.llm.scripted import SOON_S, Scripted, asking, request

from sigil.errors import Corrupt, InvalidValue, NotFound, ProviderFailed, ProviderRefused
from sigil.llm.model import Message, Request
from sigil.llm.provider import make_provider
from sigil.llm.recorded import read_order
from sigil.llm.replay import Replay
from sigil.llm.settings import ModelSettings
from sigil.search.prompting.prompt import measured_in_words


def exchanges(count=2):
    kept = []
    provider = Scripted(lambda asked, number: f"answer {number}")
    asked = asking(provider, record=kept.append, in_flight=1)
    for seed in range(count):
        asked.submit(request(seed=seed)).result(SOON_S)
    asked.close()
    return kept


def written(tmp_path, lines) -> ModelSettings:
    path = tmp_path / "exchanges.jsonl"
    path.write_text("\n".join(lines))
    return ModelSettings("m", "replay", path=str(path))


def test_recorded_answers_are_given_again(tmp_path):
    provider = make_provider(written(tmp_path, map(json.dumps, exchanges())))
    texts = [provider.complete(request(seed=seed)).text for seed in (1, 0)]
    assert texts == ["answer 1", "answer 0"]


def test_an_answer_is_found_whatever_its_entry_was_called():
    provider = Replay(ModelSettings("m", "replay"), exchanges())
    asked = Request((Message("user", "make it faster"),), model="other", temperature=0.1)
    assert provider.complete(asked).text == "answer 0"


def test_what_is_not_recorded_ends_the_asking():
    provider = Replay(ModelSettings("m", "replay"), exchanges(2))
    provider.complete(request())
    with pytest.raises(ProviderRefused, match="for this request, after 1 of 2 recorded answers"):
        provider.complete(request("make it shorter"))


def test_without_a_file_it_is_refused_at_once():
    with pytest.raises(InvalidValue, match=r"replay\.path: .* no file; add --exchanges"):
        make_provider("replay")


def measured(code, *costs, **besides):
    names = ["time_ms", "-score"][: len(costs)]
    return request(f"{code}\n{measured_in_words(names, costs, besides)}")


def recorded(asked):
    kept = []
    provider = asking(Scripted(lambda request, number: "as then"), record=kept.append)
    provider.submit(asked).result(SOON_S)
    provider.close()
    return Replay(ModelSettings("m", "replay"), kept)


@pytest.mark.parametrize("costs", [(1.5, -3.0), (9e-7, -1e9), (float("inf"), 0.0)])
def test_measured_values_may_be_others_than_they_were(costs):
    assert recorded(measured("x = 1", 2.5, -2.0)).complete(measured("x = 1", *costs))


def test_what_else_was_measured_may_be_another_number():
    known = recorded(measured("x = 1", 2.5, size=93.5, same=True))
    assert known.complete(measured("x = 1", 2.5, size=1e-7, same=True))


def test_another_answer_of_a_check_is_another_request():
    with pytest.raises(ProviderRefused):
        recorded(measured("x = 1", 2.5, same=True)).complete(measured("x = 1", 2.5, same=False))


@pytest.mark.parametrize("other", [measured("x = 2", 2.5), measured("x = 1", 2.5, 1.0)])
def test_other_code_or_other_metrics_are_another_request(other):
    with pytest.raises(ProviderRefused):
        recorded(measured("x = 1", 2.5)).complete(other)


def test_every_answer_is_given_once():
    provider = Replay(ModelSettings("m", "replay"), exchanges(1))
    provider.complete(request())
    with pytest.raises(ProviderFailed):
        provider.complete(request())


@pytest.mark.parametrize("line", ["{", "[]", "3", "{}", '{"request": {}}', '{"request": 3}', ""])
def test_a_line_that_is_no_exchange_is_named(tmp_path, line):
    with pytest.raises(Corrupt, match=r"exchanges\.jsonl:2: not a recorded exchange"):
        make_provider(written(tmp_path, [json.dumps(exchanges(1)[0]), line, "{}"]))


def changed(**facts):
    """Return a line whose reply says something else."""
    (exchange,) = exchanges(1)
    return json.dumps({**exchange, "reply": {**exchange["reply"], **facts}})


WRONG = {
    "nested": "[" * 100_000,
    "a number for a text": changed(text=5),
    "no text": changed(text=None),
    "no model": changed(model=[]),
    "tokens in words": changed(usage={"input_tokens": "x", "output_tokens": 0, "cost_usd": 0}),
    "negative tokens": changed(usage={"input_tokens": 1, "output_tokens": -5, "cost_usd": 0}),
    "no price": changed(usage={"input_tokens": 1, "output_tokens": 5, "cost_usd": float("nan")}),
    "negative price": changed(usage={"input_tokens": 1, "output_tokens": 5, "cost_usd": -1.0}),
    "unknown usage": changed(usage={"zz": 1}),
    "occurrence in words": json.dumps({**exchanges(1)[0], "occurrence": "x"}),
    "negative occurrence": json.dumps({**exchanges(1)[0], "occurrence": -1}),
    "infinite occurrence": json.dumps({**exchanges(1)[0], "occurrence": float("-inf")}),
    "another order": json.dumps(
        {**exchanges(1)[0], "order": [{"after": 1, "round": 0, "what": "lost"}]}
    ),
    "a reply and a failure": json.dumps({**exchanges(1)[0], "failure": "busy"}),
    "no unicode": "\\ud800",
}


@pytest.mark.parametrize("what", WRONG)
def test_a_line_with_something_else_in_it_is_named(tmp_path, what):
    with pytest.raises(Corrupt, match=r"exchanges\.jsonl:2: not a recorded exchange: \w"):
        make_provider(written(tmp_path, [json.dumps(exchanges(1)[0]), WRONG[what]]))


def test_the_order_stands_in_the_first_line(tmp_path):
    order = [{"after": 9, "round": 1, "what": "unanswered"}]
    first, second = exchanges()
    settings = written(tmp_path, map(json.dumps, [{**first, "order": order}, second]))
    make_provider(settings)
    assert read_order(tmp_path / "exchanges.jsonl") == order


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotFound):
        make_provider(ModelSettings("m", "replay", path=str(tmp_path / "gone")))
