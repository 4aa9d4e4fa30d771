"""What `sigil compare` does once its flags are parsed: open, ask, and put beside each other.

Not here: what agreement is (`sigil.gate.opinions`), how a judge is asked (`sigil.gate.judge`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sigil.canonical import digest
from sigil.cli.spending import spent_line
from sigil.errors import NotFound, SealBroken, SigilError, UsageError, Where
from sigil.gate.bundle.sealing import seal_bytes
from sigil.gate.effects import Call
from sigil.gate.evaluator import open_observations
from sigil.gate.judge.asking import Models
from sigil.gate.judge.judgements import is_question
from sigil.gate.judge.judging import Judge
from sigil.gate.model import Scenario
from sigil.gate.opinions import Judged, Subject, by_rules, disputed, pairs, recorded
from sigil.gate.policy import MAX_BYTES, PATH, GatePolicy, load_policy
from sigil.gate.record import dossier
from sigil.gate.revisions import control_tree
from sigil.gate.sittings import Sitting
from sigil.gate.view import reporting
from sigil.llm.budget import Budget, Spent
from sigil.llm.exchanges import usages
from sigil.printable import printable
from sigil.store.files import read_file

if TYPE_CHECKING:
    from sigil.gate.bundle.keys import Identities

RECORDED = "recorded"
HALVES: Mapping[bool, str] = {False: "the visible half", True: "both halves"}
_DIGITS = 12
_NO_EXCHANGES = (TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What the use of something raises that is no exchange."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What was put beside each other.

    Args:
        subjects: that every evaluation put to its judge.
        judges: those on record first, then the rules, then those that were asked now.
        costs: a line for each that was asked, then or now.
        holdouts: whether those of holdouts are among the subjects.
        failures: of each judge that left questions open.
    """

    subjects: tuple[Subject, ...]
    judges: tuple[Judged, ...]
    costs: tuple[str, ...]
    holdouts: bool
    failures: tuple[SigilError, ...] = ()


def compare_judges(
    root: Path,
    folders: Sequence[Path],
    entries: Sequence[str],
    identities: Identities,
    *,
    base: str | None,
    holdouts: bool,
) -> Compared:
    """Return what judges say of what scenarios had judged.

    Args:
        root: the repository.
        folders: of evaluations of one service.
        entries: of the service's models, to be asked now.
        identities: private keys of its exam.
        base: the branch whose policy says what an entry is; None for main or master.
        holdouts: whether what holdouts had judged is among it.

    Raises:
        NotFound: nothing was judged, or there is no such entry.
        UsageError: a name that stands for another judge.
        SigilError: something cannot be opened, or a model not be asked.
    """
    _refuse_taken(folders, entries)
    policy = _policy(root, folders[0], entries, base) if entries else None
    shown: list[list[Subject]] = []
    judges: list[Judged] = []
    costs: list[str] = []
    for folder in folders:
        scenarios, sat = reporting.opened(root, folder, identities)
        ours = [one for one in sat if holdouts or scenarios[one.scenario].half == "visible"]
        name = RECORDED if len(folders) == 1 else folder.name
        subjects, judged = recorded(name, ours)
        shown.append(subjects)
        judges.append(judged)
        costs += _cost(folder, identities, name)
    common = set[str].intersection(*({one.key for one in each} for each in shown))
    subjects = [one for one in shown[0] if one.key in common]
    if not subjects:
        raise NotFound(
            f"nothing was judged in {HALVES[holdouts]} that could be compared",
            where=Where(dossier.FOLDER),
            remedy="compare evaluations with sigil.judge in their exam, or see --holdouts",
        )
    judges.append(by_rules(subjects))
    failures: list[SigilError] = []
    for entry in entries:
        assert policy is not None
        judged, cost, failure = _ask(policy, folders[0], entry, subjects)
        judges.append(judged)
        costs.append(cost)
        failures += [failure] if failure is not None else []
    return Compared(tuple(subjects), tuple(judges), tuple(costs), holdouts, tuple(failures))


def facts_of(found: Compared) -> dict[str, Any]:
    """Return what was found, for ``--json``; no text of what was judged is in it."""
    split = {one.key for one in disputed(found.subjects, found.judges)}
    return {
        "subjects": [
            {
                "scenario": one.name[0],
                "judgement": one.name[1],
                "min_score": one.least,
                "scores": {judge.judge: judge.scores.get(one.key) for judge in found.judges},
                "disputed": one.key in split,
            }
            for one in found.subjects
        ],
        "pairs": [
            {
                "judges": list(one.judges),
                "both": one.both,
                "same": one.same,
                "kappa": None if one.kappa is None else float(one.kappa),
            }
            for one in pairs(found.subjects, found.judges)
        ],
        "costs": list(found.costs),
        "failures": [one.problem for one in found.failures],
    }


