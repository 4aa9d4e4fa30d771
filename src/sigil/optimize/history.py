"""What a run did, read back from its journal.

Pure: a fold over frames. The journal is the record; everything else (the readable folder
of a candidate, `index.json`, what `inspect` shows, where a resumed run goes on) is derived
from the `History` that this module builds.

Frames of a run, in the order in which they occur:

    baseline    {evaluation, environment}
    asked       {count, proposals: [{id, parent, patch, proposer, note, seed}], refused,
                 again: [id],                           elites to be measured again, if any
                 bar: [cost]}                           the best known, for its screenings
                 questions: n                           that models are asked, if any
    exchange    {request, reply | failure}              what a model was asked and said
    proposed    {round, proposals: […], refused}        what came of a question of a round
    evaluated   {candidate, evaluation}                 in the order of arrival
    remeasured  {candidate, evaluation}                 an elite, a second time
    confirmed   {candidate, evaluation}                 measured anew, for the final word
    shifted     {round, what}                           passed over, or back among the others
    added       {id, parent, patch, proposer, note, seed}  brought by a person,
                 or the winner without one of its changes
    ended       {reason, winner}                        absent if the run was interrupted
    resumed     {environment}                           a later session goes on
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import itemgetter
from typing import Any, get_args

from sigil.canonical import checksum
from sigil.errors import Corrupt, NotFound
from sigil.evaluate.result import Evaluation
from sigil.llm.budget import Spent
from sigil.llm.exchanges import usages
from sigil.optimize.shifts import Shift, What
from sigil.optimize.simplifying import SIMPLIFY, is_as_good
from sigil.search.archive import non_dominated
from sigil.search.inquiry import EXCHANGE
from sigil.search.model import BASELINE
from sigil.search.optimizer import Idea


@dataclass(frozen=True, slots=True)
class Candidate:
    """One node of the lineage.

    Args:
        id: 64 hex digits (`sigil.canonical.candidate_id`).
        parent: the id of the candidate that ``patch`` is relative to, or `BASELINE`.
        patch: unified diff against the parent.
        proposer: who proposed it; ``manual`` for a person.
        note: what it tries, in one line.
        seed: the seed it was drawn under.
        round: in which round it was asked for, from 0.
        exchange: digest of the request that a model answered with it; empty without a model.
        evaluation: what the search measured; None while it is not known.
        remeasured: what it measured the second time, for an elite; None if it did not.
        confirmed: the fresh measurement of an elite; None if there was none.
    """

    id: str
    parent: str
    patch: str
    proposer: str
    note: str = ""
    seed: int = 0
    round: int = 0
    exchange: str = ""
    evaluation: Evaluation | None = None
    remeasured: Evaluation | None = None
    confirmed: Evaluation | None = None

    @property
    def accepted(self) -> bool | None:
        """Return the accept rule's answer in the fresh measurement; None without one.

        A screening is never an acceptance: it stops early and meets no held-out inputs.
        """
        return self.confirmed.accepted if self.confirmed else None

    @property
    def screened(self) -> Evaluation | None:
        """Return what the search believes: the second measurement if there is one.

        The first made it an elite, so that it is more likely lucky than not.
        """
        return self.remeasured or self.evaluation

    @property
    def verdict(self) -> Evaluation | None:
        """Return the measurement to believe: the fresh one if there is one."""
        return self.confirmed or self.screened


@dataclass(frozen=True, slots=True)
class Round:
    """What the optimizer was asked for at once.

    Args:
        count: how many candidates.
        ids: those that it had.
        again: elites that it wanted measured a second time.
        bar: the best cost that the round knew of; its screenings end once that is out of reach.
        questions: how many it asked models, whose proposals come later.
        refused: how many answers to them were refused.
        trace: `History.trace` before it was asked.
    """

    count: int
    ids: tuple[str, ...]
    again: tuple[str, ...] = ()
    trace: str = ""
    bar: tuple[float, ...] = ()
    questions: int = 0
    refused: int = 0

    @property
    def told(self) -> bool:
        """Return whether it is recorded what came of each of its questions."""
        return len(self.ids) + self.refused >= self.questions


@dataclass(slots=True)
class History:
    """The lineage of one run and how it ended.

    Args:
        baseline: how the unchanged code measures; None if the run died before that.
        environment: what the latest session measured in, as in ``env.lock``.
        candidates: by id, in order of asking.
        rounds: in order of asking.
        shifts: rounds that were passed over and came back, in order.
        exchanges: what a model was asked and said, in order.
        answered: the same by the digest of the request; of equal requests the last.
        refused: how often each ``(proposer, reason)`` kept a proposal from being measured.
        winner: id of the accepted best, None if nothing was accepted.
        ended: why the run ended; None if it did not (killed, or still running).
        trace: a checksum over all rounds and results so far, in the order of the journal.
    """

    baseline: Evaluation | None = None
    environment: Mapping[str, Any] = field(default_factory=dict[str, Any])
    candidates: dict[str, Candidate] = field(default_factory=dict[str, Candidate])
    rounds: list[Round] = field(default_factory=list[Round])
    shifts: list[Shift] = field(default_factory=list[Shift])
    exchanges: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    answered: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    refused: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    winner: str | None = None
    ended: str | None = None
    trace: str = ""

    def measured(self) -> int:
        """Return how many candidates have been evaluated."""
        return sum(c.evaluation is not None for c in self.candidates.values())

    def spent(self) -> Spent | None:
        """Return what models took; None if none was asked."""
        return reduce(Spent.plus, usages(self.exchanges), Spent()) if self.exchanges else None

    def exchange(self, candidate: Candidate) -> Mapping[str, Any] | None:
        """Return what a model was asked and said that a candidate came of; None without one."""
        return self.answered.get(candidate.exchange)

    def candidate(self, prefix: str) -> Candidate:
        """Return the one candidate whose id starts with ``prefix``.

        Raises:
            NotFound: none does, or several do.
        """
        exact = self.candidates.get(prefix)
        found = (
            [exact] if exact else [c for i, c in self.candidates.items() if i.startswith(prefix)]
        )
        if len(found) != 1:
            problem = "no candidate" if not found else f"{len(found)} candidates"
            raise NotFound(
                f"{problem} whose id starts with {prefix!r}",
                remedy="sigil inspect lists them, with --run those of an earlier run; more digits "
                "make it unique",
            )
        return found[0]

    def chosen(self, prefix: str | None) -> Candidate:
        """Return the candidate that ``prefix`` names, or the winner if it is None.

        Raises:
            NotFound: no such candidate, or the run accepted none.
        """
        if prefix is None and self.winner is None:
            raise NotFound(
                "the run has no accepted winner",
                remedy="name a candidate of sigil inspect, or with --run an earlier run of "
                "sigil inspect --runs",
            )
        return self.candidate(prefix or self.winner or "")

    def lineage(self, candidate: Candidate) -> list[Candidate]:
        """Return the chain from the first change of the baseline down to ``candidate``."""
        chain = [candidate]
        while chain[-1].parent != BASELINE:
            chain.append(self.candidates[chain[-1].parent])
        return chain[::-1]

    def ranked(self) -> list[Candidate]:
        """Return the candidates that have costs, the most believable and best first."""
        believed = ((c, c.verdict) for c in self.candidates.values())
        rows = [(_rank(c, verdict), c) for c, verdict in believed if verdict and verdict.costs]
        return [candidate for _, candidate in sorted(rows, key=itemgetter(0))]

    def best_accepted(self) -> Candidate | None:
        """Return the best candidate that a fresh measurement lets the accept rule take.

        Of one and its simplifications that are as good, the simplest.
        """
        best = next((candidate for candidate in self.ranked() if candidate.accepted), None)
        return self._simplest(best) if best else None

    def _simplest(self, best: Candidate) -> Candidate:
        while best.proposer == SIMPLIFY and self.candidates[best.parent].accepted:
            best = self.candidates[best.parent]
        chosen, bar = best, best.confirmed
        for one in self.candidates.values():  # parents before children
            found = one.confirmed if one.proposer == SIMPLIFY and one.accepted else None
            if found and bar and one.parent == chosen.id and is_as_good(found, bar):
                chosen = one
        return chosen

    def front(self) -> list[Candidate]:
        """Return the candidates that no other one dominates, in the order of `ranked`.

        Of a single objective a screening that flatters is no better than what was accepted.
        """
        ranked = self.ranked()
        costs = [candidate.verdict.costs for candidate in ranked if candidate.verdict]
        if ranked and ranked[0].accepted and len(costs[0]) == 1:
            return [one for one, cost in zip(ranked, costs, strict=True)
                    if one.accepted and cost == costs[0]]  # fmt: skip
        return [ranked[i] for i in non_dominated(costs)] if ranked else []


def read_history(frames: Iterable[tuple[str, Mapping[str, Any]]]) -> History:
    """Fold ``(kind, body)`` frames into a `History`.

    Raises:
        Corrupt: a frame speaks of a candidate that was never asked for.
    """
    history = History()
    for kind, body in frames:
        apply_frame(history, kind, body)
    return history


def apply_frame(history: History, kind: str, body: Mapping[str, Any]) -> None:
    """Add one frame to ``history``; kinds of a later version are passed over.

    Raises:
        Corrupt: the frame has not the form of its kind.
    """
    apply = _FRAMES.get(kind)
    if apply is None:
        return
    try:
        apply(history, body)
    except (LookupError, TypeError, ValueError) as error:
        raise Corrupt(
            f"a frame {kind!r} of the journal has not its form ({error!r})",
            remedy="sigil verify tells where the record breaks",
        ) from error


def round_frame(
    count: int,
    candidates: Iterable[Candidate],
    *,
    refused: Iterable[tuple[str, str]] = (),
    again: Sequence[str] = (),
    bar: Sequence[float] = (),
    questions: int = 0,
) -> dict[str, Any]:
    """Return the body of an ``asked`` frame.

    Args:
        count: how many were asked for.
        candidates: what is worth measuring.
        refused: proposer and reason of each proposal that is not.
        again: ids of elites to be measured a second time.
        bar: see `Round`.
        questions: see `Round`.
    """
    proposals = [proposal_fields(candidate) for candidate in candidates]
    body = {"count": count, "proposals": proposals, "refused": [list(r) for r in refused]}
    body |= {"again": list(again)} if again else {}
    body |= {"bar": list(bar)} if bar else {}
    return body | ({"questions": questions} if questions else {})


def proposed_frame(
    number: int, candidates: Iterable[Candidate], refused: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Return the body of a ``proposed`` frame of round ``number``, from 0; see `round_frame`."""
    body = {"round": number, "proposals": [proposal_fields(one) for one in candidates]}
    listed = [list(one) for one in refused]
    return body | ({"refused": listed} if listed else {})


