"""What every `Proposer` has to hold, as checks to run over an implementation.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_mine_conforms(check):
        check(Mine, PINS, FILES)

A check is called with a factory of new, untold proposers, with pins, and with files that
they fit; it raises `AssertionError` with a sentence. The factory's proposers must be equal.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from sigil.canonical import compact_json
from sigil.effects import random_stream
from sigil.errors import SigilError
from sigil.search.model import BASELINE, Outcome, Parent, Proposal, Proposer, View
from sigil.search.patch import check
from sigil.search.pins import Pin

Factory = Callable[[], Proposer]
Files = Mapping[str, str]
Check = Callable[[Factory, Sequence[Pin], Files], None]
_COUNT = 5
_ROUNDS = 4
_LONGEST_NOTE = 300


def transcript(make: Factory, pins: Sequence[Pin], files: Files, seed: int = 7) -> list[Proposal]:
    """Return what a new proposer proposes over some rounds with every kind of outcome.

    Proposals that pass become parents of the next round.
    """
    proposer = make()
    parents = [Parent(BASELINE, files, (1.0,))]
    everything: list[Proposal] = []
    for number in range(_ROUNDS):
        proposals = proposer.ask(view_of(pins, parents, seed + number), _COUNT)
        everything += proposals
        for index, proposal in enumerate(proposals):
            proposer.tell(proposal, _OUTCOMES[index % len(_OUTCOMES)])
            parent = next((p for p in parents if p.id == proposal.parent), None)
            if parent and proposal.patch and index == 0:
                after = check(proposal.patch, parent.files, pins)
                parents.insert(0, Parent(f"candidate-{number}", after, (0.5,)))
    return everything


def view_of(pins: Sequence[Pin], parents: Sequence[Parent], seed: int) -> View:
    """Return a view under ``seed``."""
    return View(tuple(pins), tuple(parents), random_stream(seed, "conformance"), seed)


_OUTCOMES = (
    Outcome((0.5,), elite=True),
    Outcome((), "the check says no"),
    Outcome((2.0,)),
    Outcome((), "the same program as another"),
    Outcome((0.5,)),
)


def same_seed_gives_the_same_proposals(make: Factory, pins: Sequence[Pin], files: Files) -> None:
    """Two proposers that are asked and told alike propose alike, whatever chance there is."""
    first = transcript(make, pins, files)
    random.seed(len(first) + 1)  # must not matter: proposers draw from their view
    _hold(first == transcript(make, pins, files), "the same calls gave other proposals")


def proposals_pass_the_check(make: Factory, pins: Sequence[Pin], files: Files) -> None:
    """Each patch applies, stays inside the pins and parses, or is empty and says why."""
    proposer = make()
    parent = Parent(BASELINE, files, (1.0,))
    for seed in range(_ROUNDS):
        for proposal in proposer.ask(view_of(pins, [parent], seed), _COUNT):
            if not proposal.patch:
                _hold(bool(proposal.data.get("failure")), "an empty patch without a failure")
                continue
            try:
                after = check(proposal.patch, files, pins)
            except SigilError as error:
                raise AssertionError(f"a patch is refused: {error}") from error
            _hold(after != dict(files), "a patch changes nothing")


def proposals_are_well_formed(make: Factory, pins: Sequence[Pin], files: Files) -> None:
    """Each names its parent, proposer and seed; its note is a line, its data JSON-like."""
    proposer = make()
    parents = [Parent(BASELINE, files, (1.0,)), Parent("other", files)]
    for proposal in proposer.ask(view_of(pins, parents, 3), _COUNT):
        _hold(proposal.parent in {BASELINE, "other"}, f"an unknown parent {proposal.parent!r}")
        _hold(proposal.proposer == proposer.name, f"signed as {proposal.proposer!r}")
        _hold(proposal.seed == 3, f"the seed is {proposal.seed}, not that of the view")  # noqa: PLR2004 - see above
        _hold("\n" not in proposal.note, "a note of several lines")
        _hold(len(proposal.note) <= _LONGEST_NOTE, "a note that is too long")
        again = json.loads(compact_json(dict(proposal.data)))
        _hold(again == dict(proposal.data), "data that JSON does not keep")


def no_more_than_asked_for(make: Factory, pins: Sequence[Pin], files: Files) -> None:
    """At most ``count`` proposals come; none for 0."""
    for count in (0, 1, 2, 25):
        found = make().ask(view_of(pins, [Parent(BASELINE, files)], 1), count)
        _hold(len(found) <= count, f"{len(found)} proposals where {count} were asked for")


def what_it_sees_stays_as_it_is(make: Factory, pins: Sequence[Pin], files: Files) -> None:
    """Neither files nor parents are changed."""
    mine = dict(files)
    view = view_of(pins, [Parent(BASELINE, mine, (1.0,))], 1)
    make().ask(view, _COUNT)
    _hold(mine == dict(files), "the files of a parent were changed")


def a_parent_without_costs_is_fine(make: Factory, pins: Sequence[Pin], files: Files) -> None:
    """A baseline that is not measured yet can be started from."""
    make().ask(view_of(pins, [Parent(BASELINE, files)], 1), _COUNT)


def outcomes_may_come_later_and_from_elsewhere(
    make: Factory, pins: Sequence[Pin], files: Files
) -> None:
    """Rounds may overlap, and a proposal may be told that another proposer's memory holds."""
    proposer = make()
    parents = [Parent(BASELINE, files, (1.0,))]
    first = proposer.ask(view_of(pins, parents, 1), _COUNT)
    second = proposer.ask(view_of(pins, parents, 2), _COUNT)
    for proposal in (*first, *second):
        proposer.tell(proposal, Outcome((3.0,)))
    for proposal in first[:1]:
        make().tell(proposal, Outcome((), "told after a resume"))


