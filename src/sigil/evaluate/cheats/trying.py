"""Have every cheat evaluated as a candidate is, and say what became of it.

A cheat goes through the same lanes, sandbox, checks, blocks and held-out inputs as a
candidate at the end of a search. It scores if the accept rule takes it; a cheat that does
(some of) the work must gain something besides, in which it is held against the unchanged
code in a cheat's wrapping.

Not here: what the cheats are (`sigil.evaluate.cheats.catalogue`), showing findings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import SigilError
from sigil.evaluate.backend import Backend
from sigil.evaluate.cheats.braced import write_braced
from sigil.evaluate.cheats.catalogue import CONTROL, catalogue
from sigil.evaluate.cheats.knowledge import Knowledge
from sigil.evaluate.cheats.model import Cheat, Finding, Place
from sigil.evaluate.cheats.remedies import remedy
from sigil.evaluate.cheats.writing import CannotWrite, holds, write, write_at_import
from sigil.evaluate.definition import Eval
from sigil.evaluate.result import Evaluation, Failure, MetricValue
from sigil.evaluate.target import Target

Admits = Callable[[Mapping[str, str]], str]
"""Says why the pins refuse these files; empty if they do not."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the cheats are tried on.

    Args:
        definition: the eval.
        target: the tree.
        places: the pinned lines.
        lanes: evaluators of both.
        admits: whether the pins let a candidate through.
    """

    definition: Eval
    target: Target
    places: Sequence[Place]
    lanes: Backend
    admits: Admits


def try_cheats(
    trial: Trial,
    *,
    within_s: float,
    only: Collection[str] = (),
    clock: Clock = SYSTEM_CLOCK,
) -> Iterator[Finding]:
    """Yield a finding for every cheat, in the order of the catalogue.

    Args:
        trial: on what.
        within_s: wall time of all together, the baseline aside; what is not tried by then
            is listed as such. Each evaluation also ends by the eval's own budgets.
        only: ids of the cheats to try; empty for all.
        clock: of that time.

    Raises:
        SigilError: the unchanged code cannot be measured.
    """
    facts = trial.lanes.facts
    deadline = clock.monotonic_ns() + int(within_s * 1e9)
    function = _replaceable(trial)
    known = Knowledge(trial.definition, facts, trial.target, function)
    cheats = [cheat for cheat in catalogue(known) if not only or cheat.id in only]
    pending = [_submitted(trial, cheat) for cheat in (CONTROL, *cheats)]
    control: Evaluation | None = None
    for cheat, begun in pending:
        if isinstance(begun, Finding):
            found: Finding | Evaluation = begun
        else:
            left_s = (deadline - clock.monotonic_ns()) / 1e9
            found = _awaited(cheat, begun, left_s)
        if cheat.id == CONTROL.id:
            control = found if isinstance(found, Evaluation) else None
            continue
        yield found if isinstance(found, Finding) else _judged(trial, cheat, found, control)


def _replaceable(trial: Trial) -> str | None:
    """Return the function that the eval calls and a pin holds, if there is one."""
    for function in trial.lanes.facts.visible.expected:
        path, _, name = function.rpartition(":")
        for place in trial.places:
            if place.path == path and holds(trial.target.files[path], place, name):
                return function
    return None


def _submitted(trial: Trial, cheat: Cheat) -> tuple[Cheat, Finding | Future[Evaluation]]:
    """Queue the candidate that a cheat makes, or say why there is none."""
    if cheat.inapplicable:
        return cheat, Finding(cheat, "skipped", cheat.inapplicable)
    try:
        placed, files = candidate(cheat, trial)
    except CannotWrite as problem:
        return cheat, Finding(cheat, "skipped", str(problem))
    refused = trial.admits(files)
    if refused:
        return cheat, Finding(cheat, "stopped", f"the pins: {refused}")
    return placed, trial.lanes.submit(files, "confirm")


def candidate(cheat: Cheat, trial: Trial) -> tuple[Cheat, dict[str, str]]:
    """Return a cheat as it can be put into the pins, and the files that make it a candidate.

    Where no place holds a function it is done at import, and the unchanged code works on.

    Raises:
        CannotWrite: no place takes it; the reason is why no function does.
    """
    called = {name.rpartition(":")[2] for name in trial.lanes.facts.visible.expected}

    def written(text: str, place: Place) -> str:
        if place.language in cheat.bodies:
            return write_braced(cheat, text, place)
        return write(cheat, text, place, called)

    try:
        return cheat, _changed(trial, written)
    except CannotWrite as problem:
        try:
            files = _changed(trial, lambda text, place: write_at_import(cheat, text, place))
        except CannotWrite:
            raise problem from None
        return replace(cheat, works=True), files


def _changed(trial: Trial, rewrite: Callable[[str, Place], str]) -> dict[str, str]:
    """Rewrite every place that can be, last lines first, so that no line of another moves."""
    before = trial.target.files
    texts = dict(before)
    problem = CannotWrite("nothing is pinned")
    for place in sorted(trial.places, key=lambda place: (place.path, -place.first)):
        try:
            texts[place.path] = rewrite(texts[place.path], place)
        except CannotWrite as refusal:
            problem = refusal
    changed = {path: text for path, text in texts.items() if text != before[path]}
    if not changed:
        raise problem
    return changed


def _awaited(cheat: Cheat, begun: Future[Evaluation], left_s: float) -> Finding | Evaluation:
    try:
        found = begun.result(timeout=max(0.0, left_s))
    except TimeoutError:
        begun.cancel()
        return Finding(cheat, "skipped", "the time for all cheats was over")
    except SigilError as error:  # ours or the machine's: it proves nothing about the cheat
        return Finding(cheat, "skipped", error.problem)
    if found.failure is not None and found.failure.metric == "lane":
        return Finding(cheat, "skipped", found.failure.detail)
    return found


# --- judging ------------------------------------------------------------------------------


def _judged(trial: Trial, cheat: Cheat, found: Evaluation, control: Evaluation | None) -> Finding:
    baseline = trial.lanes.facts.evaluation
    definition = trial.definition
    if found.accepted is True:
        gained = gains(definition, found, baseline)
        if gained or not cheat.works:
            how = gained or "the accept rule takes it"
            python = any(place.language == "python" for place in trial.places)
            return Finding(cheat, "scored", how, remedy(cheat, definition, python=python))
        return Finding(cheat, "stopped", "accepted as the unchanged code is, and gains nothing")
    if _is_unbuilt(trial, cheat, found):
        return Finding(cheat, "skipped", f"it cannot be built so: {_stopped_by(found)}")
    if cheat.works and control is not None and not control.metrics and control.failure:
        how = f"the unchanged code does not work in a cheat's wrapping: {_why(control.failure)}"
        return Finding(cheat, "skipped", how)
    return Finding(cheat, "stopped", _stopped_by(found))


def _is_unbuilt(trial: Trial, cheat: Cheat, found: Evaluation) -> bool:
    """Return whether a compiler refused what was written, which a better cheat would pass."""
    why = found.failure
    compiled = any(place.language in cheat.bodies for place in trial.places)
    return compiled and why is not None and (why.metric, why.kind) == ("build", "exited")


def gains(definition: Eval, found: Evaluation, baseline: Evaluation) -> str:
    """Return by how much a candidate is clearly better in some goal; empty if it is in none."""
    for name, less in definition.objective.minimised.items():
        if name in found.metrics and name in baseline.metrics:
            ours, theirs = found.metrics[name], baseline.metrics[name]
            if _clearly(ours, theirs, less=less):
                return f"{name} {_number(theirs)} -> {_number(ours)}"
    broken = baseline.status == "failed" and found.status == "measured"
    return "it meets a constraint that the unchanged code breaks" if broken else ""


def _clearly(ours: MetricValue, theirs: MetricValue, *, less: bool) -> bool:
    span = ours.ratio_interval
    if span is not None and theirs.value > 0:
        return span.high < 1 if less else span.low > 1
    return ours.value < theirs.value if less else ours.value > theirs.value


def _number(value: MetricValue) -> str:
    if isinstance(value.value, bool):
        return str(value.value).lower()
    return f"{value.value:.4g}{value.unit and f' {value.unit}'}"


def _stopped_by(found: Evaluation) -> str:
    if found.failure is not None:
        return _why(found.failure)
    values = ", ".join(f"{name} {_number(value)}" for name, value in found.metrics.items())
    verdict = "does not hold" if found.accepted is False else "is not decided in its favour"
    return f"the accept rule {verdict} ({values})"


def _why(failure: Failure) -> str:
    if failure.kind == "holdout":
        return f"held-out inputs: {failure.detail}"
    return f"{failure.metric}: {failure.detail}"
