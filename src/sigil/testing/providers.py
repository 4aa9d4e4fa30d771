"""What every `Provider` has to hold, as checks to run over an implementation.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_mine_conforms(check):
        check(Subject(answering=lambda: Mine(settings), failing=(lambda: Mine(wrong),), key=KEY))

A check asks what `questions` returns; whoever answers must answer all of them. It raises
`AssertionError` with a sentence, and closes every provider that it made.

Not here: a model that answers (`sigil.testing.model_server`), retries and records, which are
not a provider's (`sigil.llm.asking`).
"""

from __future__ import annotations

import math
import threading
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from sigil.errors import ProviderFailed
from sigil.llm.model import Message, Provider, Reply, Request

Factory = Callable[[], Provider]
THREADS = 8
"""How many ask one provider at once."""
SOON_S = 60.0
"""Within this any answer is there, or the provider hangs."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A provider, in circumstances in which it answers and in others in which it cannot.

    Args:
        answering: makes one that answers every one of `questions`.
        failing: make ones that answer none: a wrong key, a server that is down, and so on.
        key: the secret that all of them were given; empty for none.
        expected: the text that answers a question; None where that cannot be foretold.
    """

    answering: Factory
    failing: tuple[Factory, ...] = ()
    key: str = ""
    expected: Callable[[Request], str] | None = None


Check = Callable[[Subject], None]


def questions(count: int = THREADS) -> list[Request]:
    """Return requests that differ, in their words and in their seeds."""
    return [
        Request(
            (
                Message("system", "You are brief."),
                Message("user", f"What follows {number}?\n```\nx = {number}  # é\n```"),
            ),
            seed=number,
            max_tokens=64,
        )
        for number in range(count)
    ]


def a_reply_has_text_model_and_usage(subject: Subject) -> None:
    """Text is text, the model that answered has a name, and what it took is counted."""
    with _made(subject.answering) as provider:
        for question in questions(2):
            _check_reply(provider.complete(question), question, subject)


def it_has_a_name(subject: Subject) -> None:
    """The name is a word, and the same for all of them: it goes into records."""
    with _made(subject.answering) as first, _made(subject.answering) as second:
        for name in (first.name, second.name):
            _hold(type(name) is str and name.isprintable() and name.strip(), "it has no name")
        _hold(first.name == second.name, "its name changes")


def it_may_be_made_and_closed_unasked(subject: Subject) -> None:
    """Making one asks nothing, so neither a key nor a network is missed before a request."""
    for make in (subject.answering, *subject.failing):
        with _made(make):
            pass


def many_threads_may_ask_at_once(subject: Subject) -> None:
    """Each gets the answer to its own question."""
    asked = questions(THREADS)
    together = threading.Barrier(len(asked))
    with (
        _made(subject.answering) as provider,
        ThreadPoolExecutor(len(asked), thread_name_prefix="conformance") as threads,
    ):

        def ask(question: Request) -> Reply:
            together.wait(SOON_S)
            return provider.complete(question)

        answers = [threads.submit(ask, question) for question in asked]
        for question, answer in zip(asked, answers, strict=True):
            _check_reply(answer.result(SOON_S), question, subject)


def what_goes_wrong_is_a_failure_of_the_provider(subject: Subject) -> None:
    """Whatever a library raises arrives as a `ProviderFailed` with one printable line."""
    for failure in _failures(subject):
        _hold(
            isinstance(failure, ProviderFailed),
            f"it raised {type(failure).__name__}, which is no ProviderFailed",
        )
        _hold(str(failure).strip(), "a failure that says nothing")
        _hold(str(failure).isprintable(), "a failure of several lines, or with control characters")


def a_failure_ends_neither_thread_nor_provider(subject: Subject) -> None:
    """After a failure the same one can be asked again, and fails or answers in good order."""
    for make in subject.failing:
        with _made(make) as provider:
            for question in questions(2):
                _hold(_failure(provider, question) is not None, "a failing provider answered")


def no_error_shows_the_key(subject: Subject) -> None:
    """Neither an error, nor what caused it, nor the provider itself when shown, holds the key."""
    if not subject.key:
        return
    for failure in _failures(subject):
        shown = "".join(traceback.format_exception(failure)) + repr(failure)
        _hold(subject.key not in shown, "an error shows the key")
    for make in (subject.answering, *subject.failing):
        with _made(make) as provider:
            _hold(subject.key not in f"{provider!r} {provider}", "the provider shows its key")


CHECKS: tuple[Check, ...] = (
    a_reply_has_text_model_and_usage,
    it_has_a_name,
    it_may_be_made_and_closed_unasked,
    many_threads_may_ask_at_once,
    what_goes_wrong_is_a_failure_of_the_provider,
    a_failure_ends_neither_thread_nor_provider,
    no_error_shows_the_key,
)
"""All checks."""


@contextmanager
def _made(make: Factory) -> Generator[Provider]:
    """Give a new provider, and end it as a run does: ``cancel`` and ``close`` if there are any."""
    provider = make()
    try:
        yield provider
    finally:
        for name in ("cancel", "close"):
            end = getattr(provider, name, None)
            if end is not None:
                end()


def _check_reply(reply: Reply, question: Request, subject: Subject) -> None:
    _hold(type(reply) is Reply, f"a {type(reply).__name__} where a Reply is due")
    _hold(type(reply.text) is str, "the text is no text")
    _hold(type(reply.model) is str and reply.model, "the model that answered has no name")
    _hold(type(reply.raw_id) is str, "the id of the exchange is no text")
    usage = reply.usage
    for count in (usage.input_tokens, usage.output_tokens):
        _hold(type(count) is int and count >= 0, f"{count!r} tokens")
    cost = usage.cost_usd
    _hold(cost is None or (math.isfinite(cost) and cost >= 0), f"a cost of {cost!r}")
    if subject.expected is not None:
        _hold(reply.text == subject.expected(question), "the answer to another question")


def _failures(subject: Subject) -> list[Exception]:
    """Return what each of the failing ones raises."""
    found: list[Exception] = []
    for make in subject.failing:
        with _made(make) as provider:
            failure = _failure(provider, questions(1)[0])
            if failure is None:
                raise AssertionError("a failing provider answered")
            found.append(failure)
    return found


def _failure(provider: Provider, question: Request) -> Exception | None:
    try:
        provider.complete(question)
    except Exception as failure:  # noqa: BLE001 - of what kind it is, is the question
        return failure
    return None


def _hold(condition: object, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)