def candidate_of(idea: Idea) -> Candidate:
    """Return what the optimizer proposed as a candidate that nothing is known of yet."""
    proposal = idea.proposal
    return Candidate(
        id=idea.id,
        parent=proposal.parent,
        patch=proposal.patch,
        proposer=proposal.proposer,
        note=proposal.note,
        seed=proposal.seed,
        exchange=str(proposal.data.get(EXCHANGE, "")),
    )


def proposal_fields(candidate: Candidate) -> dict[str, Any]:
    """Return what was proposed, without what became of it: the body of an ``added`` frame."""
    keys = ("id", "parent", "patch", "proposer", "note", "seed")
    fields = {key: getattr(candidate, key) for key in keys}
    return fields | ({"exchange": candidate.exchange} if candidate.exchange else {})


def _baseline(history: History, body: Mapping[str, Any]) -> None:
    history.baseline = Evaluation.from_json(body["evaluation"])
    history.environment = body["environment"]


def _propose(history: History, fields: Mapping[str, Any], number: int = 0) -> None:
    """Add a proposal, whose parent has to be there already: a lineage has no cycles."""
    candidate = Candidate(**fields, round=number)
    if not all(isinstance(fields[key], str) for key in ("id", "parent", "patch", "note")):
        raise TypeError("a proposal of another type than text")
    if candidate.parent != BASELINE and candidate.parent not in history.candidates:
        raise ValueError(f"a parent {candidate.parent[:12]} that nobody proposed before")
    history.candidates.setdefault(candidate.id, candidate)


