"""What every `Deployment` has to hold, as checks to run over a backend.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_mine_conforms(check):
        check(Subject(make=lambda: Mine(order), failing=lambda: Mine(broken), path="/healthz"))

The service has to answer ``GET`` on ``path``. A check raises `AssertionError` with a sentence, and
stops every deployment that it started.

Not here: how well a backend isolates, which no check from outside can tell.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from sigil.errors import SigilError
from sigil.gate.deploy.model import Deployment
from sigil.gate.deploy.plugins import lacking
from sigil.gate.effects import Call, EffectFailed
from sigil.gate.http.client import Http

Factory = Callable[[], Deployment]
THREADS = 8
"""How many ask one service at once."""
SOON_S = 30.0
"""Within this a connection is made or refused."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A backend, in circumstances in which its service comes up and in others in which it cannot.

    Args:
        make: makes a deployment, not started, of a service that comes up.
        failing: makes one of a service that never does; None where there is none.
        path: what the service answers to a ``GET``.
        ends: whether ``stop`` ends the service; not so where somebody else put it up.
    """

    make: Factory
    failing: Factory | None = None
    path: str = "/"
    ends: bool = True


Check = Callable[[Subject], None]


def it_has_all_that_is_asked_of_it(subject: Subject) -> None:
    """All parts of a `Deployment` are there before it is started."""
    parts = lacking(subject.make())
    _hold(not parts, f"it has no {', '.join(parts)}")


def a_started_service_answers(subject: Subject) -> None:
    """Once ``start`` has returned, the first request is answered: nobody has to wait."""
    with subject.make() as deployment:
        _hold(_status(deployment, subject.path) < 500, "the service answers with an error")  # noqa: PLR2004
        _hold(deployment.alive, "it answers, and is said not to be alive")


def each_connection_is_a_new_stream(subject: Subject) -> None:
    """Connections are connected stream sockets, do not block for ever, and are not inherited."""
    with subject.make() as deployment:
        one, other = deployment.connect(SOON_S), deployment.connect(SOON_S)
        with one, other:
            for made in (one, other):
                _hold(made.type & socket.SOCK_STREAM, "a connection that is no stream")
                _hold(not made.get_inheritable(), "programs that are started inherit a connection")
                _hold(made.gettimeout() is not None, "a connection without a timeout")
            _hold(one.fileno() != other.fileno(), "two connections are one")


def a_connection_can_be_handed_on(subject: Subject) -> None:
    """The descriptor is all there is to it: nothing of it lives in this process alone."""

    def handed_on(timeout_s: float) -> socket.socket:
        with deployment.connect(timeout_s) as made:
            return socket.socket(fileno=os.dup(made.fileno()))

    with subject.make() as deployment:
        asking = Http(handed_on, deployment.authority)
        try:
            asking.perform(Call("http", {"method": "GET", "path": subject.path}))
        except EffectFailed as failed:
            raise AssertionError(f"over a copy nothing answers: {failed.problem}") from failed
        finally:
            asking.close()


def many_threads_may_connect_at_once(subject: Subject) -> None:
    """Each gets a connection of its own, and its answer."""
    together = threading.Barrier(THREADS)
    with (
        subject.make() as deployment,
        ThreadPoolExecutor(THREADS, thread_name_prefix="conformance") as threads,
    ):

        def ask() -> int:
            together.wait(SOON_S)
            return _status(deployment, subject.path)

        asked = [threads.submit(ask) for _ in range(THREADS)]
        _hold(len({one.result(SOON_S) for one in asked}) == 1, "the answers differ")


def authority_and_origins_are_of_one_service(subject: Subject) -> None:
    """The authority is host and port, and stands among the origins."""
    with subject.make() as deployment:
        for origin in sorted(deployment.origins):
            parts = urlsplit(origin)
            _hold(parts.scheme in {"http", "https"} and parts.hostname, f"{origin} is no origin")
            _hold(not (parts.path or parts.query), f"{origin} is more than an origin")
        hosts = {urlsplit(origin).netloc for origin in deployment.origins}
        _hold(deployment.authority in hosts, "the authority is that of no origin")


def what_was_stopped_is_gone(subject: Subject) -> None:
    """After ``stop``, once or twice, it is not alive, and takes no connections."""
    deployment = subject.make()
    deployment.start()
    deployment.stop()
    deployment.stop()
    _hold(not deployment.alive, "it was stopped, and is said to be alive")
    if subject.ends:
        try:
            deployment.connect(1.0).close()
        except OSError:
            return
        raise AssertionError("what was stopped takes connections")


def stopping_what_was_never_started_is_fine(subject: Subject) -> None:
    """``stop`` before ``start`` does nothing, and nothing is alive before ``start``."""
    deployment = subject.make()
    _hold(not deployment.alive, "it was never started, and is said to be alive")
    deployment.stop()


def leaving_stops_it_whatever_happened(subject: Subject) -> None:
    """An error inside of the ``with`` ends it too, and is not swallowed."""
    deployment = subject.make()
    try:
        with deployment:
            raise ZeroDivisionError  # noqa: TRY301 - the error is the point
    except ZeroDivisionError:
        _hold(not deployment.alive, "an error leaves it running")
        return
    raise AssertionError("it swallows errors")


def what_cannot_come_up_says_so(subject: Subject) -> None:
    """``start`` raises one of our errors, of one line, and leaves nothing that is alive."""
    if subject.failing is None:
        return
    deployment = subject.failing()
    try:
        deployment.start()
    except SigilError as error:
        _hold(str(error).strip().isprintable(), "an error that is not one line")
        _hold(not deployment.alive, "it did not come up, and is said to be alive")
        return
    finally:
        deployment.stop()
    raise AssertionError("what cannot come up is said to be up")


CHECKS: tuple[Check, ...] = (
    it_has_all_that_is_asked_of_it,
    a_started_service_answers,
    each_connection_is_a_new_stream,
    a_connection_can_be_handed_on,
    many_threads_may_connect_at_once,
    authority_and_origins_are_of_one_service,
    what_was_stopped_is_gone,
    stopping_what_was_never_started_is_fine,
    leaving_stops_it_whatever_happened,
    what_cannot_come_up_says_so,
)
"""All checks."""


def _status(deployment: Deployment, path: str) -> int:
    asking = Http(deployment.connect, deployment.authority, origins=deployment.origins)
    try:
        return asking.perform(Call("http", {"method": "GET", "path": path}))["status"]
    except EffectFailed as failed:
        raise AssertionError(f"a started service does not answer: {failed.problem}") from failed
    finally:
        asking.close()


def _hold(condition: object, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)
