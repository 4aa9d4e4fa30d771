"""The head of a page: what improved, by how much, whether to believe it, and where. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sigil.evaluate.result import Evaluation
from sigil.optimize.history import Candidate
from sigil.optimize.picture.charts import bars
from sigil.optimize.picture.facts import Facts
from sigil.optimize.picture.markup import Child, Markup, element, join
from sigil.optimize.present import UNCHECKED, confidence, counted, gains_clearly, measured

_INTERVAL = re.compile(r"\s*\[([^,\]]+), ([^\]]+)\]$")


def title(facts: Facts) -> str:
    """Return what a browser's tab shows."""
    return f"{facts.recorded.spec}: {_headline(facts)}"


def heading(facts: Facts) -> Markup:
    """Return the head of the page."""
    recorded = facts.recorded
    lead = facts.prose(recorded.description) if recorded.description else None
    return element(
        "header",
        element("p", f"Sigil · {recorded.spec} · {_when(facts)}", class_="from"),
        element("h1", *_claim(facts)),
        element("p", lead, class_="lead") if lead else None,
        *_gains(facts),
        element("dl", *_cards(facts), class_="cards"),
    )


def _headline(facts: Facts) -> str:
    winner = facts.winner
    if winner is None or winner.confirmed is None:
        return "nothing better was accepted"
    found = winner.confirmed
    gains = [
        f"{facts.goal_name(index)} {_INTERVAL.sub('', facts.gain(found, index))}"
        for index in range(len(found.costs))
    ]
    return ", ".join(gain.strip() for gain in gains)


def _claim(facts: Facts) -> list[Child]:
    winner = facts.winner
    if winner is None or winner.confirmed is None:
        return ["Nothing better was accepted" if facts.history.ended else "Not ended yet"]
    parts: list[Child] = []
    for index in range(len(winner.confirmed.costs)):
        gain = _INTERVAL.sub("", facts.gain(winner.confirmed, index))
        baseline = facts.history.baseline
        before = baseline.costs[index] if baseline and baseline.costs else None
        worse = before is not None and winner.confirmed.costs[index] > before
        told = element("em", gain, class_="no" if worse else None)
        parts += [", " if index else None, f"{facts.goal_name(index)} ", told]
    return parts


def _gains(facts: Facts) -> list[Markup]:
    """Return, for each goal, one sentence with its interval and a picture of both sides."""
    winner = facts.winner
    if winner is None or winner.confirmed is None:
        return [element("p", _why_nothing(facts), class_="lead")]
    found = winner.confirmed
    drawn: list[Markup] = []
    for index in range(len(found.costs)):
        now = facts.reading(found, index)
        drawn.append(element("p", _sentence(facts, found, index), class_="lead"))
        picture = bars(facts, index, now) if now else None
        drawn += [picture] if picture else []
    if not gains_clearly(winner, facts.recorded.objective.minimised):
        said = "The accept rule takes it, but no gain is clear of its interval."
        drawn.append(element("p", said, class_="no"))
    if facts.doubt:
        drawn.append(element("p", f"It may differ {facts.prose(facts.doubt)}.", class_="no"))
    return drawn


def _sentence(facts: Facts, found: Evaluation, index: int) -> str:
    baseline = facts.history.baseline
    before = facts.value(baseline, index) if baseline else "?"
    said = f"{facts.goal_name(index)} went from {before} to {facts.value(found, index)}"
    ends = _INTERVAL.search(facts.gain(found, index))
    if ends is None:
        few = facts.value(found, index).startswith("~")
        return f"{said}; {'too few samples for an interval' if few else confidence(found)}."
    return (
        f"{said}. Measured side by side, the gain lies between {ends[1]} and {ends[2]}; "
        f"{confidence(found)}."
    )


def _why_nothing(facts: Facts) -> str:
    if not facts.history.ended:
        return "The run goes on or was interrupted; what follows is what its record holds so far."
    if not facts.ranked:
        return "No candidate has a score."
    if facts.undecided:
        return f"{facts.undecided.capitalize()}. More time may decide: how to go on stands below."
    return "No candidate was better in a fresh measurement, by the rule of the eval."


def _cards(facts: Facts) -> list[Markup]:
    recorded, environment = facts.recorded, facts.history.environment
    isolation: Mapping[str, Any] = environment.get("isolation") or {}
    levels = ", ".join(
        f"{face} {found['level']}" for face, found in sorted(isolation.items()) if found
    )
    system = " ".join(str(environment.get("platform", "")).split("-")[:2])
    where = f"{environment.get('machine', '?')}, {environment.get('cores', '?')} cores, {system}"
    python = f"{environment.get('implementation', 'Python')} {environment.get('python', '')}"
    ended = facts.history.ended or "not ended"
    failed = f"{len(facts.failed)} of them failed" if facts.failed else "none failed"
    return [
        _card("Verdict", *_verdict(facts.winner), f"rule: {recorded.rule}"),
        _card("Held-out inputs", *_held_out(facts)),
        _card(
            "Search",
            f"{counted(facts.history.measured(), 'evaluation')}, {failed}",
            facts.prose(ended),
        ),
        _card("Where", facts.prose(python), facts.prose(where), f"isolation: {levels or 'none'}"),
    ]


def _verdict(winner: Candidate | None) -> tuple[Markup]:
    if winner is None:
        return (element("span", "nothing accepted", class_="no"),)
    return (element("span", "✓ accepted", class_="yes"),)


def _held_out(facts: Facts) -> tuple[Child, ...]:
    refused = sum(
        1
        for candidate in facts.failed
        if candidate.verdict
        and candidate.verdict.failure
        and candidate.verdict.failure.kind == "holdout"
    )
    others = f"{refused} others were refused there" if refused else None
    found = facts.winner.confirmed if facts.winner else None
    if found is None:
        return "no winner met them", others
    if not found.holdout:
        return element("span", "none", class_="no"), UNCHECKED, others
    values = ", ".join(f"{name} {measured(value)}" for name, value in found.holdout.items())
    said = element("span", "✓ holds there", class_="yes")
    return said, f"{values}; no proposer ever saw them", others


def _card(name: str, value: Child, *small: Child) -> Markup:
    lines = [element("small", line) for line in small if line]
    return element("div", element("dt", name), element("dd", join((value,)), *lines))


def _when(facts: Facts) -> str:
    return facts.recorded.times.get("created_at", "")[:16].replace("T", " ") + " UTC"
