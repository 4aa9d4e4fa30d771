"""A search whose model takes very long over some answers: the others go on, and it is on record."""

import json
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.optimize.asking import chance, configure, function, lineage
from tests.optimize.conftest import search

from sigil import errors
from sigil.optimize import searching
from sigil.optimize.report import Summary
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import load_history, open_workspace
from sigil.search.optimizer import Passing
from sigil.store.journal import read
from sigil.testing.model_server import Fault, ModelServer

pytest.importorskip("openai")
NUM, SLOTS, LONG_S = 8, 4, 60
FLAGS = {"num": NUM, "in_flight": SLOTS, "budget_evals": 32}


class Late:
    """Answers some questions only once so many others were asked, else at once.

    Args:
        late: the numbers of those questions.
        after: how many others.
    """

    def __init__(self, *late: int, after: int = 2 * NUM):
        self.late, self.after = late, after
        self.asked: list[int] = []
        self._changed = threading.Condition()

    def __call__(self, request: Mapping[str, Any], number: int) -> str:
        with self._changed:
            self.asked.append(number)
            self._changed.notify_all()
            if number in self.late:
                enough = number + self.after
                self._changed.wait_for(lambda: len(self.asked) > enough, timeout=LONG_S)
        return function(f"x * {chance(request) % 100_000}")


def frames(run: Path) -> list[tuple[str, Mapping[str, Any]]]:
    return [(frame.kind, frame.body) for frame in read(run / "run.journal")]


def shifts(run: Path, *kinds: str) -> list[Mapping[str, Any]]:
    return [body for kind, body in frames(run) if kind == "shifted" and body["what"] in kinds]


def requests(run: Path) -> list[str]:
    return [json.dumps(body["request"]) for kind, body in frames(run) if kind == "exchange"]


@pytest.fixture
def late(repository: Path) -> Summary:
    """A run of which two answers took very long."""
    with ModelServer(Late(2, 14)) as server:
        configure(repository, server)
        return search(repository, "late", **FLAGS)


def test_where_answers_take_alike_nobody_is_passed_over(repository: Path) -> None:
    def even(request: Mapping[str, Any], number: int) -> Fault:
        return Fault(function(f"x * {number}"), delay_s=0.1)

    with ModelServer(even) as server:
        configure(repository, server)
        summary = search(repository, **FLAGS)
    assert shifts(summary.run, "unanswered", "unmeasured", "returned") == []


def test_others_are_asked_and_measured_while_one_answer_takes_very_long(late: Summary) -> None:
    kinds = [kind if kind != "shifted" else body["what"] for kind, body in frames(late.run)]
    meanwhile = kinds[kinds.index("unanswered") : kinds.index("returned")]
    assert meanwhile.count("asked") >= NUM
    assert meanwhile.count("evaluated") >= NUM
    assert late.history.measured() == 32


def test_a_late_answer_counts_once_it_is_there(late: Summary) -> None:
    over = [body["round"] for body in shifts(late.run, "unanswered")]
    back = [body["round"] for body in shifts(late.run, "returned")]
    assert over
    assert sorted(over) == sorted(back)
    assert all(late.history.rounds[number].told for number in over)


def test_an_evaluation_that_takes_very_long_is_passed_over(repository: Path) -> None:
    slow = "x * 7 + (__import__('time').sleep(3) or 0)"

    def script(request: Mapping[str, Any], number: int) -> str:
        return function(slow if number == 2 else f"x * {number}")

    with ModelServer(script) as server:
        configure(repository, server)
        summary = search(repository, lanes=2, **FLAGS)
    over = [body["round"] for body in shifts(summary.run, "unmeasured")]
    (name,) = summary.history.rounds[over[0]].ids
    assert "sleep" in summary.history.candidates[name].patch
    assert over == [body["round"] for body in shifts(summary.run, "returned")]


@pytest.mark.parametrize("lanes", [1, 4])
def test_recorded_answers_repeat_the_order_whatever_the_lanes(
    repository: Path, late: Summary, lanes: int
) -> None:
    given = {"provider": "replay", "exchanges": str(late.run / "exchanges.jsonl")}
    (repository / ".sigil" / "sigil.yaml").unlink()
    replayed = search(repository, f"again-{lanes}", lanes=lanes, **given, **FLAGS)
    assert lineage(replayed) == lineage(late)


