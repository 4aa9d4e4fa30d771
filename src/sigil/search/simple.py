"""The optimizer ``simple``: ask proposers, weed out duplicates, keep an archive.

Ask / tell. It knows nothing of files on disk, evaluation or clocks, and it is a function of
its seed and of what it is told: the same asks and tells in order rebuild the same state,
which is how a run resumes. Results may arrive in any order; they count in the order of
asking, and a round is asked from rounds that are wholly known, so that neither the number
of workers nor their speed changes a run.

Not here: how shares of a round are given to proposers (`sigil.search.credit`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sigil.canonical import candidate_id
from sigil.effects import random_stream
from sigil.errors import SigilError
from sigil.search.archive import Archive, Entry, Stream
from sigil.search.credit import Credit
from sigil.search.identity import identify
from sigil.search.model import BASELINE, Outcome, Parent, Proposal, Proposer, View
from sigil.search.patch import check_reporting, diff
from sigil.search.pins import Pin

PARENTS = 8
_PASSES = 6
"""How often a round asks again for what was refused or a duplicate, before it stays short."""

_REFUSALS = 1000


@dataclass(frozen=True, slots=True)
class Idea:
    """A proposal that passed every check and is worth an evaluation.

    Args:
        id: content address of its patch and parent.
        proposal: its ``patch`` is exact: repairs are already in it.
        files: text of every pinned file after it.
        fingerprint: see `sigil.search.identity`.
        round: 1-based number of the ask that gave it.
        repairs: what had to be moved for the patch to apply.
    """

    id: str
    proposal: Proposal
    files: Mapping[str, str]
    fingerprint: str
    round: int
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proposal that never became a candidate.

    Args:
        proposal: as it was proposed.
        reason: one line.
        duplicate_of: id of the candidate that is the same program, if that is why.
    """

    proposal: Proposal
    reason: str
    duplicate_of: str | None = None


@dataclass(slots=True)
class _Pending:
    """A proposal of a round, in order of asking, and its outcome once it is told."""

    proposal: Proposal
    candidate: Idea | None
    features: tuple[float, ...] = ()
    refusal: Refusal | None = None
    outcome: Outcome | None = None
    ties: tuple[float, ...] = ()


@dataclass(slots=True)
class _Round:
    number: int
    items: list[_Pending] = field(default_factory=list[_Pending])
    applied: int = 0


