import json

import pytest
from tests.llm.scripted import SOON_S, Scripted, asking, request

from sigil.errors import Corrupt, NotFound, ProviderFailed
from sigil.llm.model import Message, Request
from sigil.llm.provider import make_provider
from sigil.llm.replay import Replay
from sigil.llm.settings import ModelSettings


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


def test_what_is_not_recorded_has_no_answer():
    with pytest.raises(ProviderFailed, match="nothing is recorded for this request"):
        make_provider("replay").complete(request())


def test_every_answer_is_given_once():
    provider = Replay(ModelSettings("m", "replay"), exchanges(1))
    provider.complete(request())
    with pytest.raises(ProviderFailed):
        provider.complete(request())


@pytest.mark.parametrize("line", ["{", "[]", "3", "{}", '{"request": {}}', '{"request": 3}', ""])
def test_a_line_that_is_no_exchange_is_named(tmp_path, line):
    with pytest.raises(Corrupt, match=r"exchanges\.jsonl:2: not a recorded exchange"):
        make_provider(written(tmp_path, [json.dumps(exchanges(1)[0]), line, "{}"]))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotFound):
        make_provider(ModelSettings("m", "replay", path=str(tmp_path / "gone")))