def test_a_replay_of_a_replay_repeats_the_order(repository: Path, late: Summary) -> None:
    (repository / ".sigil" / "sigil.yaml").unlink()
    for name in ("first", "second"):
        given = {"provider": "replay", "exchanges": str(late.run / "exchanges.jsonl")}
        late = search(repository, name, **given, **FLAGS)
    assert shifts(late.run, "unanswered")
    assert requests(late.run)


def configured_port(repository: Path) -> int:
    entry = json.loads((repository / ".sigil" / "sigil.yaml").read_text())
    models = entry["optimizer_params"]["simple"]["models"]
    port = urlsplit(models["default_llm"]["base_url"]).port
    assert port is not None
    return port


def cut(run: Path, to: Path, last: int) -> None:
    """Leave of a run what a kill left after so many frames."""
    shutil.copytree(run, to)
    journal = to / "run.journal"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:last]))
    manifest = json.loads((to / "manifest.json").read_text())
    manifest |= {"status": "running", "artifacts": {}}
    (to / "manifest.json").write_text(json.dumps(manifest))


def points(run: Path) -> list[int]:
    """Return after how many frames a kill is worth trying: around what time decided."""
    kinds = [kind for kind, _ in frames(run)]
    at = [number for number, kind in enumerate(kinds) if kind == "shifted"]
    found = {at[0], at[0] + 1, at[0] + 5, at[-1], at[-1] + 1}
    return sorted(number for number in found if number < len(kinds) - 1)


def test_a_run_that_is_killed_goes_on_from_whatever_it_had_recorded(
    repository: Path, late: Summary
) -> None:
    port = configured_port(repository)
    for last in points(late.run):
        place = open_workspace(load_spec(repository, "square"), f"cut-{last}")
        cut(late.run, place.runs / late.run.name, last)
        known = set(requests(place.runs / late.run.name))
        with ModelServer(Late(), port) as server:  # the run goes on with what it began with
            resumed = search(repository, f"cut-{last}", resume=True, **FLAGS)
        asked = [json.dumps(one.body["messages"]) for one in server.asked]
        before = [json.dumps(json.loads(one)["messages"]) for one in known]
        assert not {*asked} & {*before}, last
        assert resumed.history.measured() == 32, last
        again = load_history(resumed.run)
        assert list(again.candidates) == list(resumed.history.candidates), last


def test_a_replay_goes_on_without_an_answer_that_never_came(repository: Path) -> None:
    with ModelServer(Late(2, after=10**6)) as server:
        configure(repository, server)
        summary = search(repository, "cut-short", **{**FLAGS, "budget_time": 8.0})
    (repository / ".sigil" / "sigil.yaml").unlink()
    given = {"provider": "replay", "exchanges": str(summary.run / "exchanges.jsonl")}
    with pytest.raises(errors.ProviderRefused):
        search(repository, "again", **given, **FLAGS)
    run = open_workspace(load_spec(repository, "square"), "again").find_run()
    assert summary.history.measured() > NUM
    assert list(load_history(run).candidates) == list(summary.history.candidates)


def test_for_an_optimizer_that_cannot_pass_over_everybody_waits(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make: Callable[..., Any] = searching.make_optimizer
    cannot = {"held_up", "pass_over", "arrived", "bring_back"}

    class Waits:
        def __init__(self, *problem: Any):
            self._ours = make(*problem)

        def __getattr__(self, name: str) -> Any:
            if name in cannot:
                raise AttributeError(name)
            return getattr(self._ours, name)

    def script(request: Mapping[str, Any], number: int) -> Fault:
        return Fault(function(f"x * {number}"), delay_s=2.0 if number == 1 else 0.0)

    monkeypatch.setattr(searching, "make_optimizer", Waits)
    with ModelServer(script) as server:
        configure(repository, server)
        summary = search(repository, **{**FLAGS, "budget_evals": 16})
    assert not isinstance(Waits.__new__(Waits), Passing)
    assert summary.history.measured() == 16
    assert shifts(summary.run, "unanswered", "unmeasured", "returned") == []
