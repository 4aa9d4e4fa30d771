import sys
import threading
from concurrent.futures import Future, wait

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.llm.scripted import SOON_S, Scripted, asking, entry, request

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import (
    BudgetSpent,
    DiskFull,
    InvalidValue,
    ProviderFailed,
    ProviderRefused,
    UsageError,
)
from sigil.llm.asking import HOPELESS, Asking, Budget, Spent, _finish
from sigil.llm.budget import LeftOpen
from sigil.llm.exchanges import MAX_TEXT
from sigil.llm.model import Adapted, Reply, Unanswered
from sigil.llm.settings import ModelSettings


def answers(provider, requests, **settings):
    """Return what came of ``requests``, the exchanges, and the one who asked."""
    exchanges = list(settings.get("known", ()))
    asked = asking(provider, record=exchanges.append, **settings)
    futures = [asked.submit(each) for each in requests]
    wait(futures, SOON_S)
    asked.close()
    return [f.exception() or f.result() for f in futures], exchanges, asked


# --- records ------------------------------------------------------------------------------


def test_an_answer_is_on_record_before_anybody_has_it():
    order = []
    asked = asking(Scripted(), record=lambda exchange: order.append("recorded"))
    future = asked.submit(request())
    future.add_done_callback(lambda _: order.append("done"))
    future.result(SOON_S)
    asked.close()
    assert order == ["recorded", "done"]


def test_what_is_on_record_is_not_asked_again():
    _, exchanges, _ = answers(Scripted(), [request(seed=1), request(seed=2)])
    silent = Scripted()
    replayed, after, _ = answers(silent, [request(seed=2), request(seed=1)], known=exchanges)
    assert silent.asked == []
    assert after == exchanges
    assert {reply.raw_id for reply in replayed} == {"id-0", "id-1"}


def test_a_recorded_answer_is_there_at_once():
    _, exchanges, _ = answers(Scripted(), [request()])
    asked = asking(Scripted(), known=exchanges)
    assert asked.submit(request()).done()
    asked.close()


def test_there_is_room_until_as_many_are_asked_as_an_entry_takes():
    answered = threading.Event()
    provider = Scripted(lambda asked, number: answered.wait(SOON_S) and "x")
    asked = asking(provider, in_flight=2)
    room, futures = [asked.has_room(8)], []
    for seed in range(2):
        futures.append(asked.submit(request(seed=seed)))
        room.append(asked.has_room(8))
    room.append(asked.has_room(1))
    answered.set()
    wait(futures, SOON_S)
    room.append(asked.has_room(8))
    asked.close()
    assert room == [True, True, False, False, True]


def test_equal_requests_have_their_own_answers_in_whatever_order_these_arrive():
    second_first = threading.Event()

    def answer(asked, number):
        if number == 0:
            second_first.wait(SOON_S)
        return f"answer {number}"

    provider = Scripted(answer)
    exchanges = []
    asked = asking(provider, record=exchanges.append)
    first = asked.submit(request())
    while not provider.asked:
        wait([first], 0.001)
    second = asked.submit(request())
    assert second.result(SOON_S).text == "answer 1"
    second_first.set()
    assert first.result(SOON_S).text == "answer 0"
    asked.close()
    replayed, _, _ = answers(Scripted(), [request(), request()], known=exchanges)
    assert [reply.text for reply in replayed] == ["answer 0", "answer 1"]


def test_exchanges_of_earlier_versions_are_told_apart_by_their_order():
    _, exchanges, _ = answers(
        Scripted(lambda asked, number: str(number)), [request()] * 2, in_flight=1
    )
    old = [{key: each[key] for key in ("request", "reply")} for each in exchanges]
    replayed, _, _ = answers(Scripted(), [request()] * 2, known=old)
    assert [reply.text for reply in replayed] == ["0", "1"]


def test_a_failure_is_on_record_and_replayed_as_it_was():
    def fail(asked, number):
        raise ProviderFailed("it is too long")

    (first,), exchanges, _ = answers(Scripted(fail), [request()])
    assert exchanges[0]["failure"] == "it is too long"
    silent = Scripted()
    (again,), _, _ = answers(silent, [request()], known=exchanges)
    assert (str(again), type(again)) == (str(first), ProviderFailed)
    assert silent.asked == []


