"""Which backend a name means, and what a run meets of a plugin's that breaks its promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any, cast

import pytest

from sigil import errors
from sigil.errors import Where
from sigil.evaluate.backend import Backend
from sigil.evaluate.facts import Facts, Inputs
from sigil.evaluate.result import Evaluation
from sigil.optimize.backends import LOCAL, Chosen, Profiles, choose, local, opened
from sigil.optimize.guarding import Guarded, lacking

FOUND = Evaluation("measured", costs=(1.0,))
FACTS = Facts(FOUND, Inputs())
ENVIRONMENT = {"python": "3.11", "isolation": {"calls": {"level": "L2"}, "commands": None}}


def profiles(**named: Mapping[str, Any]) -> Profiles:
    return {
        name: (found, Where("sigil.yaml", number, f"backend_profiles.{name}"))
        for number, (name, found) in enumerate(named.items(), 3)
    }


# --- choosing -----------------------------------------------------------------------------


def test_local_is_ours() -> None:
    assert choose("local", {}) is LOCAL


def test_a_profile_of_local_is_local_under_another_name() -> None:
    assert choose("here", profiles(here={"kind": "local"})) == Chosen("here", "local", local)


def test_local_takes_no_settings() -> None:
    with pytest.raises(errors.InvalidValue) as raised:
        choose("local", profiles(local={"cpu": 4, "gpu": 1}))
    said = "sigil.yaml:3: backend_profiles.local: local takes no settings; remove cpu, gpu"
    assert str(raised.value) == said


def test_local_is_no_name_for_another_backend() -> None:
    with pytest.raises(errors.InvalidValue, match="and no name for another"):
        choose("local", profiles(local={"kind": "k8s"}))


@pytest.mark.parametrize("name", ["ray", ""])
def test_an_unknown_name_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(errors.UsageError) as raised:
        choose(name, profiles(big={"kind": "k8s"}))
    assert str(raised.value) == f"no backend {name!r}; there are: big, local"


def test_a_misspelt_name_is_told_with_the_right_one() -> None:
    with pytest.raises(errors.UsageError, match=r"no backend 'locl'; did you mean local\?"):
        choose("locl", {})


@pytest.mark.parametrize("kind", ["k8s", 7, ["local"], None])
def test_a_profile_of_no_backend_is_an_error_with_its_line(kind: object) -> None:
    with pytest.raises(errors.InvalidValue, match=r"sigil\.yaml:3: backend_profiles\.big: no "):
        choose("big", profiles(big={"kind": kind}))


# --- what a plugin promises ---------------------------------------------------------------


class Plugin:
    """Gives what it was told to give, or raises it."""

    def __init__(self, **given: object):
        self.given = {"facts": FACTS, "evaluation": FOUND, "environment": ENVIRONMENT, **given}
        self.futures: list[Future[Any]] = []
        self.closed = 0

    def take(self, what: str) -> Any:
        found = self.given.get(what)
        if isinstance(found, BaseException):
            raise found
        return found

    @property
    def facts(self) -> Facts:
        return self.take("facts")

    def baseline(self) -> Evaluation:
        return self.facts.evaluation

    def adopt(self, facts: Facts) -> None:
        del facts
        self.take("adopt")

    def environment(self) -> Future[Any]:
        return self.future("environment")

    def submit(self, files: object, effort: object, bar: object = ()) -> Future[Any]:
        del files, effort, bar
        self.take("submit")
        return self.given["future"] if "future" in self.given else self.future("evaluation")

    def future(self, what: str) -> Future[Any]:
        future: Future[Any] = Future()
        self.futures.append(future)
        found = self.given[what]
        if isinstance(found, BaseException):
            future.set_exception(found)
        elif found is not None:
            future.set_result(found)
        return future

    def dismiss(self) -> None:
        self.take("dismiss")

    def close(self) -> None:
        self.closed += 1
        self.take("close")


def guarded(**given: object) -> Guarded:
    return Guarded("mine", cast("Backend", Plugin(**given)), 1)


def test_what_is_in_order_passes() -> None:
    lanes = guarded()
    assert lanes.submit({}, "screen").result() == FOUND
    assert lanes.environment().result() == ENVIRONMENT
    assert (lanes.facts, lanes.baseline()) == (FACTS, FOUND)


STEPS: dict[str, Callable[[Guarded], object]] = {
    "facts": lambda lanes: lanes.facts,
    "adopt": lambda lanes: lanes.adopt(FACTS),
    "submit": lambda lanes: lanes.submit({}, "screen"),
    "evaluation": lambda lanes: lanes.submit({}, "screen").result(),
    "environment": lambda lanes: lanes.environment().result(),
    "close": lambda lanes: lanes.close(),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("failure", [OSError("gone\n\x1b[31m"), SystemExit(3)], ids=repr)
def test_whatever_it_raises_is_a_line_with_its_name(step: str, failure: BaseException) -> None:
    with pytest.raises(errors.DependencyMissing) as raised:
        STEPS[step](guarded(**{step: failure}))
    assert str(raised.value).startswith("the backend 'mine' is broken: ")
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("step", STEPS)
def test_what_it_says_as_an_error_of_ours_stays_what_it_is(step: str) -> None:
    said = errors.SandboxUnavailable("the cluster is full")
    with pytest.raises(errors.SandboxUnavailable) as raised:
        STEPS[step](guarded(**{step: said}))
    assert raised.value is said


def test_an_interrupt_in_one_of_its_futures_is_its_own() -> None:
    with pytest.raises(errors.DependencyMissing, match="KeyboardInterrupt"):
        guarded(evaluation=KeyboardInterrupt()).submit({}, "screen").result()


@pytest.mark.parametrize(
    ("given", "step"),
    [
        ({"facts": {"evaluation": FOUND}}, "facts"),
        ({"facts": Facts(cast("Evaluation", 7), Inputs())}, "facts"),
        ({"future": FOUND}, "submit"),
        ({"evaluation": FOUND.to_json()}, "evaluation"),
        ({"evaluation": Evaluation("measured", costs=(float("nan"),))}, "evaluation"),
        ({"evaluation": Evaluation(cast("Any", "splendid"))}, "evaluation"),
        ({"evaluation": Evaluation("measured", costs=(1.0, 2.0))}, "evaluation"),
        ({"evaluation": Evaluation("failed", costs=(1.0,))}, "evaluation"),
        ({"evaluation": Evaluation("measured", costs=cast("Any", ("cheap",)))}, "evaluation"),
        ({"environment": {"isolation": {}, "at": object()}}, "environment"),
        ({"environment": {"python": "3.11"}}, "environment"),
        ({"environment": {"isolation": {"calls": "L2"}}}, "environment"),
        ({"environment": {"isolation": {"calls": {"level": 2}}}}, "environment"),
    ],
)
def test_what_cannot_be_recorded_is_a_line_with_its_name(
    given: dict[str, object], step: str
) -> None:
    with pytest.raises(errors.DependencyMissing, match="the backend 'mine' is broken: "):
        STEPS[step](guarded(**given))


def test_a_future_of_its_own_that_cannot_say_how_it_ended_is_its_failure() -> None:
    class Remote(Future[Any]):
        def exception(self, timeout: float | None = None) -> BaseException | None:
            raise OSError(f"gone after {timeout}")

    future = Remote()
    future.set_result(FOUND)
    with pytest.raises(errors.DependencyMissing, match=r"'mine' is broken: .*gone"):
        guarded(future=future).submit({}, "screen").result(1)


def test_what_nobody_wants_any_more_is_cancelled_in_the_plugin() -> None:
    plugin = Plugin(evaluation=None)
    assert Guarded("mine", cast("Backend", plugin), 1).submit({}, "screen").cancel()
    assert plugin.futures[0].cancelled()


def test_what_it_cancels_unasked_is_its_failure() -> None:
    plugin = Plugin(evaluation=None)
    future = Guarded("mine", cast("Backend", plugin), 1).submit({}, "screen")
    plugin.futures[0].cancel()
    with pytest.raises(errors.DependencyMissing, match="CancelledError"):
        future.result(10)


def test_what_it_cancels_when_dismissed_is_cancelled() -> None:
    plugin = Plugin(evaluation=None)
    lanes = Guarded("mine", cast("Backend", plugin), 1)
    future = lanes.submit({}, "screen")
    lanes.dismiss()
    plugin.futures[0].cancel()
    with pytest.raises(CancelledError):
        future.result(10)


def test_what_cannot_be_dismissed_is_told_when_it_is_closed() -> None:
    plugin = Plugin(dismiss=OSError("gone"))
    lanes = Guarded("mine", cast("Backend", plugin), 1)
    lanes.dismiss()
    with pytest.raises(errors.DependencyMissing, match="gone"):
        lanes.close()
    lanes.close()
    assert plugin.closed == 2


def test_an_error_is_not_hidden_by_one_of_closing() -> None:
    chosen = Chosen("mine", "mine", lambda order: guarded(close=OSError("gone"), order=order))
    with pytest.raises(ZeroDivisionError), opened(chosen, cast("Any", None)):
        raise ZeroDivisionError


def test_the_parts_that_lack_are_named() -> None:
    class Half:
        def submit(self) -> None: ...

        @property
        def facts(self) -> Facts:
            raise OSError("not yet")

    assert lacking(Half()) == ["baseline", "adopt", "environment", "dismiss", "close"]
