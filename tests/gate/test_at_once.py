"""Two evaluations that end at the same moment: one of them knows of the other."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.gate.at_once import Apart
from tests.gate.evaluations import (
    Bench,
    Quiet,
    cheating,
    honest,
    make_bench,
    make_past,
    served,
)

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import Unreadable
from sigil.gate.acting import decision_on
from sigil.gate.decision import Code, Stage
from sigil.gate.evaluation import evaluate
from sigil.gate.feedback import Disclosure, Silence
from sigil.gate.record import events
from sigil.gate.revisions import resolve
from sigil.ledger import keys
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
from sigil.ledger.remote import Remote
from sigil.ledger.syncing import clone, sync


@dataclass
class Own:
    """A repository, and the file of the key that signs in its ledger."""

    bench: Bench
    signer: Path


@pytest.fixture
def own(tmp_path) -> Iterator[Own]:
    path = tmp_path / "keys" / "evaluator.ed25519"
    signer = keys.create(path)
    make_past(tmp_path / "past", signer, evals=2)
    with served() as serving:
        bench = make_bench(tmp_path / "repository", serving, tmp_path / "past", signer)
        yield Own(bench, path)


def at_once(own: Own) -> list[dict[str, Any]]:
    """Evaluate in two processes, each of which has read the past before the other's end."""
    answers, price = threading.Event(), own.bench.serving.baseline

    def waiting(seats: int) -> int:
        assert answers.wait(60)
        return price(seats)

    own.bench.serving.baseline = waiting
    ledger = own.bench.ledger()
    with ExitStack() as held:
        both = [held.enter_context(Apart(own.bench, own.signer)) for _ in range(2)]
        for one in both:
            one.wait_for(Stage.RUN)
        with ledger.turn():
            answers.set()
            for one in both:  # the past is read, and what is appended next waits for its turn
                one.wait_for(Stage.LEDGER, Stage.TRUST, Stage.LEDGER)
        return [one.outcome() for one in both]


def completed(bench: Bench) -> list[Any]:
    return [entry.body for entry in bench.ledger().entries(kind=events.COMPLETE)]


def by_turns(right: Callable[[int], int]) -> Callable[[int], int]:
    """Whoever asks for 7 seats first hears nothing of use; the second hears what is right."""
    asked: list[int] = []

    def price(seats: int) -> int:
        asked.append(seats)
        return 0 if asked.count(7) == 1 and seats == 7 else right(seats)

    return price


def test_of_two_that_are_no_better_than_each_other_one_is_told_steps(own):
    own.bench.serving.pr = cheating
    found = at_once(own)
    assert [one["troubles"] for one in found] == [[], []]
    assert sorted(one["disclosed"] for one in found) == ["specs", "steps"]
    assert [one["disclosed"] for one in completed(own.bench)] == ["steps", "specs"]


def test_the_last_submission_of_an_exam_is_one(own):
    own.bench.policy(policy={"submissions": 1})
    own.bench.git("commit", "-q", "-a", "-m", "one submission")
    found = at_once(own)
    assert sorted(one["disclosed"] for one in found) == ["nothing", "steps"]


def test_an_equal_change_that_comes_to_other_scores_at_once_is_contradicted(own):
    own.bench.serving.pr = by_turns(honest)
    found = {one["eval"]: one for one in at_once(own)}
    first, second = (found[one["eval"]] for one in completed(own.bench))
    assert first["troubles"] == second["troubles"] == []
    assert Code.CONTRADICTED.value in second["codes"]
    assert second["recommended"] != "ALLOW"


# --- two machines -------------------------------------------------------------------------


@dataclass
class Elsewhere:
    """Another machine's ledger, and the remote that both share."""

    ledger: Ledger
    url: str

    def shared(self, ledger: Ledger) -> bool:
        sync(ledger, Remote(self.url, ledger.path))
        return True


@pytest.fixture
def elsewhere(own, tmp_path) -> Elsewhere:
    url = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", url], check=True)
    here = own.bench.ledger()
    sync(here, Remote(str(url), here.path))
    pin = Pin(tmp_path / "elsewhere.json")
    clone(tmp_path / "elsewhere", str(url), pin, here.known().keys, own.bench.signer)
    return Elsewhere(Ledger.open(tmp_path / "elsewhere", own.bench.signer, pin), str(url))


def overtaken(elsewhere: Elsewhere, **changed: Any) -> Callable[[Ledger], bool]:
    """Share, but let the other machine put the same exam on record first, and push it."""

    def share(ledger: Ledger) -> bool:
        mine = list(ledger.entries(kind=events.COMPLETE))
        theirs = list(elsewhere.ledger.entries(kind=events.COMPLETE))
        if mine and not theirs:
            body = {**mine[-1].body, "eval": "eval_elsewhere", **changed}
            elsewhere.ledger.append(events.COMPLETE, "api", body)
            elsewhere.shared(elsewhere.ledger)
        return elsewhere.shared(ledger)

    return share


def test_what_the_remote_took_first_was_told_first(own, elsewhere):
    own.bench.serving.pr = cheating
    share = overtaken(elsewhere)
    outcome = evaluate(own.bench.wanted(), own.bench.parts(share=share), Quiet())
    assert outcome.troubles == ()
    assert [one["eval"] for one in completed(own.bench)] == ["eval_elsewhere", outcome.eval]
    assert outcome.feedback.disclosure is Disclosure.SPECS


def test_other_scores_on_another_machine_are_noticed_before_it_is_decided(own, elsewhere):
    share = overtaken(elsewhere, overall={"pr": 50, "baseline": 100})
    outcome = evaluate(own.bench.wanted(), own.bench.parts(share=share), Quiet())
    assert Code.CONTRADICTED in {reason.code for reason in outcome.decision.reasons}


def test_with_a_remote_that_was_lost_meanwhile_nothing_is_told_of_holdouts(own):
    def share(ledger: Ledger) -> bool:
        if list(ledger.entries(kind=events.COMPLETE)):
            raise Unreadable("no route")
        ledger.note_synced()
        return True

    outcome = evaluate(own.bench.wanted(), own.bench.parts(share=share), Quiet())
    assert outcome.feedback.disclosure is Disclosure.NOTHING
    assert outcome.feedback.silence is Silence.UNSHARED


def test_an_allow_is_worth_nothing_once_the_same_change_came_to_other_scores(bench):
    outcome = evaluate(bench.wanted(), bench.parts(), Quiet())
    body = {**completed(bench)[-1], "eval": "eval_elsewhere"}
    bench.ledger().append(events.COMPLETE, "api", {**body, "overall": {"pr": 50, "baseline": 100}})
    revisions = resolve(bench.root, "change")
    stands = decision_on(bench.root, revisions, bench.ledger(), "api", SYSTEM_CLOCK.now())
    assert stands.recorded.eval == outcome.eval
    assert [reason.code for reason in stands.worth.reasons] == [Code.CONTRADICTED]