def test_what_the_caller_has_is_what_a_replay_gives():
    secret = "sk-" + "a1" * 20
    first, exchanges, _ = answers(Scripted(lambda *_: f"key {secret} \ud800"), [request(secret)])
    again, _, _ = answers(Scripted(), [request(secret)], known=exchanges)
    assert first == again
    assert secret not in str(exchanges) + str(first)


def test_no_secret_of_the_code_is_sent():
    provider = Scripted()
    answers(provider, [request("key = 'sk-" + "a1" * 20 + "'")])
    assert "a1a1" not in str(provider.asked)


def test_an_answer_without_end_is_cut_with_a_note():
    (reply,), _, _ = answers(Scripted(lambda *_: "x" * 10_000_000), [request()])
    assert len(reply.text) == MAX_TEXT
    assert reply.text.endswith("[cut here: the answer had 10000000 characters]\n")


def test_a_record_that_cannot_be_written_ends_the_asking():
    def full(exchange):
        raise DiskFull("no space is left")

    asked = asking(Scripted(), record=full)
    with pytest.raises(DiskFull):
        asked.submit(request()).result(SOON_S)
    assert "could not be recorded" in asked.stopped
    asked.close()


def test_records_are_written_one_at_a_time():
    writing = threading.Lock()

    def record(exchange):
        assert writing.acquire(blocking=False)
        writing.release()

    results, _, _ = answers(Scripted(), [request(seed=n) for n in range(50)])
    assert all(reply.text == "no idea" for reply in results)
    asked = asking(Scripted(), record=record)
    for future in [asked.submit(request(seed=n)) for n in range(50)]:
        future.result(SOON_S)
    asked.close()


# --- retries ------------------------------------------------------------------------------


def test_what_may_be_answered_later_is_asked_again():
    def second_time(asked, number):
        if number < 2:
            raise Unanswered("over the rate")
        return "here"

    provider = Scripted(second_time)
    (reply,), exchanges, _ = answers(provider, [request()])
    assert (reply.text, len(provider.asked), len(exchanges)) == ("here", 3, 1)


def test_what_is_never_answered_fails_with_the_last_reason():
    def never(asked, number):
        raise Unanswered(f"busy {number}")

    (failure,), _, _ = answers(Scripted(never), [request()], retries=2)
    assert str(failure) == "busy 2 (3 attempts)"


def test_a_provider_that_asks_for_more_patience_than_there_is_is_left():
    def later(asked, number):
        raise Unanswered("over the rate", after_s=3600)

    provider = Scripted(later)
    (failure,), _, _ = answers(provider, [request()], timeout_s=1)
    assert str(failure) == "over the rate (1 attempt)"


@pytest.mark.parametrize("after_s", [3600.0, 1e300, float("inf"), float("nan"), -5.0])
def test_no_patience_that_a_provider_asks_for_freezes_its_other_questions(after_s):
    def once(asked, number):
        if number == 0:
            raise Unanswered("over the rate", after_s=after_s)
        return "here"

    first, asked = [request(seed=1)], Scripted(once)
    (failure,), exchanges, _ = answers(asked, first, timeout_s=0.05, retries=0)
    assert str(failure) == "over the rate (1 attempt)"
    assert len(exchanges) == 1


def test_questions_after_one_that_was_held_are_asked():
    def once(asked, number):
        if number == 0:
            raise Unanswered("over the rate", after_s=3600)
        return "here"

    asked = asking(Scripted(once), timeout_s=0.05, retries=0)
    assert isinstance(asked.submit(request(seed=1)).exception(SOON_S), ProviderFailed)
    assert asked.submit(request(seed=2)).result(SOON_S).text == "here"
    asked.close()


def test_a_provider_that_adapts_is_asked_again_without_using_up_an_attempt():
    def adapts(asked, number):
        if number < 2:
            raise Adapted("no temperature, please")
        return "here"

    provider = Scripted(adapts)
    (reply,), _, _ = answers(provider, [request()], retries=0)
    assert (reply.text, len(provider.asked)) == ("here", 3)


def test_a_provider_that_adapts_keeps_to_its_rate():
    began = SYSTEM_CLOCK.monotonic_ns()

    def adapts(asked, number):
        if number < 2:
            raise Adapted("no temperature, please")
        return "here"

    answers(Scripted(adapts), [request()], retries=0, rate_limit_qps=50)
    assert SYSTEM_CLOCK.monotonic_ns() - began >= 0.039e9


def test_a_provider_that_adapts_without_end_fails():
    def adapts(asked, number):
        raise Adapted("something else")

    (failure,), _, _ = answers(Scripted(adapts), [request()], retries=0)
    assert str(failure) == "something else (1 attempt)"