class Simple:
    """Best-first search over an archive, shared among proposers by what they achieve.

    Args:
        pins: what may change.
        proposers: with distinct names; each keeps a floor share of every round.
        files: the baseline: text of every pinned file, by path.
        seed: of all random streams.
        costs: of the baseline, one per objective, lower is better; empty if it has none.
        ties: tie breakers of the baseline, in order.
        patience: after how many evaluations without a new elite it is `converged`.
        lag: how many rounds may be under way while the next is asked. 0 waits for every
            result of a round; 1 keeps workers busy over its end. Part of what a run is a
            function of.
        exists: whether a path that is not pinned is there in the tree.
    """

    name = "simple"

    def __init__(
        self,
        pins: Sequence[Pin],
        proposers: Sequence[Proposer],
        *,
        files: Mapping[str, str],
        seed: int,
        costs: Sequence[float] = (),
        ties: Sequence[float] = (),
        patience: int = 200,
        lag: int = 0,
        exists: Callable[[str], bool] = lambda _: False,
    ):
        self._pins = tuple(pins)
        self._proposers = {proposer.name: proposer for proposer in proposers}
        self._seed = seed
        self._patience = patience
        self._lag = lag
        self._exists = exists
        self._archive = Archive()
        self._credit = Credit([proposer.name for proposer in proposers])
        self._files: dict[str, Mapping[str, str]] = {BASELINE: dict(files)}
        baseline = identify(files, pins)
        self._outcomes = {BASELINE: Outcome(tuple(costs))}
        if costs:
            self._archive.add(BASELINE, costs, ties=ties, behaviour=baseline.features)
        self._seen = {baseline.fingerprint: BASELINE}
        self._rounds: deque[_Round] = deque()
        self._waiting: dict[str, _Pending] = {}
        self._asked = 0
        self._stale = 0
        self._barren = False
        self._refusals: deque[Refusal] = deque(maxlen=_REFUSALS)

    # --- what is known ---

    @property
    def stale(self) -> int:
        """Return how many evaluations in a row brought no new elite."""
        return self._stale

    @property
    def converged(self) -> bool:
        """Return whether patience is over, or the last ask found nothing new to try."""
        return self._stale >= self._patience or self._barren

    @property
    def best(self) -> str | None:
        """Return the id of the best so far, `BASELINE` included; None without any costs."""
        best = self._archive.best
        return best.id if best else None

    @property
    def front(self) -> list[Entry]:
        """Return the Pareto front, best first."""
        return self._archive.front

    @property
    def shares(self) -> dict[str, float]:
        """Return the share of the next round that each proposer has."""
        return self._credit.shares()

    @property
    def ready(self) -> bool:
        """Return whether `ask` may be called now: all that it depends on has been told."""
        return all(
            item.outcome is not None
            for one in self._due(self._asked + 1)
            for item in one.items[one.applied :]
        )

    def take_refusals(self) -> list[Refusal]:
        """Return what was refused since the last call, in order, and forget it.

        Of what nobody takes, the latest 1,000 are kept.
        """
        taken = list(self._refusals)
        self._refusals.clear()
        return taken

    # --- ask ---

    def ask(self, count: int) -> list[Idea]:
        """Return up to ``count`` ideas that were never asked for before.

        Fewer where the proposers run out of ideas; none makes it `converged`.

        Raises:
            ValueError: results that this round depends on are not told yet (see `ready`).
        """
        if not self.ready:
            raise ValueError("the rounds before have results that were not told")
        for one in self._due(self._asked + 1):
            self._apply(one)
        while self._rounds and self._rounds[0].number < self._asked + 1 - self._lag:
            self._rounds.popleft()
        self._asked += 1
        self._prune()
        current = _Round(self._asked)
        self._rounds.append(current)
        found: list[Idea] = []
        resting: set[str] = set()
        for attempt in range(_PASSES):
            wanted = self._credit.split(count - len(found), without=resting)
            for name, number in wanted.items():
                if not self._propose(current, name, number, attempt, found):
                    resting.add(name)
            if len(found) >= count or len(resting) == len(self._proposers):
                break
        self._barren = count > 0 and not found
        return found

    def _propose(
        self, current: _Round, name: str, number: int, attempt: int, found: list[Idea]
    ) -> bool:
        """Ask one proposer; return whether it had anything to say."""
        if number == 0:
            return True
        seed = random_stream(self._seed, current.number, name, attempt).getrandbits(32)
        stream = random_stream(seed)
        view = View(self._pins, self._choose_parents(stream), stream, seed)
        try:
            proposals = self._proposers[name].ask(view, number)
        except SigilError as error:
            refused = Proposal(BASELINE, "", name, seed=seed)
            self._refusals.append(Refusal(refused, f"could not propose: {error}"))
            return False
        for proposal in proposals[:number]:
            item = self._consider(proposal, current.number)
            current.items.append(item)
            if item.candidate:
                found.append(item.candidate)
                self._waiting[item.candidate.id] = item
        return bool(proposals)

    def _choose_parents(self, stream: Stream) -> list[Parent]:
        chosen = self._archive.parents(stream, PARENTS)
        costs = self._archive.kept
        parents = [Parent(name, self._files[name], costs[name]) for name in chosen]
        return parents or [Parent(BASELINE, self._files[BASELINE])]

    def _consider(self, proposal: Proposal, number: int) -> _Pending:
        """Check a proposal; what is refused has its outcome at once."""
        files = self._files.get(proposal.parent)
        if files is None:
            return self._refuse(proposal, f"its parent {proposal.parent} is not known")
        try:
            applied = check_reporting(
                proposal.patch, files, self._pins, exists=self._exists, source=proposal.proposer
            )
            identity = identify(applied.files, self._pins)
        except SigilError as error:
            return self._refuse(proposal, str(error))
        if applied.files == files:
            return self._refuse(proposal, str(proposal.data.get("failure") or "it changes nothing"))
        earlier = self._seen.get(identity.fingerprint)
        if earlier is not None:
            return self._refuse(proposal, f"the same program as {earlier}", earlier)
        # What had to be repaired is recorded as it should have been.
        exact = diff(files, applied.files) if applied.repairs else proposal.patch
        name = candidate_id(proposal.parent, exact.encode("utf-8", "surrogatepass"))
        self._seen[identity.fingerprint] = name
        self._files[name] = applied.files
        candidate = Idea(
            name,
            replace(proposal, patch=exact),
            applied.files,
            identity.fingerprint,
            number,
            applied.repairs,
        )
        return _Pending(candidate.proposal, candidate, identity.features)

    def _refuse(self, proposal: Proposal, reason: str, earlier: str | None = None) -> _Pending:
        refusal = Refusal(proposal, reason, earlier)
        self._refusals.append(refusal)
        return _Pending(proposal, None, refusal=refusal, outcome=Outcome((), reason))

    # --- tell ---

    def tell(
        self,
        name: str,
        costs: Sequence[float] = (),
        ties: Sequence[float] = (),
        failure: str | None = None,
    ) -> bool:
        """Learn what became of an idea, in any order.

        Args:
            name: id of an `Idea` that was asked for.
            costs: one per objective, lower is better; empty if it failed.
            ties: tie breakers in order, lower is better.
            failure: a short reason, or None.

        Returns:
            Whether it is an elite. Exact where results are told in order of asking; a
            result that has to wait for an earlier one is not an elite yet.

        Raises:
            ValueError: ``name`` was never asked for, or is told twice.
            ShapeError: costs of another length than before, or NaN.
        """
        item = self._waiting.pop(name, None)
        if item is None:
            raise ValueError(f"{name} was not asked for, or is told already")
        item.outcome = Outcome(tuple(costs), None if costs else failure or "not measured")
        item.ties = tuple(ties)
        for one in self._due(self._asked + 1):
            self._apply(one)
        return item.outcome.elite

    def revise(self, name: str, costs: Sequence[float], *, ties: Sequence[float] = ()) -> bool:
        """Correct an elite's costs after it was measured again; empty costs take it out.

        Part of what a run is a function of: a replay revises at the same place.

        Returns:
            Whether it is an elite now. One that is remembered no more changes nothing.
        """
        if name not in self._archive.kept:
            return False
        return self._archive.revise(name, costs, ties=ties).elite

    def settle(self) -> None:
        """Count every result told so far whose predecessors are told, at the end of a run."""
        for one in self._rounds:
            if not self._apply(one):
                return

    def _due(self, number: int) -> Iterable[_Round]:
        """Return the rounds that round ``number`` depends on and that are not dropped yet."""
        return (one for one in self._rounds if one.number < number - self._lag)

    def _apply(self, one: _Round) -> bool:
        """Count results in order of asking, up to the first that is missing."""
        while one.applied < len(one.items):
            item = one.items[one.applied]
            if item.outcome is None:
                return False
            one.applied += 1
            self._count(item, item.outcome)
        return True

    def _count(self, item: _Pending, outcome: Outcome) -> None:
        proposer = item.proposal.proposer
        if item.candidate is None:
            # A duplicate of something measured is an answer too, though not an achievement.
            duplicate_of = item.refusal.duplicate_of if item.refusal else None
            outcome = self._outcomes.get(duplicate_of or "", outcome)
            self._credit.count(proposer, gain=0.0)
        else:
            outcome = self._enter(item, item.candidate, outcome)
            self._credit.count(proposer, gain=float(outcome.elite))
            self._stale = 0 if outcome.elite else self._stale + 1
        item.outcome = outcome
        if proposer in self._proposers:
            self._proposers[proposer].tell(item.proposal, outcome)

    def _enter(self, item: _Pending, candidate: Idea, outcome: Outcome) -> Outcome:
        if outcome.costs:
            verdict = self._archive.add(
                candidate.id, outcome.costs, ties=item.ties, behaviour=item.features
            )
            outcome = replace(outcome, elite=verdict.elite)
        self._outcomes[candidate.id] = replace(outcome, elite=False)
        return outcome

    def _prune(self) -> None:
        """Forget the files of candidates that can be no parents any more."""
        keep = {BASELINE, *self._waiting, *self._archive.kept}
        keep |= {i.candidate.id for r in self._rounds for i in r.items if i.candidate}
        if len(self._files) > 2 * len(keep):
            self._files = {name: files for name, files in self._files.items() if name in keep}
