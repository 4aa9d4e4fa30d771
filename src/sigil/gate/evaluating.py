"""One evaluation: from a ref to a signed decision.

    resolve → policy → bundle → deploy both sides → run → score → dossier → trust → ledger

Every stage may fail, and a stage that fails is a fact of the decision like any other, so that
there is a decision at the end whatever happened; only a ref that names no change ends in an error
before there is anything to decide about. What the decision rests on is gathered here and decided
elsewhere, by a pure function that needs all of it for an ALLOW.

Not here: opening (`sigil.gate.evaluator`), running (`sigil.gate.examining`), what is kept
(`sigil.gate.dossier`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from sigil import __version__
from sigil.canonical import salted_digest
from sigil.effects import SYSTEM_CLOCK, Clock, random_bytes
from sigil.gate import events
from sigil.gate.bundle import Bundle, read_bundle
from sigil.gate.decision import Decision, Facts, Stage, Threshold, decide
from sigil.gate.deploy import Deployment, Source, deploy
from sigil.gate.deploy.settings import Deploy, External
from sigil.gate.evaluator import open_bundle
from sigil.gate.events import Complete, Decided, Provenance, eval_id
from sigil.gate.examining import SIDES, Answerer, Exam, Observed, answers, examine
from sigil.gate.feedback import Disclosure, Feedback, disclosure, feedback
from sigil.gate.hall import Hall
from sigil.gate.history import History, read_history
from sigil.gate.keys import Identities
from sigil.gate.lua import Limits
from sigil.gate.model import Half, Priority, SideName, Status
from sigil.gate.policy import MAX_BYTES, PATH, Gate, Service, load_policy
from sigil.gate.revisions import Revision, Revisions, resolve
from sigil.gate.scoring import Answers, Score, score
from sigil.gate.stages import Stages, Stopped, Trouble, Watch
from sigil.gate.trees import CommitTree
from sigil.gate.trust import Tier
from sigil.ledger.ledger import Ledger

SITTING_S = 120.0
"""Seconds of one scenario at most; its own budget usually ends it before."""
HALVES: tuple[Half, Half] = ("visible", "holdout")
EVALUATOR = f"sigil@{__version__}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be evaluated.

    Args:
        root: the repository.
        service: whose exam.
        ref: the change.
        base: the base branch; None for the usual names.
        remote: where pull requests are fetched from.
        seed: of the generators; one that was chosen can be known beforehand, and allows nothing.
        repeats: of each scenario, if that is more than the policy asks.
        lanes: scenarios at once.
    """

    root: Path
    service: str
    ref: str
    base: str | None = None
    remote: str = "origin"
    seed: int | None = None
    repeats: int | None = None
    lanes: int = 2