def test_a_refusal_is_not_recorded_and_stops_the_asking():
    def refuse(asked, number):
        raise ProviderRefused("wrong key")

    provider = Scripted(refuse)
    results, exchanges, asked = answers(provider, [request(seed=n) for n in range(20)], in_flight=1)
    assert len(provider.asked) == 1
    assert exchanges == []
    assert asked.stopped == "wrong key"
    assert {type(each) for each in results} == {ProviderRefused}


def test_a_refusal_by_one_entry_is_no_budget_that_is_spent():
    def refuse(asked, number):
        raise ProviderRefused("wrong key")

    providers = {"bad": Scripted(refuse), "good": Scripted()}
    models = {name: entry(name) for name in providers}
    asked = Asking(models, record=lambda _: None, providers=providers)
    wait([asked.submit(request(model="bad"))], SOON_S)
    other = asked.submit(request(model="good")).exception(SOON_S)
    asked.close()
    assert (type(other), str(other)) == (LeftOpen, "wrong key")
    assert other.exit_code == ProviderFailed.exit_code


def test_what_is_not_asked_after_a_refusal_is_left_open_and_not_recorded():
    def refuse(asked, number):
        raise ProviderRefused("wrong key")

    exchanges, providers = [], {"bad": Scripted(refuse), "good": Scripted()}
    asked = Asking({n: entry(n) for n in providers}, record=exchanges.append, providers=providers)
    wait([asked.submit(request(model="bad"))], SOON_S)
    other = asked.submit(request(model="good")).exception(SOON_S)
    asked.close()
    assert isinstance(other, BudgetSpent)  # which leaves a question of a search open
    assert (exchanges, providers["good"].asked) == ([], [])


def test_a_provider_with_a_fault_of_its_own_fails_one_question_alone():
    def faulty(asked, number):
        if number == 0:
            raise KeyError("choices")
        return "here"

    results, _, _ = answers(Scripted(faulty), [request(seed=1), request(seed=2)], in_flight=1)
    assert "KeyError" in str(results[0])
    assert isinstance(results[0], ProviderFailed)
    assert results[1].text == "here"


@pytest.mark.parametrize("said", [None, 7, b"bytes"])
def test_an_answer_that_is_no_text_fails_one_question_alone(said):
    results, exchanges, _ = answers(Scripted(lambda *_: said), [request()])
    assert type(results[0]) is ProviderFailed
    assert "the provider scripted broke" in exchanges[0]["failure"]


def test_a_provider_prepares_itself_in_a_thread_that_will_ask_it():
    class Heavy(Scripted):
        def prepare(self):
            prepared.append(threading.current_thread())

    prepared = []
    asked = asking(Heavy(), in_flight=1)
    asked.prepare()
    asked.submit(request()).result(SOON_S)
    asked.close()
    assert [thread.name for thread in prepared] == [f"sigil-{entry().name}-0"]


def test_a_provider_that_cannot_prepare_itself_is_asked_all_the_same():
    class Broken(Scripted):
        def prepare(self):
            raise SystemExit(3)

    asked = asking(Broken(), in_flight=1)
    asked.prepare()
    assert asked.submit(request()).result(SOON_S).text
    asked.close()


def test_a_model_that_cannot_be_had_is_told_by_the_question_and_not_before():
    asked = Asking({"m": ModelSettings(name="m", provider="nobody")}, record=lambda _: None)
    asked.prepare()
    with pytest.raises(UsageError, match="there is no provider 'nobody'"):
        asked.submit(request(model="m"))
    asked.close()


def test_a_provider_that_ends_the_process_fails_one_question_alone():
    (failure,), _, _ = answers(Scripted(lambda *_: sys.exit(3)), [request()])
    assert str(failure) == "the provider scripted broke: SystemExit: 3"


# --- entries ------------------------------------------------------------------------------


def test_an_entry_is_asked_as_its_settings_say():
    provider = Scripted()
    answers(provider, [request(temperature=0.8)], model="m-1", temperature=0.2, max_tokens=7)
    (sent,) = provider.asked
    assert (sent.model, sent.temperature, sent.max_tokens) == ("m-1", 0.2, 7)