def _asked(history: History, body: Mapping[str, Any]) -> None:
    number = len(history.rounds)
    for proposal in body["proposals"]:
        _propose(history, proposal, number)
    ids = tuple(proposal["id"] for proposal in body["proposals"])
    history.refused.update((proposer, reason) for proposer, reason in body["refused"])
    again = tuple(map(str, body.get("again", ())))
    bar = tuple(map(float, body.get("bar", ())))
    questions = int(body.get("questions", 0))
    history.rounds.append(Round(int(body["count"]), ids, again, history.trace, bar, questions))
    _trace(history, *ids, *again)


def _proposed(history: History, body: Mapping[str, Any]) -> None:
    number = int(body["round"])
    for proposal in body["proposals"]:
        _propose(history, proposal, number)
    ids = tuple(proposal["id"] for proposal in body["proposals"])
    known, refused = history.rounds[number], body.get("refused", ())
    history.refused.update((proposer, reason) for proposer, reason in refused)
    history.rounds[number] = replace(
        known, ids=(*known.ids, *ids), refused=known.refused + len(refused)
    )
    _trace(history, *ids)


def _shifted(history: History, body: Mapping[str, Any]) -> None:
    number, what = int(body["round"]), body["what"]
    if what not in get_args(What) or not 0 <= number < len(history.rounds):
        raise ValueError(f"round {number} is {what!r}")
    history.shifts.append(Shift(len(history.rounds), number, what))


