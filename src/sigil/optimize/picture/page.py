"""Put the page about a run together: one file, which asks no network for anything.

Pure: facts in, text out, the same bytes for the same record. Everything that others wrote
is escaped by `markup`, and a content security policy lets nothing run or load but the two
blocks of this package, which it names by their digests.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

from sigil.canonical import digest
from sigil.optimize.history import Candidate
from sigil.optimize.picture.changes import change
from sigil.optimize.picture.charts import front_chart, progress_chart
from sigil.optimize.picture.facts import LONGEST_NOTE, Facts
from sigil.optimize.picture.heading import heading, title
from sigil.optimize.picture.lineage import lineage, survivors
from sigil.optimize.picture.markup import Markup, element, join
from sigil.optimize.picture.progress import progress
from sigil.optimize.picture.reproduce import reproduce
from sigil.optimize.picture.tried import outcomes, reasons, table
from sigil.optimize.present import SHORT, steps, verdict

MOST_GOALS = 4
MOST_BEST, MOST_FRONT = 12, 40
HUES = 6


def page(facts: Facts) -> str:
    """Return the whole page about a run as HTML."""
    style, script = (
        files("sigil.optimize.picture").joinpath(name).read_text("utf-8") for name in _OWN
    )
    hues = _hues(facts)
    body = join(
        (
            heading(facts),
            element("main", *_sections(facts, hues)),
            element("footer", _closing(facts)),
            element("script", Markup(script)),
        )
    )
    head = join(
        (
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="referrer", content="no-referrer"),
            element("title", title(facts)),
            element("style", Markup(style)),
        )
    )
    whole = element("html", element("head", head), element("body", body), lang="en")
    return f"<!doctype html>\n{whole}\n"


_OWN = ("page.css", "sort.js")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_source(style)}'; script-src '{_source(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    """Return how a policy names an inline block: the digest of its bytes, in base 64."""
    hexadecimal = digest(text.encode()).partition(":")[2]
    return f"sha256-{base64.b64encode(bytes.fromhex(hexadecimal)).decode()}"


def _hues(facts: Facts) -> Mapping[str, int]:
    """Return which colour each proposer has, by name, so that runs look alike."""
    proposers = {candidate.proposer for candidate in facts.history.candidates.values()}
    proposers |= {proposer for proposer, _ in facts.history.refused}
    return {name: place % HUES for place, name in enumerate(sorted(proposers))}


def _sections(facts: Facts, hues: Mapping[str, int]) -> list[Markup]:
    found = [
        _change(facts),
        _progress(facts, hues),
        _lineage(facts, hues),
        _best(facts, hues),
        _tried(facts, hues),
        reproduce(facts),
    ]
    return [section for section in found if section is not None]


def _change(facts: Facts) -> Markup | None:
    shown = facts.shown
    if shown is None:
        return None
    name = "The change" if facts.winner else "The best so far, which was not accepted"
    said = f"Candidate {shown.id[:SHORT]} against the unchanged code."
    return _section(name, said, change(facts, shown))


def _progress(facts: Facts, hues: Mapping[str, int]) -> Markup | None:
    charts: list[Markup] = []
    for index in range(min(len(facts.goals), MOST_GOALS)):
        found = progress(facts, index)
        if found is None:
            continue
        lower = facts.goals[index].direction == "min"
        unit = f", {facts.unit(index)}" if facts.unit(index) else ""
        name = f"{facts.goal_name(index)}{unit}: {'lower' if lower else 'higher'} is better"
        charts += [element("h3", name), progress_chart(facts, index, found, hues)]
        if found.beyond:
            word = "evaluation lies" if found.beyond == 1 else "evaluations lie"
            said = f"{found.beyond} {word} beyond the scale, at its edge."
            charts.append(element("p", said, class_="quiet"))
    if not charts:
        return None
    return _section(
        "Progress",
        "Each dot is one evaluation, in the order of asking. What looked best was measured anew: "
        "a ring with its interval, and a dotted line from where it first seemed to be.",
        _legend(hues),
        *charts,
    )


def _legend(hues: Mapping[str, int]) -> Markup:
    keys = [(f"dot p{hue}", name[:40]) for name, hue in hues.items()]
    keys += [
        ("bar key-best", "best so far"),
        ("bar key-fresh", "the winner, measured anew"),
        ("bar key-failed", "failed"),
    ]
    return element(
        "p",
        *(element("span", element("i", class_=kind), name) for kind, name in keys),
        class_="legend",
    )


def _lineage(facts: Facts, hues: Mapping[str, int]) -> Markup | None:
    kept = survivors(facts)
    if not kept:
        return None
    return _section(
        "Lineage",
        "The winner, what was measured anew and the front, with all that they come from.",
        lineage(facts, hues),
    )


def _best(facts: Facts, hues: Mapping[str, int]) -> Markup | None:
    if not facts.ranked:
        return None
    several = len(facts.goals) > 1
    rows = facts.front if several else facts.ranked
    shown = rows[: MOST_FRONT if several else MOST_BEST]
    heads = ["candidate"]
    for index in range(len(facts.goals)):
        heads += [facts.goal_name(index), "gain"]
    found = table([*heads, "verdict", "what"], [_row(facts, candidate) for candidate in shown])
    if not several:
        said = f"The best {len(shown)} of {len(rows)} with a score."
        return _section("Best candidates", said, found)
    said = f"{len(rows)} candidates that no other one beats in everything."
    return _section("Pareto front", said, front_chart(facts, hues), _legend(hues), found)


def _row(facts: Facts, candidate: Candidate) -> Markup:
    evaluation = candidate.verdict
    cells = [element("td", element("code", candidate.id[:SHORT]), class_="fixed")]
    for index in range(len(facts.goals)):
        reading = facts.reading(evaluation, index)
        if evaluation is None or reading is None:
            cells += [element("td"), element("td")]
            continue
        key = repr(reading.value)
        cells += [
            element("td", facts.value(evaluation, index), class_="fixed", data_sort=key),
            element("td", facts.gain(evaluation, index), class_="fixed", data_sort=key),
        ]
    chain = [
        replace(step, note=facts.prose(step.note, LONGEST_NOTE))
        for step in facts.history.lineage(candidate)
    ]
    cells += [
        element("td", verdict(candidate), class_="fixed"),
        element("td", steps(chain), class_="note"),
    ]
    first = facts.winner is not None and candidate.id == facts.winner.id
    return element("tr", *cells, class_="first" if first else None)


def _tried(facts: Facts, hues: Mapping[str, int]) -> Markup | None:
    if not facts.evaluated and not facts.history.refused:
        return None
    why = reasons(facts)
    return _section(
        "What was tried",
        None,
        outcomes(facts, hues),
        *((element("h3", "Why the others failed"), why) if why else ()),
    )


def _section(name: str, said: str | None, *children: Markup | None) -> Markup:
    lead = element("p", said, class_="quiet") if said else None
    return element("section", element("h2", name), lead, *children)


def _closing(facts: Facts) -> str:
    version = facts.prose(str(facts.recorded.settings.get("version", "")), 40)
    return (
        f"Made by sigil inspect from the record of {facts.recorded.run}, written by Sigil "
        f"{version}. The page holds no held-out input and no path of the machine that it "
        "comes from."
    )