def code_that_it_cannot_read_is_no_crash(make: Factory, pins: Sequence[Pin], files: Files) -> None:
    """Empty files, other languages and odd line ends get proposals or none, never an error."""
    del pins, files
    for text in (
        "",
        "\n",
        "fn f() { 1 }\n",
        "x = 1\r\ny = 2\r\n",
        "\ufeffx = '\u2028'\f\n",
        "a = 1",
    ):
        pinned = [Pin("whole", None, ("code.txt",))]
        parent = Parent(BASELINE, {"code.txt": text}, (1.0,))
        for proposal in make().ask(view_of(pinned, [parent], 1), 3):
            if proposal.patch:
                check(proposal.patch, parent.files, pinned)


CHECKS: tuple[Check, ...] = (
    same_seed_gives_the_same_proposals,
    proposals_pass_the_check,
    proposals_are_well_formed,
    no_more_than_asked_for,
    what_it_sees_stays_as_it_is,
    a_parent_without_costs_is_fine,
    outcomes_may_come_later_and_from_elsewhere,
    code_that_it_cannot_read_is_no_crash,
)
"""All checks that run in this process."""


def another_process_proposes_the_same(factory: str, pins: Sequence[Pin], files: Files) -> None:
    """Check that neither the order of sets nor anything else of a process gets into proposals.

    Args:
        factory: ``module:name`` of a factory that a new interpreter can import.
        pins: see `CHECKS`.
        files: see `CHECKS`.
    """
    module, _, name = factory.partition(":")
    code = (
        f"import json, sys; from {module} import {name} as make\n"
        "from sigil.search.pins import Pin\nfrom sigil.testing.proposers import transcript\n"
        "pins, files = json.load(sys.stdin)\n"
        "pins = [Pin(i, l, tuple(f), s) for i, l, f, s in pins]\n"
        "print(json.dumps([p.patch for p in transcript(make, pins, files)]))"
    )
    given = json.dumps([[(p.id, p.language, p.files, p.symbol) for p in pins], dict(files)])
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=given,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            text=True,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    _hold(len(printed) == 1, "another process gave other proposals")


def _hold(condition: bool, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)
