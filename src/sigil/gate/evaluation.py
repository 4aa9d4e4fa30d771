"""One evaluation: from a ref to a signed decision.

    resolve → policy → (on record) → bundle → deploy both sides → run → score → dossier → trust
            → ledger

Every stage may fail, and a stage that fails is a fact of the decision like any other, so that
there is a decision at the end whatever happened; only a ref that names no change, or a service that
the base branch does not know, ends in an error before there is anything to decide about. What the
decision rests on is gathered here and decided elsewhere, by a pure function that needs all of it
for an ALLOW.

Two evaluations may end at once. How much is told, and what is decided, is found out while nobody
else can append to the ledger, so of two that come to other scores, or that would both be told
steps, the second knows of the first; with a remote, its order counts.

That an evaluation begins is on record before the exam is opened, and so is how it ended, also where
somebody interrupts it. One that cannot be put on record is not held: nobody could say later how
often an exam was taken.

Not here: opening (`sigil.gate.evaluator`), running (`sigil.gate.holding`), what it all comes
to (`sigil.gate.concluding`), what is kept (`sigil.gate.record.recording`,
`sigil.gate.record.dossier`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sigil.errors import UsageError
from sigil.gate import concluding
from sigil.gate.bundle.read import MANIFEST, Bundle, folder_of, read_bundle
from sigil.gate.concluding import Bound, Consulted, Examined
from sigil.gate.decision import Decision, Stage, decide
from sigil.gate.deploy.settings import Compose, External, Process
from sigil.gate.evaluator import open_bundle
from sigil.gate.exam.examining import SITTING_S, Exam, answers
from sigil.gate.exam.resetting import refuse_several
from sigil.gate.feedback import STARTS, Disclosure, Silence, feedback, told_as
from sigil.gate.holding import hold
from sigil.gate.lua import Limits
from sigil.gate.model import Scenario
from sigil.gate.outcome import Outcome
from sigil.gate.parts import Parts, Wanted
from sigil.gate.policy import MAX_BYTES, PATH, Gate, GatePolicy, load_policy
from sigil.gate.record import events
from sigil.gate.record.events import Complete, Decided, Provenance
from sigil.gate.record.history import History
from sigil.gate.record.recording import Record
from sigil.gate.record.told import NOTHING_VOUCHED, Vouched
from sigil.gate.record.unfinished import Begun, Broken
from sigil.gate.revisions import Revisions
from sigil.gate.scoring import score
from sigil.gate.stages import Stages, Stopped, Watch
from sigil.gate.trees import CommitTree
from sigil.gate.uncommitted import naming_the_branch
from sigil.gate.unvouched import intents_of, unvouched
from sigil.printable import printable


def evaluate(wanted: Wanted, parts: Parts, watch: Watch) -> Outcome:
    """Examine a change, decide on it, and record both.

    Raises:
        UsageError: the base branch knows no such service; nothing was recorded.
        SigilError: there is no such change; nothing was recorded.
    """
    watch.begins(Stage.RESOLVE)
    found = parts.resolve(wanted.root, wanted.ref, base=wanted.base, remote=wanted.remote)
    evaluation = _Evaluation(wanted, parts, Stages(watch), found, parts.entropy(32))
    with suppress(Stopped):
        evaluation.read_policy()
    try:
        with suppress(Stopped):
            evaluation.begin()
            evaluation.examine()
        with suppress(Stopped):
            evaluation.consult()
        return evaluation.conclude()
    except BaseException:
        evaluation.interrupt()
        raise


@dataclass(slots=True)
class _Evaluation:
    """What is known so far, and the steps that find out more."""

    wanted: Wanted
    parts: Parts
    stages: Stages
    revisions: Revisions
    secret: bytes = field(repr=False)
    name: str = ""
    policy: GatePolicy | None = None
    record: Record | None = None
    examined: Examined = field(default_factory=Examined)
    consulted: Consulted = field(default_factory=Consulted)
    complete: Complete | None = None
    decision: Decision | None = None
    silence: Silence | None = None

    def __post_init__(self) -> None:
        self.name = events.eval_id(self.parts.clock.now(), self.parts.entropy(4))

    @property
    def provenance(self) -> Provenance | None:
        """The six fields, once all are known."""
        return self.examined.provenance(self.revisions)

    # --- before the exam ------------------------------------------------------------------

    def read_policy(self) -> None:
        """Read what the base branch says of its exams.

        Raises:
            UsageError: nothing of this service, or not as it is wanted.
        """
        control = self._control()
        with (
            self.stages.at(Stage.POLICY),
            self._on_base(PATH, f"sigil init --service {self.wanted.service}"),
        ):
            policy = load_policy(control.read(PATH, MAX_BYTES), f"{control.name}:{PATH}")
        known = policy.gate.services
        if self.wanted.service not in known:
            raise UsageError(
                f"{printable(self.revisions.control.ref, 80)} has no service "
                f"{printable(self.wanted.service, 80)!r} to examine",
                where=policy.document.where("services"),
                remedy=f"name one of: {', '.join(sorted(known))}",
            )
        refuse_several(known[self.wanted.service].reset, self.wanted.lanes)
        self.policy = policy
        base = self.revisions.control
        self.stages.watch.says(
            f"policy and exam of {printable(base.ref, 40)} at {base.commit[:12]}"
        )

    def begin(self) -> None:
        """Put on record that the evaluation begins, in a ledger that was just verified."""
        with self.stages.at(Stage.LEDGER):
            change = self.revisions.change
            record = Record(
                self.parts.ledger(),
                self.parts.share,
                self.wanted.service,
                Begun(self.name, change.ref, change.commit, change.digest),
            )
            try:
                record.begin()
            except BaseException:
                if record.has_begun:  # and could not be shared: nobody looks for its end
                    with suppress(Exception):
                        record.break_off(replace(self._broken(), stages=[Stage.LEDGER]))
                raise
            self.record = record

    def _control(self) -> CommitTree:
        return CommitTree(self.wanted.root, self.revisions.control.commit)

    def _on_base(self, path: str, make: str) -> AbstractContextManager[None]:
        branch = self.revisions.control.ref
        return naming_the_branch(self.wanted.root, path, branch, make)

    # --- the exam -----------------------------------------------------------------------

    def examine(self) -> None:
        """Open the exam, put both sides up, run everything, add it up."""
        if self.policy is None:
            return
        known = self.examined
        with self.stages.noting(Stage.POLICY):
            settings = self.policy.deployment(self.wanted.service)
            vouched = isinstance(settings, External) and settings.vouched
            known.is_bound = vouched or isinstance(settings, Process | Compose)
        with self.stages.noting(Stage.RESOLVE):
            sides = (self.revisions.change, self.revisions.baseline)
            known.unvouched = unvouched(
                *(CommitTree(self.wanted.root, one.commit) for one in sides),
                intents=intents_of(self._control()),
            )
        with self.stages.at(Stage.BUNDLE):
            service = self.wanted.service
            exam = f"{folder_of(service)}/{MANIFEST}"
            with self._on_base(exam, f"sigil scenario seal --service {service}"):
                bundle = read_bundle(self._control(), service)
            opened = open_bundle(bundle, self.parts.identities())
            known.scenarios = bundle.manifest.set_hash
            known.holdouts = tuple(sorted(one.digest for one in bundle.manifest.holdouts))
            known.seed = _seed(self.wanted, self.parts)
            known.is_seed_secret = self.wanted.seed is None
            self._describe(bundle)
        with self.stages.noting(Stage.DOSSIER):  # rather than once the exam is over
            self.parts.ready(bundle.manifest.recipients)
        self._foresee(self.policy.gate)
        held = hold(
            self._exam(opened.scenarios, known.seed),
            wanted=self.wanted,
            parts=self.parts,
            policy=self.policy,
            revisions=self.revisions,
            stages=self.stages,
        )
        known.ended, found = held.ended, held.observed
        with self.stages.at(Stage.SCORE):
            known.answers = answers(opened.scenarios, found)
            called = concluding.numbers(known.answers, self.secret)
            found = [
                replace(one, told_as=told_as(called[one.scenario]))
                if one.scenario in called
                else one
                for one in found
            ]
            known.observed = tuple(found)
            weights = self.policy.gate.policy.weights
            known.score = score(
                known.answers, visible=Fraction(weights.visible), holdout=Fraction(weights.holdout)
            )
        with self.stages.at(Stage.DOSSIER):
            known.observations = self.parts.keep(self.name, found, bundle.manifest.recipients)

    def _foresee(self, gate: Gate) -> None:
        """Say what keeps it from an ALLOW already, before anything is put up."""
        if self.record is not None:
            with self.stages.noting(Stage.LEDGER):
                for line in self.record.foreseen(gate, self.parts.clock.now()):
                    self.stages.watch.says(line)

    def _exam(self, scenarios: Sequence[Scenario], seed: int) -> Exam:
        assert self.policy is not None
        return Exam(
            scenarios=scenarios,
            seed=seed,
            repeats=max(self.wanted.repeats or 1, self.policy.gate.policy.repeats),
            limits=Limits(),
            most_seconds=SITTING_S,
            lanes=self.wanted.lanes,
            secret=self.secret,
            reset=self.policy.service(self.wanted.service).reset,
        )

    def _describe(self, bundle: Bundle) -> None:
        manifest = bundle.manifest
        self.stages.watch.says(
            f"{len(bundle.visible)} visible · {len(bundle.sealed)} holdout · "
            f"scenario_set:{manifest.version}"
        )

    # --- what the ledger knows ----------------------------------------------------------

    def consult(self) -> None:
        """Learn the service's past, out of a ledger that was just verified."""
        if self.record is None or self.policy is None:
            return
        known = self.consulted
        with self.stages.at(Stage.LEDGER):
            self.record.share()
            history = self.record.history(self.policy.gate)
            known.completed = history.completed()
            known.is_evaluator_known = self.record.signer in self.policy.gate.evaluators
            now = self.parts.clock.now()
            known.age_s = self.record.age_s(history, now)
        with self.stages.at(Stage.TRUST):
            known.tier = history.trust(now).tier

    # --- the decision -------------------------------------------------------------------

    def conclude(self) -> Outcome:
        """Decide, and record it. Never raises but for what ends the process."""
        told, entry = Disclosure.NOTHING, None
        with suppress(Stopped), self.stages.at(Stage.LEDGER):
            told = self._record_exam()
        with suppress(Stopped), self.stages.noting(Stage.LEDGER):
            entry = self._record_end()
        if entry is None:  # what may not be on record allows nothing, also where it is
            self.decision = self._decided(self.consulted.completed or [], Stage.LEDGER)
            self._break_off()
        assert self.decision is not None
        return self._outcome(self.decision, told, entry)

    def _decided(
        self, others: Sequence[Complete], *failed: Stage, vouched: Vouched = NOTHING_VOUCHED
    ) -> Decision:
        """Decide, with regard to what others have come to."""
        found = concluding.facts(
            self.examined,
            self.consulted,
            complete=self.complete,
            others=others,
            policy=self.policy and self.policy.gate.policy,
            about=self.provenance,
            vouched=vouched,
        )
        return decide(replace(found, failed=self.stages.failed.union(failed)))

    def interrupt(self) -> None:
        """Put on record, if that is possible, that somebody ended it."""
        self._break_off(interrupted=True)

    def _break_off(self, *, interrupted: bool = False) -> None:
        if self.record is not None:
            with suppress(Exception):  # what goes on is more than what went wrong here
                self.record.break_off(self._broken(interrupted=interrupted))

    def _outcome(self, decision: Decision, told: Disclosure, entry: int | None) -> Outcome:
        answers, troubles = self.examined.answers, tuple(self.stages.troubles)
        warnings = [] if self.policy is None else self.policy.doubts()
        service = None if self.policy is None else self.policy.service(self.wanted.service)
        return Outcome(
            eval=self.name,
            service=self.wanted.service,
            revisions=self.revisions,
            provenance=self.provenance,
            answers=answers,
            score=self.examined.score,
            decision=decision,
            feedback=feedback(
                self.name,
                decision.verdict,
                answers,
                numbers=concluding.numbers(answers, self.secret),
                disclosed=told,
                troubles=troubles,
                telling=concluding.telling(
                    service, self.revisions, self.parts.environment, self.parts.machine
                ),
                asked=self._may_have_asked(),
                silence=self.silence,
                reasons=decision.reasons,
                unvouched=self.examined.unvouched or (),
                unreset=concluding.unreset(self.examined.observed),
            ),
            troubles=troubles,
            observed=self.examined.observed,
            warnings=tuple(
                dict.fromkeys([*warnings, *(self.record.warnings if self.record else [])])
            ),
            entry=entry,
            ended=self.examined.ended,
        )

    def _may_have_asked(self) -> bool:
        """Return whether a holdout may have been asked before, by anybody; in doubt it was."""
        if self.record is not None and not self.stages.failed.isdisjoint(STARTS):
            with suppress(Exception):
                return self.record.may_have_asked()
        return True

    def _history(self) -> History | None:
        """Return what is on record now; None if it could not be read before."""
        if self.record is None or self.policy is None or self.consulted.completed is None:
            return None
        return self.record.history(self.policy.gate)

    def _submitted(self) -> list[Complete] | None:
        """Return the evaluations on record now, whoever signed them; None like the history."""
        history = self._history()
        return None if history is None else history.submitted()

    def _record_exam(self) -> Disclosure:
        """Append ``eval.complete``, if there is anything to record; return what may be told."""
        record, policy = self.record, self.policy
        self.complete = found = concluding.completed(self.name, self.revisions, self.examined)
        if record is None or policy is None or found is None:
            return Disclosure.NOTHING
        most = policy.gate.policy.submissions

        def among() -> Complete:
            before = self._submitted()
            return replace(found, disclosed=concluding.disclosed(found, before, most=most))

        record.complete(among, found.provenance)
        record.share()
        if not record.is_shared:  # others may be told the same at this moment
            self.silence = Silence.UNSHARED
            return Disclosure.NOTHING
        before = events.before(self._submitted(), self.name)
        self.silence = concluding.silence(found, before, most=most)
        return concluding.disclosed(found, before, most=most)

    def _record_end(self) -> int | None:
        """Append how it ended, share it, and return its number; None if there is no ledger."""
        record, about, policy = self.record, self.provenance, self.policy
        if record is None:
            return None
        if about is None or policy is None:  # there is nothing that a decision could be bound to
            self.decision = self._decided(self.consulted.completed or [])
            record.break_off(self._broken())
        else:
            record.decide(lambda: self._bound(about, record, policy), about)
            if Stage.TRUST not in self.stages.failed:
                record.announce(policy.gate, self.parts.clock.now())
        record.share()
        return record.entry

    def _bound(self, about: Provenance, record: Record, policy: GatePolicy) -> Decided:
        """Decide by all that is on record at this moment, and return it bound to that."""
        history, moment = self._history(), self.parts.clock.now()
        others: list[Complete] = []
        vouched = NOTHING_VOUCHED
        if history is not None:
            vouched = history.vouched()
            others = [one for one in history.completed() if one.eval != self.name]
            self.consulted.age_s = record.age_s(history, moment)
            self.consulted.tier = self.consulted.tier and history.trust(moment).tier
        self.decision = self._decided(others, vouched=vouched)
        bound = Bound(
            size=record.size,
            nonce=self.parts.entropy(16).hex(),
            moment=moment,
            lasts_s=policy.gate.policy.freshness_s,
        )
        return concluding.decided(
            self.name,
            self.decision,
            self.revisions,
            about=about,
            tier=self.consulted.tier,
            bound=bound,
        )

    def _broken(self, *, interrupted: bool = False) -> Broken:
        change = self.revisions.change
        stages = [stage for stage in Stage if stage in self.stages.failed]
        return Broken(self.name, change.commit, change.digest, stages, interrupted)


def _seed(wanted: Wanted, parts: Parts) -> int:
    return int.from_bytes(parts.entropy(8)) if wanted.seed is None else wanted.seed