def _refuse_taken(folders: Sequence[Path], entries: Sequence[str]) -> None:
    names = [*(folder.name for folder in folders), *entries]
    taken = {RECORDED, "rules"}.intersection(entries)
    if taken or len(set(names)) < len(names):
        twice = sorted(taken) or sorted({name for name in names if names.count(name) > 1})
        raise UsageError(f"{printable(twice[0])} is named twice", remedy="name each judge once")


def _policy(root: Path, folder: Path, entries: Sequence[str], base: str | None) -> GatePolicy:
    """Return the policy of the base branch, which knows all entries."""
    branch, tree = control_tree(root, base)
    where = f"{PATH} on {printable(branch, 80)}"
    policy = load_policy(tree.read(PATH, MAX_BYTES), where)
    service = dossier.read_summary(folder).service
    known = policy.models(service)
    for entry in entries:
        if entry not in known:
            raise NotFound(
                f"{service} has no model called {printable(entry)}",
                where=Where(where, field=f"services.{service}.models"),
                remedy=f"there are: {', '.join(map(printable, known)) or 'none'}",
            )
    return policy


def _ask(
    policy: GatePolicy, folder: Path, entry: str, subjects: Sequence[Subject]
) -> tuple[Judged, str, SigilError | None]:
    """Ask a model about all of them, as an exam does; what it says is kept under its seal.

    Returns:
        What it says, what that cost, and why it did not say more.
    """
    name = dossier.read_summary(folder).service
    service = policy.service(name)
    budget = Budget(usd=service.asking.usd, tokens=service.asking.tokens)
    models = Models({entry: policy.models(name)[entry]}, budget=budget)
    judge = Judge(models, service.asking.quorum)
    try:
        scores = {one.key: _score(judge, entry, one) for one in subjects}
    finally:
        models.close()
        _keep(folder, models.exchanges, service.recipients)
    spent = models.spent
    failure = _failure(entry, models.failures, len(subjects) * judge.quorum)
    if failure is not None and not spent.exchanges:
        return Judged(entry, scores), f"{printable(entry)}: no answer", failure
    return Judged(entry, scores), spent_line(entry, spent), failure


def _failure(entry: str, failures: Sequence[SigilError], count: int) -> SigilError | None:
    """Return why questions have no answer, by the first of them; None where all have one."""
    if not failures:
        return None
    first = failures[0]
    left = f"{printable(entry)}: {len(failures)} of {count} questions have no answer"
    return type(first)(f"{left}: {first.problem}", where=first.where, remedy=first.remedy)


def _score(judge: Judge, entry: str, subject: Subject) -> float | None:
    scenario, _ = subject.name
    sitting = Sitting(Scenario(scenario, "visible", "", scenario), "pr", 0, subject.seed)
    call = Call("judge", {**subject.request, "provider": entry})
    reply: Any = judge.answer(sitting, call)
    return reply["score"]


def _keep(folder: Path, exchanges: bytes, recipients: Sequence[str]) -> None:
    name = f"compared_{digest(exchanges).removeprefix('sha256:')[:_DIGITS]}.age"
    dossier.keep_exchanges(folder, exchanges, lambda data: seal_bytes(data, recipients), name)


def _cost(folder: Path, identities: Identities, judge: str) -> list[str]:
    """Return what the judgements of an evaluation took, a line for each model; none without one."""
    path = folder / dossier.EXCHANGES
    if not path.exists():
        return []
    lines = open_observations(read_file(path), identities, Where(str(path))).splitlines()
    try:
        exchanges: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines]
        asked = [one for one in exchanges if is_question(one["request"]["messages"])]
        if not asked:
            return []
        names = dict.fromkeys(one["reply"]["model"] for one in asked if "reply" in one)
        spent = reduce(Spent.plus, usages(asked), Spent())
        return [spent_line(f"{judge} ({', '.join(names)})", spent)]
    except (msgspec.MsgspecError, LookupError, *_NO_EXCHANGES) as error:
        raise SealBroken(
            "under its seal is something else than what models were asked and said",
            where=Where(str(path)),
            remedy="restore it, or evaluate again",
        ) from error