def test_a_slow_entry_holds_up_no_other():
    held = threading.Event()
    providers = {"slow": Scripted(lambda *_: str(held.wait(SOON_S))), "fast": Scripted()}
    models = {name: entry(name) for name in providers}
    asked = Asking(models, record=lambda _: None, in_flight=2, providers=providers)
    slow = [asked.submit(request(model="slow", seed=n)) for n in range(10)]
    fast = [asked.submit(request(model="fast", seed=n)) for n in range(10)]
    assert all(future.result(SOON_S).text == "no idea" for future in fast)
    assert not any(future.done() for future in slow)
    held.set()
    asked.close()


def test_no_more_requests_are_under_way_than_the_entry_says():
    under_way, most, lock = 0, 0, threading.Lock()
    three = threading.Barrier(3)

    def answer(asked, number):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        three.wait(SOON_S)
        with lock:
            under_way -= 1
        return ""

    answers(Scripted(answer), [request(seed=n) for n in range(9)], in_flight=3)
    assert most == 3


def test_an_entry_that_is_not_there_is_named():
    asked = asking(Scripted())
    with pytest.raises(UsageError, match="no model 'other'; there are: default_llm"):
        asked.submit(request(model="other"))
    asked.close()


def test_a_key_that_is_missing_is_found_before_anything_is_asked(monkeypatch):
    pytest.importorskip("openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = ModelSettings(
        "m", "openai", "gpt", key_variable="OPENAI_API_KEY", price_input_usd=1, price_output_usd=1
    )
    asked = Asking({"m": settings}, record=lambda _: None)
    with pytest.raises(ProviderRefused, match="OPENAI_API_KEY is not set"):
        asked.ready()
    asked.close()


# --- money --------------------------------------------------------------------------------


PRICED = {"price_input_usd": 1000.0, "price_output_usd": 2000.0}
"""With 10 tokens sent and 5 received: 0.02 dollars."""


def test_what_is_spent_is_counted_with_what_was_spent_earlier():
    _, exchanges, asked = answers(Scripted(), [request(seed=1)], **PRICED)
    assert asked.spent == Spent(1, 10, 5, pytest.approx(0.02), 0)
    _, _, resumed = answers(Scripted(), [request(seed=2)], known=exchanges, **PRICED)
    assert resumed.spent == Spent(2, 20, 10, pytest.approx(0.04), 0)


def test_a_budget_stops_the_asking_with_its_name():
    many = [request("x", seed=n, max_tokens=10) for n in range(20)]
    results, exchanges, asked = answers(Scripted(), many, budget=Budget(usd=0.10), **PRICED)
    assert asked.stopped == "the budget of $0.10 is spent"
    assert isinstance(results[-1], BudgetSpent)
    assert 0 < len(exchanges) < 20


@given(
    st.integers(0, 400),
    st.integers(1, 8),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 60)), max_size=12),
)
def test_no_budget_of_tokens_is_ever_exceeded(tokens, in_flight, sizes):
    """Answers take what they may at most, so that this is as tight as it gets."""
    requests = [
        request("x" * size, seed=n, max_tokens=limit) for n, (size, limit) in enumerate(sizes)
    ]

    class Greedy(Scripted):
        def complete(self, asked):
            reply = super().complete(asked)
            sent = len(asked.messages[0].content)
            object.__setattr__(reply.usage, "input_tokens", sent)
            object.__setattr__(reply.usage, "output_tokens", asked.max_tokens)
            return reply

    _, _, asked = answers(Greedy(), requests, budget=Budget(tokens=tokens), in_flight=in_flight)
    assert asked.spent.input_tokens + asked.spent.output_tokens <= tokens


def test_a_request_that_only_fits_alone_waits_for_the_others():
    both = [request("x", seed=n, max_tokens=50) for n in range(2)]
    results, _, asked = answers(Scripted(), both, budget=Budget(tokens=100), in_flight=2)
    assert [reply.text for reply in results] == ["no idea", "no idea"]
    assert asked.stopped == "the run has ended"


def test_exchanges_of_an_unknown_price_are_counted():
    unpriced = ModelSettings("m", "openai-compatible", "made-up", "http://127.0.0.1:1/v1")
    asked = Asking({"m": unpriced}, record=lambda _: None, providers={"m": Scripted()})
    futures = [asked.submit(request(seed=seed)) for seed in (1, 2, 3)]
    wait(futures, SOON_S)
    asked.close()
    assert asked.spent.unpriced == 3


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(tokens=3000), "the budget of 3000 tokens is too small for one question: it may"),
        (Budget(tokens=3000), "may take 8222 tokens, with 8192 tokens for the answer; give --bu"),
        (Budget(tokens=3000), "give --budget-tokens 8222 or more, or set a smaller max_tokens"),
        (Budget(usd=0.005), "the budget of $0.005 is too small for one question: it may take $"),
        (Budget(usd=0.005), "give --budget-usd 16.4141 or more, or set a smaller max_tokens"),
    ],
)
def test_a_budget_that_no_question_fits_names_the_least_that_does(budget, said):
    asked = [request(max_tokens=8192)]
    results, exchanges, _ = answers(Scripted(), asked, budget=budget, **PRICED)
    assert isinstance(results[0], BudgetSpent)
    assert said in str(results[0])
    assert exchanges == []


