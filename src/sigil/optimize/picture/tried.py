"""What was tried, by whom, what came of it, and why the rest failed. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sigil.evaluate.result import Evaluation
from sigil.optimize.history import Candidate
from sigil.optimize.picture.charts import shares
from sigil.optimize.picture.facts import LONGEST_NOTE, Facts
from sigil.optimize.picture.markup import Markup, element, join
from sigil.optimize.present import SHORT

MOST_REASONS = 40
EXAMPLES = 3
OUTCOMES = (
    ("better", "better than the unchanged code in a screening"),
    ("worse", "no better"),
    ("failures", "failed"),
    ("refused", "not worth measuring"),
)

_NUMBERS = ("proposed", "better", "no better", "failed", "not measured", "times")


@dataclass(slots=True)
class _Reason:
    """One reason of one proposer, with the first few it applies to."""

    proposer: str
    text: str
    count: int = 0
    examples: list[Candidate] = field(default_factory=list[Candidate])


def outcomes(facts: Facts, hues: Mapping[str, int]) -> Markup:
    """Return, for each proposer, how many of its proposals came to what."""
    counted = _counted(facts)
    most = max((sum(counts.values()) for counts in counted.values()), default=1)
    rows: list[Markup] = []
    for proposer in sorted(counted, key=lambda name: (-counted[name].total(), name)):
        counts = counted[proposer]
        parts = [(kind, counts[kind]) for kind, _ in OUTCOMES]
        hue = hues.get(proposer, 0)
        named = join((element("i", class_=f"dot p{hue}"), facts.prose(proposer, 40)))
        numbers = [element("td", str(counts[kind]), class_="number") for kind, _ in OUTCOMES]
        cells = [
            element("td", named, class_="fixed"),
            element("td", shares(parts, most), class_="wide"),
            element("td", str(counts.total()), class_="number"),
            *numbers,
        ]
        rows.append(element("tr", *cells))
    heads = ["proposer", "", *_NUMBERS[:-1]]
    legend = [
        element("span", element("i", class_=f"box {kind}"), f"{said} ") for kind, said in OUTCOMES
    ]
    return join((element("p", *legend, class_="legend"), table(heads, rows)))


def reasons(facts: Facts) -> Markup | None:
    """Return why candidates failed or were not measured, most frequent first."""
    found = _reasons(facts)
    if not found:
        return None
    rows = [
        element(
            "tr",
            element("td", facts.prose(reason.proposer, 40)),
            element("td", str(reason.count), class_="number"),
            element("td", facts.prose(reason.text), _examples(facts, reason)),
        )
        for reason in found[:MOST_REASONS]
    ]
    left = len(found) - MOST_REASONS
    more = element("p", f"{left} further reasons are rarer.", class_="quiet") if left > 0 else None
    return join((table(["proposer", "times", "why"], rows), more))


def table(heads: Sequence[str], rows: Sequence[Markup]) -> Markup:
    """Return a table that a reader can sort by any column that has a heading."""
    cells = [
        element(
            "th",
            element("button", head, type="button") if head else None,
            scope="col",
            class_="number" if head in _NUMBERS else None,
        )
        for head in heads
    ]
    whole = element(
        "table",
        element("thead", element("tr", *cells)),
        element("tbody", *rows),
        class_="sortable",
    )
    return element("div", whole, class_="scroll")


def _counted(facts: Facts) -> Mapping[str, Counter[str]]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    baseline = facts.history.baseline
    for candidate in facts.evaluated:
        counted[candidate.proposer][_outcome(candidate.verdict, baseline)] += 1
    for (proposer, _), count in facts.history.refused.items():
        counted[proposer]["refused"] += count
    return counted


def _outcome(found: Evaluation | None, baseline: Evaluation | None) -> str:
    if found is None or not found.costs:
        return "failures"
    before = baseline.costs if baseline else ()
    better = any(now < then for now, then in zip(found.costs, before, strict=False))
    return "better" if better or not before else "worse"


def _reasons(facts: Facts) -> list[_Reason]:
    found: dict[tuple[str, str], _Reason] = {}
    for candidate in facts.failed:
        failure = candidate.verdict.failure if candidate.verdict else None
        text = f"{failure.metric}: {_KINDS.get(failure.kind, failure.kind)}" if failure else "?"
        reason = found.setdefault((candidate.proposer, text), _Reason(candidate.proposer, text))
        reason.count += 1
        if len(reason.examples) < EXAMPLES:
            reason.examples.append(candidate)
    for (proposer, why), count in facts.history.refused.items():
        text = f"not measured: {why}"
        found.setdefault((proposer, text), _Reason(proposer, text)).count += count
    return sorted(found.values(), key=lambda r: (-r.count, r.proposer, r.text))


_KINDS = {
    "check": "the check says no",
    "constraint": "a constraint does not hold",
    "holdout": "refused on held-out inputs",
    "stage": "not promoted from this stage",
}


def _examples(facts: Facts, reason: _Reason) -> Markup | None:
    if not reason.examples:
        return None
    items = [
        element(
            "li",
            element("code", candidate.id[:SHORT]),
            f" {facts.prose(candidate.note, LONGEST_NOTE)}",
            element("br"),
            element("span", facts.prose(_detail(candidate)), class_="quiet"),
        )
        for candidate in reason.examples
    ]
    word = "example" if len(items) == 1 else "examples"
    summary = element("summary", f"{len(items)} {word}")
    return element("details", summary, element("ul", *items))


def _detail(candidate: Candidate) -> str:
    failure = candidate.verdict.failure if candidate.verdict else None
    return failure.detail if failure else ""