@dataclass(frozen=True, slots=True)
class Parts:
    """Whatever an evaluation reaches for outside of itself. A test breaks them one by one.

    Args:
        identities: reads the private keys of a recipient.
        ledger: opens the ledger, able to sign.
        answerer: makes what answers calls that scenarios do not answer themselves.
        keep: writes what was observed, for these recipients, below the evaluation's id, and returns
            the digest of what it wrote.
        cache: where frozen trees are kept.
        hall: starts the process that runs scenarios.
        deploy: puts a service up.
        resolve: finds the commits.
        clock: the time.
        entropy: bytes that nobody knows.
    """

    identities: Callable[[], Identities]
    ledger: Callable[[], Ledger]
    answerer: Callable[[Service, Mapping[SideName, Deployment]], Answerer]
    keep: Callable[[str, Sequence[Observed], Sequence[str]], str]
    cache: Path
    hall: Callable[[], Hall] = Hall
    deploy: Callable[..., Deployment] = deploy
    resolve: Callable[..., Revisions] = resolve
    clock: Clock = SYSTEM_CLOCK
    entropy: Callable[[int], bytes] = random_bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an evaluation.

    Args:
        eval: its id.
        service: whose.
        revisions: what was compared.
        provenance: the six fields; None if one of them is not known.
        answers: results alone, of both halves.
        score: None if nothing was scored.
        decision: always there.
        feedback: what the change's author may read.
        troubles: stages that failed, and why.
        observed: all that was seen; holds holdouts, and is in no representation.
        entry: number of the decision in the ledger; None if it could not be written.
    """

    eval: str
    service: str
    revisions: Revisions
    provenance: Provenance | None
    answers: tuple[Answers, ...]
    score: Score | None
    decision: Decision
    feedback: Feedback
    troubles: tuple[Trouble, ...]
    observed: tuple[Observed, ...] = field(repr=False)
    entry: int | None = None


def evaluate(wanted: Wanted, parts: Parts, watch: Watch) -> Outcome:
    """Examine a change, decide on it, and record both.

    Raises:
        SigilError: there is no such change; nothing was recorded.
    """
    watch.begins(Stage.RESOLVE)
    found = parts.resolve(wanted.root, wanted.ref, base=wanted.base, remote=wanted.remote)
    evaluation = _Evaluation(wanted, parts, Stages(watch), found, parts.entropy(32))
    with suppress(Stopped):
        evaluation.examine()
    with suppress(Stopped):
        evaluation.consult()
    return evaluation.conclude()


@dataclass(slots=True)
class _Evaluation:
    """What is known so far, and the steps that find out more."""

    wanted: Wanted
    parts: Parts
    stages: Stages
    revisions: Revisions
    secret: bytes = field(repr=False)
    name: str = ""
    gate: Gate | None = None
    bundle: Bundle | None = None
    seed: int | None = None
    observed: tuple[Observed, ...] = field(default=(), repr=False)
    answers: tuple[Answers, ...] = ()
    score: Score | None = None
    ledger: Ledger | None = None
    history: History | None = None
    known: list[Complete] = field(default_factory=list[Complete])
    tier: Tier | None = None
    observations: str = ""
    complete: Complete | None = None
    is_bound: bool = False

    def __post_init__(self) -> None:
        self.name = eval_id(self.parts.clock.now(), self.parts.entropy(4))

    @property
    def provenance(self) -> Provenance | None:
        """The six fields, once all are known."""
        if self.bundle is None or self.seed is None:
            return None
        return Provenance(
            artifact=self.revisions.change.digest,
            baseline=self.revisions.baseline.digest,
            scenarios=self.bundle.manifest.set_hash,
            seed=f"0x{self.seed:016X}",
            control=self.revisions.control.digest,
            evaluator=EVALUATOR,
        )

    # --- the exam -----------------------------------------------------------------------

    def examine(self) -> None:
        """Open the exam, put both sides up, run everything, add it up."""
        control = CommitTree(self.wanted.root, self.revisions.control.commit)
        with self.stages.at(Stage.POLICY):
            policy = load_policy(control.read(PATH, MAX_BYTES), f"{control.name}:{PATH}")
            self.gate, service = policy.gate, policy.service(self.wanted.service)
            settings = policy.deployment(self.wanted.service)
            self.is_bound = not isinstance(settings, External) or settings.vouched
        with self.stages.at(Stage.BUNDLE):
            self.bundle = read_bundle(control, self.wanted.service)
            opened = open_bundle(self.bundle, self.parts.identities())
        self._describe(self.bundle)
        self.seed = _seed(self.wanted, self.parts)
        exam = Exam(
            scenarios=opened.scenarios,
            seed=self.seed,
            repeats=max(self.wanted.repeats or 1, self.gate.policy.repeats),
            limits=Limits(),
            most_seconds=SITTING_S,
            lanes=self.wanted.lanes,
            secret=self.secret,
        )
        with ExitStack() as standing:
            deployments = self._deployed(settings, standing)
            with self.stages.at(Stage.RUN):
                found = examine(
                    exam,
                    hall=standing.enter_context(self.parts.hall()),
                    deployments=deployments,
                    answerer=self.parts.answerer(
                        service, {side: deployments[side, "visible"] for side in SIDES}
                    ),
                    progress=self.stages.watch.sat,
                    is_over=self._clock_of(self.gate.policy.max_seconds),
                )
        with self.stages.at(Stage.SCORE):
            self.observed, self.answers = tuple(found), answers(exam.scenarios, found)
            weights = self.gate.policy.weights
            self.score = score(
                self.answers,
                visible=Fraction(weights.visible),
                holdout=Fraction(weights.holdout),
            )
        with self.stages.at(Stage.DOSSIER):
            recipients = self.bundle.manifest.recipients
            self.observations = self.parts.keep(self.name, found, recipients)

    def _clock_of(self, seconds: float) -> Callable[[], bool]:
        """Return what says whether so many seconds from now are over."""
        clock = self.parts.clock
        end = clock.monotonic_ns() + seconds * 1e9
        return lambda: clock.monotonic_ns() > end

    def _describe(self, bundle: Bundle) -> None:
        manifest = bundle.manifest
        self.stages.watch.says(
            f"{len(bundle.visible)} visible · {len(bundle.sealed)} holdout · "
            f"scenario_set:{manifest.version}"
        )

    def _deployed(
        self, settings: Deploy, standing: ExitStack
    ) -> dict[tuple[SideName, Half], Deployment]:
        """Put both sides up, for each half of the exam apart, until ``standing`` ends.

        A service that is asked the visible half cannot repeat in its replies, which are kept in the
        open, what the sealed half asked.
        """
        control = Source(self.wanted.root, self.revisions.control.commit)
        compared: tuple[tuple[SideName, Revision, Stage], ...] = (
            ("pr", self.revisions.change, Stage.DEPLOY_PR),
            ("baseline", self.revisions.baseline, Stage.DEPLOY_BASELINE),
        )
        found: dict[tuple[SideName, Half], Deployment] = {}
        for side, revision, stage in compared:
            with self.stages.at(stage):
                for half in HALVES:
                    deployment = self.parts.deploy(
                        settings,
                        Source(self.wanted.root, revision.commit),
                        side,
                        control=control,
                        cache=self.parts.cache,
                        progress=self.stages.watch.says,
                    )
                    found[side, half] = standing.enter_context(deployment)
        return found

    # --- what the ledger knows ----------------------------------------------------------

    def consult(self) -> None:
        """Read the service's history, out of a ledger that was just verified."""
        with self.stages.at(Stage.LEDGER):
            self.ledger = self.parts.ledger()
            gate = self.gate or Gate.model_construct(services={})
            self.history = read_history(self.ledger, self.wanted.service, gate)
            self.known = self.history.completed()
        with self.stages.at(Stage.TRUST):
            self.tier = self.history.trust(self.parts.clock.now()).tier

    # --- the decision -------------------------------------------------------------------

    def conclude(self) -> Outcome:
        """Decide, and record it. Never raises but for what ends the process."""
        disclosed, facts, entry = Disclosure.NOTHING, Facts(), None
        with suppress(Stopped), self.stages.at(Stage.LEDGER):
            disclosed = self._disclosed()
            self._record_exam(disclosed)
            facts = self._facts()
        decision = decide(replace(facts, failed=self.stages.failed))
        with suppress(Stopped), self.stages.at(Stage.LEDGER):
            entry = self._record_decision(decision)
        if entry is None:  # a decision that is not on record allows nothing
            decision = decide(replace(facts, failed=self.stages.failed | {Stage.LEDGER}))
        return Outcome(
            eval=self.name,
            service=self.wanted.service,
            revisions=self.revisions,
            provenance=self.provenance,
            answers=self.answers,
            score=self.score,
            decision=decision,
            feedback=feedback(
                self.name,
                decision.verdict,
                self.answers,
                numbers=self._numbers(),
                disclosed=disclosed,
            ),
            troubles=tuple(self.stages.troubles),
            observed=self.observed,
            entry=entry,
        )

    def _disclosed(self) -> Disclosure:
        """Return how much the feedback may say of holdouts; nothing where the ledger is unknown."""
        provenance = self.provenance
        if provenance is None or self.gate is None or self.ledger is None or self.score is None:
            return Disclosure.NOTHING
        taken = events.taken(self.known, provenance.scenarios)
        own = events.submissions(taken, self.wanted.ref, provenance.artifact)
        found = events.hundredths(self.score.holdout)
        holdout = None if found is None else Fraction(found.pr, 100)
        return disclosure(own, holdout, left=self.gate.policy.submissions - len(taken))

    def _numbers(self) -> dict[str, int]:
        """Return a number for each holdout that says nothing of its place in the bundle."""
        sealed = [one.question.id for one in self.answers if one.question.half == "holdout"]
        sealed.sort(key=lambda name: salted_digest(self.secret, name.encode()))
        return {name: number for number, name in enumerate(sealed, 1)}

    def _record_exam(self, disclosed: Disclosure) -> None:
        """Append ``eval.complete``, if there is anything to record."""
        provenance, found = self.provenance, self.score
        if self.ledger is None or provenance is None or found is None:
            return
        overall, visible, holdout = events.scores(found)
        halves = [one.question.half for one in self.answers]
        unclear = (Status.ERROR, Status.INCONCLUSIVE)
        self.complete = Complete(
            eval=self.name,
            ref=self.wanted.ref,
            commit=self.revisions.change.commit,
            provenance=provenance,
            overall=overall,
            visible=visible,
            holdout=holdout,
            scenarios={half: halves.count(half) for half in ("visible", "holdout")},
            complete=all(one.pr and one.baseline for one in self.answers)
            and not any(one.has(status) for one in self.answers for status in unclear),
            disclosed=disclosed,
            observations=self.observations,
        )
        body = events.complete_body(self.complete)
        self.ledger.append(events.COMPLETE, self.wanted.service, body, _subjects(provenance))

    def _facts(self) -> Facts:
        """Return what the decision rests on."""
        provenance, gate, ledger = self.provenance, self.gate, self.ledger
        if provenance is None or gate is None or ledger is None or self.history is None:
            return Facts(answers=self.answers, score=self.score)
        signer = ledger.signer
        return Facts(
            answers=self.answers,
            score=self.score,
            tier=self.tier,
            has_provenance=True,
            ledger_age_s=(self.parts.clock.now() - self.history.current).total_seconds(),
            freshness_s=gate.policy.freshness_s,
            is_evaluator_known=signer is not None and signer.key in gate.evaluators,
            earlier=events.earlier(self.known, provenance.baseline, provenance.scenarios),
            differs=self.complete is not None and events.contradicts(self.known, self.complete),
            is_seed_secret=self.wanted.seed is None,
            is_bound=self.is_bound,
            thresholds=_thresholds(gate),
        )

    def _record_decision(self, decision: Decision) -> int | None:
        """Append ``eval.decision``; return its number, or None if nothing can be bound to it."""
        provenance, gate, ledger = self.provenance, self.gate, self.ledger
        if provenance is None or gate is None or ledger is None:
            return None
        lasts = timedelta(seconds=gate.policy.freshness_s)
        decided = Decided(
            eval=self.name,
            verdict=decision.verdict,
            recommended=decision.recommended,
            reasons=events.reasons(decision),
            tier=self.tier or Tier.NONE,
            provenance=provenance,
            commit=self.revisions.change.commit,
            base=self.revisions.control.commit,
            size=ledger.tip.size,
            nonce=self.parts.entropy(16).hex(),
            expires=self.parts.clock.now() + lasts,
        )
        body = events.decision_body(decided)
        return ledger.append(events.DECISION, self.wanted.service, body, _subjects(provenance)).seq


def _seed(wanted: Wanted, parts: Parts) -> int:
    return int.from_bytes(parts.entropy(8)) if wanted.seed is None else wanted.seed


def _thresholds(gate: Gate) -> Mapping[Priority, Threshold]:
    known = gate.policy.thresholds
    return {
        priority: Threshold(Fraction(str(one.allow)), Fraction(str(one.review)))
        for priority, one in zip(Priority, (known.P0, known.P1, known.P2), strict=True)
    }


def _subjects(provenance: Provenance) -> dict[str, str]:
    return {
        "artifact": provenance.artifact,
        "baseline": provenance.baseline,
        "scenarios": provenance.scenarios,
        "control": provenance.control,
    }