def test_the_least_budget_that_is_named_is_enough():
    asked = [request(max_tokens=8192)]
    results, _, _ = answers(Scripted(), asked, budget=Budget(tokens=8222))
    assert isinstance(results[0], Reply)


def test_where_nobody_ever_answers_no_more_is_asked():
    def nobody(request, number):
        raise ProviderFailed("nobody is there")

    many = [request(seed=seed) for seed in range(HOPELESS + 20)]
    results, exchanges, asked = answers(Scripted(nobody), many, in_flight=1)
    assert asked.stopped == f"none of {HOPELESS} questions was answered"
    assert str(asked.failure) == "nobody is there"
    assert len(exchanges) == HOPELESS
    assert isinstance(results[-1], LeftOpen)


def test_who_answers_now_and_then_is_asked_on():
    def seldom(request, number):
        if number % 10:
            raise ProviderFailed("busy")
        return "an answer"

    many = [request(seed=seed) for seed in range(HOPELESS + 20)]
    _, exchanges, asked = answers(Scripted(seldom), many, in_flight=1)
    assert (len(exchanges), asked.failure) == (len(many), None)


def test_a_budget_in_dollars_needs_a_price():
    unpriced = ModelSettings("m", "openai-compatible", "made-up", "http://127.0.0.1:1/v1")
    asked = Asking(
        {"m": unpriced}, record=lambda _: None, budget=Budget(usd=1.0), providers={"m": Scripted()}
    )
    with pytest.raises(InvalidValue, match="no budget in dollars can hold"):
        asked.ready()
    asked.close()


# --- the end ------------------------------------------------------------------------------


def test_closing_cancels_what_waits_and_keeps_what_arrives():
    held, begun, exchanges = threading.Event(), threading.Event(), []

    def answer(asked, number):
        begun.set()
        held.wait(SOON_S)
        return "late"

    asked = asking(Scripted(answer), record=exchanges.append, in_flight=1)
    first, second = asked.submit(request(seed=1)), asked.submit(request(seed=2))
    begun.wait(SOON_S)
    threading.Timer(0.05, held.set).start()
    asked.close(SOON_S)
    assert first.result(0).text == "late"
    assert second.cancelled()
    assert len(exchanges) == 1


def test_closing_does_not_wait_for_a_model_that_never_answers():
    held, begun, exchanges = threading.Event(), threading.Event(), []

    def answer(asked, number):
        begun.set()
        held.wait(SOON_S)
        return "too late"

    asked = asking(Scripted(answer), record=exchanges.append)
    future = asked.submit(request())
    begun.wait(SOON_S)
    asked.close(0.01)
    with pytest.raises(ProviderFailed, match="the run ended before"):
        future.result(0)
    held.set()
    assert exchanges == []


def test_closing_ends_a_wait_between_attempts():
    begun = threading.Event()

    def later(asked, number):
        begun.set()
        raise Unanswered("over the rate", after_s=60)

    exchanges = []
    asked = asking(Scripted(later), record=exchanges.append, timeout_s=600)
    future = asked.submit(request())
    begun.wait(SOON_S)
    asked.close()
    assert isinstance(future.exception(0), ProviderFailed)
    assert exchanges == []


def test_an_answer_that_comes_as_the_asking_ends_is_given_once():
    future: Future = Future()
    answer = ProviderFailed("the run ended")
    racers = [threading.Thread(target=_finish, args=(future, answer)) for _ in range(8)]
    for each in racers:
        each.start()
    for each in racers:
        each.join(SOON_S)
    _finish(future, ProviderFailed("later"))
    assert future.exception(0) is answer


def test_after_the_end_nothing_is_asked():
    asked = asking(Scripted())
    asked.close()
    with pytest.raises(ProviderFailed, match="the run has ended"):
        asked.submit(request()).result(0)