def _exchange(history: History, body: Mapping[str, Any]) -> None:
    history.exchanges.append(body)
    digest = body["reply"].get("exchange") if "reply" in body else None
    if digest:
        history.answered[str(digest)] = body


def _added(history: History, body: Mapping[str, Any]) -> None:
    _propose(history, body)


def _evaluated(history: History, body: Mapping[str, Any]) -> None:
    known = _known(history, body)
    evaluation = Evaluation.from_json(body["evaluation"])
    history.candidates[known.id] = replace(known, evaluation=evaluation)
    _trace(history, known.id, evaluation.costs, evaluation.ties)


def _remeasured(history: History, body: Mapping[str, Any]) -> None:
    known = _known(history, body)
    evaluation = Evaluation.from_json(body["evaluation"])
    history.candidates[known.id] = replace(known, remeasured=evaluation)
    _trace(history, known.id, evaluation.costs, evaluation.ties)


def _trace(history: History, *facts: object) -> None:
    history.trace = checksum(f"{history.trace} {facts}".encode())


def _confirmed(history: History, body: Mapping[str, Any]) -> None:
    known = _known(history, body)
    evaluation = Evaluation.from_json(body["evaluation"])
    history.candidates[known.id] = replace(known, confirmed=evaluation)


def _ended(history: History, body: Mapping[str, Any]) -> None:
    history.ended, history.winner = body["reason"], body["winner"]


def _resumed(history: History, body: Mapping[str, Any]) -> None:
    history.ended = history.winner = None
    history.environment = body["environment"]


def _known(history: History, body: Mapping[str, Any]) -> Candidate:
    candidate = history.candidates.get(body["candidate"])
    if candidate is None:
        raise Corrupt(
            f"the journal measures candidate {body['candidate'][:12]} that nobody proposed",
            remedy="sigil verify tells where the record breaks",
        )
    return candidate


def _rank(candidate: Candidate, verdict: Evaluation) -> tuple[object, ...]:
    return (not candidate.accepted, verdict.costs, verdict.ties, candidate.round, candidate.id)


_FRAMES: Mapping[str, Callable[[History, Mapping[str, Any]], None]] = {
    "baseline": _baseline,
    "asked": _asked,
    "proposed": _proposed,
    "shifted": _shifted,
    "exchange": _exchange,
    "evaluated": _evaluated,
    "remeasured": _remeasured,
    "confirmed": _confirmed,
    "added": _added,
    "ended": _ended,
    "resumed": _resumed,
}
